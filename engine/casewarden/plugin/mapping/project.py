"""Clocks shown in fields of the helpdesk, so that agents see and sort by them in their own views."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal, cast

from casewarden.model.event import Json
from casewarden.plugin.mapping.fields import read_zone
from casewarden.plugin.mapping.parts import Part, each
from casewarden.plugin.mapping.values import INSTANTS, UNITS, said_instant
from casewarden.ruleset.catalogue import CLOCK_STATES
from casewarden.worktime.zones import Zone

What = Literal["due", "state", "remaining"]
WHATS: Final = ("due", "state", "remaining")
EARLIEST: Final = "*"
"""Stands for the clock that is due first of all that run."""
STATES: Final = (*CLOCK_STATES, "cancelled")
_KEYS: Final[Mapping[What, tuple[str, ...]]] = {
    "due": ("field", "format", "zone"),
    "state": ("field", "values"),
    "remaining": ("field", "unit"),
}


@dataclass(frozen=True, slots=True)
class ClockView:
    """What is to be shown of a clock: its state, when it is due (an instant, None without one), and what is left of it.

    `remaining` is open time in microseconds, less than nothing once it is missed; None where there is no due time.
    """

    state: str
    due: int | None = None
    remaining: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One field, and which part of which clock it shows."""

    clock: str
    what: What
    field: str
    format: str = "iso"
    zone: Zone | None = None
    unit: int = 60_000_000
    values: Mapping[str, Json] | None = None
    place: str = ""

    def value(self, view: ClockView | None) -> Json:
        """What the field holds; None empties it, as for a clock that is not there."""
        if view is None:
            return None
        match self.what:
            case "due":
                return None if view.due is None else said_instant(view.due, self.format, self.zone)
            case "state":
                return view.state if self.values is None else self.values.get(view.state)
            case "remaining":
                return None if view.remaining is None else view.remaining // self.unit


@dataclass(frozen=True, slots=True)
class Projection:
    """All fields that show clocks."""

    shown: tuple[Shown, ...] = ()

    def values(self, clocks: Mapping[str, ClockView]) -> dict[str, Json]:
        """What each field is to hold. A clock that stopped or is paused has no due time to show."""
        running = [view for view in clocks.values() if view.state in ("running", "missed") and view.due is not None]
        earliest = min(running, key=lambda view: view.due or 0, default=None)
        return {
            one.field: one.value(earliest if one.clock == EARLIEST else clocks.get(one.clock)) for one in self.shown
        }

    def names(self) -> tuple[str, ...]:
        """The helpdesk's fields that are written."""
        return tuple(dict.fromkeys(one.field for one in self.shown))

    def with_fields(self, names: Mapping[str, str]) -> "Projection":
        """The same with fields as the helpdesk names them."""
        return Projection(tuple(replace(one, field=names.get(one.field, one.field)) for one in self.shown))


def read_projection(part: Part, told: list[str]) -> Projection:
    """The projection of a mapping; problems are added to what is told."""
    found = each(part, _clock, told)
    shown = tuple(one for of_clock in found.values() for one in of_clock)
    told += [f"{one.place}: `{one.field}` shows something else already; name another field" for one in _second(shown)]
    return Projection(shown)


def _clock(name: str, part: Part) -> tuple[Shown, ...]:
    keys = part.keys(WHATS)
    if not keys:
        part.fail("shows nothing", f"name a field for one of {', '.join(f'`{what}`' for what in WHATS)}")
    return tuple(_shown(name, cast("What", what), entry) for what, entry in keys.items())


def _shown(clock: str, what: What, part: Part) -> Shown:
    if not isinstance(part.value, dict):
        return Shown(clock, what, part.text(), place=part.place)
    keys = part.keys(_KEYS[what], ("field",))
    how = keys["format"].one_of(INSTANTS) if "format" in keys else "iso"
    if how == "date" and "zone" not in keys:
        part.fail("a date has no zone of its own", "add `zone: Europe/Zurich` or the like")
    unit = keys["unit"].one_of(UNITS) if "unit" in keys else "minutes"
    where = read_zone(keys["zone"]) if "zone" in keys else None
    values = _states(keys["values"]) if "values" in keys else None
    return Shown(clock, what, keys["field"].text(), how, where, UNITS[unit], values, part.place)


def _states(part: Part) -> Mapping[str, Json]:
    """Clock state to the field's value; a state that is left out empties the field."""
    keys = part.keys(STATES)
    return MappingProxyType({state: _value(entry) for state, entry in keys.items()})


def _value(part: Part) -> Json:
    if part.value is None or isinstance(part.value, bool):
        return part.value
    return part.text()


def _second(shown: Iterable[Shown]) -> Iterable[Shown]:
    known: set[str] = set()
    for one in shown:
        if one.field in known:
            yield one
        known.add(one.field)
