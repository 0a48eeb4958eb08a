"""Business days: counting open dates, in the three modes.

An open date is one to which open time belongs. An instant from a date's first opening to its last closing belongs to
that date, so Tuesday 02:00 in a night from Monday 22:00 is Monday's, at 26:00; any other belongs to its local date.
"""

import datetime as dt
from bisect import bisect_left
from fractions import Fraction
from math import floor

from casewarden.worktime.counting import Boundary, DayMode, DayOrigin, DayRule, FirstDay
from casewarden.worktime.errors import WorktimeError
from casewarden.worktime.instants import DAY
from casewarden.worktime.openings import is_open, next_opening, previous_closing
from casewarden.worktime.span import Years
from casewarden.worktime.year import Piece


def add_days(years: Years, start: int, days: int | Fraction, rule: DayRule, boundary: Boundary) -> int:
    """`start` plus a positive number of business days; parts of days only in `open_hours`.

    In `same_time`, where the time does not lie in the hours of the date that is reached, it becomes the opening if
    the date has not opened yet; else, also in a break within the date's hours, what `boundary` says.
    """
    if rule.mode is DayMode.OPEN_HOURS:
        return _land(years, _share(years, start) + days, boundary)
    number = _whole(days)
    if rule.origin is DayOrigin.NEXT_OPENING:
        start = next_opening(years, start)
    date, time = own_date(years, start)
    counted_from = date + 1 if rule.first_day is FirstDay.DAY_AFTER else date
    reached, pieces = _open_date(years, rank_of(years, counted_from) + number - 1)
    if rule.mode is DayMode.SAME_TIME:
        return _at_time(years, pieces, years.zone.wall_us(reached, time), boundary)
    return _after(years, pieces[-1][1], boundary)


def subtract_days(years: Years, start: int, days: int | Fraction, rule: DayRule) -> int:
    """`start` less a positive number of business days: the mirror of `add_days`, landing on openings.

    `end_of_day` gives the opening of the nth open date before; in `same_time` a time outside the hours of the date
    that is reached becomes the next opening; `origin: next_opening` first rolls back to the previous closing.
    """
    if rule.mode is DayMode.OPEN_HOURS:
        return _land(years, _share(years, start) - days, Boundary.NEXT_OPENING)
    number = _whole(days)
    if rule.origin is DayOrigin.NEXT_OPENING and not is_open(years, start):
        start = previous_closing(years, start)
        date, time = own_date(years, start - 1)
        time += 1
    else:
        date, time = own_date(years, start)
    counted_before = date if rule.first_day is FirstDay.DAY_AFTER else date + 1
    reached, pieces = _open_date(years, rank_of(years, counted_before) - number)
    if rule.mode is DayMode.SAME_TIME:
        return _at_time(years, pieces, years.zone.wall_us(reached, time), Boundary.NEXT_OPENING)
    return pieces[0][0]


def _whole(days: int | Fraction) -> int:
    if days.denominator != 1:
        raise WorktimeError("Parts of business days count only in the mode open_hours. Write whole days.")
    return int(days)


def own_date(years: Years, instant: int) -> tuple[int, int]:
    """The date (ordinal) to which an instant belongs, and its wall time in microseconds from that date's 00:00."""
    local, time = years.zone.date_and_time(instant)
    for date in range(local, local - 3, -1):
        pieces = pieces_of(years, date)
        if pieces and pieces[0][0] <= instant < pieces[-1][1]:
            return date, time + (local - date) * DAY
    return local, time


def pieces_of(years: Years, date: int) -> tuple[Piece, ...]:
    """The open intervals that belong to a date, as instants; none where it is closed."""
    day = dt.date.fromordinal(date)
    span = years.with_years(day.year, day.year)
    year = span.years[day.year - span.first]
    number = date - dt.date(day.year, 1, 1).toordinal()
    j = bisect_left(year.days, number)
    if j == len(year.days) or year.days[j] != number:
        return ()
    cut = span.cuts[day.year - span.first]
    return tuple((cut + start, cut + end) for start, end in year.pieces[j])


def rank_of(years: Years, date: int) -> int:
    """How many open dates lie before a date, counted from a fixed one."""
    day = dt.date.fromordinal(date)
    span = years.with_years(day.year, day.year)
    i = day.year - span.first
    return span.days_before[i] + bisect_left(span.years[i].days, date - dt.date(day.year, 1, 1).toordinal())


def open_days_between(years: Years, start: int, end: int) -> int:
    """Open dates after the date of `start` up to the date of `end`; negative where `end` is the earlier date."""
    return rank_of(years, own_date(years, end)[0] + 1) - rank_of(years, own_date(years, start)[0] + 1)


def _open_date(years: Years, rank: int) -> tuple[int, tuple[Piece, ...]]:
    """The open date of a rank (an ordinal), and its intervals as instants."""
    span = years.up_to_day(rank)
    i = bisect_left(span.days_before, rank + 1) - 1
    year, cut = span.years[i], span.cuts[i]
    j = rank - span.days_before[i]
    date = dt.date(span.first + i, 1, 1).toordinal() + year.days[j]
    return date, tuple((cut + start, cut + end) for start, end in year.pieces[j])


def _at_time(years: Years, pieces: tuple[Piece, ...], wanted: int, boundary: Boundary) -> int:
    """The wanted instant where the pieces of a date hold it, else the opening or what `boundary` says."""
    if wanted < pieces[0][0]:
        return pieces[0][0]
    before = max((piece for piece in pieces if piece[0] <= wanted), key=lambda piece: piece[0])
    return wanted if wanted < before[1] else _after(years, before[1], boundary)


def _after(years: Years, closing: int, boundary: Boundary) -> int:
    match boundary:
        case Boundary.CLOSING:
            return closing
        case Boundary.NEXT_OPENING:
            return next_opening(years, closing)


def _share(years: Years, instant: int) -> Fraction:
    """Open dates before an instant, the share of the one under way included that lies before it.

    Where a night is broken off until after midnight, all the hours of yesterday may still lie ahead.
    """
    local = years.zone.date_and_time(instant)[0]
    for date in range(local, local - 3, -1):
        pieces = pieces_of(years, date)
        if pieces and pieces[0][0] < instant:
            passed = sum(min(end, instant) - start for start, end in pieces if start < instant)
            return rank_of(years, date) + Fraction(passed, sum(end - start for start, end in pieces))
    return Fraction(rank_of(years, local - 2))


def _land(years: Years, share: Fraction, boundary: Boundary) -> int:
    """The instant at which a number of open dates has passed, to the nearest microsecond, halves to the later one."""
    rank = floor(share)
    part = share - rank
    if part == 0:
        match boundary:
            case Boundary.CLOSING:
                return _open_date(years, rank - 1)[1][-1][1]
            case Boundary.NEXT_OPENING:
                return _open_date(years, rank)[1][0][0]
    pieces = _open_date(years, rank)[1]
    rest = floor(part * sum(end - start for start, end in pieces) + Fraction(1, 2))
    for start, end in pieces:
        if rest < end - start or (rest == end - start and boundary is Boundary.CLOSING):
            return start + rest
        rest -= end - start
    return _after(years, pieces[-1][1], boundary)
