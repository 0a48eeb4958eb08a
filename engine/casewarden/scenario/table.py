"""Histories as tables (CSV, or JSON objects with columns): rows in, events out, by a mapping.

A row says how things stood when it was written. The first row of a case opens it; each later one tells what changed.
Rows are taken in the order of their instants, rows of one instant in the order of the file. Nothing is read from a
column that the mapping calls final, and nothing from a row before its instant.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

from casewarden.model.instants import iso
from casewarden.ruleset.diagnostics import Level, did_you_mean
from casewarden.scenario.cells import csv_rows, heading, object_rows
from casewarden.scenario.changes import Changes, TableRow
from casewarden.scenario.grouping import Group, Row
from casewarden.scenario.history import Extent, HistoryError, SubjectHistory, open_history
from casewarden.scenario.mapping import TableMapping
from casewarden.scenario.rows import Fate, RowReport, line_place

_SPACE: Final = re.compile(r"[\s%]")
_BETWEEN: Final = "\x1f"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its mapping; `columns` are those of the rows' cells. Make it with `open_table`."""

    path: Path
    mapping: TableMapping
    columns: tuple[str, ...]
    name: str
    present: int | None = None
    until: int | None = None
    _index: dict[str, int] = field(init=False, repr=False)
    _read: tuple[tuple[str, int], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {column: place for place, column in enumerate(self.columns)})
        read = sorted(frozenset(self.mapping.read_columns()))
        object.__setattr__(self, "_read", tuple((column, self._index[column]) for column in read))

    def rows(self, report: RowReport, extent: Extent) -> Iterator[Row]:
        """See `Source`."""
        case, written = self._index[self.mapping.case], self._index[self.mapping.written]
        rest = [column for column in self.columns if column not in self.mapping.named_columns()]
        if rest:
            place = line_place(self.name, 1)
            message = f"the mapping neither reads nor lists {', '.join(f'`{column}`' for column in rest)}"
            report.problem(Level.NOTE, "CW830", place, message, "add them to `left_out` if that is meant")
        for line, cells in self._cells(report):
            if cells[case] in self.mapping.missing:
                place = line_place(self.name, line)
                report.refuse("CW828", place, f"the column `{self.mapping.case}` is empty, so this row has no case")
                continue
            at = self.mapping.dates.read(cells[written])
            if at is not None and (self.present is None or at <= self.present):
                extent.reach(at)
            yield Row("case:" + _SPACE.sub(_escaped, cells[case]), line, _joined(cells))

    def read(self, group: Group, report: RowReport) -> SubjectHistory:
        """See `Source`."""
        rows: list[TableRow] = []
        known: dict[str, int] = {}
        texts = dict(group.rows)
        for order, (line, text) in enumerate(group.rows):
            if text in known:
                place = line_place(self.name, line)
                report.row(Fate.DUPLICATE)
                report.problem(Level.NOTE, "CW808", place, f"this row stands on line {known[text]} already")
                continue
            known[text] = line
            cells = self._said(_split(text))
            at = self._written(line, cells, report)
            if at is not None:
                rows.append(TableRow(at, order, line, cells))
        if any(row.at < before.at for before, row in pairwise(rows)):
            place = line_place(self.name, rows[0].line)
            report.problem(Level.NOTE, "CW811", place, f"rows of `{group.subject}` are out of order; they were sorted")
            rows.sort(key=lambda row: row.rank)
        events = Changes(group.subject, self.name, self.mapping, report).events(rows)
        report.events += len(events)
        events.sort(key=lambda event: event.order)
        return SubjectHistory(group.subject, tuple(events), self._recorded(rows, texts))

    def _said(self, cells: Sequence[str]) -> dict[str, str | None]:
        """What the row says in the columns that are read; all others stay behind here."""
        missing = self.mapping.missing
        texts = ((column, cells[place]) for column, place in self._read)
        return {column: None if text in missing else text for column, text in texts}

    def _written(self, line: int, cells: Mapping[str, str | None], report: RowReport) -> int | None:
        column = self.mapping.written
        text = cells[column]
        place = line_place(self.name, line)
        if text is None:
            report.refuse("CW831", place, f"the column `{column}` is empty")
            return None
        at = self.mapping.dates.read(text)
        if at is None:
            report.refuse("CW826", place, f"`{column}` is `{text[:40]}`, not like {self.mapping.dates.text}")
        elif self.present is not None and at > self.present:
            report.refuse("CW810", place, f"the row was written {iso(at)}, after the present")
        elif self.until is not None and at > self.until:
            report.row(Fate.LATER)
        else:
            return at
        return None

    def _recorded(self, rows: Sequence[TableRow], texts: Mapping[int, str]) -> dict[str, str]:
        """What the source recorded on the last row, which no clock and no rule sees."""
        recorded: dict[str, str] = {}
        if not rows or not self.mapping.recorded:
            return recorded
        cells = _split(texts[rows[-1].line])
        for record in self.mapping.recorded:
            text = cells[self._index[record.column]]
            if text in record.met:
                recorded[record.name] = "met"
            elif text in record.missed:
                recorded[record.name] = "missed"
        return recorded

    def _cells(self, report: RowReport) -> Iterator[tuple[int, list[str]]]:
        match self.mapping.format:
            case "csv":
                return csv_rows(self.path, self.name, self.mapping.delimiter, len(self.columns), report)
            case "json_lines":
                return object_rows(self.path, self.name, self.columns, report, one_array=False)
            case "json":
                return object_rows(self.path, self.name, self.columns, report, one_array=True)


def open_table(
    path: Path, mapping: TableMapping, name: str = "", present: int | None = None, until: int | None = None
) -> Table:
    """A table that is ready to be read; HistoryError where the file or a column that the mapping names is missing."""
    shown = name or str(path)
    if mapping.format == "csv":
        columns = heading(path, shown, mapping.delimiter)
    else:
        open_history(path, shown).close()
        columns = tuple(sorted(mapping.named_columns()))
    for column in sorted(mapping.named_columns() - frozenset(columns)):
        near = did_you_mean(column, columns)
        fix = f"did you mean `{near}`?" if near else f"it has {', '.join(columns)}"
        message = f"the mapping names the column `{column}`, which the history does not have"
        raise HistoryError("CW822", line_place(shown, 1), message, fix)
    return Table(path, mapping, columns, shown, present, until)


def _joined(cells: list[str]) -> str:
    """The text of a row: the cells with a sign between them that is in none, else as JSON, which never holds it."""
    text = _BETWEEN.join(cells)
    return text if len(cells) > 1 and text.count(_BETWEEN) == len(cells) - 1 else json.dumps(cells)


def _split(text: str) -> list[str]:
    """The cells of a row."""
    if _BETWEEN in text:
        return text.split(_BETWEEN)
    cells: list[str] = json.loads(text)
    return cells


def _escaped(found: re.Match[str]) -> str:
    return f"%{ord(found.group()):02X}"
