"""Calendars, instants and lengths as JSON states them: checked, or a Refusal that says why."""

import datetime as dt
import difflib
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final, TypeVar

from casewarden.worktime import notation
from casewarden.worktime.errors import UnknownZone, WorktimeError
from casewarden.worktime.instants import to_us
from casewarden.worktime.spec import WEEKDAYS, CalendarSpec, Holiday

Choice = TypeVar("Choice", bound=StrEnum)

UNITS: Final = {"seconds": 1_000_000, "minutes": 60_000_000, "hours": 3_600_000_000}
_CALENDAR_KEYS: Final = ("tz", "hours", "holidays", "breaks", "shifts")
_INSTANT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,6})?)?)(Z|z|[+-]\d\d:?\d\d(?::\d\d)?|[+-]\d\d)?", re.ASCII
)
_MOST_DIGITS: Final = 40  # and as many places before and after the point: more is a mistake, and slow to compute with


class Refusal(Exception):  # noqa: N818 - an answer to the user, not a fault of ours
    """Why a request cannot be answered: a stable code and a message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


def known_keys(stated: Iterable[str], known: Iterable[str], where: str) -> None:
    """Refuses a key that is not known, with the nearest one that is."""
    names = tuple(known)
    for key in stated:
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1)
            hint = f"Did you mean '{near[0]}'?" if near else f"Keys are {', '.join(names)}."
            raise Refusal("unknown_key", f"{where} has no '{_short(key)}'. {hint}")


def choice(kind: type[Choice], value: object, key: str) -> Choice:
    """One of the values of an enumeration."""
    text = text_of(value, f"'{key}'")
    try:
        return kind(text)
    except ValueError:
        names = [member.value for member in kind]
        raise Refusal("bad_value", f"'{key}' cannot be '{_short(text)}'. It is {' or '.join(names)}.") from None


def instant(value: object, key: str) -> int:
    """Microseconds since the epoch of an ISO 8601 text with an offset."""
    text = text_of(value, f"'{key}'")
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise Refusal("bad_instant", f"'{key}' is no instant: '{_short(text)}'. Write 2026-07-17T16:40:00+02:00.")
    if found[3] is None:
        raise Refusal("naive_instant", f"'{key}' has no offset: '{text}'. Write {text}+02:00 or {text}Z.")
    try:
        return to_us(dt.datetime.fromisoformat(text.upper().replace(",", ".")))
    except (ValueError, OverflowError):
        raise Refusal("bad_instant", f"There is no instant '{text}' in '{key}'. Check its date and time.") from None


def number(value: object, key: str) -> Fraction:
    """An exact number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Refusal("wrong_type", f"'{key}' is {_kind(value)}, and must be a number.")
    exact = Decimal(value) if isinstance(value, Decimal) or abs(value) < 10**_MOST_DIGITS else Decimal("Infinity")
    size = exact.as_tuple()
    if (
        not isinstance(size.exponent, int)
        or len(size.digits) > _MOST_DIGITS
        or not -_MOST_DIGITS <= size.exponent <= _MOST_DIGITS
    ):
        raise Refusal("bad_number", f"'{key}' has more than {_MOST_DIGITS} digits.")
    if exact < 0:
        raise Refusal("negative_duration", f"'{key}' is negative. Use the opposite operation instead.")
    return Fraction(exact)


def microseconds(amount: Fraction, unit: str) -> int:
    """A length to the nearest microsecond, halves up."""
    exact = amount * UNITS[unit]
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def calendar(value: object) -> CalendarSpec:
    """The calendar of a request: `tz`, `hours` by weekday, and optionally `holidays`, `breaks`, `shifts`."""
    stated = _mapping(value, "'calendar'")
    known_keys(stated, _CALENDAR_KEYS, "A calendar")
    for key in ("tz", "hours"):
        if key not in stated:
            raise Refusal("missing", f"The calendar has no '{key}'.")
    zone_name = text_of(stated["tz"], "'tz'")
    try:
        return CalendarSpec.of(
            zone_name,
            _week(stated["hours"]),
            holidays=[Holiday(_date(day, "'holidays'")) for day in _list(stated.get("holidays", []), "'holidays'")],
            breaks=_rows(stated.get("breaks", []), "'breaks'"),
            shifts=_rows(stated.get("shifts", []), "'shifts'"),
        )
    except UnknownZone as error:
        raise Refusal("unknown_zone", str(error)) from None


def _week(value: object) -> list[list[tuple[int, int]]]:
    stated = _mapping(value, "'hours'")
    known_keys(stated, WEEKDAYS, "'hours'")
    week: list[list[tuple[int, int]]] = []
    for day in WEEKDAYS:
        pairs = _list(stated.get(day, []), f"'{day}'")
        week.append([_stretch(_list(pair, f"An entry of '{day}'"), f"'{day}'") for pair in pairs])
    return week


def _rows(value: object, where: str) -> dict[dt.date, list[tuple[int, int]]]:
    """Rows of date, start and end; several may share a date."""
    rows: dict[dt.date, list[tuple[int, int]]] = {}
    for entry in _list(value, where):
        row = _list(entry, f"An entry of {where}")
        if len(row) != 3:
            raise Refusal("bad_hours", f"An entry of {where} is a date, a start and an end.")
        rows.setdefault(_date(row[0], where), []).append(_stretch(row[1:], where))
    return rows


def _stretch(pair: list[Any], where: str) -> tuple[int, int]:
    if len(pair) != 2:
        raise Refusal("bad_hours", f'Hours in {where} are a start and an end, such as ["08:00", "17:00"].')
    start, end = (text_of(part, f"A time in {where}") for part in pair)
    try:
        return notation.stretch(start, end)
    except WorktimeError as error:
        raise Refusal("bad_hours", _short(str(error), 300)) from None


def _date(value: object, where: str) -> dt.date:
    try:
        return notation.date(text_of(value, f"A date in {where}"))
    except WorktimeError as error:
        raise Refusal("bad_date", _short(str(error), 300)) from None


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Refusal("wrong_type", f"{where} is {_kind(value)}, and must be an object.")
    return value


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise Refusal("wrong_type", f"{where} is {_kind(value)}, and must be a list.")
    return value


def text_of(value: object, where: str) -> str:
    """A text, or a Refusal."""
    if not isinstance(value, str):
        raise Refusal("wrong_type", f"{where} is {_kind(value)}, and must be text.")
    return value


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | Decimal():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"


def _short(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else f"{text[:limit]}..."
