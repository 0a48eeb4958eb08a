"""Subjects as their owner holds them: the log and what was derived of it, ready to be decided on."""

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import Any, Final

from sqlalchemy import Connection, Row

from casewarden.decide.delivery import firing_of
from casewarden.model.decision import ClockInstance, PlannedAction
from casewarden.model.event import SOURCE_OF_ENGINE, Event
from casewarden.model.subject import Subject
from casewarden.scenario.linked import CUSTOMER
from casewarden.store.chain import GENESIS
from casewarden.store.log import Sealing, read_logs
from casewarden.store.outbox import OpenAction, read_open
from casewarden.store.slots import slot_of
from casewarden.store.statements import Statement

ENDED: Final = frozenset({"ended"})
OUTCOMES: Final = frozenset({"applied"})
READY: Final = 1_000

_BY_NAME: Final = Statement("SELECT * FROM subject WHERE name IN :names* AND (state <> 'ended' OR lane NOT LIKE '%@%')")
"""A trial that was ended is no more."""
_BY_ID: Final = Statement("SELECT * FROM subject WHERE id IN :ids*")
_WAKEUPS: Final = Statement("SELECT subject, due_at, generation FROM wakeup WHERE subject IN :ids*")


@dataclass(slots=True)
class Held:
    """One subject in one lane. `version` 0 means that it has no row yet.

    `own` counts the engine's events in the log; `foreign` is the number of the last entry that is more than the answer
    to an action; `names_customer` says whether an event tells who the customer is. `learnt_at` is when the last entry
    was learnt of: what was learnt after it was decided last has still to be decided. `wakeup` and `generation` are as
    they stand in the store, `wants_wakeup` is what was decided last.
    """

    id: int
    lane: str
    name: str
    slot: int
    version: int = 0
    length: int = 0
    head: bytes = GENESIS
    decided_at: int = -(2**62)
    woken: int = 0
    opened_at: int | None = None
    terms: str | None = None
    operations: str | None = None
    state: str = "open"
    state_detail: str | None = None
    merged_into: str | None = None
    sealed: bool = False
    account: str | None = None
    status: str | None = None
    severity: str | None = None
    plan: str | None = None
    next_due: int | None = None
    clocks: str | None = None
    awaits: int | None = None
    watermarks: dict[str, int] = field(default_factory=dict)
    subject: Subject = field(default_factory=lambda: Subject(""))
    own: int = 0
    foreign: int = 0
    names_customer: bool = False
    learnt_at: int = -(2**62)
    wakeup: int | None = None
    generation: int = 0
    wants_wakeup: int | None = None
    open: list[OpenAction] = field(default_factory=list)
    seen_clocks: tuple[ClockInstance, ...] = ()

    @property
    def kind(self) -> str:
        """case, account, service, defect or release."""
        return self.name.partition(":")[0]

    def learn(self, entries: Iterable[tuple[int, Event]]) -> None:
        """Take entries of the log, each with its number, that were read or have just been written."""
        events = []
        for number, event in entries:
            events.append(event)
            if event.source == SOURCE_OF_ENGINE:
                self.own += 1
            if event.kind not in OUTCOMES:
                self.foreign = number
            if not self.names_customer:
                facts = event.data.get("facts")
                self.names_customer = isinstance(facts, dict) and CUSTOMER in facts
            self.learnt_at = max(self.learnt_at, event.seen_at)
        self.subject = self.subject.with_events(events)

    @property
    def is_behind(self) -> bool:
        """Whether it has learnt of something since it was decided last."""
        return self.learnt_at > self.decided_at and self.length > 0 and self.state != "parked"

    def is_just_decided(self, action: OpenAction) -> bool:
        """Whether nothing was learnt since the action was decided but what became of its like."""
        return self.foreign <= action.length

    def firing(self, key: str) -> list[OpenAction]:
        """The open actions of a firing, in order."""
        return [action for action in self.open if firing_of(action.key) == key]


class Holding:
    """The subjects that an owner has at hand: the ones used last, at most so many.

    What deciding has derived from a log takes more room than the log. It is kept for `ready` of them; of the others it
    is derived anew, which takes less than to read them.
    """

    def __init__(self, most: int, ready: int = READY) -> None:
        self._most = most
        self._most_ready = ready
        self._held: OrderedDict[tuple[str, str], Held] = OrderedDict()
        self._ready: OrderedDict[tuple[str, str], Held] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def put(self, held: Held) -> None:
        """Keep a subject; the ones that were used longest ago go."""
        key = (held.lane, held.name)
        self._held[key] = self._ready[key] = held
        self._held.move_to_end(key)
        self._ready.move_to_end(key)
        while len(self._held) > self._most:
            self._held.popitem(last=False)
        while len(self._ready) > self._most_ready:
            self._ready.popitem(last=False)[1].subject.memo.clear()

    def drop(self, held: Held) -> None:
        """Forget a subject: what is known of it is no longer sure."""
        self._held.pop((held.lane, held.name), None)
        self._ready.pop((held.lane, held.name), None)

    def leave(self, part: range) -> None:
        """Forget the subjects of some slots."""
        for held in [one for one in self._held.values() if one.slot in part]:
            self.drop(held)

    def clear(self) -> None:
        """Forget all."""
        self._held.clear()
        self._ready.clear()

    def load(
        self, connection: Connection, sealing: Sealing, names: Sequence[str] = (), ids: Sequence[int] = ()
    ) -> list[Held]:
        """Return the subjects with these names, in every lane that has them, or with these ids.

        What is held and still of the store's version is taken as it is; the others are read.
        """
        rows: list[Row[Any]] = []
        for part in _parts(names):
            rows += _BY_NAME.ask(connection, names=part).all()
        for numbers in _parts(ids):
            rows += _BY_ID.ask(connection, ids=numbers).all()
        found: dict[int, Held] = {}
        missing: list[Held] = []
        for row in rows:
            held = self._held.get((row.lane, row.name))
            if held is None or held.version != row.version:
                held = _of(row)
                missing.append(held)
            found[row.id] = held
        self._read(connection, sealing, missing)
        for held in found.values():
            self.put(held)
        return list(found.values())

    def _read(self, connection: Connection, sealing: Sealing, missing: Sequence[Held]) -> None:
        if not missing:
            return
        by_id = {held.id: held for held in missing}
        for part in _parts(list(by_id)):
            for id_, entries in read_logs(connection, sealing, part).items():
                by_id[id_].learn((entry.number, entry.event) for entry in entries)
            for row in _WAKEUPS.ask(connection, ids=part):
                by_id[row.subject].wakeup = by_id[row.subject].wants_wakeup = row.due_at
                by_id[row.subject].generation = row.generation
            for action in read_open(connection, sealing, part):
                by_id[action.subject].open.append(action)


def new_held(id_: int, lane: str, name: str) -> Held:
    """Return a subject that nothing is known of yet."""
    return Held(id_, lane, name, slot_of(name), subject=Subject(name))


def _of(row: Row[Any]) -> Held:
    return Held(
        row.id,
        intern(row.lane),
        intern(row.name),
        row.slot,
        row.version,
        row.length,
        bytes(row.head),
        row.decided_at,
        row.woken,
        row.opened_at,
        row.terms and intern(row.terms),  # the same for very many
        row.operations and intern(row.operations),
        row.state,
        row.state_detail,
        row.merged_into,
        bool(row.sealed),
        row.account,
        row.status,
        row.severity,
        row.plan,
        row.next_due,
        row.clocks,
        row.awaits,
        json.loads(row.watermarks) if row.watermarks else {},
        Subject(row.name),
    )


def _parts(values: Sequence[Any], size: int = 500) -> Iterator[list[Any]]:
    for start in range(0, len(values), size):
        yield list(values[start : start + size])


def row_of(held: Held) -> Mapping[str, Any]:
    """Return a subject's row as it is to be written."""
    return {
        "id": held.id,
        "lane": held.lane,
        "name": held.name,
        "slot": held.slot,
        "version": held.version,
        "length": held.length,
        "head": held.head,
        "decided_at": held.decided_at,
        "woken": held.woken,
        "opened_at": held.opened_at,
        "terms": held.terms,
        "operations": held.operations,
        "state": held.state,
        "state_detail": held.state_detail,
        "merged_into": held.merged_into,
        "sealed": held.sealed,
        "account": held.account,
        "status": held.status,
        "severity": held.severity,
        "plan": held.plan,
        "next_due": held.next_due,
        "clocks": held.clocks,
        "awaits": held.awaits,
        "watermarks": json.dumps(held.watermarks, sort_keys=True) if held.watermarks else None,
    }


def planned(action: OpenAction) -> PlannedAction:
    """Return an open action as it was planned."""
    return PlannedAction(
        action.key,
        action.rule,
        action.kind,
        action.content,
        provisional=bool(action.flags & 1),
        even_if_over=bool(action.flags & 2),
        late=bool(action.flags & 4),
    )
