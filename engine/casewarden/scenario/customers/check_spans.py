"""Whether what follows in time fits together: no two plans at once, and no gap that looks like a slip."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Protocol

from casewarden.ruleset.diagnostics import Diagnostics, Place
from casewarden.scenario.customers.directory import Span
from casewarden.scenario.times import shown
from casewarden.worktime.zones import Zone

_DAY: Final = 86_400_000_000
_SLIP: Final = 31 * _DAY
"""A customer without a plan for longer than this left and came back; for less somebody miscounted."""


class Dated(Protocol):
    """Something that holds for a time."""

    @property
    def span(self) -> Span:
        """When it holds."""
        ...

    @property
    def place(self) -> Place:
        """Where it stands."""
        ...


def in_time(found: Sequence[Dated]) -> list[Dated]:
    """In the order of their beginnings."""
    return sorted(found, key=lambda one: (_start(one), one.place))


def check_spans(diagnostics: Diagnostics, found: Sequence[Dated], what: str, zone: Zone, *, gaps: bool) -> None:
    """Report two that hold at once, and with `gaps` the time between two."""
    for before, after in pairwise(in_time(found)):
        start, end = _start(after), before.span.end
        if end is None or end > start:
            fix = f"let the earlier one end before {shown(start, zone)}: `until` is the last day"
            message = f"two {what} hold from {shown(start, zone)} on"
            diagnostics.error("CW962", after.place, message, fix, [(before.place, "the other one")])
        elif gaps and end < start:
            days, rest = divmod(start - end, _DAY)
            long = f"for {days} day{'' if days == 1 else 's'}" if days and not rest else f"until {shown(start, zone)}"
            message = f"the customer has no plan from {shown(end, zone)} on, {long}"
            tell = diagnostics.warning if start - end <= _SLIP else diagnostics.note
            fix = "the default plan holds then; `until` is the last day, so the next one begins the day after"
            tell("CW963", after.place, message, fix, [(before.place, "ends here")])


def _start(one: Dated) -> int:
    assert one.span.start is not None  # what follows in time has a beginning
    return one.span.start
