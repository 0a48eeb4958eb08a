"""A ruleset in readings that were not chosen: what `others` of an interpretation says, put in at its places."""

from collections.abc import Mapping

from casewarden.ruleset.document import Document
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq


class NoSuchReading(Exception):
    """The interpretation has no other reading of this name, or the reading names a place that the file has not."""


def in_reading(document: Document, reading: Mapping[str, str]) -> Document:
    """The document with each interpretation of `reading` read as it says; NoSuchReading where there is no such.

    What is put in keeps the place at which it stands in `others`.
    """
    tops = list(document.tops)
    for interpretation, name in reading.items():
        for place, value in _changes(document, interpretation, name):
            parts = place.text.split("/")
            changed = [(index, _put(top, parts, value)) for index, top in enumerate(tops)]
            found = [(index, node) for index, node in changed if isinstance(node, Map)]
            if not found:
                raise NoSuchReading(f"there is no `{place.text}` to read otherwise")
            index, top = found[0]
            tops[index] = top
    return Document(tops, document.contents)


def _changes(document: Document, interpretation: str, name: str) -> Map:
    for key, node in document.elements("interpretations"):
        if key.text == interpretation and isinstance(node, Map):
            others = node.get("others")
            changes = others.get(name) if isinstance(others, Map) else None
            if isinstance(changes, Map):
                return changes
    raise NoSuchReading(f"`{interpretation}` has no other reading `{name}`")


def _put(node: Node, parts: list[str], value: Node) -> Node | None:
    """The node with the value at a path below it; None where the path leads nowhere. A last key may be new."""
    if not parts:
        return value
    first, rest = parts[0], parts[1:]
    if isinstance(node, Seq):
        if not first.isdigit() or int(first) >= len(node.items):
            return None
        inner = _put(node.items[int(first)], rest, value)
        items = node.items
        return None if inner is None else Seq((*items[: int(first)], inner, *items[int(first) + 1 :]), node.place)
    if not isinstance(node, Map):
        return None
    known = node.get(first)
    if known is None:
        if rest:
            return None
        return Map((*node.entries, (Scalar(first, value.place, quoted=False), value)), node.place)
    inner = _put(known, rest, value)
    if inner is None:
        return None
    return Map(tuple((key, inner if key.text == first else old) for key, old in node), node.place)
