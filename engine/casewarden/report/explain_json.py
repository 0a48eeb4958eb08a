"""Explanations as JSON: instants are ISO 8601 in UTC, lengths whole microseconds, what is empty is left out."""

from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any, Final

from casewarden.decide.explain.readings import Reading
from casewarden.decide.explain.tree import GroupNode, LeafNode
from casewarden.model.event import Event
from casewarden.model.instants import iso
from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.syntax import Clock, Rule

_INSTANTS: Final = frozenset(
    {
        "at", "start", "end", "since", "due", "stopped", "started", "counted_from", "instant", "decided_at", "seen_at",
        "changes_at", "stale_since", "by_time", "fires_at", "horizon", "missed_at",
    }
)  # fmt: skip
_SENTENCES: Final = frozenset({"why", "blocked", "waits"})


def as_json(explained: object) -> Any:
    """Return an explanation as JSON values; the same explanation, the same values in the same order."""
    return _value(explained)


def _value(value: object, name: str = "") -> Any:
    match value:
        case bool() | None:
            return value
        case Enum():
            return value.value
        case int():
            return iso(value) if name in _INSTANTS else value
        case str():
            return value
        case Fraction() | Decimal() | float():
            return float(value)
        case tuple() | list() if name in _SENTENCES and all(isinstance(part, str | int) for part in value):
            return "".join(part if isinstance(part, str) else iso(part) for part in value)
        case tuple() if hasattr(value, "_fields"):
            return _object({field: getattr(value, field) for field in value._fields})
        case tuple() | list() | frozenset():
            return [_value(item) for item in value]
        case dict():
            return {str(key): _value(item) for key, item in value.items()}
        case Place():
            return str(value)
        case Rule() | Clock():
            return _cited(value)
        case Event():
            return {"kind": value.kind, "by": value.by, "who": list(value.who), "data": _value(dict(value.data))}
        case GroupNode():
            return {value.word: [_value(part) for part in value.parts], "is": value.verdict.value}
        case LeafNode():
            return {"condition": value.words, "is": value.verdict.value, **_leaf(value)}
        case Reading():
            return _object({**_fields(value), "raw": value.raw})
        case _ if is_dataclass(value):
            return _object(_fields(value))
        case _:
            raise TypeError(f"{type(value).__name__} has no place in an explanation")


def _fields(value: Any) -> dict[str, object]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _object(values: dict[str, object]) -> dict[str, Any]:
    kept = {name: value for name, value in values.items() if name != "place" and value not in (None, (), "")}
    return {name: _value(value, name) for name, value in kept.items()}


def _leaf(node: LeafNode) -> dict[str, Any]:
    rest = {name: value for name, value in _fields(node).items() if name not in ("words", "truth", "verdict", "leaf")}
    place = {} if node.place is None else {"place": str(node.place)}
    return {**_object(rest), **place}


def _cited(element: Rule | Clock) -> dict[str, Any]:
    cited = element.cited
    rows: dict[str, Any] = {"name": element.name, "place": str(cited.place), "clause": list(cited.clauses)}
    if cited.interpretations:
        rows["interpretation"] = list(cited.interpretations)
    return rows
