"""What the store holds on a contact: found, read in clear with its key, and taken away for good."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, or_, select, update

from casewarden.model.event import Event, Json
from casewarden.store.contacts import destroy_key, find_contact, keys_by_id
from casewarden.store.log import source_of
from casewarden.store.sealing import Parts, Sealer, identity, join, join_who
from casewarden.store.tables import contact, event, log_entry, obligation, outbox, subject

ERASED: Final = "the contact was erased and is not written to any more"


@dataclass(frozen=True, slots=True)
class Holding:
    """The rows that are one contact's, with their keys.

    Beside its own these are those of cases under their own names: what was written in them before anybody was named,
    where nobody else is.
    """

    keys: dict[int, bytes]

    @property
    def seals(self) -> ColumnElement[bool]:
        """Whether an event is sealed by one of them."""
        return event.c.contact.in_(self.keys)


def held(connection: Connection, sealer: Sealer, name: str) -> Holding | None:
    """Return what is held under a contact's name, or a subject's; None where there is nothing."""
    own = find_contact(connection, sealer, name)
    if own is None:
        return None
    found = [own]
    for each in connection.execute(select(event.c.subject).where(event.c.contact == own).distinct()).scalars().all():
        unnamed = find_contact(connection, sealer, each)
        if unnamed is not None and _named_in(connection, each) <= {own, unnamed}:
            found.append(unnamed)
    return Holding(keys_by_id(connection, sealer, found))


def _named_in(connection: Connection, name: str) -> set[int]:
    """The contacts that seal something in the log of a subject and were not erased."""
    log = event.join(log_entry, log_entry.c.event == event.c.id).join(subject, subject.c.id == log_entry.c.subject)
    found = select(event.c.contact).select_from(log.join(contact, contact.c.id == event.c.contact))
    alive = found.where(subject.c.name == name, contact.c.wrapped_key.is_not(None)).distinct()
    return set(connection.execute(alive).scalars())


# -- reading it


def events_of(connection: Connection, sealer: Sealer, holding: Holding) -> Iterator[Event]:
    """Yield what was observed on the contact's subjects, as it came in; other contacts' parts are left out of it."""
    own_log = event.join(log_entry, log_entry.c.event == event.c.id).join(
        subject, and_(subject.c.id == log_entry.c.subject, subject.c.name == event.c.subject)
    )
    names = select(event.c.subject).where(holding.seals)
    of_subjects = select(event.c.id).select_from(own_log).where(subject.c.name.in_(names))
    rows = select(event).where(or_(holding.seals, event.c.id.in_(of_subjects))).order_by(event.c.id)
    for row in connection.execute(rows):
        parts = _parts(sealer, holding, row, identity(row.source, row.key, row.subject))
        yield Event(
            subject=row.subject,
            kind=row.kind,
            at=row.at,
            seen_at=row.seen_at,
            by=row.by,
            source=source_of(row.source),
            key=row.key,
            sequence=row.sequence,
            who=join_who(json.loads(row.who or "[]"), parts),
            data=join(json.loads(row.data or "{}"), parts),
        )


@dataclass(frozen=True, slots=True)
class Message:
    """An action that carries a contact's texts, and what became of it; `row` is the outbox's as it stands.

    `request` and `answer` are what was sent last and what came back, in clear.
    """

    subject: str
    content: dict[str, Json]
    request: Json
    answer: Json
    row: Row[Any]


def messages_of(connection: Connection, sealer: Sealer, holding: Holding) -> Iterator[Message]:
    """Yield the actions that carry texts of or to the contact, in the order in which they were decided."""
    named = outbox.join(subject, subject.c.id == outbox.c.subject)
    theirs = outbox.c.contact.in_(holding.keys)
    for row in connection.execute(
        select(outbox, subject.c.name).select_from(named).where(theirs).order_by(outbox.c.id)
    ):
        parts = _parts(sealer, holding, row, identity(row.lane, row.key))
        key = holding.keys[row.contact]
        request, answer = (
            sealer.unseal_json(key, json.loads(getattr(row, what) or "null"), identity(row.lane, row.key, what))
            for what in ("request", "answer")
        )
        yield Message(row.name, join(json.loads(row.content), parts), request, answer, row)


def subjects_of(connection: Connection, holding: Holding) -> Sequence[Row[Any]]:
    """Return the rows of all subjects that learnt of something that the contact's keys seal."""
    return connection.execute(
        select(subject).where(subject.c.id.in_(_learnt(holding))).order_by(subject.c.name, subject.c.lane)
    ).all()


def obligations_of(connection: Connection, holding: Holding) -> Sequence[Row[Any]]:
    """Return what waits, or waited, for a person to decide about these subjects."""
    return connection.execute(
        select(obligation).where(obligation.c.subject.in_(_learnt(holding))).order_by(obligation.c.id)
    ).all()


def _learnt(holding: Holding) -> Select[tuple[int]]:
    learnt = log_entry.join(event, event.c.id == log_entry.c.event)
    return select(log_entry.c.subject).select_from(learnt).where(holding.seals)


def _parts(sealer: Sealer, holding: Holding, row: Row[Any], bound_to: bytes) -> Parts | None:
    key = holding.keys.get(row.contact)
    return None if key is None or row.sealed is None else sealer.unseal(key, row.sealed, bound_to)


# -- taking it away


@dataclass(frozen=True, slots=True)
class Taken:
    """What an erasure took away: how many events lost their parts, which subjects are sealed, how many actions wait."""

    events: int
    subjects: tuple[str, ...]
    withdrawn: int


def take_away(connection: Connection, holding: Holding, now: int) -> Taken:
    """Destroy the keys and what they sealed; what waits to be sent is left for delivery to withdraw.

    The commitments stay, so the logs remain provable; their salts go, so that no guess at a text can be tested against
    them.
    """
    for each in holding.keys:  # first: who seals with one of them meanwhile is waited for, and seen by what follows
        destroy_key(connection, each, now)
    sealed_by = select(event.c.id).where(holding.seals)
    connection.execute(update(log_entry).where(log_entry.c.event.in_(sealed_by)).values(salt=b""))
    subjects = select(subject.c.name).where(subject.c.id.in_(_learnt(holding))).distinct()
    names = tuple(sorted(connection.execute(subjects).scalars()))
    connection.execute(
        update(subject)
        .where(subject.c.id.in_(_learnt(holding)))
        .values(sealed=True, version=subject.c.version + 1)  # who remembers its log reads it anew
    )
    theirs = outbox.c.contact.in_(holding.keys)
    connection.execute(update(outbox).where(theirs).values(sealed=None, request=None, answer=None))
    waiting = connection.execute(
        update(outbox)
        .where(theirs, outbox.c.state.in_(("waiting", "asking")))
        .values(state="waiting", state_detail=ERASED, next_try=now)
    )
    emptied = connection.execute(update(event).where(holding.seals).values(sealed=None))
    return Taken(emptied.rowcount, names, waiting.rowcount)


def is_anybody_left(connection: Connection, sealer: Sealer, subject_id: int, name: str) -> bool:
    """Whether somebody who was not erased is named in the log of a subject, which has this name."""
    learnt = log_entry.join(event, event.c.id == log_entry.c.event).join(contact, contact.c.id == event.c.contact)
    alive = (log_entry.c.subject == subject_id, contact.c.wrapped_key.is_not(None))
    others = select(contact.c.id).select_from(learnt).where(*alive, contact.c.name != sealer.name_hash(name)).limit(1)
    return connection.execute(others).first() is not None
