"""Business time: calendars, open hours, business days. Pure integers inside, no clock, no network."""

from casewarden.worktime.calendar import Calendar
from casewarden.worktime.counting import Boundary, DayMode, DayOrigin, DayRule, FirstDay
from casewarden.worktime.errors import (
    CalendarError,
    NaiveInstant,
    NoOpenTime,
    UnknownRegion,
    UnknownZone,
    WorktimeError,
)
from casewarden.worktime.instants import from_us, to_us
from casewarden.worktime.pauses import Pause, in_order, plain_add, plain_elapsed
from casewarden.worktime.segments import Reason, Segment
from casewarden.worktime.spec import ALWAYS, WEEKDAYS, WHOLE_DAY, WORKING_WEEK, CalendarSpec, Holiday, Hours
from casewarden.worktime.zones import add_elapsed_days, zone

__all__ = [
    "ALWAYS",
    "WEEKDAYS",
    "WHOLE_DAY",
    "WORKING_WEEK",
    "Boundary",
    "Calendar",
    "CalendarError",
    "CalendarSpec",
    "DayMode",
    "DayOrigin",
    "DayRule",
    "FirstDay",
    "Holiday",
    "Hours",
    "NaiveInstant",
    "NoOpenTime",
    "Pause",
    "Reason",
    "Segment",
    "UnknownRegion",
    "UnknownZone",
    "WorktimeError",
    "add_elapsed_days",
    "from_us",
    "in_order",
    "plain_add",
    "plain_elapsed",
    "to_us",
    "zone",
]
