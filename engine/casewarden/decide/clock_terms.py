"""What a ruleset promises for a severity, a plan and a contract: targets ready to count, resolved once and kept.

A target is *numeric* when it is a number of units on a calendar or of plain time; the others are words.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from casewarden.ruleset.syntax import Clock, Commitment, Plan, Ruleset
from casewarden.ruleset.terms import (
    BUSINESS,
    ELAPSED,
    Duration,
    NextRelease,
    NoClock,
    NoDueTime,
    PerContract,
    Target,
    Unit,
    Within,
)
from casewarden.worktime import (
    Boundary,
    Calendar,
    DayRule,
    NoOpenTime,
    Pause,
    add_elapsed_days,
    plain_add,
    plain_elapsed,
)

T = TypeVar("T")
MICROSECONDS = {Unit.MINUTES: 60_000_000, Unit.HOURS: 3_600_000_000}
DAYS = {Unit.DAYS: 1, Unit.WEEKS: 7}


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """What a contract says for itself; it beats the plan. Its calendar and its targets may differ by severity."""

    calendar: str | Mapping[str, str] | None = None
    commitment: Commitment | None = None
    targets: Mapping[str, Target | Mapping[str, Target]] = field(default_factory=dict)

    @property
    def is_silent(self) -> bool:
        """Whether it says nothing of its own."""
        return self.calendar is None and self.commitment is None and not self.targets

    def calendar_at(self, severity: str | None) -> tuple[str | None, bool]:
        """Return the contract's calendar, and whether it waits for the severity to be known."""
        if isinstance(self.calendar, Mapping):
            return self.calendar.get(severity or ""), severity is None
        return self.calendar, False

    def target(self, clock: str, severity: str | None) -> tuple[Target | None, bool]:
        """Return the contract's target of a clock, and whether it waits for the severity to be known."""
        said = self.targets.get(clock)
        if isinstance(said, Mapping):
            return said.get(severity or ""), severity is None
        return said, False


SILENT = ContractTerms()


@dataclass(frozen=True, slots=True)
class Numeric:
    """`amount` microseconds, or `days` days, counted on `calendar` (None: plain time, its days in `zone`)."""

    words: str
    calendar: Calendar | None
    calendar_name: str
    amount: int
    days: int
    rule: DayRule
    boundary: Boundary
    zone: str

    def unpaused(self, start: int) -> int | None:
        """Return the instant at which an unpaused count from `start` is due; None where there is no such time."""
        try:
            if self.days:
                # the first day may be the start's own, already over: due at once, never before the start
                return max(start, self.day(start, self.days))
            if self.calendar is None:
                return start + self.amount
            return self.calendar.add_us(start, self.amount, self.boundary)
        except NoOpenTime:
            return None

    def day(self, start: int, days: int) -> int:
        """Return `start` plus whole days as this target counts them; NoOpenTime where there are not so many."""
        if self.calendar is None:
            return add_elapsed_days(self.zone, start, days)
        return self.calendar.add_days(start, days, self.rule, self.boundary)


@dataclass(frozen=True, slots=True)
class Release:
    """Due with the next release."""

    words: str = "next_release"


@dataclass(frozen=True, slots=True)
class OpenEnded:
    """Runs without a due time, for a reason."""

    words: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Inapplicable:
    """Does not apply: `none` or `not_covered`."""

    words: str


Measure = Numeric | Release | OpenEnded | Inapplicable


@dataclass(frozen=True, slots=True)
class Regime:
    """What holds for one clock under one severity, plan and contract.

    `own` is the calendar that `business` stands for, None while that is not known.
    """

    severity: str | None
    measure: Measure
    own: Calendar | None
    own_name: str
    commitment: str | None


def count(calendar: Calendar | None, start: int, end: int, pauses: Sequence[Pause] = ()) -> int:
    """Return the open microseconds in `[start, end)`, or the plain ones without a calendar; never negative."""
    if end <= start:
        return 0
    return plain_elapsed(start, end, pauses) if calendar is None else calendar.elapsed_us(start, end, pauses)


def forward(
    calendar: Calendar | None,
    start: int,
    amount: int,
    boundary: Boundary = Boundary.CLOSING,
    pauses: Sequence[Pause] = (),
) -> int | None:
    """Return the instant at which `amount` has been counted since `start`; None where it never is, as far as known."""
    try:
        if calendar is None:
            return plain_add(start, amount, pauses)
        return calendar.add_us(start, amount, boundary, pauses)
    except NoOpenTime:
        return None


class ClockTerms:
    """The calendars, plans and defaults of one ruleset, as clocks need them. Made once, shared by all cases."""

    __slots__ = ("_regimes", "boundary", "calendars", "days", "default", "default_name", "plans", "revision", "zone")

    def __init__(self, ruleset: Ruleset) -> None:
        self.calendars = {name: Calendar.of(decl.spec) for name, decl in ruleset.calendars.items()}
        self.default_name = ruleset.defaults.calendar
        self.default = self.calendars[self.default_name]
        self.zone = ruleset.calendars[self.default_name].spec.zone
        self.boundary = ruleset.defaults.boundary
        self.days = ruleset.defaults.days
        self.plans: Mapping[str, Plan] = ruleset.plans
        self.revision = f"{ruleset.name} from {ruleset.revision.from_date.isoformat()}"
        self._regimes: dict[object, Regime] = {}

    def regime(
        self,
        clock: Clock,
        severity: str | None,
        plan: str | None,
        contract: ContractTerms | None = None,
        over: Target | None = None,
    ) -> Regime:
        """Return what holds for a clock; `over` is the target that an exceeded quota names, which beats all others."""
        key: object
        if over is None and (contract is None or contract.is_silent):
            key = (clock.name, severity, plan)
        else:
            said = contract or SILENT
            own = said.calendar_at(severity)
            key = (clock.name, severity, plan, own, said.commitment, said.target(clock.name, severity), over)
        found = self._regimes.get(key)
        if found is None:
            found = self._regimes[key] = self._resolve(clock, severity, plan, contract or SILENT, over)
        return found

    def _resolve(
        self, clock: Clock, severity: str | None, plan: str | None, contract: ContractTerms, over: Target | None
    ) -> Regime:
        own_name, open_yet = contract.calendar_at(severity)
        if own_name is None and not open_yet:
            own_name = self._plan_calendar(severity, plan)
        own = self.calendars[own_name] if own_name else None
        known = self.plans.get(plan or "")
        commitment = clock.commitment or contract.commitment or (known.commitment if known else None)
        said, waits = contract.target(clock.name, severity)
        measure: Measure
        if over is not None:
            measure = self._measure(clock, over, None, own_name)
        elif waits:
            measure = OpenEnded(None, _NOT_KNOWN["severity"])
        else:
            target = clock.targets.at(plan, severity) if said is None or isinstance(said, PerContract) else said
            measure = self._measure(clock, target, said, own_name) if target else self._unknown(clock, severity, plan)
        return Regime(severity, measure, own, own_name or "", commitment)

    def _plan_calendar(self, severity: str | None, plan: str | None) -> str | None:
        """The plan's calendar, else the default; None while a plan or severity that would decide is not known."""
        if not self.plans:
            return self.default_name
        known = self.plans.get(plan or "")
        names: set[str] = set()
        for each in (known,) if known else self.plans.values():
            if isinstance(each.calendar, str):
                names.add(each.calendar)
            elif severity is None:
                names.update(each.calendar.values())
            else:
                names.add(each.calendar.get(severity, self.default_name))
        return names.pop() if len(names) == 1 else None

    def _measure(self, clock: Clock, target: Target, said: Target | None, own_name: str | None) -> Measure:
        match target:
            case Within(duration):
                return self.numeric(clock, duration, own_name)
            case NoClock(word):
                return Inapplicable(word)
            case NoDueTime(word):
                return OpenEnded(word, word)
            case NextRelease():
                return Release()
            case PerContract(otherwise):
                fallback = said.otherwise if isinstance(said, PerContract) and said.otherwise else otherwise
                if fallback is None:
                    return OpenEnded("per_contract", "the contract names no target")
                return self.numeric(clock, fallback, own_name)

    def numeric(self, clock: Clock, duration: Duration, own_name: str | None) -> Numeric | OpenEnded:
        """Return a duration ready to count; without a due time while its calendar is not known."""
        name = own_name if duration.calendar == BUSINESS else duration.calendar
        if name is None:
            return OpenEnded(written(duration), "the plan or severity that gives the calendar is not known")
        return Numeric(
            words=written(duration),
            calendar=None if name == ELAPSED else self.calendars[name],
            calendar_name=name,
            amount=duration.count * MICROSECONDS.get(duration.unit, 0),
            days=duration.count * DAYS.get(duration.unit, 0),
            rule=clock.days,
            boundary=self.boundary,
            zone=self.zone,
        )

    def _unknown(self, clock: Clock, severity: str | None, plan: str | None) -> OpenEnded:
        row = clock.targets.cells.get(None)
        if row is None and plan not in clock.targets.cells:
            return OpenEnded(None, _NOT_KNOWN["plan"] if plan is None else f"no target for the plan {plan}")
        return OpenEnded(None, _NOT_KNOWN["severity"] if severity is None else f"no target for severity {severity}")


_NOT_KNOWN = {"plan": "the plan is not known", "severity": "the severity is not known"}


def written(duration: Duration) -> str:
    """Return a duration as targets write it, with its calendar word: `1 business hour`, `48 elapsed hours`."""
    unit = duration.unit.value[:-1] if duration.count == 1 else duration.unit.value
    return f"{duration.count} {duration.calendar} {unit}"


def value_at(history: Sequence[tuple[int, T]], instant: int, before: T) -> T:
    """Return the value in force at an instant; `before` where the history begins later."""
    if not history or history[0][0] > instant:
        return before
    if history[-1][0] <= instant:
        return history[-1][1]
    return history[bisect_right(history, instant, key=_instant) - 1][1]


def _instant(entry: tuple[int, object]) -> int:
    return entry[0]
