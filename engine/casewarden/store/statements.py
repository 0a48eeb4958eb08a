"""Statements that are carried out all the time: written once for both databases, and given to the driver as they are.

To make SQLAlchemy prepare the values of each row costs two or three times what the databases take to write it, and to
make it describe the rows of each answer anew as much as they take to find a few. Connections and transactions are
SQLAlchemy's all the same, and so are the exceptions.
"""

import json
import re
from collections import namedtuple
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection

_VALUE: Final = re.compile(r":(\w+)(\*?)")


class Answer:
    """The rows that a statement gives, all of them at hand, each with its columns as attributes."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Sequence[Any]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> Sequence[Any]:
        """All rows."""
        return self._rows

    def first(self) -> Any:
        """The first row; None where there is none."""
        return self._rows[0] if self._rows else None

    def scalars(self) -> list[Any]:
        """The first column of all rows."""
        return [row[0] for row in self._rows]

    def scalar(self) -> Any:
        """The first column of the first row; None where there is none."""
        return self._rows[0][0] if self._rows else None


class Statement:
    """SQL in which `:name` stands for a value, and `IN :name*` or `NOT IN :name*` for a list of them.

    The text has no other colons, and values are of the driver's own types: nothing is converted.
    """

    def __init__(self, sql: str) -> None:
        found = _VALUE.findall(sql)
        self._names = [name for name, _ in found]
        self._lists = frozenset(name for name, star in found if star)
        self._sqlite = _VALUE.sub("?", re.sub(r":\w+\*", "(SELECT value FROM json_each(?))", sql))
        told = re.sub(r"NOT IN :\w+\*", "<> ALL(%s)", sql.replace("%", "%%"))
        self._postgres = _VALUE.sub("%s", re.sub(r"IN :\w+\*", "= ANY(%s)", told))
        self._get = itemgetter(*self._names) if len(self._names) > 1 else None

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Carry it out for each row, of which there is at least one; how many rows of the table that touched."""
        if (get := self._get) is not None:
            values = [get(row) for row in rows]
        else:
            (name,) = self._names
            values = [(row[name],) for row in rows]
        sql = self._text(connection)
        if _is_listened_to(connection):
            return connection.exec_driver_sql(sql, values).rowcount
        with _Cursor(connection, sql) as cursor:
            if len(values) == 1:
                cursor.execute(sql, values[0])
            else:
                cursor.executemany(sql, values)
            touched: int = cursor.rowcount
            return touched

    def ask(self, connection: Connection, **values: Any) -> Answer:
        """Carry it out once; what it gives."""
        is_sqlite = connection.dialect.name == "sqlite"
        given = tuple(
            json.dumps(list(values[name])) if is_sqlite and name in self._lists else values[name]
            for name in self._names
        )
        sql = self._text(connection)
        if _is_listened_to(connection):
            return Answer(connection.exec_driver_sql(sql, given).all())
        with _Cursor(connection, sql) as cursor:
            cursor.execute(sql, given)
            make = _row_of(*(column[0] for column in cursor.description))
            return Answer([make(row) for row in cursor.fetchall()])

    def _text(self, connection: Connection) -> str:
        return self._sqlite if connection.dialect.name == "sqlite" else self._postgres


class _Cursor:
    """A cursor of the driver within the connection's transaction; what it raises is raised as SQLAlchemy does."""

    __slots__ = ("_connection", "_cursor", "_sql")

    def __init__(self, connection: Connection, sql: str) -> None:
        self._connection = connection
        self._sql = sql

    def __enter__(self) -> Any:
        connection = self._connection
        if not connection.in_transaction():
            connection.begin()
        self._cursor = connection.connection.cursor()
        return self._cursor

    def __exit__(self, _: object, problem: BaseException | None, __: object) -> None:
        if isinstance(problem, self._connection.dialect.loaded_dbapi.Error):
            # it notes a connection that is lost, so that the pool gives it to nobody else
            self._connection._handle_dbapi_exception(problem, self._sql, None, self._cursor, None)  # noqa: SLF001
        self._cursor.close()


def _is_listened_to(connection: Connection) -> bool:
    """Whether somebody wants to hear of each statement: then it goes the long way."""
    return bool(connection.engine.dispatch.before_cursor_execute)


@lru_cache(512)
def _row_of(*columns: str) -> Any:
    """What makes a row of values in order; an expression without a name has no attribute of its own."""
    of_columns: Any = namedtuple  # noqa: PYI024  # columns are known when they come, not to a type checker
    return of_columns("Row", columns, rename=True)._make


statement: Final = lru_cache(256)(Statement)
"""The statement of a text that is put together where it is asked, such as one for some partitions."""
