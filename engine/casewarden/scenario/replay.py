"""A whole history through a ruleset: read, group, run case by case, count; on one core or several, same result.

What services observe is brought to every case. Where the ruleset has quotas, the cases of one customer are played in
one virtual time with its account, which grants what they claim. All else is decided subject by subject.

Subjects are handed to processes in batches and come back in their order, so the output does not depend on how many
processes there are. Only a few batches are in memory at once.
"""

import gc
import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import ClassVar, Final

from casewarden.decide import Compiled, compile_ruleset
from casewarden.model.event import Event
from casewarden.ruleset.diagnostics import Level
from casewarden.ruleset.load import load
from casewarden.scenario.grouping import RUN_BYTES, Row, grouped
from casewarden.scenario.history import Extent, Source, SubjectHistory
from casewarden.scenario.linked import LinkedSubjects
from casewarden.scenario.record import decision_line
from casewarden.scenario.rows import RowReport, line_place
from casewarden.scenario.run import Mode, Run
from casewarden.scenario.story import Stories, Telling
from casewarden.scenario.tally import Compared, Counting, Tally
from casewarden.scenario.together import Together, WatchedRows, together

BATCH: Final = 50
AHEAD: Final = 3
"""Batches that wait for each other process, so that none is ever without."""
HELD: Final = 20
"""Batches for each process that may be held until one before them is done."""
ONE_CORE: Final = 4
"""With fewer batches than this a second process costs more than it brings."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What every case is run with.

    `until` is the last instant that is decided; None: the end of the history. `services` is what was observed of the
    services that cases watch.
    """

    mode: Mode = Mode.KNOWN
    until: int | None = None
    compared: Compared = field(default_factory=dict)
    services: tuple[Event, ...] = ()


@dataclass(slots=True)
class Part:
    """What a batch of subjects, or a whole history, came to. `lines` are its decisions as JSON lines, in order."""

    lines: str = ""
    tally: Tally = field(default_factory=Tally)
    rows: RowReport = field(default_factory=RowReport)
    stories: Stories = field(default_factory=Stories)

    def absorb(self, other: "Part") -> None:
        """Add the counts of a part that comes after this one; its lines are the caller's to keep."""
        self.tally.merge(other.tally)
        self.rows.merge(other.rows)
        self.stories.merge(other.stories)


class Player:
    """Runs batches of subjects; one in each process."""

    current: ClassVar["Player | None"] = None

    def __init__(self, compiled: Compiled, source: Source, setting: Setting) -> None:
        self._compiled = compiled
        self._source = source
        self._setting = setting
        self._counting = Counting(compiled.ruleset)
        self._telling = Telling(compiled.ruleset)

    def play(self, batch: list[Together]) -> Part:
        """Run the subjects of one batch."""
        part = Part()
        lines: list[str] = []
        for groups in batch:
            read = [(group, self._source.read(group, part.rows)) for group in groups]
            histories = {history.subject: history for _, history in read if history.events}
            starts = {group.subject: group.rows[0][0] for group in groups}
            for course in self._courses(histories) if histories else ():
                subject = course.subject.id
                if course.broken_off is not None:
                    place = line_place(self._source.name, starts.get(subject, min(starts.values())))
                    part.rows.problem(Level.ERROR, "CW815", place, str(course.broken_off), course.broken_off.fix)
                recorded = histories[subject].recorded if subject in histories else {}
                self._counting.count(course, recorded, self._setting.compared, part.tally)
                self._telling.tell(course, part.stories)
                lines += map(decision_line, course.decisions)
        part.lines = "".join(lines)
        return part

    def _courses(self, histories: dict[str, SubjectHistory]) -> Iterable[Run]:
        """What comes of subjects that are decided together."""
        setting = self._setting
        logs = {subject: history.events for subject, history in histories.items()}
        return LinkedSubjects(self._compiled, logs, setting.mode, services=setting.services).runs(setting.until)


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay that is ready to go. `ruleset_file` lets other processes load the same ruleset.

    Subjects are handed to processes `batch` at a time.
    """

    compiled: Compiled
    ruleset_file: Path
    source: Source
    setting: Setting
    jobs: int = 1
    run_bytes: int = RUN_BYTES
    batch: int = BATCH

    def parts(self, extent: Extent) -> Iterator[Part]:
        """What each batch came to, in order; the first part holds what was refused while reading.

        `extent` is filled before that first part comes. HistoryError where the history cannot be read at all.
        """
        first = Part()
        services = WatchedRows(self.compiled.ruleset)
        rows = _counted(self.source.rows(first.rows, extent), extent, services)
        groups = together(grouped(rows, self.run_bytes), self.compiled.ruleset, self.source, self.run_bytes)
        yield first
        setting = self.setting
        until = extent.end if setting.until is None else setting.until
        setting = Setting(setting.mode, until, setting.compared, services.events(self.source))
        batches = _batches(groups, self.batch)
        begun = list(islice(batches, ONE_CORE))
        if self.jobs == 1 or len(begun) < ONE_CORE:
            player = Player(self.compiled, self.source, setting)
            yield from map(player.play, chain(begun, batches))
        else:
            yield from self._in_processes(chain(begun, batches), setting)

    def _in_processes(self, batches: Iterator[list[Together]], setting: Setting) -> Iterator[Part]:
        """Play in this process too: what the others have no room for it plays itself, rather than wait for them."""
        context = multiprocessing.get_context("spawn")
        begin = (str(self.ruleset_file), self.source, setting)
        player = Player(self.compiled, self.source, setting)
        others = self.jobs - 1
        with ProcessPoolExecutor(others, mp_context=context, initializer=_begin, initargs=begin) as pool:
            coming: deque[Future[Part] | Part] = deque()
            try:
                for batch in batches:
                    busy = sum(isinstance(one, Future) and not one.done() for one in coming)
                    coming.append(pool.submit(_play, batch) if busy < others * AHEAD else player.play(batch))
                    while coming and (_is_there(coming[0]) or len(coming) > self.jobs * HELD):
                        yield _part(coming.popleft())
                yield from map(_part, coming)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


def _counted(rows: Iterator[Row], extent: Extent, services: WatchedRows) -> Iterator[Row]:
    for row in rows:
        extent.rows += 1
        services.keep(row)
        yield row


def _batches(groups: Iterator[Together], size: int) -> Iterator[list[Together]]:
    while batch := list(islice(groups, size)):
        yield batch


def _is_there(one: Future[Part] | Part) -> bool:
    return isinstance(one, Part) or one.done()


def _part(one: Future[Part] | Part) -> Part:
    return one if isinstance(one, Part) else one.result()


def _begin(ruleset_file: str, source: Source, setting: Setting) -> None:
    ruleset, _ = load(Path(ruleset_file))
    if ruleset is None:
        raise RuntimeError(f"{ruleset_file} changed while it was being replayed")
    gc.set_threshold(50_000, 20, 20)  # as in the process that began it
    Player.current = Player(compile_ruleset(ruleset), source, setting)


def _play(batch: list[Together]) -> Part:
    assert Player.current is not None
    return Player.current.play(batch)
