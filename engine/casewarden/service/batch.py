"""What one transaction of deciding works on: mail, the subjects at hand, how much it does at most, and what it did."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from sqlalchemy import Connection

from casewarden.decide import Compiled
from casewarden.model.event import Event
from casewarden.ruleset.syntax import Ruleset
from casewarden.service.held import Held
from casewarden.service.lanes import Begun
from casewarden.service.writes import Writes
from casewarden.store import tables
from casewarden.store.ids import next_ids

_ORDER: Final = {"service": 0, "release": 1, "defect": 1, "case": 2, "account": 3}


class Rules(Protocol):
    """What the processor asks of the rulesets in force."""

    def lanes_of(self, name: str, events: Sequence[Event], now: int) -> Sequence[str]:
        """The lanes that a subject without any belongs to."""
        ...

    def ruleset(self, lane: str, now: int) -> Ruleset:
        """The newest ruleset of a lane."""
        ...

    def terms_at(self, lane: str, opened_at: int) -> str:
        """The revision whose terms bind a case opened then."""
        ...

    def compiled(self, held: Held, at: int) -> Compiled:
        """What decides on a subject at an instant."""
        ...

    def takes_over(self, held: Held) -> int | None:
        """The first instant, not before its last decision, at which other rules hold for a subject than for that."""
        ...

    def trials_of(self, lane: str) -> Sequence[str]:
        """The trials that run beside a lane."""
        ...

    def begun(self, trial: str) -> Begun:
        """When a trial began, and beside what."""
        ...


class Mail(NamedTuple):
    """One event for one subject. `row` is the event's, `id` the mailbox's."""

    id: int
    row: int
    seen_at: int
    event: Event
    lane: str | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one transaction does at most, so that nobody waits long for anybody else.

    `steps` are decisions of one subject; what is left of it is done in the next transaction. `joining` are subjects
    that join a trial. `told` is of the mail what many are told at once, and `wakeups` may come for many at once: they
    wait for each other, others do not wait for them.
    """

    mail: int = 400
    told: int = 50
    wakeups: int = 100
    steps: int = 500
    claims: int = 50
    joining: int = 20


USUAL: Final = Limits()


@dataclass(slots=True)
class Done:
    """What a batch did: events taken, wake-ups decided, how late they were (microseconds), and whether more waits."""

    mail: int = 0
    wakeups: int = 0
    lateness: list[int] = field(default_factory=list)
    lags: list[int] = field(default_factory=list)
    more: bool = False

    @property
    def idle(self) -> bool:
        """Whether there was nothing to do."""
        return not (self.mail or self.wakeups)


@dataclass(slots=True)
class Batch:
    """What one transaction works on."""

    connection: Connection
    now: int
    writes: Writes = field(default_factory=Writes)
    done: Done = field(default_factory=Done)
    touched: list[Held] = field(default_factory=list)


class Helds:
    """The subjects of one transaction, by name and lane."""

    def __init__(self, helds: Iterable[Held]) -> None:
        self._by_name: dict[str, dict[str, Held]] = defaultdict(dict)
        self._last_id = 0
        for held in helds:
            self.add(held)

    def add(self, held: Held) -> None:
        """Add one."""
        self._by_name[held.name][held.lane] = held

    @property
    def names(self) -> Collection[str]:
        """The subjects that there are."""
        return self._by_name.keys()

    def lanes(self, name: str) -> list[str]:
        """The lanes that have a subject."""
        return list(self._by_name.get(name, ()))

    def get(self, lane: str, name: str) -> Held | None:
        """A subject in a lane; None where it has none there yet."""
        return self._by_name.get(name, {}).get(lane)

    def new_id(self, connection: Connection) -> int:
        """A number for a new row; on SQLite, where nobody else makes any, they are counted from the first one on."""
        if self._last_id and connection.dialect.name == "sqlite":
            self._last_id += 1
        else:
            (self._last_id,) = next_ids(connection, tables.subject, 1)
        return self._last_id

    def in_order(self) -> list[Held]:
        """Services first, then cases, then accounts: so that what one brings to the next is there."""
        found = [held for lanes in self._by_name.values() for held in lanes.values()]
        return sorted(found, key=lambda held: (_ORDER.get(held.kind, 4), held.name, held.lane))
