"""Looking for a case: values of the axes under which several conditions have the truths that are asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from casewarden.analysis.axes import Space
from casewarden.analysis.formula import Formula, Truths, axes_of, truths
from casewarden.ruleset.terms import Value

MOST_STEPS: Final = 10_000
"""Values tried for one question; beyond that it is not decided."""

Case = dict[str, Value | None]


class Open(Enum):
    """The answer to a question that was given up."""

    NOT_DECIDED = "not decided"


NOT_DECIDED: Final = Open.NOT_DECIDED


@dataclass(frozen=True, slots=True)
class Goal:
    """A formula, and the truths of which it must have one."""

    formula: Formula
    wanted: Truths = Truths.TRUE


class _GivenUp(Exception):  # noqa: N818  # a way out, not an error
    """More steps than allowed."""


def find(space: Space, goals: Iterable[Goal], most: int = MOST_STEPS) -> Case | Open | None:
    """A case that meets all goals, with no more axes than it takes; None where there is none.

    Values are tried in the order of their axes, so the same ruleset gives the same case; unknown is tried last.
    """
    wanted = list(goals)
    search = _Search(space, wanted, most)
    try:
        return search.case if search.go({}) else None
    except _GivenUp:
        return NOT_DECIDED


class _Search:
    def __init__(self, space: Space, goals: Sequence[Goal], most: int) -> None:
        self.space = space
        self.goals = goals
        self.axes = [axes_of(goal.formula) for goal in goals]
        self.left = most
        self.case: Case = {}

    def go(self, given: Case) -> bool:
        """Try to complete what is given; the case found is kept in `case`."""
        following: str | None = None
        for goal, axes in zip(self.goals, self.axes, strict=True):
            possible = truths(goal.formula, given)
            if not possible & goal.wanted:
                return False
            if following is None and possible & ~goal.wanted:
                following = next(axis for axis in axes if axis not in given)
        if following is None:
            self.case = dict(given)
            return True
        for value in self.space.values[following]:
            self.left -= 1
            if self.left < 0:
                raise _GivenUp
            given[following] = value
            if self.go(given):
                return True
            del given[following]
        return False
