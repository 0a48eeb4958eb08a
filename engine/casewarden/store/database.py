"""Connections and transactions, on SQLite and on PostgreSQL.

SQLite has exactly one connection that writes, and that checkpoints too: two can corrupt a write-ahead log in versions
up to 3.51.2. Who may write is settled by `casewarden.store.place`; readers have connections of their own.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, create_engine, event, make_url, text
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool, StaticPool

_BUSY_MS: Final = 10_000
_BUSY_READERS_MS: Final = 500
_CACHE_KB: Final = 16_384
"""More made nothing faster at 200 MB, with cases asked for at random: the system keeps the rest in memory."""
_CACHE_KB_OF_READERS: Final = 2_048  # each; there may be a dozen of them, and most look at a few rows
_NOW: Final = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")


TROUBLE: Final = (OperationalError, InterfaceError, PoolTimeout)
"""What the store raises when it is in trouble itself (full, gone, locked); anything else is about what is written."""
_COLLISIONS: Final = frozenset({"40001", "40P01"})


def is_collision(problem: BaseException) -> bool:
    """Whether two transactions of PostgreSQL met, and this one was ended for the other to go on: try it again."""
    return getattr(getattr(problem, "orig", None), "sqlstate", None) in _COLLISIONS


class StoreError(Exception):
    """The store cannot be used; the message says why, and `fix` what would be right. No secret is in either."""

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.fix = fix


class Database:
    """A store that can be read from any thread and written to by one at a time.

    `own_time`: on PostgreSQL the present instant is the database's, as several machines must agree on it. Switched off,
    for a clock of its own that runs faster or stands still, it is the host's, as on SQLite.
    """

    def __init__(self, url: str, *, readonly: bool = False, own_time: bool = True) -> None:
        self.url = _url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._writing = threading.Lock()
        self._readonly = readonly
        self.own_time = own_time and not self.is_sqlite
        if self.is_sqlite:
            self._prepare_file()
            self._writer = _sqlite(self.url, StaticPool)
            self._reader = _sqlite(self.url, QueuePool, readonly=True)
        else:
            self._writer = self._reader = _postgres(self.url)

    @property
    def path(self) -> Path | None:
        """The file of an SQLite store."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that is committed at the end, or rolled back by whatever is raised."""
        if self._readonly:
            raise StoreError("this store was opened for reading only")
        if not self.is_sqlite:
            with self._writer.begin() as connection:
                yield connection
            return
        with self._writing, self._writer.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One view of the store; what others write meanwhile is not seen."""
        with self._reader.connect() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)  # noqa: PLW2901
            with connection.begin():
                yield connection

    def empty_wal(self) -> None:
        """Bring all of the write-ahead log into the file of an SQLite store and cut it to nothing.

        What was overwritten or erased is then in neither. StoreError where somebody reads an older state all the while;
        on PostgreSQL, whose log is its own, nothing is done.
        """
        if not self.is_sqlite:
            return
        with self._writing:
            connection = self._writer.raw_connection()
            cursor = connection.cursor()
            try:
                cursor.execute(f"PRAGMA busy_timeout = {_BUSY_READERS_MS}")  # deadlines wait while this does
                (busy, *_), *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
                connection.close()
        if busy:
            raise StoreError(
                f"the write-ahead log of `{self.path}` cannot be emptied while somebody reads the store",
                "end what reads it, such as a backup or an export",
            )

    def now(self, connection: Connection, host: int) -> int:
        """The present instant, by the database's clock or the host's."""
        if not self.own_time:
            return host
        return int(connection.execute(_NOW).scalar_one())

    def engine(self) -> Engine:
        """The engine that writes, for migrations and for LISTEN."""
        return self._writer

    def end_idle_transactions(self, seconds: float) -> None:
        """Let PostgreSQL end a transaction of this process in which nothing happens for so long."""
        statement = f"SET idle_in_transaction_session_timeout = {int(seconds * 1000)}"

        @event.listens_for(self._writer, "connect")
        def _connected(connection: Any, _: Any) -> None:
            connection.execute(statement)
            connection.commit()

        self._writer.dispose()

    def close(self) -> None:
        """Give back all connections."""
        self._writer.dispose()
        self._reader.dispose()

    def _prepare_file(self) -> None:
        path = self.path
        if path is None or str(path) == ":memory:":
            raise StoreError("an SQLite store needs a file", "write `sqlite:///casewarden.db`")
        if not path.parent.is_dir():
            raise StoreError(f"there is no folder `{path.parent}` for the store", f"mkdir -p {path.parent}")
        if not path.exists():
            if self._readonly:
                raise StoreError(f"there is no store `{path}` yet", "`casewarden serve` makes it")
            path.touch(mode=0o600)
        elif not os.access(path, os.R_OK):
            raise StoreError(f"the store `{path}` cannot be read", "run this as the user whom it belongs to")


def _url(text_: str) -> URL:
    try:
        url = make_url(text_)
    except ArgumentError:
        raise StoreError("`store` is no database address", "write `sqlite:///casewarden.db`") from None
    match url.get_backend_name():
        case "sqlite":
            return url.set(drivername="sqlite+pysqlite")
        case "postgresql" | "postgres":
            return url.set(drivername="postgresql+psycopg")
        case other:
            raise StoreError(f"a store cannot be `{other}`", "use sqlite:/// or postgresql://")


def _sqlite(url: URL, pool: Any, *, readonly: bool = False) -> Engine:
    # autocommit at the driver: transactions are begun below, and immediately, so that none has to be upgraded
    engine = create_engine(url, poolclass=pool, connect_args={"check_same_thread": False, "isolation_level": None})

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            f"busy_timeout = {_BUSY_MS}",
            f"cache_size = -{_CACHE_KB if not readonly else _CACHE_KB_OF_READERS}",
            "temp_store = MEMORY",
            "secure_delete = ON",  # what was erased must not be left in pages that nothing refers to
            f"query_only = {'ON' if readonly else 'OFF'}",
        ):
            if readonly and pragma.startswith("journal_mode"):
                continue
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")

    return engine


def _postgres(url: URL) -> Engine:
    try:
        import psycopg  # noqa: F401, PLC0415  # the extra may be missing
    except ImportError:
        raise StoreError("PostgreSQL needs its driver", "pip install 'casewarden[postgres]'") from None
    return create_engine(url, poolclass=QueuePool, pool_size=4, max_overflow=8, pool_pre_ping=True)
