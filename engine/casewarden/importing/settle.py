"""From a draft to a ruleset that the checker accepts: what it refuses becomes a comment, with the checker's reason."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from casewarden.importing.draft import Draft, Element
from casewarden.importing.fate import ImportProblem
from casewarden.ruleset.diagnostics import Diagnostic, Diagnostics, Level
from casewarden.ruleset.format import format_text
from casewarden.ruleset.load import load_text
from casewarden.ruleset.syntax import Ruleset

_MOST_ROUNDS: Final = 40
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
    for _ in range(_MOST_ROUNDS):
        diagnostics = Diagnostics()
        text = format_text(draft.text(), file, diagnostics)
        if text is None:
            raise _refused(next(item for item in diagnostics.items if item.level is Level.ERROR))
        ruleset, found = load_text(text, file)
        if ruleset is not None:
            return Settled(text, ruleset)
        lines = text.split("\n")
        for problem in found.items:
            if problem.level is Level.ERROR:
                _demote(draft, problem, lines)
    raise ImportProblem(
        f"these definitions go together in no way that was tried in {_MOST_ROUNDS} rounds", "import fewer at a time"
    )


def _demote(draft: Draft, problem: Diagnostic, lines: list[str]) -> None:
    guilty = [element for element in _guilty(draft, problem, lines) if element.dead is None]
    already = any(element.dead is not None for element in _guilty(draft, problem, lines))
    if not guilty and not already:
        raise _refused(problem)
    fix = f"; {problem.fix}" if problem.fix else ""
    for element in guilty:
        element.dead = f"as a rule it would be refused ({problem.code}): {problem.message}{fix}"


def _guilty(draft: Draft, problem: Diagnostic, lines: list[str]) -> Iterator[Element]:
    """The clocks and rules that a problem is about: the one in which it lies, or those that need what it lies in."""
    section, name = _place(lines, problem.place.line)
    if section in ("clocks", "rules"):
        yield from (element for element in draft.elements() if element.name == name)
    elif section == "fields":
        above = lines[: problem.place.line]
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
