"""Combinations without a severity, cells without a due time, and targets that get worse as severity rises."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from math import prod
from typing import Final

from casewarden.analysis.findings import Analysis
from casewarden.decide.clock_terms import ClockTerms, Inapplicable, Numeric, OpenEnded, Regime, Release
from casewarden.ruleset.check_tables import Box, box_of, rest_of
from casewarden.ruleset.syntax import Clock
from casewarden.ruleset.terms import Value
from casewarden.worktime.zones import zone

SHOWN: Final = 40
_QUARTER: Final = 15 * 60_000_000
_WEEK: Final = 7 * 24 * 4


def find_severity_gaps(analysis: Analysis) -> None:
    """List the combinations for which the table has no row, so that a person must decide."""
    severity = analysis.ruleset.severity
    if severity is None or severity.otherwise != "person" or not severity.table:
        return
    paths = list(dict.fromkeys(path for row in severity.table for path, _ in row.when))
    whole: Box = tuple(frozenset(analysis.space.known(path)) for path in paths)
    rest = rest_of([box_of(row, paths, whole) for row in severity.table], whole)
    if rest is None:
        analysis.not_decided(severity.cited.place, "which combinations have no severity")
        return
    if not rest:
        return
    count, every = sum(_size(box) for box in rest), _size(whole)
    listed = "; ".join(_box_words(analysis, paths, box, whole) for box in rest[:SHOWN])
    more = f"; and {len(rest) - SHOWN} more groups" if len(rest) > SHOWN else ""
    example = {path: _first(analysis, path, values) for path, values in zip(paths, rest[0], strict=True)}
    analysis.diagnostics.note(
        "CW510",
        severity.cited.place,
        f"no row decides {count} of the {every} combinations, so a person must: {listed}{more}."
        f" For example {analysis.case(example)}",
        "add rows, if the policy says what holds there",
    )


def _size(box: Box) -> int:
    return prod(len(values) for values in box)


def _box_words(analysis: Analysis, paths: list[str], box: Box, whole: Box) -> str:
    """A group of combinations; what may be anything is left out, and how many there are is said."""
    rows = zip(paths, box, whole, strict=True)
    tests = [f"{path}: {_values(analysis, path, values)}" for path, values, domain in rows if values != domain]
    return f"{{{', '.join(tests)}}} ({_size(box)})"


def _values(analysis: Analysis, path: str, values: frozenset[Value]) -> str:
    ordered = [value for value in analysis.space.known(path) if value in values]
    words = [analysis.space.words.value(path, value) for value in ordered]
    return words[0] if len(words) == 1 else f"[{', '.join(words)}]"


def _first(analysis: Analysis, path: str, values: frozenset[Value]) -> Value | None:
    return next(value for value in analysis.space.known(path) if value in values)


@dataclass(frozen=True, slots=True)
class _Cell:
    """What a clock promises one plan for one severity; without plans or by severity alone, the rest is None."""

    plan: str | None
    severity: str | None
    regime: Regime

    @property
    def name(self) -> str:
        """The cell in words."""
        parts = [f"plan {self.plan}" if self.plan else "", f"severity {self.severity}" if self.severity else ""]
        return ", ".join(part for part in parts if part)

    @property
    def words(self) -> str:
        """The target in words."""
        return self.regime.measure.words or "no target"


def find_target_gaps(analysis: Analysis) -> None:
    """Look at every clock's targets by plan and severity."""
    terms = ClockTerms(analysis.ruleset)
    levels: list[str | None] = list(analysis.ruleset.severity.levels) if analysis.ruleset.severity else [None]
    plans: list[str | None] = list(analysis.ruleset.plans) or [None]
    for clock in analysis.ruleset.clocks.values():
        rows = [[_Cell(plan, level, terms.regime(clock, level, plan)) for level in levels] for plan in plans]
        _tell_open_cells(analysis, clock, rows)
        for row in rows:
            _tell_worse(analysis, clock, row)


def _tell_open_cells(analysis: Analysis, clock: Clock, rows: list[list[_Cell]]) -> None:
    """Say which cases get no due time from a clock that gives one to others."""
    cells = [cell for row in rows for cell in row]
    without = [cell for cell in cells if isinstance(cell.regime.measure, OpenEnded | Inapplicable)]
    if not without or len(without) == len(cells):
        return
    groups = [words for row in rows for words in _open_groups(row)]
    listed = "; ".join(groups[:SHOWN])
    more = f"; and {len(groups) - SHOWN} more groups" if len(groups) > SHOWN else ""
    analysis.diagnostics.note(
        "CW511",
        clock.cited.place,
        f"`{clock.name}` gives no due time to {len(without)} of {len(cells)} combinations of plan and severity:"
        f" {listed}{more}",
        "nothing to do, if the policy promises nothing there",
    )


def _open_groups(row: list[_Cell]) -> list[str]:
    """The cells of one plan without a due time, in words; a plan whose cells all say the same is one group."""
    without = [cell for cell in row if isinstance(cell.regime.measure, OpenEnded | Inapplicable)]
    if len(without) == len(row) > 1 and row[0].plan and len({cell.words for cell in row}) == 1:
        return [f"plan {row[0].plan}: {row[0].words}"]
    return [f"{cell.name}: {cell.words}" for cell in without]


def _tell_worse(analysis: Analysis, clock: Clock, row: list[_Cell]) -> None:
    """Say where a more severe case has no target, or a later one, than a less severe case of the same plan."""
    worse: list[str] = []
    for graver, lesser in combinations(row, 2):
        example = _worse(analysis, graver, lesser)
        if example is not None:
            worse.append(f"severity {graver.severity} has {graver.words}, {lesser.severity} has {example}")
    if worse:
        plan = f" for the plan {row[0].plan}" if row[0].plan else ""
        analysis.diagnostics.warning(
            "CW512",
            clock.cited.place,
            f"the targets of `{clock.name}`{plan} get worse as severity rises: {'; '.join(worse)}",
            "look at the policy again; a graver case should not wait longer",
        )


def _worse(analysis: Analysis, graver: _Cell, lesser: _Cell) -> str | None:
    """What the less severe case has, with an example, where it is better; None where it is not."""
    one, other = graver.regime.measure, lesser.regime.measure
    if isinstance(one, Release) or isinstance(other, Release) or _waits(one) or _waits(other):
        return None
    if isinstance(one, Numeric) and isinstance(other, Numeric):
        start = _start_that_tells(analysis, one, other)
        return (
            None if start is None else f"{lesser.words}: opened {_shown(analysis, start)} the graver case is due later"
        )
    return lesser.words if _rank(one) > _rank(other) else None


def _waits(measure: object) -> bool:
    """Whether the due time hangs on something that the ruleset does not say, so that it cannot be compared."""
    return isinstance(measure, OpenEnded) and measure.words not in ("best_effort", "discretion")


def _rank(measure: object) -> int:
    return 0 if isinstance(measure, Numeric) else 1 if isinstance(measure, OpenEnded) else 2


def _start_that_tells(analysis: Analysis, one: Numeric, other: Numeric) -> int | None:
    """The first quarter of an hour of a plain week from which the one is due after the other, if there is one."""
    first = _monday(analysis)
    for number in range(_WEEK):
        start = first + number * _QUARTER
        due, better = one.unpaused(start), other.unpaused(start)
        if better is not None and (due is None or due > better):
            return start
    return None


def _monday(analysis: Analysis) -> int:
    """The first Monday on which the revision holds, midnight in the default calendar's zone."""
    begin: date = analysis.ruleset.revision.from_date
    day = begin + timedelta(days=-begin.weekday() % 7)
    return zone(_zone(analysis)).instant(day.toordinal(), 0) * 1_000_000


def _zone(analysis: Analysis) -> str:
    return analysis.ruleset.calendars[analysis.ruleset.defaults.calendar].spec.zone


def _shown(analysis: Analysis, instant: int) -> str:
    return f"{zone(_zone(analysis)).local(instant):%a %Y-%m-%d %H:%M}"
