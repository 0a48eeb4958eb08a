"""The time between two instants as consecutive segments, each open or closed for a stated reason: for proofs."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from casewarden.worktime.openings import intervals
from casewarden.worktime.span import Years
from casewarden.worktime.spec import Holiday
from casewarden.worktime.year import NEAR, Dates
from casewarden.worktime.zones import Zone


class Reason(StrEnum):
    """Why a segment is open or closed; a weekend is a weekday on which the calendar never opens."""

    OPEN = "open"
    CLOSED = "closed"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    EXCEPTION = "exception"
    BREAK = "break"


@dataclass(frozen=True, slots=True)
class Segment:
    """[start, end) in microseconds since the epoch; `name` and `region` are a holiday's."""

    start: int
    end: int
    open: bool
    reason: Reason
    name: str | None = None
    region: str | None = None


class Reasons:
    """Why dates of one calendar are closed."""

    __slots__ = ("_dates", "_holidays", "_zone")

    def __init__(self, dates: Dates, zone: Zone) -> None:
        self._dates = dates
        self._zone = zone
        self._holidays: dict[int, dict[int, Holiday]] = {}

    def closed(self, start: int, end: int) -> Iterator[Segment]:
        """The segments of a closed stretch, cut at local midnights and where breaks begin and end."""
        first, last = self._zone.date_and_time(start)[0], self._zone.date_and_time(end)[0]
        for date in range(first - 1, last + 2):
            day_start = max(start, self._zone.wall_us(date, 0))
            day_end = min(end, self._zone.wall_us(date + 1, 0))
            if day_start >= day_end:
                continue
            broken = list(self._broken(date))
            inside = {cut for stretch in broken for cut in stretch if day_start < cut < day_end}
            for a, b in pairwise(sorted({day_start, day_end, *inside})):
                if any(opens <= a < closes for opens, closes in broken):
                    yield Segment(a, b, open=False, reason=Reason.BREAK)
                else:
                    yield self._by_date(date, a, b)

    def _broken(self, date: int) -> Iterator[tuple[int, int]]:
        """The parts of breaks that lie in hours which would be open without them, near a date."""
        if not self._dates.has_breaks:
            return
        for day in filter(self._zone.has_date, range(date - NEAR, date + 1)):
            for pause in self._dates.breaks(day):
                for owner in filter(self._zone.has_date, range(day - NEAR, day + NEAR + 1)):
                    for hours in self._dates.hours(owner):
                        opens = max(self._minute(day, pause[0]), self._minute(owner, hours[0]))
                        closes = min(self._minute(day, pause[1]), self._minute(owner, hours[1]))
                        if opens < closes:
                            yield opens, closes

    def _minute(self, date: int, minute: int) -> int:
        return self._zone.wall_us(date, minute * 60_000_000)

    def _by_date(self, date: int, start: int, end: int) -> Segment:
        stage = self._dates.stage(date)
        if any(day.toordinal() == date for day, _ in stage.exceptions):
            return Segment(start, end, open=False, reason=Reason.EXCEPTION)
        holidays = self._holidays.get(id(stage))
        if holidays is None:
            holidays = self._holidays[id(stage)] = {day.date.toordinal(): day for day in stage.holidays}
        if holiday := holidays.get(date):
            return Segment(start, end, False, Reason.HOLIDAY, holiday.name or None, holiday.region or None)
        never = not stage.weekly[(date - 1) % 7] and not self._dates.hours(date)
        return Segment(start, end, open=False, reason=Reason.WEEKEND if never else Reason.CLOSED)


def segments(years: Years, start: int, end: int) -> list[Segment]:
    """Consecutive segments that cover [start, end); open ones are as long as possible, closed ones have one reason."""
    reasons = Reasons(years.dates, years.zone)
    found: list[Segment] = []
    at = start
    for opens, closes in intervals(years, start, end):
        if at < opens:
            found += _joined(reasons.closed(at, opens))
        found.append(Segment(opens, closes, open=True, reason=Reason.OPEN))
        at = closes
    if at < end:
        found += _joined(reasons.closed(at, end))
    return found


def _joined(parts: Iterator[Segment]) -> Iterator[Segment]:
    """Neighbours with the same reason as one."""
    last: Segment | None = None
    for part in parts:
        if last is None:
            last = part
        elif (last.reason, last.name, last.region) == (part.reason, part.name, part.region):
            last = Segment(last.start, part.end, last.open, last.reason, last.name, last.region)
        else:
            yield last
            last = part
    if last is not None:
        yield last
