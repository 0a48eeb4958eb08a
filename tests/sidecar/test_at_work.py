"""What only a sidecar at work can keep: what helpdesks answer, news of what many watch, dates of revisions."""

from pathlib import Path

import pytest

from casewarden.model import Event
from casewarden.plugin import Applied, Conflict, Page, Rejected
from casewarden.service.neighbours import tell_some
from casewarden.store.database import Database
from casewarden.store.slots import ALL_SLOTS
from support.odd_desk import NOON, OddDesk, at_work, opened
from support.sidecars import Bench
from support.small import Log, at, rule, ruleset

RULES = rule("tell", "when: {case.core: down}\nthen: [{note: hello}]")
WATCHERS = rule("probe", "when: {service.core.health: down}\nthen: [note: hello]")


def recovered(key: str) -> Event:
    return Event("case:1", "observed", NOON, NOON, "agent", "desk", key, data={"facts": {"case.core": "available"}})


@pytest.mark.states("A9")
def test_after_a_conflict_the_ticket_is_fetched_and_it_is_decided_again_with_what_it_says(tmp_path: Path) -> None:
    desk = OddDesk("desk", lambda _: Page([opened("case:1", "desk")], 1), lambda _: Conflict("somebody wrote to it"))
    desk.fetches = lambda _: Page([recovered("r")], {"version": 7})
    with at_work(tmp_path, RULES, desk) as running:
        running.until(lambda: bool(running.rows("SELECT id FROM outbox WHERE state = 'withdrawn'")), "the withdrawal")
        assert [one.precondition for one in desk.attempts] == [None]
        assert running.rows("SELECT version FROM ticket") == [('{"version": 7}',)]


def test_after_a_conflict_that_changes_nothing_it_goes_out_with_the_version_that_was_fetched(tmp_path: Path) -> None:
    desk = OddDesk("desk", lambda _: Page([opened("case:1", "desk")], 1))
    desk.applies = lambda attempt: Conflict("another version") if attempt.precondition is None else Applied()
    desk.fetches = lambda _: Page([], {"version": 7})
    with at_work(tmp_path, RULES, desk) as running:
        running.until(
            lambda: bool(running.rows("SELECT id FROM outbox WHERE attempts > 0 AND state = 'waiting'")), "it"
        )
        running.clock[0] += 3_600_000_000
        running.until(lambda: bool(running.rows("SELECT id FROM outbox WHERE state = 'applied'")), "the action")
        assert [(one.key, one.precondition) for one in desk.attempts] == [
            ("case:1/tell/1/0/0", None),
            ("case:1/tell/1/0/0", {"version": 7}),
        ]


@pytest.mark.states("A11")
def test_what_the_helpdesk_refuses_is_put_before_a_person_with_its_reason(tmp_path: Path) -> None:
    desk = OddDesk("desk", lambda _: Page([opened("case:1", "desk")], 1), lambda _: Rejected("notes are locked"))
    with at_work(tmp_path, RULES, desk) as running:
        running.until(lambda: bool(running.rows("SELECT id FROM obligation")), "word of it")
        assert running.rows("SELECT kind, state, message FROM obligation") == [
            ("rejected", "open", "note of tell on case:1 was refused: notes are locked")
        ]
        assert len(desk.attempts) == 1


@pytest.mark.states("V12")
def test_watchers_are_told_in_batches_and_who_takes_over_goes_on_behind_the_last(database: Database) -> None:
    bench = Bench(database, ruleset(WATCHERS), at("mon 09:00"))
    for number in range(7):
        bench.take(Log(f"case:{number}").opened("mon 09:00").events)
    bench.settle()
    bench.take(Log("service:core").observed("mon 09:00", {"service.core.health": "down"}, by="automation").events)
    while not bench.processor.batch([ALL_SLOTS], bench.now).idle:
        pass
    told = []
    for _ in range(4):
        bench.restart()  # where it is stands in the store
        with bench.database.write() as connection:
            told.append(tell_some(connection, [ALL_SLOTS], 3))
    assert told == [3, 3, 1, 0]
    assert bench.rows("SELECT count(DISTINCT name), count(*) FROM mailbox") == [(7, 7)]
    bench.settle()
    assert sorted(one.subject for one in bench.attempts) == [f"case:{number}" for number in range(7)]


@pytest.mark.states("E2")
def test_a_revision_takes_effect_at_its_date_with_nothing_else_happening(tmp_path: Path) -> None:
    desk = OddDesk("desk", lambda _: Page([opened("case:1", "desk", {"case.core": "available"})], 1))
    with at_work(tmp_path, RULES, desk) as running:
        running.until(lambda: bool(running.rows("SELECT id FROM subject WHERE decided_at IS NOT NULL")), "the case")
        path = tmp_path / "small.yaml"
        path.write_text(path.read_text().replace("from: 2026-01-01", "from: 2026-03-04").replace("down}", "degraded}"))
        running.sidecar.reload()
        of_case = "SELECT decided_at, operations FROM subject WHERE name = 'case:1'"
        ((_, before),) = running.rows(of_case)
        running.clock[0] = at("tue 23:59:59")
        running.turn()
        running.turn()
        assert running.rows(of_case)[0][1] == before
        running.clock[0] = at("wed 00:00")
        running.until(lambda: running.rows(of_case)[0][1] != before, "the new revision")
        assert running.rows(of_case)[0][0] == at("wed 00:00")
