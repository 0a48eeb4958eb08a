"""The store is full, may not be written, or goes away under load: what is told, and that all goes on as before."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from crash.here import Here
from crash.script import script
from crash.truth import differences, end_state, findings
from crash.world import FAULTS, Store, World
from support.fake_faults import Faults
from support.postgres import Server, create_database

SCRIPT: Final = 1
MOMENTS: Final = {
    3: ("PRAGMA max_page_count = 1", "full", "full", "PRAGMA max_page_count = 1073741823"),
    6: ("PRAGMA query_only = ON", "readonly", "read_only", "PRAGMA query_only = OFF"),
}
"""Batches during which something is done to the store, what is told then, what is counted, and how that is undone."""
COMMITS: Final = {2: "sending", 4: "taken", 6: "answered", 8: "decided"}
"""Batches during which a commit seems to fail, and what it is of."""
STOPS: Final = {3: "immediate", 6: "fast"}
"""Batches during which PostgreSQL is stopped, and how: as by a crash, and in order."""
UNHARMED: Final = replace(FAULTS, killed_before=0, killed_after=0)

Undisturbed = Callable[[int], Mapping[str, Any]]


def goes_on(world: World, undisturbed: Undisturbed) -> None:
    """Go through the script, and compare the ends."""
    batches = script(SCRIPT)
    world.run(batches)
    with closing(world.store):
        assert findings(world.store, world.records, batches) == []
        assert differences(end_state(world.store), undisturbed(SCRIPT)) == []


def in_world(folder: Path, url: str, here: Here, disturb: Callable[[int], None], faults: Faults = UNHARMED) -> World:
    return World(here, folder, Store(url), faults, disturb=disturb)


def test_a_store_that_takes_nothing_is_waited_for(swift: Path, undisturbed: Undisturbed) -> None:
    """The disk is full, and later the file may not be written. SQLite takes one page as the pages that there are."""
    here = Here()

    def disturb(number: int) -> None:
        if number in MOMENTS:
            before, words, fault, after = MOMENTS[number]
            here.write(before)
            here.fails(words)
            assert here.counted(f'casewarden_store_errors_total{{error="{fault}"}}')
            here.write(after)

    world = in_world(swift, f"sqlite:///{swift}/casewarden.db", here, disturb)
    goes_on(world, undisturbed)


def test_a_commit_that_stands_though_it_seems_to_have_failed(swift: Path, undisturbed: Undisturbed) -> None:
    """As where the connection is lost before the answer comes: nobody is told, and nothing is done twice."""
    here = Here()
    armed: list[str] = []

    def note(connection: Connection, _: Any, statement: str, parameters: Any, *__: Any) -> None:
        rows = parameters if isinstance(parameters, list) else [parameters]
        if statement.startswith("INSERT INTO mailbox"):
            wrote(connection).add("taken")
        elif statement.startswith("INSERT INTO decision"):
            wrote(connection).add("decided")
        elif statement.startswith("UPDATE outbox"):
            wrote(connection).add("sending" if any("sending" in row for row in rows) else "answered")

    def wrote(connection: Connection) -> set[str]:
        """What a transaction wrote. It may be several: a decision also tells others, and many share a commit."""
        written: set[str] = connection.info.setdefault("wrote", set())
        return written

    def fail(connection: Connection) -> None:
        if connection.info.pop("wrote", set()) & set(armed):
            armed.clear()
            connection.connection.commit()
            raise OperationalError("COMMIT", None, sqlite3.OperationalError("disk I/O error"))

    def prepare(number: int) -> None:
        if number == 0:
            event.listen(here.life.database.engine(), "before_cursor_execute", note)
            event.listen(here.life.database.engine(), "commit", fail)
        if number in COMMITS:
            armed.append(COMMITS[number])

    def disturb(number: int) -> None:
        if number in COMMITS:
            here.wait(lambda: not armed, f"commit what is {COMMITS[number]}")
            here.wait(lambda: here.counted('casewarden_store_errors_total{error="'), "count it")

    world = in_world(swift, f"sqlite:///{swift}/casewarden.db", here, disturb)
    world.prepare = prepare
    goes_on(world, undisturbed)


def test_a_postgresql_that_is_started_again(
    swift: Path, undisturbed: Undisturbed, own_postgres: Callable[[bool], Server]
) -> None:
    server = own_postgres(True)
    here = Here()

    def disturb(number: int) -> None:
        if number in STOPS:
            before = store.rows("SELECT count(*) FROM log_entry")
            here.wait(lambda: store.rows("SELECT count(*) FROM log_entry") != before, "decide")  # it is at work
            store.close()
            server.stop(STOPS[number])
            here.wait(lambda: here.life.owner.error, "notice")
            server.start()

    store = Store(create_database(server.url(), "casewarden_crash"))
    world = in_world(swift, store.url, here, disturb)
    world.store = store
    goes_on(world, undisturbed)
