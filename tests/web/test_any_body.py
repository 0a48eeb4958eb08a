"""Whatever comes in, signed or not, is answered in order: never 500, never a traceback, never half of it taken."""

import json
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casewarden.model.event import KINDS
from casewarden.scenario.shapes import DATA
from support.http_talk import JSON, LINES, event, head, post, talk
from support.memory_doors import MemoryDoors

MANY = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
KEYS = st.sampled_from(["subject", "kind", "at", "by", "key", "source", "seen_at", "sequence", "who", "data", "x"])


@st.composite
def almost_events(draw: st.DrawFn) -> dict[str, Any]:
    """A sound event of any kind, with some of its values exchanged for others."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    made = event(kind=kind, key=draw(st.text(min_size=1, max_size=8)), data={})
    for name in draw(st.lists(st.sampled_from(sorted(DATA[kind].keys)), max_size=3)) if DATA.get(kind) else []:
        made["data"][name] = draw(VALUES)
    for name in draw(st.lists(KEYS, max_size=2)):
        made[name] = draw(VALUES)
    return made


def check(answer: httpx.Response, doors: MemoryDoors, before: int) -> None:
    assert answer.status_code in {200, 400, 413, 415, 422}, answer.text
    assert "Traceback" not in answer.text
    said = answer.json()
    if answer.status_code == 200:
        assert len(doors.events) - before == said["new"]
    else:
        assert len(doors.events) == before
        assert said["status"] == answer.status_code
        assert (answer.status_code == 422) == ("problems" in said)


@MANY
@given(body=st.binary(max_size=300), media=st.sampled_from([JSON, LINES]))
def test_bytes(http: httpx.Client, doors: MemoryDoors, body: bytes, media: str) -> None:
    before = len(doors.events)
    check(post(http, body, media=media), doors, before)


@MANY
@given(value=VALUES)
def test_json_values(http: httpx.Client, doors: MemoryDoors, value: object) -> None:
    before = len(doors.events)
    check(post(http, value), doors, before)


@MANY
@given(values=st.lists(almost_events(), max_size=4), media=st.sampled_from([JSON, LINES]))
def test_what_is_almost_an_event(
    http: httpx.Client, doors: MemoryDoors, values: list[dict[str, Any]], media: str
) -> None:
    before = len(doors.events)
    body = json.dumps(values) if media == JSON else "\n".join(map(json.dumps, values))
    check(post(http, body.encode(), media=media), doors, before)


@MANY
@given(
    body=st.just(json.dumps([event(), event(key="m-2", data={"text": "é\\ \u2028"})]).encode()),
    cuts=st.lists(st.tuples(st.integers(0, 250), st.binary(max_size=3)), min_size=1, max_size=4),
)
def test_a_sound_body_with_bytes_exchanged(
    http: httpx.Client, doors: MemoryDoors, body: bytes, cuts: list[tuple[int, bytes]]
) -> None:
    before = len(doors.events)
    for place, other in cuts:
        body = body[:place] + other + body[place + len(other) :]
    check(post(http, body), doors, before)


@MANY
@given(
    path=st.sampled_from(["/ingest/shop", "/webhooks/status", "/control/echo", "/metrics"]) | st.text(max_size=12),
    names=st.dictionaries(
        st.sampled_from(
            ["Authorization", "Content-Type", "Content-Encoding", "X-Casewarden-Timestamp", "X-Casewarden-Signature"]
        ),
        st.text(st.characters(max_codepoint=255), max_size=30),
    ),
    body=st.binary(max_size=60),
)
def test_bytes_in_place_of_requests(one_for_all: Any, path: str, names: dict[str, str], body: bytes) -> None:
    asked = head("POST", path.encode("utf-8").decode("latin-1"), **names, Connection="close")
    answer = talk(one_for_all[1].port, asked[:-2] + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert answer.startswith(b"HTTP/1.1 ")
    assert int(answer[9:12]) < 500
    assert b"Traceback" not in answer


@MANY
@given(
    said=st.lists(st.sampled_from([b"GET ", b"/", b" HTTP/1.1", b"\r\n", b"Host: x", b"\0", b":", b"a"]), max_size=20)
)
def test_bytes_in_place_of_http(one_for_all: Any, said: list[bytes]) -> None:
    answer = talk(one_for_all[1].port, b"".join(said) + b"\r\n\r\nGET\r\n\r\n")
    assert all(int(part[:3]) < 500 for part in answer.split(b"HTTP/1.1 ")[1:] if part[:3].isdigit())
