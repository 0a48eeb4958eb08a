"""The schema in which the jobs of processes stand: made, and brought to what the installed procrastinate needs.

It is one of its own: the store's tables are ours, and the database may be another application's too.
"""

from collections.abc import Collection, Sequence
from typing import Final, LiteralString

import psycopg
from procrastinate.schema import SchemaManager, migrations_path
from psycopg.errors import InsufficientPrivilege

from casewarden.store.database import StoreError

SCHEMA: Final = "casewarden_jobs"
JOINING_LOCK: Final = int.from_bytes(b"cw-share", signed=True)
"""Who joins, and who changes the schema, is alone with it."""
OWN_TABLES: Final = """
CREATE TABLE applied_step (name text PRIMARY KEY);
CREATE TABLE agreed (partitions integer NOT NULL);
CREATE TABLE leaving (worker bigint PRIMARY KEY REFERENCES procrastinate_workers (id) ON DELETE CASCADE);
"""
_LIVE: Final[LiteralString] = (
    "SELECT count(*) AS live FROM procrastinate_workers AS worker "
    "WHERE NOT EXISTS (SELECT 1 FROM leaving WHERE leaving.worker = worker.id)"
)


def prepare(conninfo: str) -> None:
    """Make the schema, or bring it to what the installed procrastinate needs; StoreError where that cannot be."""
    steps = sorted(path.name for path in migrations_path.glob("*.sql"))
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (JOINING_LOCK,))  # until the connection is closed
        there = connection.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.applied_step",)).fetchone()
        try:
            if there == (None,):
                _make(connection, steps)
            else:
                _upgrade(connection, steps)
        except InsufficientPrivilege:
            raise StoreError(
                f"the user of the store may not make the schema `{SCHEMA}`",
                "as an administrator: GRANT CREATE ON DATABASE ... TO ..., with the names of your store's address",
            ) from None


def _make(connection: psycopg.Connection, steps: Collection[str]) -> None:
    with connection.transaction():
        known = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (SCHEMA,)).fetchone()
        if known is None:  # not IF NOT EXISTS, which wants the right to make it though it is there
            connection.execute(f"CREATE SCHEMA {SCHEMA}")
        connection.execute(SchemaManager.get_schema())
        connection.execute(OWN_TABLES)
        note(connection, steps)


def _upgrade(connection: psycopg.Connection, steps: Sequence[str]) -> None:
    """Take the steps that are missing; one after which older versions cannot work waits until no process runs."""
    known = {name for (name,) in connection.execute("SELECT name FROM applied_step")}
    for name in [step for step in steps if step not in known]:
        if "_post_" in name and connection.execute(_LIVE).fetchone() != (0,):
            return
        with connection.transaction():
            connection.execute((migrations_path / name).read_bytes())
            note(connection, [name])


def note(connection: psycopg.Connection, steps: Collection[str]) -> None:
    """Write down that steps were taken."""
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO applied_step (name) VALUES (%s)", [(name,) for name in steps])
