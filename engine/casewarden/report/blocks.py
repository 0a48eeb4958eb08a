"""What a page of an explanation is made of, before it is text or HTML: headings, lines, tables, trees of spans."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from casewarden.model.instants import parse_instant
from casewarden.worktime.zones import zone

Style = Literal["", "strong", "soft", "code", "true", "false", "unknown", "good", "bad"]

_INSTANT: Final = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z")
_SECOND: Final = 1_000_000
_JUST: Final = 9  # one missed deadline may start a clock, which is missed in turn
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text in one style."""

    text: str
    style: Style = ""


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a part; level 1 is the page's."""

    text: str
    level: Literal[1, 2, 3] = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or a few."""

    line: Line


@dataclass(frozen=True, slots=True)
class Bullets:
    """Lines that belong together."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; a heading that ends with `>` has its column flush right, without that sign."""

    headings: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """A node of a tree: its line, what is said under it, and what hangs on it."""

    line: Line
    notes: tuple[Line, ...] = ()
    branches: "tuple[Branch, ...]" = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree."""

    root: Branch


Block = Heading | Paragraph | Bullets | Table | Tree


@dataclass(frozen=True, slots=True)
class Zone:
    """Shows instants in one zone."""

    name: str

    def when(self, at: int) -> str:
        """`Mon 9 Mar 2026 08:40`; seconds and parts of them only where there are some, an offset where it is needed.

        What is later than a whole second by a few of the smallest steps of time is told as just after it.
        """
        beyond = at % _SECOND
        if 0 < beyond <= _JUST:
            return f"{self.when(at - beyond)} (just after)"
        moment = (_EPOCH + timedelta(microseconds=at)).astimezone(zone(self.name).tz)
        text = f"{moment:%a} {moment.day} {moment:%b %Y} {moment:%H:%M}"
        if moment.second or moment.microsecond:
            text += f":{moment:%S}"
        if moment.microsecond:
            text += f".{moment:%f}"
        twin = moment.replace(fold=1 - moment.fold)
        if twin.utcoffset() != moment.utcoffset():
            text += f" ({moment:%z})"
        return text

    def text(self, text: str) -> str:
        """Return a text with its instants (`2026-03-09T07:40:00Z`) in the zone."""
        return _INSTANT.sub(lambda found: self.when(parse_instant(found[0])), text)

    def sentence(self, parts: Sequence[str | int]) -> str:
        """Return a sentence with its instants in the zone."""
        return "".join(part if isinstance(part, str) else self.when(part) for part in parts)


def line(*parts: str | Span) -> Line:
    """Return a line of spans and plain texts."""
    return tuple(part if isinstance(part, Span) else Span(part) for part in parts)


def soft(text: str) -> Span:
    """Return a text that stands back."""
    return Span(text, "soft")


def code(text: str) -> Span:
    """Return words of the language."""
    return Span(text, "code")


def strong(text: str) -> Span:
    """Return a text that stands out."""
    return Span(text, "strong")


def clock_length(microseconds: int) -> str:
    """Return a length to the second as `h:mm:ss`, with parts of a second only where there are some."""
    sign = "-" if microseconds < 0 else ""
    seconds, rest = divmod(abs(microseconds), 1_000_000)
    text = f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{rest:06}" if rest else text


def age(microseconds: int) -> str:
    """Return how long ago something was: `just now`, `50 s ago`, `12 min ago`, `3 h 20 min ago`, `2 days 4 h ago`."""
    seconds = microseconds // _SECOND
    return f"{_length(seconds)} ago" if seconds else "just now"


def _length(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, hours = divmod(hours, 24)
    named = "1 day" if days == 1 else f"{days} days"
    return f"{named} {hours} h" if hours else named
