"""Typed values out of observed ones: no coercion, and what does not fit its declared type is unknown."""

from collections.abc import Callable
from decimal import Decimal

from casewarden.model.event import Json
from casewarden.model.instants import parse_instant
from casewarden.ruleset.syntax import FieldType
from casewarden.ruleset.terms import Value

# A reader returns the typed value, or None where the observed one does not fit.
Reader = Callable[[Json], Value | None]


def _text(raw: Json) -> Value | None:
    return raw if isinstance(raw, str) and raw else None


def _yes_no(raw: Json) -> Value | None:
    return raw if isinstance(raw, bool) else None


def _integer(raw: Json) -> Value | None:
    return raw if isinstance(raw, int) and not isinstance(raw, bool) else None


def _number(raw: Json) -> Value | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        return None
    number = Decimal(str(raw)) if isinstance(raw, float) else Decimal(raw)
    return number if number.is_finite() else None


def _instant(raw: Json) -> Value | None:
    if not isinstance(raw, str):
        return None
    try:
        return parse_instant(raw)
    except ValueError:  # a date without zone, or none at all: an observation that says nothing
        return None


def _set(raw: Json) -> Value | None:
    if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
        return None
    return tuple(sorted({str(item) for item in raw}))


_READERS: dict[FieldType, Reader] = {
    FieldType.TEXT: _text,
    FieldType.CHOICE: _text,
    FieldType.VERSION: _text,
    FieldType.SET: _set,
    FieldType.YES_NO: _yes_no,
    FieldType.INTEGER: _integer,
    FieldType.DURATION: _integer,
    FieldType.NUMBER: _number,
    FieldType.INSTANT: _instant,
}


def reader(kind: FieldType, of: tuple[str, ...] = ()) -> Reader:
    """Return the reader of a declared type; a choice (or the values of a set) outside `of` is not known."""
    plain = _READERS[kind]
    if not of:
        return plain
    allowed = frozenset(of)
    if kind is FieldType.CHOICE:
        return lambda raw: raw if isinstance(raw, str) and raw in allowed else None

    def read_set(raw: Json) -> Value | None:
        value = plain(raw)
        return value if isinstance(value, tuple) and allowed.issuperset(value) else None

    return read_set if kind is FieldType.SET else plain


def plain(value: Value | None) -> Json:
    """Return the JSON form of a typed value: numbers as numbers, sets as lists."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
