"""Which fault of the store an error tells of: with errors of the databases themselves."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import sqlalchemy
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from casewarden.telemetry.failures import store_fault


def raised(act: Callable[[], object]) -> Exception:
    with pytest.raises((DBAPIError, sqlite3.Error, psycopg.Error)) as caught:
        act()
    return caught.value


def run(path: Path, *statements: str) -> Exception:
    """What SQLAlchemy raises for the last of these statements."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 0})
    try:
        with engine.connect() as connection:
            for statement in statements[:-1]:
                connection.execute(text(statement))
            return raised(lambda: connection.execute(text(statements[-1])))
    finally:
        engine.dispose()


def test_a_full_database_is_full(tmp_path: Path) -> None:
    error = run(
        tmp_path / "a", "PRAGMA max_page_count = 2", "CREATE TABLE a (b)", "INSERT INTO a VALUES (zeroblob(99999))"
    )
    assert store_fault(error) == "full"


def test_a_database_that_may_not_be_written_is_read_only(tmp_path: Path) -> None:
    assert store_fault(run(tmp_path / "a", "PRAGMA query_only = 1", "CREATE TABLE a (b)")) == "read_only"


def test_a_database_that_somebody_else_writes_is_busy(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "a", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert store_fault(run(tmp_path / "a", "CREATE TABLE a (b)")) == "busy"
    other.close()


def test_a_file_that_is_no_database_is_corrupt(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"no database" * 100)
    assert store_fault(run(tmp_path / "a", "SELECT * FROM a")) == "corrupt"


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/none/a")
    assert store_fault(raised(engine.connect)) == "unavailable"


def test_a_statement_that_is_wrong_is_something_else(tmp_path: Path) -> None:
    error = run(tmp_path / "a", "CREATE TABLE a (b UNIQUE)", "INSERT INTO a VALUES (1)", "INSERT INTO a VALUES (1)")
    assert store_fault(error) == "other"
    assert store_fault(run(tmp_path / "b", "SELECT * FROM nowhere")) == "other"


def test_a_server_that_does_not_answer_is_unavailable() -> None:
    engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none", connect_args={"connect_timeout": 2})
    assert store_fault(raised(engine.connect)) == "unavailable"


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (psycopg.errors.DiskFull, "full"),
        (psycopg.errors.ReadOnlySqlTransaction, "read_only"),
        (psycopg.errors.SerializationFailure, "busy"),
        (psycopg.errors.DeadlockDetected, "busy"),
        (psycopg.errors.LockNotAvailable, "busy"),
        (psycopg.errors.AdminShutdown, "unavailable"),
        (psycopg.errors.CannotConnectNow, "unavailable"),
        (psycopg.errors.ConnectionFailure, "unavailable"),
        (psycopg.errors.TooManyConnections, "unavailable"),
        (psycopg.errors.DataCorrupted, "corrupt"),
        (psycopg.errors.IndexCorrupted, "corrupt"),
        (psycopg.errors.UniqueViolation, "other"),
    ],
)
def test_postgresqls_codes_are_known(error: type[psycopg.Error], fault: str) -> None:
    wrapped = sqlalchemy.exc.OperationalError("SELECT 1", None, error("Dear all"))
    wrapped.__cause__ = wrapped.orig
    assert store_fault(error("Dear all")) == fault
    assert store_fault(wrapped) == fault
