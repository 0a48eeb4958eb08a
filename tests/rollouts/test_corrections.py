"""What was promised and is otherwise by now becomes a proposed correction, told once; nothing is sent a second time."""

import json

import pytest

from casewarden.store.database import Database
from rollouts.conftest import Make, rolling
from rollouts.test_trials import NOTIFY, done, opened
from support.rolling import Rolling
from support.small import Log, at, rule, text_of

BASE = text_of(
    "clocks:\n  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 9 business hours}\n"
    "credits:\n  late: {clause: [S], clock: answer, award: 1 day, for_each: 1 business hour, count: full,"
    " cap: 10 days, add_to: contract.term_end}\n" + rule("late", f"when: {{clock.answer: missed}}\n{NOTIFY}")
)
HOLIDAY = BASE.replace("new_cases", "all_cases").replace(
    "open: {mon-fri: 08:00-17:00}, holidays: none",
    "open: {mon-fri: 08:00-17:00}, holidays: none, exceptions: {2026-03-03: closed}",
)
"""Tuesday is a holiday, for all cases."""


def corrections(bench: Rolling) -> list[tuple[object, ...]]:
    rows = bench.rows("SELECT details FROM obligation WHERE kind = 'correction' ORDER BY id")
    told = [json.loads(str(details)) for (details,) in rows]
    return [(one["kind"], one["name"].partition("/")[0], one["before"], one["after"]) for one in told]


@pytest.mark.states("E3", "E11", "D7")
def test_a_holiday_that_is_added_for_all_cases_proposes_each_deadline_that_it_moves_once(database: Database) -> None:
    with rolling(database, BASE, "mon 12:00") as bench:
        opened(bench, "case:1")
        bench.until(at("mon 13:00"))
        before = bench.rules.operations_in("small", bench.now)
        after = bench.reload(HOLIDAY).digest
        bench.settle()
        bench.until(at("wed 16:00"))
        moved = ("deadline", "answer", "2026-03-03T11:00:00Z", "2026-03-04T11:00:00Z")
        assert corrections(bench) == [moved]
        ((message, details, state),) = bench.rows("SELECT message, details, state FROM obligation")
        assert message == (
            f"answer was due 2026-03-03T11:00:00Z by revision {before[:12]};"
            f" by revision {after[:12]} it is due 2026-03-04T11:00:00Z"
        )
        told = json.loads(str(details))
        assert (told["revision"], told["instead_of"], state) == (after, before, "open")
        assert done(bench, "small") == ["wed 12:00+1 case:1/late"]


@pytest.mark.states("D7", "V7")
def test_the_deadline_of_a_clock_that_has_stopped_moves_and_its_credit_is_corrected_not_posted_again(
    make: Make,
) -> None:
    bench = make(BASE, "mon 12:00")
    opened(bench, "case:1")
    bench.until(at("tue 15:30"))
    bench.take(Log("case:1").message("tue 15:30", "agent", key="a").events)
    bench.settle()
    posted = bench.rows("SELECT key, state, amount FROM ledger")
    assert [(state, amount) for _, state, amount in posted] == [("posted", 3)]
    bench.reload(HOLIDAY)
    bench.until(at("fri 12:00"))
    found = corrections(bench)
    assert ("deadline", "answer", "2026-03-03T11:00:00Z", "2026-03-04T11:00:00Z") in found
    assert [one for one in found if one[0] == "credit"] == [("credit", "late", 3, 0)]
    assert bench.rows("SELECT key, state, amount FROM ledger") == posted
    assert done(bench, "small") == ["tue 12:00+1 case:1/late"]
    bench.reload(BASE.replace("new_cases", "all_cases"))
    bench.until(at("fri 16:00"))
    assert len([one for one in corrections(bench) if one[0] == "deadline"]) == 2
    assert len(done(bench, "small")) == 1


@pytest.mark.states("E1")
def test_a_revision_for_new_cases_proposes_nothing_for_those_that_were_opened_before(make: Make) -> None:
    bench = make(BASE, "mon 12:00")
    opened(bench, "case:1")
    bench.reload(HOLIDAY.replace("all_cases", "new_cases"))
    bench.until(at("mon 14:00"))
    assert corrections(bench) == []


def test_a_clock_on_hold_was_promised_nothing_so_nothing_is_proposed(make: Make) -> None:
    paused = BASE.replace("stops: agent_reply,", "stops: agent_reply, pauses_while: {case.core: down},")
    bench = make(paused, "mon 12:00")
    opened(bench, "case:1", **{"case.core": "down"})
    bench.reload(HOLIDAY.replace("stops: agent_reply,", "stops: agent_reply, pauses_while: {case.core: down},"))
    bench.until(at("mon 14:00"))
    assert corrections(bench) == []


@pytest.mark.states("E3", "D7", "D10")
def test_an_event_that_is_learnt_of_late_proposes_what_it_moves_and_is_not_told_twice(database: Database) -> None:
    with rolling(database, BASE, "mon 08:00") as bench:
        opened(bench, "case:1")
        bench.until(at("tue 08:30"))
        assert done(bench, "small") == ["tue 08:00+1 case:1/late"]
        bench.take(Log("case:1").message("mon 16:00", "agent", seen="tue 08:30", key="a").events)
        bench.until(at("fri 08:00"))
        assert done(bench, "small") == ["tue 08:00+1 case:1/late"]
        assert [attempt.key for attempt in bench.attempts] == ["case:1/late/1/0/0"]


def test_a_trial_proposes_nothing_to_anybody_and_says_how_deadlines_stand(make: Make) -> None:
    bench = make(BASE, "mon 12:00")
    opened(bench, "case:1")
    bench.start("try", HOLIDAY)
    bench.until(at("mon 14:00"))
    assert corrections(bench) == []
    rows = bench.rows("SELECT lane, next_due FROM subject WHERE name = 'case:1' ORDER BY lane")
    assert rows == [("small", at("tue 12:00")), ("small@try", at("wed 12:00"))]
