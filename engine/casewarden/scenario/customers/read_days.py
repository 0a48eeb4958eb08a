"""Days and instants of a directory: a first day from its beginning, a last day to its end, always in its zone."""

import re
from typing import Final

from casewarden.ruleset.forms import Context
from casewarden.ruleset.nodes import Map, Node, Scalar
from casewarden.ruleset.read_instants import read_date
from casewarden.scenario.customers.directory import Span
from casewarden.scenario.times import read_time, shown
from casewarden.worktime.zones import Zone

_OF_DAY: Final = re.compile(r"[0-9]:[0-9]")


def read_day(context: Context, node: Node, what: str, zone: Zone, *, last: bool = False) -> int | None:
    """The instant at which a day begins (`last`: ends), or a time of day as it is written."""
    if isinstance(node, Scalar) and _OF_DAY.search(node.text):
        return read_time(context, node, what, zone)
    date = read_date(context, node, what)
    return None if date is None else zone.wall_us(date.toordinal() + last, 0)


def read_span(context: Context, node: Map, what: str, zone: Zone) -> Span | None:
    """The time from `from` to `until`; None where one of them cannot be read, or nothing lies between."""
    start_node, end_node = node.get("from"), node.get("until")
    start = None if start_node is None else read_day(context, start_node, "`from`", zone)
    end = None if end_node is None else read_day(context, end_node, "`until`", zone, last=True)
    if (start is None) is not (start_node is None) or (end is None) is not (end_node is None):
        return None
    if start is not None and end is not None and not in_order(context, end_node or node, what, start, end, zone):
        return None
    return Span(start, end)


def in_order(context: Context, at: Node, what: str, start: int, end: int, zone: Zone) -> bool:
    """Whether the end lies after the start; else it is reported."""
    if end > start:
        return True
    begins, ends = (shown(instant, zone) for instant in (start, end))
    fix = "a last day is not before the first: exchange the two, or correct the year"
    context.error("CW964", at, f"{what} is over at {ends}, and begins {begins}", fix)
    return False
