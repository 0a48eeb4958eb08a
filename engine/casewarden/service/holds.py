"""Who may write of which partitions within one transaction: locks of PostgreSQL that fall when it ends.

Whoever decides, delivers or changes subjects of a partition holds it while it writes. So a process that was taken for
dead and goes on all the same never writes between what its successor reads and what that writes.
"""

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import Connection, text

PARTITION_LOCK: Final = 0x4357_0002
"""The first number of a partition's advisory lock; the second is its first slot."""

Hold = Callable[[Connection, Sequence[range]], Sequence[range]]
"""Takes partitions until the transaction ends, and returns those that it got."""

_TAKE: Final = text(
    "SELECT start FROM unnest(CAST(:starts AS integer[])) AS start WHERE pg_try_advisory_xact_lock(:lock, start)"
)


def hold_free(connection: Connection, slots: Sequence[range]) -> Sequence[range]:
    """Take the partitions that nobody else holds; SQLite has one that writes, and it holds all."""
    if connection.dialect.name == "sqlite" or not slots:
        return slots
    starts = [part.start for part in slots]
    taken = set(connection.execute(_TAKE, {"lock": PARTITION_LOCK, "starts": starts}).scalars())
    return [part for part in slots if part.start in taken]
