"""Which leaves keep a condition from being true, and which smallest sets of them would make it true."""

from collections.abc import Sequence
from dataclasses import dataclass

from casewarden.decide.explain.tree import GroupNode, LeafNode, Node, leaf_nodes

_MOST_SETS = 24


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """The leaf at this place (counted as written) has to become true, or false."""

    place: int
    wanted: bool


def first_failing(node: Node) -> Need | None:
    """Return the first leaf, in order of writing, that keeps the condition from being true."""
    found = _failing(node, 0, wanted=True)
    return found[0] if found else None


def _failing(node: Node, place: int, *, wanted: bool) -> list[Need]:
    """Return the leaves that keep a part, whose first leaf has this place, from being as wanted."""
    if node.truth is wanted:
        return []
    match node:
        case LeafNode():
            return [Need(place, wanted)]
        case GroupNode(word, parts=parts):
            inner = not wanted if word == "not" else wanted
            found: list[Need] = []
            for part in parts:
                found += _failing(part, place, wanted=inner)
                place += count_of(part)
            return found


def smallest_sets(node: Node) -> list[tuple[Need, ...]]:
    """Return the sets of leaves that would make the condition true if they changed, none within another.

    Those with the fewest come first, then those written first; of very many only some are looked at.
    """
    found = sorted(_sets(node, 0, wanted=True), key=lambda needs: (len(needs), sorted(needs)))
    kept: list[frozenset[Need]] = []
    for needs in found:
        if not any(known <= needs for known in kept):
            kept.append(needs)
    return [tuple(sorted(needs)) for needs in kept]


def _sets(node: Node, place: int, *, wanted: bool) -> list[frozenset[Need]]:
    if node.truth is wanted:
        return [frozenset()]
    match node:
        case LeafNode():
            return [frozenset({Need(place, wanted)})]
        case GroupNode(word, parts=parts):
            inner = not wanted if word == "not" else wanted
            rows: list[list[frozenset[Need]]] = []
            for part in parts:
                rows.append(_sets(part, place, wanted=inner))
                place += count_of(part)
            return _together(rows) if (word == "any") is not wanted else [needs for row in rows for needs in row]


def _together(rows: Sequence[list[frozenset[Need]]]) -> list[frozenset[Need]]:
    """One of each row, in all ways; of very many the smallest."""
    found: list[frozenset[Need]] = [frozenset()]
    for row in rows:
        found = [known | needs for known in found for needs in row]
        found.sort(key=lambda needs: (len(needs), sorted(needs)))
        del found[_MOST_SETS:]
    return found


def count_of(node: Node) -> int:
    """Return how many leaves a node has."""
    return sum(1 for _ in leaf_nodes(node))
