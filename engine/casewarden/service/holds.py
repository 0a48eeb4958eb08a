"""Who may write of which partitions within one transaction: locks of PostgreSQL that fall when it ends.

Whoever decides, delivers or changes subjects of a partition holds it while it writes. So a process that was taken for
dead and goes on all the same never writes between what its successor reads and what that writes. Whoever changes what
all partitions go by, or subjects of any, holds all of them: `hold_all`.
"""

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import Connection, text

PARTITION_LOCK: Final = 0x4357_0002
"""The first number of a partition's advisory lock; the second is its first slot."""

ALL_LOCK: Final = (0x4357_0005, 0)
"""The lock that is shared by whoever holds partitions, and taken alone by who holds all."""

Hold = Callable[[Connection, Sequence[range]], Sequence[range]]
"""Takes partitions until the transaction ends, and returns those that it got."""

_SHARE: Final = text("SELECT pg_try_advisory_xact_lock_shared(:lock, :key)")
_ALONE: Final = text("SELECT pg_advisory_xact_lock(:lock, :key)")
_TAKE: Final = text(
    "SELECT start FROM unnest(CAST(:starts AS integer[])) AS start WHERE pg_try_advisory_xact_lock(:lock, start)"
)


def hold_free(connection: Connection, slots: Sequence[range]) -> Sequence[range]:
    """Take the partitions that nobody else holds; SQLite has one that writes, and it holds all."""
    if connection.dialect.name == "sqlite" or not slots:
        return slots
    if not share_all(connection):
        return ()
    starts = [part.start for part in slots]
    taken = set(connection.execute(_TAKE, {"lock": PARTITION_LOCK, "starts": starts}).scalars())
    return [part for part in slots if part.start in taken]


def share_all(connection: Connection) -> bool:
    """Keep others from holding all partitions until the transaction ends; False where somebody does or waits for it."""
    lock, key = ALL_LOCK
    return bool(connection.execute(_SHARE, {"lock": lock, "key": key}).scalar_one())


def hold_all(connection: Connection) -> None:
    """Wait until nobody holds a partition, and let nobody take one before the transaction ends.

    Begin a transaction with it: who waits for something else meanwhile could wait for ever.
    """
    if connection.dialect.name != "sqlite":
        lock, key = ALL_LOCK
        connection.execute(_ALONE, {"lock": lock, "key": key})
