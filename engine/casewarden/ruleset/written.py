"""A revision as it is written: its document with all that it includes, its lock, and the ruleset that they give."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from casewarden.ruleset.beside import normal
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.document import Document, Read, open_document, read_main
from casewarden.ruleset.load import load_document
from casewarden.ruleset.lock import Lock, read_lock
from casewarden.ruleset.syntax import Ruleset


@dataclass(frozen=True, slots=True)
class Written:
    """One revision. `path` is where its main file stood when it was read; nothing is read from there any more."""

    document: Document
    path: Path
    lock: Lock | None
    ruleset: Ruleset

    @property
    def digest(self) -> str:
        """What names the revision."""
        return self.ruleset.digest


def read_written(path: Path, read: Read, shown: Callable[[Path], str] = str) -> tuple[Written | None, Diagnostics]:
    """Read and check a file with all that belongs to it; None exactly where there are errors.

    `shown` gives the name under which problems show the main file.
    """
    diagnostics = Diagnostics()
    data = read_main(path, read, diagnostics)
    document = None if data is None else open_document(data, normal(path), shown(path), read, diagnostics)
    ruleset, _ = load_document(document, path, read, diagnostics)
    if ruleset is None or document is None:
        return None, diagnostics
    return Written(document, path, read_lock(document, path, read, Diagnostics()), ruleset), diagnostics
