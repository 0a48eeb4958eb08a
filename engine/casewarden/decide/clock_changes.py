"""What changes of severity, plan and contract do to a running clock: keep, retarget, restart or segments.

Each of the three has a history of its own as far as the clock is concerned. `keep` leaves it, `segments` appends to it,
`retarget` rewrites it from the start, `restart` begins all three anew at the change. So the modes combine freely.

Readings, where the language leaves room:

- What is first determined (from unknown, or from what stood in under `until_classified`) is no change: it says what
  held from the start, whatever the mode, for all clocks that have not ended before.
- A clock that was missed before a change stays missed: a change touches what is still open, as it makes none missed.
- A new target whose time would be over already is due at the instant of the change. Where `retarget` has a minimum
  remainder, a new target is due no earlier than that much after the change: counted on its own calendar, or on the one
  that `business` stands for after the change, and without the pauses of the run. Of several changes the newest counts.
- What changes while a finished clock is closed counts, if the clock resumes, as changing when it resumes.
- Without plan or severity in force after they were known there is no due time; when they come back unchanged, nothing
  has changed.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from itertools import islice
from typing import Generic, TypeVar

from casewarden.decide.clock_inputs import FOREVER, ClockInputs
from casewarden.decide.clock_terms import SILENT, ClockTerms, ContractTerms, Measure, Numeric, Release, value_at
from casewarden.decide.course import Course, Gap, Leg, leg_of
from casewarden.decide.releases import next_release
from casewarden.ruleset.syntax import OnChange

V = TypeVar("V")


@dataclass(slots=True)
class Settled:
    """How a run counts after all changes."""

    course: Course
    due: int | None
    budget: int | None
    release: str | None = None


def determined(
    history: Sequence[tuple[int, V | None]], started: int, ended: int | None, real_from: int | None = None
) -> Sequence[tuple[int, V | None]]:
    """Return a history as a run that started then must see it: the first determination held from the start.

    What is given before `real_from` only stands in. A determination after the end comes too late.
    """
    if real_from is None or real_from <= started:
        if value_at(history, started, None) is not None:
            return history
        real_from = started
    first = next((at for at, value in history if at > real_from and value is not None), None)
    if value_at(history, real_from, None) is not None:
        first = real_from
    if first is None or (ended is not None and first > ended):
        return history
    return [(min(started, first), value_at(history, first, None)), *(entry for entry in history if entry[0] > first)]


class _Dimension(Generic[V]):
    """Severity, plan or contract as the clock sees it: `effective` values in force from an instant on."""

    __slots__ = ("before", "current", "effective", "given", "last", "mode", "origin")

    def __init__(
        self, mode: OnChange, given: Sequence[tuple[int, V | None]], started: int, origin: int, before: V | None = None
    ) -> None:
        self.mode = mode
        self.given = given
        self.before = before
        self.origin = origin
        self.current = self.last = value_at(given, started, before)
        self.effective: list[tuple[int, V | None]] = [(origin, self.current)]

    def take(self, instant: int) -> OnChange | None:
        """Take in what is given at an instant; return the mode if that is a change."""
        given = value_at(self.given, instant, self.before)
        if given == self.current:
            return None
        self.current = given
        if given is None:
            self.effective.append((instant, None))
            return None
        self.effective = [entry for entry in self.effective if entry[1] is not None]
        if given == self.last:
            return None
        self.last = given
        match self.mode:
            case OnChange.KEEP:
                return None
            case OnChange.RETARGET:
                self.effective = [(self.origin, given)]
            case OnChange.SEGMENTS | OnChange.RESTART:
                self.effective.append((instant, given))
        return self.mode

    def restart(self, instant: int) -> None:
        """Begin anew with what is in force; while that is not known, what was known last waits behind it."""
        self.origin = instant
        if not self.effective:  # it becomes known only after the run has ended
            return
        known = [value for _, value in self.effective if value is not None]
        current = self.effective[-1][1]
        self.effective = [(instant, value) for value in known[-1:]]
        if current is None:
            self.effective.append((instant, None))


class _Follower:
    """One run on its way through the changes under it."""

    def __init__(self, inputs: ClockInputs, terms: ClockTerms, started: int, *, origin: int, ended: int | None) -> None:
        self.inputs = inputs
        self.terms = terms
        self.origin = origin
        around, on = inputs.around, inputs.clock.on_change
        severity = determined(around.severity, started, ended, around.determined_from(started))
        self.severity = _Dimension[str](on.severity, severity, started, origin)
        self.plan = _Dimension[str](on.plan, determined(around.plan, started, ended), started, origin)
        contract: Sequence[tuple[int, ContractTerms | None]] = [
            (at, said and concerning(said, inputs.clock.name)) for at, said in around.contract
        ]
        if value_at(contract, started, SILENT) is None:
            contract = determined(contract, started, ended)
        self.contract = _Dimension[ContractTerms](on.contract, contract, started, origin, SILENT)

    def follow(self, started: int, ended: int | None, gaps: tuple[Gap, ...]) -> Settled:
        """Take in what changes after the start and before the end, until the run is missed."""
        floor: int | None = None
        legs = self._make_legs()
        settled = settle(legs, gaps, floor, self.inputs, self.terms)
        for instant in self._instants(started, ended, gaps):
            missed = missed_at(settled)
            if missed is not None and missed < instant:
                break
            modes = {dimension.take(instant) for dimension in (self.severity, self.plan, self.contract)}
            before, restarts = _meaning(legs), OnChange.RESTART in modes
            if restarts:
                self.origin = instant
                for dimension in (self.severity, self.plan, self.contract):
                    dimension.restart(instant)
            legs = self._make_legs()
            if restarts:
                floor = None
            elif modes & {OnChange.RETARGET, OnChange.SEGMENTS} and _meaning(legs) != before:
                floor = self._floor(instant, legs, gaps) if OnChange.RETARGET in modes else instant
            settled = settle(legs, gaps, floor, self.inputs, self.terms)
        return settled

    def _floor(self, instant: int, legs: tuple[Leg, ...], gaps: tuple[Gap, ...]) -> int:
        """Return before when a new target is not due: the change, or the minimum remainder after it."""
        least = self.inputs.clock.on_change.minimum_remainder
        regime = legs[-1].regime
        measure = None if least is None else self.terms.numeric(self.inputs.clock, least, regime.own_name or None)
        if not isinstance(measure, Numeric):  # none is stated, or its calendar is not known, and no target either
            return instant
        leg = leg_of(instant, replace(regime, measure=measure), instant)
        reached = Course((leg,), gaps).due(self.terms.boundary)
        return FOREVER if reached is None else reached

    def _instants(self, started: int, ended: int | None, gaps: tuple[Gap, ...]) -> Iterator[int]:
        """Yield when something changes, in order; most runs are missed long before the last change."""
        closed = iter([(gap.start, gap.end) for gap in gaps if gap.reason == "reopened" and gap.end is not None])
        start, end = next(closed, (FOREVER, FOREVER))
        last = started
        for given in merge(*(_since(each.given, started) for each in (self.severity, self.plan, self.contract))):
            at = given
            while at >= end:
                start, end = next(closed, (FOREVER, FOREVER))
            while start <= at < end:
                at = end
                start, end = next(closed, (FOREVER, FOREVER))
            if ended is not None and at >= ended:
                return
            if at > last:
                yield at
                last = at

    def _make_legs(self) -> tuple[Leg, ...]:
        starts = {at for at, _ in self.severity.effective} | {at for at, _ in self.plan.effective}
        legs: list[Leg] = []
        for at in sorted(starts | {at for at, _ in self.contract.effective}):
            regime = self.terms.regime(
                self.inputs.clock,
                value_at(self.severity.effective, at, None),
                value_at(self.plan.effective, at, None),
                value_at(self.contract.effective, at, SILENT),
                self.inputs.around.over,
            )
            if not legs or legs[-1].regime != regime:
                legs.append(leg_of(at, regime, self.origin))
        return tuple(legs)


def _since(history: Sequence[tuple[int, V | None]], started: int) -> Iterator[int]:
    """Yield the instants of a history that lie after the start."""
    begin = bisect_right(history, started, key=_instant)
    return (at for at, _ in islice(history, begin, None))


def _instant(entry: tuple[int, object]) -> int:
    return entry[0]


def concerning(said: ContractTerms, clock: str) -> ContractTerms:
    """Return what of a contract concerns a clock: a change in the rest is none."""
    return ContractTerms(said.calendar, said.commitment, {clock: said.targets[clock]} if clock in said.targets else {})


def _meaning(legs: tuple[Leg, ...]) -> list[tuple[int, Measure]]:
    """What counts from when on: legs under another severity or plan, but with the same target, are one."""
    found: list[tuple[int, Measure]] = []
    for leg in legs:
        if not found or found[-1][1] != leg.regime.measure:
            found.append((leg.start, leg.regime.measure))
    return found


def settle(
    legs: tuple[Leg, ...], gaps: tuple[Gap, ...], floor: int | None, inputs: ClockInputs, terms: ClockTerms
) -> Settled:
    """Return how these legs count, due no earlier than `floor`."""
    if isinstance(legs[-1].regime.measure, Release):
        return _settle_release(legs, gaps, floor, inputs)
    course = Course(legs, gaps)
    due = course.due(terms.boundary)
    if due is not None and floor == FOREVER:
        return Settled(course, None, None)  # what must be left at least cannot be counted while a pause lasts
    if due is not None and floor is not None and due < floor:
        budget = course.counted(floor)
        legs = tuple(Leg(x.start, x.regime, x.calendar, None if x.budget is None else budget) for x in legs)
        return Settled(Course(legs, gaps), floor, budget)
    if course.is_uniform:
        return Settled(course, due, legs[0].budget)
    return Settled(course, due, None if due is None else course.counted(due))


def _settle_release(legs: tuple[Leg, ...], gaps: tuple[Gap, ...], floor: int | None, inputs: ClockInputs) -> Settled:
    """A release comes when it comes: pauses do not move it, and its share is of the plain time up to it."""
    origin = legs[0].start
    release = next_release(inputs.around.releases, origin, inputs.clock.next_release)
    if release is None:
        return Settled(Course(legs, gaps), None, None)
    due = max(release[1], floor or release[1])
    if due == FOREVER:
        return Settled(Course(legs, gaps), None, None, release[0])
    return Settled(Course((Leg(origin, legs[-1].regime, None, due - origin, due),)), due, due - origin, release[0])


def missed_at(settled: Settled) -> int | None:
    """Return the instant from which a running clock is missed: one counted microsecond after due."""
    return None if settled.due is None else settled.course.onward(settled.due, 1)


def follow(
    inputs: ClockInputs, terms: ClockTerms, started: int, *, origin: int, ended: int | None, gaps: tuple[Gap, ...]
) -> Settled:
    """Return how a run counts that started at `started`, counts from `origin` and ended at `ended`."""
    return _Follower(inputs, terms, started, origin=origin, ended=ended).follow(started, ended, gaps)
