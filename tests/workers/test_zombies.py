"""Who was taken for dead and goes on all the same: its answers, its calls, its writing, and what it may still claim."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import text

from casewarden.config.settings import ConnectorSettings
from casewarden.model import Event
from casewarden.plugin import Answer, Applied, Attempt, Check, Page, Retry, Spec
from casewarden.service.deliver import Came, Sent
from casewarden.service.desks import Couriers, Desks
from casewarden.service.holds import PARTITION_LOCK, hold_all, hold_free
from casewarden.service.intake import Order, Taken
from casewarden.service.neighbours import begin_to_watch, tell_some
from casewarden.service.owner import Owner
from casewarden.service.taking import Taking
from casewarden.service.writes import NOTIFY
from casewarden.store.database import Database
from casewarden.store.log import put_events
from casewarden.store.slots import ALL_SLOTS, partitions, slot_of
from support.sidecars import Bench
from support.small import Log, at, ruleset

NINE = at("mon 09:00")
RULES = """
rules:
  greet:
    clause: [S]
    when: {case.core: down}
    then: [tag: {add: [greeted]}]
"""


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database, ruleset(RULES), NINE)


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Bench]:
    with closing(Database(postgres_url)) as opened:
        yield Bench(opened, ruleset(RULES), NINE)


def history(case: str) -> list[Event]:
    opened = Log(case).add("opened", "mon 09:00", facts={"case.core": "down"})
    return list(opened.observed("mon 09:00", {"case.core": "available"}).events)


def opening(case: str) -> list[Event]:
    return history(case)[:1]


def claimed(bench: Bench) -> Sent:
    (sent,) = bench.deliverer.claim(bench.slots, bench.now).sent
    return sent


# -- answers and calls


@pytest.mark.parametrize("answer", [Applied(), Retry("away"), None])
def test_an_answer_to_an_attempt_that_somebody_else_has_made_again_changes_nothing(
    bench: Bench, answer: Answer | None
) -> None:
    bench.take(opening("case:1"))
    bench.processor.batch(bench.slots, bench.now)
    before = claimed(bench)
    successor = Bench(bench.database, bench.compiled, bench.now)
    again = claimed(successor)
    assert (before.number, before.attempt.again) == (1, False)
    assert (again.number, again.attempt.again) == (2, True)
    bench.deliverer.settle([Came(before, answer, "it broke" if answer is None else None)], bench.now)
    assert bench.rows("SELECT state, attempts FROM outbox") == [("sending", 2)]
    successor.deliverer.settle([Came(again, Applied())], bench.now)
    assert bench.rows("SELECT state, attempts FROM outbox") == [("applied", 2)]
    assert bench.rows("SELECT count(*) FROM event WHERE kind = 'applied'") == [(1,)]


class Counting:
    """A connector that counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def spec(self) -> Spec:
        return Spec("counting", "1", {"type": "object"}, frozenset({"tag"}))

    def apply(self, attempt: Attempt) -> Answer:
        self.calls += 1
        return Applied()

    def check(self) -> Check:
        raise NotImplementedError

    def changes(self, cursor: object) -> Page:
        raise NotImplementedError

    def fetch(self, ticket: str) -> Page:
        raise NotImplementedError

    def verify_webhook(self, headers: object, body: bytes, now: int) -> None:
        raise NotImplementedError

    def parse_webhook(self, headers: object, body: bytes) -> list[Event]:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


@pytest.mark.parametrize("is_ours", [True, False])
def test_nobody_is_called_by_who_may_have_been_taken_for_dead(bench: Bench, is_ours: bool) -> None:
    bench.take(opening("case:1"))
    bench.processor.batch(bench.slots, bench.now)
    connector, came, is_there = Counting(), list[Came](), threading.Event()

    def answer(one: Came) -> None:
        came.append(one)
        is_there.set()

    desks = Desks({"desk": connector}, [ConnectorSettings("desk", "counting", {})])
    couriers = Couriers(desks, answer, lambda *_: None, is_ours=lambda: is_ours)
    couriers.send(claimed(bench))
    assert is_there.wait(60)
    couriers.close()
    assert connector.calls == (1 if is_ours else 0)
    bench.deliverer.settle(came, bench.now)
    wanted = ("applied", True) if is_ours else ("waiting", False)  # it was not made: nothing has to be looked up again
    assert [(state, bool(again)) for state, again in bench.rows("SELECT state, again FROM outbox")] == [wanted]


# -- partitions come and go


def owner(bench: Bench, sent: list[Sent], *, is_ours: bool = True) -> Owner:
    return Owner(
        bench.database,
        bench.sealing,
        bench.processor,
        bench.deliverer,
        bench.projector,
        now=lambda: bench.now,
        is_ours=lambda: is_ours,
        send=sent.append,
    )


def turn(owner: Owner) -> None:
    while owner.turn():
        pass


def test_a_partition_is_given_back_once_nothing_of_it_is_underway(bench: Bench) -> None:
    parts = partitions(4)
    mine = next(part for part in parts if slot_of("case:1") in part)
    other = next(part for part in parts if part != mine)
    sent: list[Sent] = []
    busy = owner(bench, sent)
    busy.adopt(mine)
    busy.adopt(other)
    bench.take(opening("case:1"))
    turn(busy)
    assert (len(sent), list(busy.parts)) == (1, sorted([mine, other], key=lambda part: part.start))
    gone = [busy.release(part) for part in (mine, other)]
    turn(busy)
    assert [one.done() for one in gone] == [False, True]
    bench.take(history("case:1"))
    turn(busy)
    assert bench.rows("SELECT count(*) FROM mailbox") == [(1,)], "it decides nothing more there"
    busy.answer(Came(sent[0], Applied()))
    turn(busy)
    assert gone[0].done()
    assert bench.rows("SELECT state FROM outbox") == [("applied",)]
    assert list(busy.parts) == []


def test_what_is_not_its_own_at_the_moment_waits(bench: Bench) -> None:
    sent: list[Sent] = []
    lost = owner(bench, sent, is_ours=False)
    lost.adopt(ALL_SLOTS)
    bench.take(opening("case:1"))
    turn(lost)
    assert bench.rows("SELECT count(*) FROM mailbox") == [(1,)]
    assert list(lost.parts) == []


def test_what_is_asked_after_the_end_is_refused(bench: Bench) -> None:
    stop = threading.Event()
    stop.set()
    ended = owner(bench, [])
    ended.run(stop)
    assert "stopping" in str(ended.order(Order(opening("case:1"), "desk")).exception(0))
    assert "stopping" in str(ended.command(lambda: None).exception(0))
    assert ended.release(ALL_SLOTS).done()


def test_what_somebody_else_holds_is_neither_claimed_nor_settled_nor_told(postgres: Bench) -> None:
    bench = postgres
    parts = partitions(16)
    bench.take(opening("case:1"))
    bench.processor.batch(parts, bench.now)
    (sent,) = bench.deliverer.claim(parts, bench.now).sent
    held = next(part.start for part in parts if slot_of("case:1") in part)
    with psycopg.connect(
        bench.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    ) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s, %s)", (PARTITION_LOCK, held))
        came = Came(sent, Applied())
        assert list(bench.deliverer.settle([came], bench.now, parts)) == [came]
        assert bench.rows("SELECT state FROM outbox") == [("sending",)]
        assert [part.start for part in bench.deliverer.recover(parts)] == [
            one.start for one in parts if one.start != held
        ]
        assert bench.rows("SELECT state FROM outbox") == [("sending",)]
        bench.take(history("case:1"))
        assert bench.processor.batch(parts, bench.now).idle
    assert list(bench.deliverer.settle([came], bench.now, parts)) == []
    assert bench.rows("SELECT state FROM outbox") == [("applied",)]


def test_who_holds_all_waits_for_those_who_write_and_nobody_begins_meanwhile(postgres: Bench) -> None:
    bench, parts = postgres, partitions(16)
    bench.take(opening("case:1"))

    def hold() -> bool:
        with bench.database.write() as connection:
            hold_all(connection)
            return bench.processor.batch(parts, bench.now).idle

    with ThreadPoolExecutor(1) as pool:
        with bench.database.write() as connection:
            assert list(hold_free(connection, parts)) == parts
            alone = pool.submit(hold)
            waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            while connection.execute(waits).scalar_one() == 0:
                assert not alone.done()
            assert bench.processor.batch(parts, bench.now).idle, "who waits for all comes first"
        assert alone.result(60), "what somebody holds is decided by nobody else"
    assert not bench.processor.batch(parts, bench.now).idle


# -- two transactions at a time


def test_who_begins_to_watch_is_told_what_was_being_told_meanwhile(postgres: Bench) -> None:
    bench = postgres
    bench.take([*opening("case:1"), *Log("service:edge").observed("mon 09:00", {"service.edge.health": "down"}).events])
    bench.processor.batch(bench.slots, bench.now)
    assert bench.rows("SELECT count(*) FROM fanout") == [(1,)]

    def tell() -> int:
        with bench.database.write() as connection:
            return tell_some(connection, bench.slots)

    with ThreadPoolExecutor(1) as pool:
        with bench.database.write() as connection:
            begin_to_watch(connection, ["service:edge"])
            watcher = connection.execute(text("SELECT id FROM subject WHERE name = 'case:1'")).scalar_one()
            told = pool.submit(tell)
            waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            while connection.execute(waits).scalar_one() == 0:
                assert not told.done()
            connection.execute(text("INSERT INTO watch VALUES ('service:edge', :watcher)"), {"watcher": watcher})
        assert told.result(60) == 1


def test_two_who_take_the_same_events_in_the_other_order_both_end(postgres: Bench) -> None:
    """PostgreSQL ends one of two that wait for each other; it tries again, and finds what the other has written."""
    bench = postgres
    first, second = opening("case:1")[0], opening("case:2")[0]
    taking = Taking(bench.database, bench.sealing, lambda: bench.now)
    order = Order([second, first], "desk")
    taking.order(order)
    with ThreadPoolExecutor(1) as pool:
        with bench.database.write() as connection:
            connection.execute(text("SET LOCAL deadlock_timeout = '1h'"))  # so it is the other one that is ended
            put_events(connection, bench.sealing, [first], bench.now)
            taken = pool.submit(taking.some)
            waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            while connection.execute(waits).scalar_one() == 0:
                assert not taken.done()
            put_events(connection, bench.sealing, [second], bench.now)
        assert taken.result(60)
    assert order.done.result(0) == Taken(0, 2)


def test_mail_rings_once_for_each_transaction(postgres_url: str, postgres: Bench) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as listener:
        listener.execute(f"LISTEN {NOTIFY}")
        postgres.take([event for number in range(20) for event in opening(f"case:{number}")])
        postgres.take(opening("case:30"))
        assert len(list(listener.notifies(timeout=10, stop_after=2))) == 2
        assert list(listener.notifies(timeout=0)) == []
