"""Whether a store is whole: its file, the chains of its logs and of the audit, and what its tables say of each other.

All of it is read in one view, so that a sidecar may go on writing meanwhile. Nothing is changed.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Row, func, select
from sqlalchemy.exc import DatabaseError

from casewarden.store import audit, tables
from casewarden.store.chain import Entry, canonical_event, first_broken
from casewarden.store.contacts import is_new, open_sealer
from casewarden.store.database import Database
from casewarden.store.log import Sealing, read_logs
from casewarden.store.sealing import Sealer, SealError, Wrapping, new_key
from casewarden.store.tables import event, log_entry, mailbox, outbox, subject, wakeup

_AT_ONCE: Final = 500
_ANSWERED: Final = ("applied", "rejected", "withdrawn")
_MOST_OF_FILE: Final = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be: what was looked at (`file`, `log`, `audit` ...), where, and why."""

    what: str
    where: str
    message: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found, and how many subjects, log entries and rows of the audit were looked at."""

    findings: tuple[Finding, ...]
    subjects: int
    entries: int
    audited: int


def check(database: Database, sealing: Sealing | None = None) -> Checked:
    """Look through the whole store; a file so damaged that it cannot be read on is the last finding.

    With the keys of what is sealed each event is held against its log's commitment to it, without them only the chains.
    """
    findings: list[Finding] = []
    counted = [0, 0, 0]
    try:
        with database.read() as connection:
            findings += _file(connection) if database.is_sqlite else ()
            counted = [
                connection.execute(select(func.count()).select_from(each)).scalar_one()
                for each in (subject, log_entry, tables.audit)
            ]
            for part in _subjects(connection):
                findings += _logs(connection, part, sealing)
                findings += _answers(connection, part)
            findings += _audit(connection)
            findings += _mailbox(connection)
            findings += _wakeups(connection)
    except DatabaseError as problem:
        findings.append(Finding("file", "", f"it cannot be read on: {problem.orig}"))
    return Checked(tuple(findings), *counted)


def opener(database: Database, master: bytes) -> Sealer:
    """Return what opens the sealed parts of a store, also of one that may only be read.

    SealError where the sidecar's key is not the store's.
    """
    with database.read() as connection:
        if is_new(connection):
            return Sealer(Wrapping(master), new_key(), "")
    return open_sealer(database, master)


def _file(connection: Connection) -> Iterator[Finding]:
    for (said,) in connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST_OF_FILE})"):
        if said != "ok":
            yield Finding("file", "", str(said))
    for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield Finding("file", f"{table} {row}", f"refers to a row of `{parent}` that is not there")


def _subjects(connection: Connection) -> Iterator[Sequence[Row[Any]]]:
    last = -1
    while part := connection.execute(
        select(subject).where(subject.c.id > last).order_by(subject.c.id).limit(_AT_ONCE)
    ).all():
        yield part
        last = part[-1].id


def _logs(connection: Connection, part: Sequence[Row[Any]], sealing: Sealing | None) -> Iterator[Finding]:
    """Each log against its chain and its events, and against the head and the length that its subject states."""
    logs: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(
        select(log_entry).where(_among(log_entry.c.subject, part)).order_by(log_entry.c.subject, log_entry.c.number)
    ):
        logs[row.subject].append(row)
    events = {} if sealing is None else _events(connection, part, sealing)
    for owner in part:
        rows, known = logs[owner.id], events.get(owner.id, {})
        if isinstance(known, str):
            yield Finding("log", _named(owner), known)
            continue
        # the salt goes with what an erasure takes away
        entries = [
            Entry(
                row.number,
                bytes(row.salt),
                bytes(row.commitment),
                bytes(row.chain),
                known.get(row.number) if row.salt else None,
            )
            for row in rows
        ]
        if (broken := first_broken(entries, bytes(owner.head))) is not None:
            yield Finding("log", _named(owner), f"entry {broken} is not what was entered, or one before it is missing")
        elif len(rows) != owner.length:
            yield Finding("log", _named(owner), f"it has {len(rows)} entries, and the subject states {owner.length}")


def _events(connection: Connection, part: Sequence[Row[Any]], sealing: Sealing) -> dict[int, dict[int, bytes] | str]:
    """The events of each log as they were committed to, by number; what is wrong with a log that cannot be read."""
    try:
        logs = read_logs(connection, sealing, [owner.id for owner in part])
    except (SealError, ValueError) as problem:
        if len(part) == 1:
            seal = isinstance(problem, SealError)
            return {part[0].id: str(problem) if seal else f"an event of it cannot be read: {problem}"}
        return {id_: found for owner in part for id_, found in _events(connection, [owner], sealing).items()}
    return {id_: {entry.number: canonical_event(entry.event) for entry in log} for id_, log in logs.items()}


def _answers(connection: Connection, part: Sequence[Row[Any]]) -> Iterator[Finding]:
    """What the outbox says became of actions stands in the log too, or is in the mailbox on its way there."""
    known: set[tuple[int, str, str]] = set()
    entered = select(log_entry.c.subject, event.c.kind, event.c.data).join(event, event.c.id == log_entry.c.event)
    entered = entered.where(_among(log_entry.c.subject, part), event.c.kind.in_(_ANSWERED))
    known.update((row.subject, row.kind, _key(row.data)) for row in connection.execute(entered))
    coming = (
        select(subject.c.id, event.c.kind, event.c.data)
        .join(mailbox, mailbox.c.name == subject.c.name)
        .join(event, event.c.id == mailbox.c.event)
        .where(_among(subject.c.id, part), event.c.kind.in_(_ANSWERED))
    )
    known.update((row.id, row.kind, _key(row.data)) for row in connection.execute(coming))
    owners = {owner.id: owner for owner in part}
    for row in connection.execute(
        select(outbox.c.subject, outbox.c.key, outbox.c.state).where(
            _among(outbox.c.subject, part),
            outbox.c.state.in_(_ANSWERED),
            outbox.c.done_at.is_not(None),  # NULL: an erasure withdrew it, and the log is being told
        )
    ):
        if (row.subject, row.state, row.key) not in known:
            yield Finding(
                "outbox", _named(owners[row.subject]), f"`{row.key}` was {row.state}, and its log does not know"
            )


def _audit(connection: Connection) -> Iterator[Finding]:
    if (broken := audit.verify(connection)) is not None:
        yield Finding("audit", f"row {broken}", "it is not what was written, or one before it is missing")


def _mailbox(connection: Connection) -> Iterator[Finding]:
    without = select(mailbox.c.name, mailbox.c.event).outerjoin(event, event.c.id == mailbox.c.event)
    for row in connection.execute(without.where(event.c.id.is_(None))):
        yield Finding("mailbox", row.name, f"there is no event {row.event}")


def _wakeups(connection: Connection) -> Iterator[Finding]:
    rows = select(subject, wakeup.c.slot.label("woken_in")).join(wakeup, wakeup.c.subject == subject.c.id)
    for row in connection.execute(rows.where((subject.c.state == "ended") | (wakeup.c.slot != subject.c.slot))):
        if row.state == "ended":
            yield Finding("wakeup", _named(row), "it has ended, and would be woken")
        else:
            yield Finding("wakeup", _named(row), f"it is of slot {row.slot}, and would be woken in {row.woken_in}")


def _among(column: Column[int], part: Sequence[Row[Any]]) -> ColumnElement[bool]:
    return column.between(part[0].id, part[-1].id)


def _key(data: str | None) -> str:
    try:
        return str(json.loads(data or "{}").get("key"))
    except ValueError:
        return ""  # whoever reads its log tells of it


def _named(owner: Row[Any]) -> str:
    return f"{owner.name} in {owner.lane}"
