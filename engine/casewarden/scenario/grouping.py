"""Rows in any order, handed out subject by subject, in memory that does not grow with their number.

Rows are sorted by subject and line in runs; what exceeds one run goes to temporary files that are merged while they
are read. So the order of a history (by time, by case, by nothing) makes no difference to what comes out.
"""

import heapq
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import IO, Any, Final, NamedTuple

RUN_BYTES: Final = 32_000_000
_ROW_OVERHEAD: Final = 150


class Row(NamedTuple):
    """One row of a history: whose it is, the line it begins on, its text as the source wants it back."""

    subject: str
    line: int
    text: str


class Group(NamedTuple):
    """All rows of one subject in the order of the file."""

    subject: str
    rows: tuple[tuple[int, str], ...]


def grouped(rows: Iterable[Row], run_bytes: int = RUN_BYTES) -> Iterator[Group]:
    """Give the rows grouped by subject, subjects in order; at most about `run_bytes` of text are held at once.

    The first group comes when the last row was read. Temporary files vanish when the iterator ends or is closed.
    """
    with ExitStack() as files:
        runs: list[IO[str]] = []
        held: list[Row] = []
        size = 0
        for row in rows:
            held.append(row)
            size += len(row.text) + _ROW_OVERHEAD
            if size >= run_bytes:
                runs.append(files.enter_context(_spill(held)))
                held, size = [], 0
        held.sort()
        merged = heapq.merge(*(_read(run) for run in runs), held) if runs else iter(held)
        yield from _split(merged)


def _spill(held: list[Row]) -> Any:
    """Write one sorted run to a temporary file."""
    held.sort()
    run = tempfile.TemporaryFile("w+", encoding="utf-8", errors="surrogatepass")  # noqa: SIM115  # closed by the stack
    for row in held:
        run.write(json.dumps(row))
        run.write("\n")
    return run


def _read(run: IO[str]) -> Iterator[Row]:
    run.seek(0)
    for line in run:
        yield Row(*json.loads(line))


def _split(rows: Iterator[Row]) -> Iterator[Group]:
    subject: str | None = None
    held: list[tuple[int, str]] = []
    for row in rows:
        if row.subject != subject:
            if subject is not None:
                yield Group(subject, tuple(held))
            subject, held = row.subject, []
        held.append((row.line, row.text))
    if subject is not None:
        yield Group(subject, tuple(held))
