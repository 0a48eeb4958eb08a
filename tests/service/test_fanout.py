"""One outage, many cases: each is told once, in batches, and nobody else has to wait for them."""

import pytest

from casewarden.service.neighbours import BATCH, tell_some
from casewarden.store.database import Database
from support.sidecars import Bench
from support.small import Log, at, rule, ruleset

MANY = 10_000
TOLD = ruleset(rule("probe", "when: {service.core.health: down}\nthen: [note: hello]"))


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database, TOLD, at("mon 09:00"), shadow=True)


def open_cases(bench: Bench, first: int, count: int) -> None:
    bench.take([Log(f"case:{number}").opened("mon 09:00").events[0] for number in range(first, first + count)])
    work(bench)


def work(bench: Bench) -> None:
    while not bench.processor.batch(bench.slots, bench.now).idle:
        pass


def outage(bench: Bench, value: str = "down") -> None:
    (event,) = Log("service:core").observed("mon 09:00", {"service.core.health": value}, key=value).events
    bench.take([event])
    bench.processor.batch(bench.slots, bench.now)


def tell(bench: Bench) -> int:
    with bench.database.write() as connection:
        return tell_some(connection, bench.slots)


def order_of(bench: Bench) -> list[str]:
    """The subjects in the order in which they were decided."""
    rows = bench.rows("SELECT name FROM decision JOIN subject ON subject.id = decision.subject ORDER BY decision.id")
    return [str(name) for (name,) in rows]


def test_ten_thousand_cases_are_told_once_each_while_a_case_of_somebody_else_goes_before_them(bench: Bench) -> None:
    open_cases(bench, 1, MANY)
    before = len(order_of(bench))
    outage(bench)
    told = tell(bench)
    assert told == BATCH, "they are told in batches"
    bench.take(Log("case:other").opened("mon 09:00").events)
    bench.processor.batch(bench.slots, bench.now)
    since = order_of(bench)[before:]
    assert "case:other" in since
    assert len(since) < 2 * BATCH, "the other case was in the first batch, whoever waited"
    while True:
        more = tell(bench)
        told += more
        work(bench)
        if not more:
            break
    assert told == MANY + 1, "the other case began to watch after the news, and is told by it all the same"
    notes = bench.rows("SELECT count(*), count(DISTINCT subject) FROM outbox WHERE state = 'shadow'")
    assert notes == [(MANY + 1, MANY + 1)]
    entries = bench.rows(
        "SELECT count(*), count(DISTINCT log_entry.subject) FROM log_entry JOIN event ON event.id = log_entry.event "
        "WHERE event.subject = 'service:core' AND event.source = 'desk'"
    )
    assert entries == [(MANY + 2, MANY + 2)], "every case, and the service itself"
    assert bench.rows("SELECT count(*) FROM mailbox") == bench.rows("SELECT count(*) FROM fanout") == [(0,)]


def test_a_restart_in_the_midst_of_it_goes_on_where_it_was(bench: Bench) -> None:
    open_cases(bench, 1, 25)
    outage(bench)
    with bench.database.write() as connection:
        assert tell_some(connection, bench.slots, 10) == 10
    bench.restart()
    told = 10
    with bench.database.write() as connection:
        while more := tell_some(connection, bench.slots, 10):
            told += more
    assert told == 25
    work(bench)
    assert bench.rows("SELECT count(*), count(DISTINCT subject) FROM outbox") == [(25, 25)]


def test_two_changes_reach_every_case_in_their_order(bench: Bench) -> None:
    open_cases(bench, 1, 25)
    outage(bench)
    outage(bench, "up")
    with bench.database.write() as connection:
        while tell_some(connection, bench.slots, 10):
            pass
    work(bench)
    for number in range(1, 26):
        health = [
            event.data["facts"]
            for event in bench.log(f"case:{number}")
            if event.source == "desk" and event.kind == "observed"
        ]
        assert health == [{"service.core.health": "down"}, {"service.core.health": "up"}]


def test_who_has_ended_is_told_nothing_any_more(bench: Bench) -> None:
    open_cases(bench, 1, 2)
    bench.take(Log("case:1").add("ended", "mon 09:00", "agent", key="end", reason="spam").events)
    work(bench)
    outage(bench)
    assert tell(bench) == 1
