"""What a report shows of a single case: its open hours, clocks with pauses and deadlines, events and actions in time.

Of many cases only the most telling are kept: a few of each sort, chosen the same way in every run.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from casewarden.model.decision import ClockInstance, ClockState, Decision
from casewarden.model.event import ENGINE_KINDS, Event
from casewarden.ruleset.syntax import Ruleset
from casewarden.scenario.hours import calendar_name, spans
from casewarden.scenario.run import Run
from casewarden.worktime import Calendar

KEPT_PER_SORT: Final = 2
_MINUTE: Final = 60_000_000
_DAY: Final = 86_400_000_000
_MOST_INTERVALS: Final = 400
_SPOTS: Final = 30


class Sort(StrEnum):
    """Why a case is worth a look."""

    MISSED = "missed a deadline"
    PAUSED = "paused while it waited"
    REOPENED = "reopened"
    CREDITED = "earned a credit"
    CHANGED = "changed its severity"
    ACTED = "rules acted"
    MET = "met every deadline"


@dataclass(frozen=True, slots=True)
class Stay:
    """A stretch of time `[start, end)` that a clock spent in one state."""

    start: int
    end: int
    state: ClockState


@dataclass(frozen=True, slots=True)
class ClockLine:
    """One run of a clock as it is drawn: the stays in its states, and its last word."""

    run: ClockInstance
    stays: tuple[Stay, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at an instant: an event or a rule's action; `what` is its word, `detail` the rest."""

    at: int
    what: str
    detail: str
    by_rule: bool


@dataclass(frozen=True, slots=True)
class Story:
    """One case from its opening to the end of what is drawn. `open_hours` are those of its plan's calendar."""

    subject: str
    sort: Sort
    score: float
    begin: int
    end: int
    calendar: str
    zone: str
    open_hours: tuple[tuple[int, int], ...]
    clocks: tuple[ClockLine, ...]
    marks: tuple[Mark, ...]
    severity: tuple[tuple[int, str], ...]
    ledger: tuple[str, ...] = ()


@dataclass(slots=True)
class Stories:
    """The most telling cases seen so far; `merge` keeps the best of both."""

    kept: dict[Sort, list[Story]] = field(default_factory=dict)

    def offer(self, story: Story) -> None:
        """Keep a story if it is among the best of its sort."""
        shelf = self.kept.setdefault(story.sort, [])
        shelf.append(story)
        shelf.sort(key=lambda one: (-one.score, one.subject))
        del shelf[KEPT_PER_SORT:]

    def merge(self, other: "Stories") -> None:
        """Take the other's stories in."""
        for shelf in other.kept.values():
            for story in shelf:
                self.offer(story)

    def chosen(self) -> list[Story]:
        """The stories by sort, each case once."""
        seen: set[str] = set()
        result: list[Story] = []
        for sort in Sort:
            for story in self.kept.get(sort, ()):
                if story.subject not in seen:
                    seen.add(story.subject)
                    result.append(story)
        return result


class Telling:
    """Tells runs as stories, as far as they are worth it."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._ruleset = ruleset
        self._best: dict[Sort, list[float]] = {}

    def tell(self, run: Run, stories: Stories) -> None:
        """Offer the run as the sort of story it is, if it is one; a run of a service or an account is none."""
        last = run.last
        if last is None or run.subject.kind != "case" or not any(clock.started for clock in last.clocks):
            return
        score = _score(run)
        for sort in _sorts(run, last):
            shelf = stories.kept.get(sort, ())
            if self._is_among_best(sort, score) and (len(shelf) < KEPT_PER_SORT or score > shelf[-1].score):
                stories.offer(self._story(run, last, sort, score))

    def _is_among_best(self, sort: Sort, score: float) -> bool:
        """Whether the score is not below as many as are kept, of all told before; so it may stand in the end."""
        best = self._best.setdefault(sort, [])
        if len(best) == KEPT_PER_SORT and score < best[-1]:
            return False
        best.append(score)
        best.sort(reverse=True)
        del best[KEPT_PER_SORT:]
        return True

    def _story(self, run: Run, last: Decision, sort: Sort, score: float) -> Story:
        marks = tuple(_marks(run))
        begin = min(event.at for event in run.subject.events if event.kind not in ENGINE_KINDS)
        end = max([begin, *(mark.at for mark in marks)])
        for clock in last.clocks:
            if clock.due is not None and clock.due < end + 5 * _DAY:
                end = max(end, clock.due)
        margin = max((end - begin) // 40, 600_000_000)
        begin, end = (begin - margin) // _MINUTE * _MINUTE, end + margin
        name = calendar_name(self._ruleset, last)
        calendar = Calendar.of(self._ruleset.calendars[name].spec)
        hours: list[tuple[int, int]] = []
        for interval in calendar.intervals(begin, end):
            hours.append(interval)
            if len(hours) > _MOST_INTERVALS:
                hours = []
                break
        return Story(
            subject=run.subject.id,
            sort=sort,
            score=score,
            begin=begin,
            end=end,
            calendar=name,
            zone=calendar.spec.zone,
            open_hours=tuple(hours),
            clocks=tuple(_lines(run, last, end)),
            marks=marks,
            severity=tuple(_severities(run)),
            ledger=tuple(sorted({f"{e.name}: {e.arithmetic}" for e in last.ledger if e.arithmetic})),
        )


def _sorts(run: Run, last: Decision) -> Iterator[Sort]:
    states = [clock.state for clock in last.clocks if clock.started is not None]
    if any(clock.state is ClockState.MISSED and clock.budget for clock in last.clocks):
        yield Sort.MISSED
    elif ClockState.MET in states and all(state is ClockState.MET for state in states):
        yield Sort.MET
    if any(clock.state is ClockState.PAUSED for decision in run.decisions for clock in decision.clocks):
        yield Sort.PAUSED
    if any(event.kind == "reopened" for event in run.subject.events):
        yield Sort.REOPENED
    if any(entry.state == "posted" for decision in run.decisions for entry in decision.ledger):
        yield Sort.CREDITED
    if len(list(_severities(run))) > 1:
        yield Sort.CHANGED
    if any(decision.actions for decision in run.decisions):
        yield Sort.ACTED


def _score(run: Run) -> float:
    """How readable a drawing of the run would be: several kinds of things, spread over a span that is not too long."""
    marks = list(_marks(run))
    if not marks:
        return 0
    span = max(marks[-1].at - marks[0].at, 1)
    instants = {mark.at for mark in marks}
    spots = len({(at - marks[0].at) * _SPOTS // span for at in instants})
    crowded = len(instants) - spots
    kinds = len({mark.what for mark in marks})
    too_long = max(0.0, span / _DAY - 14)
    return round(2 * min(spots, 9) + kinds - crowded - too_long, 6)


def _marks(run: Run) -> Iterator[Mark]:
    """Events and actions in the order of time."""
    found: list[Mark] = []
    for event in run.subject.events:
        mark = _mark_of(event)
        if mark is not None:
            found.append(mark)
    planned: set[str] = set()
    for decision in run.decisions:
        for action in decision.actions:
            if action.key not in planned:
                planned.add(action.key)
                at = decision.at if action.deliver_at is None else action.deliver_at
                found.append(Mark(at, action.kind, action.rule, by_rule=True))
    found.sort(key=lambda mark: (mark.at, mark.by_rule))
    yield from found


def _mark_of(event: Event) -> Mark | None:
    match event.kind:
        case "message" | "call":
            public = "" if event.data.get("public") is not False else " (internal)"
            return Mark(event.at, f"{event.kind} by {event.by}{public}", ", ".join(event.who), by_rule=False)
        case "observed":
            facts = event.data.get("facts")
            said = (
                ", ".join(f"{path} {_word(value)}" for path, value in facts.items()) if isinstance(facts, dict) else ""
            )
            return Mark(event.at, "observed", said, by_rule=False)
        case "opened" | "resolved" | "closed" | "reopened" | "plan" | "linked" | "unlinked" | "release":
            return Mark(event.at, event.kind, event.by, by_rule=False)
        case _:
            return None


def _word(value: object) -> str:
    match value:
        case None:
            return "emptied"
        case bool():
            return "yes" if value else "no"
        case list():
            return " ".join(str(item) for item in value)
        case _:
            return str(value)


def _severities(run: Run) -> Iterator[tuple[int, str]]:
    """The severity in force from each instant at which it changed."""
    before: str | None = None
    for decision in run.decisions:
        if decision.severity is not None and decision.severity != before:
            before = decision.severity
            yield decision.at, before


def _lines(run: Run, last: Decision, end: int) -> Iterator[ClockLine]:
    """The stays of each clock run, from decision to decision."""
    known: dict[tuple[str, int], list[Stay]] = {(clock.clock, clock.number): [] for clock in last.clocks}
    for decision, until in spans(run, end):
        for clock in decision.clocks:
            stays = known.get((clock.clock, clock.number))
            if stays is None or clock.started is None:
                continue
            start = clock.started if not stays else decision.at
            stop = until if clock.stopped is None else min(until, clock.stopped)
            if stop > start and clock.state is not ClockState.NOT_APPLICABLE:
                _extend(stays, Stay(start, stop, _shown_state(clock)))
    for clock in last.clocks:
        stays = known[(clock.clock, clock.number)]
        if clock.started is not None:
            yield ClockLine(clock, tuple(stays))


def _shown_state(clock: ClockInstance) -> ClockState:
    """A stopped clock's bar ran until the stop; a missed one is late from its due instant on."""
    return ClockState.RUNNING if clock.state is ClockState.MET else clock.state


def _extend(stays: list[Stay], stay: Stay) -> None:
    if stays and stays[-1].state is stay.state and stays[-1].end >= stay.start:
        stays[-1] = Stay(stays[-1].start, stay.end, stay.state)
    else:
        stays.append(stay)
