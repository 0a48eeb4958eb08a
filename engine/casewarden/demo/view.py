"""The live view: open cases by urgency, what the rules just did and why, what was missed.

Drawing is pure: a snapshot and a size give lines of exactly that size. What a colour says is also said by a word, so
that nothing is lost without colours; the colours can be read on dark and on light ground. Texts of customers are shown
without characters that a terminal obeys, and never read as markup.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from casewarden.demo.drawing import ASCII, UNICODE, Drawing, Marks
from casewarden.demo.snapshot import Snapshot, gathered
from casewarden.demo.told import Told
from casewarden.worktime import zone

_FRAME: Final = 6
"""Lines that are always there: two of the head, two headings, one above the foot, and the foot."""
_CASES: Final = 0.6
"""The part of the other lines that cases may have, where there are so many."""


@dataclass(frozen=True, slots=True)
class Screen:
    """A snapshot on its way to the screen, `width` columns by `height` lines."""

    snapshot: Snapshot
    width: int
    height: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines."""
        yield from _lines(self.snapshot, self.width, self.height, ASCII if options.ascii_only else UNICODE)


def render(snapshot: Snapshot, width: int, height: int) -> Screen:
    """Return the view of a snapshot in exactly this size; below 40 by 10 it is cut off."""
    return Screen(snapshot, width, height)


def show(console: Console, snapshots: Iterable[Snapshot]) -> None:
    """Show snapshots as they come: on a terminal as a screen, elsewhere as lines of what happened since the last one.

    Whoever gives the snapshots decides how fast they come; it ends with them.
    """
    if not console.is_terminal or console.is_dumb_terminal:
        told = Told()
        for snapshot in snapshots:
            for line in told.news(snapshot):
                console.out(line, highlight=False)
        return
    with Live(console=console, screen=True, auto_refresh=False) as live:
        for snapshot in snapshots:
            live.update(render(snapshot, *console.size), refresh=True)


# The lines


def _lines(snapshot: Snapshot, width: int, height: int, marks: Marks) -> Iterator[Text]:
    place = zone(snapshot.zone)
    draw = Drawing(width, marks, place.local, snapshot.now)
    free = max(2, height - _FRAME)
    deeds = gathered(snapshot.deeds)
    for_cases = min(len(snapshot.cases), max(int(free * _CASES), free - len(deeds)))
    lines = [
        draw.head(snapshot),
        draw.counts(snapshot),
        draw.case_headings(),
        *(draw.case(row) for row in snapshot.cases[:for_cases]),
        draw.title(_more(snapshot, for_cases)),
        *(draw.deed(deed) for deed in deeds[: free - for_cases]),
    ]
    lines = lines[: height - 2]
    lines += [Text("")] * (height - 2 - len(lines))
    for line in (*lines, draw.title(""), draw.foot(snapshot)):
        line.no_wrap = True
        line.overflow = "crop"
        line.truncate(width, overflow="crop")
        yield line


def _more(snapshot: Snapshot, shown: int) -> str:
    more = max(snapshot.counts.open, len(snapshot.cases)) - shown
    if more < 1:
        return "what the rules just did"
    return f"what the rules just did ({more} more open {'case' if more == 1 else 'cases'} not shown)"
