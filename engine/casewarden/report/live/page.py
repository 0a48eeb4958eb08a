"""How views of a live store become text and JSON: instants in one zone to the second, lengths, and what is far off."""

from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any, Final

from casewarden.model.instants import iso
from casewarden.report.blocks import Block, Line, Paragraph, Span, Zone, age, clock_length, line, soft

_SECOND: Final = 1_000_000
_INSTANTS: Final = frozenset(
    {"at", "since", "due", "started", "stopped", "next_try", "complete_through", "oldest", "until"}
)


@dataclass(frozen=True, slots=True)
class Looked:
    """When a store was looked at, and in which zone its instants are shown."""

    at: int
    zone: str

    def when(self, at: int | None, none: str = "-") -> str:
        """Return an instant to the second in the zone."""
        return none if at is None else Zone(self.zone).when(at - at % _SECOND)

    def since(self, at: int) -> str:
        """Return how long ago an instant was, or how far off it is: `3 h 20 min ago`, `in 12 min`."""
        return age(self.at - at) if at <= self.at else f"in {far(at - self.at)}"

    def foot(self) -> Paragraph:
        """Return the line that says which instants those are."""
        return Paragraph(line(soft(f"At {self.when(self.at)}. Times are in {self.zone}.")))


def far(length: int) -> str:
    """Return a length of plain time in words, to the minute or the hour: `50 s`, `3 h 20 min`, `2 days 4 h`."""
    words = age(length)
    return "no time" if words == "just now" else words.removesuffix(" ago")


def left(remaining: int, target: str | None) -> str:
    """Return what is left of a target in its own time, to the second: `2:10:00 of 4 business hours`."""
    said = clock_length(remaining - remaining % _SECOND)
    return said if target is None else f"{said} of {target}"


def bad(text: str) -> Span:
    """Return a text that somebody should look at."""
    return Span(text, "bad")


def cell(*parts: str | Span | None) -> Line:
    """Return the cell of a table; nothing at all is `-`."""
    found = [part for part in parts if part not in (None, "")]
    return line(*found) if found else line("-")


def text(parts: list[Block], *, colour: bool, width: int) -> str:
    """Return blocks as text for a terminal."""
    from casewarden.report.explain import text_of  # noqa: PLC0415  # heavy, and JSON does without

    return text_of(parts, colour=colour, width=width)


def as_json(view: object) -> Any:
    """Return a view as JSON values: instants as ISO 8601 in UTC, lengths in microseconds; None stays."""
    return _value(view, "")


def _value(value: object, name: str) -> Any:
    match value:
        case bool() | None | str() | float():
            return value
        case Enum():
            return value.value
        case int():
            return iso(value) if name in _INSTANTS or name.endswith("_at") else value
        case tuple() | list():
            return [_value(each, name) for each in value]
        case dict():
            return {str(key): _value(each, str(key)) for key, each in value.items()}
        case _ if is_dataclass(value):
            return {each.name: _value(getattr(value, each.name), each.name) for each in fields(value)}
        case _:
            raise TypeError(f"{type(value).__name__} has no place in a view")
