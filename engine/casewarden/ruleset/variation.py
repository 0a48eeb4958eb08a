"""A ruleset with a changed node tree: values put elsewhere or taken away, read and checked as if so written.

Readings not chosen, mutants and deletions are all such changes. A place is a path of steps from the top of the ruleset
(`("clocks", "answer", "target")`; items of lists by their number, `("rules", "warn", "then", "0")`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.document import Document
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq

Steps = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: `value` stands at the place, whatever stood there; None takes away what stands there.

    The last step may be a key that is new there, or the number after the last one of a list.
    """

    steps: Steps
    value: Node | None


@dataclass(slots=True)
class _Branch:
    """The edits below one node: of the node itself, and by the next step."""

    edit: Edit | None = None
    below: "dict[str, _Branch]" = field(default_factory=dict)


def varied(document: Document, edits: Iterable[Edit]) -> Document:
    """The document with all edits made at once: every place is one of the tree as it was before.

    A place that is not there changes nothing; of two edits at one place the later counts; what lies below a place that
    is changed goes with it. Mappings and lists that lose all they had stay, empty.
    """
    tops: list[Map] = list(document.tops)
    branches: dict[int, _Branch] = {}
    for edit in edits:
        number = file_of(document, edit.steps)
        if number is not None:
            at = branches.setdefault(number, _Branch())
            for step in edit.steps:
                at = at.below.setdefault(step, _Branch())
            at.edit = edit
    for number, branch in branches.items():
        top = _changed(tops[number], branch)
        assert isinstance(top, Map)
        tops[number] = top
    return Document(tops, document.files, document.includes)


def file_of(document: Document, steps: Steps) -> int | None:
    """Which file says it: the first that has the element, else the first that has the section; None without steps.

    A section that no file has would be new in the main file.
    """
    if not steps:
        return None
    having = [number for number, top in enumerate(document.tops) if top.get(steps[0]) is not None]
    for number in having:
        part = document.tops[number].get(steps[0])
        if isinstance(part, Map) and len(steps) > 1 and part.get(steps[1]) is not None:
            return number
    return having[0] if having else (0 if len(steps) == 1 else None)


def _changed(node: Node, branch: _Branch) -> Node | None:
    """The node with the edits of its branch, None where it is taken away."""
    if branch.edit is not None:
        return branch.edit.value
    if isinstance(node, Map):
        return _changed_map(node, branch)
    if isinstance(node, Seq):
        items: list[Node] = []
        for number, item in enumerate(node.items):
            below = branch.below.get(str(number))
            now = item if below is None else _changed(item, below)
            if now is not None:
                items.append(now)
        new = branch.below.get(str(len(node.items)))
        if new is not None and new.edit is not None and new.edit.value is not None:
            items.append(new.edit.value)
        return Seq(tuple(items), node.place)
    return node


def _changed_map(node: Map, branch: _Branch) -> Map:
    entries: list[tuple[Scalar, Node]] = []
    for key, value in node:
        below = branch.below.get(key.text)
        now = value if below is None else _changed(value, below)
        if now is not None:
            entries.append((key, now))
    for step, below in branch.below.items():
        if below.edit is not None and below.edit.value is not None and node.get(step) is None:
            entries.append((Scalar(step, below.edit.value.place, quoted=False), below.edit.value))
    return Map(tuple(entries), node.place)


# -- looking around in a tree


def node_at(document: Document, steps: Steps) -> Node | None:
    """What stands at a place."""
    number = file_of(document, steps)
    at: Node | None = None if number is None else document.tops[number]
    for step in steps:
        if isinstance(at, Map):
            at = at.get(step)
        elif isinstance(at, Seq) and step.isdecimal() and int(step) < len(at.items):
            at = at.items[int(step)]
        else:
            return None
    return at


def walk_nodes(document: Document) -> Iterator[tuple[Steps, Scalar | None, Node]]:
    """Every node of every file, parents first: its place, its key where it has one, and itself.

    A list that several files have parts of (`people`) is walked in the first of them only, since places name that one.
    """
    for number, top in enumerate(document.tops):
        for key, value in top:
            if isinstance(value, Map) or file_of(document, (key.text,)) == number:
                yield from _below((key.text,), key, value)


def _below(steps: Steps, key: Scalar | None, node: Node) -> Iterator[tuple[Steps, Scalar | None, Node]]:
    yield steps, key, node
    if isinstance(node, Map):
        for inner, value in node:
            yield from _below((*steps, inner.text), inner, value)
    elif isinstance(node, Seq):
        for number, item in enumerate(node.items):
            yield from _below((*steps, str(number)), None, item)


# -- new nodes; they stand where what they replace stood, so that problems are told there


def scalar(text: str, place: Place) -> Scalar:
    """A plain value."""
    return Scalar(text, place, quoted=False)


def sequence(items: Iterable[Node], place: Place) -> Seq:
    """A list."""
    return Seq(tuple(items), place)


def mapping(entries: Mapping[str, Node], place: Place) -> Map:
    """A mapping."""
    return Map(tuple((scalar(key, place), value) for key, value in entries.items()), place)
