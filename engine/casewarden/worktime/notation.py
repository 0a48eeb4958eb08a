"""How calendars are written: times of day, hours, days of the week, dates, years. Minutes and dates come out.

Every function raises WorktimeError whose text says what was read and what would be right.
"""

import datetime as dt
import difflib
import re

from casewarden.worktime.errors import WorktimeError
from casewarden.worktime.spec import ALWAYS, DAY_MINUTES, WEEKDAYS, WORKING_WEEK, Hours

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_YEARS = re.compile(r"(\d{4})(?:-(\d{4}))?", re.ASCII)
WEEKS = {"24x7": ALWAYS, "24x5": WORKING_WEEK}


def time_of_day(text: str) -> int:
    """Minutes from midnight of `08:30`; `24:00` is the midnight at the day's end."""
    if not (found := _TIME.fullmatch(text)):
        raise WorktimeError(f"'{text}' is no time of day.", "Write hours and minutes, such as 08:30, up to 24:00.")
    return int(found[1]) * 60 + int(found[2]) if found[1] else DAY_MINUTES


def stretch(start: str, end: str) -> tuple[int, int]:
    """The minutes of a pair of times; an end that is not after its start is on the next day: 22:00 to 06:00."""
    first, last = time_of_day(start), time_of_day(end)
    if first == DAY_MINUTES:
        raise WorktimeError("Hours cannot start at 24:00.", f"{start} to {end} is 00:00 to {end} of the next day.")
    if first == last:
        raise WorktimeError(f"From {start} to {end} is no time at all.", "A whole day is 00:00 to 24:00.")
    return first, last if last > first else last + DAY_MINUTES


def hours(text: str) -> tuple[int, int]:
    """The minutes of `08:00-17:00`."""
    start, dash, end = text.partition("-")
    if not dash:
        raise WorktimeError(f"'{text}' are no hours.", "Write them like 08:00-17:00.")
    return stretch(start.strip(), end.strip())


def weekdays(text: str) -> tuple[int, ...]:
    """The weekdays (0 is Monday) of `mon` or `mon-fri`; a range may run over the weekend, `sat-mon`."""
    first, dash, last = (part.strip() for part in text.partition("-"))
    start = _weekday(first)
    end = _weekday(last) if dash else start
    return tuple((start + step) % 7 for step in range((end - start) % 7 + 1))


def _weekday(name: str) -> int:
    if name in WEEKDAYS:
        return WEEKDAYS.index(name)
    near = difflib.get_close_matches(name[:3].lower(), WEEKDAYS, n=1)
    hint = f"Did you mean '{near[0]}'?" if near else f"Days are {', '.join(WEEKDAYS)}, or a range such as mon-fri."
    raise WorktimeError(f"'{name}' is no day of the week.", hint)


def week(text: str) -> tuple[Hours, ...]:
    """The seven days of `24x7` or `24x5` (Monday to Friday, midnight to midnight)."""
    if text not in WEEKS:
        raise WorktimeError(
            f"'{text}' are no open hours.", "Write 24x7, 24x5, or hours by day: {mon-fri: 08:00-17:00}."
        )
    return WEEKS[text]


def date(text: str) -> dt.date:
    """The date of `2026-01-31`."""
    if not _DATE.fullmatch(text):
        raise WorktimeError(f"'{text}' is no date.", "Write year, month and day: 2026-01-31.")
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise WorktimeError(f"There is no date {text}.", "Check the month and the day.") from None


def years(text: str) -> range:
    """The years of `2023-2035` or `2026`, both ends included."""
    found = _YEARS.fullmatch(text)
    if not found:
        raise WorktimeError(f"'{text}' are no years.", "Write the first and the last, 2023-2035.")
    first, last = int(found[1]), int(found[2] or found[1])
    if not 0 < first <= last:
        raise WorktimeError(f"The years {text} run backwards.", "Write the first and then the last.")
    return range(first, last + 1)
