"""What became of every row of a history, and the problems found in them, in bounded memory.

A history has millions of rows, so problems are counted by code and only the first of each code are kept to be shown.
"""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from casewarden.ruleset.diagnostics import CATALOGUE, Diagnostic, Level, Place

SHOWN_PER_CODE: Final = 12


class Fate(StrEnum):
    """What became of a row; every row has exactly one."""

    USED = "used"
    UNCHANGED = "nothing changed"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    LATER = "after the end"
    ENGINE = "the engine's own"
    BLANK = "blank"


@dataclass(slots=True)
class RowReport:
    """Counts of rows by fate, of problems by code and level, and the first problems of each code.

    `by_reason` counts rows that were refused by the code that refused them. Reports of parts add up with `merge`.
    """

    fates: Counter[Fate] = field(default_factory=Counter)
    by_reason: Counter[str] = field(default_factory=Counter)
    problems: Counter[tuple[str, Level]] = field(default_factory=Counter)
    shown: dict[str, list[Diagnostic]] = field(default_factory=dict)
    events: int = 0

    @property
    def total(self) -> int:
        """All rows, whatever became of them."""
        return sum(self.fates.values())

    @property
    def has_errors(self) -> bool:
        """Whether anything was refused or wrong beyond a warning."""
        return any(level is Level.ERROR for _, level in self.problems)

    def row(self, fate: Fate, count: int = 1) -> None:
        """Count rows of one fate."""
        self.fates[fate] += count

    def refuse(self, code: str, place: Place, message: str, fix: str | None = None) -> None:
        """Count one row as refused, with the reason."""
        self.fates[Fate.REFUSED] += 1
        self.by_reason[code] += 1
        self.problem(Level.ERROR, code, place, message, fix)

    def problem(self, level: Level, code: str, place: Place, message: str, fix: str | None = None) -> None:
        """Remember a problem that does not by itself decide a row's fate."""
        self.problems[(CATALOGUE[code].code, level)] += 1
        kept = self.shown.setdefault(code, [])
        if len(kept) < SHOWN_PER_CODE:
            kept.append(Diagnostic(code, level, place, message, fix))

    def merge(self, other: "RowReport") -> None:
        """Add what another part of the same history brought; parts are merged in their order."""
        self.fates.update(other.fates)
        self.by_reason.update(other.by_reason)
        self.problems.update(other.problems)
        self.events += other.events
        for code, found in other.shown.items():
            kept = self.shown.setdefault(code, [])
            kept.extend(found[: SHOWN_PER_CODE - len(kept)])

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The problems that are kept, by place and code."""
        return tuple(
            sorted(
                (problem for kept in self.shown.values() for problem in kept),
                key=lambda problem: (problem.place, problem.code, problem.message),
            )
        )

    def unshown(self) -> dict[str, int]:
        """How many problems of each code are not among `diagnostics`, where there are any."""
        counts: Counter[str] = Counter()
        for (code, _), count in self.problems.items():
            counts[code] += count
        rest = {code: count - len(self.shown.get(code, ())) for code, count in sorted(counts.items())}
        return {code: count for code, count in rest.items() if count > 0}


def line_place(file: str, line: int, width: int = 1) -> Place:
    """The place of a whole line."""
    return Place(file, line, 1, line, width + 1)
