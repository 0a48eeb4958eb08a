"""Zones: IANA names from the installed tzdata, never from the machine, and fixed offsets.

A wall time in a gap (clocks go forward) shifts forward by the gap's length; of a wall time that happens twice (clocks
go back) the first is taken. Both are what `fold=0` means in the standard library (PEP 495).
"""

import difflib
import re
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from casewarden.worktime.errors import NoOpenTime, UnknownZone
from casewarden.worktime.instants import EPOCH, EPOCH_ORDINAL, MICROSECONDS

_FIXED = re.compile(r"([+-])(\d\d):([0-5]\d)")
ABBREVIATIONS = {
    "BST": ("Europe/London", "+01:00"),
    "CEST": ("Europe/Berlin", "+02:00"),
    "CET": ("Europe/Berlin", "+01:00"),
    "CST": ("America/Chicago", "-06:00"),
    "CST6CDT": ("America/Chicago", "-06:00"),
    "EDT": ("America/New_York", "-04:00"),
    "EET": ("Europe/Helsinki", "+02:00"),
    "EST": ("America/New_York", "-05:00"),
    "EST5EDT": ("America/New_York", "-05:00"),
    "GMT": ("Europe/London", "+00:00"),
    "HST": ("Pacific/Honolulu", "-10:00"),
    "IST": ("Asia/Kolkata", "+05:30"),
    "JST": ("Asia/Tokyo", "+09:00"),
    "MET": ("Europe/Berlin", "+01:00"),
    "MST": ("America/Denver", "-07:00"),
    "MST7MDT": ("America/Denver", "-07:00"),
    "PDT": ("America/Los_Angeles", "-07:00"),
    "PST": ("America/Los_Angeles", "-08:00"),
    "PST8PDT": ("America/Los_Angeles", "-08:00"),
    "WET": ("Europe/Lisbon", "+00:00"),
}


class Zone:
    """One zone: wall times to instants and back. Immutable and shared; get it from `zone`."""

    __slots__ = ("name", "tz")

    def __init__(self, name: str, tz: tzinfo) -> None:
        self.name = name
        self.tz = tz

    def offset(self, ordinal: int, second: int = 0) -> int:
        """The offset from UTC, in seconds, at a wall time of a date (proleptic ordinal); `second` below 86,400."""
        minute, rest = divmod(second, 60)
        wall = datetime.fromordinal(ordinal).replace(hour=minute // 60, minute=minute % 60, second=rest, tzinfo=self.tz)
        shift = wall.utcoffset()
        assert shift is not None
        return shift.days * 86_400 + shift.seconds

    def instant(self, ordinal: int, second: int) -> int:
        """The instant, in seconds since the epoch, of a wall time; `second` counts from 00:00, also past 24 hours."""
        days, second = divmod(second, 86_400)
        ordinal += days
        return (ordinal - EPOCH_ORDINAL) * 86_400 + second - self.offset(ordinal, second)

    def wall_us(self, ordinal: int, microsecond: int) -> int:
        """As `instant`, in microseconds from the date's 00:00 to microseconds since the epoch."""
        second, rest = divmod(microsecond, MICROSECONDS)
        return self.instant(ordinal, second) * MICROSECONDS + rest

    def has_date(self, ordinal: int) -> bool:
        """Whether the zone ever shows a date: Samoa went from 29 to 31 December 2011."""
        return self.instant(ordinal, 0) != self.instant(ordinal + 1, 0)

    def local(self, instant: int) -> datetime:
        """The aware local datetime of an instant in microseconds."""
        try:
            return (EPOCH + timedelta(0, 0, instant)).astimezone(self.tz)
        except OverflowError:
            raise NoOpenTime("The time lies outside the years 1 to 9999.") from None

    def date_and_time(self, instant: int) -> tuple[int, int]:
        """The local date (ordinal) of an instant, and its wall time in microseconds from that date's 00:00."""
        local = self.local(instant)
        second = (local.hour * 60 + local.minute) * 60 + local.second
        return local.toordinal(), second * MICROSECONDS + local.microsecond


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """All IANA names of the installed tzdata."""
    return frozenset((resources.files("tzdata") / "zones").read_text(encoding="ascii").split()) - {"Factory"}


@lru_cache(maxsize=1024)
def zone(name: str) -> Zone:
    """The zone of an IANA name or a fixed offset such as `+05:30`; anything else raises UnknownZone with the fix.

    Abbreviations are refused although tzdata knows some of them: `CET` is read as a fixed offset by some and as
    Central Europe with its summer time by others, and the two give deadlines an hour apart.
    """
    if name == "UTC":
        return Zone(name, timezone(timedelta(0), "UTC"))
    if fixed := _FIXED.fullmatch(name):
        sign, hours, minutes = fixed.groups()
        if int(hours) > 23:
            raise UnknownZone(f"The offset {name} is more than a day.", "Offsets lie between -23:59 and +23:59.")
        ahead = timedelta(hours=int(hours), minutes=int(minutes))
        return Zone(name, timezone(-ahead if sign == "-" else ahead))
    if near := ABBREVIATIONS.get(name.upper()):
        raise UnknownZone(
            f"{name} has more than one reading.", f"Write the zone, {near[0]}, or the fixed offset, {near[1]}."
        )
    if name not in zone_names():
        raise UnknownZone(f"There is no zone '{name}'.", _hint(name))
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return Zone(name, ZoneInfo.from_file(data, key=name))


def _hint(name: str) -> str:
    folded = {known.lower(): known for known in sorted(zone_names())}
    wanted = name.strip().replace(" ", "_").lower()
    near = difflib.get_close_matches(wanted, folded, n=1, cutoff=0.75)
    if not near:  # a city without its continent
        near = difflib.get_close_matches("/" + wanted, [key[key.index("/") :] for key in folded if "/" in key], n=1)
        near = [key for key in folded if near and key.endswith(near[0])][:1]
    if near:
        return f"Did you mean '{folded[near[0]]}'?"
    return "Write an IANA name such as Europe/Zurich, or an offset such as +01:00."


def add_elapsed_days(name: str, start: int, days: int) -> int:
    """`start` (microseconds) plus calendar days at the same local time of the zone `name`; negative days go back.

    A local time in a gap shifts forward by the gap's length, a local time that happens twice is the first.
    """
    place = zone(name)
    ordinal, time = place.date_and_time(start)
    try:
        return place.wall_us(ordinal + days, time)
    except (OverflowError, ValueError):
        raise NoOpenTime("The time lies outside the years 1 to 9999.") from None
