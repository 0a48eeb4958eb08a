"""The elements of a ruleset that cite clauses, found in its node tree: whatever carries `clause`, wherever it is."""

from dataclasses import dataclass
from typing import Final

from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.document import Document
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.variation import Steps, walk_nodes

_KINDS: Final = {
    "applies_to": "what the ruleset governs",
    "calendars": "calendar",
    "channels": "channel",
    "clocks": "clock",
    "credits": "credit",
    "defaults": "defaults",
    "events": "event",
    "fields": "field",
    "guards": "guard",
    "intake": "intake",
    "interpretations": "interpretation",
    "messages": "message",
    "plans": "plan",
    "queue": "queue",
    "quotas": "quota",
    "revision": "revision",
    "rules": "rule",
    "scope": "scope",
    "severity": "severity table",
}
_DEPTH: Final = {"fields": 3, "severity": 1, "queue": 1, "revision": 1, "defaults": 1, "applies_to": 1}
MUST_CITE: Final = ("clocks", "credits", "guards", "quotas", "rules", "severity")
"""The sections whose elements enforce something, so that each cites a clause."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element that cites clauses.

    `id` is its place as a path (`clocks/first_response`); `part` the steps below the element that it belongs to where
    it is only a part of it (a row of a table, what changes in a calendar); `place` is where it is named.
    """

    id: str
    steps: Steps
    kind: str
    name: str
    clauses: tuple[str, ...]
    interpretations: tuple[str, ...]
    place: Place
    part: Steps = ()

    @property
    def section(self) -> str:
        """The section of the ruleset."""
        return self.steps[0]

    @property
    def whole(self) -> Steps:
        """The place of the element that it is, or is a part of."""
        return self.steps[: len(self.steps) - len(self.part)]


def citing_elements(document: Document) -> tuple[Element, ...]:
    """All elements that cite a clause or an interpretation, in the order of the files."""
    found: list[Element] = []
    for steps, key, node in walk_nodes(document):
        if isinstance(node, Map) and steps[0] in _KINDS and steps[0] != "interpretations":
            clauses, interpretations = _ids(node.get("clause")), _ids(node.get("interpretation"))
            if clauses or interpretations:
                place = node.place if key is None else key.place
                found.append(_element(steps, node, place, clauses, interpretations))
    return tuple(found)


def uncited_elements(document: Document) -> tuple[Element, ...]:
    """The elements that must cite a clause and cite none."""
    found: list[Element] = []
    for steps, key, node in walk_nodes(document):
        must = steps[0] in MUST_CITE and len(steps) == _DEPTH.get(steps[0], 2)
        if must and key is not None and isinstance(node, Map) and not _ids(node.get("clause")):
            found.append(_element(steps, node, key.place, (), _ids(node.get("interpretation"))))
    return tuple(found)


def _element(
    steps: Steps, node: Map, place: Place, clauses: tuple[str, ...], interpretations: tuple[str, ...]
) -> Element:
    depth = _DEPTH.get(steps[0], 2)
    part = steps[depth:]
    kind = _KINDS[steps[0]]
    if steps[0] == "clocks" and node.get("owner") is not None:
        kind = "obligation"
    if part:
        number = f" {int(part[1]) + 1}" if len(part) == 2 and part[1].isdecimal() else f" {'/'.join(part[1:])}"
        kind = f"row{number} of the {kind}" if part[0] == "table" else f"{part[0]}{number} of the {kind}"
    name = ".".join(steps[1:depth])
    return Element("/".join(steps), steps, kind, name, clauses, interpretations, place, part)


def _ids(node: Node | None) -> tuple[str, ...]:
    items = node.items if isinstance(node, Seq) else ()
    return tuple(dict.fromkeys(item.text for item in items if isinstance(item, Scalar) and item.text))
