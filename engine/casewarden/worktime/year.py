"""One year of a calendar: the open intervals of its dates, and their running sums."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from casewarden.worktime.instants import EPOCH_ORDINAL, MICROSECONDS
from casewarden.worktime.spec import ALWAYS, CalendarSpec, Hours
from casewarden.worktime.zones import Zone

Piece = tuple[int, int]
_SHIFTED_AT_MOST = 3  # days: a gap of a day (Apia) shifts an interval that runs past midnight
NEAR = 2  # days: how far a break may lie from the date whose hours it cuts, for the same reason


@dataclass(frozen=True, slots=True)
class Year:
    """The open time of one local year, in microseconds from the instant at which it begins.

    `starts` and `ends` are the open intervals clipped to the year, joined where they touch; `before[i]` is the open
    time in the year before interval i and `base[i]` is `before[i] - starts[i]`, so that an instant x inside interval
    i has `base[i] + x` of open time before it. `days` are the open dates (0 is 1 January); `pieces[j]` are the
    intervals that belong to `days[j]`, not clipped, so that they may end in the next year.
    """

    length: int
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    before: tuple[int, ...]
    base: tuple[int, ...]
    total: int
    days: tuple[int, ...]
    pieces: tuple[tuple[Piece, ...], ...]


class Dates:
    """The hours of each date as a spec states them, by proleptic ordinal, in local wall time."""

    __slots__ = ("_breaks", "_stages", "always_open", "has_breaks", "special_years")

    def __init__(self, spec: CalendarSpec) -> None:
        stages = [(0, spec), *((start.toordinal(), later) for start, later in spec.later)]
        self._stages = tuple((start, stage, _named_hours(stage)) for start, stage in reversed(stages))
        self._breaks = tuple({day.toordinal(): hours for day, hours in stage.breaks} for _, stage, _ in self._stages)
        self.has_breaks = any(self._breaks)
        self.always_open = all(
            stage.weekly == ALWAYS and not (stage.holidays or stage.exceptions or stage.shifts or stage.breaks)
            for _, stage, _ in self._stages
        )
        years = [start.year for start, _ in spec.later]
        for _, stage, _ in self._stages:
            years += [holiday.date.year for holiday in stage.holidays]
            years += [day.year for dated in (stage.exceptions, stage.shifts, stage.breaks) for day, _ in dated]
        self.special_years: tuple[int, int] | None = (min(years), max(years)) if years else None

    def stage(self, ordinal: int) -> CalendarSpec:
        """The calendar that holds on a date."""
        return next(stage for start, stage, _ in self._stages if ordinal >= start)

    def hours(self, ordinal: int) -> Hours:
        """The hours that belong to a date, before breaks."""
        for start, stage, named in self._stages:
            if ordinal >= start:
                hours = named.get(ordinal)
                return stage.weekly[(ordinal - 1) % 7] if hours is None else hours
        raise AssertionError("the first stage has no beginning")

    def breaks(self, ordinal: int) -> Hours:
        """The breaks that start on a date."""
        for (start, _, _), breaks in zip(self._stages, self._breaks, strict=True):
            if ordinal >= start:
                return breaks.get(ordinal, ())
        raise AssertionError("the first stage has no beginning")


def _named_hours(spec: CalendarSpec) -> dict[int, Hours]:
    """The dates whose hours are not their weekday's: the order in which the three are written is who beats whom."""
    named = {day.toordinal(): hours for day, hours in spec.shifts}
    named.update({holiday.date.toordinal(): () for holiday in spec.holidays})
    named.update({day.toordinal(): hours for day, hours in spec.exceptions})
    return named


def beginning(zone: Zone, year: int) -> int:
    """The instant, in microseconds, at which a local year begins."""
    return zone.instant(dt.date(year, 1, 1).toordinal(), 0) * MICROSECONDS


def build(dates: Dates, zone: Zone, year: int) -> Year:
    """The tables of one year."""
    first = dt.date(year, 1, 1).toordinal()
    last = dt.date(year + 1, 1, 1).toordinal()
    origin, end = zone.instant(first, 0), zone.instant(last, 0)
    days: list[int] = []
    pieces: list[tuple[Piece, ...]] = []
    intervals: list[Piece] = []
    for ordinal, owned in _owned(dates, zone, first - _SHIFTED_AT_MOST, last + _SHIFTED_AT_MOST):
        if first < ordinal < last - _SHIFTED_AT_MOST:
            intervals += owned
        else:
            intervals += [
                (max(start, origin), min(stop, end)) for start, stop in owned if start < end and stop > origin
            ]
        if first <= ordinal < last:
            days.append(ordinal - first)
            pieces.append(tuple([((s - origin) * MICROSECONDS, (e - origin) * MICROSECONDS) for s, e in owned]))
    joined = _joined(intervals)
    starts = tuple((start - origin) * MICROSECONDS for start, _ in joined)
    ends = tuple((stop - origin) * MICROSECONDS for _, stop in joined)
    sums = (0, *accumulate(e - s for s, e in zip(starts, ends, strict=True)))
    return Year(
        length=(end - origin) * MICROSECONDS,
        starts=starts,
        ends=ends,
        before=sums[:-1],
        base=tuple(b - s for b, s in zip(sums, starts, strict=False)),
        total=sums[-1],
        days=tuple(days),
        pieces=tuple(pieces),
    )


def _owned(dates: Dates, zone: Zone, first: int, last: int) -> Iterator[tuple[int, tuple[Piece, ...]]]:
    """Each date in order that has open time, with its intervals in UTC seconds.

    Where the hours of a date run past midnight into those of the next, the time belongs to the earlier date.
    """
    steady = _steady_offsets(zone, first, last)
    taken = -(10**18)
    for ordinal in range(first, last):
        hours = dates.hours(ordinal)
        if not hours:
            continue
        offset = steady[ordinal - first]
        if offset is None:
            if not zone.has_date(ordinal):
                continue
            whole = _joined([(zone.instant(ordinal, s * 60), zone.instant(ordinal, e * 60)) for s, e in hours])
        else:
            midnight = (ordinal - EPOCH_ORDINAL) * 86_400 - offset
            whole = [(midnight + s * 60, midnight + e * 60) for s, e in hours]
        if whole and whole[0][0] < taken:
            whole = [(max(s, taken), e) for s, e in whole if e > taken]
        if not whole:
            continue
        taken = max(taken, whole[-1][1])
        for day in range(ordinal - NEAR, ordinal + NEAR + 1) if dates.has_breaks else ():
            for start, stop in dates.breaks(day) if zone.has_date(day) else ():
                whole = _without(whole, zone.instant(day, start * 60), zone.instant(day, stop * 60))
        if whole:
            yield ordinal, tuple(whole)


@lru_cache(maxsize=1024)
def _steady_offsets(zone: Zone, first: int, last: int) -> tuple[int | None, ...]:
    """For each date its offset in seconds, or None where the clocks change near it.

    No zone of tzdata has changed twice within three days since 1900, so equal offsets at four midnights in a row mean
    that there is no change between them.
    """
    offsets = [zone.offset(ordinal) for ordinal in range(first - 1, last + 2)]
    return tuple(
        offsets[i] if offsets[i - 1] == offsets[i] == offsets[i + 1] == offsets[i + 2] else None
        for i in range(1, last - first + 1)
    )


def _joined(intervals: list[Piece]) -> list[Piece]:
    """Intervals in order, empty ones left out, touching and overlapping ones joined."""
    joined: list[Piece] = []
    for start, stop in sorted(intervals):
        if stop <= start:
            continue
        if joined and start <= joined[-1][1]:
            if stop > joined[-1][1]:
                joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return joined


def _without(intervals: list[Piece], start: int, stop: int) -> list[Piece]:
    """Intervals less one stretch of time."""
    if stop <= start:
        return intervals
    left: list[Piece] = []
    for s, e in intervals:
        if e <= start or s >= stop:
            left.append((s, e))
            continue
        if s < start:
            left.append((s, start))
        if e > stop:
            left.append((stop, e))
    return left
