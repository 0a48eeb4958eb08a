"""How the fake helpdesk fails, by seeded chance."""

from dataclasses import dataclass
from random import Random
from typing import Final

KINDS: Final = (
    "lost_before",
    "lost_after",
    "killed_before",
    "killed_after",
    "retry",
    "retry_after",
    "html",
    "conflict",
)


@dataclass(frozen=True, slots=True)
class Faults:
    """How an attempt may end, each with its chance from 0 to 1; what is left of 1 is the chance that it goes well.

    Nothing is done: `lost_before` (no connection), `killed_before` (the sidecar is killed), `retry` and `retry_after`
    (429), `html` (502), `conflict`. It is done all the same: `lost_after`, `killed_after`. An action is met by at most
    `most` of them. `rejects` are the kinds of action that are refused always. `slow` actions take `slow_seconds`.

    Of events, `twice` are delivered again with the next page, `held` with the next page only; `poll_lost` is the chance
    that asking for news fails.
    """

    seed: int = 0
    lost_before: float = 0
    lost_after: float = 0
    killed_before: float = 0
    killed_after: float = 0
    retry: float = 0
    retry_after: float = 0
    html: float = 0
    conflict: float = 0
    most: int = 3
    rejects: tuple[str, ...] = ()
    slow: float = 0
    slow_seconds: float = 0.01
    twice: float = 0
    held: float = 0
    poll_lost: float = 0

    def fate(self, key: str, number: int) -> str:
        """How the attempt of a number (from 1) at an action ends: the name of a fault, or `well`."""
        left = Random(f"{self.seed}/{key}/{number}").random()
        for fault in KINDS if number <= self.most else ():
            left -= float(getattr(self, fault))
            if left < 0:
                return fault
        return "well"

    def happens(self, chance: float, *about: object) -> bool:
        """Whether something of a chance happens to what it is about."""
        return Random("/".join(map(str, (self.seed, *about)))).random() < chance


NONE: Final = Faults()
EVERYTHING: Final = Faults(
    lost_before=0.1,
    lost_after=0.15,
    retry=0.05,
    retry_after=0.05,
    html=0.05,
    conflict=0.05,
    twice=0.2,
    held=0.2,
    poll_lost=0.05,
)
"""All faults but kills and rejections, often enough that a hundred actions meet each of them."""
