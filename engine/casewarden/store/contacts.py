"""Contacts: whose texts they are, the keys that seal them, and the end of a key.

A contact's name is nowhere in the store, only a keyed hash of it. The key of that hash is made with the store and stays
when the sidecar's key changes; wrapped with that, it also tells whether the right one is at hand.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, text

from casewarden.model.event import Event
from casewarden.store.database import Database, StoreError
from casewarden.store.sealing import Sealer, Wrapping, new_key
from casewarden.store.statements import Statement

_SETTING: Final = "contact_name_key"
_NAME_KEY: Final = b"the key of names"
_AT_ONCE: Final = 1_000
"""Values in one statement: both databases take more, and plan longer lists no faster."""
_TRIES: Final = 5
IDENTIFIED_BY: Final = ("contact.id", "contact.email")
"""The facts that name a contact; the first that is there counts."""

# not where the sidecar's key was changed meanwhile: what is wrapped with the old one could never be opened
_MAKE: Final = Statement(
    "INSERT INTO contact (name, wrapped_key, created_at) SELECT :name, :wrapped, :now"
    " WHERE EXISTS (SELECT 1 FROM setting WHERE name = :setting AND value = :stated) ON CONFLICT (name) DO NOTHING"
)
_ALIVE: Final = "SELECT id, name, wrapped_key FROM contact WHERE wrapped_key IS NOT NULL AND"
_AFTER: Final = text(f"{_ALIVE} id > :last ORDER BY id LIMIT {_AT_ONCE}")
_BY_ID: Final = Statement(f"{_ALIVE} id IN :values*")
_HELD: Final = {
    (column, dialect): Statement(f"{_ALIVE} {column} IN :values* ORDER BY id{hold}")
    for column in ("id", "name")
    for dialect, hold in (("sqlite", ""), ("postgresql", " FOR SHARE"))
}
_LAST: Final = Statement(
    "SELECT name AS subject, ("
    " SELECT contact.id FROM log_entry JOIN event ON event.id = log_entry.event"
    " JOIN contact ON contact.id = event.contact WHERE log_entry.subject = subject.id"
    " AND contact.wrapped_key IS NOT NULL AND contact.name NOT IN :own* ORDER BY log_entry.number DESC LIMIT 1"
    ") AS contact FROM subject WHERE name IN :names*"
)


class ContactKey(NamedTuple):
    """A contact's row and its data key."""

    id: int
    key: bytes


# -- whose it is


def known_after(event: Event, known: str | None) -> str | None:
    """Return the contact of a subject after an event of it, `known` before it; None where nobody has been named.

    Named is who stands in the facts; while there are none, the address from which a customer wrote.
    """
    facts = event.data.get("facts")
    if isinstance(facts, dict):
        for path in IDENTIFIED_BY:
            name = facts.get(path)
            if isinstance(name, str) and name.strip():
                return name
    if known is not None or event.by != "customer":
        return known
    return next((name for name in event.who if "@" in name), None)


def contact_of(event: Event, known: str | None) -> str:
    """Return the contact whose key seals an event: who is known after it, else its subject under its own name."""
    return known_after(event, known) or event.subject


def keys_for(connection: Connection, sealer: Sealer, events: Sequence[Event], now: int) -> list[ContactKey]:
    """Return the key that seals each of these events; contacts that are new get one.

    Events of one subject are in the order in which they were learnt of. Where nobody is named in them, it is who was
    named last in the subject's log and was not erased.
    """
    known: dict[str, str] = {}
    names: list[str | None] = []
    for event in events:
        name = known_after(event, known.get(event.subject))
        if name is not None:
            known[event.subject] = name
        names.append(name)
    unnamed = {event.subject for event, name in zip(events, names, strict=True) if name is None}
    before = _last_of(connection, sealer, unnamed)
    wanted = [
        (event.subject, name or (None if event.subject in before else event.subject))
        for event, name in zip(events, names, strict=True)
    ]
    made = keys_by_name(connection, sealer, {name for _, name in wanted if name is not None}, now)
    return [before[subject] if name is None else made[name] for subject, name in wanted]


def _last_of(connection: Connection, sealer: Sealer, subjects: Iterable[str]) -> dict[str, ContactKey]:
    """Return who was named last in the logs of subjects, of those who were not erased."""
    contacts: dict[str, int] = {}
    for names in _parts(subjects):
        own = [sealer.name_hash(name) for name in names]
        for row in _LAST.ask(connection, names=names, own=own):
            if row.contact is not None:
                contacts[row.subject] = row.contact
    keys = {row.id: _opened(sealer, row) for row in _held(connection, "id", contacts.values())}
    return {subject: keys[contact] for subject, contact in contacts.items() if contact in keys}


# -- keys


def keys_by_name(connection: Connection, sealer: Sealer, names: Iterable[str], now: int) -> dict[str, ContactKey]:
    """Return the keys of contacts by name, made where there are none yet. Others may be making the same meanwhile."""
    hashes = {name: sealer.name_hash(name) for name in names}
    found: dict[str, ContactKey] = {}
    for _ in range(_TRIES):
        missing = set(hashes.values()).difference(found)
        found.update((row.name, _opened(sealer, row)) for row in _held(connection, "name", missing))
        missing.difference_update(found)
        if not missing:
            return {name: found[hashed] for name, hashed in hashes.items()}
        # in one order everywhere, so that of two that make the same ones neither waits for the other
        wrapped = {name: sealer.wrapping.wrap(new_key(), name.encode()) for name in sorted(missing)}
        same = {"now": now, "setting": _SETTING, "stated": sealer.stated}
        _MAKE.run(connection, [{"name": name, "wrapped": key, **same} for name, key in wrapped.items()])
    raise StoreError(
        "the key for personal data was changed while this process ran", "start it again, with the new key configured"
    )


def keys_by_id(connection: Connection, sealer: Sealer, ids: Iterable[int]) -> dict[int, bytes]:
    """Return the data keys of contacts by the ids of their rows; those that were destroyed are not among them."""
    found = (row for part in _parts(ids) for row in _BY_ID.ask(connection, values=part))
    return {row.id: _opened(sealer, row).key for row in found}


def find_contact(connection: Connection, sealer: Sealer, name: str) -> int | None:
    """Return the row of a contact whose key is there, None where nothing is known under this name."""
    found = connection.execute(text("SELECT id FROM contact WHERE name = :name"), {"name": sealer.name_hash(name)})
    contact: int | None = found.scalar()
    return contact


def destroy_key(connection: Connection, contact: int, now: int) -> None:
    """Destroy a contact's key, and the hash of its name with it: who writes again later is somebody new."""
    connection.execute(
        text("UPDATE contact SET wrapped_key = NULL, name = NULL, erased_at = :now WHERE id = :contact"),
        {"contact": contact, "now": now},
    )


def _held(connection: Connection, column: str, values: Iterable[str | int]) -> Iterator[Row[Any]]:
    """Yield rows of contacts whose key is there, and keep them so until the transaction ends.

    On PostgreSQL an erasure then waits for a transaction that seals with the key, or this one for the erasure.
    """
    statement = _HELD[column, connection.dialect.name]
    for part in _parts(values):
        yield from statement.ask(connection, values=part)


def _parts(values: Iterable[Any]) -> Iterator[list[Any]]:
    rest = sorted(set(values))
    for start in range(0, len(rest), _AT_ONCE):
        yield rest[start : start + _AT_ONCE]


def _opened(sealer: Sealer, row: Row[Any]) -> ContactKey:
    return ContactKey(row.id, sealer.wrapping.unwrap(row.wrapped_key, row.name.encode()))


# -- the sidecar's own key


def open_sealer(database: Database, master: bytes) -> Sealer:
    """Return the sealer of a store under the sidecar's key of 32 bytes; SealError where the store has another one."""
    wrapping = Wrapping(master)
    with database.read() as connection:
        stated = _stated(connection)
    if stated is None:
        made = b64encode(wrapping.wrap(new_key(), _NAME_KEY)).decode()
        with database.write() as connection:
            connection.execute(
                text("INSERT INTO setting (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING"),
                {"name": _SETTING, "value": made},
            )
            stated = _stated(connection) or made
    return Sealer(wrapping, wrapping.unwrap(b64decode(stated), _NAME_KEY), stated)


def is_new(connection: Connection) -> bool:
    """Whether nothing was ever sealed in a store: then it has no key of names, and any key of the sidecar will do."""
    return _stated(connection) is None


def rewrap(connection: Connection, sealer: Sealer, wrapping: Wrapping) -> int:
    """Wrap all keys under a new key of the sidecar; how many contacts that were. Nothing that is sealed changes.

    SealError where the store has meanwhile another key than the sealer.
    """
    if connection.dialect.name != "sqlite":  # SQLite has one that writes
        connection.execute(text("LOCK TABLE contact IN EXCLUSIVE MODE"))
    name_key = sealer.wrapping.unwrap(b64decode(_stated(connection) or ""), _NAME_KEY)
    connection.execute(
        text("UPDATE setting SET value = :value WHERE name = :name"),
        {"name": _SETTING, "value": b64encode(wrapping.wrap(name_key, _NAME_KEY)).decode()},
    )
    count, last = 0, 0
    while rows := connection.execute(_AFTER, {"last": last}).all():
        connection.execute(
            text("UPDATE contact SET wrapped_key = :wrapped WHERE id = :id"),
            [{"id": row.id, "wrapped": wrapping.wrap(_opened(sealer, row).key, row.name.encode())} for row in rows],
        )
        count, last = count + len(rows), rows[-1].id
    return count


def _stated(connection: Connection) -> str | None:
    """The wrapped key of names, as it stands in the store."""
    value: str | None = connection.execute(
        text("SELECT value FROM setting WHERE name = :name"), {"name": _SETTING}
    ).scalar()
    return value
