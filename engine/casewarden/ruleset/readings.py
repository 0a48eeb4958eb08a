"""Interpretations as changes to the file: where a reading that was not chosen would differ, and the file with it."""

from dataclasses import dataclass
from typing import Final

from casewarden.ruleset.diagnostics import did_you_mean
from casewarden.ruleset.document import NAMED, Document
from casewarden.ruleset.forms import Context
from casewarden.ruleset.nodes import Map, Scalar, Seq
from casewarden.ruleset.variation import Edit, varied

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
    return varied(document, [Edit(tuple(key.text.split("/")), value) for key, value in reading.changes])
