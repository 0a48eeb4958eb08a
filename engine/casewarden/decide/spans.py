"""Written durations as functions on instants: a span later, a span earlier, on the calendar that the word names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from casewarden.ruleset.terms import BUSINESS, ELAPSED, Duration, Unit
from casewarden.worktime import Boundary, Calendar, DayRule, add_elapsed_days

SECOND = 1_000_000
DAY = 86_400 * SECOND
_MICROSECONDS = {Unit.MINUTES: 60 * SECOND, Unit.HOURS: 3600 * SECOND}
_DAYS = {Unit.DAYS: 1, Unit.WEEKS: 7}

# The case's own calendar in force at the moment of asking.
OwnCalendar = Callable[[], Calendar]


@dataclass(frozen=True, slots=True)
class Span:
    """A duration ready to count.

    `later(t, own)` and `earlier(t, own)` move an instant; `own` gives the calendar that `business` stands for.
    """

    duration: Duration
    calendar: Calendar | None
    microseconds: int
    days: int
    zone: str
    rule: DayRule
    boundary: Boundary

    def later(self, t: int, own: OwnCalendar) -> int:
        """Return the instant this long after `t`."""
        if self.duration.calendar == ELAPSED:
            return add_elapsed_days(self.zone, t, self.days) if self.days else t + self.microseconds
        calendar = self.calendar or own()
        if self.days:
            return calendar.add_days(t, self.days, self.rule, self.boundary)
        return calendar.add_us(t, self.microseconds, self.boundary)

    def earlier(self, t: int, own: OwnCalendar) -> int:
        """Return the instant this long before `t`."""
        if self.duration.calendar == ELAPSED:
            return add_elapsed_days(self.zone, t, -self.days) if self.days else t - self.microseconds
        calendar = self.calendar or own()
        if self.days:
            return calendar.subtract_days(t, self.days, self.rule)
        return calendar.subtract_us(t, self.microseconds)


@dataclass(frozen=True, slots=True)
class Spans:
    """Makes spans with the calendars and defaults of one ruleset."""

    calendars: Mapping[str, Calendar]
    zone: str
    rule: DayRule
    boundary: Boundary

    def of(self, duration: Duration) -> Span:
        """Return the span of a written duration."""
        named = None if duration.calendar in (BUSINESS, ELAPSED) else self.calendars[duration.calendar]
        return Span(
            duration,
            named,
            duration.count * _MICROSECONDS.get(duration.unit, 0),
            duration.count * _DAYS.get(duration.unit, 0),
            self.zone,
            self.rule,
            self.boundary,
        )
