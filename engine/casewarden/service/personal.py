"""Personal data: everything that is held on a contact as one document, its erasure, and a new key for the sidecar."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row

from casewarden.model.event import Event, Json
from casewarden.model.instants import iso
from casewarden.scenario.wire import event_json
from casewarden.service.holds import hold_all
from casewarden.store import audit
from casewarden.store.contacts import IDENTIFIED_BY, find_contact, open_sealer, rewrap
from casewarden.store.database import Database, StoreError
from casewarden.store.holdings import (
    Holding,
    Message,
    events_of,
    held,
    messages_of,
    obligations_of,
    subjects_of,
    take_away,
)
from casewarden.store.sealing import Sealer, Wrapping

ERASE: Final = "personal-erase"
"""The command by which the command line asks a sidecar that runs to erase a contact."""
_LONGEST_WHY: Final = 500
_NOBODY: Final = (
    "a contact is who `contact.id`, else `contact.email`, names in the facts of a case, else the address that wrote; "
    "texts of a case that names nobody are under the case itself, like case:1042"
)


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did.

    `subjects` are now sealed: what would need an erased text is unknown in them. `withdrawn` actions were still to be
    sent; delivery withdraws them, which their logs tell.
    Under `also_named`, names that stood beside the contact's, more is held. `chain` is the hash of the audit's row.
    `remains` says why older copies are still in the write-ahead log of an SQLite store, None where they are not.
    """

    subjects: tuple[str, ...]
    events: int
    withdrawn: int
    also_named: tuple[str, ...]
    chain: bytes
    remains: str | None


def export(database: Database, sealer: Sealer, contact: str) -> dict[str, Json]:
    """Return everything that is held on a contact, in clear. StoreError where nothing is held under that name."""
    with database.read() as connection:
        holding = _held(connection, sealer, contact)
        events = list(events_of(connection, sealer, holding))
        return {
            "contact": contact,
            "also_named": list(_also_named(connection, sealer, holding, contact, events)),
            "subjects": [_subject(row) for row in subjects_of(connection, holding)],
            "events": [event_json(event) for event in events],
            "messages": [_message(message) for message in messages_of(connection, sealer, holding)],
            "obligations": [_obligation(row) for row in obligations_of(connection, holding)],
        }


def erase(database: Database, sealer: Sealer, contact: str, *, who: str, why: str, now: int) -> Erased:
    """Destroy a contact's keys and what they sealed; what waits to be sent to it never is.

    The logs stay provable. `who` and `why` go into the audit for ever, and so must not name the contact. StoreError
    where nothing is held under that name.
    """
    if not (why.strip() and why.isprintable() and len(why) <= _LONGEST_WHY):
        fix = "say in one line who asked for it, and when"
        raise StoreError(f"the reason is not one line of at most {_LONGEST_WHY} letters", fix)
    if re.search(rf"(?<!\w){re.escape(contact.strip())}(?!\w)", why, re.IGNORECASE):
        raise StoreError("the reason names the contact, and stands in the audit for ever", "say it without the name")
    with database.write() as connection:
        hold_all(connection)  # who decides the contact's cases meanwhile would write them as they were
        holding = _held(connection, sealer, contact)
        events = list(events_of(connection, sealer, holding))
        also_named = _also_named(connection, sealer, holding, contact, events)
        taken = take_away(connection, holding, now)
        details: dict[str, Json] = {
            "contacts": list(holding.keys),
            "subjects": list(taken.subjects),
            "events": taken.events,
            "withdrawn": taken.withdrawn,
        }
        chain = audit.append(connection, now, who, "personal erase", why, details)
    return Erased(taken.subjects, taken.events, taken.withdrawn, also_named, chain, _remains(database))


def erase_as_told(
    database: Database, sealer: Sealer, arguments: Mapping[str, Json], who: str, now: int
) -> dict[str, Json]:
    """Carry out the command `ERASE` with its arguments `contact` and `why`; what `Erased` says, as JSON."""
    contact, why = arguments.get("contact"), arguments.get("why")
    if not isinstance(contact, str) or not isinstance(why, str) or len(arguments) != 2:
        raise StoreError(f"`{ERASE}` takes a contact and a reason", "give `contact` and `why`, both as texts")
    done = erase(database, sealer, contact, who=who, why=why, now=now)
    return {
        "subjects": list(done.subjects),
        "events": done.events,
        "withdrawn": done.withdrawn,
        "also_named": list(done.also_named),
        "chain": done.chain.hex(),
        "remains": done.remains,
    }


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many contacts' keys are wrapped anew; `remains` as of `Erased`."""

    contacts: int
    remains: str | None


def rotate_key(database: Database, old: bytes, new: bytes, *, who: str, now: int) -> Rotated:
    """Wrap the keys of all contacts under another key of the sidecar, all or none.

    Every process that uses the store is started anew with that key afterwards. SealError where `old` is not its key,
    StoreError where both are one.
    """
    if old == new:
        raise StoreError("the new key is the one that the store has", "make one with `openssl rand -base64 32`")
    sealer, wrapping = open_sealer(database, old), Wrapping(new)
    with database.write() as connection:
        count = rewrap(connection, sealer, wrapping)
        audit.append(connection, now, who, "personal rotate-key", None, {"contacts": count})
    return Rotated(count, _remains(database))


def _held(connection: Connection, sealer: Sealer, contact: str) -> Holding:
    holding = held(connection, sealer, contact)
    if holding is None:
        raise StoreError(f"nothing is held under `{contact}`", _NOBODY)
    return holding


def _also_named(
    connection: Connection, sealer: Sealer, holding: Holding, contact: str, events: Iterable[Event]
) -> tuple[str, ...]:
    """The other names that stand in the contact's events and under which more is held."""
    names = {name for event in events for name in _names(event)} - {contact}
    rows = {name: find_contact(connection, sealer, name) for name in sorted(names)}
    return tuple(name for name, row in rows.items() if row is not None and row not in holding.keys)


def _names(event: Event) -> Iterator[str]:
    facts = event.data.get("facts")
    if isinstance(facts, dict):
        yield from (name for path in IDENTIFIED_BY if isinstance(name := facts.get(path), str))
    if event.by == "customer":
        yield from event.who


def _remains(database: Database) -> str | None:
    """Overwrite what an SQLite store has of before; why that cannot be done yet, None where it is."""
    try:
        database.empty_wal()
    except StoreError as problem:  # what was asked for is done: this is told beside it
        return str(problem)
    return None


def _subject(row: Row[Any]) -> dict[str, Json]:
    return {
        "subject": row.name,
        "ruleset": row.lane,
        "opened_at": _instant(row.opened_at),
        "state": row.state,
        "status": row.status,
        "severity": row.severity,
        "plan": row.plan,
        "account": row.account,
    }


def _message(message: Message) -> dict[str, Json]:
    row = message.row
    return {
        "key": row.key,
        "subject": message.subject,
        "ruleset": row.lane,
        "rule": row.rule,
        "kind": row.kind,
        "content": message.content,
        "connector": row.connector,
        "ticket": row.ticket,
        "state": row.state,
        "state_detail": row.state_detail,
        "decided_at": _instant(row.decided_at),
        "sent_at": _instant(row.sent_at),
        "done_at": _instant(row.done_at),
        "request": message.request,
        "answer": message.answer,
    }


def _obligation(row: Row[Any]) -> dict[str, Json]:
    return {
        "kind": row.kind,
        "message": row.message,
        "details": json.loads(row.details),
        "opened_at": _instant(row.opened_at),
        "state": row.state,
        "settled_at": _instant(row.settled_at),
        "reason": row.reason,
    }


def _instant(at: int | None) -> str | None:
    return None if at is None else iso(at)
