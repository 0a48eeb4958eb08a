"""The whole lines of a file from a position on; what has no newline yet waits."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from casewarden_files.position import Position

MAX_LINE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number, the offset behind it, its text.

    `text` is None where it has more than a megabyte; `skipping`: the rest of such a line is still to come.
    """

    number: int
    end: int
    text: bytes | None
    skipping: bool = False


def whole_lines(stream: BinaryIO, start: Position) -> Iterator[Line]:
    """The lines behind a position, in order. Never more than a megabyte is held."""
    stream.seek(start.offset)
    number, end, skipping = start.line, start.offset, start.skipping
    while raw := stream.readline(MAX_LINE + 1):
        ended = raw.endswith(b"\n")
        if skipping:
            end += len(raw)
            skipping = not ended
            yield Line(number, end, b"", skipping)
        elif ended or len(raw) > MAX_LINE:
            number, end = number + 1, end + len(raw)
            skipping = not ended
            yield Line(number, end, None if skipping else raw, skipping)
        else:
            return
