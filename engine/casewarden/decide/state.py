"""What the log says at an instant, for one ruleset: facts, occurrences, severity, clock runs, what rules did.

A state is derived from the log alone by taking its events in order and stepping through the instants between them at
which something can change by itself. It only moves forward; a late event means a new state from the start. It is a
cache: `decide` gives the same with and without it.
"""

import bisect
import copy
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from casewarden.decide.clock_terms import ContractTerms
from casewarden.decide.clocks import Run
from casewarden.decide.entries import Occurrence
from casewarden.decide.releases import ReleaseView
from casewarden.decide.trilean import NEVER, Trilean
from casewarden.model.decision import ClockState
from casewarden.model.event import SOURCE_OF_ENGINE, Event, Json
from casewarden.model.instants import parse_instant
from casewarden.ruleset.terms import Bounds, Test, Value
from casewarden.worktime import Calendar

if TYPE_CHECKING:
    from casewarden.decide.compile import Compiled

MICROSECOND = 1


class RuleRecord:
    """What the log says that a rule did on this subject."""

    __slots__ = ("activations", "active", "disabled", "events", "fired", "repetitions", "risen_at", "through")

    def __init__(self) -> None:
        self.active = False
        self.activations = 0
        self.risen_at: int | None = None
        self.repetitions = 0
        self.through = -NEVER
        self.fired: list[int] = []
        self.events: set[str] = set()
        self.disabled = False

    def copy(self) -> "RuleRecord":
        """Return a record of its own."""
        other = copy.copy(self)
        other.fired = list(self.fired)
        other.events = set(self.events)
        return other


class State:
    """The derived state of one subject under one ruleset at `time`."""

    def __init__(self, compiled: "Compiled", log: Sequence[Event] = ()) -> None:
        self.compiled = compiled
        self.watermarks = watermarks_of(log)
        self.log = log
        self._learnt: tuple[Sequence[Event], list[int]] = ((), [])
        self.absence_asked = False
        self.assumes_complete = False
        self.subject = ""
        self.time = -NEVER
        self.consumed = 0
        self.last_event: Event | None = None
        self.external_through = -NEVER
        self.engine_events = 0
        self.active: set[int] = set()
        self.version = 0
        self.pending = NEVER

        self.values: dict[str, Value] = dict(compiled.when_missing)
        self.observed: dict[str, Value | None] = {}
        self.seen: dict[str, int] = {}
        self.stale_at: dict[str, int] = {}
        self.unfit: dict[str, Json] = {}
        self.wants: dict[str, tuple[str, str]] = {}
        self.determined: set[str] = set()
        self.hand: str | None = None
        self.hand_by: str | None = None
        self.table: str | None = None
        self.gap = False
        self.gap_told = False
        self.classified: list[tuple[int, bool]] = []
        self.classified_by: tuple[Value | None, ...] | None = None
        self.severity_history: list[tuple[int, str | None]] = []
        self.plan_history: list[tuple[int, str | None]] = []
        self.contract_history: list[tuple[int, ContractTerms | None]] = []
        self.contract_facts: dict[str, Json] = {}
        self.links: dict[str, dict[str, dict[str, Value]]] = {}
        self.unlinked: dict[tuple[str, str], dict[str, Value]] = {}
        """What is known of tickets that are linked no more, by kind and id."""
        self.link_seen: dict[tuple[str, str, str], int] = {}
        self.releases: list[ReleaseView] = []
        self.reopens: list[tuple[int, str]] = []
        self.claims: list[Event] = []
        self.granted: dict[str, dict[str, Json]] = {}

        self.opened_at = -NEVER
        self.went_live: int | None = None
        self.ended: tuple[int, str] | None = None

        self.occurrences: dict[str, list[Occurrence]] = {}
        self.uncertain: dict[str, list[Occurrence]] = {}  # entries of which an attribute that decides is not known
        self.loose: dict[str, list[Occurrence]] = {}  # of events made of others: with the uncertain entries taken in
        self.cursors: dict[str, list[int]] = {}
        self.unused: dict[str, list[list[Occurrence]]] = {}
        self.last_known: dict[str, Trilean] = {}
        self.true_since: list[int | None] = [None] * compiled.tracks
        self.pauses: dict[str, list[tuple[int, int | None]]] = {}
        self.applies: dict[str, list[tuple[int, str | None]]] = {}
        self.turned: dict[str, tuple[int, int]] = {}
        self.candidates: dict[str, list[tuple[Occurrence, Trilean]]] = {}
        self.settled: dict[str, int] = {}  # how many candidates of a rule, from the first, can bring nothing any more

        self.rules: dict[str, RuleRecord] = {}
        self.known_rules: dict[str, str] = {}
        self.rule_since: dict[str, int] = {}
        self.fresh_since = -NEVER
        self.revision: str | None = None
        self.decided_before = False
        self.posted: dict[str, dict[str, Json]] = {}
        self.corrected: set[str] = set()
        self.planned: dict[str, str] = {}
        self.rejected: set[str] = set()

        self._around: tuple[int, tuple[object, ...]] = (-1, ())
        self._runs: dict[str, tuple[int, tuple[object, ...], tuple[Run, ...]]] = {}

    def look_ahead(self, log: Sequence[Event]) -> None:
        """Go on with a log that has grown: what its sources are complete up to is known from the start."""
        self.log = log
        for source, through in watermarks_of(log[self.consumed :]).items():
            self.watermarks[source] = max(through, self.watermarks.get(source, -NEVER))

    def learnt_at(self) -> list[int]:
        """Return the instants at which something of the log was learnt, in order: then it was decided as well."""
        if self._learnt[0] is not self.log:
            self._learnt = (self.log, sorted({event.seen_at for event in self.log}))
        return self._learnt[1]

    # -- asked by conditions

    def is_absence_known(self, now: int) -> bool:
        """Whether what is not in the log by now is known not to have happened: every source is complete so far."""
        known = self.complete_through >= now
        if not known:
            self.absence_asked = True
        return known

    @property
    def complete_through(self) -> int:
        """The instant up to which absence is known: the least of the sources' watermarks; all of time without any."""
        return NEVER if self.assumes_complete else min(self.watermarks.values(), default=NEVER)

    def own_calendar(self) -> Calendar:
        """Return the calendar that `business` stands for: the contract's, else the plan's, else the default."""
        terms = self.contract_history[-1][1] if self.contract_history else None
        severity = self.values.get("case.severity")
        name = None if terms is None else terms.calendar_at(None if severity is None else str(severity))[0]
        return self.compiled.own_calendar(name, self.values.get("case.plan"), severity)

    def fact(self, path: str, now: int) -> tuple[Value | None, int]:
        """Return the value at a path and the instant at which it turns stale."""
        value = self.values.get(path)
        stale = self.stale_at.get(path)
        if stale is None or value is None:
            return value, NEVER
        return (value, stale) if now < stale else (None, NEVER)

    def is_stale(self, path: str, now: int) -> bool:
        """Whether a value is there but too old to count."""
        return path in self.values and now >= self.stale_at.get(path, NEVER)

    def links_of(self, kind: str) -> list[str]:
        """Return the ids of the linked tickets of a kind, in order."""
        return sorted(self.links.get(kind, ()))

    def link_fact(self, kind: str, ticket: str, name: str, now: int) -> tuple[Value | None, int]:
        """Return the value of a linked ticket's field and the instant at which it turns stale."""
        value = self.links.get(kind, {}).get(ticket, {}).get(name)
        fresh = self.compiled.fresh.get(f"links.{kind}.{name}")
        if value is None or fresh is None:
            return value, NEVER
        stale = fresh.later(self.link_seen[kind, ticket, name], self.own_calendar) + MICROSECOND
        return (value, stale) if now < stale else (None, NEVER)

    def first(self, name: str) -> int | None:
        """Return the instant of the event's first occurrence."""
        found = self.occurrences.get(name)
        return found[0].at if found else None

    def last(self, name: str) -> int | None:
        """Return the instant of the event's last occurrence."""
        found = self.occurrences.get(name)
        return found[-1].at if found else None

    def possible(self, name: str) -> Sequence[Occurrence] | None:
        """Return the event's occurrences with the entries that only may be one or a part of one; None without such."""
        loose = self.loose.get(name)
        if loose is not None:
            return loose
        maybe = self.uncertain.get(name)
        if not maybe:
            return None
        return sorted([*self.occurrences.get(name, ()), *maybe], key=lambda one: one.at)

    def unsure(self, name: str) -> list[Occurrence]:
        """Return the occurrences of the event that only may be some."""
        known = {(one.at, one.key) for one in self.occurrences.get(name, ())}
        return [one for one in self.possible(name) or () if (one.at, one.key) not in known]

    # -- clocks

    def runs(self, name: str) -> tuple[Run, ...]:
        """Return the runs of a clock, oldest first."""
        cached = self._runs.get(name)
        if cached is not None and cached[0] == self.version:
            return cached[2]
        rests_on = self._what_runs_rest_on(name)
        runs = cached[2] if cached is not None and cached[1] == rests_on else self.compiled.derive_runs(self, name)
        self._runs[name] = (self.version, rests_on, runs)
        return runs

    def _what_runs_rest_on(self, name: str) -> tuple[object, ...]:
        """Return a mark that changes whenever something changes from which the clock's runs are derived.

        Histories and occurrences only grow, so their lengths tell; most events touch no clock.
        """
        if self._around[0] != self.version:
            around = (
                len(self.severity_history),
                len(self.plan_history),
                len(self.contract_history),
                len(self.classified),
                len(self.reopens),
                len(self.releases),
                self.compiled.quota_target(self) if self.granted else None,
                self.ended,
                self.complete_through,
            )
            self._around = (self.version, around)
        starts, stops, origins = self.compiled.clock_events[name]
        found = self.occurrences
        pauses = self.pauses.get(name)
        return (
            self._around[1],
            len(found.get(starts, ())),
            len(found.get(stops, ())),
            0 if origins is None else len(found.get(origins, ())),
            pauses[-1] if pauses else None,
            len(self.applies.get(name, ())),
        )

    def newest(self, name: str) -> Run | None:
        """Return the newest run of a clock."""
        runs = self.runs(name)
        return runs[-1] if runs else None

    def pending_due(self, name: str, now: int) -> int | None:
        """Return the due instant while the clock has started, has not stopped and is not paused."""
        run = self.newest(name)
        if run is None:
            return None
        state = run.at(now).state
        open_states = (ClockState.RUNNING, ClockState.MISSED)
        return run.due if state in open_states and run.stopped is None else None

    def clock_started(self, name: str) -> int | None:
        """Return when the newest run started."""
        run = self.newest(name)
        return None if run is None else run.started

    def clock_stopped(self, name: str, now: int) -> int | None:
        """Return when the newest run stopped, if it has by now."""
        run = self.newest(name)
        return run.stopped if run is not None and run.stopped is not None and run.stopped <= now else None

    def clock_word(self, name: str, now: int) -> tuple[str, bool, int]:
        """Return the state of the newest run, whether it is certain, and when it changes by itself."""
        run = self.newest(name)
        if run is None:
            return ClockState.WAITING.value, True, NEVER
        state = run.at(now).state
        missed = state is ClockState.MISSED and run.due is not None
        certain = not (missed and not self.is_absence_known(run.due or now))  # a stop in time may still appear
        change = run.next_change(now)
        return state.value, certain, NEVER if change is None else change

    def clock_share(self, name: str, now: int, bounds: Test) -> tuple[Value | None, int]:
        """Return the share of the newest run's target used up, and when a bound is reached."""
        run = self.newest(name)
        if run is None:
            return None, NEVER
        if run.at(now).state in (ClockState.NOT_APPLICABLE, ClockState.CANCELLED):
            return None, NEVER if (change := run.next_change(now)) is None else change
        share = run.share(now)
        if share is None:
            return None, NEVER
        wake = NEVER
        if isinstance(bounds, Bounds) and run.stopped is None:
            for bound, strict in (
                (bounds.at_least, 0),
                (bounds.less_than, 0),
                (bounds.at_most, 1),
                (bounds.more_than, 1),
            ):
                if bound is None:
                    continue
                instant = run.share_instant(Decimal(bound))
                if instant is not None and instant + strict > now:
                    wake = min(wake, instant + strict)
        return Decimal(share.numerator) / Decimal(share.denominator), wake

    # -- for the round of rules

    def record(self, rule: str) -> RuleRecord:
        """Return what the log says of a rule."""
        found = self.rules.get(rule)
        if found is None:
            found = self.rules[rule] = RuleRecord()
        return found

    def fork(self) -> "State":
        """Return a state of its own that can go on from here without touching this one."""
        other = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, dict):
                setattr(other, name, dict(value))
            elif isinstance(value, list):
                setattr(other, name, list(value))
            elif isinstance(value, set):
                setattr(other, name, set(value))
        other.occurrences = {name: list(found) for name, found in self.occurrences.items()}
        other.uncertain = {name: list(found) for name, found in self.uncertain.items()}
        other.loose = {name: list(found) for name, found in self.loose.items()}
        other.cursors = {name: list(found) for name, found in self.cursors.items()}
        other.unused = {name: [list(part) for part in parts] for name, parts in self.unused.items()}
        other.pauses = {name: list(found) for name, found in self.pauses.items()}
        other.applies = {name: list(found) for name, found in self.applies.items()}
        other.candidates = {name: list(found) for name, found in self.candidates.items()}
        other.unlinked = {named: dict(fields) for named, fields in self.unlinked.items()}
        other.links = {kind: {i: dict(f) for i, f in tickets.items()} for kind, tickets in self.links.items()}
        other.rules = {name: record.copy() for name, record in self.rules.items()}
        return other


def happens(state: State, name: str, at: int) -> None:
    """Keep an occurrence of a derived event."""
    found = state.occurrences.setdefault(name, [])
    found.append(Occurrence(at, f"{name}:{len(found) + 1}", {}))


def continues(state: State, events: Sequence[Event], now: int) -> bool:
    """Whether a state derived earlier from a log is a beginning of this log at this instant."""
    if state.consumed > len(events) or state.time > now:
        return False
    if state.consumed and events[state.consumed - 1] is not state.last_event:
        return False
    if state.consumed == len(events):
        return True
    if state.absence_asked and any(event.kind == "watermark" for event in events[state.consumed :]):
        return False
    following = events[state.consumed]
    return following.at > state.time or (following.at == state.time and is_engine(following))


def watermarks_of(log: Sequence[Event]) -> dict[str, int]:
    """Return up to where each source is known completely, by all that the log says."""
    found: dict[str, int] = {}
    for event in log:
        if event.kind == "watermark":
            source = str(event.data.get("of") or event.source)
            through = event.data.get("through")
            instant = parse_instant(through) if isinstance(through, str) else event.at
            found[source] = max(instant, found.get(source, -NEVER))
    return found


def is_late(state: State, event: Event) -> bool:
    """Whether the event was learnt of after a decision had been taken that it would have been part of."""
    if event.seen_at <= event.at:
        return False
    learnt = state.learnt_at()
    at = bisect.bisect_left(learnt, event.at)
    return at < len(learnt) and learnt[at] < event.seen_at


def is_engine(event: Event) -> bool:
    """Whether the event was written by the engine."""
    return event.source == SOURCE_OF_ENGINE
