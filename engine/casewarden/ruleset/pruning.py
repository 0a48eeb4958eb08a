"""What has to go with a deleted element, so that the checker accepts what is left.

The checker itself says it: every error of the changed ruleset names the place of something that speaks of what is gone.
That is taken away as well, the smallest thing first, until nothing is wrong any more. A message only loses the
placeholder.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from casewarden.ruleset.diagnostics import Diagnostic, Diagnostics, Level, Place
from casewarden.ruleset.document import Document
from casewarden.ruleset.load import build
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.variation import Edit, Steps, node_at, varied, walk_nodes

ROUNDS: Final = 20
_PLACEHOLDER: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_QUOTED: Final = re.compile("`([^`]+)`")
_STAYS: Final = frozenset({"casewarden", "ruleset", "revision", "defaults", "policy", "clauses", "include"})


@dataclass(frozen=True, slots=True)
class Pruned:
    """Edits after which the ruleset compiles; `with_it` are the places that went beside those asked for.

    `refused` is the first error that is left where there is no way to prune it.
    """

    edits: tuple[Edit, ...]
    with_it: tuple[Steps, ...] = ()
    refused: Diagnostic | None = None


def pruned(document: Document, path: Path, edits: Iterable[Edit]) -> Pruned:
    """The edits, and what must go with them. The document compiles as it is."""
    asked = tuple(edits)
    made = {edit.steps: edit for edit in asked}
    places = _Places(document)
    for _ in range(ROUNDS):
        changed = varied(document, made.values())
        problems = _errors(changed, path)
        if not problems:
            more = tuple(steps for steps in made if steps not in {edit.steps for edit in asked})
            return Pruned(tuple(made.values()), more)
        before = dict(made)
        for problem in problems:
            steps = places.at(problem.place)
            if steps is not None and (len(steps) > 1 or steps[0] not in _STAYS):
                edit = _taken(document, steps, made, problem.message)
                if edit.steps not in made or edit.value is not None:
                    made[edit.steps] = edit
        if made == before:
            return Pruned(tuple(made.values()), refused=problems[0])
    return Pruned(tuple(made.values()), refused=_errors(varied(document, made.values()), path)[0])


def _errors(document: Document, path: Path) -> list[Diagnostic]:
    found = Diagnostics()
    build(document, path, None, None, found)  # neither clause file nor lock: no deletion makes them wrong
    return [item for item in found.items if item.level is Level.ERROR]


def _taken(document: Document, steps: Steps, made: dict[Steps, Edit], message: str) -> Edit:
    """What takes away the thing at a place: the largest that would be left empty, or of a message the placeholders."""
    node = node_at(document, steps)
    if steps[0] == "messages" and isinstance(node, Scalar) and _PLACEHOLDER.search(node.text):
        before = made.get(steps)
        if before is None or not isinstance(before.value, Scalar):
            return Edit(steps, _without_placeholders(node, message))
        left = _without_placeholders(before.value, message)
        return before if left.text == before.value.text else Edit(steps, left)
    while len(steps) > 2:
        above = node_at(document, steps[:-1])
        if _left_of(above, steps[:-1], made, but=steps[-1]):
            break
        steps = steps[:-1]
    return Edit(steps, None)


def _without_placeholders(node: Scalar, message: str) -> Scalar:
    """The text of a message without the placeholders of which a problem speaks; without all where it names none."""
    words = _QUOTED.findall(message)
    wrong = [one for one in _PLACEHOLDER.findall(node.text) if any(word in one for word in words)]
    text = node.text
    for one in wrong or _PLACEHOLDER.findall(text):
        text = text.replace(one, "-")
    return Scalar(text, node.place, quoted=True)


def _left_of(node: Node | None, steps: Steps, made: dict[Steps, Edit], but: str) -> bool:
    """Whether anything is left in a mapping or a list once one more step is gone."""
    names = [key.text for key, _ in node] if isinstance(node, Map) else []
    if isinstance(node, Seq):
        names = [str(number) for number in range(len(node.items))]
    gone = {edit.steps[-1] for edit in made.values() if edit.value is None and edit.steps[:-1] == steps}
    return bool(set(names) - gone - {but})


class _Places:
    """The nodes of a tree by where they stand in the files."""

    def __init__(self, document: Document) -> None:
        self._exact: dict[Place, Steps] = {}
        self._all: list[tuple[Place, Steps]] = []
        for steps, key, node in walk_nodes(document):
            self._exact[node.place] = steps
            self._all.append((node.place, steps))
            if key is not None:
                self._exact.setdefault(key.place, steps)
                self._all.append((key.place, steps))

    def at(self, place: Place) -> Steps | None:
        """What stands exactly there, else the innermost thing around it; None where that is not within a section."""
        exact = self._exact.get(place)
        if exact is not None:
            return exact
        around = [(len(steps), steps) for where, steps in self._all if _contains(where, place)]
        return max(around)[1] if around else None


def _contains(outer: Place, inner: Place) -> bool:
    begins = (outer.line, outer.column) <= (inner.line, inner.column)
    ends = (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)
    return outer.file == inner.file and begins and ends
