"""Row numbers taken in advance, so that rows of several tables can be written in batches that name each other."""

from typing import Final

from sqlalchemy import Connection, Table

from casewarden.store.statements import Statement

_POSTGRES: Final = Statement("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")


def next_ids(connection: Connection, table: Table, count: int) -> list[int]:
    """Return so many numbers that no other row of the table has; a transaction that is rolled back wastes them."""
    if count == 0:
        return []
    if connection.dialect.name == "sqlite":  # only one connection writes, and the transaction has begun
        last = connection.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {table.name}").scalar_one()  # noqa: S608  # our own table
        return list(range(last + 1, last + 1 + count))
    return list(_POSTGRES.ask(connection, table=table.name, count=count).scalars())
