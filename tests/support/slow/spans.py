"""Open time and spans by walking from date to date; lengths and instants are whole microseconds."""

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache
from zoneinfo import ZoneInfo

from casewarden.ruleset.syntax import Ruleset
from casewarden.ruleset.terms import BUSINESS, ELAPSED, Duration, Unit
from casewarden.worktime import Boundary, CalendarSpec, DayRule

UTC = dt.UTC
EPOCH = dt.datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
FARTHEST = 400  # days that a walk may take before the calendar counts as never open


def us(moment: dt.datetime) -> int:
    return (moment - EPOCH) // dt.timedelta(microseconds=1)


def local_date(zone: str, t: int) -> dt.date:
    return (EPOCH + dt.timedelta(microseconds=t)).astimezone(ZoneInfo(zone)).date()


def local(zone: str, date: dt.date, minutes: int) -> int:
    """The instant at which a clock shows so many minutes after the date's midnight (first of two, gaps forward)."""
    wall = dt.datetime.combine(date, dt.time()) + dt.timedelta(minutes=minutes)
    return us(wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC))


@lru_cache(maxsize=4096)
def hours_of(spec: CalendarSpec, date: dt.date) -> tuple[tuple[int, int], ...]:
    """The open minutes of one date. Calendars of these tests have no shifts, breaks or later versions."""
    for day, hours in spec.exceptions:
        if day == date:
            return hours
    if any(holiday.date == date for holiday in spec.holidays):
        return ()
    return spec.weekly[date.weekday()]


@lru_cache(maxsize=4096)
def open_on(spec: CalendarSpec, date: dt.date) -> list[tuple[int, int]]:
    return [(local(spec.zone, date, a), local(spec.zone, date, b)) for a, b in hours_of(spec, date)]


def forward(spec: CalendarSpec, t: int) -> Iterator[tuple[int, int]]:
    """The open stretches that end after `t`, in order, each clipped to begin at `t` at least; some touch."""
    date = local_date(spec.zone, t) - dt.timedelta(days=1)
    for step in range(FARTHEST):
        for a, b in open_on(spec, date + dt.timedelta(days=step)):
            if b > t:
                yield max(a, t), b


def stretches(spec: CalendarSpec, start: int, end: int) -> list[tuple[int, int]]:
    """The open stretches within `[start, end)`."""
    found = []
    date = local_date(spec.zone, start) - dt.timedelta(days=1)
    while local(spec.zone, date, 0) < end:
        found += [(max(a, start), min(b, end)) for a, b in open_on(spec, date) if a < end and b > start]
        date += dt.timedelta(days=1)
    return found


def elapsed(spec: CalendarSpec | None, start: int, end: int) -> int:
    """The counted microseconds in `[start, end)`; without a calendar all of them."""
    if spec is None:
        return end - start
    return sum(b - a for a, b in stretches(spec, start, end))


def is_open(spec: CalendarSpec, t: int) -> bool:
    return any(a <= t < b for a, b in stretches(spec, t, t + 1))


def edges(spec: CalendarSpec, start: int, end: int) -> set[int]:
    """Every opening and closing in `[start, end]`."""
    return {edge for pair in stretches(spec, start - 2 * DAY, end + 2 * DAY) for edge in pair if start <= edge <= end}


def add_open(spec: CalendarSpec, start: int, length: int, boundary: Boundary) -> int:
    """The first instant with so much open time after `start`; the opening after it where the boundary says so."""
    if length == 0 and boundary is Boundary.CLOSING:
        return start
    rest = length
    for a, b in forward(spec, start):
        if rest < b - a or (rest == b - a and boundary is Boundary.CLOSING):
            return a + rest
        rest -= b - a
    raise AssertionError("the calendar is not open enough")


def subtract_open(spec: CalendarSpec, start: int, length: int) -> int:
    """The last instant with so much open time between it and `start`: an opening rather than a closing."""
    rest = length
    date = local_date(spec.zone, start) + dt.timedelta(days=1)
    for _ in range(FARTHEST):
        for a, b in reversed(open_on(spec, date)):
            if a >= start:
                continue
            until = min(b, start)
            if 0 < rest <= until - a:
                return until - rest
            rest -= until - a
        date -= dt.timedelta(days=1)
    raise AssertionError("the calendar is not open enough")


def open_dates(spec: CalendarSpec, first: dt.date) -> Iterator[dt.date]:
    """The dates with open hours from `first` on."""
    for step in range(FARTHEST):
        date = first + dt.timedelta(days=step)
        if hours_of(spec, date):
            yield date


def dates_apart(spec: CalendarSpec, start: int, end: int) -> int:
    """How many open dates lie after the date of `start`, up to and with the date of `end`."""
    first, last = local_date(spec.zone, start), local_date(spec.zone, end)
    return sum(1 for step in range(1, (last - first).days + 1) if hours_of(spec, first + dt.timedelta(days=step)))


def add_end_of_day(spec: CalendarSpec, start: int, days: int, rule: DayRule, boundary: Boundary) -> int:
    """The closing of the nth open date after the start's, or with it where it counts as day one."""
    if rule.origin == "next_opening":
        start = next(forward(spec, start))[0]
    date = local_date(spec.zone, start)
    counted_from = date if rule.first_day == "start_day" else date + dt.timedelta(days=1)
    for count, day in enumerate(open_dates(spec, counted_from), start=1):
        if count == days:
            closing = open_on(spec, day)[-1][1]
            return closing if boundary is Boundary.CLOSING else add_open(spec, closing, 0, boundary)
    raise AssertionError("the calendar is not open enough")


def spec_of(ruleset: Ruleset, word: str, own: str) -> CalendarSpec | None:
    """The calendar that a duration's word means; None for plain time."""
    if word == ELAPSED:
        return None
    return ruleset.calendars[own if word == BUSINESS else word].spec


LENGTHS = {Unit.MINUTES: MINUTE, Unit.HOURS: HOUR, Unit.DAYS: DAY, Unit.WEEKS: 7 * DAY}


def after(ruleset: Ruleset, own: str, start: int, span: Duration, rule: DayRule | None = None) -> int:
    """`start` plus a span; `own` is the case's own calendar; `rule` counts days on it, else the ruleset's default."""
    spec = spec_of(ruleset, span.calendar, own)
    days = rule or ruleset.defaults.days
    if spec is None:
        if span.unit in (Unit.MINUTES, Unit.HOURS):
            return start + span.count * LENGTHS[span.unit]
        return same_local_time(ruleset, start, span.count * (7 if span.unit is Unit.WEEKS else 1))
    if span.unit is Unit.DAYS:
        assert days.mode == "end_of_day", "these tests count business days to the end of the day"
        return add_end_of_day(spec, start, span.count, days, ruleset.defaults.boundary)
    return add_open(spec, start, span.count * LENGTHS[span.unit], ruleset.defaults.boundary)


def before(ruleset: Ruleset, own: str, start: int, span: Duration) -> int:
    """`start` less a span of elapsed time or of open minutes or hours."""
    spec = spec_of(ruleset, span.calendar, own)
    if spec is None:
        if span.unit in (Unit.MINUTES, Unit.HOURS):
            return start - span.count * LENGTHS[span.unit]
        return same_local_time(ruleset, start, -span.count * (7 if span.unit is Unit.WEEKS else 1))
    assert span.unit in (Unit.MINUTES, Unit.HOURS), "these tests do not count open days backwards"
    return subtract_open(spec, start, span.count * LENGTHS[span.unit])


def same_local_time(ruleset: Ruleset, start: int, days: int) -> int:
    """So many dates on or back, at the same local time in the default calendar's zone."""
    zone = ruleset.calendars[ruleset.defaults.calendar].spec.zone
    wall = (EPOCH + dt.timedelta(microseconds=start)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    shifted = (wall + dt.timedelta(days=days)).replace(tzinfo=ZoneInfo(zone), fold=0)
    return us(shifted.astimezone(UTC))
