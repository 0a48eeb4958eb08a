"""Interpretations as changes to the file: where a reading that was not chosen would differ, and the file with it."""

from dataclasses import dataclass
from typing import Final

from casewarden.ruleset.diagnostics import did_you_mean
from casewarden.ruleset.document import NAMED, Document
from casewarden.ruleset.forms import Context
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq

_NOT_CHANGED: Final = frozenset({"casewarden", "ruleset", "include", "interpretations"})


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading that was not chosen: its interpretation, its name, and its changes (place to value)."""

    interpretation: str
    key: Scalar
    changes: Map


def other_readings(document: Document) -> list[Reading]:
    """All readings not chosen, in the order of the file."""
    found: list[Reading] = []
    for interpretation, node in document.elements("interpretations"):
        others = node.get("others") if isinstance(node, Map) else None
        for key, changes in others if isinstance(others, Map) else ():
            if isinstance(changes, Map):
                found.append(Reading(interpretation.text, key, changes))
    return found


def check_places(context: Context, document: Document) -> None:
    """Report every place of a reading that is not in the file; the last step may be a key that is new there."""
    for reading in other_readings(document):
        for key, _ in reading.changes:
            _check_place(context, document, key)


def _check_place(context: Context, document: Document, key: Scalar) -> None:
    section, *steps = key.text.split("/")
    if section in _NOT_CHANGED or not steps:
        context.error("CW703", key, f"a reading cannot change `{section}`", "name a place within a section")
        return
    parts = document.parts(section)
    if not parts:
        _unknown(context, key, section, [name for top in document.tops for name, _ in ((k.text, v) for k, v in top)])
        return
    at = next((part for part in parts if isinstance(part, Map) and part.get(steps[0]) is not None), parts[0])
    for number, step in enumerate(steps):
        last = number == len(steps) - 1
        if isinstance(at, Map):
            inner = at.get(step)
            if inner is None:
                if not last or (number == 0 and section in NAMED):
                    _unknown(context, key, step, [name.text for name, _ in at])
                return
            at = inner
        elif isinstance(at, Seq) and step.isdecimal() and int(step) < len(at.items):
            at = at.items[int(step)]
        else:
            _unknown(context, key, step, [])
            return


def _unknown(context: Context, key: Scalar, step: str, known: list[str]) -> None:
    near = did_you_mean(step, known)
    fix = f"did you mean `{near}`?" if near else "a place is a path from the top: `clocks/NAME/target`"
    context.error("CW703", key, f"there is no `{step}` at the place `{key.text}`", fix)


def with_reading(document: Document, reading: Reading) -> Document:
    """The document with the changes of one reading; places that are not there change nothing."""
    tops = list(document.tops)
    for key, value in reading.changes:
        section, *steps = key.text.split("/")
        number = _file_of(tops, section, steps)
        if number is not None:
            changed = _changed(tops[number], [section, *steps], value)
            assert isinstance(changed, Map)
            tops[number] = changed
    return Document(tops, document.files, document.includes)


def _file_of(tops: list[Map], section: str, steps: list[str]) -> int | None:
    """Which file says it: the first that has the element, else the first that has the section."""
    having = [number for number, top in enumerate(tops) if top.get(section) is not None]
    for number in having:
        part = tops[number].get(section)
        if isinstance(part, Map) and steps and part.get(steps[0]) is not None:
            return number
    return having[0] if having else None


def _changed(node: Node, steps: list[str], value: Node) -> Node:
    if not steps:
        return value
    step, *rest = steps
    if isinstance(node, Map):
        entries = tuple((key, _changed(old, rest, value) if key.text == step else old) for key, old in node)
        if node.get(step) is None and not rest:
            entries = (*entries, (Scalar(step, value.place, quoted=False), value))
        return Map(entries, node.place)
    if isinstance(node, Seq) and step.isdecimal() and int(step) < len(node.items):
        items = tuple(
            _changed(item, rest, value) if number == int(step) else item for number, item in enumerate(node.items)
        )
        return Seq(items, node.place)
    return node
