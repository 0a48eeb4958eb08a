"""Times as tests write them: local ones of the file's zone, or with an offset; always one instant."""

import datetime as dt
import re
from typing import Final

from casewarden.model.instants import parse_instant
from casewarden.ruleset.forms import Context, as_text
from casewarden.ruleset.nodes import Node
from casewarden.worktime.zones import Zone

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_TIME: Final = re.compile(
    r"(?:(?P<weekday>[A-Za-z]+),? )?(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?P<time>[0-9]{2}:[0-9]{2}"
    r"(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)(?P<offset>Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?"
)
_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 2200
_MICROSECOND: Final = dt.timedelta(microseconds=1)


def read_time(context: Context, node: Node, what: str, zone: Zone) -> int | None:
    """The instant of `Fri 2026-07-17 16:40` in the zone, or of a time with its own offset."""
    text = as_text(context, node, what)
    if text is None:
        return None
    form = _TIME.fullmatch(text)
    if form is None:
        example = "`Fri 2026-07-17 16:40`, or with an offset `2026-07-17T16:40+02:00`"
        context.error("CW902", node, f"{what} is no time: `{text}`", f"write a date and a time of day: {example}")
        return None
    try:
        local = dt.datetime.fromisoformat(f"{form['date']}T{form['time']}")
    except ValueError:
        context.error("CW902", node, f"there is no time {form['date']} {form['time']}", "check month, day and hour")
        return None
    if not _FIRST_YEAR <= local.year <= _LAST_YEAR:
        context.error("CW902", node, f"{what} is in {local.year}", f"write a year from {_FIRST_YEAR} to {_LAST_YEAR}")
        return None
    if not _is_weekday(context, node, local, form["weekday"]):
        return None
    if form["offset"] is not None:
        return parse_instant(f"{form['date']}T{form['time']}{form['offset']}")
    return _local(context, node, local, zone)


def _is_weekday(context: Context, node: Node, local: dt.datetime, said: str | None) -> bool:
    right = WEEKDAYS[local.weekday()]
    if said is None or said == right:
        return True
    if said in WEEKDAYS:
        message = f"{local:%Y-%m-%d} is no {said}"
        context.error("CW903", node, message, f"it is a {right}; correct the date or the weekday")
    else:
        context.error("CW903", node, f"`{said}` is no weekday", f"write `{right}`, or leave the weekday out")
    return False


def _local(context: Context, node: Node, local: dt.datetime, zone: Zone) -> int | None:
    """The instant of a wall time that exists exactly once."""
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    time = (local - midnight) // _MICROSECOND
    instant = zone.wall_us(local.toordinal(), time)
    found = zone.local(instant)
    if found.replace(tzinfo=None) != local:
        message = f"{zone.name} has no {local:%Y-%m-%d %H:%M}: clocks go forward over it"
        context.error("CW904", node, message, f"write the time before or after, such as `{found:%Y-%m-%d %H:%M}`")
        return None
    second = local.replace(tzinfo=zone.tz, fold=1)
    first = local.replace(tzinfo=zone.tz, fold=0)
    if second.utcoffset() != first.utcoffset():
        forms = " or ".join(f"`{moment.isoformat(timespec='minutes')}`" for moment in (first, second))
        message = f"{zone.name} has {local:%Y-%m-%d %H:%M} twice: clocks go back over it"
        context.error("CW905", node, message, f"write which one with its offset: {forms}")
        return None
    return instant


def shown(instant: int, zone: Zone) -> str:
    """An instant as tests write it: `Fri 2026-07-17 16:40`, with the offset where the wall time is not unique."""
    local = zone.local(instant)
    text = f"{WEEKDAYS[local.weekday()]} {local:%Y-%m-%d %H:%M}"
    if local.second or local.microsecond:
        text += f":{local:%S}"
    if local.microsecond:
        text += f".{local.microsecond:06d}".rstrip("0")
    other = local.replace(fold=1 - local.fold)
    if other.utcoffset() != local.utcoffset():
        text += local.isoformat()[-6:]
    return text
