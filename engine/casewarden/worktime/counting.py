"""The readings of business time that a ruleset states: boundaries, and what a business day is."""

from dataclasses import dataclass
from enum import StrEnum


class Boundary(StrEnum):
    """Where a sum lands that uses up an interval exactly: on its closing, or on the opening after it."""

    CLOSING = "closing"
    NEXT_OPENING = "next_opening"


class DayMode(StrEnum):
    """What n business days are.

    `open_hours`: the open time of n open dates, each counting as one whatever its length, parts of it as shares.
    `same_time`: the same local time n open dates on. `end_of_day`: the closing of the nth open date.
    """

    OPEN_HOURS = "open_hours"
    SAME_TIME = "same_time"
    END_OF_DAY = "end_of_day"


class DayOrigin(StrEnum):
    """A start in closed time counts from its own date, or is first rolled to the next opening."""

    DATE = "date"
    NEXT_OPENING = "next_opening"


class FirstDay(StrEnum):
    """Which open date is the first: the one after the start's own date, or the start's own."""

    DAY_AFTER = "day_after"
    START_DAY = "start_day"


@dataclass(frozen=True, slots=True)
class DayRule:
    """How business days are counted.

    In `open_hours` the start's own date counts by the share of it that is left, so that neither origin nor first day
    makes a difference there.
    """

    mode: DayMode
    origin: DayOrigin
    first_day: FirstDay = FirstDay.DAY_AFTER
