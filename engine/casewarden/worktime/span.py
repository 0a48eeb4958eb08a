"""The years of a calendar that have been built so far, and how more are built when they are asked for."""

import datetime as dt
import threading
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Final

from casewarden.worktime.errors import NoOpenTime
from casewarden.worktime.instants import DAY
from casewarden.worktime.spec import CalendarSpec
from casewarden.worktime.year import Dates, Year, beginning, build
from casewarden.worktime.zones import Zone, zone

FIRST_YEAR: Final = 2  # room for offsets and for intervals past midnight at both ends of what datetime can hold
LAST_YEAR: Final = 9998
_ALL_LMT_BEFORE: Final = 1800  # the oldest change in tzdata is younger
_ONLY_FOOTERS_AFTER: Final = 2100  # the youngest change that tzdata lists one by one is older (Africa/Casablanca, 2087)
_MOST: Final = (LAST_YEAR - FIRST_YEAR + 1) * 366 * DAY


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive years, with running sums over them.

    Year i runs from `cuts[i]` to `cuts[i + 1]` (microseconds). `open_before[i]` and `days_before[i]` are open time and
    open dates before it, counted from a fixed year, hence negative for years before that one; both have one entry
    more than there are years. A longer span of the same calendar agrees with a shorter one wherever both have a value.
    """

    first: int
    years: tuple[Year, ...]
    cuts: tuple[int, ...]
    open_before: tuple[int, ...]
    days_before: tuple[int, ...]

    @property
    def last(self) -> int:
        """The last year."""
        return self.first + len(self.years) - 1

    def position(self, instant: int) -> int:
        """The open time before an instant that lies within the span."""
        cuts = self.cuts
        i = bisect_right(cuts, instant) - 1
        year = self.years[i]
        x = instant - cuts[i]
        j = bisect_right(year.starts, x) - 1
        if j < 0:
            return self.open_before[i]
        end = year.ends[j]
        return self.open_before[i] + year.base[j] + (min(end, x))

    def earliest(self, position: int) -> int:
        """The first instant that has so much open time before it: a closing rather than the next opening."""
        before = self.open_before
        i = bisect_left(before, position) - 1
        year = self.years[i]
        rest = position - before[i]
        return self.cuts[i] + rest - year.base[bisect_left(year.before, rest) - 1]

    def latest(self, position: int) -> int:
        """The last instant that has so much open time before it: an opening rather than the closing before it."""
        before = self.open_before
        i = bisect_right(before, position) - 1
        year = self.years[i]
        rest = position - before[i]
        return self.cuts[i] + rest - year.base[bisect_right(year.before, rest) - 1]

    def is_open(self, instant: int) -> bool:
        """Whether an instant within the span is open."""
        i = bisect_right(self.cuts, instant) - 1
        year = self.years[i]
        x = instant - self.cuts[i]
        j = bisect_right(year.starts, x) - 1
        return j >= 0 and x < year.ends[j]


class Years:
    """A calendar's span, which grows: readers take `span` once and are safe from growth by other threads.

    After the year `settled_after` years differ only by the weekday of 1 January and by being leap years.
    """

    __slots__ = ("_alike", "_lock", "_settled_until", "dates", "settled_after", "span", "zone")

    def __init__(self, spec: CalendarSpec) -> None:
        self.zone: Final[Zone] = zone(spec.zone)
        self.dates: Final = Dates(spec)
        special = self.dates.special_years or (_ALL_LMT_BEFORE, _ONLY_FOOTERS_AFTER)
        self._settled_until: Final = min(special[0], _ALL_LMT_BEFORE) - 1
        self.settled_after: Final = max(special[1], _ONLY_FOOTERS_AFTER) + 1
        self.span = Span(0, (), (0,), (0,), (0,))
        self._lock = threading.Lock()
        self._alike: dict[tuple[bool, int, int], Year] = {}

    def around(self, instant: int) -> Span:
        """A span that holds the instant; NoOpenTime outside the years that can be computed."""
        span = self.span
        if span.cuts[0] <= instant < span.cuts[-1]:
            return span
        year = self.zone.local(instant).year
        span = self.with_years(year, year)
        while instant < span.cuts[0]:
            span = self.with_years(span.first - 1, span.first - 1)
        while instant >= span.cuts[-1]:
            span = self.with_years(span.last + 1, span.last + 1)
        return span

    def up_to(self, position: int) -> Span:
        """A span whose open time goes beyond a position; NoOpenTime where there is not so much of it."""
        span, step = self.span, 1
        if position - span.open_before[-1] > _MOST:
            raise NoOpenTime(f"There is not so much time before the year {LAST_YEAR + 1}.")
        while span.open_before[-1] <= position:
            if span.last == LAST_YEAR:
                raise NoOpenTime(f"There is not so much open time before the year {LAST_YEAR + 1}.")
            span = self.with_years(span.first, min(span.last + step, LAST_YEAR))
            step *= 2
        return span

    def down_to(self, position: int) -> Span:
        """A span whose open time begins before a position; NoOpenTime where there is not so much of it."""
        span, step = self.span, 1
        if span.open_before[0] - position > _MOST:
            raise NoOpenTime(f"There is not so much time after the year {FIRST_YEAR - 1}.")
        while span.open_before[0] >= position:
            if span.first == FIRST_YEAR:
                raise NoOpenTime(f"There is not so much open time after the year {FIRST_YEAR - 1}.")
            span = self.with_years(max(span.first - step, FIRST_YEAR), span.last)
            step *= 2
        return span

    def up_to_day(self, rank: int) -> Span:
        """A span that holds the open date of a rank (`days_before` counts them)."""
        span, step = self.span, 1
        while span.days_before[-1] <= rank:
            if span.last == LAST_YEAR:
                raise NoOpenTime(f"There are not so many open dates before the year {LAST_YEAR + 1}.")
            span = self.with_years(span.first, min(span.last + step, LAST_YEAR))
            step *= 2
        while span.days_before[0] > rank:
            if span.first == FIRST_YEAR:
                raise NoOpenTime(f"There are not so many open dates after the year {FIRST_YEAR - 1}.")
            span = self.with_years(max(span.first - step, FIRST_YEAR), span.last)
            step *= 2
        return span

    def with_years(self, first: int, last: int) -> Span:
        """A span that holds these years and all that were built before, without a hole."""
        if first < FIRST_YEAR or last > LAST_YEAR:
            raise NoOpenTime(f"Calendars reach from the year {FIRST_YEAR} to {LAST_YEAR}.")
        with self._lock:
            span = self.span
            if not span.years:
                cut = beginning(self.zone, first)
                span = self._longer(Span(first, (), (cut,), (0,), (0,)), first, last)
            elif first < span.first or last > span.last:
                span = self._longer(span, min(first, span.first), max(last, span.last))
            self.span = span
            return span

    def _longer(self, span: Span, first: int, last: int) -> Span:
        head = [self._year(year) for year in range(first, span.first)]
        tail = [self._year(year) for year in range(span.last + 1, last + 1)]
        cuts = [span.cuts[0]]
        opens = [span.open_before[0]]
        days = [span.days_before[0]]
        for year in reversed(head):
            cuts.insert(0, cuts[0] - year.length)
            opens.insert(0, opens[0] - year.total)
            days.insert(0, days[0] - len(year.days))
        cuts += span.cuts[1:]
        opens += span.open_before[1:]
        days += span.days_before[1:]
        for year in tail:
            cuts.append(cuts[-1] + year.length)
            opens.append(opens[-1] + year.total)
            days.append(days[-1] + len(year.days))
        return Span(first, (*head, *span.years, *tail), tuple(cuts), tuple(opens), tuple(days))

    def _year(self, year: int) -> Year:
        """A year's tables; far from every dated entry and every single zone change, like years share theirs."""
        if self._settled_until <= year <= self.settled_after:
            return build(self.dates, self.zone, year)
        first = dt.date(year, 1, 1).toordinal()
        key = (year > self.settled_after, first % 7, dt.date(year + 1, 1, 1).toordinal() - first)
        alike = self._alike.get(key)
        if alike is None:
            alike = self._alike[key] = build(self.dates, self.zone, year)
        return alike
