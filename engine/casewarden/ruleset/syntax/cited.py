"""What an element carries beside its meaning: its place, its clauses and the readings on which it rests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from casewarden.ruleset.diagnostics import Place


@dataclass(frozen=True, slots=True)
class Cited:
    """What every element may carry."""

    place: Place
    clauses: tuple[str, ...] = ()
    interpretations: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Interpretation:
    """The reading chosen for an ambiguity, by whom and why; `others` are the readings not chosen, as changes."""

    name: str
    place: Place
    reading: str
    by: str
    decided: date
    reason: str
    supersedes: tuple[str, ...] = ()
    others: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether the question is still open, so that what rests on it is not enforced."""
        return self.reading == "open"
