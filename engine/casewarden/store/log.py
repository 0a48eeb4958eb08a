"""Events and the logs of subjects: values on the one side, rows on the other, what is personal sealed in between."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from sys import intern
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row

from casewarden.model.compact import compact
from casewarden.model.event import Event, Json
from casewarden.store import tables
from casewarden.store.chain import SALT_BYTES, canonical_event, commitment, entry_hash
from casewarden.store.contacts import ContactKey, keys_by_id, keys_for
from casewarden.store.ids import next_ids
from casewarden.store.sealing import Parts, Sealer, identity, join, join_who, split_event
from casewarden.store.statements import Statement

_SPOKEN_OF: Final = frozenset({"case", "account", "service", "release"})
"""Whose facts a case knows under their own paths; those of other subjects are fields of a linked ticket."""
SOURCE_OF_LANE: Final = "~"
_encode: Final = compact()

_PUT: Final = Statement(
    "INSERT INTO event (id, source, key, subject, kind, at, seen_at, by, who, sequence, data, sealed, contact) VALUES "
    "(:id, :source, :key, :subject, :kind, :at, :seen_at, :by, :who, :sequence, :data, :sealed, :contact) "
    "ON CONFLICT (source, key, subject) DO NOTHING"
)
_WHICH: Final = Statement("SELECT id FROM event WHERE id IN :ids*")
_COLUMNS: Final = (
    "event.id, event.source, event.key, event.subject, event.kind, event.at, event.by, event.who, event.sequence, "
    "event.data, event.sealed, event.contact"
)
_EVENTS: Final = Statement(f"SELECT {_COLUMNS}, event.seen_at FROM event WHERE id IN :ids*")  # noqa: S608
_LOGS: Final = Statement(
    "SELECT log_entry.subject AS of, log_entry.number, log_entry.seen_at, "  # noqa: S608
    f"{_COLUMNS}, subject.name AS name FROM log_entry "
    "JOIN event ON event.id = log_entry.event JOIN subject ON subject.id = log_entry.subject "
    "WHERE log_entry.subject IN :subjects* AND log_entry.number > :after ORDER BY log_entry.subject, log_entry.number"
)
_ENTER: Final = Statement(
    "INSERT INTO log_entry (subject, number, event, seen_at, salt, commitment, chain) "
    "VALUES (:subject, :number, :event, :seen_at, :salt, :commitment, :chain)"
)


@dataclass(frozen=True, slots=True)
class Sealing:
    """How personal data is sealed: with which keys, and what counts as personal beside texts."""

    sealer: Sealer
    paths: frozenset[str]


class Entered(NamedTuple):
    """An entry of a subject's log: its number, the event's row, and the event as this subject learnt of it."""

    number: int
    row: int
    event: Event


def put_events(
    connection: Connection, sealing: Sealing, events: Sequence[Event], now: int, lanes: Sequence[str | None] = ()
) -> list[int | None]:
    """Write events; return their rows' ids, None for each that stands there already (by source, key and subject).

    `lanes` gives for each event the lane whose own it is, None for what everybody may learn of: what the engine did
    under one ruleset is not what it did under another.
    """
    if not events:
        return []
    ids = next_ids(connection, tables.event, len(events))
    split = [split_event(event, sealing.paths) for event in events]
    personal = [event for event, (_, _, parts) in zip(events, split, strict=True) if parts is not None]
    keys = iter(keys_for(connection, sealing.sealer, personal, now) if personal else ())
    rows = [
        _row(id_, event, source, who, data, None if parts is None else (parts, next(keys)), sealing.sealer)
        for id_, event, source, (who, data, parts) in zip(ids, events, _sources(events, lanes), split, strict=True)
    ]
    if _PUT.run(connection, rows) == len(rows):
        return list(ids)
    there = set(_WHICH.ask(connection, ids=ids).scalars())
    return [id_ if id_ in there else None for id_ in ids]


def _sources(events: Sequence[Event], lanes: Sequence[str | None]) -> Iterator[str]:
    for event, lane in zip(events, lanes or [None] * len(events), strict=True):
        yield event.source if lane is None else lane_source(event.source, lane)


def lane_source(source: str, lane: str) -> str:
    """Return a source as rows have it of an event that is one lane's own."""
    return f"{source}{SOURCE_OF_LANE}{lane}"


def source_of(stored: str) -> str:
    """Return the source of an event as its row has it, without the lane whose own it is."""
    return stored.partition(SOURCE_OF_LANE)[0]


def _row(
    id_: int,
    event: Event,
    source: str,
    who: Sequence[str],
    data: Mapping[str, Json],
    personal: tuple[Parts, ContactKey] | None,
    sealer: Sealer,
) -> dict[str, Any]:
    sealed = contact = None
    if personal is not None:
        parts, key = personal
        sealed = sealer.seal(key.key, parts, identity(source, event.key, event.subject))
        contact = key.id
    return {
        "id": id_,
        "source": source,
        "key": event.key,
        "subject": event.subject,
        "kind": event.kind,
        "at": event.at,
        "seen_at": event.seen_at,
        "by": event.by,
        "who": _encode(who) if who else None,
        "sequence": event.sequence,
        "data": _encode(data) if data else None,
        "sealed": sealed,
        "contact": contact,
    }


def enter(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write entries of logs, as `link` gives them."""
    if rows:
        _ENTER.run(connection, rows)


def link(subject: int, number: int, event: Event, head: bytes) -> dict[str, Any]:
    """Return the row of a log's next entry, without its event's id; its `chain` is the log's new head."""
    salt = os.urandom(SALT_BYTES)
    bound = commitment(salt, canonical_event(event))
    return {
        "subject": subject,
        "number": number,
        "seen_at": event.seen_at,
        "salt": salt,
        "commitment": bound,
        "chain": entry_hash(head, bound),
    }


def read_events(connection: Connection, sealing: Sealing, ids: Iterable[int]) -> dict[int, Event]:
    """Return events by their rows' ids."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = _EVENTS.ask(connection, ids=wanted).all()
    keys = _keys(connection, sealing.sealer, rows)
    return {row.id: _event(row, keys, sealing.sealer) for row in rows}


def read_logs(
    connection: Connection, sealing: Sealing, subjects: Sequence[int], after: int = 0
) -> dict[int, list[Entered]]:
    """Return the logs of subjects in the order in which they learnt, from the entry behind number `after` on."""
    found: dict[int, list[Entered]] = {subject: [] for subject in subjects}
    if not subjects:
        return found
    rows = _LOGS.ask(connection, subjects=subjects, after=after).all()
    keys = _keys(connection, sealing.sealer, rows)
    for row in rows:
        event = seen_by(row.name, _event(row, keys, sealing.sealer))
        found[row.of].append(Entered(row.number, row.id, event))
    return found


def seen_by(name: str, event: Event) -> Event:
    """Return an event as a subject sees it that watches the one it is of; its own events are as they are."""
    if event.subject == name:
        return event
    kind, _, id_ = event.subject.partition(":")
    key = f"{event.subject}/{event.key}"
    if event.kind == "observed" and kind not in _SPOKEN_OF:
        data: dict[str, Json] = {"kind": kind, "id": id_, "facts": event.data.get("facts") or {}}
        return replace(event, subject=name, kind="linked", key=key, data=data)
    return replace(event, subject=name, key=key)


def _keys(connection: Connection, sealer: Sealer, rows: Sequence[Row[Any]]) -> dict[int, bytes]:
    contacts = {row.contact for row in rows if row.contact is not None}
    return keys_by_id(connection, sealer, contacts) if contacts else {}


_same: Final = lru_cache(1024)(json.loads)
"""What the engine keeps of its rules is the same text for very many cases; nobody changes an event's data."""


def _event(row: Row[Any], keys: Mapping[int, bytes], sealer: Sealer) -> Event:
    load = _same if row.kind == "decided" else json.loads
    data: dict[str, Json] = load(row.data) if row.data is not None else {}
    who: tuple[str, ...] = tuple(json.loads(row.who)) if row.who is not None else ()
    if row.sealed is not None and (key := keys.get(row.contact)) is not None:
        parts = sealer.unseal(key, bytes(row.sealed), identity(row.source, row.key, row.subject))
        data, who = join(data, parts), join_who(who, parts)
    return Event(
        intern(row.subject),  # many are held at once, and most of their words are the same
        intern(row.kind),
        row.at,
        row.seen_at,
        intern(row.by),
        intern(source_of(row.source)),
        row.key,
        row.sequence,
        who,
        data,
    )
