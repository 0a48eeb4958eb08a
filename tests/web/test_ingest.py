"""What a source may say, and in which form; everything else is refused as a whole, with every reason."""

import json
from typing import Any

import httpx
import pytest

from casewarden.model.event import ENGINE_KINDS
from casewarden.model.instants import iso
from casewarden.ruleset.codes import CATALOGUE
from casewarden.scenario.wire import event_json, event_of
from support.http_talk import JSON, LINES, event, post, signed
from support.memory_doors import NOW, MemoryDoors

MINUTE = 60_000_000
KEYS = ("m-1", "m-2", "m-3")
EVENTS = [event(key=key) for key in KEYS]
AS_LINES = "\n".join(map(json.dumps, EVENTS)).encode()

FORMS = {
    "an array": (json.dumps(EVENTS).encode(), JSON),
    "an array over lines": (json.dumps(EVENTS, indent=2).encode(), JSON),
    "lines": (AS_LINES, LINES),
    "lines of another system": (AS_LINES.replace(b"\n", b"\r\n") + b"\r\n", LINES),
    "lines between blank ones": (b"\n\n" + AS_LINES.replace(b"\n", b"\n \n") + b"\n\n", LINES),
    "a byte order mark": (b"\xef\xbb\xbf" + AS_LINES, LINES),
    "a content type with its charset": (AS_LINES, "Application/X-NDJSON; charset=UTF-8"),
    "a charset in quotes": (json.dumps(EVENTS).encode(), 'application/json;charset="utf-8"'),
}


@pytest.mark.parametrize(("body", "media"), FORMS.values(), ids=FORMS)
def test_events_come_in_several_forms(http: httpx.Client, doors: MemoryDoors, body: bytes, media: str) -> None:
    answer = post(http, body, media=media)
    assert (answer.status_code, answer.json()) == (200, {"new": 3, "duplicates": 0})
    assert [key for _, key, _ in doors.events] == list(KEYS)


def test_one_event_is_one_object(http: httpx.Client, doors: MemoryDoors) -> None:
    assert post(http, event()).json() == {"new": 1, "duplicates": 0}
    assert len(doors.events) == 1


def test_no_events_are_nothing(http: httpx.Client) -> None:
    assert post(http, []).json() == {"new": 0, "duplicates": 0}


def test_an_event_arrives_as_it_was_said(http: httpx.Client, doors: MemoryDoors) -> None:
    said = event(
        subject="case:Zürich/7",
        kind="opened",
        at="2026-03-02T13:00:00.000001+01:00",
        by="customer",
        who=["Ada"],
        key="\U0001f600",
        sequence=3,
        source="shop",
        data={"via": "web", "facts": {"case.plan": "premium", "case.seats": 7, "case.core": None, "case.tags": ["a"]}},
    )
    post(http, said)
    (kept,) = doors.events.values()
    said["at"] = "2026-03-02T12:00:00.000001Z"
    assert event_json(kept) == said | {"seen_at": iso(NOW)}


def test_what_was_taken_before_is_a_duplicate_whatever_else_it_says(http: httpx.Client, doors: MemoryDoors) -> None:
    post(http, EVENTS[0])
    again = [event(key="m-1", by="customer"), event(key="m-2"), event(key="m-2")]
    assert post(http, again).json() == {"new": 1, "duplicates": 2}
    assert doors.events["shop", "m-1", "case:1"].by == "agent"


@pytest.mark.parametrize("subject", ["case:1", "account:acme", "service:core", "defect:7", "release:4.2"])
def test_every_kind_of_subject_may_be_spoken_of(http: httpx.Client, subject: str) -> None:
    assert post(http, event(subject=subject)).status_code == 200


def test_we_learn_of_an_event_now_and_never_before_it_happened(http: httpx.Client, doors: MemoryDoors) -> None:
    for minutes in (-600, 0, 3, 5):
        assert post(http, event(key=str(minutes), at=iso(NOW + minutes * MINUTE))).status_code == 200
    seen = {event.key: (event.at - NOW, event.seen_at - NOW) for event in doors.events.values()}
    assert seen == {
        "-600": (-600 * MINUTE, 0),
        "0": (0, 0),
        "3": (3 * MINUTE, 3 * MINUTE),
        "5": (5 * MINUTE, 5 * MINUTE),
    }


def watermark(through: str) -> dict[str, Any]:
    return event(kind="watermark", data={"through": through})


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no key": ({"subject": "case:1", "kind": "message"}, "CW802"),
    "an unknown key": (event(colour="red"), "CW803"),
    "an unknown key of data": (event(data={"colour": "red"}), "CW803"),
    "another type": (event(sequence="1"), "CW804"),
    "no subject": (event(subject="1042"), "CW804"),
    "a subject of no kind": (event(subject="person:ada"), "CW804"),
    "a negative sequence": (event(sequence=-1), "CW804"),
    "a number that no reader keeps": (event(kind="work", data={"spent": 2**53 + 1}), "CW804"),
    "a fact that is too large": (event(kind="observed", data={"facts": {"case.n": 1e300}}), "CW804"),
    "a fact within a fact": (event(kind="observed", data={"facts": {"case.n": {"a": [1]}}}), "CW804"),
    "an unknown kind": (event(kind="massage"), "CW805"),
    "no offset": (event(at="2026-03-02T12:00:00"), "CW806"),
    "no such day": (event(at="2026-02-30T12:00:00Z"), "CW807"),
    "the year 1899": (event(at="1899-12-31T12:00:00Z"), "CW807"),
    "the future": (event(at=iso(NOW + 5 * MINUTE + 1)), "CW810"),
    "known up to the future": (watermark(iso(NOW + 5 * MINUTE + 1)), "CW810"),
    "another source": (event(source="bot"), "CW850"),
    "the source of histories": (event(source="history"), "CW850"),
    "the engine's source": (event(source="casewarden"), "CW850"),
    "when it became known": (event(seen_at="2026-03-02T12:00:00Z"), "CW851"),
    "ourselves": (event(by="ourselves"), "CW851"),
    "before 2000": (event(at="1999-12-31T23:59:59.999999Z"), "CW852"),
    "known up to before 2000": (watermark("1999-12-31T23:59:59Z"), "CW852"),
    "a long key": (event(key="k" * 513), "CW853"),
    "a key that is long in UTF-8": (event(key="é" * 257), "CW853"),
    "a long subject": (event(subject="case:" + "1" * 508), "CW853"),
    "a key that steers a terminal": (event(key="\x1b]0;owned\x07"), "CW853"),
    "a subject with a line feed": (event(subject="case:1\n"), "CW853"),
    "a line separator": (event(key="a\u2028b"), "CW853"),
}


@pytest.mark.parametrize(("bad", "code"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("media", [JSON, LINES])
def test_what_may_not_be_said_is_refused_with_its_place_and_nothing_is_taken(
    http: httpx.Client, doors: MemoryDoors, bad: dict[str, Any], code: str, media: str
) -> None:
    three = [event(key="before"), bad, event(key="after")]
    body = json.dumps(three) if media == JSON else "\n\n".join(map(json.dumps, three))
    answer = post(http, body.encode(), media=media)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert (said["title"], said["status"]) == ("Unprocessable Entity", 422)
    assert said["detail"] == "refused: 1 of 3 events; nothing of this request was taken"
    (problem,) = said["problems"]
    assert (problem["event"], problem.get("line"), problem["code"]) == (2, None if media == JSON else 3, code)
    assert code in CATALOGUE
    assert not doors.events


@pytest.mark.parametrize("kind", sorted(ENGINE_KINDS | {"claimed", "granted"}))
def test_what_the_engine_writes_is_said_by_nobody_else(http: httpx.Client, kind: str) -> None:
    data = {
        "claimed": {"quota": "q", "case": "case:1", "occurrence": "o", "claim": "c"},
        "granted": {"quota": "q", "occurrence": "o", "word": "within"},
    }
    answer = post(http, event(kind=kind, data=data.get(kind, {})))
    assert answer.status_code == 422
    assert answer.json()["problems"] == [
        {"event": 1, "code": "CW851", "message": f"`{kind}` is written by the engine alone"}
    ]


def test_everything_that_is_wrong_with_an_event_is_told(http: httpx.Client) -> None:
    answer = post(http, event(source="bot", by="ourselves", kind="decided", at="2099-01-01T00:00:00Z"))
    assert [problem["code"] for problem in answer.json()["problems"]] == ["CW850", "CW851", "CW851", "CW810"]


@pytest.mark.parametrize(("wrong", "detail"), [(49, "refused: 49 of 1000"), (900, "refused: at least 50 of 1000")])
def test_at_most_fifty_problems_are_listed(http: httpx.Client, wrong: int, detail: str) -> None:
    many = [event(key=str(number), kind="massage" if number < wrong else "message") for number in range(1000)]
    said = post(http, many).json()
    assert said["detail"] == f"{detail} events; nothing of this request was taken"
    assert [problem["event"] for problem in said["problems"]] == list(range(1, min(wrong, 50) + 1))


@pytest.mark.parametrize("media", [JSON, LINES])
def test_a_thousand_events_are_taken_and_not_one_more(http: httpx.Client, doors: MemoryDoors, media: str) -> None:
    for count, status in ((1000, 200), (1001, 413)):
        many = [event(key=f"{count}-{number}") for number in range(count)]
        body = json.dumps(many) if media == JSON else "\n".join(map(json.dumps, many))
        assert post(http, body.encode(), media=media).status_code == status
    assert len(doors.events) == 1000


SOUND = json.dumps(event()).encode()
UNREADABLE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "the body is empty"),
    "blank": (b" \r\n\t", "the body is empty"),
    "no JSON": (b"subject=case:1", "the body is not JSON: column 1"),
    "cut off": (SOUND[:-1], "the body is not JSON: column"),
    "cut off on another line": (b"[\n" + SOUND + b",\n", "the body is not JSON: line 3, column 1"),
    "more than one": (SOUND + SOUND, "the body is not JSON: column"),
    "a key given twice": (b'{"key": "a", "key": "b"}', "the body is not JSON: `key` is given twice"),
    "no number": (b'[{"n": NaN}]', "the body is not JSON: `NaN` is no JSON number"),
    "infinity": (b'{"n": -Infinity}', "the body is not JSON: `-Infinity` is no JSON number"),
    "too many digits": (b'{"n": ' + b"9" * 5_000 + b"}", "the body is not JSON: Exceeds the limit"),
    "nested too deep": (b"[" * 100_000, "the body is not JSON: nested too deep"),
    "nested too deep, and closed": (b"[" * 100_000 + b"]" * 100_000, "the body is not JSON: nested too deep"),
    "half a surrogate pair": (b'{"n": "\\ud800"}', "the body is not JSON: half of a surrogate pair"),
    "U+0000, escaped": (json.dumps(event(key="a\0b")).encode(), "the body is not JSON: the character U+0000"),
    "U+0000 in a name": (b'{"\\u0000": 1}', "the body is not JSON: the character U+0000"),
    "U+0000 as it is": (b'{"n": "\x00"}', "the body is not JSON: column 8"),
    "Latin-1": ('{"n": "é"}'.encode("latin-1"), "the body is not UTF-8 at byte 8"),
    "UTF-16": (SOUND.decode().encode("utf-16"), "the body is not UTF-8 at byte 1"),
    "a surrogate in UTF-8": (b'{"n": "\xed\xa0\x80"}', "the body is not UTF-8 at byte 8"),
}


@pytest.mark.parametrize(("body", "detail"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_told(http: httpx.Client, doors: MemoryDoors, body: bytes, detail: str) -> None:
    answer = post(http, body)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(detail)
    assert not doors.events


@pytest.mark.parametrize(("body", "detail"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_line_that_cannot_be_read_is_told_with_its_number(http: httpx.Client, body: bytes, detail: str) -> None:
    answer = post(http, SOUND + b"\n" + body.replace(b"\n", b" ") + b"\n", media=LINES)
    if not body.strip():
        assert answer.status_code == 200
    elif "UTF-8" in detail:
        assert answer.status_code == 400
    else:
        assert answer.status_code == 422
        (problem,) = answer.json()["problems"]
        assert (problem["event"], problem["line"], problem["code"]) == (2, 2, "CW801")


def test_very_many_values_are_counted_and_not_looked_at(http: httpx.Client) -> None:
    answer = post(http, b"[" + b"[]," * 300_000 + b"[]]")
    assert answer.status_code == 413
    assert answer.json()["detail"] == "300,001 events in one request; at most 1,000 are taken"


def test_a_backslash_before_u0000_is_no_nul(http: httpx.Client, doors: MemoryDoors) -> None:
    assert post(http, event(data={"text": "\\u0000"})).status_code == 200
    assert next(iter(doors.events.values())).data == {"text": "\\u0000"}


@pytest.mark.parametrize(
    "media",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json-seq",
        "application/json; charset=latin-1",
    ],
)
def test_other_content_types_are_not_read(http: httpx.Client, media: str) -> None:
    assert post(http, event(), media=media).status_code == 415


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip"])
def test_compressed_bodies_are_not_opened(http: httpx.Client, encoding: str) -> None:
    headers = signed("shop", SOUND) | {"Content-Encoding": encoding}
    assert http.post("/ingest/shop", content=SOUND, headers=headers).status_code == 415


def test_a_sidecar_that_is_busy_says_when_to_come_back(http: httpx.Client, doors: MemoryDoors) -> None:
    doors.room = 1
    assert post(http, EVENTS).status_code == 503
    answer = post(http, EVENTS[0])
    assert answer.status_code == 200
    answer = post(http, EVENTS[1])
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert len(doors.events) == 1


def test_an_event_that_is_sent_as_it_is_written_here_comes_back_the_same(
    http: httpx.Client, doors: MemoryDoors
) -> None:
    written = event_json(event_of(event(kind="observed", data={"facts": {"case.x": 1.5}})))
    assert post(http, written).status_code == 200
    (kept,) = doors.events.values()
    assert event_json(kept) == written | {"source": "shop", "seen_at": iso(NOW)}
