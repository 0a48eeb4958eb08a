"""What is open, what opens or closes next, and the open intervals between two instants (microseconds)."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from casewarden.worktime.errors import NoOpenTime
from casewarden.worktime.span import LAST_YEAR, Years

_ALL_KINDS_OF_YEARS: Final = 40  # any 40 years hold each of the 14: 7 weekdays for 1 January, leap or not


def is_open(years: Years, instant: int) -> bool:
    """Whether an instant is open; an opening instant is, a closing instant is not."""
    return years.around(instant).is_open(instant)


def next_opening(years: Years, instant: int) -> int:
    """The instant itself where it is open, else the next opening; NoOpenTime where there is none."""
    span = years.around(instant)
    if span.is_open(instant):
        return instant
    position = span.position(instant)
    return years.up_to(position).latest(position)


def previous_closing(years: Years, instant: int) -> int:
    """The instant itself where it is open, else the last closing at or before it; NoOpenTime where there is none."""
    span = years.around(instant)
    if span.is_open(instant):
        return instant
    position = span.position(instant)
    return years.down_to(position).earliest(position)


def closing(years: Years, instant: int) -> int | None:
    """The closing after an open instant; None where it never closes."""
    if years.dates.always_open:
        return None
    span = years.around(instant)
    i = bisect_right(span.cuts, instant) - 1
    year = span.years[i]
    end = year.ends[bisect_right(year.starts, instant - span.cuts[i]) - 1]
    horizon = min(max(span.first + i, years.settled_after) + _ALL_KINDS_OF_YEARS, LAST_YEAR)
    while end == year.length:
        number = span.first + i + 1
        if number > horizon:
            return None
        if number > span.last:
            span = years.with_years(span.first, min(number + 15, LAST_YEAR))
            i = number - span.first - 1
        i += 1
        year = span.years[i]
        if not year.starts or year.starts[0] > 0:
            return span.cuts[i]
        end = year.ends[0]
    return span.cuts[i] + end


def next_change(years: Years, instant: int) -> int | None:
    """The next opening or closing after an instant; None where there is none."""
    if is_open(years, instant):
        return closing(years, instant)
    try:
        return next_opening(years, instant)
    except NoOpenTime:
        return None


def intervals(years: Years, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The open intervals in [start, end), clipped to it, in order; intervals that touch come as one."""
    if end <= start:
        return
    span = years.around(start)
    i = bisect_right(span.cuts, start) - 1
    pending: tuple[int, int] | None = None
    while span.cuts[i] < end:
        cut, year = span.cuts[i], span.years[i]
        j = max(bisect_right(year.starts, start - cut) - 1, 0)
        for opens, closes in zip(year.starts[j:], year.ends[j:], strict=True):
            if cut + opens >= end:
                break
            if cut + closes <= start:
                continue
            piece = max(cut + opens, start), min(cut + closes, end)
            if pending is None:
                pending = piece
            elif pending[1] == piece[0]:
                pending = pending[0], piece[1]
            else:
                yield pending
                pending = piece
        i += 1
        if i == len(span.years) and cut + year.length < end:
            span = years.with_years(span.first, span.last + 1)
            i = bisect_right(span.cuts, cut)
    if pending is not None:
        yield pending
