"""Files named by the user: opened, bounded in size, with a diagnostic in place of every exception."""

import os
from pathlib import Path

from casewarden.ruleset.characters import MAX_BYTES, refuse_size
from casewarden.ruleset.diagnostics import Diagnostics, Place
from casewarden.ruleset.nodes import Node, read_yaml


def is_folder(path: Path) -> bool:
    """Whether there is such a folder; a name that no file can have is none, and is told when it is opened."""
    return os.path.isdir(path)  # noqa: PTH112  # Path.is_dir raises for names that are too long


def is_ordinary_file(path: Path) -> bool:
    """Whether there is such a file; as `is_folder`."""
    return os.path.isfile(path)  # noqa: PTH113


def exists(path: Path) -> bool:
    """Whether there is anything of that name; as `is_folder`."""
    return os.path.exists(path)  # noqa: PTH110


def read_bytes(path: Path, diagnostics: Diagnostics, shown: str | None = None) -> bytes | None:
    """The content of a file of at most 5 MB, or None with the reason in `diagnostics`.

    `shown` is the name that places carry (the path as it was given). Never more than 5 MB are read, however large the
    file is, so a huge one is refused at once.
    """
    name = str(path) if shown is None else shown
    fix = None
    try:
        if path.exists() and not path.is_file():
            reason = "it is a folder" if path.is_dir() else "it is no ordinary file"
            fix = "name the files in it" if path.is_dir() else None
        else:
            with path.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
            if len(data) <= MAX_BYTES:
                return data
            refuse_size(path.stat().st_size, name, diagnostics)
            return None
    except FileNotFoundError:
        reason = "there is no such file"
    except PermissionError:
        reason = "it may not be read by you"
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
    diagnostics.error("CW100", Place(name, 1, 1, 1, 1), f"`{name}` cannot be opened: {reason}", fix)
    return None


def read_yaml_file(path: Path, diagnostics: Diagnostics, shown: str | None = None) -> Node | None:
    """A YAML file as nodes, or None; every problem is in `diagnostics`."""
    data = read_bytes(path, diagnostics, shown)
    return None if data is None else read_yaml(data, str(path) if shown is None else shown, diagnostics)
