"""Dates and instants as authors write them."""

import datetime as dt
import re
from typing import Final

from casewarden.ruleset.forms import Context, as_text
from casewarden.ruleset.nodes import Node
from casewarden.worktime.zones import zone

_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_OTHER_DATE: Final = re.compile(
    r"([0-9]{1,2})[./]([0-9]{1,2})[./]([0-9]{4})|([0-9]{4})[./]([0-9]{1,2})[./]([0-9]{1,2})"
)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 2200


def read_date(context: Context, node: Node, what: str) -> dt.date | None:
    """A date YYYY-MM-DD that exists, between 1970 and 2200."""
    text = as_text(context, node, what)
    if text is None:
        return None
    match = _DATE.fullmatch(text)
    if match is None:
        other = _OTHER_DATE.fullmatch(text)
        hint = " (day and month in what order?)" if other and other[1] else ""
        context.error("CW407", node, f"{what} is no date: `{text}`{hint}", "write YYYY-MM-DD, such as `2026-03-31`")
        return None
    year, month, day = (int(part) for part in match.groups())
    try:
        date = dt.date(year, month, day)
    except ValueError:
        context.error("CW407", node, f"there is no date {text}", _nearest(year, month, day))
        return None
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        context.error("CW407", node, f"{what} is {text}", f"write a date from {_FIRST_YEAR} to {_LAST_YEAR}")
        return None
    return date


def _nearest(year: int, month: int, day: int) -> str | None:
    """The last date of the month where only the day is too large."""
    if not 1 <= month <= 12 or day < 1 or not 1 <= year <= 9998:
        return "months are 01 to 12, days 01 to 31" if year else None
    last = dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)
    return f"the month ends with {last.isoformat()}"


def read_instant(context: Context, node: Node, what: str) -> int | None:
    """An instant with its offset, or a date (midnight in the default calendar's zone), in microseconds."""
    text = as_text(context, node, what)
    if text is None:
        return None
    if _DATE.fullmatch(text):
        date = read_date(context, node, what)
        if date is None or context.zone is None:
            return None
        return zone(context.zone).wall_us(date.toordinal(), 0)
    match = _INSTANT.fullmatch(text)
    if match is None or match[1] is None:
        hint = "write the offset, such as `2026-03-31T09:00+02:00`"
        context.error("CW408", node, f"{what} is no instant: `{text}`", hint)
        return None
    try:
        instant = dt.datetime.fromisoformat(text)
        return (instant - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        context.error("CW408", node, f"there is no instant {text}", "check month, day, hour and offset")
        return None
