"""What a database says of its tables, in a form that does not depend on the order in which they were made."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, LargeBinary, MetaData, inspect

from casewarden.store.migrations import VERSION_TABLE


def shapes(connection: Connection) -> dict[str, dict[str, Any]]:
    """Columns, keys, conditions and indexes of every table but the one with the version."""
    found = inspect(connection)
    return {
        name: {
            "columns": {
                one["name"]: (str(one["type"]), one["nullable"], one["default"], one.get("comment"))
                for one in found.get_columns(name)
            },
            "primary key": found.get_pk_constraint(name)["constrained_columns"],
            "unique": _sorted(one["column_names"] for one in found.get_unique_constraints(name)),
            "refers to": _sorted(
                (one["constrained_columns"], one["referred_table"], one["referred_columns"])
                for one in found.get_foreign_keys(name)
            ),
            "conditions": _sorted((one["name"], one["sqltext"]) for one in found.get_check_constraints(name)),
            "indexes": _sorted(
                (one["name"], one["column_names"], one["unique"], _where(one.get("dialect_options", {})))
                for one in found.get_indexes(name)
            ),
        }
        for name in found.get_table_names()
        if name != VERSION_TABLE
    }


def fill(connection: Connection, metadata: MetaData) -> None:
    """Put one row into every table, with a value in every column."""
    for table in metadata.sorted_tables:
        row: dict[str, Any] = {}
        for column in table.columns:
            if column.type.python_type is int:
                row[column.name] = 1
            elif column.type.python_type is bool:
                row[column.name] = True
            else:
                row[column.name] = b"\x01" if isinstance(column.type, LargeBinary) else f"a {column.name}"
        if table.name == "outbox":
            row["state"] = "applied"
        connection.execute(table.insert(), row)


def rows(connection: Connection, metadata: MetaData) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    return {
        table.name: [dict(row) for row in connection.execute(table.select()).mappings()]
        for table in metadata.sorted_tables
    }


def _sorted(values: Iterable[Any]) -> list[str]:
    return sorted(map(repr, values))


def _where(options: dict[str, Any]) -> str | None:
    return next((str(value) for name, value in options.items() if name.endswith("_where")), None)
