"""Business time by JSON lines: one request a line, one answer a line, and no line that stops the others."""

import json
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import islice
from typing import Any, Final

from casewarden.worktime import request
from casewarden.worktime.calendar import Calendar
from casewarden.worktime.counting import Boundary, DayMode, DayOrigin, DayRule, FirstDay
from casewarden.worktime.errors import NoOpenTime, WorktimeError
from casewarden.worktime.request import Refusal

_KEYS: Final = (
    *("calendar", "op", "start", "end", "duration", "unit"),
    *("day_mode", "day_origin", "first_day", "boundary"),
)
_KEPT: Final = 512  # calendars whose tables are kept for the lines that follow
MOST_INTERVALS: Final = 100_000


class Op(StrEnum):
    """What a request asks for."""

    ADD = "add"
    SUBTRACT = "subtract"
    ELAPSED = "elapsed"
    IS_OPEN = "is_open"
    NEXT_OPENING = "next_opening"
    PREVIOUS_CLOSING = "previous_closing"
    OPEN_INTERVALS = "open_intervals"


class Unit(StrEnum):
    """What a duration counts."""

    SECONDS = "seconds"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


class Batch:
    """Answers requests, and remembers the calendars of earlier ones."""

    def __init__(self) -> None:
        self._calendars: dict[str, Calendar] = {}

    def answer(self, line: bytes) -> str:
        """The answer to one line, as one line of JSON without its end."""
        try:
            return json.dumps({"result": self._result(_parse(line))})
        except Refusal as refusal:
            return _error(refusal.code, refusal.message)
        except NoOpenTime as error:
            return _error("no_open_time", str(error))
        except WorktimeError as error:
            return _error("bad_value", str(error))

    def _result(self, stated: dict[str, Any]) -> object:
        request.known_keys(stated, _KEYS, "A request")
        op = request.choice(Op, _needed(stated, "op"), "op")
        calendar = self._calendar(_needed(stated, "calendar"))
        start = request.instant(_needed(stated, "start"), "start")
        match op:
            case Op.ADD | Op.SUBTRACT:
                return _text(calendar, _moved(calendar, op, start, stated))
            case Op.ELAPSED:
                seconds, rest = divmod(calendar.elapsed_us(start, _end(stated)), 1_000_000)
                return seconds if rest == 0 else seconds + rest / 1_000_000
            case Op.IS_OPEN:
                return calendar.is_open(start)
            case Op.NEXT_OPENING:
                return _text(calendar, calendar.next_opening(start))
            case Op.PREVIOUS_CLOSING:
                return _text(calendar, calendar.previous_closing(start))
            case Op.OPEN_INTERVALS:
                return _intervals(calendar, start, _end(stated))

    def _calendar(self, value: object) -> Calendar:
        key = repr(value)
        calendar = self._calendars.pop(key, None)
        if calendar is None:
            calendar = Calendar.of(request.calendar(value))
            if len(self._calendars) >= _KEPT:
                del self._calendars[next(iter(self._calendars))]
        self._calendars[key] = calendar
        return calendar


def _moved(calendar: Calendar, op: Op, start: int, stated: dict[str, Any]) -> int:
    amount = request.number(_needed(stated, "duration"), "duration")
    unit = request.choice(Unit, _needed(stated, "unit"), "unit")
    boundary = request.choice(Boundary, stated.get("boundary", Boundary.CLOSING), "boundary")
    rule = DayRule(
        request.choice(DayMode, stated.get("day_mode", DayMode.OPEN_HOURS), "day_mode"),
        request.choice(DayOrigin, stated.get("day_origin", DayOrigin.DATE), "day_origin"),
        request.choice(FirstDay, stated.get("first_day", FirstDay.DAY_AFTER), "first_day"),
    )
    if unit is Unit.DAYS:
        days: int | Fraction = amount
        if op is Op.ADD:
            return calendar.add_days(start, days, rule, boundary)
        return calendar.subtract_days(start, days, rule)
    length = request.microseconds(amount, unit)
    return calendar.add_us(start, length, boundary) if op is Op.ADD else calendar.subtract_us(start, length)


def _intervals(calendar: Calendar, start: int, end: int) -> list[list[str]]:
    if end < start:
        raise Refusal("end_before_start", "'end' lies before 'start'.")
    found = list(islice(calendar.intervals(start, end), MOST_INTERVALS + 1))
    if len(found) > MOST_INTERVALS:
        raise Refusal("too_many", f"There are more than {MOST_INTERVALS} open intervals. Ask for a shorter time.")
    return [[_text(calendar, opens), _text(calendar, closes)] for opens, closes in found]


def _text(calendar: Calendar, instant: int) -> str:
    return calendar.local(instant).isoformat()


def _end(stated: dict[str, Any]) -> int:
    return request.instant(_needed(stated, "end"), "end")


def _needed(stated: dict[str, Any], key: str) -> Any:
    if key not in stated:
        raise Refusal("missing", f"The request has no '{key}'.")
    return stated[key]


def _error(code: str, message: str) -> str:
    return json.dumps({"error": {"code": code, "message": message}})


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise Refusal("duplicate_key", f"'{next(key for key in keys if keys.count(key) > 1)}' stands twice.")
    return found


_decoder = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_unique)


def _parse(line: bytes) -> dict[str, Any]:
    try:
        value = _decoder.decode(line.decode("utf-8").strip())
    except UnicodeDecodeError:
        raise Refusal("invalid_json", "The line is not UTF-8.") from None
    except RecursionError:
        raise Refusal("invalid_json", "The line is nested too deeply.") from None
    except (ValueError, ArithmeticError) as error:  # ArithmeticError: an exponent that Decimal cannot hold
        raise Refusal("invalid_json", f"The line is no JSON: {error}.") from None
    if not isinstance(value, dict):
        raise Refusal("wrong_type", "A request is a JSON object.")
    return value
