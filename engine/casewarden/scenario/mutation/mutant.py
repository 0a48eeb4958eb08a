"""One small mistake: where it is made, what it is, and the edits that make it."""

from collections.abc import Iterator
from dataclasses import dataclass

from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.document import Document
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.variation import Edit, Steps, scalar

_TWO_STEPS = frozenset({"severity", "defaults", "queue", "revision", "applies_to"})


@dataclass(frozen=True, slots=True)
class Mutant:
    """A ruleset with one mistake.

    `id` names it for ever: the place in the tree and the change (`clocks/answer/target: 2 hours -> 119 minutes`).
    `element` is what it belongs to (`clocks/answer`), `change` says it in plain words.
    """

    id: str
    element: str
    place: Place
    change: str
    edits: tuple[Edit, ...]


def element_of(steps: Steps) -> str:
    """The element that a place belongs to; sections that are one thing are an element themselves."""
    if steps[0] == "fields":
        return "/".join(steps[:3])
    return steps[0] if steps[0] in _TWO_STEPS else "/".join(steps[:2])


def replaced(steps: Steps, node: Scalar, text: str) -> Mutant:
    """Another word or number in place of one."""
    where = "/".join(steps)
    edit = Edit(steps, scalar(text, node.place))
    change = f"`{steps[-1]}: {node.text}`" if not steps[-1].isdecimal() else f"`{node.text}`"
    return Mutant(
        f"{where}: {node.text} -> {text}", element_of(steps), node.place, f"{change} becomes `{text}`", (edit,)
    )


def dropped(steps: Steps, place: Place, what: str) -> Mutant:
    """Something taken away."""
    where = "/".join(steps)
    return Mutant(f"{where}: dropped", element_of(steps), place, f"{what} is dropped", (Edit(steps, None),))


def renamed(steps: Steps, key: Scalar, value: Node, to: str) -> Mutant:
    """Another key in place of one, with the same value."""
    edits = (Edit(steps, None), Edit((*steps[:-1], to), value))
    where = "/".join(steps)
    change = f"`{key.text}: {brief(value)}` becomes `{to}: {brief(value)}`"
    return Mutant(f"{where}: {key.text} -> {to}", element_of(steps), key.place, change, edits)


def brief(node: Node) -> str:
    """What stands there, on one line; long things are cut."""
    match node:
        case Scalar(text):
            shown = text
        case Seq(items):
            shown = f"[{', '.join(brief(item) for item in items)}]"
        case Map():
            shown = f"{{{', '.join(f'{key.text}: {brief(value)}' for key, value in node)}}}"
    shown = " ".join(shown.split())
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def elements(document: Document, section: str) -> Iterator[tuple[Steps, Scalar, Map]]:
    """The named elements of a section that are mappings, each with its place."""
    for key, node in document.elements(section):
        if isinstance(node, Map):
            yield (section, key.text), key, node
