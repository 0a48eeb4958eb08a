"""What Alembic runs for each command: our tables, over the connection that `casewarden.store.schema` hands it."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import BigInteger, text

from casewarden.store.migrations import VERSION_TABLE, WORKS_WITH
from casewarden.store.tables import metadata


def _remember(ctx: Any, step: Any, heads: Any, run_args: Any) -> None:  # noqa: ARG001  # Alembic passes all by name
    """Note in the transaction of a step with which processes its result works."""
    insert = "INSERT INTO setting (name, value) VALUES (:name, :value)"
    ctx.connection.execute(
        text(f"{insert} ON CONFLICT (name) DO UPDATE SET value = excluded.value"),
        {"name": WORKS_WITH, "value": step.up_revision.module.works_with},
    )


def _written(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Write our column type by its name; False leaves the rest to Alembic."""
    return "BIG" if kind == "type" and isinstance(item, BigInteger) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_item=_written,
    render_as_batch=True,  # SQLite changes a table by building it anew
    compare_type=True,
    compare_server_default=True,
    transaction_per_migration=True,
    on_version_apply=_remember,
)
with context.begin_transaction():
    context.run_migrations()
