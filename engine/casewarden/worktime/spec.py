"""A calendar as plain data: what a ruleset or a request states, canonical and hashable.

Hours are pairs of minutes counted from 00:00 of the date that owns them: `(540, 1020)` is 09:00-17:00, and
`(1320, 1800)` is 22:00-06:00, which belongs to the date it starts on. A start lies below 1440; an end lies after its
start, by a day at most. Hours that overlap or touch are one stretch.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

from casewarden.worktime.errors import WorktimeError
from casewarden.worktime.zones import zone

Hours = tuple[tuple[int, int], ...]
Dated = tuple[tuple[dt.date, Hours], ...]

DAY_MINUTES: Final = 1440
WHOLE_DAY: Final[Hours] = ((0, DAY_MINUTES),)
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS: Final[tuple[Hours, ...]] = (WHOLE_DAY,) * 7
WORKING_WEEK: Final[tuple[Hours, ...]] = (WHOLE_DAY,) * 5 + ((),) * 2


@dataclass(frozen=True, slots=True, order=True)
class Holiday:
    """A date that is closed, why, and for which region (`CH-SG`; empty where the calendar's author added it)."""

    date: dt.date
    name: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class CalendarSpec:
    """Open hours by weekday in a zone, less holidays, with exceptions, from one date on possibly others.

    On a date with an exception its hours hold (none: closed), whatever else is said; else a holiday closes; else the
    date's shifts hold, else its weekday's hours. Breaks are closed time in whatever hours they fall. A date that the
    zone skips as a whole (Apia, 2011-12-30) does not exist and has no hours.

    Build it with `CalendarSpec.of`, which sorts and merges, so that equal calendars are equal and share their tables.
    """

    zone: str
    weekly: tuple[Hours, ...]
    holidays: tuple[Holiday, ...] = ()
    exceptions: Dated = ()
    shifts: Dated = ()
    breaks: Dated = ()
    later: tuple[tuple[dt.date, "CalendarSpec"], ...] = ()

    @classmethod
    def of(
        cls,
        zone_name: str,
        weekly: Iterable[Iterable[tuple[int, int]]],
        *,
        holidays: Iterable[Holiday] = (),
        exceptions: Mapping[dt.date, Iterable[tuple[int, int]]] | None = None,
        shifts: Mapping[dt.date, Iterable[tuple[int, int]]] | None = None,
        breaks: Mapping[dt.date, Iterable[tuple[int, int]]] | None = None,
        later: Mapping[dt.date, Self] | None = None,
    ) -> Self:
        """The canonical calendar; WorktimeError (UnknownZone for the zone) says what cannot be.

        `weekly` gives the hours of the seven weekdays, Monday first. `later` maps dates to the calendar that holds
        from that date on; it must be in the same zone and has no `later` of its own.
        """
        zone(zone_name)
        week = tuple(merged(hours) for hours in weekly)
        if len(week) != 7:
            raise WorktimeError(f"A week has seven days, not {len(week)}.")
        changes = tuple(sorted((later or {}).items()))
        for start, other in changes:
            if other.zone != zone_name or other.later:
                raise WorktimeError(f"What holds from {start} on must be in the zone {zone_name}, without a `later`.")
        return cls(
            zone=zone_name,
            weekly=week,
            holidays=tuple(sorted({holiday.date: holiday for holiday in holidays}.values())),
            exceptions=_dated(exceptions),
            shifts=_dated(shifts),
            breaks=_dated(breaks),
            later=changes,
        )


def _dated(hours: Mapping[dt.date, Iterable[tuple[int, int]]] | None) -> Dated:
    return tuple(sorted((date, merged(pairs)) for date, pairs in (hours or {}).items()))


def merged(hours: Iterable[tuple[int, int]]) -> Hours:
    """Hours in order, overlapping and touching ones joined; WorktimeError where a pair is no stretch of a day."""
    stretches: list[tuple[int, int]] = []
    for start, end in sorted(hours):
        if not 0 <= start < DAY_MINUTES or not start < end <= start + DAY_MINUTES:
            raise WorktimeError(
                f"Hours from minute {start} to minute {end} of a day are no stretch of at most 24 hours."
            )
        if stretches and start <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(end, stretches[-1][1]))
        else:
            stretches.append((start, end))
    return tuple(stretches)
