"""Replacing a file as a whole: readers see the old content or the new one, never half of it."""

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
