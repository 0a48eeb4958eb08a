"""What changes of severity, plan and contract do to a running clock: keep, retarget, restart or segments.

Each of the three has a history of its own as far as the clock is concerned. `keep` leaves it, `segments` appends to it,
`retarget` rewrites it from the start, `restart` begins all three anew at the change. So the modes combine freely.

Readings, where the language leaves room:

- What is first determined (from unknown, or from what stood in under `until_classified`) is no change: it says what
  held from the start, whatever the mode.
- A clock that was missed before a change stays missed: a change touches what is still open, as it makes none missed.
- A new target whose time would be over already is due at the instant of the change.
- What changes while a finished clock is closed counts, if the clock resumes, as changing when it resumes.
- Without plan or severity in force after they were known there is no due time; when they come back unchanged, nothing
  has changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from casewarden.decide.clock_inputs import ClockInputs
from casewarden.decide.clock_terms import SILENT, ClockTerms, ContractTerms, Measure, Release, value_at
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


class _Dimension(Generic[V]):
    """Severity, plan or contract as the clock sees it: `effective` values in force from an instant on.

    What is given before `real_from` only stands in. `floor` is the instant of the last change: none is due before it.
    """

    __slots__ = ("current", "effective", "floor", "given", "last", "mode", "origin", "real_from")

    def __init__(
        self,
        mode: OnChange,
        given: Sequence[tuple[int, V | None]],
        origin: int,
        current: V | None,
        real_from: int | None = None,
    ) -> None:
        self.mode = mode
        self.given = given
        self.origin = origin
        self.current = self.last = current
        self.real_from = real_from
        self.floor: int | None = None
        self.effective: list[tuple[int, V | None]] = [(origin, current)]

    def take(self, instant: int, given: V | None, *, changes: bool) -> OnChange | None:
        """Take in what is given from an instant on; return the mode if that is a change.

        Without `changes` only a first determination is taken in.
        """
        first = given is not None and (self.last is None or (self.real_from is not None and self.real_from <= instant))
        if first:
            self.real_from = self.floor = None
            self.current = self.last = given
            self.effective = [(self.origin, given)]
            return None
        if given == self.current or not changes:
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
        known = [value for _, value in self.effective if value is not None]
        self.origin = instant
        self.floor = None
        current = self.effective[-1][1]
        self.effective = [(instant, value) for value in known[-1:]]
        if current is None:
            self.effective.append((instant, None))


class _Follower:
    """One run on its way through the changes under it."""

    def __init__(
        self, inputs: ClockInputs, terms: ClockTerms, started: int, origin: int, gaps: tuple[Gap, ...]
    ) -> None:
        self.inputs = inputs
        self.terms = terms
        self.gaps = gaps
        self.origin = origin
        around, on = inputs.around, inputs.clock.on_change
        contract = [(at, self._concerning(said)) for at, said in around.contract]
        real_from = around.classified_at if (around.classified_at or started) > started else None
        severity, plan = value_at(around.severity, started, None), value_at(around.plan, started, None)
        self.severity = _Dimension[str](on.severity, around.severity, origin, severity, real_from)
        self.plan = _Dimension[str](on.plan, around.plan, origin, plan)
        self.contract = _Dimension[ContractTerms](on.contract, contract, origin, value_at(contract, started, SILENT))
        self.legs = self._make_legs()
        self.settled = settle(self.legs, gaps, None, inputs, terms)

    def _concerning(self, said: ContractTerms | None) -> ContractTerms | None:
        """What of a contract concerns this clock: a change in the rest is none."""
        if said is None:
            return None
        name = self.inputs.clock.name
        return ContractTerms(said.calendar, said.commitment, {name: said.targets[name]} if name in said.targets else {})

    def follow(self, started: int, ended: int | None) -> None:
        """Take in what changes after the start and before the end; a first determination counts at the end too."""
        for instant in self._instants(started, ended):
            missed = missed_at(self.settled)
            self._take(instant, changes=instant != ended and (missed is None or missed >= instant))

    def _instants(self, started: int, ended: int | None) -> list[int]:
        found = {at for at, _ in self.severity.given} | {at for at, _ in self.plan.given}
        found |= {at for at, _ in self.contract.given}
        if self.inputs.around.classified_at is not None:
            found.add(self.inputs.around.classified_at)
        taken = set()
        for at in found:
            if at > started:
                resumed = [g.end for g in self.gaps if g.reason == "reopened" and g.start < at and g.end and at < g.end]
                taken.add(resumed[0] if resumed else at)
        return sorted(at for at in taken if ended is None or at <= ended)

    def _take(self, instant: int, *, changes: bool) -> None:
        severity = value_at(self.severity.given, instant, None)
        plan = value_at(self.plan.given, instant, None)
        contract = value_at(self.contract.given, instant, SILENT)
        modes = (
            (self.severity, self.severity.take(instant, severity, changes=changes)),
            (self.plan, self.plan.take(instant, plan, changes=changes)),
            (self.contract, self.contract.take(instant, contract, changes=changes)),
        )
        if any(mode is OnChange.RESTART for _, mode in modes):
            self.origin = instant
            for dimension, _ in modes:
                dimension.restart(instant)
        legs = self._make_legs()
        if _meaning(legs) != _meaning(self.legs):
            for dimension, mode in modes:
                if mode in (OnChange.RETARGET, OnChange.SEGMENTS):
                    dimension.floor = instant
        elif legs == self.legs:
            return
        self.legs = legs
        self.settled = settle(legs, self.gaps, self._floor(), self.inputs, self.terms)

    def _floor(self) -> int | None:
        return max((d.floor for d in (self.severity, self.plan, self.contract) if d.floor is not None), default=None)

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
    if due is not None and floor is not None and due < floor:
        budget = course.counted(floor)
        legs = tuple(Leg(x.start, x.regime, x.calendar, None if x.budget is None else budget) for x in legs)
        return Settled(Course(legs, gaps), floor, budget)
    if len(legs) == 1:
        return Settled(course, due, legs[0].budget)
    return Settled(course, due, None if due is None else course.counted(due))


def _settle_release(legs: tuple[Leg, ...], gaps: tuple[Gap, ...], floor: int | None, inputs: ClockInputs) -> Settled:
    """A release comes when it comes: pauses do not move it, and its share is of the plain time up to it."""
    origin = legs[0].start
    release = next_release(inputs.around.releases, origin, inputs.clock.next_release)
    if release is None:
        return Settled(Course(legs, gaps), None, None)
    due = max(release[1], floor or release[1])
    return Settled(Course((Leg(origin, legs[-1].regime, None, due - origin, due),)), due, due - origin, release[0])


def missed_at(settled: Settled) -> int | None:
    """Return the instant from which a running clock is missed: one counted microsecond after due."""
    return None if settled.due is None else settled.course.onward(settled.due, 1)


def follow(
    inputs: ClockInputs, terms: ClockTerms, started: int, *, origin: int, ended: int | None, gaps: tuple[Gap, ...]
) -> Settled:
    """Return how a run counts that started at `started`, counts from `origin` and ended at `ended`."""
    follower = _Follower(inputs, terms, started, origin, gaps)
    follower.follow(started, ended)
    return follower.settled
