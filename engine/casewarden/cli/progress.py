"""A progress bar over the rows of a history, with how long it may still take; on a terminal only."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from casewarden.scenario.history import Extent
    from casewarden.scenario.rows import RowReport


@contextmanager
def progress_bar(form: str) -> Iterator["Advance"]:
    """A progress bar on a terminal; nothing elsewhere, and nothing where the result is JSON."""
    if form == "json" or not sys.stderr.isatty():
        yield Advance(None)
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        yield Advance(progress)


class Advance:
    """Moves the bar on by the rows that a part has dealt with."""

    def __init__(self, progress: "object | None") -> None:
        from rich.progress import Progress

        self._progress = progress if isinstance(progress, Progress) else None
        self._task = None if self._progress is None else self._progress.add_task("reading", total=None)
        self._begun = False

    def __call__(self, rows: "RowReport", extent: "Extent") -> None:
        """Take note of the rows of one part; with the first all rows are read, and their number is known."""
        if self._progress is None or self._task is None:
            return
        if not self._begun:
            self._begun = True
            self._progress.update(self._task, description="deciding", total=extent.rows)
        else:
            self._progress.advance(self._task, rows.total)
