"""What the doors tell the sidecar of refusals: of known senders how many events, of strangers at which door."""

import json

import httpx
import pytest

from casewarden.web.limits import MAX_EVENTS
from casewarden.web.signatures import SIGNATURE, TIMESTAMP, sign
from support.http_talk import JSON, LINES, SECONDS, event, post
from support.memory_doors import SECRETS, MemoryDoors

BAD = event(key="bad", kind="massage")


@pytest.mark.parametrize(
    ("body", "media", "refused"),
    [
        (json.dumps(BAD), JSON, 1),
        (json.dumps([event(key="good"), BAD, event(key="also good")]), JSON, 3),
        ("\n".join(json.dumps(one) for one in (event(key="good"), BAD)), LINES, 2),
        ("{", JSON, 1),
        ("", LINES, 1),
        ("[]", "text/plain", 1),
        (json.dumps([event()] * (MAX_EVENTS + 1)), JSON, MAX_EVENTS + 1),
    ],
    ids=["one", "among others", "lines", "no JSON", "empty", "another media type", "too many"],
)
def test_all_events_of_a_signed_request_that_is_refused_are_told_by_source(
    http: httpx.Client, doors: MemoryDoors, body: str, media: str, refused: int
) -> None:
    assert post(http, body.encode(), media=media).status_code in (400, 413, 415, 422)
    assert (doors.refusals, doors.strangers, doors.events) == ([("shop", refused)], [], {})


def test_what_is_taken_or_comes_at_a_busy_time_is_no_refusal(http: httpx.Client, doors: MemoryDoors) -> None:
    assert post(http, event()).status_code == 200
    doors.room = 0
    assert post(http, event(key="another")).status_code == 503
    assert (doors.refusals, doors.strangers) == ([], [])


@pytest.mark.parametrize("source", ["shop", "nobody", "casewarden", "x" * 300])
@pytest.mark.parametrize(
    "claims",
    [
        {},
        {TIMESTAMP: str(SECONDS)},
        {TIMESTAMP: str(SECONDS - 600), SIGNATURE: sign(SECRETS["shop"], SECONDS - 600, b"{")},
        {TIMESTAMP: str(SECONDS), SIGNATURE: sign(b"a secret of nobody", SECONDS, b"{")},
    ],
    ids=["nothing", "no signature", "long ago", "another secret"],
)
def test_of_who_is_not_believed_only_the_door_is_told(
    http: httpx.Client, doors: MemoryDoors, source: str, claims: dict[str, str]
) -> None:
    answer = http.post(f"/ingest/{source}", content=b"{", headers={"Content-Type": JSON, **claims})
    assert answer.status_code == 401
    assert (doors.refusals, doors.strangers) == ([], ["ingest"])


def test_webhooks_and_commands_of_strangers_are_told_as_well(http: httpx.Client, doors: MemoryDoors) -> None:
    assert http.post("/webhooks/status", content=b"{}").status_code == 401
    assert http.post("/control/echo", json={}, headers={"Authorization": "Bearer guessed"}).status_code == 401
    assert doors.strangers == ["webhook", "control"]
    right = {"X-Status-Secret": "swordfish"}
    assert http.post("/webhooks/status", content=b"", headers=right).status_code == 400  # believed, and not understood
    assert http.post("/webhooks/other", content=b"{}").status_code == 404
    assert doors.strangers == ["webhook", "control"]
