"""Batches of subjects out of a history, played by one process or several, this one among them; same order, same result.

Only a few batches are in memory at once.
"""

import gc
import multiprocessing
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from typing import Any, Final, Generic, Protocol, TypeVar

from casewarden.model.event import Event
from casewarden.ruleset.syntax import Ruleset
from casewarden.scenario.grouping import RUN_BYTES, Row, grouped
from casewarden.scenario.history import Extent, Source
from casewarden.scenario.rows import RowReport
from casewarden.scenario.together import Together, WatchedRows, together

BATCH: Final = 50
AHEAD: Final = 3
"""Batches that wait for each other process, so that none is ever without."""
HELD: Final = 20
"""Batches for each process that may be held until one before them is done."""
HAND_OVER: Final = 0.0005
"""Seconds after which this process, while it plays, lets the thread that serves the others have its turn.

At the usual 5 milliseconds, several times for each batch, the others ran out of work for a third of the time."""
ONE_CORE: Final = 4
"""With fewer batches than this a second process costs more than it brings."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Plays(Protocol[T_co]):
    """Whoever plays batches."""

    def play(self, batch: list[Together]) -> T_co:
        """What comes of one batch."""
        ...


class Batches:
    """The subjects of a history in batches, those together that one of the rulesets decides together.

    All rows are read when this is made: `rows` tells what was refused, `extent` how far the history goes.
    """

    def __init__(
        self,
        source: Source,
        rulesets: Sequence[Ruleset],
        rows: RowReport,
        extent: Extent,
        run_bytes: int = RUN_BYTES,
        size: int = BATCH,
    ) -> None:
        self._source = source
        self._watched = [WatchedRows(ruleset) for ruleset in rulesets]
        sharing = next((ruleset for ruleset in rulesets if ruleset.quotas), rulesets[0])
        read = self._read(source.rows(rows, extent), extent)
        self._groups = together(grouped(read, run_bytes), sharing, source, run_bytes)
        self._size = size

    def __iter__(self) -> Iterator[list[Together]]:
        while batch := list(islice(self._groups, self._size)):
            yield batch

    def services(self) -> list[tuple[Event, ...]]:
        """What was observed of the services that each of the rulesets watches."""
        return [watched.events(self._source) for watched in self._watched]

    def _read(self, rows: Iterator[Row], extent: Extent) -> Iterator[Row]:
        for row in rows:
            extent.rows += 1
            for watched in self._watched:
                watched.keep(row)
            yield row


def played(
    player: Plays[T], make: Callable[..., Plays[T]], arguments: tuple[Any, ...], batches: Batches, jobs: int
) -> Iterator[T]:
    """What comes of each batch, in order. Other processes make their own player, of arguments that can be sent."""
    coming = iter(batches)
    begun = list(islice(coming, ONE_CORE))
    if jobs == 1 or len(begun) < ONE_CORE:
        yield from map(player.play, chain(begun, coming))
    else:
        yield from _by_several(player, (make, arguments), chain(begun, coming), jobs)


def _by_several(
    player: Plays[T],
    begin: tuple[Callable[..., Plays[T]], tuple[Any, ...]],
    batches: Iterator[list[Together]],
    jobs: int,
) -> Iterator[T]:
    """This process plays too: what the others have no room for it plays itself, rather than wait for them."""
    others = jobs - 1
    interval = sys.getswitchinterval()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(others, mp_context=context, initializer=_begin, initargs=begin) as pool:
        coming: deque[Future[T] | _Done[T]] = deque()
        sys.setswitchinterval(HAND_OVER)
        try:
            for batch in batches:
                busy = sum(not one.done() for one in coming)
                coming.append(pool.submit(_play, batch) if busy < others * AHEAD else _Done(player.play(batch)))
                while coming and (coming[0].done() or len(coming) > jobs * HELD):
                    yield coming.popleft().result()
            yield from (one.result() for one in coming)
        finally:
            sys.setswitchinterval(interval)
            pool.shutdown(wait=True, cancel_futures=True)


class _Done(Generic[T]):
    """What this process has played, as a future that is done."""

    def __init__(self, result: T) -> None:
        self._result = result

    def done(self) -> bool:
        return True

    def result(self) -> T:
        return self._result


_players: list[Plays[Any]] = []
"""The player of a process that was begun for it; empty in the first one."""


def _begin(make: Callable[..., Plays[Any]], arguments: tuple[Any, ...]) -> None:
    gc.set_threshold(50_000, 20, 20)  # as in the process that began it
    _players.append(make(*arguments))


def _play(batch: list[Together]) -> Any:
    return _players[0].play(batch)
