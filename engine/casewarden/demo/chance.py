"""Chance with a name: the same name gives the same course, on every machine and whatever else happens."""

import math
import random
from collections.abc import Sequence
from typing import TypeVar

_T = TypeVar("_T")


class Chance:
    """One course of chance. Only `random()` is asked, whose numbers Python keeps from version to version."""

    def __init__(self, name: str) -> None:
        self._random = random.Random(name).random  # noqa: S311  # not a secret

    def of(self, share: float) -> bool:
        """Whether something comes true that does so in this share of cases."""
        return self._random() < share

    def between(self, low: float, high: float) -> float:
        """A number between two, each as likely as the others."""
        return low + (high - low) * self._random()

    def around(self, median: float, spread: float = 0.6) -> float:
        """A length with this median and a longer tail to the right, at most six times the median."""
        normal = sum(self._random() for _ in range(12)) - 6
        return min(median * math.exp(spread * normal), 6 * median)

    def gap(self, rate: float) -> float:
        """How long until the next of things that come `rate` times in a unit of time, whenever the last one was."""
        return -math.log(1 - self._random()) / rate

    def pick(self, things: Sequence[_T]) -> _T:
        """One of several."""
        return things[int(self._random() * len(things))]

    def weighted(self, things: Sequence[tuple[_T, float]]) -> _T:
        """One of several, each as likely as its weight says."""
        spot = self._random() * sum(weight for _, weight in things)
        for thing, weight in things:
            spot -= weight
            if spot < 0:
                return thing
        return things[-1][0]
