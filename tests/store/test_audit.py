"""The audit: what was appended stands, and whatever is changed in it afterwards is found."""

import threading
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from casewarden.store.audit import append, verify
from casewarden.store.database import Database
from casewarden.store.tables import audit

NOW = 1_772_000_000_000_000


def write(database: Database, count: int) -> None:
    with database.write() as connection:
        for number in range(count):
            append(connection, NOW + number, "anna", "pause", "deploy" if number % 2 else None, {"rule": f"r{number}"})


def broken(database: Database) -> int | None:
    with database.read() as connection:
        return verify(connection)


def ids(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.execute(select(audit.c.id).order_by(audit.c.id)).scalars())


def test_what_was_appended_is_whole(database: Database) -> None:
    assert broken(database) is None
    write(database, 5)
    assert broken(database) is None
    write(database, 2)
    assert broken(database) is None
    assert len(ids(database)) == 7


@pytest.mark.parametrize(
    "change",
    [
        {"at": NOW}, {"who": "bob"}, {"what": "resume"}, {"why": "none"}, {"why": None}, {"details": "{}"},
        {"details": '{"rule": "r3"}'}, {"chain": b""}, {"chain": bytes(32)},
    ],
)  # fmt: skip
def test_a_row_that_was_changed_is_found(database: Database, change: dict[str, Any]) -> None:
    write(database, 6)
    changed = ids(database)[3]
    with database.write() as connection:
        connection.execute(update(audit).where(audit.c.id == changed).values(**change))
    assert broken(database) == changed


def test_a_row_that_was_taken_out_or_put_between_is_found(database: Database) -> None:
    write(database, 6)
    rows = ids(database)
    with database.write() as connection:
        connection.execute(delete(audit).where(audit.c.id == rows[2]))
    assert broken(database) == rows[3]
    with database.write() as connection:
        put = {
            "id": rows[2],
            "at": NOW + 2,
            "who": "eve",
            "what": "pause",
            "why": None,
            "details": "{}",
            "chain": bytes(32),
        }
        connection.execute(insert(audit).values(**put))
    assert broken(database) == rows[2]


def test_who_keeps_a_hash_knows_that_nothing_was_taken_off_the_end(database: Database) -> None:
    write(database, 3)
    with database.write() as connection:
        last = append(connection, NOW, "anna", "resume", None, {})
    with database.write() as connection:
        connection.execute(delete(audit).where(audit.c.id == ids(database)[-1]))
        assert verify(connection) is None
        assert connection.execute(select(audit.c.chain).where(audit.c.chain == last)).first() is None


@pytest.mark.parametrize("said", ["\n", "'); DROP TABLE audit; --", "{{ 7*7 }}", "日本語", "\u202e", "a" * 10_000])
def test_whatever_is_said_is_kept(database: Database, said: str) -> None:
    with database.write() as connection:
        append(connection, NOW, said, said, said, {said: [said, 1.5, None, True]})
    with database.read() as connection:
        row = connection.execute(select(audit)).one()
    assert (row.who, row.what, row.why) == (said, said, said)
    assert broken(database) is None


def test_many_append_at_once(database: Database) -> None:
    begin = threading.Barrier(6)

    def work() -> None:
        begin.wait()
        for _ in range(5):
            write(database, 2)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken(database) is None
    assert len(ids(database)) == 60
