"""A week beside a helpdesk that fails: calls are lost before and after they were done, and crashes lose what was read.

What happens there and what must stand at the end is each connector's own; how it is called and what fails is here.
"""

from collections.abc import Sequence
from random import Random
from typing import Protocol

from casewarden.decide import Compiled
from casewarden.model.event import Event, Json
from casewarden.plugin import Answer, Attempt, Connector, Retry
from casewarden.store.database import Database
from casewarden.testing.helpdesk import Fault, On
from support.sidecars import Bench


class Failing(Protocol):
    """A helpdesk that fails when it is told to."""

    def now(self) -> int: ...
    def advance(self, seconds: float) -> None: ...
    def inject(self, fault: Fault, *, on: On = "any", times: int = 1) -> None: ...
    def clear(self) -> None: ...


class FaultyWeek:
    """Calls a connector beside a helpdesk; three in ten calls fail, in one of these ways."""

    def __init__(
        self, helpdesk: Failing, faults: Sequence[Fault], database: Database, compiled: Compiled, seed: int
    ) -> None:
        self.helpdesk, self.faults, self.chance = helpdesk, faults, Random(seed)
        self.connector = self.connect()
        self.cursor: Json = None
        self.bench = Bench(database, compiled, helpdesk.now(), connector=self.apply)

    def connect(self) -> Connector:
        """A connector as after a start."""
        raise NotImplementedError

    def start_anew(self) -> None:
        """Let the connector go, and start another."""
        self.connector.close()
        self.connector = self.connect()

    def take(self, events: Sequence[Event]) -> None:
        """Take in what was read."""
        self.bench.take(events)

    def apply(self, attempt: Attempt) -> Answer:
        """Carry out an action, which may fail."""
        if self.chance.random() < 0.3:
            self.helpdesk.inject(self.chance.choice(self.faults), on="write", times=1)
        try:
            return self.connector.apply(attempt)
        except Exception as problem:  # noqa: BLE001  # as the sidecar does: it is not known whether it happened
            return Retry(f"{problem}")
        finally:
            self.helpdesk.clear()

    def poll(self) -> None:
        """One call, which may fail; what came is kept with its cursor, or a crash loses both."""
        if self.chance.random() < 0.3:
            self.helpdesk.inject(self.chance.choice(self.faults), on="read", times=1)
        if self.chance.random() < 0.1:
            self.start_anew()
        try:
            page = self.connector.changes(self.cursor)
        except Exception:  # noqa: BLE001  # as the sidecar does: it polls again
            return
        finally:
            self.helpdesk.clear()
        assert not page.refused
        if self.chance.random() < 0.1:
            return  # killed before anything was kept
        self.take(page.events)
        if self.chance.random() < 0.1:
            return  # killed between the events and the cursor
        self.cursor = page.cursor
        if page.complete_through is not None:
            self.bench.known["desk"] = page.complete_through
            self.bench.settle()

    def pass_time(self, seconds: int) -> None:
        """Let time pass, and what is due in it be done."""
        self.helpdesk.advance(seconds)
        self.bench.until(self.helpdesk.now())
