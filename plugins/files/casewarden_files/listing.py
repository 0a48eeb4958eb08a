"""Which files the inbox is right now: the live ones and what rotation made of earlier ones."""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SUFFIX: Final = ".jsonl"

_ROTATED: Final = r"[.-]\d[\d._:T-]*"
"""What log rotation appends: a number, or a date. Compressed files are not looked into."""


def rotated(path: Path) -> list[Path]:
    """The ordinary files beside a file that rotation put aside. OSError where the folder cannot be read."""
    pattern = re.compile(re.escape(path.name) + _ROTATED)
    found = sorted(other for other in path.parent.iterdir() if pattern.fullmatch(other.name))
    return [other for other in found if not other.is_symlink() and other.is_file()]


@dataclass(frozen=True, slots=True)
class InboxFile:
    """One file of the inbox as it was listed.

    `name` is how people know it, `target` the file's own name in the folder (another one for a link). `inode` is
    device and number, `changed` when it was written last (nanoseconds). `live`: rotation has not put it aside.
    """

    name: str
    target: str
    inode: str
    changed: int
    live: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of an inbox, those written last at the end, and what has such a name but is not read, and why."""

    folder: Path
    files: tuple[InboxFile, ...]
    refused: Mapping[str, str]

    @property
    def has_live(self) -> bool:
        """Whether there is a file that rotation has not put aside."""
        return any(file.live for file in self.files)


def is_folder(inbox: Path) -> bool:
    """Whether an inbox is a folder of files; what is not there yet is a file if it is called like one."""
    return inbox.is_dir() or not (inbox.suffix == SUFFIX or inbox.exists())


def is_part_of(path: Path, inbox: Path) -> bool:
    """Whether an inbox would read a file of this path."""
    folder, pattern = _named(inbox)
    return path.resolve().parent == folder.resolve() and pattern.fullmatch(path.name) is not None


def listing(inbox: Path) -> Listing:
    """List an inbox. OSError where the folder cannot be read."""
    folder, pattern = _named(inbox)
    found: dict[str, InboxFile] = {}
    refused: dict[str, str] = {}
    real = folder.resolve()
    for name in sorted(path.name for path in folder.iterdir()):
        match = pattern.fullmatch(name)
        if match is None:
            continue
        try:
            target = _target(real, name)
            status = (real / target).lstat()
        except FileNotFoundError:
            continue  # rotated while it was looked at: the next look finds it
        except _NotReadError as error:
            refused[name] = str(error)
            continue
        if not stat.S_ISREG(status.st_mode):
            refused[name] = "is no ordinary file"
            continue
        inode = f"{status.st_dev}:{status.st_ino}"
        found.setdefault(inode, InboxFile(name, target, inode, status.st_mtime_ns, match[2] is None))
    return Listing(real, tuple(sorted(found.values(), key=lambda file: (file.changed, file.name))), refused)


def _named(inbox: Path) -> tuple[Path, re.Pattern[str]]:
    """The folder of an inbox, and what its files are called; the second group is what rotation appended."""
    is_one = not is_folder(inbox)
    names = re.escape(inbox.name) if is_one else rf"[^.].*{re.escape(SUFFIX)}"
    return inbox.parent if is_one else inbox, re.compile(rf"({names})({_ROTATED})?", re.DOTALL)


class _NotReadError(Exception):
    """A file that is not read, for this reason."""


def _target(folder: Path, name: str) -> str:
    """The name of the file itself: a link's target, which must lie in the same folder."""
    path = folder / name
    if not path.is_symlink():
        return name
    try:
        resolved = path.resolve(strict=True)
    except (OSError, RuntimeError):  # Python 3.11 and 3.12 raise RuntimeError for links in a circle
        raise _NotReadError("is a link that leads nowhere") from None
    if resolved.parent != folder:
        raise _NotReadError("is a link out of its folder; name the file itself in the settings, or copy it")
    return resolved.name


def open_listed(folder: Path, file: InboxFile) -> int:
    """Open a listed file for reading; FileNotFoundError where another one has taken its name since. OSError."""
    handle = os.open(folder / file.target, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    status = os.fstat(handle)
    if f"{status.st_dev}:{status.st_ino}" != file.inode:
        os.close(handle)
        raise FileNotFoundError(f"{file.name} was rotated while it was opened")
    return handle
