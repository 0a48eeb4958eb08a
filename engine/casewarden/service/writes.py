"""What one transaction writes, gathered subject by subject, so that each table is written in one go."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, bindparam, text

from casewarden.model.compact import compact
from casewarden.model.event import SOURCE_OF_ENGINE, Event
from casewarden.service.held import Held, row_of
from casewarden.service.lanes import is_trial
from casewarden.store import tables
from casewarden.store.contacts import keys_for
from casewarden.store.ids import next_ids
from casewarden.store.log import Sealing, enter, link, put_events
from casewarden.store.outbox import OpenAction, has_personal, put_actions
from casewarden.store.slots import slot_of
from casewarden.store.statements import Statement
from casewarden.store.storable import storable

_encode: Final = compact()

_SUBJECT_COLUMNS: Final = tuple(column.name for column in tables.subject.columns)
_FIXED: Final = frozenset({"id", "name", "slot"})
_PUT_SUBJECT: Final = Statement(
    f"INSERT INTO subject ({', '.join(_SUBJECT_COLUMNS)}) VALUES ({', '.join(f':{c}' for c in _SUBJECT_COLUMNS)}) "  # noqa: S608
    f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in _SUBJECT_COLUMNS if c not in _FIXED)}"
)
_PUT_WAKEUP: Final = Statement(
    "INSERT INTO wakeup (subject, slot, due_at, generation) VALUES (:subject, :slot, :due_at, :generation) "
    "ON CONFLICT (subject) DO UPDATE SET due_at = excluded.due_at, generation = excluded.generation"
)
_DROP_WAKEUP: Final = Statement("DELETE FROM wakeup WHERE subject = :subject")
_PUT_MAIL: Final = Statement(
    "INSERT INTO mailbox (slot, name, lane, event, seen_at, behind) "
    "VALUES (:slot, :name, :lane, :event, :seen_at, :behind) ON CONFLICT (name, event, lane) DO NOTHING"
)
_DROP_MAIL: Final = Statement("DELETE FROM mailbox WHERE id = :id")
_SET_MAIL: Final = Statement("UPDATE mailbox SET behind = :behind, attempts = :attempts WHERE id = :id")
_PUT_DECISION: Final = Statement(
    "INSERT INTO decision (subject, at, length, revision, digest, outcome, body) "
    "VALUES (:subject, :at, :length, :revision, :digest, :outcome, :body)"
)
_PUT_ACTIVATION: Final = Statement(
    "INSERT INTO activation (subject, rule, activation, repetition, at, decided_at, flags) "
    "VALUES (:subject, :rule, :activation, :repetition, :at, :decided_at, :flags) "
    "ON CONFLICT (subject, rule, activation, repetition) DO NOTHING"
)
_PUT_LEDGER: Final = Statement(
    "INSERT INTO ledger (subject, key, name, state, amount, arithmetic, at, account, details) "
    "VALUES (:subject, :key, :name, :state, :amount, :arithmetic, :at, :account, :details) "
    "ON CONFLICT (subject, key, state) DO NOTHING"
)
_PUT_OBLIGATION: Final = Statement(
    "INSERT INTO obligation (key, subject, kind, message, details, opened_at, state) "
    "VALUES (:key, :subject, :kind, :message, :details, :opened_at, 'open') ON CONFLICT (key) DO NOTHING"
)
_PUT_WATCH: Final = Statement(
    "INSERT INTO watch (watched, watcher) VALUES (:watched, :watcher) ON CONFLICT (watched, watcher) DO NOTHING"
)
_DROP_WATCH: Final = Statement("DELETE FROM watch WHERE watcher = :watcher")
_LEAVE: Final = Statement("DELETE FROM watch WHERE watched = :watched AND watcher = :watcher")
_PUT_SHOWN: Final = Statement(
    "INSERT INTO projection (subject, slot, connector, version, next_try) "
    "VALUES (:subject, :slot, :connector, 1, :now) "
    "ON CONFLICT (subject) DO UPDATE SET connector = excluded.connector, version = projection.version + 1, "
    "next_try = excluded.next_try, attempts = 0"
)
_PUT_FANOUT: Final = Statement(
    "INSERT INTO fanout (slot, kind, watched, event, lane, at, cursor) "
    "VALUES (:slot, 'event', :watched, :event, :lane, :at, 0)"
)


NOTIFY: Final = "casewarden_mail"
"""What owners on PostgreSQL listen to: something waits in a mailbox, perhaps in theirs."""


@dataclass(slots=True)
class Entry:
    """An entry for a subject's log that is not written yet; `row` is the event's, None for one of ours."""

    held: Held
    link: dict[str, Any]
    event: Event
    row: int | None


@dataclass(frozen=True, slots=True)
class Letter:
    """An event of ours for another subject: a claim, a grant, an order."""

    event: Event
    lane: str | None


@dataclass(slots=True)
class Writes:
    """All that a transaction will write."""

    subjects: dict[int, Held] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    actions: list[OpenAction] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    activations: list[dict[str, Any]] = field(default_factory=list)
    postings: list[dict[str, Any]] = field(default_factory=list)
    obligations: list[dict[str, Any]] = field(default_factory=list)
    watches: list[dict[str, Any]] = field(default_factory=list)
    left: list[dict[str, Any]] = field(default_factory=list)
    unwatched: list[int] = field(default_factory=list)
    fanouts: list[dict[str, Any]] = field(default_factory=list)
    done_mail: list[int] = field(default_factory=list)
    kept_mail: list[dict[str, Any]] = field(default_factory=list)
    shown: dict[int, dict[str, Any]] = field(default_factory=dict)

    def absorb(self, other: "Writes") -> None:
        """Take over what another gathered."""
        self.subjects.update(other.subjects)
        self.shown.update(other.shown)
        for name in (
            "entries", "letters", "actions", "decisions", "activations", "postings", "obligations", "watches",
            "left", "unwatched", "fanouts", "done_mail", "kept_mail",
        ):  # fmt: skip
            getattr(self, name).extend(getattr(other, name))

    def enter(self, held: Held, event: Event, row: int | None = None) -> None:
        """Add an entry to a subject's log, as its next."""
        chained = link(held.id, held.length + 1, event, held.head)
        held.length += 1
        held.head = chained["chain"]
        self.subjects[held.id] = held
        self.entries.append(Entry(held, chained, event, row))

    def oblige(
        self,
        kind: str,
        key: str,
        message: str,
        now: int,
        held: Held | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Put something before a person; what was put with this key before is not put again. A trial asks nobody."""
        if held is not None:
            self.subjects[held.id] = held
            if is_trial(held.lane):
                return
        self.obligations.append(
            {
                "key": key,
                "subject": None if held is None else held.id,
                "kind": kind,
                "message": storable(message),
                "details": _encode(details or {}),
                "opened_at": now,
            }
        )

    def flush(self, connection: Connection, sealing: Sealing, now: int) -> None:
        """Write everything, in the order in which rows name each other."""
        for held in self.subjects.values():
            held.version += 1
        if self.subjects:
            _PUT_SUBJECT.run(connection, [row_of(held) for held in self.subjects.values()])
        self._write_log(connection, sealing, now)
        self._write_wakeups(connection)
        self._write_actions(connection, sealing, now)
        for statement, rows in (
            (_PUT_DECISION, self.decisions),
            (_PUT_ACTIVATION, self.activations),
            (_PUT_LEDGER, self.postings),
            (_PUT_OBLIGATION, self.obligations),
            (_LEAVE, self.left),
            (_PUT_WATCH, self.watches),
            (_PUT_FANOUT, self.fanouts),
            (_DROP_WATCH, [{"watcher": id_} for id_ in self.unwatched]),
            (_DROP_MAIL, [{"id": id_} for id_ in self.done_mail]),
            (_SET_MAIL, self.kept_mail),
            (_PUT_SHOWN, [{**one, "now": now} for one in self.shown.values()]),
        ):
            if rows:
                statement.run(connection, rows)

    def _write_log(self, connection: Connection, sealing: Sealing, now: int) -> None:
        own = [entry for entry in self.entries if entry.row is None]
        # first: who is named in what came from outside is who ours are sealed for
        enter(connection, [{**entry.link, "event": entry.row} for entry in self.entries if entry.row is not None])
        events = [entry.event for entry in own] + [letter.event for letter in self.letters]
        lanes = [entry.held.lane for entry in own] + [letter.lane for letter in self.letters]
        rows = put_events(connection, sealing, events, now, lanes)
        for entry, row in zip(own, rows, strict=False):
            if row is None:
                raise AssertionError(f"{entry.event.key} of {entry.event.subject} was written before")
            entry.row = row
        enter(connection, [{**entry.link, "event": entry.row} for entry in own])
        mail = [
            (letter.event.subject, letter.lane, row, could_be_learnt(letter.event, now), 0)
            for letter, row in zip(self.letters, rows[len(own) :], strict=True)
            if row is not None  # what was told before is not told again
        ]
        put_mail(connection, mail)

    def _write_wakeups(self, connection: Connection) -> None:
        armed, dropped = [], []
        for held in self.subjects.values():
            if held.wants_wakeup == held.wakeup:
                continue
            held.wakeup = held.wants_wakeup
            held.generation += 1
            if held.wakeup is None:
                dropped.append({"subject": held.id})
            else:
                armed.append(
                    {"subject": held.id, "slot": held.slot, "due_at": held.wakeup, "generation": held.generation}
                )
        if armed:
            _PUT_WAKEUP.run(connection, armed)
        if dropped:
            _DROP_WAKEUP.run(connection, dropped)

    def _write_actions(self, connection: Connection, sealing: Sealing, now: int) -> None:
        new = [action for action in self.actions if action.is_new]
        for action, id_ in zip(new, next_ids(connection, tables.outbox, len(new)), strict=True):
            action.id = id_
        personal = {action.subject for action in new if has_personal(action, sealing)}
        names = {held.id: held.name for held in self.subjects.values() if held.id in personal}
        asked = [Event(name, "decided", now, now, "ourselves", SOURCE_OF_ENGINE, "") for name in names.values()]
        keys = dict(zip(names, keys_for(connection, sealing.sealer, asked, now), strict=True)) if asked else {}
        seen: dict[int, OpenAction] = {id(action): action for action in self.actions}
        put_actions(connection, sealing, list(seen.values()), keys)


def could_be_learnt(event: Event, now: int) -> int:
    """When others could learn of an event that a subject has in its log: as it did, but not later than now."""
    return max(event.at, min(event.seen_at, now))


def put_mail(connection: Connection, letters: Iterable[tuple[str, str | None, int, int, int]]) -> None:
    """Put events into mailboxes: subject, lane, the event's row, when it was learnt of, whether it stands behind."""
    rows = [
        {"slot": slot_of(name), "name": name, "lane": lane, "event": event, "seen_at": seen_at, "behind": behind}
        for name, lane, event, seen_at, behind in letters
    ]
    if not rows:
        return
    _PUT_MAIL.run(connection, rows)
    if connection.dialect.name != "sqlite":
        connection.execute(text(f"NOTIFY {NOTIFY}"))  # PostgreSQL tells it once a transaction, however often it is said


def wake(connection: Connection, subjects: Sequence[int], at: int) -> None:
    """Let subjects be decided at an instant, or earlier where they wake earlier anyway."""
    statement = text(
        "INSERT INTO wakeup (subject, slot, due_at, generation) SELECT id, slot, :at, 1 FROM subject WHERE id IN :ids "
        "ON CONFLICT (subject) DO UPDATE SET due_at = "
        "CASE WHEN wakeup.due_at < excluded.due_at THEN wakeup.due_at ELSE excluded.due_at END, "
        "generation = wakeup.generation + 1"
    ).bindparams(bindparam("ids", expanding=True))
    connection.execute(statement, {"at": at, "ids": list(subjects)})
