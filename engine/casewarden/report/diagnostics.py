"""Diagnostics for people: the message, the lines it is about with a caret under them, and what would be right.

Text and JSON are here, SARIF is in `casewarden.report.sarif`.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import IO, Any, Final

from casewarden.report.terminal import json_text, visible
from casewarden.ruleset.characters import line_starts
from casewarden.ruleset.diagnostics import Diagnostic, Diagnostics, Level, Place

_TAB: Final = 4
_WIDTH: Final = 110  # columns of an excerpt; longer lines are cut around the place
_LONGEST: Final = 1_000  # characters of a message
_RESET: Final = "\x1b[0m"
_STYLES: Final = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "note": "\x1b[1;36m",
    "frame": "\x1b[34m",
    "fix": "\x1b[32m",
    "message": "\x1b[1m",
}


def wants_colour(stream: IO[str], environment: Mapping[str, str]) -> bool:
    """Whether to colour what goes to a stream: a terminal, unless NO_COLOR is set or the terminal is dumb."""
    return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def render_text(diagnostics: Diagnostics, *, colour: bool = False) -> str:
    """Every problem with its excerpt, and a line that sums up; an empty text where there is none."""
    items = diagnostics.items
    if not items:
        return ""
    sheet = _Sheet(diagnostics.sources, colour)
    blocks = [sheet.block(item) for item in items]
    return "\n\n".join([*blocks, sheet.paint("message", summary(items))]) + "\n"


def summary(items: Iterable[Diagnostic]) -> str:
    """One line: how many errors, warnings and notes in how many files."""
    found = list(items)
    if not found:
        return "No problems."
    counts = [(level, sum(item.level is level for item in found)) for level in Level]
    parts = [f"{count} {level}{'' if count == 1 else 's'}" for level, count in counts if count]
    files = len({item.place.file for item in found})
    joined = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"{joined} in {files} file{'' if files == 1 else 's'}."


def as_json(diagnostics: Diagnostics) -> list[dict[str, Any]]:
    """Every problem as an object.

    `code`, `level` (`error`, `warning`, `note`), `message`, `fix` (text or null), `place`, and `related`: a list of
    objects with `place` and `message`. A place has `file`, `line`, `column`, `end_line`, `end_column`; lines and
    columns count characters from 1, `end_column` is the first one after the place.
    """
    return [
        {
            "code": item.code,
            "level": item.level.value,
            "message": item.message,
            "fix": item.fix,
            "place": _place(item.place),
            "related": [{"place": _place(place), "message": text} for place, text in item.related],
        }
        for item in diagnostics.items
    ]


def render_json(diagnostics: Diagnostics) -> str:
    """The list of `as_json` as text."""
    return json_text(as_json(diagnostics))


def _place(place: Place) -> dict[str, Any]:
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
    }


@dataclass(frozen=True, slots=True)
class _Source:
    text: str
    starts: list[int]

    def line(self, number: int) -> str | None:
        """A line by its number from 1, without its end; None beyond the last."""
        if not 1 <= number <= len(self.starts):
            return None
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[self.starts[number - 1] : end].rstrip("\r\n")


class _Sheet:
    """Draws diagnostics against the texts of their files."""

    def __init__(self, sources: Mapping[str, str], colour: bool) -> None:
        self._texts = sources
        self._sources: dict[str, _Source] = {}
        self._colour = colour

    def paint(self, style: str, text: str) -> str:
        """The text in a style, where there is colour."""
        return f"{_STYLES[style]}{text}{_RESET}" if self._colour and text else text

    def block(self, item: Diagnostic) -> str:
        """One diagnostic with its excerpts."""
        level = item.level.value
        spots = [(item.place, "", "^", level)]
        spots += [(place, text, "-", "frame") for place, text in item.related]
        width = max(len(str(place.line)) for place, *_ in spots)
        message = self.paint("message", _brief(item.message))
        lines = [f"{self.paint(level, f'{level}[{item.code}]')}: {message}"]
        lines.append(f"{' ' * width}{self._frame('-->')} {visible(str(item.place))}")
        lines += self._excerpt(*spots[0], width)
        for place, text, sign, style in spots[1:]:
            drawn = self._excerpt(place, text, sign, style, width)
            if not drawn:
                lines.append(f"{' ' * width} {self._frame('=')} {visible(f'{place}: {text}')}")
            elif place.file != item.place.file:
                lines.append(f"{' ' * width}{self._frame(':::')} {visible(str(place))}")
            lines += drawn
        if item.fix is not None:
            lines.append(f"{' ' * width} {self._frame('=')} {self.paint('fix', 'fix')}: {visible(item.fix)}")
        return "\n".join(lines)

    def _frame(self, text: str) -> str:
        return self.paint("frame", text)

    def _excerpt(self, place: Place, text: str, sign: str, style: str, width: int) -> list[str]:
        """The first line of a place with carets under it; nothing where its text is not known or it has no line."""
        line = self._line(place)
        if line is None or (place.column, place.end_line, place.end_column) == (1, place.line, 1):
            return []
        end = place.end_column if place.end_line == place.line else len(line.rstrip()) + 1
        shown, before, carets = _cut(line, place.column - 1, max(end - 1, place.column))
        more = "..." if place.end_line > place.line else ""
        mark = self.paint(style, f"{sign * carets}{more}{' ' if text else ''}{visible(text)}")
        empty = f"{' ' * width} {self._frame('|')}"
        number = self._frame(str(place.line).rjust(width))
        return [empty, f"{number} {self._frame('|')} {shown}".rstrip(), f"{empty} {' ' * before}{mark}"]

    def _line(self, place: Place) -> str | None:
        source = self._sources.get(place.file)
        if source is None:
            text = self._texts.get(place.file)
            if text is None:
                return None
            source = self._sources[place.file] = _Source(text, line_starts(text))
        return source.line(place.line)


def _cut(line: str, begin: int, end: int) -> tuple[str, int, int]:
    """A line as it is drawn around the characters from begin to end: its text, columns before them, their columns.

    Of a long line a window is shown, with `...` where something is left out; tabs become spaces, and characters that
    a terminal would obey or not show become visible ones.
    """
    begin = min(begin, len(line))
    end = max(begin, min(end, len(line)))
    first, last = 0, len(line)
    if len(line) > _WIDTH:
        end = min(end, begin + _WIDTH // 2)
        first = max(0, min(begin - _WIDTH // 3, len(line) - _WIDTH))
        last = min(len(line), first + _WIDTH)
    head = "..." if first else ""
    tail = "..." if last < len(line) else ""
    before = head + _drawn(line[first:begin], 0)
    marked = _drawn(line[begin:end], _columns(before))
    after = _drawn(line[end:last], _columns(before) + _columns(marked))
    return f"{before}{marked}{after}{tail}", _columns(before), max(1, _columns(marked))


def _drawn(text: str, column: int) -> str:
    """A text as it is shown from a column on: tabs as spaces up to the next stop, odd characters made visible."""
    if "\t" not in text:
        return visible(text)
    parts: list[str] = []
    for index, part in enumerate(text.split("\t")):
        if index:
            gap = _TAB - column % _TAB
            parts.append(" " * gap)
            column += gap
        shown = visible(part)
        parts.append(shown)
        column += _columns(shown)
    return "".join(parts)


def _brief(text: str) -> str:
    """A message as it is shown; of one that repeats something huge from a file, the beginning and the end."""
    return visible(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 200]} ... {text[-200:]}")


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    total = 0
    for character in text:
        if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
            continue
        total += 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
    return total
