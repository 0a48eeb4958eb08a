"""The outbox: one line for each action, on the disk before it counts, and no key twice."""

import fcntl
import json
import os
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from casewarden.model.event import Json
from casewarden_files.listing import rotated

MAX_KEYS: Final = 100_000
TAIL: Final = 16_000_000
_MODE: Final = 0o640  # what is told to customers is not for everybody on the machine


class NotWrittenError(Exception):
    """Nothing was written; the message says why."""


@dataclass(slots=True)
class Outbox:
    """The file at `path`; others may read, rotate and empty it, and other processes may append to it through this.

    Keys are remembered, the newest `max_keys` of them: first those of the file's last `tail` bytes, then what is
    appended. Others can be searched for in the whole file and in those that rotation put aside.
    """

    path: Path
    max_keys: int = MAX_KEYS
    tail: int = TAIL
    _known: dict[str, None] = field(default_factory=dict)
    _has_all: bool = False
    _inode: tuple[int, int] | None = None
    _read_to: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def append(self, key: str, line: Mapping[str, Json], *, search: bool) -> bool:
        """Append a line that has this `key`; return False where one with it is there already.

        `search` looks further back than what is remembered. Once this returns, the line is on the disk.
        NotWrittenError where it is not in the file; any other OSError leaves that open.
        """
        text = json.dumps({"key": key, **line}).encode("ascii") + b"\n"  # ASCII is the same in every encoding
        with self._lock, _locked(self.path) as handle:
            with _nothing_written():
                _close_torn_line(handle)
                self._look(handle)
                is_there = key in self._known or (search and self._is_further_back(key))
                if not is_there:
                    _write(handle, text)
            os.fsync(handle)  # also for a line of a process that was killed before it came to this
            if not is_there:
                self._read_to += len(text)
            self._remember(key)
            return not is_there

    def _look(self, handle: int) -> None:
        """Remember the keys of what was appended since the last look, by whomever."""
        status = os.fstat(handle)
        inode = (status.st_dev, status.st_ino)
        if inode != self._inode or status.st_size < self._read_to:
            self._inode, self._read_to = inode, max(0, status.st_size - self.tail)
            self._has_all = self._read_to == 0
        if status.st_size == self._read_to:
            return
        with os.fdopen(os.dup(handle), "rb") as stream:
            stream.seek(self._read_to)
            for raw in stream:
                key = _key_of(raw)
                if key is not None:
                    self._remember(key)
            self._read_to = stream.tell()

    def _remember(self, key: str) -> None:
        self._known.pop(key, None)
        self._known[key] = None
        if len(self._known) > self.max_keys:
            del self._known[next(iter(self._known))]
            self._has_all = False

    def _is_further_back(self, key: str) -> bool:
        paths = [*([] if self._has_all else [self.path]), *rotated(self.path)]
        return any(_holds(path, key) for path in paths)


@contextmanager
def _nothing_written() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotWrittenError(error.strerror or str(error)) from error


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The file open for appending, made where it is missing, and nobody else's until the end."""
    with _nothing_written():
        handle = _opened(path)
    try:
        with _nothing_written():
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _opened(path: Path) -> int:
    flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        handle = os.open(path, flags)
    except FileNotFoundError:
        handle = os.open(path, flags | os.O_CREAT, _MODE)
        _sync_folder(path.parent)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(f"{path} is no ordinary file")
    return handle


def _sync_folder(folder: Path) -> None:
    """Put the file's name on the disk as well."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _close_torn_line(handle: int) -> None:
    """End a line that a crash left half-written, so that the next one stands on a line of its own."""
    size = os.fstat(handle).st_size
    if size and os.pread(handle, 1, size - 1) != b"\n":
        os.write(handle, b"\n")


def _write(handle: int, text: bytes) -> None:
    """Append a text whole or not at all. OSError where nothing is in the file, RuntimeError where that is open."""
    size, written = os.fstat(handle).st_size, 0
    try:
        while written < len(text):
            written += os.write(handle, text[written:])
    except OSError as error:
        if written:
            _take_back(handle, size, error)
        raise


def _take_back(handle: int, size: int, cause: OSError) -> None:
    try:
        os.ftruncate(handle, size)
    except OSError:
        raise RuntimeError(f"a part of a line was written, and cannot be taken back: {cause.strerror}") from cause


def _holds(path: Path, key: str) -> bool:
    needle = json.dumps(key).encode("ascii")
    try:
        stream: BinaryIO = path.open("rb")
    except FileNotFoundError:
        return False  # rotated on meanwhile: it bears another name, or is gone
    with stream:
        return any(needle in raw and _key_of(raw) == key for raw in stream)


def _key_of(raw: bytes) -> str | None:
    """The key of a line; None for one that a crash tore, or that is not ours."""
    try:
        value = json.loads(raw)
    except ValueError:
        return None
    key = value.get("key") if isinstance(value, dict) else None
    return key if isinstance(key, str) else None
