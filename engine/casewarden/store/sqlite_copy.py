"""A copy of an SQLite store as it is at one instant, made while others write to it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from casewarden.store.database import StoreError


def copy_sqlite(source: Path, target: Path) -> None:
    """Write a whole and consistent copy of `source` to `target`, which only its owner can read.

    The target appears at once and complete, in place of what stood there. StoreError where it cannot be.
    """
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.unfinished")
    try:
        unfinished.touch(mode=0o600)
        try:
            _copy(source, unfinished)
            unfinished.replace(target)
            _flush(target.parent)
        finally:
            unfinished.unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as problem:
        raise StoreError(f"`{source}` cannot be copied to `{target}`: {problem}") from None


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source, isolation_level=None)) as reader:
        reader.execute("PRAGMA query_only = ON")
        reader.execute("PRAGMA busy_timeout = 10000")
        with closing(sqlite3.connect(target, isolation_level=None)) as writer:
            reader.backup(writer)  # all pages in one go, as one reader sees them: who writes is not held up
            writer.execute("PRAGMA journal_mode = DELETE")  # one file that says everything
    _flush(target)


def _flush(path: Path) -> None:
    """See to it that a file, or a folder's list of files, is on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
