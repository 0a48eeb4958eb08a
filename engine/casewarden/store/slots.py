"""Slots: the hash of a subject's name, fixed for ever; a partition is a range of them."""

from functools import lru_cache
from hashlib import blake2b

from casewarden.store.tables import SLOTS


@lru_cache(65_536)
def slot_of(name: str) -> int:
    """Return the slot of a subject, the same in every version and on every machine."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) % SLOTS


def partition(number: int, of: int) -> range:
    """Return the slots of one of so many partitions; together they are all, and none is in two."""
    return range(number * SLOTS // of, (number + 1) * SLOTS // of)


ALL_SLOTS = range(SLOTS)
