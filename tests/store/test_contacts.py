"""Contacts: who is known, under a hash only; one key each, however many ask at once; and none once it is destroyed."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from casewarden.model import Event
from casewarden.store.chain import GENESIS
from casewarden.store.contacts import (
    ContactKey,
    contact_of,
    destroy_key,
    find_contact,
    keys_by_id,
    keys_by_name,
    keys_for,
    known_after,
    open_sealer,
    rewrap,
)
from casewarden.store.database import Database, StoreError
from casewarden.store.log import Sealing, enter, link, put_events
from casewarden.store.sealing import PERSONAL_PATHS, Sealer, SealError, Wrapping, new_key
from casewarden.store.tables import contact, subject
from casewarden.store.tables import event as table

NOW = 1_772_000_000_000_000
MASTER = bytes(range(32))
OPENED = Event("case:1", "opened", NOW, NOW, "customer", "desk", "o-1", data={"facts": {"contact.id": "anna"}})
MESSAGE = Event("case:1", "message", NOW, NOW, "agent", "desk", "m-1", data={"text": "Hello"})


@pytest.fixture
def sealer(database: Database) -> Sealer:
    return open_sealer(database, MASTER)


def keys(database: Database, sealer: Sealer, *names: str) -> dict[str, ContactKey]:
    with database.write() as connection:
        return keys_by_name(connection, sealer, names, NOW)


def keys_of_events(database: Database, sealer: Sealer, *events: Event) -> list[ContactKey]:
    with database.write() as connection:
        return keys_for(connection, sealer, events, NOW)


def learn(database: Database, sealer: Sealer, name: str, events: Sequence[Event]) -> None:
    """Put events into a store, and into the log of their subject, which they begin."""
    with database.write() as connection:
        put_events(connection, Sealing(sealer, PERSONAL_PATHS), events, NOW)
        rows = [connection.execute(select(table.c.id).where(table.c.key == event.key)).scalar_one() for event in events]
        row = {"lane": "acme", "name": name, "slot": 1, "version": 1, "length": len(events), "head": b"", "woken": 0}
        row |= {"decided_at": NOW, "state": "open"}
        known = connection.execute(insert(subject).values(**row).returning(subject.c.id)).scalar_one()
        head, links = GENESIS, []
        for number, (event, at) in enumerate(zip(events, rows, strict=True), 1):
            links.append({**link(known, number, event, head), "event": at})
            head = links[-1]["chain"]
        enter(connection, links)


# -- whose it is


def facts(**named: Any) -> Event:
    return replace(OPENED, data={"facts": {f"contact.{name}": value for name, value in named.items()}})


@pytest.mark.parametrize(
    ("event", "known", "found"),
    [
        (facts(id="u-17", email="a@b.example"), None, "u-17"),
        (facts(email="a@b.example", name="Anna"), "u-17", "a@b.example"),
        (facts(id="", email=" "), "u-17", "u-17"),
        (facts(id=17, email=["a@b.example"]), None, None),
        (facts(name="Anna"), None, None),
        (replace(MESSAGE, by="customer", who=("lead", "a@b.example")), None, "a@b.example"),
        (replace(MESSAGE, by="customer", who=("a@b.example",)), "u-17", "u-17"),
        (replace(MESSAGE, by="agent", who=("agent@us.example",)), None, None),
        (replace(MESSAGE, data={"facts": ["contact.id"]}), None, None),
        (MESSAGE, "u-17", "u-17"),
    ],
)
def test_who_is_known_after_an_event(event: Event, known: str | None, found: str | None) -> None:
    assert known_after(event, known) == found
    assert contact_of(event, known) == (found or "case:1")


def test_events_of_a_case_are_sealed_for_who_is_named_in_it(database: Database, sealer: Sealer) -> None:
    other = replace(MESSAGE, subject="case:2")
    before, opened, message, elsewhere = keys_of_events(database, sealer, MESSAGE, OPENED, MESSAGE, other)
    assert opened == message == keys(database, sealer, "anna")["anna"]
    assert before == keys(database, sealer, "case:1")["case:1"]
    assert elsewhere == keys(database, sealer, "case:2")["case:2"]
    assert len({before, opened, elsewhere}) == 3


def test_who_was_named_earlier_in_the_log_and_was_not_erased_is_known_later(database: Database, sealer: Sealer) -> None:
    bob = replace(OPENED, key="o-2", data={"facts": {"contact.email": "bob@b.example"}})
    quiet = replace(MESSAGE, kind="resolved", key="r-1", data={})
    early = replace(MESSAGE, key="m-0")
    with database.write() as connection:  # taken in before anybody was named, and learnt of after that
        put_events(connection, Sealing(sealer, PERSONAL_PATHS), [early], NOW)
    learn(database, sealer, "case:1", [OPENED, MESSAGE, bob, early, quiet])
    for name in ("bob@b.example", "anna", "case:1"):
        known = keys(database, sealer, name)[name]
        assert keys_of_events(database, sealer, replace(MESSAGE, key="m-2")) == [known]
        with database.write() as connection:
            destroy_key(connection, known.id, NOW)


# -- keys


def test_a_contact_has_one_key_for_ever(database: Database, sealer: Sealer) -> None:
    first = keys(database, sealer, "anna", "bob", "ANNA ")
    assert first["anna"] == first["ANNA "] != first["bob"]
    assert keys(database, sealer, "bob", "anna")["anna"] == first["anna"]
    with database.read() as connection:
        assert keys_by_id(connection, sealer, [first["anna"].id, 999]) == {first["anna"].id: first["anna"].key}
        assert find_contact(connection, sealer, "Anna") == first["anna"].id
        assert find_contact(connection, sealer, "carol") is None
        assert keys_by_id(connection, sealer, []) == {}


def test_many_that_make_the_same_contacts_at_once_get_the_same_keys(store_url: str, database: Database) -> None:
    sealer = open_sealer(database, MASTER)
    begin, found = threading.Barrier(6), list[dict[str, ContactKey]]()

    def work(number: int) -> None:
        own = database if database.is_sqlite else Database(store_url)
        names = [f"contact {one}" for one in range(40)]
        begin.wait()
        for start in range(0, 40, 10):
            part = names[start : start + 10]
            found.append(keys(own, sealer, *(reversed(part) if number % 2 else part)))
        if own is not database:
            own.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(contact)).scalar() == 40
    assert len(found) == 24
    assert len({key for part in found for key in part.values()}) == 40


HOSTILE = [
    *("'; DROP TABLE contact; --", '"', "%", "_", "\\", "a\0b", "\n", "日本語", "\U0001f600", "\ud800", "\u202eanna"),
    *("{{ 7*7 }}", "a" * 1_000_000, "case:1", "NULL", "0"),
]


def test_whatever_a_contact_is_called_it_has_a_key_of_its_own(database: Database, sealer: Sealer) -> None:
    made = keys(database, sealer, *HOSTILE)
    assert len(set(made.values())) == len(HOSTILE)
    assert keys(database, sealer, *HOSTILE) == made


def test_a_destroyed_key_is_gone_and_who_comes_again_is_somebody_new(database: Database, sealer: Sealer) -> None:
    made = keys(database, sealer, "anna", "bob")
    with database.write() as connection:
        destroy_key(connection, made["anna"].id, NOW + 1)
        assert find_contact(connection, sealer, "anna") is None
        assert keys_by_id(connection, sealer, [made["anna"].id, made["bob"].id]) == {made["bob"].id: made["bob"].key}
        row = connection.execute(select(contact).where(contact.c.id == made["anna"].id)).one()
        assert (row.name, row.wrapped_key, row.created_at, row.erased_at) == (None, None, NOW, NOW + 1)
    again = keys(database, sealer, "anna")["anna"]
    assert again.id != made["anna"].id
    assert again.key != made["anna"].key


def test_no_name_and_no_key_stands_in_the_file(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    sealer = open_sealer(database, MASTER)
    made = keys(database, sealer, "anna@acme.example")["anna@acme.example"]
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in (b"anna@acme", made.key, MASTER, made.key.hex().encode()):
        assert secret not in content
    database.close()


# -- the sidecar's own key


def test_another_key_than_the_store_has_is_refused(database: Database, sealer: Sealer) -> None:
    made = keys(database, sealer, "anna")
    assert keys(database, open_sealer(database, MASTER), "anna") == made
    with pytest.raises(SealError, match="not the one that this store was sealed with"):
        open_sealer(database, new_key())


def test_all_keys_are_wrapped_anew_and_stay_what_they_were(database: Database, sealer: Sealer) -> None:
    names = [f"contact {number}" for number in range(2_345)]
    made = keys(database, sealer, *names)
    with database.write() as connection:
        destroy_key(connection, made["contact 7"].id, NOW)
    new = new_key()
    with database.write() as connection:
        assert rewrap(connection, sealer, Wrapping(new)) == 2_344
    with pytest.raises(SealError):
        open_sealer(database, MASTER)
    now = open_sealer(database, new)
    found = keys(database, now, *names)
    assert {name for name in names if found[name] != made[name]} == {"contact 7"}
    assert now.key_for(b"x") == sealer.key_for(b"x") != sealer.key_for(b"y")


def test_who_still_has_the_old_key_can_neither_read_nor_add(database: Database, sealer: Sealer) -> None:
    keys(database, sealer, "anna")
    with database.write() as connection:
        rewrap(connection, sealer, Wrapping(new_key()))
    with pytest.raises(SealError):
        keys(database, sealer, "anna")
    with pytest.raises(StoreError, match="was changed while this process ran"):
        keys(database, sealer, "bob")
    with database.write() as connection, pytest.raises(SealError):
        rewrap(connection, sealer, Wrapping(new_key()))


def test_many_that_open_a_new_store_agree_on_its_key_of_names(postgres_url: str) -> None:
    begin, found = threading.Barrier(4), list[str]()

    def work() -> None:
        database = Database(postgres_url)
        begin.wait()
        found.append(open_sealer(database, MASTER).name_hash("anna"))
        database.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
