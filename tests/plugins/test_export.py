"""An export is a helpdesk that is only read: as it was, or as if it had begun within the last week."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casewarden.model import Event, Json
from casewarden.model.instants import iso, parse_instant
from casewarden.plugin import Attempt, Connector, Page, Rejected
from casewarden_files.plugin import Exports
from support.small import HOUR

MONDAY = parse_instant("2026-03-02T08:00:00Z")
WEEK = 7 * 24 * HOUR


def line(case: int, at: int, key: str, kind: str = "opened") -> str:
    said = {
        "subject": f"case:{case}",
        "kind": kind,
        "at": iso(at),
        "by": "customer",
        "key": key,
        "data": {"via": "web"},
    }
    return json.dumps(said) + "\n"


def export(folder: Path, *lines: str) -> Path:
    path = folder / "export.jsonl"
    path.write_text("".join(lines))
    return path


def connect(path: Path, clock: list[int], **more: Json) -> Connector:
    return Exports(now=lambda: clock[0]).connect("old", {"file": str(path), **more})


def drain(connector: Connector, cursor: Json = None) -> tuple[list[Event], Page]:
    events: list[Event] = []
    while True:
        page = connector.changes(cursor)
        events += page.events
        cursor = json.loads(json.dumps(page.cursor))
        if not page.more:
            return events, page


def test_all_of_it_is_read_and_known_up_to_the_present(tmp_path: Path) -> None:
    path = export(tmp_path, *(line(number, MONDAY + number * HOUR, f"k{number}") for number in range(1_200)))
    clock = [MONDAY + 10_000 * HOUR]
    events, page = drain(connect(path, clock))
    assert [event.subject for event in events] == [f"case:{number}" for number in range(1_200)]
    assert page.complete_through == clock[0]
    assert drain(connect(path, clock), page.cursor)[0] == []


def test_nothing_is_ever_written(tmp_path: Path) -> None:
    path = export(tmp_path, line(1, MONDAY, "k"))
    before = path.read_bytes()
    connector = connect(path, [MONDAY])
    assert connector.spec().actions == frozenset()
    for kind in ("set", "reply", "close"):
        answer = connector.apply(Attempt("case:1/x/1/0/0", "case:1", "1", kind, {"text": "hello"}))
        assert isinstance(answer, Rejected)
        assert "only read" in answer.reason
    assert path.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["export.jsonl"]
    assert [finding.level for finding in connector.check().findings] == ["ok"]


def test_as_if_now_keeps_weekdays_and_times_and_brings_each_event_when_its_time_has_come(tmp_path: Path) -> None:
    path = export(
        tmp_path, line(1, MONDAY, "a"), line(1, MONDAY + HOUR, "b", "message"), line(2, MONDAY + 2 * HOUR, "c")
    )
    clock = [MONDAY + 30 * WEEK + HOUR // 2]
    connector = connect(path, clock, as_if_now=True)
    first, page = drain(connector)
    assert [(event.key, event.at) for event in first] == [("a", MONDAY + 30 * WEEK)]
    assert page.complete_through == clock[0]
    clock[0] += HOUR
    second, page = drain(connect(path, clock, as_if_now=True), page.cursor)
    assert [(event.key, event.at) for event in second] == [("b", MONDAY + 30 * WEEK + HOUR)]
    clock[0] += 52 * WEEK  # it was moved once, and stays where it was put
    third, _ = drain(connect(path, clock, as_if_now=True), page.cursor)
    assert [(event.key, event.at) for event in third] == [("c", MONDAY + 30 * WEEK + 2 * HOUR)]


def test_whoever_observed_it_then_it_is_observed_by_the_export_and_what_an_engine_wrote_is_left_out(
    tmp_path: Path,
) -> None:
    head = '{"subject":"case:1","at":"2026-03-02T08:00:00Z",'
    seen = head + '"kind":"message","by":"customer","source":"%s","key":"7"}\n'
    wrote = head + '"kind":"decided","by":"ourselves","source":"x","key":"8"}\n'
    path = export(tmp_path, seen % "desk", seen % "mail", wrote, seen % "old", "{}\n")
    events, page = drain(connect(path, [MONDAY + HOUR]))
    assert [(event.source, event.key) for event in events] == [("old", "desk/7"), ("old", "mail/7"), ("old", "7")]
    assert [reason[:26] for reason in page.refused] == ["export.jsonl:5: CW802 an e"]
    assert page.complete_through == MONDAY + HOUR


def test_an_export_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    clock = [MONDAY + WEEK]
    folder = tmp_path / "exports"
    folder.mkdir()
    connector = connect(folder, clock, as_if_now=True)
    assert drain(connector)[0] == []
    export(folder, line(1, MONDAY, "a"))
    assert [event.key for event in drain(connector)[0]] == ["a"]


@given(
    gaps=st.lists(st.integers(0, 200), min_size=1, max_size=40),
    looks=st.lists(st.integers(0, 400), min_size=1, max_size=12),
    again=st.sets(st.integers(0, 11)),
)
def test_however_it_is_looked_at_each_event_comes_once_and_never_before_its_time(
    tmp_path_factory: pytest.TempPathFactory, gaps: list[int], looks: list[int], again: set[int]
) -> None:
    at, lines = MONDAY, []
    for number, gap in enumerate(gaps):
        at += gap * HOUR // 10
        lines.append(line(number, at, f"k{number}"))
    path = export(tmp_path_factory.mktemp("export"), *lines)
    clock = [MONDAY + 5 * WEEK]
    connector = connect(path, clock, as_if_now=True)
    cursor: Json = None
    seen: list[Event] = []
    for number, hours in enumerate([*looks, 10_000]):
        clock[0] += hours * HOUR // 4
        if number in again:
            connector = connect(path, clock, as_if_now=True)
        events, page = drain(connector, cursor)
        cursor = page.cursor
        assert all(event.at <= clock[0] for event in events)
        seen += events
    assert [event.key for event in seen] == [f"k{number}" for number in range(len(gaps))]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "`file` is missing; name a file or a folder"),
        ({"file": 3}, "`file` is the name of a file"),
        ({"file": "a", "as_if_now": "yes"}, "`as_if_now` is true or false"),
        ({"file": "a", "outbox": "b"}, "there is no setting `outbox`"),
    ],
)
def test_settings_that_are_wrong_are_refused_in_plain_words(settings: dict[str, Json], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Exports().connect("old", settings)
