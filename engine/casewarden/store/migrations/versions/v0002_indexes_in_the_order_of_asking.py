"""Indexes in the order in which mail and wake-ups are asked for, and one for what a subject watches."""

from alembic import op

revision = "0002"
down_revision = "0001"
works_with = "0001"
"""The oldest version whose processes may go on running once this step is done."""

_MADE = (("ix_mailbox_behind_id", "mailbox", ["behind", "id"]), ("ix_watch_watcher", "watch", ["watcher"]))
_DROPPED = (("ix_mailbox_behind_slot_id", "mailbox"), ("ix_wakeup_slot_due_at", "wakeup"))


def upgrade() -> None:
    """Make the new ones, then drop those in whose place they stand: older processes ask the same, only slower."""
    if op.get_bind().dialect.name == "sqlite":
        for name, table, columns in _MADE:
            op.create_index(name, table, columns)
        for name, table in _DROPPED:
            op.drop_index(name, table)
        return
    with op.get_context().autocommit_block():
        for name, table, columns in _MADE:
            # one that was broken off is there, and is of no use
            op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
            op.create_index(name, table, columns, postgresql_concurrently=True)
        for name, table in _DROPPED:
            op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
