"""Stores come from any version to the one that is needed, with every row; what is unknown is refused."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from casewarden.store import schema
from casewarden.store.database import Database, StoreError
from casewarden.store.migrations import VERSION_TABLE, WORKS_WITH
from casewarden.store.schema import Upgrade, current_revision, expected_revision, require_schema, upgrade
from casewarden.store.tables import metadata
from support.table_shapes import fill, rows, shapes

NEWEST = expected_revision()
NEXT = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, works_with = "9001", {last!r}, "9001"

def upgrade():
    anew = "always" if op.get_bind().dialect.name == "sqlite" else "auto"
    with op.batch_alter_table("event", recreate=anew) as batch:
        batch.add_column(sa.Column("place", sa.Text(), nullable=True))
    {then}
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A store without tables."""
    path = tmp_path / "casewarden.db"
    url = f"sqlite:///{path}" if request.param == "sqlite" else request.getfixturevalue("bare_postgres_url")
    opened = Database(url)
    yield opened
    opened.close()


@pytest.fixture
def next_version(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Migrations with one more step than the store has: it builds a table anew to which others refer."""
    assert store_url, "made by the steps that there are"
    folder = tmp_path / "migrations"
    shutil.copytree(schema._FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    step = folder / "versions" / "v9001_next.py"
    step.write_text(NEXT.format(last=expected_revision(), then=""), encoding="utf-8")
    monkeypatch.setattr(schema, "_FOLDER", folder)
    return step


def state(database: Database, name: str, value: str) -> None:
    with database.write() as connection:
        where = {"name": name, "value": value}
        if name == VERSION_TABLE:
            connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = :value"), where)
        else:
            connection.execute(text("UPDATE setting SET value = :value WHERE name = :name"), where)


def test_upgrading_leads_to_the_tables_as_they_are_described(empty: Database) -> None:
    assert current_revision(empty) is None
    assert upgrade(empty) == Upgrade(None, expected_revision())
    assert current_revision(empty) == expected_revision()
    require_schema(empty)
    with empty.engine().connect() as connection:
        options = {"compare_type": True, "compare_server_default": True, "version_table": VERSION_TABLE}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
        upgraded = shapes(connection)
        metadata.drop_all(connection)
        metadata.create_all(connection)
        assert upgraded == shapes(connection)


def test_versions_are_those_that_alembic_finds() -> None:
    steps = ScriptDirectory(str(schema._FOLDER)).walk_revisions()
    assert schema._revisions() == [step.revision for step in steps]


def test_a_difference_would_be_found(empty: Database) -> None:
    upgrade(empty)
    with empty.write() as connection:
        before = shapes(connection)
        connection.execute(text("DROP INDEX ix_outbox_due"))
        connection.execute(text("CREATE INDEX ix_outbox_due ON outbox (slot, next_try) WHERE state = 'dead'"))
        after = shapes(connection)
    assert after["outbox"] != before["outbox"]
    assert {name for name in before if after[name] != before[name]} == {"outbox"}


def test_upgrading_again_does_nothing(empty: Database) -> None:
    upgrade(empty)
    with empty.write() as connection:
        fill(connection, metadata)
        before = rows(connection, metadata)
    assert upgrade(empty) == Upgrade(expected_revision(), expected_revision())
    with empty.read() as connection:
        assert rows(connection, metadata) == before


def test_several_processes_may_upgrade_at_once(bare_postgres_url: str) -> None:
    program = (
        "import sys; from casewarden.store.database import Database; from casewarden.store.schema import upgrade\n"
        "print('ready', flush=True); sys.stdin.readline(); print(upgrade(Database(sys.argv[1])).before)"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, bare_postgres_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("now\n")
        process.stdin.flush()
    said = sorted(process.communicate()[0].strip() for process in started)
    assert said == [expected_revision(), expected_revision(), "None"]


def test_who_waits_too_long_for_another_is_told(bare_postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "_PATIENCE_S", 0)
    database = Database(bare_postgres_url)
    # in no transaction: an index that is made concurrently would wait for its end
    with psycopg.connect(bare_postgres_url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [schema._LOCK])
        with pytest.raises(StoreError, match="another process has been upgrading the store"):
            upgrade(database)
        other.execute("SELECT pg_advisory_unlock(%s)", [schema._LOCK])
        assert upgrade(database).before is None
    database.close()


@pytest.mark.usefixtures("next_version")
def test_a_step_keeps_every_row_and_what_refers_to_it(database: Database) -> None:
    with database.write() as connection:
        fill(connection, metadata)
        before = rows(connection, metadata)
    with pytest.raises(
        StoreError, match=f"the store is of version {NEWEST}, and this Casewarden needs 9001"
    ) as refused:
        require_schema(database)
    assert refused.value.fix == "casewarden db upgrade"
    done = upgrade(database)
    assert (done.before, done.after) == (NEWEST, "9001")
    require_schema(database)
    with database.write() as connection:
        after = rows(connection, metadata)
        assert connection.execute(text("SELECT place FROM event")).scalar() is None
        with pytest.raises(Exception, match=r"(?i)foreign key"), connection.begin_nested():
            connection.execute(text("DELETE FROM event"))
    assert {"name": WORKS_WITH, "value": "9001"} in after.pop("setting")
    del before["setting"]
    assert after == before


@pytest.mark.usefixtures("next_version")
def test_a_store_on_sqlite_is_copied_before(database: Database) -> None:
    with database.write() as connection:
        fill(connection, metadata)
        before = rows(connection, metadata)
    copy = upgrade(database).copy
    if not database.is_sqlite:
        assert copy is None
        return
    assert copy is not None
    assert copy.name == "casewarden.db.before-9001"
    assert copy.stat().st_mode & 0o077 == 0
    kept = Database(f"sqlite:///{copy}")
    assert current_revision(kept) == NEWEST
    with kept.read() as connection:
        assert rows(connection, metadata) == before
    kept.close()


@pytest.mark.parametrize("then", ["raise ValueError('a step fails')", "op.execute('DELETE FROM contact')"])
def test_a_step_that_fails_leaves_the_store_as_it_was(database: Database, next_version: Path, then: str) -> None:
    next_version.write_text(NEXT.format(last=NEWEST, then=then), encoding="utf-8")
    with database.write() as connection:
        fill(connection, metadata)
        before = rows(connection, metadata)
    with pytest.raises(StoreError if "DELETE" in then else ValueError, match=r"a step fails|refer|foreign key"):
        upgrade(database)
    assert current_revision(database) == NEWEST
    with database.write() as connection:
        assert rows(connection, metadata) == before
        assert "place" not in shapes(connection)["event"]["columns"]
        with pytest.raises(Exception, match=r"(?i)foreign key"), connection.begin_nested():
            connection.execute(text("DELETE FROM contact"))


def test_a_step_may_index_a_table_that_is_in_use(database: Database, next_version: Path) -> None:
    """PostgreSQL then waits for whoever has looked at any table before; the lock of the upgrade is not among them."""
    index = "op.create_index('ix_event_place', 'event', ['place'], postgresql_concurrently=True)"
    if database.is_sqlite:
        next_version.write_text(NEXT.format(last=NEWEST, then=index), encoding="utf-8")
    else:
        then = f"with op.get_context().autocommit_block():\n        {index}"
        next_version.write_text(NEXT.format(last=NEWEST, then=then), encoding="utf-8")
    assert upgrade(database).after == "9001"
    with database.read() as connection:
        assert "ix_event_place" in repr(shapes(connection)["event"]["indexes"])


def test_a_newer_store_is_refused(database: Database) -> None:
    state(database, VERSION_TABLE, "9001")
    state(database, WORKS_WITH, "9000")
    for use in (require_schema, upgrade):
        with pytest.raises(
            StoreError, match="the store is of version 9001, and this Casewarden knows versions up to 00"
        ):
            use(database)
    assert current_revision(database) == "9001"


def test_a_newer_store_that_works_with_this_version_is_used_as_it_is(database: Database) -> None:
    state(database, VERSION_TABLE, "9001")
    require_schema(database)
    assert upgrade(database) == Upgrade("9001", "9001")


def test_a_store_without_tables_is_refused(empty: Database) -> None:
    with pytest.raises(StoreError, match="the store has no tables yet") as refused:
        require_schema(empty)
    assert refused.value.fix == "casewarden db upgrade"


def test_another_applications_tables_are_left_alone(empty: Database) -> None:
    with empty.write() as connection:
        connection.execute(text("CREATE TABLE ticket (id integer)"))
    with pytest.raises(StoreError, match="tables of another application") as refused:
        upgrade(empty)
    assert refused.value.fix == "give Casewarden a database of its own"
    with empty.read() as connection:
        assert set(shapes(connection)) == {"ticket"}


def test_a_file_that_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "casewarden.db"
    path.write_bytes(b"this is a letter, and no database at all" * 100)
    database = Database(f"sqlite:///{path}")
    with pytest.raises(StoreError, match=f"the store `{path}`: file is not a database"):
        upgrade(database)
    database.close()


@pytest.mark.parametrize("address", ["me:secret@/casewarden?", "me@/casewarden?password=secret&"])
def test_a_server_that_is_not_there(address: str, tmp_path: Path) -> None:
    database = Database(f"postgresql://{address}host={tmp_path}&connect_timeout=2")
    with pytest.raises(StoreError, match="connection to server on socket") as refused:
        upgrade(database)
    assert "secret" not in str(refused.value)
    database.close()


def test_steps_are_numbered_without_a_gap_and_say_with_whom_they_work() -> None:
    script = ScriptDirectory(str(schema._FOLDER))
    steps = list(script.walk_revisions())[::-1]
    assert [step.revision for step in steps] == [f"{number:04}" for number in range(1, len(steps) + 1)]
    for step in steps:
        assert step.module.works_with in {step.revision, step.down_revision}
        assert not hasattr(step.module, "downgrade"), "a store goes forward; back is a backup"
