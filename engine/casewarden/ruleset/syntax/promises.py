"""Sections that promise and restrain: clocks with their targets, credits, quotas, guards, the queue."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from casewarden.ruleset.syntax.cited import Cited
from casewarden.ruleset.syntax.declared import Commitment
from casewarden.ruleset.terms import Condition, Duration, Path, Target
from casewarden.worktime import DayRule


class OnChange(StrEnum):
    """What a running clock does when severity, plan or contract change under it."""

    KEEP = "keep"
    RETARGET = "retarget"
    RESTART = "restart"
    SEGMENTS = "segments"


@dataclass(frozen=True, slots=True)
class Changes:
    """The mode for each kind of change; `minimum_remainder` is what `retarget` leaves at least, from the change on."""

    severity: OnChange = OnChange.KEEP
    plan: OnChange = OnChange.KEEP
    contract: OnChange = OnChange.KEEP
    minimum_remainder: Duration | None = None

    @property
    def retargets(self) -> bool:
        """Whether any kind of change gives a new target from the same start."""
        return OnChange.RETARGET in (self.severity, self.plan, self.contract)


@dataclass(frozen=True, slots=True)
class TargetTable:
    """Targets by plan and severity; the key None stands for any.

    `target: T` is {None: {None: T}}, by severity {None: {id: T}}, by plan {plan: {None: T} or {id: T}}.
    """

    cells: Mapping[str | None, Mapping[str | None, Target]]

    def at(self, plan: str | None, severity: str | None) -> Target | None:
        """Return the target of a plan and severity; None while one that matters is not known."""
        row = self.cells.get(None) or self.cells.get(plan)
        if row is None:
            return None
        return row.get(None) or row.get(severity)


class OnReopen(StrEnum):
    """What a finished clock does when its case is reopened."""

    STAY = "stay"
    RESUME = "resume"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class ReleaseRule:
    """How a clock with a next_release target treats frozen and slipped releases."""

    frozen: Literal["skip", "count"]
    slipped: Literal["move", "keep"]


@dataclass(frozen=True, slots=True)
class Clock:
    """An obligation with start, stop, pauses and target; with an owner it is shown as that person's obligation."""

    name: str
    cited: Cited
    starts: str
    stops: str
    targets: TargetTable
    on_change: Changes
    days: DayRule
    counts_from: str | None = None
    applies_if: Condition | None = None
    pauses_while: Condition | None = None
    owner: str | None = None
    each_time: bool = False
    on_reopen: OnReopen = OnReopen.STAY
    next_release: ReleaseRule | None = None
    commitment: Commitment | None = None


@dataclass(frozen=True, slots=True)
class Credit:
    """Days awarded for each full or started unit of lateness; `cap` in days, None without one."""

    name: str
    cited: Cited
    clock: str
    award_days: int
    for_each: Duration
    count: Literal["full", "started"]
    cap_days: int | None
    add_to: Path


@dataclass(frozen=True, slots=True)
class Window:
    """A quota's window."""

    every: Literal["day", "week", "month", "year", "term"]
    starting: Literal["calendar", "anniversary"]
    zone: str


@dataclass(frozen=True, slots=True)
class Quota:
    """How many `counts` events (or how much of `amount`) a plan allows in a window."""

    name: str
    cited: Cited
    counts: str
    per: Literal["customer", "contact", "licence"]
    window: Window
    allowed: Mapping[str, int | Duration | Literal["unlimited", "per_contract"]]
    over: Literal["unchanged", "best_effort", "not_covered"]
    counts_if: Condition | None = None
    amount: str | None = None
    carry_over: bool = False


@dataclass(frozen=True, slots=True)
class Guard:
    """Forbids closing or reopening while the condition is not false."""

    name: str
    cited: Cited
    forbids: Literal["close", "reopen"]
    condition: Condition
    except_reasons: tuple[str, ...] = ()


QueueWord = Literal["severity", "due", "opened"]


@dataclass(frozen=True, slots=True)
class Queue:
    """The order of work: conditions (true first) and the words severity, due, opened."""

    cited: Cited
    order: tuple[Condition | QueueWord, ...]
    at_once: int | None = None
    per: Literal["customer", "contact"] | None = None
