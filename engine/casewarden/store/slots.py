"""Slots: the hash of a subject's name, fixed for ever; a partition is a range of them."""

from collections.abc import Sequence
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


def partitions(of: int) -> list[range]:
    """Return the slots of all of so many partitions."""
    return [partition(number, of) for number in range(of)]


def in_slots(slots: Sequence[range]) -> tuple[str, dict[str, int]]:
    """The condition for ranges of slots; neighbouring ranges are one, and no range is nothing."""
    if not slots:
        return "false", {}
    merged: list[list[int]] = []
    for part in sorted(slots, key=lambda each: each.start):
        if merged and merged[-1][1] == part.start:
            merged[-1][1] = part.stop
        else:
            merged.append([part.start, part.stop])
    if merged == [[0, SLOTS]]:
        return "true", {}
    values = {f"slot_{n}_{side}": bounds[side] for n, bounds in enumerate(merged) for side in (0, 1)}
    return f"({' OR '.join(f'(slot >= :slot_{n}_0 AND slot < :slot_{n}_1)' for n in range(len(merged)))})", values


def is_in(slot: int, slots: Sequence[range]) -> bool:
    """Whether a slot is in one of the ranges."""
    return any(slot in part for part in slots)


ALL_SLOTS = range(SLOTS)
