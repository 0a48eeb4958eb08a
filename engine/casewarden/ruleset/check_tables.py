"""The severity table: gaps, overlaps and rows that are never reached, over the declared domains of what it tests.

A row is a box: for each path the values that it takes. What no row takes is found by cutting boxes out of the whole.
"""

from collections.abc import Iterable
from math import prod
from typing import Final

from casewarden.ruleset.constraints import World
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.syntax import Ruleset, SetFact, Severity, SeverityRow
from casewarden.ruleset.terms import Value

Box = tuple[frozenset[Value], ...]

MAX_BOXES: Final = 20_000
SHOWN: Final = 5


def check_severity(ruleset: Ruleset, world: World, diagnostics: Diagnostics) -> None:
    """Check the table of a ruleset, where it has one that could be read."""
    severity = ruleset.severity
    if severity is None or not severity.table:
        return
    paths = list(dict.fromkeys(path for row in severity.table for path, _ in row.when))
    if any(not world.domains.get(path) for path in paths):
        return
    whole: Box = tuple(world.domains[path] for path in paths)
    rows = [box_of(row, paths, whole) for row in severity.table]
    if severity.hit == "unique":
        _check_overlaps(severity, paths, rows, diagnostics)
    rest = _cut_all(severity, rows, [whole], diagnostics)
    if rest and severity.otherwise is None:
        _tell_gaps(severity, paths, rest, diagnostics)
    _check_levels(ruleset, severity, diagnostics)


def box_of(row: SeverityRow, paths: list[str], whole: Box) -> Box:
    """The combinations that a row takes."""
    tests = dict(row.when)
    return tuple(frozenset(tests[path]) if path in tests else domain for path, domain in zip(paths, whole, strict=True))


def _cut_all(severity: Severity, rows: list[Box], rest: list[Box], diagnostics: Diagnostics) -> list[Box]:
    """What no row takes; with `hit: first` rows that take nothing more are reported on the way."""
    for number, box in enumerate(rows):
        if severity.hit == "first" and not any(_common(piece, box) for piece in rest):
            diagnostics.error(
                "CW502",
                severity.table[number].place,
                "this row is never reached: rows above it take all that it names",
                "move it up, or take it away",
            )
        rest = [part for piece in rest for part in _cut(piece, box)]
        if len(rest) > MAX_BOXES:
            diagnostics.error(
                "CW503",
                severity.table[number].place,
                "the table leaves too many combinations open to list what is missing",
                "test fewer paths, or let the rows test the same ones",
            )
            return []
    return rest


def rest_of(boxes: Iterable[Box], whole: Box) -> list[Box] | None:
    """What none of the boxes takes, as boxes that do not overlap; None where there are too many of them."""
    rest = [whole]
    for box in boxes:
        rest = [part for piece in rest for part in _cut(piece, box)]
        if len(rest) > MAX_BOXES:
            return None
    return rest


def _common(one: Box, other: Box) -> Box | None:
    both = tuple(left & right for left, right in zip(one, other, strict=True))
    return both if all(both) else None


def _cut(piece: Box, box: Box) -> list[Box]:
    """The piece without the box, as boxes that do not overlap."""
    if _common(piece, box) is None:
        return [piece]
    parts: list[Box] = []
    left = list(piece)
    for axis, values in enumerate(box):
        outside = left[axis] - values
        if outside:
            parts.append((*left[:axis], outside, *left[axis + 1 :]))
        left[axis] &= values
    return parts


def _check_overlaps(severity: Severity, paths: list[str], rows: list[Box], diagnostics: Diagnostics) -> None:
    for number, box in enumerate(rows):
        for earlier in range(number):
            both = _common(rows[earlier], box)
            if both is not None:
                diagnostics.error(
                    "CW501",
                    severity.table[number].place,
                    f"this row and the one in line {severity.table[earlier].place.line} both hold for"
                    f" {_example(paths, both)}",
                    "let one of them name fewer values, or say `hit: first`",
                    [(severity.table[earlier].place, "the other row")],
                )
                break


def _tell_gaps(severity: Severity, paths: list[str], rest: list[Box], diagnostics: Diagnostics) -> None:
    missing = sum(prod(len(values) for values in box) for box in rest)
    shown = "; ".join(_example(paths, box) for box in rest[:SHOWN])
    more = f"; and {missing - min(SHOWN, len(rest))} more" if missing > min(SHOWN, len(rest)) else ""
    diagnostics.error(
        "CW500",
        severity.cited.place,
        f"no row decides {missing} of the combinations, such as {shown}{more}",
        "add rows, or say what holds there: `otherwise: person` or `otherwise: ID`",
    )


def _example(paths: list[str], box: Box) -> str:
    """One combination of a box; a path of which every value would do is shown too, so that the example is complete."""
    return "{" + ", ".join(f"{path}: {_word(values)}" for path, values in zip(paths, box, strict=True)) + "}"


def _word(values: frozenset[Value]) -> str:
    first = min(values, key=str)
    return ("yes" if first else "no") if isinstance(first, bool) else str(first)


def _check_levels(ruleset: Ruleset, severity: Severity, diagnostics: Diagnostics) -> None:
    """Levels to which nothing leads; a person, a reporter or a rule may give any."""
    if severity.otherwise == "person" or severity.until_classified == "reported":
        return
    set_by_rules = {
        action.value
        for rule in ruleset.rules.values()
        for action in rule.then
        if isinstance(action, SetFact) and action.path.text == "case.severity"
    }
    given = {row.gives for row in severity.table} | {severity.otherwise, severity.until_classified} | set_by_rules
    for level in severity.levels:
        if level not in given:
            diagnostics.warning(
                "CW507",
                severity.cited.place,
                f"nothing gives the severity `{level}`",
                "add a row, or take the level away",
            )
