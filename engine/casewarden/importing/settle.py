"""From a draft to a ruleset that the checker accepts: what it refuses becomes a comment, with the checker's reason."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from casewarden.importing.draft import Draft, Element
from casewarden.importing.fate import ImportProblem
from casewarden.importing.written import flow
from casewarden.ruleset.diagnostics import Diagnostic, Diagnostics, Level, Place
from casewarden.ruleset.format import format_text
from casewarden.ruleset.load import load_text
from casewarden.ruleset.syntax import Ruleset

_MOST_ROUNDS: Final = 40
_MOST_CIRCLES: Final = 35  # rounds in which circles of rules are cut one by one, fewer of many rules:
_FEWEST_CIRCLES: Final = 6
_LOADED: Final = 6_000  # rules that are checked in all these rounds together
_FOR_EVER: Final = "CW602"
_PATIENT_ROUNDS: Final = 3  # rounds in which of a circle of rules only the first becomes a comment
_SECTION: Final = re.compile(r"([a-z_]+):")
_ELEMENT: Final = re.compile(r"  ([a-z][a-z0-9_]*):")
_FIELD: Final = re.compile(r"    ([a-z][a-z0-9_]*):")
_NEEDED: Final = {"events": "events", "messages": "messages", "channels": "channels"}


@dataclass(frozen=True, slots=True)
class Settled:
    """A ruleset without errors, in the common layout."""

    text: str
    ruleset: Ruleset


def settle(draft: Draft) -> Settled:
    """The checked text of a draft; ImportProblem where something is refused that belongs to no clock or rule."""
    file = f"{draft.name}.yaml"
    for number in range(_MOST_ROUNDS):
        diagnostics = Diagnostics()
        text = format_text(draft.text(), file, diagnostics)
        if text is None:
            raise _refused(next(item for item in diagnostics.items if item.level is Level.ERROR))
        ruleset, found = load_text(text, file)
        if ruleset is not None:
            return Settled(text, ruleset)
        lines = text.split("\n")
        circle = next((item for item in found.items if item.code == _FOR_EVER), None)
        if circle is not None and number >= min(_MOST_CIRCLES, max(_FEWEST_CIRCLES, _LOADED // len(draft.rules))):
            _cut_circles(draft, circle)
            continue
        for problem in found.items:
            if problem.level is Level.ERROR:
                _demote(draft, problem, lines, with_related=number >= _PATIENT_ROUNDS)
    raise ImportProblem(
        f"these definitions go together in no way that was tried in {_MOST_ROUNDS} rounds", "import fewer at a time"
    )


def _demote(draft: Draft, problem: Diagnostic, lines: list[str], *, with_related: bool) -> None:
    """Make comments of what a problem is about; with those beside it where many such circles hang together."""
    related = [place for place, _ in problem.related] if with_related else []
    guilty = [element for place in (problem.place, *related) for element in _guilty(draft, place, lines)]
    if not guilty:
        raise _refused(problem)
    fix = f"; {problem.fix}" if problem.fix else ""
    for element in guilty:
        element.dead = element.dead or f"as a rule it would be refused ({problem.code}): {problem.message}{fix}"


def _cut_circles(draft: Draft, problem: Diagnostic) -> None:
    """Make comments of all rules that both set and test what several set: no circle is without such rules."""
    live = [rule for rule in draft.rules if rule.dead is None]
    setting = Counter(path for rule in live for path in set(rule.sets))
    contended = [path for path, count in setting.items() if count > 1]
    for rule in live:
        asked = "\n".join(rule.lines()).partition("    then:")[0]
        asked += flow(draft.events.get(str(rule.body.get("each")), ""))
        if any(path in asked for path in contended) and set(rule.sets).intersection(contended):
            rule.dead = f"it is one of many that can set each other off for ever ({problem.code})"


def _guilty(draft: Draft, place: Place, lines: list[str]) -> Iterator[Element]:
    """The clocks and rules that a problem is about: the one in which it lies, or those that need what it lies in."""
    section, name = _place(lines, place.line)
    if section in ("clocks", "rules"):
        yield from (element for element in draft.elements() if element.name == name)
    elif section == "fields":
        above = lines[: place.line]
        found = next((match[1] for line in reversed(above) if (match := _FIELD.match(line))), "")
        yield from (element for element in draft.elements() if f"{name}.{found}" in element.needs.fields)
    elif section in _NEEDED:
        yield from (one for one in draft.elements() if name in getattr(one.needs, _NEEDED[section]))


def _place(lines: list[str], number: int) -> tuple[str, str]:
    """The section of a line, and the element of it."""
    name = ""
    for line in reversed(lines[:number]):
        if not name and (match := _ELEMENT.match(line)):
            name = match[1]
        if match := _SECTION.match(line):
            return match[1], name
    return "", name


def _refused(problem: Diagnostic) -> ImportProblem:
    return ImportProblem(
        f"what the export says cannot stand in a ruleset: {problem.message}",
        problem.fix or "see the place in the export",
    )
