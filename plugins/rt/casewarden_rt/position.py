"""How far transactions were read.

They are read by number, and numbers do not become visible in their order: a transaction that takes long is committed
after others with higher numbers. So each look begins below the youngest ones, and leaves out those that it knows; now
and then one begins far below. When a look began says how much of what it read is complete: what was visible by then,
it has seen.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from casewarden.model.event import Json
from casewarden_rt.records import Transaction

OVERLAP_S: Final = 900
"""Seconds within which a transaction becomes visible, at the latest."""
_USUAL_S: Final = 120
"""Seconds within which most do: so far below the youngest ones each look begins."""
_DEEP_EVERY_S: Final = 300
"""Seconds after which a look begins below all that is younger than OVERLAP_S."""
_MOST_YOUNG: Final = 2_000
"""Transactions that are remembered one by one: of more within the overlap the oldest are taken as complete."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What is remembered of looks that came to this cursor: when the last one began, and the last deep one."""

    cursor: Json
    last: int
    deep: int


@dataclass(frozen=True, slots=True)
class Position:
    """All up to the number `after` was read, and beyond it the `young` ones, each with its second.

    `at` is the number at which a look is going on that has not come to its end, `began` the server's time in seconds
    when that look began, and `deep` when the last look began that saw all beyond `after`.
    """

    after: int = 0
    young: tuple[tuple[int, int], ...] = ()
    at: int | None = None
    began: int | None = None
    deep: int | None = None

    def start(self, looked: Looked | None, now: int) -> tuple[int, int | None]:
        """The number behind which to go on, and when the last deep look began; None where this is to be one."""
        if self.at is not None:
            return self.at, self.deep
        if looked is None:
            return self.after, None
        if now - looked.deep >= _DEEP_EVERY_S:
            return self._settled(looked.deep, OVERLAP_S).after, None
        return self._settled(looked.last, _USUAL_S).after, looked.deep

    def new_among(self, found: Iterable[Transaction]) -> list[Transaction]:
        """Those that were not read before."""
        known = {number for number, _ in self.young}
        return [one for one in found if one.id > self.after and one.id not in known]

    def with_read(self, new: Iterable[Transaction], at: int, began: int, deep: int) -> "Position":
        """The position once these were read, in a look that has come to the number `at`."""
        young = sorted({*self.young, *((one.id, one.at // 1_000_000) for one in new)})
        read = replace(self, young=tuple(young), at=at, began=began, deep=deep)
        return read._settled(deep, OVERLAP_S)  # noqa: SLF001  # of its own

    def at_end(self) -> "Position":
        """The position at the end of a look."""
        return replace(self, at=None, began=None, deep=None)

    def as_json(self) -> Json:
        """The cursor."""
        young: list[Json] = [[number, second] for number, second in self.young]
        return {"after": self.after, "young": young, "at": self.at, "began": self.began, "deep": self.deep}

    def _settled(self, began: int, overlap: int) -> "Position":
        """The position without those that were so old when a look began that it has seen all below them."""
        after, young = self.after, list(self.young)
        excess = len(young) - _MOST_YOUNG
        gone = 0
        for number, second in young:
            is_young = second > began - overlap and gone >= excess
            if is_young or (self.at is not None and number > self.at):  # a look that goes on has not come there yet
                break
            after, gone = max(after, number), gone + 1
        return replace(self, after=after, young=tuple(young[gone:]))


def position_of(cursor: Json) -> Position:
    """The position that a cursor states. ValueError for what is none of ours."""
    if cursor is None:
        return Position()
    if isinstance(cursor, dict):
        after, young = cursor.get("after"), cursor.get("young")
        at, began, deep = (_number(cursor.get(name)) for name in ("at", "began", "deep"))
        if isinstance(after, int) and isinstance(young, list):
            pairs = [(_number(one[0]), _number(one[1])) for one in young if isinstance(one, list) and len(one) == 2]
            known = tuple((one, two) for one, two in pairs if one is not None and two is not None)
            if len(known) == len(young):
                return Position(after, known, at, began, deep)
    raise ValueError("the cursor is none of the Request Tracker connector; begin anew without one")


def _number(value: Json) -> int | None:
    return value if isinstance(value, int) else None
