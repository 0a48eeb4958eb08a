"""How far each file was read: the connector's cursor, and how a file is known again."""

import hashlib
import os
from dataclasses import dataclass
from typing import Any, Final

from casewarden.model.event import Json

_EDGE: Final = 4096


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file: all before `offset` was read, which is `line` lines.

    `mark` is a digest of what stands at the beginning and just before the offset: a file with another mark was
    truncated or replaced. `skipping`: the offset lies within a line that was refused for its length.
    """

    file: str
    inode: str
    offset: int = 0
    line: int = 0
    mark: str = ""
    skipping: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """Positions of all files, by name; `told` are the names of what is not read, once the operator was told."""

    positions: tuple[Position, ...] = ()
    told: tuple[str, ...] = ()


def mark_of(handle: int, offset: int) -> str:
    """The mark of a file at an offset; another one than before where the file is shorter by now."""
    if offset == 0:
        return ""
    near = min(offset, _EDGE)
    digest = hashlib.sha256(os.pread(handle, near, 0))
    digest.update(os.pread(handle, near, offset - near))
    return digest.hexdigest()[:32]


def is_at(handle: int, position: Position) -> bool:
    """Whether an open file still has everything that was read of it."""
    return os.fstat(handle).st_size >= position.offset and mark_of(handle, position.offset) == position.mark


def read_cursor(cursor: Json) -> Cursor:
    """A cursor out of its JSON form; ValueError for what this connector never gave."""
    if cursor is None:
        return Cursor()
    try:
        return _read_cursor(cursor)
    except (TypeError, KeyError):
        raise ValueError("this cursor is not one of the files connector") from None


def _read_cursor(cursor: Any) -> Cursor:
    return Cursor(
        tuple(
            Position(
                str(row["file"]),
                str(row["inode"]),
                int(row["offset"]),
                int(row["line"]),
                str(row["mark"]),
                bool(row.get("skipping", False)),
            )
            for row in cursor["files"]
        ),
        tuple(str(name) for name in cursor["told"]),
    )


def cursor_json(cursor: Cursor) -> Json:
    """The JSON form of a cursor, the same for the same positions."""
    return {
        "files": [_row(position) for position in sorted(cursor.positions, key=lambda one: (one.file, one.inode))],
        "told": [*sorted(cursor.told)],
    }


def _row(position: Position) -> dict[str, Json]:
    row: dict[str, Json] = {
        "file": position.file,
        "inode": position.inode,
        "offset": position.offset,
        "line": position.line,
        "mark": position.mark,
    }
    return row | {"skipping": True} if position.skipping else row
