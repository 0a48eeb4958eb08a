"""Linked tickets: who watches them, what is known of them when a case is linked, and what no longer links it."""

import pytest

from casewarden.model import Event, Json
from casewarden.plugin import Answer, Applied, Attempt
from casewarden.service.neighbours import linked_now
from casewarden.service.ping_pong import rounds
from casewarden.store.database import Database
from support.sidecars import Bench
from support.small import Log, at, more, rule, ruleset

RULES = rule("file", "when: {case.core: down}\nthen: [{link: {kind: defect, create: {status: filed}}}]") + more(
    "tell", "when: {links.defect: {some: {status: fixed}}}\nthen: [{note: hello}]"
)


def _defect(time: str, status: str, key: str) -> Event:
    data: dict[str, Json] = {"facts": {"status": status}}
    return Event("defect:D-7", "observed", at(time), at(time), "agent", "tracker", key, data=data)


def _applied(attempt: Attempt) -> Answer:
    return Applied({"id": "D-7"} if attempt.kind == "link" else {})


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database, ruleset(RULES), at("mon 09:00"), connector=_applied)


def _go(bench: Bench, time: str, *events: Event) -> None:
    bench.now = at(time)
    bench.take(events)
    bench.settle()


def _notes(bench: Bench) -> int:
    return sum(attempt.kind == "note" for attempt in bench.attempts)


def test_what_a_rule_made_and_linked_is_watched(bench: Bench) -> None:
    opened = Log("case:1").opened("mon 09:00", {"case.core": "down"}).events
    _go(bench, "mon 09:00", *opened)
    _go(bench, "mon 10:00", _defect("mon 10:00", "fixed", "a"))
    assert _notes(bench) == 1


@pytest.mark.parametrize("by_rule", [True, False])
def test_a_case_that_is_linked_later_is_told_how_the_ticket_is_by_then(bench: Bench, by_rule: bool) -> None:
    _go(bench, "mon 09:00", *Log("case:1").opened("mon 09:00").events)
    _go(bench, "mon 10:00", _defect("mon 10:00", "filed", "a"))
    _go(bench, "mon 11:00", _defect("mon 11:00", "fixed", "b"))
    assert _notes(bench) == 0
    if by_rule:
        _go(bench, "mon 12:00", *Log("case:1").observed("mon 12:00", {"case.core": "down"}, key="down").events)
    else:
        data = {"kind": "defect", "id": "D-7"}
        link = Event("case:1", "linked", at("mon 12:00"), at("mon 12:00"), "agent", "desk", "link", data=data)
        _go(bench, "mon 12:00", link)
    assert _notes(bench) == 1


def test_what_happens_to_a_ticket_that_is_linked_no_more_is_not_the_cases(bench: Bench) -> None:
    data = {"kind": "defect", "id": "D-7"}
    _go(bench, "mon 09:00", *Log("case:1").opened("mon 09:00").events)
    link = Event("case:1", "linked", at("mon 09:10"), at("mon 09:10"), "agent", "desk", "link", data=data)
    _go(bench, "mon 09:10", link, _defect("mon 09:10", "filed", "a"))
    gone = Event("case:1", "unlinked", at("mon 09:20"), at("mon 09:20"), "agent", "desk", "gone", data=data)
    _go(bench, "mon 09:20", gone)
    assert linked_now(bench.log("case:1"), "defect") == ()
    _go(bench, "mon 10:00", _defect("mon 10:00", "fixed", "b"))
    assert _notes(bench) == 0
    assert bench.rows("SELECT * FROM watch WHERE watched LIKE 'defect:%'") == []
    again = Event("case:1", "linked", at("mon 11:00"), at("mon 11:00"), "agent", "desk", "again", data=data)
    _go(bench, "mon 11:00", again)
    assert _notes(bench) == 1
    assert linked_now(bench.log("case:1"), "defect") == ("D-7",)


def test_rounds_are_counted_where_a_program_undoes_what_a_rule_did_and_not_where_it_only_does_it_often() -> None:
    content: dict[str, Json] = {"path": "case.status", "value": "on_hold"}
    done: dict[str, Json] = {"rule": "hold", "action": "set", "content": content}

    def log(*undone: tuple[str, str]) -> list[Event]:
        found: list[Event] = []
        for number, (by, value) in enumerate(undone):
            found.append(
                Event("case:1", "applied", 10 * number, 10 * number, "ourselves", "casewarden", f"a{number}", data=done)
            )
            data: dict[str, Json] = {"facts": {"case.status": value}}
            instant = 10 * number + 5
            found.append(Event("case:1", "observed", instant, instant, by, "desk", f"o{number}", data=data))
        return found

    assert rounds(log(("automation", "open"), ("automation", "open")), "hold", "set", content, 0) == 2
    assert rounds(log(("automation", "open"), ("automation", "open")), "hold", "set", content, 6) == 1
    assert rounds(log(("automation", "on_hold"), ("ourselves", "open")), "hold", "set", content, 0) == 0
    assert rounds(log(("agent", "open")), "hold", "set", content, 0) == 0
    assert rounds(log(("automation", "open")), "other", "set", content, 0) == 0
