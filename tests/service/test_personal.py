"""What is held on a contact is written out whole, and erased whole, while everything else stays provable."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text

from casewarden.model import Event
from casewarden.model.event import Json
from casewarden.service.personal import Erased, erase, export, rotate_key
from casewarden.store import audit
from casewarden.store.chain import GENESIS, Entry, canonical_event, first_broken
from casewarden.store.contacts import keys_for, open_sealer
from casewarden.store.database import Database, StoreError
from casewarden.store.holdings import ERASED, is_anybody_left
from casewarden.store.log import Sealing, enter, link, put_events, read_logs
from casewarden.store.outbox import OpenAction, put_actions, read_open
from casewarden.store.sealing import PERSONAL_PATHS, Sealer, SealError, new_key
from casewarden.store.tables import contact, event, log_entry, metadata, outbox, subject

NOW = 1_772_000_000_000_000
MASTER = bytes(range(32))
ANNA, BOB = "anna@acme.example", "bob@acme.example"
SECRET = "xylophone"
"""Stands in everything that Anna wrote and that was written to her."""
WHY = "asked for by letter of 2026-07-01"


@dataclass(slots=True)
class Store:
    """A store with three cases: Anna's, Bob's, and one in which both wrote."""

    database: Database
    sealer: Sealer

    def learn(self, name: str, *events: Event) -> int:
        """Put events into the log of a subject, which they begin; the subject's row."""
        with self.database.write() as connection:
            rows = put_events(connection, self.sealing, events, NOW)
            row = {"lane": "acme", "name": name, "slot": 1, "version": 1, "length": 0, "head": GENESIS, "woken": 0}
            row |= {"decided_at": NOW, "state": "open", "opened_at": NOW}
            known: int = connection.execute(insert(subject).values(**row).returning(subject.c.id)).scalar_one()
            head, links = GENESIS, []
            for number, (each, at) in enumerate(zip(events, rows, strict=True), 1):
                links.append({**link(known, number, each, head), "event": at})
                head = links[-1]["chain"]
            enter(connection, links)
            connection.execute(subject.update().where(subject.c.id == known).values(length=len(events), head=head))
        return known

    def send(self, known: int, name: str, *actions: OpenAction) -> None:
        """Put actions into the outbox of a subject."""
        with self.database.write() as connection:
            asked = Event(name, "decided", NOW, NOW, "ourselves", "casewarden", "")
            (key,) = keys_for(connection, self.sealer, [asked], NOW)
            first = connection.execute(select(func.coalesce(func.max(outbox.c.id), 0))).scalar_one() + 1
            for number, action in enumerate(actions, first):
                action.id = number
            put_actions(connection, self.sealing, actions, {known: key})

    @property
    def sealing(self) -> Sealing:
        return Sealing(self.sealer, PERSONAL_PATHS)

    def log(self, known: int) -> list[Event]:
        with self.database.read() as connection:
            return [entry.event for entry in read_logs(connection, self.sealing, [known])[known]]

    def is_whole(self, known: int) -> bool:
        """Whether the log of a subject is the one that was entered, as far as its events can still be read."""
        with self.database.read() as connection:
            head = connection.execute(select(subject.c.head).where(subject.c.id == known)).scalar_one()
            rows = connection.execute(
                select(log_entry, contact.c.erased_at)
                .select_from(log_entry.join(event).outerjoin(contact))
                .where(log_entry.c.subject == known)
                .order_by(log_entry.c.number)
            ).all()
        events = self.log(known)
        entries = [
            Entry(
                row.number,
                row.salt,
                row.commitment,
                row.chain,
                canonical_event(each) if row.erased_at is None else None,
            )
            for row, each in zip(rows, events, strict=True)
        ]
        return first_broken(entries, head) is None

    def erase(self, name: str = ANNA) -> Erased:
        return erase(self.database, self.sealer, name, who="olga", why=WHY, now=NOW + 5)

    def rows(self) -> str:
        """Everything that stands in the tables, as text."""
        with self.database.read() as connection:
            rows = [row for table in metadata.sorted_tables for row in connection.execute(select(table)).all()]
        return "\n".join(repr(tuple(row)) for row in rows)


def message(case: str, key: str, said: str, **more: Any) -> Event:
    made = Event(f"case:{case}", "message", NOW, NOW, "customer", "desk", key, data={"public": True, "text": said})
    return replace(made, **more)


def opened(case: str, who: str, name: str) -> Event:
    facts: dict[str, Json] = {
        "contact.email": who,
        "contact.name": name,
        "case.subject": f"{name}: {SECRET if who == ANNA else 'help'}",
        "case.core": True,
    }
    return Event(f"case:{case}", "opened", NOW, NOW, "customer", "desk", f"o-{case}", who=(who,), data={"facts": facts})


def action(known: int, key: str, kind: str, position: int, state: str = "waiting", **content: Any) -> OpenAction:
    firing, _, _ = key.rpartition("/")
    return OpenAction(
        0, known, 1, "acme", key, firing, position, "greet", kind, content, 0, "desk", "17", NOW, 1, None, state, NOW,
        is_new=True,
    )  # fmt: skip


def reply(known: int, key: str, position: int = 0, said: str = f"Dear Anna, {SECRET}", **more: Any) -> OpenAction:
    return action(known, key, "reply", position, text=said, subject=f"Re: {said}", via="mail", **more)


@dataclass(frozen=True, slots=True)
class Cases:
    anna: int
    bob: int
    both: int


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database, open_sealer(database, MASTER))


@pytest.fixture
def cases(store: Store) -> Cases:
    decided = {
        "actions": [{"key": "case:1/greet/1/0/0", "rule": "greet", "kind": "reply", "content": {"text": SECRET}}]
    }
    anna = store.learn(
        "case:1",
        opened("1", ANNA, "Anna"),
        message("1", "m-1", f"It is down, {SECRET}"),
        message("1", "m-2", f"We look, {SECRET}", by="agent", who=("lead",)),
        message("1", "d-1", "", kind="decided", by="ourselves", data=decided),
        message("1", "r-1", "", kind="resolved", by="agent", data={"reason": "solved"}),
    )
    bob = store.learn("case:2", opened("2", BOB, "Bob"), message("2", "m-3", "Bob's own words"))
    both = store.learn(
        "case:3",
        message("3", "m-4", "Nobody is named yet", who=()),
        opened("3", BOB, "Bob"),
        message("3", "m-5", "Bob's words here"),
        replace(opened("3", ANNA, "Anna"), kind="observed", key="f-1"),
        message("3", "m-6", f"Anna's words here, {SECRET}"),
    )
    store.send(
        anna, "case:1", reply(anna, "case:1/greet/1/0/0"), action(anna, "case:1/greet/1/0/1", "tag", 1, add=["x"])
    )
    store.send(bob, "case:2", reply(bob, "case:2/greet/1/0/0", said="Dear Bob"))
    return Cases(anna, bob, both)


# -- export


@pytest.mark.usefixtures("cases")
def test_an_export_has_all_that_is_held_in_clear_and_nothing_of_others(store: Store) -> None:
    document = export(store.database, store.sealer, ANNA.upper())
    json.dumps(document)
    events: Any = document["events"]
    assert {(each["subject"], each["key"]) for each in events} == {
        *(("case:1", key) for key in ("o-1", "m-1", "m-2", "d-1", "r-1")),
        *(("case:3", key) for key in ("m-4", "o-3", "m-5", "f-1", "m-6")),
    }
    by_key = {each["key"]: each for each in events}
    assert by_key["m-1"]["data"]["text"] == f"It is down, {SECRET}"
    assert by_key["o-1"]["who"] == [ANNA]
    assert by_key["o-1"]["data"]["facts"]["contact.name"] == "Anna"
    assert by_key["m-6"]["data"]["text"] == f"Anna's words here, {SECRET}"
    assert by_key["m-5"]["data"] == {"public": True}  # another's words in a case of hers
    assert "Bob" not in json.dumps(document)
    assert BOB not in json.dumps(document)
    subjects: Any = document["subjects"]
    assert [each["subject"] for each in subjects] == ["case:1", "case:3"]
    messages: Any = document["messages"]
    assert [(each["key"], each["content"]["text"]) for each in messages] == [
        ("case:1/greet/1/0/0", f"Dear Anna, {SECRET}")
    ]
    assert messages[0]["decided_at"] == "2026-02-25T06:13:20Z"


def test_an_export_tells_under_which_other_names_more_is_held(store: Store) -> None:
    facts: dict[str, Json] = {"contact.id": "u-17", "contact.email": ANNA}
    store.learn("case:5", replace(opened("5", ANNA, "Anna"), data={"facts": facts}))
    store.learn("case:6", opened("6", ANNA, "Anna"), message("6", "m-8", SECRET))
    assert export(store.database, store.sealer, "u-17")["also_named"] == [ANNA]
    assert export(store.database, store.sealer, ANNA)["also_named"] == []
    assert store.erase("u-17").also_named == (ANNA,)


@pytest.mark.parametrize("name", ["nobody", "", "' OR 1=1 --", "case:99", "\ud800", "a\0b", "%"])
@pytest.mark.usefixtures("cases")
def test_of_a_name_that_is_not_known_nothing_is_held(store: Store, name: str) -> None:
    with pytest.raises(StoreError, match="nothing is held under"):
        export(store.database, store.sealer, name)
    with pytest.raises(StoreError, match="nothing is held under"):
        erase(store.database, store.sealer, name, who="olga", why="letter", now=NOW)


# -- erasure


@pytest.mark.states("P2")
def test_an_erasure_takes_the_texts_and_leaves_the_logs_provable(store: Store, cases: Cases) -> None:
    before = [store.log(known) for known in (cases.anna, cases.bob, cases.both)]
    assert all(store.is_whole(known) for known in (cases.anna, cases.bob, cases.both))
    done = store.erase()
    assert (done.subjects, done.events, done.withdrawn) == (("case:1", "case:3"), 6, 1)
    assert (done.also_named, done.remains) == ((), None)
    assert all(store.is_whole(known) for known in (cases.anna, cases.bob, cases.both))
    anna, bob, both = (store.log(known) for known in (cases.anna, cases.bob, cases.both))
    assert bob == before[1]
    assert [each.key for each in anna] == [each.key for each in before[0]]
    assert anna[0].data == {"facts": {"case.core": True}}
    assert anna[0].who == ()
    assert anna[1].data == {"public": True}
    assert anna[2].who == ("lead",)
    assert anna[3].data == {"actions": [{"key": "case:1/greet/1/0/0", "rule": "greet", "kind": "reply", "content": {}}]}
    assert anna[4] == before[0][4]
    assert both[:3] == before[2][:3]
    assert both[4].data == {"public": True}
    with pytest.raises(StoreError, match="nothing is held under"):
        export(store.database, store.sealer, ANNA)


def test_a_chain_that_was_changed_after_an_erasure_is_still_found(store: Store, cases: Cases) -> None:
    store.erase()
    with store.database.write() as connection:
        erased = (log_entry.c.subject == cases.anna) & (log_entry.c.number == 2)
        connection.execute(log_entry.update().where(erased).values(commitment=bytes(32)))
    assert not store.is_whole(cases.anna)


@pytest.mark.usefixtures("cases")
def test_no_row_holds_anything_of_who_was_erased(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        done = store.erase()
        exported = json.dumps(export(store.database, store.sealer, BOB))
    for place in (store.rows(), repr(done), caplog.text, exported):
        for trace in (SECRET, "anna", "Anna", "xylo"):
            assert trace not in place


def test_salts_of_who_was_erased_are_gone_and_those_of_others_are_not(store: Store, cases: Cases) -> None:
    store.erase()
    with store.database.read() as connection:
        salts = connection.execute(select(log_entry.c.subject, log_entry.c.number, log_entry.c.salt)).all()
    gone = {(known, number) for known, number, salt in salts if not salt}
    assert gone == {*((cases.anna, number) for number in (1, 2, 3, 4)), (cases.both, 4), (cases.both, 5)}
    assert all(len(salt) in {0, 16} for _, _, salt in salts)


@pytest.mark.usefixtures("cases")
def test_an_erasure_is_in_the_audit_without_the_name(store: Store) -> None:
    done = store.erase()
    with store.database.read() as connection:
        row = connection.execute(text("SELECT * FROM audit")).one()
        assert audit.verify(connection) is None
    assert (row.at, row.who, row.what, row.why) == (NOW + 5, "olga", "personal erase", WHY)
    assert bytes(row.chain) == done.chain
    details = json.loads(row.details)
    assert (details["subjects"], details["events"], details["withdrawn"]) == (["case:1", "case:3"], 6, 1)


@pytest.mark.parametrize("why", [f"{ANNA} asked", f"for {ANNA.upper()}.", "", " ", "two\nlines", "a" * 501, "a\0b"])
@pytest.mark.usefixtures("cases")
def test_a_reason_that_names_the_contact_or_is_no_line_is_refused(store: Store, why: str) -> None:
    with pytest.raises(StoreError, match="the reason"):
        erase(store.database, store.sealer, ANNA, who="olga", why=why, now=NOW)
    assert SECRET in json.dumps(export(store.database, store.sealer, ANNA))


def test_what_was_written_before_anybody_was_named_goes_with_who_is_alone_in_the_case(store: Store) -> None:
    known = store.learn("case:7", message("7", "m-9", SECRET, who=()), opened("7", ANNA, "Anna"))
    document = export(store.database, store.sealer, ANNA)
    assert {each["data"].get("text") for each in document["events"]} == {SECRET, None}  # type: ignore[union-attr,index,call-overload]
    store.erase()
    assert store.log(known)[0].data == {"public": True}
    assert store.is_whole(known)


def test_what_was_written_before_anybody_was_named_stays_where_several_are(store: Store, cases: Cases) -> None:
    store.erase()
    assert store.log(cases.both)[0].data["text"] == "Nobody is named yet"
    store.erase(BOB)
    assert "text" not in store.log(cases.both)[0].data
    assert store.is_whole(cases.both)


def test_a_case_may_be_named_itself(store: Store, cases: Cases) -> None:
    assert store.erase("case:3").events == 1
    assert "text" not in store.log(cases.both)[0].data
    assert store.log(cases.both)[2].data["text"] == "Bob's words here"


@pytest.mark.usefixtures("cases")
def test_who_writes_again_is_somebody_new(store: Store) -> None:
    store.erase()
    known = store.learn("case:8", opened("8", ANNA, "Anna"), message("8", "m-10", "It is me again"))
    assert store.log(known)[1].data["text"] == "It is me again"
    assert store.erase().subjects == ("case:8",)


# -- what waits to be sent


def test_what_waits_for_who_is_erased_is_left_without_its_texts_to_be_withdrawn(store: Store, cases: Cases) -> None:
    store.send(
        cases.anna,
        "case:1",
        reply(cases.anna, "case:1/asked/1/0/0", state="asking"),
        reply(cases.anna, "case:1/now/1/0/0", state="sending"),
        reply(cases.anna, "case:1/past/1/0/0", state="applied"),
        action(cases.anna, "case:1/quiet/1/0/0", "tag", 0, add=["y"]),
    )
    assert store.erase().withdrawn == 2
    with store.database.read() as connection:
        rows = connection.execute(select(outbox).where(outbox.c.subject == cases.anna).order_by(outbox.c.id)).all()
        still = {each.key: each for each in read_open(connection, store.sealing, [cases.anna, cases.bob])}
    assert [(row.key, row.state, row.state_detail) for row in rows] == [
        ("case:1/greet/1/0/0", "waiting", ERASED),
        ("case:1/greet/1/0/1", "waiting", None),
        ("case:1/asked/1/0/0", "waiting", ERASED),
        ("case:1/now/1/0/0", "sending", None),
        ("case:1/past/1/0/0", "applied", None),
        ("case:1/quiet/1/0/0", "waiting", None),
    ]
    erased = {"case:1/greet/1/0/0", "case:1/asked/1/0/0", "case:1/now/1/0/0"}
    assert {key for key, each in still.items() if each.is_erased} == erased
    assert still["case:1/now/1/0/0"].content == {"via": "mail"}
    assert still["case:2/greet/1/0/0"].content["text"] == "Dear Bob"


def test_a_case_has_somebody_left_until_all_in_it_are_erased(store: Store, cases: Cases) -> None:
    def left(known: int, name: str) -> bool:
        with store.database.read() as connection:
            return is_anybody_left(connection, store.sealer, known, name)

    assert left(cases.anna, "case:1")
    store.erase()
    assert not left(cases.anna, "case:1")
    assert left(cases.both, "case:3")
    store.erase(BOB)
    assert not left(cases.both, "case:3")


def test_what_was_sent_and_answered_is_sealed_and_erased_too(store: Store, cases: Cases) -> None:
    flying = reply(cases.anna, "case:1/now/1/0/0", state="sending")
    store.send(cases.anna, "case:1", flying)
    flying.request, flying.answer, flying.changed = {"body": f"<p>{SECRET}"}, {"echo": [SECRET]}, True
    with store.database.write() as connection:
        put_actions(connection, store.sealing, [flying], {})
    assert SECRET not in store.rows()
    document = export(store.database, store.sealer, ANNA)
    messages: Any = document["messages"]
    assert (messages[-1]["request"], messages[-1]["answer"]) == ({"body": f"<p>{SECRET}"}, {"echo": [SECRET]})
    store.erase()
    flying.settle("applied", NOW + 6)
    with store.database.write() as connection:  # it was under way, and comes back with what was sent
        put_actions(connection, store.sealing, [flying], {})
        row = connection.execute(select(outbox).where(outbox.c.key == flying.key)).one()
    assert (row.state, row.request, row.answer) == ("applied", None, None)
    assert SECRET not in store.rows()


# -- what is left in files


def content_of(store: Store) -> bytes:
    assert store.database.path is not None
    return b"".join(path.read_bytes() for path in sorted(store.database.path.parent.iterdir()) if path.is_file())


@pytest.fixture
def on_sqlite(sqlite_url: str) -> Iterator[Store]:
    database = Database(sqlite_url)
    yield Store(database, open_sealer(database, MASTER))
    database.close()


def test_no_file_of_the_store_holds_the_key_once_it_is_destroyed(on_sqlite: Store) -> None:
    """Many contacts, of which some go: pages were split, moved and used again by then."""
    store = on_sqlite
    for number in range(150):
        store.learn(
            f"case:{number}",
            opened(str(number), f"c{number}@acme.example", f"C{number}"),
            message(str(number), "m", SECRET * 40),
        )
    store.database.empty_wal()
    with store.database.read() as connection:
        found = connection.execute(select(contact)).all()
        salts = dict(connection.execute(select(event.c.subject, log_entry.c.salt).join(log_entry)).all())
        sealed = dict(connection.execute(select(event.c.subject, event.c.sealed)).all())
    rows = {row.id: row for row in found}
    for number in range(0, 150, 10):
        name = f"c{number}@acme.example"
        with store.database.read() as connection:
            row = rows[
                connection.execute(select(event.c.contact).where(event.c.subject == f"case:{number}")).scalars().first()
            ]
        content = content_of(store)
        gone = [row.wrapped_key, row.name.encode(), salts[f"case:{number}"], sealed[f"case:{number}"][:200]]
        assert [one in content for one in gone] == [True] * 4
        assert SECRET.encode() not in content
        assert store.erase(name).remains is None
        content = content_of(store)
        assert [one in content for one in gone] == [False] * 4
    kept = rows[max(rows)]
    assert kept.wrapped_key in content_of(store)


def test_who_reads_meanwhile_holds_older_copies_and_that_is_told(on_sqlite: Store) -> None:
    store = on_sqlite
    store.learn("case:1", opened("1", ANNA, "Anna"))
    with store.database.read() as connection:
        wrapped = connection.execute(select(contact.c.wrapped_key)).scalar_one()
        done = store.erase()
        assert done.remains is not None
        assert "while somebody reads the store" in done.remains
    assert wrapped in content_of(store)
    store.database.empty_wal()
    assert wrapped not in content_of(store)


# -- the sidecar's own key


def test_the_sidecars_key_is_changed_and_everything_is_read_under_the_new_one(store: Store, cases: Cases) -> None:
    before = export(store.database, store.sealer, ANNA)
    new = new_key()
    done = rotate_key(store.database, MASTER, new, who="olga", now=NOW + 9)
    assert (done.contacts, done.remains) == (3, None)
    with pytest.raises(SealError, match="not the one that this store was sealed with"):
        open_sealer(store.database, MASTER)
    with pytest.raises(SealError):
        export(store.database, store.sealer, ANNA)
    now = Store(store.database, open_sealer(store.database, new))
    assert export(now.database, now.sealer, ANNA) == before
    with now.database.read() as connection:
        row = connection.execute(text("SELECT * FROM audit")).one()
    assert (row.what, row.who, json.loads(row.details)) == ("personal rotate-key", "olga", {"contacts": 3})
    assert now.erase().events == 6
    assert now.is_whole(cases.anna)


@pytest.mark.usefixtures("cases")
def test_a_key_is_not_changed_to_itself_nor_from_another(store: Store) -> None:
    with pytest.raises(StoreError, match="the new key is the one that the store has"):
        rotate_key(store.database, MASTER, MASTER, who="olga", now=NOW)
    with pytest.raises(SealError, match="not the one that this store was sealed with"):
        rotate_key(store.database, new_key(), new_key(), who="olga", now=NOW)
    with pytest.raises(SealError, match="not 32 bytes"):
        rotate_key(store.database, MASTER, b"short", who="olga", now=NOW)
    assert open_sealer(store.database, MASTER).stated == store.sealer.stated


def test_the_old_wrapping_is_in_no_file_afterwards(on_sqlite: Store) -> None:
    store = on_sqlite
    for number in range(50):
        store.learn(f"case:{number}", opened(str(number), f"c{number}@acme.example", f"C{number}"))
    with store.database.read() as connection:
        wrapped = connection.execute(select(contact.c.wrapped_key)).scalars().all()
    rotate_key(store.database, MASTER, new_key(), who="olga", now=NOW)
    content = content_of(store)
    assert not any(one in content for one in [*wrapped, store.sealer.stated.encode()])
