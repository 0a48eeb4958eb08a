"""Tables as people save them (commas, semicolons or tabs; quotes; LF or CR LF): cells that keep their places."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from casewarden.ruleset.diagnostics import Diagnostics, Place
from casewarden.ruleset.files import read_bytes
from casewarden.ruleset.nodes import Scalar

_DELIMITERS: Final = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the heading, and its rows without the empty ones; every row has as many cells as the heading."""

    file: str
    heading: tuple[Scalar, ...]
    rows: tuple[tuple[Scalar, ...], ...]

    @property
    def place(self) -> Place:
        """The first character."""
        return Place(self.file, 1, 1, 1, 2)


def read_table(path: Path, diagnostics: Diagnostics) -> Table | None:
    """The table in a file; None where it cannot be read. Rows that are too short or too long are left out, and told."""
    data = read_bytes(path, diagnostics)
    if data is None:
        return None
    start = Place(str(path), 1, 1, 1, 2)
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        place = Place(str(path), line, 1, line, 2)
        diagnostics.error("CW104", place, "the table is not UTF-8", "save it as UTF-8")
        return None
    diagnostics.add_source(str(path), text)
    found = list(_Reading(text, str(path), diagnostics).rows())
    if not found:
        diagnostics.error("CW123", start, "the table is empty", "its first line names the columns")
        return None
    heading, *rows = found
    return Table(str(path), heading, tuple(row for row in rows if _fits(row, heading, diagnostics)))


def _fits(row: tuple[Scalar, ...], heading: tuple[Scalar, ...], diagnostics: Diagnostics) -> bool:
    if len(row) == len(heading):
        return True
    message = f"this row has {len(row)} cells, the heading {len(heading)}"
    diagnostics.error("CW969", row[0].place, message, "put cells that hold the separator into double quotes")
    return False


class _Reading:
    """Goes through a text once."""

    def __init__(self, text: str, file: str, diagnostics: Diagnostics) -> None:
        self._text = text
        self._file = file
        self._diagnostics = diagnostics
        self._at, self._line, self._column = 0, 1, 1
        head = text.partition("\n")[0]
        self._delimiter = max(_DELIMITERS, key=lambda sign: (head.count(sign), -_DELIMITERS.index(sign)))

    def rows(self) -> Iterator[tuple[Scalar, ...]]:
        """Rows that say something, as cells."""
        while self._at < len(self._text):
            cells = [self._cell()]
            while self._next() == self._delimiter:
                self._take()
                cells.append(self._cell())
            while self._next() in ("\r", "\n"):
                is_end = self._next() == "\n"
                self._take()
                if is_end:
                    break
            if any(cell.text for cell in cells):
                yield tuple(cells)

    def _cell(self) -> Scalar:
        while self._next() == " ":
            self._take()
        line, column = self._line, self._column
        quoted = self._next() == '"'
        text = self._quoted(line, column) if quoted else self._plain()
        end = max(self._column, column + 1) if self._line == line else self._column
        return Scalar(text, Place(self._file, line, column, self._line, end), quoted)

    def _plain(self) -> str:
        begin = self._at
        while self._next() not in (self._delimiter, "\r", "\n", ""):
            self._take()
        return self._text[begin : self._at].strip()

    def _quoted(self, line: int, column: int) -> str:
        self._take()
        parts: list[str] = []
        while (sign := self._next()) != "":
            self._take()
            if sign != '"':
                parts.append(sign)
            elif self._next() == '"':
                parts.append(self._take())
            else:
                rest = self._plain()
                if rest:
                    parts.append(rest)
                return "".join(parts).strip()
        place = Place(self._file, line, column, line, column + 1)
        self._diagnostics.error("CW119", place, "the quote is never closed", 'end the cell with `"`')
        return "".join(parts).strip()

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        sign = self._text[self._at]
        self._at += 1
        if sign == "\n":
            self._line, self._column = self._line + 1, 1
        else:
            self._column += 1
        return sign
