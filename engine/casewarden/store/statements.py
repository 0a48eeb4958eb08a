"""Statements that are carried out all the time: written once for both databases, and given to the driver as they are.

To make SQLAlchemy prepare the values of each row costs two or three times what the databases take to write it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, CursorResult

_VALUE: Final = re.compile(r":(\w+)(\*?)")


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
        return connection.exec_driver_sql(self._text(connection), values).rowcount

    def ask(self, connection: Connection, **values: Any) -> CursorResult[Any]:
        """Carry it out once; what it gives."""
        is_sqlite = connection.dialect.name == "sqlite"
        given = tuple(
            json.dumps(list(values[name])) if is_sqlite and name in self._lists else values[name]
            for name in self._names
        )
        return connection.exec_driver_sql(self._text(connection), given)

    def _text(self, connection: Connection) -> str:
        return self._sqlite if connection.dialect.name == "sqlite" else self._postgres


statement: Final = lru_cache(256)(Statement)
"""The statement of a text that is put together where it is asked, such as one for some partitions."""
