"""Pairing what is expected with what happened, so that as many as possible find a partner of their own."""

from collections.abc import Callable, Sequence
from typing import TypeVar

Wanted = TypeVar("Wanted")
One = TypeVar("One")


def pair_up(
    wanted: Sequence[Wanted], ones: Sequence[One], fits: Callable[[Wanted, One], bool]
) -> tuple[list[int | None], list[int]]:
    """The index of each expectation's partner (None without one), and the indexes that are nobody's partner.

    A largest matching by augmenting paths: a general expectation never takes the only partner of a special one.
    """
    choices = [[index for index, one in enumerate(ones) if fits(expected, one)] for expected in wanted]
    owner: dict[int, int] = {}

    def place(expected: int, tried: set[int]) -> bool:
        for index in choices[expected]:
            if index in tried:
                continue
            tried.add(index)
            if index not in owner or place(owner[index], tried):
                owner[index] = expected
                return True
        return False

    for expected in range(len(wanted)):
        place(expected, set())
    partners: list[int | None] = [None] * len(wanted)
    for index, expected in owner.items():
        partners[expected] = index
    return partners, [index for index in range(len(ones)) if index not in owner]
