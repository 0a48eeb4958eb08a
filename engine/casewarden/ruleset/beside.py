"""Files that a ruleset names: their paths count from the file that names them, and never leave the ruleset's folder.

Whoever checks a ruleset of somebody else must not be made to open, and to show, files of their own.
"""

import os
from pathlib import Path

from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.nodes import Scalar


def read_beside(shown: str, name: str) -> str:
    """The name under which a file is shown that stands beside another."""
    return str(Path(shown).parent / name)


def normal(path: Path) -> Path:
    """The path without `.` and `..`, as far as can be said without asking the disk (links stay what they are)."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts and parts[-1] not in ("..", path.anchor):
            parts.pop()
        elif part != ".":
            parts.append(part)
    return Path(*parts)


def is_outside(target: Path, folder: Path) -> bool:
    """Whether a file lies outside a folder, all symbolic links followed."""
    try:
        return not Path(os.path.realpath(target)).is_relative_to(os.path.realpath(folder))
    except (OSError, ValueError):  # no path at all, such as one with a NUL: it is told when it is opened
        return False


def refuse_outside(item: Scalar, target: Path, folder: Path, diagnostics: Diagnostics) -> bool:
    """Whether the file that `item` names lies outside the ruleset's folder, which is told; it is not to be opened."""
    if not is_outside(target, folder):
        return False
    by_link = normal(target.absolute()).is_relative_to(normal(folder.absolute()))
    diagnostics.error(
        "CW127",
        item,
        f"`{item.text}` {'is a link to a file' if by_link else 'lies'} outside the folder of the ruleset",
        "keep the file in the folder of the ruleset, or in one below it, and name it there",
    )
    return True
