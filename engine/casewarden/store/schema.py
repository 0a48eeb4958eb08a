"""Which version of the tables a store has, and the way to the one that this Casewarden needs.

Versions are numbered "0001", "0002" and on. A store of a newer version is refused, unless the step that made it says
that processes of this version get on with it: so a store is upgraded while others still run.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, column, inspect, select, table, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from casewarden.store.database import Database, StoreError
from casewarden.store.migrations import VERSION_TABLE, WORKS_WITH
from casewarden.store.sqlite_copy import copy_sqlite
from casewarden.store.tables import metadata

if TYPE_CHECKING:  # Alembic takes a tenth of the memory of a sidecar, and most starts find the tables as they should be
    from alembic.config import Config  # only where there is something to do

_FOLDER: Final = Path(__file__).parent / "migrations"
_LOCK: Final = int.from_bytes(b"casewrdn", signed=True)
"""The advisory lock of PostgreSQL under which one process upgrades."""
_PATIENCE_S: Final = 600
_BETWEEN_TRIES_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What an upgrade did: the version before (None: there were no tables) and after, and the copy made before it."""

    before: str | None
    after: str
    copy: Path | None = None


def expected_revision() -> str:
    """The version of the tables that this Casewarden needs."""
    return _revisions()[0]


def _revisions() -> list[str]:
    """All versions, the newest first, by the names of the files that lead to them."""
    return sorted((path.name[1:5] for path in _FOLDER.glob("versions/v[0-9][0-9][0-9][0-9]_*.py")), reverse=True)


def current_revision(database: Database) -> str | None:
    """The version that a store has, None where it has no tables yet; StoreError where it is no store of ours."""
    with told(database), database.read() as connection:
        return _current(connection)


def require_schema(database: Database) -> None:
    """StoreError unless this Casewarden can work with the store as it is."""
    with told(database), database.read() as connection:
        current = _current(connection)
        if current is None:
            raise StoreError("the store has no tables yet", "casewarden db upgrade")
        if _is_older(connection, current):
            raise StoreError(
                f"the store is of version {current}, and this Casewarden needs {expected_revision()}",
                "casewarden db upgrade",
            )


def upgrade(database: Database) -> Upgrade:
    """Bring a store to the version that this Casewarden needs; one that is newer and can be worked with stays.

    On SQLite the caller holds the store's place; all steps are one transaction, and a store that has tables is copied
    before to `STORE.before-VERSION`. On PostgreSQL any number of processes may call this at once: one does it, the
    others wait. StoreError where it cannot be: the store is as it was, on PostgreSQL perhaps some steps further.
    """
    with told(database):
        return _upgrade_sqlite(database) if database.is_sqlite else _upgrade_postgres(database.engine())


def configuration(connection: Connection) -> "Config":
    """Alembic's configuration, to work over a connection."""
    from alembic.config import Config  # noqa: PLC0415  # only where there is something to do

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("file_template", "v%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def _upgrade_sqlite(database: Database) -> Upgrade:
    engine, path, after = database.engine(), database.path, expected_revision()
    with database.read() as connection:
        before = _current(connection)
        if before is not None and not _is_older(connection, before):
            return Upgrade(before, before)
    copy = None
    if before is not None and path is not None:
        copy = path.with_name(f"{path.name}.before-{after}")
        copy_sqlite(path, copy)
    with _without_foreign_keys(engine), engine.begin() as connection:
        _take_steps(connection)
        if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
            raise StoreError(f"rows refer to what is not there: {broken[:3]}", "casewarden db check")
    return Upgrade(before, after, copy)


def _take_steps(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  # only where there is something to do

    command.upgrade(configuration(connection), "head")


@contextmanager
def _without_foreign_keys(engine: Engine) -> Iterator[None]:
    """A table that is built anew is dropped on the way, and what refers to it must not mind."""
    connection = engine.raw_connection()
    connection.cursor().execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        connection.cursor().execute("PRAGMA foreign_keys = ON")
        connection.close()


def _upgrade_postgres(engine: Engine) -> Upgrade:
    with _alone(engine), engine.connect() as connection:
        before = _current(connection)
        if before is not None and not _is_older(connection, before):
            return Upgrade(before, before)
        # who waits for a lock on a table makes all wait that come after: give up before anybody notices
        connection.execute(text("SET lock_timeout = '10s'"))
        connection.commit()
        _take_steps(connection)
        connection.execute(text("RESET lock_timeout"))
        connection.commit()
    return Upgrade(before, expected_revision())


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Hold the advisory lock, on a connection of its own that is in no transaction.

    Waiting within PostgreSQL would hold a snapshot, for which an index that is built concurrently would wait in turn.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        deadline = time.monotonic() + _PATIENCE_S
        while not connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK}).scalar_one():
            if time.monotonic() > deadline:
                raise StoreError(
                    f"another process has been upgrading the store for {_PATIENCE_S // 60} minutes",
                    "look for it in pg_stat_activity; end it if it hangs",
                )
            time.sleep(_BETWEEN_TRIES_S)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})


def _current(connection: Connection) -> str | None:
    tables = set(inspect(connection).get_table_names())
    if VERSION_TABLE not in tables:
        if ours := sorted(tables & set(metadata.tables)):
            raise StoreError(
                f"the database has tables of another application (`{ours[0]}`)", "give Casewarden a database of its own"
            )
        return None
    found = connection.execute(select(column("version_num")).select_from(table(VERSION_TABLE))).scalar()
    return None if found is None else str(found)


def _is_older(connection: Connection, current: str) -> bool:
    """Whether a store has to be upgraded; StoreError where it is beyond what this Casewarden can work with."""
    known = _revisions()
    if current in known:
        return current != known[0]
    works_with = connection.execute(text("SELECT value FROM setting WHERE name = :name"), {"name": WORKS_WITH}).scalar()
    if works_with in known:
        return False
    raise StoreError(
        f"the store is of version {current}, and this Casewarden knows versions up to {expected_revision()} only",
        "use the Casewarden that upgraded it, or restore the backup made before that",
    )


@contextmanager
def told(database: Database) -> Iterator[None]:
    """Raise what the database says as a StoreError; no password is in it."""
    try:
        yield
    except DBAPIError as problem:
        where = database.path or f"{database.url.host or ''}/{database.url.database}"
        raise StoreError(f"the store `{where}`: {' '.join(str(problem.orig).split())}") from problem
