"""Random operations against the store, and a simple model in memory that must agree with it at every step.

Events come new, twice, late and out of order; the clock goes on, over the night on which clocks change, and is put
back; batches are cut small; the sidecar is killed between any two transactions; the helpdesk does what it is asked,
refuses, fails before and after it did it. `support.sidecar_model` says what must hold.
"""

import os
import random
import secrets
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from casewarden.decide import Compiled
from casewarden.model import Event, Json
from casewarden.plugin import AlreadyApplied, Answer, Applied, Attempt, Conflict, Page, Rejected, Retry
from casewarden.service.batch import Limits
from casewarden.service.deliver import Came, Sent
from casewarden.service.neighbours import tell_some
from casewarden.store.database import Database
from casewarden.store.tables import metadata
from support.happenings import RULES, Happening, happenings
from support.sidecar_model import Model
from support.sidecars import Bench
from support.small import HOUR, MINUTE, at, ruleset

START: Final = at("fri+3 15:00")
"""27 March 2026: clocks change in the night to Sunday."""
LIMITS: Final = st.builds(
    Limits,
    mail=st.sampled_from([1, 2, 400]),
    wakeups=st.sampled_from([1, 2, 200]),
    steps=st.sampled_from([1, 2, 500]),
    claims=st.sampled_from([1, 50]),
)
HOW: Final = ("done", "done", "done", "lost before", "lost after", "not now", "not now but done", "conflict", "refused")


class Desk:
    """A helpdesk that does again whatever it is asked again, unless it is told to look before."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()

    def do(self, attempt: Attempt) -> Answer:
        if attempt.again and self.done[attempt.key]:
            return AlreadyApplied()
        self.done[attempt.key] += 1
        return Applied()


class Sidecar(RuleBasedStateMachine):
    """A sidecar in its store, its model, and the helpdesk."""

    stores: ClassVar[Iterator[str]]
    compiled: ClassVar[Compiled]

    @initialize(limits=LIMITS, cached=st.sampled_from([1, 2, 10_000]))
    def begin(self, limits: Limits, cached: int) -> None:
        self.database = Database(next(self.stores))
        self.bench = Bench(self.database, self.compiled, START, limits=limits, cached=cached)
        self.model = Model(self.bench)
        self.desk = Desk()
        self.underway: list[Sent] = []
        self.known: list[Event] = []
        self.number = 0
        self.is_paused = False

    def teardown(self) -> None:
        if not hasattr(self, "is_paused"):
            return
        try:
            if self.is_paused:
                self.pause_or_resume()
            self.go_on(hours=100)
            self.look_back()
        finally:
            self.database.close()

    def look_back(self) -> None:
        """Each effect stands once at the helpdesk, and all stand there that are said to."""
        assert all(times == 1 for times in self.desk.done.values()), self.desk.done
        applied = self.bench.rows("SELECT key FROM outbox WHERE state = 'applied'")
        assert {key for (key,) in applied} <= self.desk.done.keys()

    @invariant()
    def agree(self) -> None:
        if hasattr(self, "model"):
            self.model.follow()

    # -- events

    @rule(
        happen=st.lists(happenings(), min_size=1, max_size=4),
        again=st.lists(st.integers(0, 30), max_size=2),
        order=st.randoms(use_true_random=False),
    )
    def take(self, happen: list[Happening], again: list[int], order: random.Random) -> None:
        """Some events, in any order, and some that were there before."""
        events = [self.event(*one) for one in happen]
        events += [self.known[number % len(self.known)] for number in again if self.known]
        order.shuffle(events)
        self.known += events
        self.bench.take(events)
        self.model.take(events)
        self.tick()

    def event(self, subject: str, kind: str, by: str, data: dict[str, Json], late: int = 0) -> Event:
        self.number += 1
        instant = self.bench.now - late * MINUTE
        return Event(subject, kind, instant, instant, by, "desk", f"e{self.number:03}", self.number, (), data)

    def tick(self) -> None:
        """No two things that come from outside come within one microsecond."""
        self.model.follow()
        self.bench.now += 1

    # -- time

    @rule()
    def go_to_what_is_due(self) -> None:
        self.bench.now = self.bench.following() or self.bench.now

    @rule(minutes=st.sampled_from([1, 30, 60, 8 * 60, 30 * 60, 50 * 60]))
    def sleep(self, minutes: int) -> None:
        """Nobody decides anything for a while."""
        self.bench.now += minutes * MINUTE

    @rule(minutes=st.sampled_from([1, 60, 8 * 60]))
    def put_the_clock_back(self, minutes: int) -> None:
        self.bench.now -= minutes * MINUTE

    @rule(hours=st.sampled_from([1, 20]))
    def go_on(self, hours: int) -> None:
        """It goes on and does each thing when it is due, with a helpdesk that does what it is asked."""
        end = self.bench.now + hours * HOUR
        self.come_to_rest()
        while (following := self.bench.following()) is not None and following <= end:
            self.bench.now = following
            self.come_to_rest()
        self.bench.now = max(self.bench.now, end)
        self.come_to_rest()

    # -- work

    @rule()
    def batch(self) -> None:
        self.bench.processor.batch(self.bench.slots, self.bench.now)

    @rule(most=st.sampled_from([1, 2, 500]))
    def tell(self, most: int) -> None:
        self.told(most)

    def told(self, most: int) -> bool:
        with self.database.write() as connection:
            return tell_some(connection, self.bench.slots, most) > 0

    @rule()
    def claim(self) -> None:
        self.claimed()

    def claimed(self) -> bool:
        self.model.follow()
        claimed = self.bench.deliverer.claim(self.bench.slots, self.bench.now)
        self.underway += claimed.sent
        self.model.underway |= {sent.attempt.key for sent in claimed.sent}
        self.model.follow()
        for sent in claimed.sent:
            self.model.attempted(sent.attempt)
        return claimed.did > 0

    @precondition(lambda self: self.underway)
    @rule(
        how=st.sampled_from(HOW),
        number=st.integers(0, 5),
    )
    def answer(self, how: str, number: int) -> None:
        """What comes of an attempt that is under way."""
        sent = self.underway.pop(number % len(self.underway))
        self.settle(sent, how)

    def settle(self, sent: Sent, how: str) -> None:
        attempt = sent.attempt
        answer: Answer | None
        anew: Page | None = None
        match how:
            case "done":
                answer = self.desk.do(attempt)
            case "lost before":
                answer = None
            case "lost after":
                self.desk.do(attempt)
                answer = None
            case "not now":
                answer = Retry("busy", after=30.0, reached=True)
            case "not now but done":
                self.desk.do(attempt)
                answer = Retry("the connection broke")
            case "conflict":
                answer = Conflict("somebody wrote to it")
                seen = self.event(attempt.subject, "observed", "agent", {"facts": {"case.size": 1}})
                anew = Page([seen], {"version": self.number})
                self.model.take([seen])
            case _:
                answer = AlreadyApplied() if attempt.again and self.desk.done[attempt.key] else Rejected("it may not")
        self.model.underway.discard(attempt.key)
        self.bench.deliverer.settle([Came(sent, answer, "lost" if answer is None else None, anew)], self.bench.now)
        self.tick()

    @rule()
    def come_to_rest(self) -> None:
        """Do all that there is to do."""
        for _ in range(3000):
            for sent in self.underway:
                self.settle(sent, "done")
            self.underway.clear()
            done = self.bench.processor.batch(self.bench.slots, self.bench.now)
            told = self.told(500)
            claimed = self.claimed()
            if done.idle and not done.more and not told and not claimed and not self.underway:
                break
        else:
            raise AssertionError("it does not come to rest")
        self.model.follow()
        self.model.settled()

    # -- what goes wrong

    @rule(done=st.lists(st.booleans(), max_size=3))
    def kill(self, done: list[bool]) -> None:
        """The process ends; what was under way was done or not, and nobody heard of it."""
        for sent, was_done in zip(self.underway, [*done, *[False] * len(self.underway)], strict=False):
            if was_done:
                self.desk.do(sent.attempt)
        self.underway.clear()
        self.model.underway.clear()
        self.bench.restart()

    @rule()
    def pause_or_resume(self) -> None:
        self.is_paused = not self.is_paused
        with self.database.write() as connection:
            connection.execute(
                text(
                    "INSERT INTO setting (name, value) VALUES ('paused', :value) "
                    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
                ),
                {"value": "true" if self.is_paused else "false"},
            )


@pytest.fixture
def stores_on_sqlite(sqlite_template: Path, tmp_path: Path) -> Iterator[Iterator[str]]:
    """Empty stores on SQLite, one after the other; in memory where there is such a folder, for they commit often."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else tmp_path))
    yield copies(sqlite_template, folder)
    shutil.rmtree(folder)


@pytest.fixture
def stores_on_postgresql(postgres_url: str) -> Iterator[str]:
    """A store on PostgreSQL that is emptied before each use."""
    return emptied(postgres_url)


def copies(template: Path, folder: Path) -> Iterator[str]:
    while True:
        path = folder / f"{secrets.token_hex(6)}.db"
        shutil.copyfile(template, path)
        yield f"sqlite:///{path}"
        for part in folder.glob(f"{path.name}*"):
            part.unlink()


def emptied(url: str) -> Iterator[str]:
    tables = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
    while True:
        database = Database(url)
        with database.write() as connection:
            connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        database.close()
        yield url


def agree(given: Iterator[str], examples: int, steps: int, *, is_fixed: bool = True) -> None:
    """Try the model on stores; `is_fixed`: the same examples in every run."""

    class Machine(Sidecar):
        stores: ClassVar[Iterator[str]] = given
        compiled = ruleset(RULES)

    tried = settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=is_fixed,
        database=None,
        deadline=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    run_state_machine_as_test(Machine, settings=tried)


def test_the_model_agrees_on_sqlite(stores_on_sqlite: Iterator[str]) -> None:
    agree(stores_on_sqlite, examples=20, steps=25)


def test_the_model_agrees_on_postgresql(stores_on_postgresql: Iterator[str]) -> None:
    agree(stores_on_postgresql, examples=8, steps=25)
