"""Replacing a file as a whole: readers see the old content or the new one, never half of it. Or making a new one."""

import os
import tempfile
from pathlib import Path


def replace_text(path: Path, text: str) -> None:
    """Write a text as UTF-8, over a file or anew; a mode stays, and so does a symbolic link to the file. OSError."""
    target = path.resolve()
    mode = target.stat().st_mode if target.exists() else 0o644
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".new")
    written = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text.encode("utf-8"))
            stream.flush()
            os.fsync(stream.fileno())
        written.chmod(mode & 0o7777)
        written.replace(target)
    finally:
        written.unlink(missing_ok=True)  # once it has taken the file's place, nothing bears its name


def create_text(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Write a text as UTF-8 into a new file; FileExistsError where anything of that name is there. OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), mode)
    try:
        with os.fdopen(handle, "wb") as stream:
            os.fchmod(stream.fileno(), mode)  # whatever the umask is
            stream.write(text.encode("utf-8"))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        path.unlink()
        raise
