"""The rows of table files as lists of cells: CSV, and JSON objects as JSON lines or as one array."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from casewarden.ruleset.diagnostics import Place
from casewarden.scenario.history import MAX_LINE, HistoryError, open_history, parse, text_lines
from casewarden.scenario.rows import Fate, RowReport, line_place
from casewarden.scenario.wire import EventError

MAX_JSON: Final = 200_000_000


def heading(path: Path, name: str, delimiter: str) -> tuple[str, ...]:
    """The names of the columns; HistoryError where there is no usable first line."""
    with open_history(path, name) as stream:
        raw = stream.readline(MAX_LINE)
    try:
        columns = next(csv.reader([raw.decode("utf-8-sig", "replace")], delimiter=delimiter), [])
    except csv.Error as error:
        message = f"the heading cannot be read: {error}"
        raise HistoryError("CW800", line_place(name, 1), message, "end every line with LF or CR LF") from None
    twice = next((column for column in columns if columns.count(column) > 1), None)
    if not columns or twice is not None:
        message = "the first line has no heading" if twice is None else f"two columns are called `{twice}`"
        raise HistoryError("CW800", line_place(name, 1), message, "the first line names the columns, each once")
    return tuple(columns)


def csv_rows(path: Path, name: str, delimiter: str, width: int, report: RowReport) -> Iterator[tuple[int, list[str]]]:
    """The rows after the heading with the line each begins on."""
    csv.field_size_limit(MAX_LINE)
    with open_history(path, name) as raw:
        reader = csv.reader(_decoded(raw), delimiter=delimiter)
        line = 0
        while True:
            begin = line + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                line = reader.line_num
                report.refuse("CW827", line_place(name, begin), f"this row cannot be read: {error}")
                continue
            line = reader.line_num
            if begin == 1:
                continue
            if not cells:
                report.row(Fate.BLANK)
            elif not (text := "".join(cells)).isascii() and any("\udc80" <= letter <= "\udcff" for letter in text):
                report.refuse("CW816", line_place(name, begin), "this row is not UTF-8", "save the file as UTF-8")
            elif len(cells) != width:
                message = f"this row has {len(cells)} cells, the heading {width} columns"
                report.refuse("CW827", Place(name, begin, 1, line, 1), message, "quote cells that hold the delimiter")
            else:
                yield begin, cells


def _decoded(raw: Any) -> Iterator[str]:
    for number, line in enumerate(raw):
        yield line.decode("utf-8-sig" if number == 0 else "utf-8", "surrogateescape")


def _json_array(path: Path, name: str) -> list[Any]:
    """The rows of a JSON array, which is read as a whole (JSON lines are not)."""
    with open_history(path, name) as stream:
        data = stream.read(MAX_JSON + 1)
    if len(data) > MAX_JSON:
        message = "a JSON array of more than 200 MB is refused"
        raise HistoryError("CW800", line_place(name, 1), message, "use `format: json_lines`")
    try:
        value = parse(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise HistoryError("CW816", line_place(name, 1), "the file is not UTF-8", "save the file as UTF-8") from None
    except EventError as error:
        raise HistoryError(error.code, line_place(name, 1), str(error)) from None
    if not isinstance(value, list):
        raise HistoryError("CW800", line_place(name, 1), "the file is no JSON array", "write [{...}, {...}]")
    return value


def _cell_text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def object_rows(
    path: Path, name: str, columns: Sequence[str], report: RowReport, *, one_array: bool
) -> Iterator[tuple[int, list[str]]]:
    """The objects of a file as cells, with the line (in an array: the number) of each."""
    values: Iterator[tuple[int, Any]]
    values = enumerate(_json_array(path, name), start=1) if one_array else _json_lines(path, name, report)
    for line, value in values:
        if not isinstance(value, dict):
            report.refuse("CW801", line_place(name, line), "a row is a JSON object")
            continue
        odd = next((key for key in columns if isinstance(value.get(key), list | dict)), None)
        if odd is not None:
            report.refuse("CW804", line_place(name, line), f"`{odd}` is a single value, not a list or an object")
            continue
        yield line, [_cell_text(value.get(column)) for column in columns]


def _json_lines(path: Path, name: str, report: RowReport) -> Iterator[tuple[int, Any]]:
    for line, text in text_lines(path, name, report):
        try:
            yield line, parse(text)
        except EventError as error:
            report.refuse(error.code, line_place(name, line, len(text)), str(error), error.fix)
