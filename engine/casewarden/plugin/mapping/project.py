"""How a case stands, shown in fields of the helpdesk, so that agents see it and sort by it in their own views."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from casewarden.model.event import Json
from casewarden.model.instants import parse_instant
from casewarden.plugin.mapping.fields import read_zone
from casewarden.plugin.mapping.parts import Part, each, text_of
from casewarden.plugin.mapping.values import INSTANTS, said_instant
from casewarden.ruleset.catalogue import CLOCK_STATES, STATUSES
from casewarden.worktime.zones import Zone

WHOLE: Final = "*"
"""Stands for the case as a whole, beside its clocks."""
OF_CASE: Final[Mapping[str, str]] = {
    "due": "next_due",
    "clock": "next_clock",
    "status": "status",
    "severity": "severity",
    "plan": "plan",
}
"""What is shown of the case, and the key of an attempt's content that has it."""
OF_CLOCK: Final = ("due", "state", "target", "stopped")
STATES: Final = (*CLOCK_STATES, "cancelled")
_INSTANTS: Final = frozenset({"due", "stopped"})
_KNOWN: Final[Mapping[str, tuple[str, ...]]] = {"state": STATES, "status": STATUSES}


@dataclass(frozen=True, slots=True)
class Shown:
    """One field, and what it shows: of a clock, or of the case (`WHOLE`)."""

    of: str
    what: str
    field: str
    format: str = "iso"
    zone: Zone | None = None
    values: Mapping[str, Json] | None = None
    place: str = ""

    def value(self, content: Mapping[str, Json]) -> Json:
        """What the field is to hold; None empties it, as for a clock that is not there."""
        said = content.get(OF_CASE[self.what]) if self.of == WHOLE else self._of_clock(content.get("clocks"))
        if said is None:
            return None
        if self.what in _INSTANTS:
            return said_instant(parse_instant(text_of(said)), self.format, self.zone)
        return said if self.values is None else self.values.get(text_of(said))

    def _of_clock(self, clocks: Json) -> Json:
        clock = clocks.get(self.of) if isinstance(clocks, dict) else None
        if not isinstance(clock, dict) or (self.what == "due" and clock.get("stopped") is not None):
            return None
        return clock.get(self.what)


@dataclass(frozen=True, slots=True)
class Projection:
    """All fields that show how a case stands."""

    shown: tuple[Shown, ...] = ()

    def values(self, content: Mapping[str, Json]) -> dict[str, Json]:
        """What each field is to hold, for the content of a `project` attempt. A clock that stopped has no due time."""
        return {one.field: one.value(content) for one in self.shown}

    def names(self) -> tuple[str, ...]:
        """The helpdesk's fields that are written: what is seen to change in them by our own hand is no event."""
        return tuple(dict.fromkeys(one.field for one in self.shown))

    def with_fields(self, names: Mapping[str, str]) -> "Projection":
        """The same with fields as the helpdesk names them."""
        return Projection(tuple(replace(one, field=names.get(one.field, one.field)) for one in self.shown))


def read_projection(part: Part, told: list[str]) -> Projection:
    """The projection of a mapping; problems are added to what is told."""
    found = each(part, _of, told)
    shown = tuple(one for of_one in found.values() for one in of_one)
    told += [f"{one.place}: `{one.field}` shows something else already; name another field" for one in _second(shown)]
    return Projection(shown)


def _of(name: str, part: Part) -> tuple[Shown, ...]:
    known = tuple(OF_CASE) if name == WHOLE else OF_CLOCK
    keys = part.keys(known)
    if not keys:
        part.fail("shows nothing", f"name a field for one of {', '.join(f'`{what}`' for what in known)}")
    return tuple(_shown(name, what, entry) for what, entry in keys.items())


def _shown(of: str, what: str, part: Part) -> Shown:
    if not isinstance(part.value, dict):
        return Shown(of, what, part.text(), place=part.place)
    keys = part.keys(("field", "format", "zone") if what in _INSTANTS else ("field", "values"), ("field",))
    how = keys["format"].one_of(INSTANTS) if "format" in keys else "iso"
    if how == "date" and "zone" not in keys:
        part.fail("a date has no zone of its own", "add `zone: Europe/Zurich` or the like")
    where = read_zone(keys["zone"]) if "zone" in keys else None
    values = _table(what, keys["values"]) if "values" in keys else None
    return Shown(of, what, keys["field"].text(), how, where, values, part.place)


def _table(what: str, part: Part) -> Mapping[str, Json]:
    """What is shown to the field's value for it; what is left out empties the field."""
    entries = part.keys(_KNOWN[what]) if what in _KNOWN else dict(part.entries())
    return MappingProxyType({word: _value(entry) for word, entry in entries.items()})


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
