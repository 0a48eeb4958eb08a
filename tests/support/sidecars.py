"""A sidecar in a test's own hands: the real store, processor and deliverer, with a clock that the test turns."""

import os
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from casewarden.cli.opened import settings_of
from casewarden.config.settings import Caps
from casewarden.decide import Compiled, compile_ruleset
from casewarden.model.decision import Decision
from casewarden.model.event import Event
from casewarden.plugin import Answer, Applied, Attempt
from casewarden.ruleset.load import load
from casewarden.ruleset.syntax import Ruleset
from casewarden.service.batch import Limits
from casewarden.service.budget import Budget
from casewarden.service.course import Destination, Manner
from casewarden.service.deliver import Came, Deliverer, Hears
from casewarden.service.held import Held
from casewarden.service.intake import take
from casewarden.service.lanes import Begun
from casewarden.service.neighbours import tell_some
from casewarden.service.process import Processor
from casewarden.service.projecting import Projector
from casewarden.service.waiting import next_due
from casewarden.sidecar.syncing import Standalone
from casewarden.store.contacts import open_sealer
from casewarden.store.database import Database
from casewarden.store.log import Sealing, read_logs
from casewarden.store.sealing import PERSONAL_PATHS
from casewarden.store.slots import ALL_SLOTS
from casewarden.telemetry.traces import Tracer

KEY = bytes(range(32))
ALWAYS = -(2**62)


class OneRuleset:
    """The rules of a sidecar that has a single ruleset, in one revision."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self.lane = compiled.ruleset.name

    def lanes_of(self, name: str, events: Sequence[Event], now: int) -> Sequence[str]:
        return [self.lane]

    def ruleset(self, lane: str, now: int) -> Ruleset:
        return self._compiled.ruleset

    def terms_at(self, lane: str, opened_at: int) -> str:
        return self._compiled.ruleset.digest

    def compiled(self, held: Held, at: int) -> Compiled:
        return self._compiled

    def takes_over(self, held: Held) -> int | None:
        return None

    def trials_of(self, lane: str) -> Sequence[str]:
        return ()

    def begun(self, trial: str) -> Begun:
        raise AssertionError(trial)


def applies_all(attempt: Attempt) -> Answer:
    """A helpdesk that does what it is told; what it creates is named after the action."""
    if attempt.kind == "link" and "id" not in attempt.content:
        return Applied({"id": f"{attempt.content.get('kind')}-1"})
    return Applied()


@dataclass
class Bench:
    """One owner of everything, stepped by hand. `now` is the instant that its clock shows.

    `known`: up to when each source is known completely. Deciding fails for the subjects that are `spoilt`.
    """

    database: Database
    compiled: Compiled
    now: int = 0
    go_live: int = ALWAYS
    connector: Callable[[Attempt], Answer] = applies_all
    caps: Caps = field(default_factory=lambda: Caps(10**9, 10**9, 10**9, 10**9))
    shadow: bool = False
    cached: int = 10_000
    attempts: list[Attempt] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    slots: Sequence[range] = (ALL_SLOTS,)
    limits: Limits = field(default_factory=Limits)
    known: dict[str, int] = field(default_factory=dict)
    spoilt: set[str] = field(default_factory=set)
    tracer: Tracer | None = None
    shows: str | None = None

    def __post_init__(self) -> None:
        self.database.own_time = False
        self.sealing = Sealing(open_sealer(self.database, KEY), PERSONAL_PATHS)
        self.restart()

    def restart(self) -> None:
        """Begin anew with what stands in the store."""
        rules = OneRuleset(self.compiled)
        manner = Manner(
            self._rules_of,
            lambda held, at: self.compiled.ruleset.digest,
            lambda held, action: Destination("desk", held.name.partition(":")[2]),
            lambda held, action: self.shadow,
            KEY,
            lambda held, decision, outcome: self.decisions.append(decision),
            self.tracer,
            lambda held: self.shows,
        )
        self.processor = Processor(
            self.database,
            self.sealing,
            rules,
            manner,
            go_live=self.go_live,
            cached=self.cached,
            watermarks=lambda: self.known,
            limits=self.limits,
        )
        self.deliverer = Deliverer(
            self.database,
            self.sealing,
            self.processor,
            manner,
            caps=lambda: self.caps,
            budgets={"desk": Budget(1e9)},
            heard=Hears(),
            chance=random.Random(7),
        )
        self.projector = Projector(
            self.database, self.deliverer.budgets, Hears(), random.Random(7), lambda: self.shadow
        )
        self.deliverer.recover(self.slots)

    def _rules_of(self, held: Held, at: int) -> Compiled:  # one revision holds at all times
        if held.name in self.spoilt:
            raise ValueError(f"{held.name} is spoilt")
        return self.compiled

    def take(self, events: Iterable[Event]) -> None:
        """Take events in at the present instant."""
        with self.database.write() as connection:
            taken = take(connection, self.sealing, list(events), self.now)
        self.processor.remember(taken.rows)

    def settle(self) -> None:
        """Do all that there is to do at the present instant."""
        for _ in range(10_000):
            done = self.processor.batch(self.slots, self.now)
            with self.database.write() as connection:
                told = tell_some(connection, self.slots)
            claimed = self.deliverer.claim(self.slots, self.now)
            came = []
            for sent in claimed.sent:
                self.attempts.append(sent.attempt)
                came.append(Came(sent, self.connector(sent.attempt)))
            self.deliverer.settle(came, self.now)
            shown = self.projector.claim(self.slots, self.now)
            self.attempts += [sent.attempt for sent in shown]
            self.projector.settle([Came(sent, self.connector(sent.attempt)) for sent in shown], self.now)
            if done.idle and not done.more and not told and not claimed.did and not shown:
                return
        raise AssertionError("it does not come to rest")

    def until(self, instant: int) -> None:
        """Go on to an instant, and stop at every one before it at which something is due."""
        self.settle()
        while (following := self.following()) is not None and following <= instant:
            self.now = following
            self.settle()
        self.now = max(self.now, instant)
        self.settle()

    def following(self) -> int | None:
        """The next instant at which something is due."""
        with self.database.read() as connection:
            due = next_due(connection, self.slots)
            after = {"now": self.now}
            out = connection.execute(
                text("SELECT min(next_try) FROM outbox WHERE state = 'waiting' AND next_try > :now"), after
            ).scalar()
            mail = connection.execute(
                text("SELECT min(seen_at) FROM mailbox WHERE behind < 2 AND seen_at > :now"), after
            ).scalar()
            shown = connection.execute(
                text("SELECT min(next_try) FROM projection WHERE next_try > :now"), after
            ).scalar()
        return min((one for one in (due, out, mail, shown) if one is not None and one > self.now), default=None)

    def log(self, name: str) -> list[Event]:
        """The log of a subject, in the order in which it learnt."""
        with self.database.read() as connection:
            statement = text("SELECT id FROM subject WHERE name = :name")
            (id_,) = connection.execute(statement, {"name": name}).scalars()
            return [entry.event for entry in read_logs(connection, self.sealing, [id_])[id_]]

    def states(self) -> dict[str, str]:
        """What became of every action, by its key."""
        return {str(key): str(state) for key, state in self.rows("SELECT key, state FROM outbox ORDER BY id")}

    def decided(self, name: str) -> list[int]:
        """The instants at which a subject was decided, in order."""
        rows = self.rows(
            "SELECT at FROM decision JOIN subject ON subject.id = decision.subject WHERE name = :name "
            "ORDER BY decision.id",
            name=name,
        )
        return [int(str(instant)) for (instant,) in rows]

    def rows(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        """The rows of a query."""
        with self.database.read() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]


def compiled_from(path: Path) -> Compiled:
    """A ruleset that must be sound."""
    ruleset, diagnostics = load(path)
    assert ruleset is not None, diagnostics.items
    return compile_ruleset(ruleset)


class Standing:
    """The sidecar of a folder's configuration, on a clock that stands still: it does all that is due, and ends."""

    def __init__(self, folder: Path) -> None:
        self._settings = settings_of(folder / "casewarden.yaml")

    def go(self, now: int) -> None:
        """Take in what the connectors have, and do all that there is to do at an instant."""
        standalone = Standalone(self._settings, os.environ, lambda: now)
        try:
            standalone.pull()
            processor = standalone.processor()
            deliverer = standalone.parts.deliverer(processor)
            while True:
                done = processor.batch([ALL_SLOTS], now)
                with standalone.parts.database.write() as connection:
                    told = tell_some(connection, [ALL_SLOTS])
                claimed = deliverer.claim([ALL_SLOTS], now)
                came = [
                    Came(sent, standalone.desks.connectors[sent.connector].apply(sent.attempt)) for sent in claimed.sent
                ]
                deliverer.settle(came, now)
                if done.idle and not done.more and not told and not claimed.did:
                    return
        finally:
            standalone.close()
