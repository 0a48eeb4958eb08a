"""Lengths and local times in microseconds, and the hours in which people of the demonstration are at work."""

from collections.abc import Iterable
from typing import Final

from casewarden.worktime import ALWAYS, Calendar, CalendarSpec, zone

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

ROUND_THE_CLOCK: Final = Calendar.of(CalendarSpec.of("UTC", ALWAYS))


def minutes(number: float) -> int:
    """Minutes as microseconds, in whole seconds: nobody writes at a fraction of one."""
    return int(number * 60) * SECOND


def hours(zone_name: str, begin: int, end: int, days: Iterable[int] = range(5)) -> Calendar:
    """Hours of work from one full hour to another on some weekdays (0 is Monday)."""
    open_days = set(days)
    return Calendar.of(
        CalendarSpec.of(zone_name, [[(begin * 60, end * 60)] if day in open_days else [] for day in range(7)])
    )


def working_day(zone_name: str, start: int, back: int, time: str) -> int:
    """The instant of a local time (`10:20`) so many days from Monday to Friday before the date of `start`.

    None back is the date of `start` itself where that is such a day, else the last one before it.
    """
    place = zone(zone_name)
    ordinal, _ = place.date_and_time(start)
    while _is_weekend(ordinal):
        ordinal -= 1
    for _ in range(back):
        ordinal -= 1
        while _is_weekend(ordinal):
            ordinal -= 1
    hour, minute = time.split(":")
    return place.wall_us(ordinal, int(hour) * HOUR + int(minute) * MINUTE)


def _is_weekend(ordinal: int) -> bool:
    return (ordinal - 1) % 7 > 4  # the first of January of year 1 was a Monday
