"""Business time on one calendar: adding, subtracting, measuring, and what opens or closes next.

The integer methods take and give microseconds since the Unix epoch and lengths in microseconds; `add`, `subtract`,
`elapsed` and the like do the same with aware datetimes and timedeltas. Open time contains its opening instant and not
its closing instant. All of it is logarithmic in the years that are looked at, and safe in threads.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import ClassVar, Final
from weakref import WeakValueDictionary

from casewarden.worktime import days, openings
from casewarden.worktime.counting import Boundary, DayRule
from casewarden.worktime.errors import NoOpenTime, WorktimeError
from casewarden.worktime.instants import EPOCH, length_us, to_us
from casewarden.worktime.pauses import Pause, in_order, past_pauses, paused
from casewarden.worktime.segments import Segment, segments
from casewarden.worktime.span import Years
from casewarden.worktime.spec import CalendarSpec


class Calendar:
    """A calendar with its tables, immutable to its users; `Calendar.of` gives one object for equal specs."""

    __slots__ = ("__weakref__", "_steady_from", "spec", "tz", "years")

    _shared: ClassVar[WeakValueDictionary[CalendarSpec, "Calendar"]] = WeakValueDictionary()
    _sharing: ClassVar = threading.Lock()

    def __init__(self, spec: CalendarSpec) -> None:
        self.spec: Final = spec
        self.years: Final = Years(spec)
        self.tz: Final = self.years.zone.tz
        self._steady_from: int | None = None

    @classmethod
    def of(cls, spec: CalendarSpec) -> "Calendar":
        """The calendar of a spec; the same object for equal specs as long as anyone holds it."""
        with cls._sharing:
            calendar = cls._shared.get(spec)
            if calendar is None:
                calendar = cls._shared[spec] = cls(spec)
            return calendar

    # Lengths of open time.

    def add_us(
        self, start: int, amount: int, boundary: Boundary = Boundary.CLOSING, pauses: Sequence[Pause] = ()
    ) -> int:
        """The instant by which `amount` of open time has passed since `start`, outside of pauses.

        Adding nothing gives `start` itself (in a pause, its end), or with `next_opening` the opening after it where it
        is closed. A negative amount is a ValueError; too little open time, or a pause that lasts, NoOpenTime. Pauses
        come in order: see `casewarden.worktime.in_order`. `boundary` looks at the calendar alone.
        """
        if pauses and amount >= 0:
            start, amount = past_pauses(self.elapsed_us, start, amount, pauses)
        if amount <= 0:
            _refuse_negative(amount)
            return start if boundary is Boundary.CLOSING else openings.next_opening(self.years, start)
        span = self.years.span
        cuts = span.cuts
        if not cuts[0] <= start < cuts[-1]:
            span = self.years.around(start)
        position = span.position(start) + amount
        if boundary is Boundary.CLOSING:
            if position > span.open_before[-1]:
                span = self.years.up_to(position - 1)
            return span.earliest(position)
        if position >= span.open_before[-1]:
            span = self.years.up_to(position)
        return span.latest(position)

    def subtract_us(self, start: int, amount: int) -> int:
        """The last instant from which `amount` of open time passes until `start`: an opening rather than a closing."""
        if amount <= 0:
            _refuse_negative(amount)
            return start
        span = self.years.around(start)
        position = span.position(start) - amount
        if position < span.open_before[0]:
            span = self.years.down_to(position + 1)
        return span.latest(position)

    def elapsed_us(self, start: int, end: int, pauses: Sequence[Pause] = ()) -> int:
        """The open time in [start, end), less that in pauses; negative where `end` is before `start`."""
        if pauses:
            if end < start:
                return -self.elapsed_us(end, start, pauses)
            return self.elapsed_us(start, end) - paused(self.elapsed_us, start, end, pauses)
        span = self.years.span
        cuts = span.cuts
        if not (cuts[0] <= start < cuts[-1] and cuts[0] <= end < cuts[-1]):
            self.years.around(start)
            span = self.years.around(end)
        return span.position(end) - span.position(start)

    # Openings and closings.

    def is_open(self, instant: int) -> bool:
        """Whether an instant is open."""
        return openings.is_open(self.years, instant)

    def next_opening(self, instant: int) -> int:
        """The instant itself where it is open, else the next opening; NoOpenTime where there is none."""
        return openings.next_opening(self.years, instant)

    def previous_closing(self, instant: int) -> int:
        """The instant itself where it is open, else the last closing up to it; NoOpenTime if there is none."""
        return openings.previous_closing(self.years, instant)

    def next_change(self, instant: int) -> int | None:
        """The next opening or closing after an instant; None where there is none until the year 9999."""
        if self._steady_from is not None and instant >= self._steady_from:
            return None
        change = openings.next_change(self.years, instant)
        if change is None and (self._steady_from is None or instant < self._steady_from):
            self._steady_from = instant
        return change

    def intervals(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The open intervals in [start, end), clipped, in order, as long as possible."""
        return openings.intervals(self.years, start, end)

    def segments(self, start: int, end: int) -> list[Segment]:
        """Consecutive segments that cover [start, end), open and closed, each with its reason."""
        return segments(self.years, start, end)

    # Business days.

    def add_days(self, start: int, number: int | Fraction, rule: DayRule, boundary: Boundary = Boundary.CLOSING) -> int:
        """`start` plus business days as `rule` counts them; parts of days only in `open_hours`.

        Adding nothing is as in `add_us`. With `origin: date` and `first_day: start_day` a start after its own date's
        closing may get that closing, which lies before it: that is what these words say.
        """
        if number <= 0:
            _refuse_negative(number)
            return self.add_us(start, 0, boundary)
        return days.add_days(self.years, start, number, rule, boundary)

    def subtract_days(self, start: int, number: int | Fraction, rule: DayRule) -> int:
        """`start` less business days: the mirror of `add_days`; it lands on openings."""
        if number <= 0:
            _refuse_negative(number)
            return start
        return days.subtract_days(self.years, start, number, rule)

    def open_days_between(self, start: int, end: int) -> int:
        """The open dates after the date of `start` up to the date of `end`, at whatever hour."""
        return days.open_days_between(self.years, start, end)

    # The same with aware datetimes, in the calendar's zone.

    def add(
        self,
        start: datetime,
        duration: timedelta,
        boundary: Boundary = Boundary.CLOSING,
        pauses: Iterable[tuple[datetime, datetime | None]] = (),
    ) -> datetime:
        """As `add_us`, pauses in any order; a naive datetime raises NaiveInstant."""
        stretches = _stretches(pauses) if pauses else ()
        return self.local(self.add_us(to_us(start), length_us(duration), boundary, stretches))

    def subtract(self, start: datetime, duration: timedelta) -> datetime:
        """As `subtract_us`; a naive start raises NaiveInstant."""
        return self.local(self.subtract_us(to_us(start), length_us(duration)))

    def elapsed(
        self, start: datetime, end: datetime, pauses: Iterable[tuple[datetime, datetime | None]] = ()
    ) -> timedelta:
        """As `elapsed_us`, pauses in any order; a naive datetime raises NaiveInstant."""
        stretches = _stretches(pauses) if pauses else ()
        return timedelta(0, 0, self.elapsed_us(to_us(start), to_us(end), stretches))

    def is_open_at(self, instant: datetime) -> bool:
        """As `is_open`."""
        return self.is_open(to_us(instant))

    def next_opening_after(self, instant: datetime) -> datetime:
        """As `next_opening`."""
        return self.local(self.next_opening(to_us(instant)))

    def previous_closing_before(self, instant: datetime) -> datetime:
        """As `previous_closing`."""
        return self.local(self.previous_closing(to_us(instant)))

    def open_between(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """As `intervals`."""
        for opens, closes in self.intervals(to_us(start), to_us(end)):
            yield self.local(opens), self.local(closes)

    def local(self, instant: int) -> datetime:
        """The aware datetime, in the calendar's zone, of an instant in microseconds."""
        try:
            return (EPOCH + timedelta(0, 0, instant)).astimezone(self.tz)
        except OverflowError:
            raise NoOpenTime("The time lies outside the years 1 to 9999.") from None


def _stretches(pauses: Iterable[tuple[datetime, datetime | None]]) -> tuple[Pause, ...]:
    return in_order((to_us(start), None if end is None else to_us(end)) for start, end in pauses)


def _refuse_negative(amount: int | Fraction) -> None:
    if amount < 0:
        raise WorktimeError("A length is not negative: subtract instead of adding, or add instead of subtracting.")
