"""Business time the slow and obvious way: a list of minutes, each open or closed, and walks along it.

It shares nothing with the package. Where the package turns wall times into instants by asking the zone, this looks at
what a clock on the wall shows, minute after minute, and finds wall times on it. Instants are whole minutes since the
epoch; everything happens inside a window of days, and Outside is raised where a walk leaves it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
Pair = tuple[int, int]


class Outside(Exception):  # noqa: N818
    """The walk left the window."""


@lru_cache(maxsize=64)
def clock_on_the_wall(zone: str, first: dt.date, days: int) -> tuple[int, tuple[tuple[dt.date, int], ...]]:
    """The first minute of a window, and what a wall clock shows at it and at each minute after: date and minute."""
    tz = _named(zone) if "/" in zone else dt.timezone(_offset(zone))
    start = dt.datetime.combine(first, dt.time(), tzinfo=dt.UTC)
    shown = []
    for step in range(days * 1440):
        local = (start + step * MINUTE).astimezone(tz)
        assert local.second == 0
        shown.append((local.date(), local.hour * 60 + local.minute))
    return (start - EPOCH) // MINUTE, tuple(shown)


def _named(zone: str) -> ZoneInfo:
    """The zone as the tzdata package has it, which the machine's own may be older or newer than."""
    with resources.files("tzdata").joinpath("zoneinfo", *zone.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=zone)


def _offset(text: str) -> dt.timedelta:
    sign = -1 if text[0] == "-" else 1
    return sign * dt.timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))


@dataclass
class Week:
    """What a calendar says, as plainly as can be: minutes of the day, an end past 1440 being on the next day."""

    zone: str
    hours: Mapping[int, list[Pair]]
    holidays: frozenset[dt.date] = frozenset()
    exceptions: Mapping[dt.date, list[Pair]] = field(default_factory=dict)
    shifts: Mapping[dt.date, list[Pair]] = field(default_factory=dict)
    breaks: Mapping[dt.date, list[Pair]] = field(default_factory=dict)

    def hours_on(self, date: dt.date) -> Iterable[Pair]:
        if date in self.exceptions:
            return self.exceptions[date]
        if date in self.holidays:
            return []
        if date in self.shifts:
            return self.shifts[date]
        return self.hours.get(date.weekday(), [])


class MinuteCalendar:
    """The minutes of a window: to which date each open one belongs, and why each closed one is closed."""

    def __init__(self, week: Week, first: dt.date, days: int) -> None:
        self.week = week
        self.start, self.shown = clock_on_the_wall(week.zone, first, days)
        self.end = self.start + len(self.shown)
        self.seen: dict[tuple[dt.date, int], int] = {}
        for step, shown in enumerate(self.shown):
            self.seen.setdefault(shown, self.start + step)  # of a time that is shown twice, the first
        self.dates = sorted({date for date, _ in self.shown})[2:-2]  # the outer ones are not wholly in the window
        self.owner: dict[int, dt.date] = {}
        for date in self.dates:
            for opens, closes in week.hours_on(date):
                for minute in range(self.when(date, opens), self.when(date, closes)):
                    self.owner.setdefault(minute, date)
        self.broken: set[int] = set()
        for date in self.dates:
            for begins, ends in week.breaks.get(date, []):
                for minute in range(self.when(date, begins), self.when(date, ends)):
                    if self.owner.pop(minute, None):
                        self.broken.add(minute)
        self.minutes_of: dict[dt.date, list[int]] = {}
        for minute in sorted(self.owner):
            self.minutes_of.setdefault(self.owner[minute], []).append(minute)
        self.open_dates = sorted(self.minutes_of)

    def when(self, date: dt.date, minute: int) -> int:
        """The instant at which the clock shows a time; one that it skips is as much later as it skips."""
        wanted = date + dt.timedelta(days=minute // 1440), minute % 1440
        if wanted in self.seen:
            return self.seen[wanted]
        for step in range(1, len(self.shown)):
            if self.shown[step - 1] < wanted < self.shown[step]:
                skipped = _flat(self.shown[step]) - _flat(self.shown[step - 1]) - 1
                later = _flat(wanted) + skipped
                return self.seen[dt.date.fromordinal(later // 1440), later % 1440]
        raise Outside

    def is_open(self, t: int) -> bool:
        if not self.start + 4 * 1440 <= t < self.end - 4 * 1440:
            raise Outside
        return t in self.owner

    def add(self, t: int, minutes: int, boundary: str) -> int:
        while minutes:
            minutes -= self.is_open(t)
            t += 1
        return self.next_opening(t) if boundary == "next_opening" else t

    def subtract(self, t: int, minutes: int) -> int:
        while minutes:
            t -= 1
            minutes -= self.is_open(t)
        return t

    def elapsed(self, a: int, b: int) -> int:
        return sum(self.is_open(t) for t in range(a, b))

    def next_opening(self, t: int) -> int:
        while not self.is_open(t):
            t += 1
        return t

    def previous_closing(self, t: int) -> int:
        if self.is_open(t):
            return t
        while not self.is_open(t - 1):
            t -= 1
        return t

    def next_change(self, t: int) -> int:
        state = self.is_open(t)
        while self.is_open(t) == state:
            t += 1
        return t

    def intervals(self, a: int, b: int) -> list[Pair]:
        found: list[Pair] = []
        for t in range(a, b):
            if self.is_open(t):
                if found and found[-1][1] == t:
                    found[-1] = found[-1][0], t + 1
                else:
                    found.append((t, t + 1))
        return found

    def reason(self, t: int) -> str:
        if self.is_open(t):
            return "open"
        if t in self.broken:
            return "break"
        date = self.shown[t - self.start][0]
        if date in self.week.exceptions:
            return "exception"
        if date in self.week.holidays:
            return "holiday"
        return "closed" if self.week.hours.get(date.weekday()) or self.week.shifts.get(date) else "weekend"

    # Business days.

    def own_date(self, t: int) -> tuple[dt.date, int]:
        """The date to which an instant belongs, and the minutes that the clock shows from its midnight on."""
        date, minute = self.shown[t - self.start]
        for owner in self.open_dates:
            if self.minutes_of[owner][0] <= t <= self.minutes_of[owner][-1]:
                return owner, minute + (date - owner).days * 1440
        return date, minute

    def add_days(self, t: int, days: int, mode: str, origin: str, first_day: str, boundary: str) -> Fraction:
        if mode == "open_hours":
            return self._shares_on(t, Fraction(days), boundary)
        if origin == "next_opening":
            t = self.next_opening(t)
        date, minute = self.own_date(t)
        coming = [d for d in self.open_dates if d > date or (d == date and first_day == "start_day")]
        reached = self._nth(coming, days)
        if mode == "same_time":
            return Fraction(self._at(reached, minute, boundary))
        return Fraction(self._after(self.minutes_of[reached][-1] + 1, boundary))

    def subtract_days(self, t: int, days: int, mode: str, origin: str, first_day: str) -> Fraction:
        if mode == "open_hours":
            return self._shares_back(t, Fraction(days))
        if origin == "next_opening" and not self.is_open(t):
            date, minute = self.own_date(self.previous_closing(t) - 1)
            minute += 1
        else:
            date, minute = self.own_date(t)
        gone = [d for d in self.open_dates if d < date or (d == date and first_day == "start_day")]
        reached = self._nth(gone[::-1], days)
        if mode == "same_time":
            return Fraction(self._at(reached, minute, "next_opening"))
        return Fraction(self.minutes_of[reached][0])

    def _nth(self, dates: list[dt.date], n: int) -> dt.date:
        inner = [d for d in dates if self.dates[3] <= d <= self.dates[-4]]
        if len(dates) < n or dates[n - 1] not in inner:
            raise Outside
        return dates[n - 1]

    def _at(self, date: dt.date, minute: int, boundary: str) -> int:
        wanted = self.when(date, minute)
        minutes = self.minutes_of[date]
        if wanted in minutes:
            return wanted
        if wanted < minutes[0]:
            return minutes[0]
        return self._after(max(m for m in minutes if m < wanted) + 1, boundary)

    def _after(self, t: int, boundary: str) -> int:
        return self.next_opening(t) if boundary == "next_opening" else t

    def _shares_on(self, t: int, left: Fraction, boundary: str) -> Fraction:
        while True:
            if self.is_open(t):
                share = Fraction(1, len(self.minutes_of[self.owner[t]]))
                if left < share:
                    return t + left / share
                left -= share
                if left == 0:
                    return Fraction(self._after(t + 1, boundary))
            t += 1

    def _shares_back(self, t: int, left: Fraction) -> Fraction:
        while True:
            t -= 1
            if self.is_open(t):
                share = Fraction(1, len(self.minutes_of[self.owner[t]]))
                if left <= share:
                    return t + 1 - left / share
                left -= share


def _flat(shown: tuple[dt.date, int]) -> int:
    return shown[0].toordinal() * 1440 + shown[1]
