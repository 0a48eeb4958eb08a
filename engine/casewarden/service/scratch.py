"""A copy of a store to try things in: the real code works on it, and nothing of it reaches anybody."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import insert, select

from casewarden.store.database import Database
from casewarden.store.schema import upgrade
from casewarden.store.tables import metadata

_AT_ONCE: Final = 2_000
_LEFT_OUT: Final = frozenset({"audit", "decision", "activation"})
"""What nothing is decided by."""


@contextmanager
def scratch(database: Database) -> Iterator[Database]:
    """A copy on SQLite in a folder that goes with it, whatever the store is on; all that is decided by is in it."""
    with tempfile.TemporaryDirectory(prefix="casewarden-") as folder:
        copy = Database(f"sqlite:///{Path(folder) / 'scratch.db'}")
        try:
            upgrade(copy)
            _fill(database, copy)
            yield copy
        finally:
            copy.close()


def _fill(database: Database, copy: Database) -> None:
    with database.read() as source, copy.write() as target:
        for table in metadata.sorted_tables:
            if table.name in _LEFT_OUT:
                continue
            target.execute(table.delete())
            found = source.execution_options(yield_per=_AT_ONCE).execute(select(table))
            for rows in found.mappings().partitions():
                target.execute(insert(table), [dict(row) for row in rows])
