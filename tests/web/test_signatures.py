"""Who may send: what openssl signs is believed, and nothing else."""

import httpx
import pytest

from casewarden.web.signatures import SIGNATURE, TIMESTAMP, sign
from support.http_talk import JSON, SECONDS, event, openssl_signature, post, signed
from support.memory_doors import SECRETS, MemoryDoors

BODY = b'{"subject": "case:1", "kind": "message", "at": "2026-03-02T12:00:00Z", "by": "agent", "key": "m-1"}'


def send(http: httpx.Client, source: str = "shop", body: bytes = BODY, **headers: str) -> httpx.Response:
    named = {"Content-Type": JSON, TIMESTAMP: headers.get("time", str(SECONDS)), SIGNATURE: headers["signature"]}
    return http.post(f"/ingest/{source}", content=body, headers=named)


@pytest.mark.parametrize("body", [b"", b"\x00\xff\r\n", BODY, BODY * 9_000], ids=["empty", "bytes", "event", "long"])
@pytest.mark.parametrize("secret", [b"k", b"\x00\xff" * 40, SECRETS["shop"]], ids=["short", "long", "words"])
def test_we_sign_as_openssl_does(secret: bytes, body: bytes) -> None:
    assert sign(secret, SECONDS, body) == openssl_signature(secret, SECONDS, body)


def test_what_openssl_signed_is_taken(http: httpx.Client, doors: MemoryDoors) -> None:
    answer = send(http, signature=openssl_signature(SECRETS["shop"], SECONDS, BODY))
    assert (answer.status_code, answer.json()) == (200, {"new": 1, "duplicates": 0})
    assert [key for _, key, _ in doors.events] == ["m-1"]


def test_a_request_that_is_replayed_is_answered_with_duplicates(http: httpx.Client) -> None:
    signature = sign(SECRETS["shop"], SECONDS, BODY)
    answers = [send(http, signature=signature) for _ in range(3)]
    assert [answer.json() for answer in answers] == [{"new": 1, "duplicates": 0}, *[{"new": 0, "duplicates": 1}] * 2]
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize(
    "form", ["{wrong},{right}", "{right}, {wrong}", "v2=abc, {right}", "{right}, v0={wrong}"], ids=lambda form: form
)
def test_one_right_signature_among_several_is_enough(http: httpx.Client, form: str) -> None:
    right, wrong = sign(SECRETS["shop"], SECONDS, BODY), sign(b"the secret before", SECONDS, BODY)
    assert send(http, signature=form.format(right=right, wrong=wrong)).status_code == 200


def test_signatures_may_stand_in_several_headers(http: httpx.Client) -> None:
    both = [sign(b"the secret before", SECONDS, BODY), sign(SECRETS["shop"], SECONDS, BODY)]
    headers = [("Content-Type", JSON), (TIMESTAMP, str(SECONDS)), *((SIGNATURE, one) for one in both)]
    assert http.post("/ingest/shop", content=BODY, headers=headers).status_code == 200


def test_hex_digits_may_be_large(http: httpx.Client) -> None:
    digits = sign(SECRETS["shop"], SECONDS, BODY).removeprefix("v1=")
    assert send(http, signature=f"v1={digits.upper()}").status_code == 200


WRONG = {
    "another secret": sign(b"a secret of nobody", SECONDS, BODY),
    "another source's": sign(SECRETS["bot"], SECONDS, BODY),
    "no secret": sign(b"", SECONDS, BODY),
    "the secret of sources that are unknown": sign(bytes(32), SECONDS, BODY),
    "another body": sign(SECRETS["shop"], SECONDS, BODY + b" "),
    "another time": sign(SECRETS["shop"], SECONDS + 1, BODY),
    "of the engine's own name": sign(SECRETS["casewarden"], SECONDS, BODY),
    "zeros": "v1=" + "0" * 64,
}


@pytest.mark.parametrize("signature", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("source", ["shop", "nobody", "blank", "SHOP", "shop%00", "casewarden"])
def test_a_wrong_signature_and_an_unknown_source_get_one_answer(
    http: httpx.Client, doors: MemoryDoors, source: str, signature: str
) -> None:
    answer = send(http, source, signature=signature)
    assert (answer.status_code, answer.json()["detail"]) == (401, "no known source signed this")
    assert set(answer.json()) == {"title", "status", "detail"}
    assert answer.headers["www-authenticate"] == "Casewarden-Signature"
    assert not doors.events


@pytest.mark.parametrize(("offset", "status"), [(-301, 401), (-300, 200), (300, 200), (301, 401)])
def test_a_signature_holds_for_five_minutes(http: httpx.Client, offset: int, status: int) -> None:
    at = SECONDS + offset
    answer = send(http, signature=openssl_signature(SECRETS["shop"], at, BODY), time=str(at))
    assert answer.status_code == status


@pytest.mark.parametrize("time", ["", "-1", "+1772467200", "1772467200.0", "0x10", "1e9", "9" * 13, "²", "1 1"])
def test_a_time_is_a_plain_number(http: httpx.Client, time: str) -> None:
    headers = {"Content-Type": JSON, TIMESTAMP: time.encode("latin-1"), SIGNATURE: b"v1=" + b"0" * 64}
    answer = http.post("/ingest/shop", content=BODY, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert answer.json()["detail"] == f"{TIMESTAMP} is one number of Unix seconds"


def test_a_time_is_given_once(http: httpx.Client) -> None:
    headers = [(TIMESTAMP, str(SECONDS)), (TIMESTAMP, str(SECONDS)), (SIGNATURE, sign(b"k", SECONDS, BODY))]
    assert http.post("/ingest/shop", content=BODY, headers=headers).status_code == 401


@pytest.mark.parametrize(
    "signature",
    [b"", b"v1=", b"v1=" + b"0" * 63, b"v1=" + b"g" * 64, b"0" * 64, b"v2=" + b"0" * 64, b"\xff" * 64, b"v1=\xe9"],
)
def test_what_is_no_signature_is_told(http: httpx.Client, signature: bytes) -> None:
    headers = {"Content-Type": JSON, TIMESTAMP: str(SECONDS).encode(), SIGNATURE: signature}
    answer = http.post("/ingest/shop", content=BODY, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert answer.json()["fix"] == "write v1= and the 64 hex digits of the HMAC"


@pytest.mark.parametrize("left_out", [TIMESTAMP, SIGNATURE])
def test_a_request_without_signature_is_told_what_is_missing(http: httpx.Client, left_out: str) -> None:
    headers = {name: value for name, value in signed("shop", BODY).items() if name != left_out}
    answer = http.post("/ingest/shop", content=BODY, headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (401, f"the request is not signed: it has no {left_out}")


def test_many_signatures_are_not_tried(http: httpx.Client) -> None:
    right = sign(SECRETS["shop"], SECONDS, BODY)
    assert send(http, signature=",".join([right] * 8)).status_code == 200
    assert send(http, signature=",".join([right] * 9)).status_code == 401


def test_each_source_speaks_for_itself(http: httpx.Client, doors: MemoryDoors) -> None:
    for source in ("shop", "bot"):
        assert post(http, event(), source).json() == {"new": 1, "duplicates": 0}
    assert {source for source, _, _ in doors.events} == {"shop", "bot"}
