"""The fake helpdesk is as hostile as it says, and what it remembers is right."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from casewarden.model.event import Event, Json
from casewarden.model.instants import parse_instant
from casewarden.plugin import (
    AlreadyApplied,
    Answer,
    Applied,
    Attempt,
    Conflict,
    Connector,
    Rejected,
    Retry,
    WebhookError,
)
from casewarden.plugin.manager import load_plugins
from support import fake_plugin
from support.fake_faults import EVERYTHING, KINDS, Faults
from support.fake_helpdesk import SPEC, FakeHelpdesk, HelpdeskSettings, sign
from support.fake_records import Records

NOW = parse_instant("2026-03-02T12:00:00Z")
TESTS = Path(__file__).parents[1]


def desk(folder: Path, faults: Faults = EVERYTHING, **more: Any) -> FakeHelpdesk:
    return FakeHelpdesk("desk", HelpdeskSettings(folder, faults, **more), lambda: NOW)


def event(key: object, minutes: int = 0, subject: str = "case:1") -> Event:
    at = NOW + minutes * 60_000_000
    return Event(subject, "message", at, at, "customer", "desk", str(key), data={"public": True})


def attempt(key: object, kind: str = "note", /, *, again: bool = False, **content: Json) -> Attempt:
    return Attempt(f"k-{key}", "case:1", "1", kind, content or {"text": "x"}, again=again)


def settle(connector: Connector, one: Attempt) -> Answer:
    """Attempt an action until it is settled, as a sidecar would."""
    again = one.again
    while True:
        try:
            answer = connector.apply(Attempt(one.key, one.subject, one.ticket, one.kind, one.content, again=again))
        except OSError:
            again = True
            continue
        if not isinstance(answer, Retry | Conflict):
            return answer


def drained(connector: Connector, cursor: Json = None) -> tuple[list[Event], Json]:
    """All events behind a cursor as they come, and where that ends."""
    found: list[Event] = []
    while True:
        try:
            page = connector.changes(cursor)
        except ConnectionError:
            continue
        found += page.events
        cursor = json.loads(json.dumps(page.cursor))
        if not page.more:
            return found, cursor


def test_it_is_a_connector_that_comes_in_without_an_entry_point(tmp_path: Path) -> None:
    settings: dict[str, Json] = {"folder": str(tmp_path), "faults": {"seed": 3, "rejects": ["tag"]}, "echo": True}
    Draft202012Validator.check_schema(dict(SPEC.settings))
    assert Draft202012Validator(dict(SPEC.settings)).is_valid(settings)
    made = load_plugins([fake_plugin])["fake"].connect("desk", settings)
    assert isinstance(made, Connector)
    assert isinstance(made, FakeHelpdesk)
    assert made.settings == HelpdeskSettings(tmp_path, Faults(seed=3, rejects=("tag",)), echo=True)
    assert made.check().is_fit


@pytest.mark.parametrize("settings", [{}, {"folder": "x", "fault": {}}, {"folder": "x", "faults": {"typhoon": 1}}])
def test_wrong_settings_are_refused(settings: dict[str, Json]) -> None:
    with pytest.raises(ValueError):
        load_plugins([fake_plugin])["fake"].connect("desk", settings)


def test_whoever_looks_before_writing_does_each_action_once(tmp_path: Path) -> None:
    for number in range(300):
        answer = settle(desk(tmp_path), attempt(number))
        assert isinstance(answer, Applied | AlreadyApplied)
    records = Records(tmp_path)
    assert records.times_applied() == Counter({f"k-{number}": 1 for number in range(300)})
    assert [one.key for one in records.applications()] == [f"k-{number}" for number in range(300)]
    assert set(records.fates()) == {*KINDS, "well", "found"} - {"killed_before", "killed_after"}
    assert sum(records.fates().values()) == sum(records.attempts().values())
    assert max(records.attempts().values()) <= EVERYTHING.most + 1


def test_whoever_does_not_look_does_it_twice(tmp_path: Path) -> None:
    helpdesk = desk(tmp_path, Faults(lost_after=1, most=1))
    with pytest.raises(TimeoutError):
        helpdesk.apply(attempt(1))
    assert isinstance(helpdesk.apply(attempt(1)), Applied)
    assert Records(tmp_path).times_applied() == {"k-1": 2}


def test_faults_follow_from_the_seed() -> None:
    fates = [EVERYTHING.fate("k", number) for number in range(1, 4)]
    assert fates == [EVERYTHING.fate("k", number) for number in range(1, 4)]
    assert EVERYTHING.fate("k", 4) == "well"
    for fault in KINDS:
        assert Faults(**{fault: 1}).fate("k", 1) == fault  # type: ignore[arg-type]


def test_answers_are_as_the_faults_say(tmp_path: Path) -> None:
    def answer(name: str, **faults: Any) -> Answer:
        return desk(tmp_path / name, Faults(**faults)).apply(attempt(1))

    assert answer("a", retry=1) == Retry("429: slow down", reached=True)
    assert answer("b", retry_after=1) == Retry("429: slow down", 0.05, reached=True)
    assert "<script>" in str(answer("c", html=1))
    assert answer("d", conflict=1) == Conflict("ticket 1 has changed")
    assert answer("e", rejects=("note",)) == Rejected("the fake helpdesk does not do `note`")
    with pytest.raises(ConnectionError):
        answer("f", lost_before=1)
    with pytest.raises(TimeoutError):
        answer("g", lost_after=1)
    assert isinstance(answer("h", slow=1, slow_seconds=0), Applied)
    done = {name: len(Records(tmp_path / name).applications()) for name in "abcdefgh"}
    assert done == dict.fromkeys("abcdef", 0) | {"g": 1, "h": 1}


def test_a_stale_precondition_is_a_conflict(tmp_path: Path) -> None:
    records, helpdesk = Records(tmp_path), desk(tmp_path, Faults())
    records.put(event(1))
    version = helpdesk.fetch("1").cursor
    assert version == helpdesk.fetch("case:1").cursor == {"version": 1}
    fresh = Attempt("k-1", "case:1", "1", "note", {"text": "x"}, precondition=version)
    assert isinstance(helpdesk.apply(fresh), Applied)
    records.put(event(2))
    stale = Attempt("k-2", "case:1", "1", "note", {"text": "x"}, precondition=version)
    assert helpdesk.apply(stale) == Conflict("ticket 1 has changed")
    again = Attempt("k-1", "case:1", "1", "note", {"text": "x"}, precondition=version, again=True)
    assert helpdesk.apply(again) == AlreadyApplied()


def test_a_ticket_that_is_made_keeps_its_id(tmp_path: Path) -> None:
    helpdesk = desk(tmp_path, Faults())
    made = helpdesk.apply(attempt(1, "link", kind="defect", create={}))
    assert isinstance(made, Applied)
    assert helpdesk.apply(attempt(1, "link", again=True, kind="defect", create={})) == AlreadyApplied(made.details)
    assert Records(tmp_path).applications()[0].details == made.details
    assert str(made.details["id"]).startswith("defect-")


def test_events_come_out_of_order_and_twice_and_none_is_missing(tmp_path: Path) -> None:
    events = [event(number, number) for number in range(400)]
    Records(tmp_path).put(*events[:250])
    helpdesk = desk(tmp_path, page=20)
    first, cursor = drained(helpdesk)
    Records(tmp_path).put(*events[250:])
    rest, _ = drained(helpdesk, cursor)
    assert set(map(str, first + rest)) == set(map(str, events))
    counted = Counter(one.key for one in first + rest)
    assert set(counted.values()) == {1, 2}
    keys = [int(one.key) for one in first]
    assert keys != sorted(keys)
    assert max(abs(place - key) for place, key in enumerate(dict.fromkeys(keys))) > 20  # across pages


def test_what_is_held_back_is_not_said_to_be_complete(tmp_path: Path) -> None:
    records = Records(tmp_path)
    for number in range(200):
        records.put(event(number, number))
        records.put_watermark(NOW + number * 60_000_000)
    helpdesk = desk(tmp_path, page=10)
    cursor: Json = None
    seen: set[str] = set()
    stated = -1
    more = True
    while more:
        try:
            page = helpdesk.changes(cursor)
        except ConnectionError:
            continue
        cursor, more = page.cursor, page.more
        seen |= {one.key for one in page.events}
        if page.complete_through is not None:
            stated = (page.complete_through - NOW) // 60_000_000
            assert seen >= {str(number) for number in range(stated + 1)}
    assert stated == 199


def test_what_is_no_event_is_told(tmp_path: Path) -> None:
    Records(tmp_path).put_refusal("a ticket without an id")
    page = desk(tmp_path, Faults()).changes(None)
    assert (page.events, page.refused, page.more, page.complete_through) == (
        [],
        ["a ticket without an id"],
        False,
        None,
    )


def test_own_writes_come_back(tmp_path: Path) -> None:
    helpdesk = desk(tmp_path, Faults(), echo=True)
    helpdesk.apply(attempt(1, "set", path="case.status", value="waiting"))
    helpdesk.apply(attempt(2, "reply", text="hello"))
    helpdesk.apply(attempt(3, "close", reason="no_answer"))
    helpdesk.apply(attempt(4, "notify", who="lead"))
    found, _ = drained(helpdesk)
    assert [(one.kind, one.by) for one in sorted(found, key=lambda one: one.key)] == [
        ("observed", "ourselves"),
        ("message", "ourselves"),
        ("closed", "ourselves"),
    ]
    assert drained(desk(tmp_path, Faults()))[0] == []


def test_webhooks_are_signed(tmp_path: Path) -> None:
    helpdesk = desk(tmp_path, Faults())
    body = json.dumps(
        [{"subject": "case:1", "kind": "opened", "at": "2026-03-02T12:00:00Z", "by": "agent", "key": "1"}]
    )
    headers = sign("hush", body.encode(), NOW // 1_000_000)
    helpdesk.verify_webhook(headers, body.encode(), NOW)
    assert [one.key for one in helpdesk.parse_webhook(headers, body.encode())] == ["1"]
    for bad, text, now in (
        (headers, b"[]", NOW),
        (headers, body.encode(), NOW + 301_000_000),
        (sign("other", body.encode(), NOW // 1_000_000), body.encode(), NOW),
        ({}, body.encode(), NOW),
    ):
        with pytest.raises(WebhookError):
            helpdesk.verify_webhook(bad, text, now)
    for text in (b"{", b"[1]", b"3", b'[{"subject": "case:1"}]'):
        with pytest.raises(WebhookError):
            helpdesk.parse_webhook({}, text)


def test_a_line_that_a_kill_tore_never_was(tmp_path: Path) -> None:
    desk(tmp_path, Faults()).apply(attempt(1))
    with Records(tmp_path).path.open("ab") as stream:
        stream.write(b'{"attempt": "k-2", "numb')
    desk(tmp_path, Faults()).apply(attempt(2))
    assert Records(tmp_path).times_applied() == {"k-1": 1, "k-2": 1}


def test_it_kills_and_survives(tmp_path: Path) -> None:
    faults = asdict(Faults(seed=5, killed_before=0.1, killed_after=0.2, lost_after=0.2, retry=0.1))
    settings = json.dumps({"folder": str(tmp_path), "faults": faults | {"rejects": []}})
    command = [sys.executable, "-m", "support.hammering", settings, "20"]
    kills = 0
    while (code := subprocess.run(command, env=os.environ | {"PYTHONPATH": str(TESTS)}, check=False).returncode) != 0:
        assert code == -signal.SIGKILL
        kills += 1
    fates = Records(tmp_path).fates()
    assert kills == fates["killed_before"] + fates["killed_after"] >= 4
    assert Records(tmp_path).times_applied() == Counter({f"k-{number}": 1 for number in range(1, 21)})
