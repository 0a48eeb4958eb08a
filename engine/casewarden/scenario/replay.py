"""A whole history through a ruleset: read, group, run case by case, count; on one core or several, same result.

What services observe is brought to every case. Where the ruleset has quotas, the cases of one customer are played in
one virtual time with its account, which grants what they claim. All else is decided subject by subject.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from casewarden.decide import Compiled, compile_ruleset
from casewarden.model.event import Event
from casewarden.ruleset.diagnostics import Level
from casewarden.ruleset.load import load
from casewarden.scenario.crew import BATCH, Batches, played
from casewarden.scenario.grouping import RUN_BYTES
from casewarden.scenario.history import Extent, Source, SubjectHistory
from casewarden.scenario.linked import LinkedSubjects
from casewarden.scenario.record import decision_line
from casewarden.scenario.rows import RowReport, line_place
from casewarden.scenario.run import Mode, Run
from casewarden.scenario.story import Stories, Telling
from casewarden.scenario.tally import Compared, Counting, Tally
from casewarden.scenario.together import Together


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
        batches = Batches(
            self.source, [self.compiled.ruleset], first.rows, extent, run_bytes=self.run_bytes, size=self.batch
        )
        yield first
        setting = self.setting
        until = extent.end if setting.until is None else setting.until
        setting = Setting(setting.mode, until, setting.compared, *batches.services())
        player = Player(self.compiled, self.source, setting)
        yield from played(player, _player, (self.ruleset_file, self.source, setting), batches, self.jobs)


def _player(ruleset_file: Path, source: Source, setting: Setting) -> Player:
    return Player(loaded(ruleset_file), source, setting)


def loaded(ruleset_file: Path) -> Compiled:
    """The ruleset of a file that was checked before, in another process; RuntimeError where it is not sound now."""
    ruleset, _ = load(ruleset_file)
    if ruleset is None:
        raise RuntimeError(f"{ruleset_file} changed while it was being replayed")
    return compile_ruleset(ruleset)
