"""A history decided by two versions of a ruleset, with the same `decide`: what comes otherwise, counted and shown."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Final

from casewarden.decide import Compiled
from casewarden.decide.explain import (
    CaseExplained,
    ClockExplained,
    RuleExplained,
    explain_case,
    explain_clock,
    explain_rule,
)
from casewarden.model.decision import ClockState
from casewarden.model.event import Event
from casewarden.ruleset.diagnostics import Level
from casewarden.scenario.crew import BATCH, Batches, played
from casewarden.scenario.grouping import RUN_BYTES
from casewarden.scenario.history import Extent, Source
from casewarden.scenario.linked import LinkedSubjects
from casewarden.scenario.onward import Standing
from casewarden.scenario.outcome import CaseOutcome, Difference, differences
from casewarden.scenario.replay import loaded
from casewarden.scenario.rows import RowReport, line_place
from casewarden.scenario.run import Mode
from casewarden.scenario.together import Together
from casewarden.worktime.zones import Zone, zone

SAMPLES: Final = 10
_AHEAD: Final = 30 * 86_400_000_000  # how far explanations of rules look ahead
BASE, HEAD, BOTH, MOVED = "base", "head", "both", "moved"


@dataclass(frozen=True, slots=True)
class Version:
    """One of the two: the ruleset with its file, and what was observed of the services that it watches."""

    compiled: Compiled
    file: Path
    services: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Sampled:
    """A case that comes otherwise, with the logs of all that was decided with it, to explain it by.

    `at` is the instant of the last decision on it, in either version.
    """

    subject: str
    at: int
    differences: tuple[Difference, ...]
    logs: Mapping[str, tuple[Event, ...]]

    @property
    def rank(self) -> tuple[int, int, str]:
        """The most telling first: by what matters most, by how much of it there is, then by name."""
        most = max(one.weight for one in self.differences)
        return (-most, -sum(one.weight is most for one in self.differences), self.subject)


@dataclass(slots=True)
class Comparison:
    """What came otherwise; comparisons add up.

    - `firings`: (rule, where), firings in both at the same instant, in both at another, or in one of them only
    - `actions`: (rule, action in words, where), likewise
    - `clocks`: (clock, state at the end under the base, under the head), runs
    - `due_moved`: clock, runs whose due instant is another one
    - `credits`: (credit, where), days; `severities`: (severity at the end under the base, under the head), cases
    """

    cases: int = 0
    changed: int = 0
    decisions: int = 0
    broken_off: int = 0
    firings: Counter[tuple[str, str]] = field(default_factory=Counter)
    actions: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    clocks: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    due_moved: Counter[str] = field(default_factory=Counter)
    credits: Counter[tuple[str, str]] = field(default_factory=Counter)
    severities: Counter[tuple[str, str]] = field(default_factory=Counter)
    rows: RowReport = field(default_factory=RowReport)
    samples: list[Sampled] = field(default_factory=list)

    def merge(self, other: "Comparison") -> None:
        """Add one that comes after this one; of the samples the most telling stay."""
        for part in fields(self):
            mine, theirs = getattr(self, part.name), getattr(other, part.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            elif isinstance(mine, int):
                setattr(self, part.name, mine + theirs)
        self.rows.merge(other.rows)
        self.samples = sorted([*self.samples, *other.samples], key=lambda one: one.rank)[:SAMPLES]

    def breaches(self, clock: str) -> tuple[int, int, int]:
        """Runs of a clock that were missed under the base only, under both, under the head only."""
        missed = ClockState.MISSED.value
        counts = [0, 0, 0]
        for (name, before, after), number in self.clocks.items():
            if name == clock and missed in (before, after):
                counts[1 if before == after else 0 if before == missed else 2] += number
        return counts[0], counts[1], counts[2]


class Comparer:
    """Decides batches of subjects by both versions; one in each process."""

    def __init__(self, base: Version, head: Version, source: Source, mode: Mode, until: int | None) -> None:
        self._base = base
        self._head = head
        self._source = source
        self._mode = mode
        self._until = until
        ruleset = head.compiled.ruleset
        self._zone: Zone = zone(ruleset.calendars[ruleset.defaults.calendar].spec.zone)

    def play(self, batch: list[Together]) -> Comparison:
        """Compare the subjects of one batch."""
        found = Comparison()
        for groups in batch:
            histories = [self._source.read(group, found.rows) for group in groups]
            logs = {history.subject: tuple(history.events) for history in histories if history.events}
            starts = {group.subject: group.rows[0][0] for group in groups}
            if logs:
                self._compare(logs, starts, found)
        found.samples = sorted(found.samples, key=lambda one: one.rank)[:SAMPLES]
        return found

    def _compare(self, logs: Mapping[str, tuple[Event, ...]], starts: Mapping[str, int], found: Comparison) -> None:
        before, after = (self._outcomes(version, logs, starts, found) for version in (self._base, self._head))
        for subject in dict.fromkeys((*before, *after)):
            one, other = before.get(subject, CaseOutcome()), after.get(subject, CaseOutcome())
            found.cases += subject.startswith("case:")
            _count(one, other, found)
            told = tuple(differences(one, other, self._zone))
            if told and subject in logs:  # an account that is only claimed from has no log of its own
                found.changed += subject.startswith("case:")
                at = max(version.last.at for version in (one, other) if version.last is not None)
                found.samples.append(Sampled(subject, at, told, logs))

    def _outcomes(
        self, version: Version, logs: Mapping[str, tuple[Event, ...]], starts: Mapping[str, int], found: Comparison
    ) -> dict[str, CaseOutcome]:
        linked = LinkedSubjects(version.compiled, logs, self._mode, services=version.services)
        outcomes: dict[str, CaseOutcome] = {}
        for decided in linked.decisions(self._until):
            found.decisions += 1
            outcomes.setdefault(decided.subject, CaseOutcome()).take(decided.decision)
        for subject, problem in linked.broken_off.items():
            found.broken_off += 1
            place = line_place(self._source.name, starts.get(subject, min(starts.values())))
            message = f"{version.compiled.ruleset.files[0]}: {problem}"
            found.rows.problem(Level.ERROR, "CW815", place, message, problem.fix)
        return outcomes


@dataclass(frozen=True, slots=True)
class Backtest:
    """A comparison that is ready to go; `until` is the last instant decided, None: the end of the history."""

    base: Version
    head: Version
    source: Source
    mode: Mode = Mode.KNOWN
    until: int | None = None
    jobs: int = 1
    run_bytes: int = RUN_BYTES
    batch: int = BATCH

    def parts(self, extent: Extent) -> "Iterator[tuple[Comparison, Backtest]]":
        """What each batch came to, in order, with the comparison as it was made; the first holds what was refused.

        `extent` is filled before that first part comes. HistoryError where the history cannot be read at all.
        """
        first = Comparison()
        rulesets = [self.base.compiled.ruleset, self.head.compiled.ruleset]
        batches = Batches(self.source, rulesets, first.rows, extent, run_bytes=self.run_bytes, size=self.batch)
        base, head = (
            replace(version, services=services)
            for version, services in zip((self.base, self.head), batches.services(), strict=True)
        )
        whole = replace(self, base=base, head=head, until=extent.end if self.until is None else self.until)
        yield first, whole
        order = (base.file, base.services, head.file, head.services, self.source, self.mode, whole.until)
        comparer = Comparer(base, head, self.source, self.mode, whole.until)
        for part in played(comparer, _comparer, order, batches, self.jobs):
            yield part, whole


def explained(sample: Sampled, version: Version, mode: Mode) -> CaseExplained | RuleExplained | ClockExplained | None:
    """Why the sample came out so in one version: the clock or rule that differs most, else the whole case.

    None where the version has no such clock or rule.
    """
    ruleset = version.compiled.ruleset
    others = {subject: log for subject, log in sample.logs.items() if subject != sample.subject}
    standing = Standing(
        version.compiled, sample.logs[sample.subject], sample.at, mode, others=others, services=version.services
    )
    element = next((one.element for one in sample.differences if one.element is not None), None)
    if element is None:
        return explain_case(
            version.compiled, standing.subject, standing.decisions, sample.at, standing.onward, sample.at
        )
    clock = ruleset.credits[element].clock if element in ruleset.credits else element
    if clock in ruleset.clocks:
        return explain_clock(version.compiled, standing.subject, sample.at, ruleset.clocks[clock])
    if element in ruleset.rules:
        rule = ruleset.rules[element]
        return explain_rule(version.compiled, standing.subject, sample.at, rule, standing.onward, sample.at + _AHEAD)
    return None


def _comparer(
    base: Path,
    base_services: tuple[Event, ...],
    head: Path,
    head_services: tuple[Event, ...],
    source: Source,
    mode: Mode,
    until: int | None,
) -> Comparer:
    return Comparer(
        Version(loaded(base), base, base_services), Version(loaded(head), head, head_services), source, mode, until
    )


def _count(before: CaseOutcome, after: CaseOutcome, found: Comparison) -> None:
    """Add one subject's outcomes to the counts."""
    mine, theirs = _by_rule(before), _by_rule(after)
    for rule in mine.keys() | theirs.keys():
        for where, number in _overlap(mine.get(rule, []), theirs.get(rule, [])):
            found.firings[rule, where] += number
    done, other_done = before.done, after.done
    for key in done.keys() | other_done.keys():
        for where, number in _overlap(done.get(key, []), other_done.get(key, [])):
            found.actions[(*key, where)] += number
    clocks, other_clocks = before.clocks, after.clocks
    for run in clocks.keys() | other_clocks.keys():
        state, other = (one[run].state.value if run in one else "-" for one in (clocks, other_clocks))
        found.clocks[run[0], state, other] += 1
        found.due_moved[run[0]] += before.due.get(run) != after.due.get(run)
    for where, outcome in ((BASE, before), (HEAD, after)):
        for name, days in outcome.credit_days.items():
            found.credits[name, where] += days
    if before.last is not None and after.last is not None:
        found.severities[before.last.severity or "-", after.last.severity or "-"] += 1


def _by_rule(outcome: CaseOutcome) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for rule, at in outcome.firings:
        found.setdefault(rule, []).append(at)
    return found


def _overlap(before: list[int], after: list[int]) -> list[tuple[str, int]]:
    """How many instants are in both, in both but moved, in the first only, in the second only."""
    both = (Counter(before) & Counter(after)).total()
    only, other = len(before) - both, len(after) - both
    moved = min(only, other)
    counts = ((BOTH, both), (MOVED, moved), (BASE, only - moved), (HEAD, other - moved))
    return [(where, number) for where, number in counts if number]
