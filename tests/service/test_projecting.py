"""How a case stands is shown in its helpdesk: the newest state, once it has changed, and nothing in between."""

from typing import Any

import pytest

from casewarden.plugin import Answer, Applied, Attempt, Rejected, Retry
from casewarden.service.deliver import Came
from casewarden.store.database import Database
from support.sidecars import Bench
from support.small import HOUR, Log, at, rule, ruleset

RULES = """
clocks:
  answer:
    clause: [S]
    starts: case_opened
    stops: agent_reply
    target: 4 business hours
""" + rule("probe", "when: {case.core: down}\nthen: [tag: {add: [seen]}]")


class Desk:
    """A helpdesk that shows what it was told last, or answers as it is told."""

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []
        self.answers: list[Answer] = []

    def __call__(self, attempt: Attempt) -> Answer:
        if attempt.kind != "project":
            return Applied()
        assert (attempt.subject, attempt.ticket, attempt.key) == ("case:1", "1", "case:1/project")
        if self.answers:
            return self.answers.pop(0)
        self.shown.append(dict(attempt.content))
        return Applied()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def bench(database: Database, desk: Desk) -> Bench:
    bench = Bench(database, ruleset(RULES), at("mon 09:00"), connector=desk, shows="desk")
    bench.take(Log().opened("mon 09:00", {"case.core": "down"}).events)
    return bench


def answered(bench: Bench) -> None:
    bench.take(Log().message("mon 10:00", by="agent", key="answer").events)


def test_due_times_and_states_are_shown_as_soon_as_they_are_decided(bench: Bench, desk: Desk) -> None:
    bench.settle()
    assert [(one["next_due"], one["next_clock"]) for one in desk.shown] == [("2026-03-02T12:00:00Z", "answer")]
    assert desk.shown[0]["clocks"] == {
        "answer": {"state": "running", "due": "2026-03-02T12:00:00Z", "target": "4 business hours", "stopped": None}
    }
    bench.until(at("mon 14:00"))
    assert [one["clocks"]["answer"]["state"] for one in desk.shown] == ["running", "missed"]


def test_nothing_is_shown_again_that_is_shown_already(bench: Bench, desk: Desk) -> None:
    bench.settle()
    for minute in range(1, 4):
        bench.now = at(f"mon 09:0{minute}")
        bench.take(Log().observed(f"mon 09:0{minute}", {"case.workaround": bool(minute % 2)}, key=f"o{minute}").events)
        bench.settle()
    assert len(desk.shown) == 1


def test_what_changes_while_an_older_state_is_being_written_is_written_once_more(bench: Bench, desk: Desk) -> None:
    bench.processor.batch(bench.slots, bench.now)
    (sent,) = bench.projector.claim(bench.slots, bench.now)
    bench.now = at("mon 10:00")
    answered(bench)
    bench.processor.batch(bench.slots, bench.now)
    assert bench.projector.claim(bench.slots, bench.now) == [], "one at a time"
    bench.projector.settle([Came(sent, Applied())], bench.now)
    bench.settle()
    assert [one["clocks"]["answer"]["state"] for one in desk.shown] == ["met"]


@pytest.mark.parametrize("answer", [Retry("busy", after=90.0, reached=True), Retry("it broke"), None])
def test_a_helpdesk_that_cannot_now_is_shown_the_newest_state_later(
    bench: Bench, desk: Desk, answer: Answer | None
) -> None:
    bench.processor.batch(bench.slots, bench.now)
    (sent,) = bench.projector.claim(bench.slots, bench.now)
    bench.projector.settle([Came(sent, answer, None if answer else "lost")], bench.now)
    assert bench.projector.claim(bench.slots, bench.now) == []
    bench.until(bench.now + HOUR)
    assert len(desk.shown) == 1
    assert bench.rows("SELECT problem, attempts, next_try FROM projection") == [(None, 0, None)]


def test_what_is_refused_is_put_before_a_person_once_and_tried_again_with_the_next_change(
    bench: Bench, desk: Desk
) -> None:
    desk.answers = [Rejected("there is no field `Next due`")]
    bench.settle()
    assert [row[0] for row in bench.rows("SELECT message FROM obligation")] == [
        "desk refuses to show how case:1 stands: there is no field `Next due`"
    ]
    bench.until(at("mon 10:00"))
    assert desk.shown == []
    answered(bench)
    bench.settle()
    assert [one["clocks"]["answer"]["state"] for one in desk.shown] == ["met"]


def test_a_process_that_is_killed_shows_it_again(bench: Bench, desk: Desk) -> None:
    bench.processor.batch(bench.slots, bench.now)
    assert len(bench.projector.claim(bench.slots, bench.now)) == 1
    bench.restart()
    bench.settle()
    assert len(desk.shown) == 1


def test_nothing_is_shown_while_everything_is_paused_or_shadow(bench: Bench, desk: Desk) -> None:
    bench.shadow = True
    bench.settle()
    assert desk.shown == []
    bench.shadow = False
    bench.settle()
    assert len(desk.shown) == 1


def test_a_connector_that_shows_nothing_is_not_asked(database: Database, desk: Desk) -> None:
    bench = Bench(database, ruleset(RULES), at("mon 09:00"), connector=desk)
    bench.take(Log().opened("mon 09:00").events)
    bench.settle()
    assert bench.rows("SELECT * FROM projection") == []
