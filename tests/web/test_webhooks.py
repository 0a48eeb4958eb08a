"""Webhooks reach their connector as they came; what it does not believe learns nothing."""

import httpx
import pytest

from support.http_talk import head, status, talk
from support.memory_doors import MemoryDoors

SECRET = {"X-Status-Secret": "swordfish"}


def test_a_webhook_reaches_its_connector_byte_for_byte(http: httpx.Client, doors: MemoryDoors) -> None:
    answer = http.post("/webhooks/status", content=b"\x00\xff{", headers=SECRET | {"Content-Type": "text/odd"})
    assert (answer.status_code, answer.json()) == (200, {"new": 1, "duplicates": 0})
    ((headers, body),) = doors.webhooks
    assert body == b"\x00\xff{"
    assert headers["content-type"] == "text/odd"
    assert all(name == name.lower() for name in headers)


def test_a_webhook_that_comes_again_is_answered_like_the_first(http: httpx.Client) -> None:
    answers = [http.post("/webhooks/status", content=b"{}", headers=SECRET) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[1].json() == {"new": 0, "duplicates": 1}


def test_a_header_that_stands_twice_is_one_with_a_comma(http: httpx.Client, doors: MemoryDoors) -> None:
    http.post("/webhooks/status", content=b"{}", headers=[*SECRET.items(), ("X-Two", "a"), ("X-Two", "b")])
    assert doors.webhooks[0][0]["x-two"] == "a, b"


@pytest.mark.parametrize(
    ("path", "headers", "body", "code"),
    [
        ("/webhooks/status", {}, b"{}", 401),
        ("/webhooks/status", {"X-Status-Secret": "Swordfish"}, b"{}", 401),
        ("/webhooks/status", SECRET, b"", 400),
        ("/webhooks/other", SECRET, b"{}", 404),
        ("/webhooks/..%2Fcontrol", SECRET, b"{}", 404),
        ("/webhooks/", SECRET, b"{}", 404),
    ],
)
def test_what_is_not_believed_learns_no_reason(
    http: httpx.Client, doors: MemoryDoors, path: str, headers: dict[str, str], body: bytes, code: int
) -> None:
    answer = http.post(path, content=body, headers=headers)
    assert answer.status_code == code
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) == {"title", "status", "detail"}
    assert "swordfish" not in answer.text.lower()
    assert not doors.webhooks


def test_a_webhook_is_as_small_as_events_are(http: httpx.Client, doors: MemoryDoors) -> None:
    assert http.post("/webhooks/status", content=bytes(1_000_000), headers=SECRET).status_code == 200
    assert http.post("/webhooks/status", content=bytes(1_000_001), headers=SECRET).status_code == 413
    assert len(doors.webhooks) == 1


def test_nothing_is_asked_of_a_webhook_by_other_methods(http: httpx.Client) -> None:
    answer = http.get("/webhooks/status")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    port = http.base_url.port
    assert port is not None
    assert status(talk(port, head("BREW", "/webhooks/status", Connection="close"))) == 405
