"""Stores that earlier versions made, as SQL beside this file, are upgraded with every row and are whole afterwards.

`CASEWARDEN_UPDATE_SNAPSHOTS=1` writes the SQL of the version that the tables have now. Once that version has been
released its files are never written again: the next change of the tables is a step of its own, with files of its own.
"""

import os
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, MetaData, text

from casewarden.store.check import check
from casewarden.store.database import Database
from casewarden.store.migrations import VERSION_TABLE, WORKS_WITH
from casewarden.store.schema import current_revision, expected_revision, upgrade
from casewarden.store.tables import metadata
from support.postgres import programs
from support.small_store import make_small_store
from support.table_shapes import rows, shapes

FOLDER = Path(__file__).parent / "released"
KINDS = ("sqlite", "postgresql")
VERSIONS = sorted({path.name.partition(".")[0] for path in FOLDER.glob("*.sql")})
UPDATE = os.environ.get("CASEWARDEN_UPDATE_SNAPSHOTS") == "1"
_SETTINGS = re.compile(r"^(SET |SELECT pg_catalog\.set_config|--|\\)")


def dumped(url: str) -> str:
    """A store as SQL: its tables and its rows."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            return "".join(f"{line}\n" for line in connection.iterdump())
    done = subprocess.run(
        [programs() / "pg_dump", "--inserts", "--no-owner", "--no-privileges", url],
        check=True,
        capture_output=True,
        text=True,
    )
    lines = [line for line in done.stdout.splitlines() if line and not _SETTINGS.match(line)]
    return "".join(f"{line}\n" for line in lines)


def load(url: str, sql: str) -> None:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.executescript(sql)
        return
    with psycopg.connect(url) as server:
        server.execute(sql.encode())


def contents(connection: Connection, columns: dict[str, set[str]]) -> dict[str, list[str]]:
    """The rows of tables, as far as their columns are among these; without what a step notes of itself."""
    there = MetaData()
    there.reflect(connection)
    found = {name: rows(connection, there)[name] for name in columns if name != VERSION_TABLE}
    return {
        name: sorted(
            repr(sorted((key, value) for key, value in row.items() if key in columns[name]))
            for row in table
            if row.get("name") != WORKS_WITH
        )
        for name, table in found.items()
    }


def columns_of(connection: Connection) -> dict[str, set[str]]:
    return {name: set(shape["columns"]) for name, shape in shapes(connection).items()}


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database of a kind, without tables."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'released.db'}"
    made: str = request.getfixturevalue("bare_postgres_url")
    return made


@pytest.fixture
def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_released_store_is_upgraded(version: str, kind: str, url: str, opened: Database) -> None:
    load(url, (FOLDER / f"{version}.{kind}.sql").read_text(encoding="utf-8"))
    assert current_revision(opened) == version
    with opened.read() as connection:
        columns = columns_of(connection)
        before = contents(connection, columns)
    assert all(before.values()), "there is something of everything"
    upgrade(opened)
    assert current_revision(opened) == expected_revision()
    assert check(opened).findings == ()
    with opened.write() as connection:
        assert contents(connection, columns) == before
        upgraded = shapes(connection)
        metadata.drop_all(connection)
        metadata.create_all(connection)
        assert upgraded == shapes(connection)


@pytest.mark.parametrize("kind", KINDS)
def test_this_version_is_among_them(kind: str, url: str, opened: Database) -> None:
    file = FOLDER / f"{expected_revision()}.{kind}.sql"
    upgrade(opened)
    with opened.write() as connection:
        make_small_store(connection)
        columns = columns_of(connection)
        made = shapes(connection), contents(connection, columns)
    if UPDATE:
        FOLDER.mkdir(exist_ok=True)
        file.write_text(dumped(url), encoding="utf-8")
    with opened.write() as connection:
        metadata.drop_all(connection)
        connection.execute(text(f"DROP TABLE {VERSION_TABLE}"))
    load(url, file.read_text(encoding="utf-8"))
    with opened.read() as connection:
        assert (shapes(connection), contents(connection, columns)) == made, "see the head of this file"
