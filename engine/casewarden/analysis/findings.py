"""What the analyses share: the ruleset with its axes, where findings go, and what was not decided."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from casewarden.analysis.axes import Space
from casewarden.analysis.formula import NOT_TRUE, TRUE, And, Formula, Truths
from casewarden.analysis.search import MOST_STEPS, Case, Goal, Open, find
from casewarden.ruleset.diagnostics import Diagnostics, Place
from casewarden.ruleset.syntax import Rule, Ruleset
from casewarden.ruleset.terms import Condition

__all__ = ["NOT_TRUE", "TRUE", "Analysis", "Case", "Goal", "Open"]


@dataclass(slots=True)
class Analysis:
    """One ruleset under analysis: the part of it that is enforced."""

    ruleset: Ruleset
    diagnostics: Diagnostics
    most_steps: int = MOST_STEPS
    space: Space = field(init=False)
    _formulas: dict[int, Formula] = field(init=False, default_factory=dict)
    _kept: list[Condition] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.space = Space(self.ruleset)

    def formula(self, condition: Condition | None) -> Formula:
        """A condition over axes, made once; no condition is always true."""
        if condition is None:
            return And(())
        found = self._formulas.get(id(condition))
        if found is None:
            found = self._formulas[id(condition)] = self.space.formula(condition)
            self._kept.append(condition)  # an id is good only as long as its object lives
        return found

    def goal(self, condition: Condition | None, wanted: Truths = TRUE) -> Goal:
        """That a condition has one of these truths."""
        return Goal(self.formula(condition), wanted)

    def fires(self, rule: Rule) -> list[Goal]:
        """What must hold for a rule to fire, its event left out."""
        goals = [self.goal(rule.when)]
        if rule.about == "case" and self.ruleset.applies_to is not None:
            goals.append(self.goal(self.ruleset.applies_to))
        return goals

    def find(self, goals: Iterable[Goal]) -> Case | Open | None:
        """A case that meets all goals."""
        return find(self.space, goals, self.most_steps)

    def case(self, case: Case) -> str:
        """A case in words; `any case` where nothing matters."""
        return self.space.case(case) or "any case"

    def not_decided(self, at: Place, what: str) -> None:
        """Say that a question was given up."""
        self.diagnostics.note(
            "CW626",
            at,
            f"not decided: {what}; there are too many combinations to try",
            "test fewer paths in one condition, or look at this one yourself",
        )
