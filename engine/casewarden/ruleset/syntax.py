"""A checked ruleset as data: what the reader builds, and all that the engine and the tools read.

Mappings keep the order of the file. Every element knows its place, its clauses and its interpretations.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.terms import Condition, Duration, EventTerm, Path, Target, Value
from casewarden.worktime import Boundary, CalendarSpec, DayRule


@dataclass(frozen=True, slots=True)
class Cited:
    """What every element may carry."""

    place: Place
    clauses: tuple[str, ...] = ()
    interpretations: tuple[str, ...] = ()
    note: str | None = None


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
class Revision:
    """Terms bind cases opened at or after `from_date` (midnight in the default calendar's zone), or all cases."""

    from_date: date
    binds: Literal["new_cases", "all_cases"]


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where an element says nothing."""

    calendar: str
    language: str
    days: DayRule
    boundary: Boundary
    on_change: Changes
    plan: str | None = None


@dataclass(frozen=True, slots=True)
class CalendarDecl:
    """A named calendar; `spec` has its holidays resolved."""

    name: str
    cited: Cited
    spec: CalendarSpec


class FieldType(StrEnum):
    """The declared type of a field."""

    TEXT = "text"
    CHOICE = "choice"
    SET = "set"
    YES_NO = "yes_no"
    INTEGER = "integer"
    NUMBER = "number"
    DURATION = "duration"
    INSTANT = "instant"
    VERSION = "version"


@dataclass(frozen=True, slots=True)
class Field:
    """A declared field; `path` is its full name (`case.core`, `service.core.health`, `links.defect.status`)."""

    path: str
    type: FieldType
    cited: Cited
    of: tuple[str, ...] = ()
    fresh_for: Duration | None = None
    confirmed_by: tuple[str, ...] = ()
    when_missing: Value | None = None


@dataclass(frozen=True, slots=True)
class SeverityRow:
    """One row of the decision table: equality tests over choices and yes_no, a path left out being any."""

    when: tuple[tuple[str, tuple[Value, ...]], ...]
    gives: str
    place: Place


@dataclass(frozen=True, slots=True)
class Severity:
    """The levels, most severe first, and the table that gives them."""

    cited: Cited
    levels: Mapping[str, str]
    until_classified: str
    hit: Literal["unique", "first"]
    table: tuple[SeverityRow, ...]
    otherwise: str | None = None


class Commitment(StrEnum):
    """How binding a promise is."""

    BEST_EFFORT = "best_effort"
    SLO = "slo"
    CONTRACTUAL = "contractual"


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan: its calendar (one, or one for each severity), its commitment, other names that data may use."""

    name: str
    cited: Cited
    calendar: str | Mapping[str, str]
    commitment: Commitment
    also_called: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Channel:
    """Which plans include the channel: `all`, `per_contract`, `unknown` or a tuple of plans."""

    name: str
    cited: Cited
    included: Literal["all", "per_contract", "unknown"] | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Intake:
    """What a request of this type must and should bring."""

    request_type: str
    cited: Cited
    required: tuple[Path, ...]
    wanted: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """A reason for which a case is out of scope."""

    name: str
    cited: Cited
    when: Condition


@dataclass(frozen=True, slots=True)
class EventDecl:
    """A named event."""

    name: str
    cited: Cited
    term: EventTerm


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


@dataclass(frozen=True, slots=True)
class Queue:
    """The order of work: conditions (true first) and the words severity, due, opened."""

    cited: Cited
    order: tuple[Condition | Literal["severity", "due", "opened"], ...]
    at_once: int | None = None
    per: Literal["customer", "contact"] | None = None


@dataclass(frozen=True, slots=True)
class FromPath:
    """A value read from a path when the action is decided."""

    path: Path


@dataclass(frozen=True, slots=True)
class SetFact:
    """Want a value; `links.KIND.FIELD` wants it on all linked tickets."""

    path: Path
    value: Value | FromPath


@dataclass(frozen=True, slots=True)
class Classify:
    """Forget the severity set by hand: the table's holds again."""


@dataclass(frozen=True, slots=True)
class Assign:
    """Want this assignee."""

    person: str


@dataclass(frozen=True, slots=True)
class Tag:
    """Want tags added and removed."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CloseCase:
    """Close with a reason."""

    reason: str | FromPath


@dataclass(frozen=True, slots=True)
class Reopen:
    """Reopen the case."""

    mode: Literal["follow_up_if_needed", "same_ticket_only"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A public message in the recipient's language on the case's channel."""

    message: str


@dataclass(frozen=True, slots=True)
class Note:
    """An internal message on the case."""

    message: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the customer for data: what is missing of the intake, or these paths."""

    fields: Literal["missing"] | tuple[Path, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Notify:
    """A message to a person, team or webhook; `owner` is the owner of the clock the rule speaks of."""

    who: str
    message: str


@dataclass(frozen=True, slots=True)
class Publish:
    """A message on the status page of a service."""

    message: str
    service: str


@dataclass(frozen=True, slots=True)
class Link:
    """Create a linked ticket with these fields, or link the ticket whose id stands at `to`."""

    kind: str
    create: tuple[tuple[str, Value | FromPath], ...] = ()
    to: Path | None = None


Action = SetFact | Classify | Assign | Tag | CloseCase | Reopen | Reply | Note | Ask | Notify | Publish | Link


class CatchUp(StrEnum):
    """What becomes of repetitions that fell due while nobody was awake."""

    NONE = "none"
    LATEST = "latest"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Repeat:
    """Fire again every span while the condition stays true."""

    every: Duration
    first: Literal["at_once", "after_interval"]
    reset_by: str | None = None
    start: Path | None = None
    catch_up: CatchUp = CatchUp.LATEST


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many firings in the case's life, or in the last `per`."""

    times: int
    per: Duration | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """When a condition turns true, or for each event, do these actions in order."""

    name: str
    cited: Cited
    then: tuple[Action, ...]
    when: Condition | None = None
    each: str | None = None
    about: str = "case"
    priority: int = 0
    repeat: Repeat | None = None
    limit: Limit | None = None
    over_person: bool = False
    even_if_over: bool = False
    deliver_in: str | None = None
    if_unsupported: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """A message in one language."""

    body: str
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message by language."""

    name: str
    cited: Cited
    texts: Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class Interpretation:
    """The reading chosen for an ambiguity, by whom and why; `others` are the readings not chosen, as changes."""

    name: str
    place: Place
    reading: str
    by: str
    decided: date
    reason: str
    supersedes: tuple[str, ...] = ()
    others: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether the question is still open, so that what rests on it is not enforced."""
        return self.reading == "open"


@dataclass(frozen=True, slots=True)
class Ruleset:
    """One checked ruleset: a file with its includes. `digest` is the SHA-256 of its meaning (files and lock)."""

    name: str
    digest: str
    revision: Revision
    defaults: Defaults
    people: tuple[str, ...]
    close_reasons: tuple[str, ...]
    calendars: Mapping[str, CalendarDecl]
    fields: Mapping[str, Field]
    plans: Mapping[str, Plan]
    events: Mapping[str, EventDecl]
    clocks: Mapping[str, Clock]
    rules: Mapping[str, Rule]
    severity: Severity | None = None
    channels: Mapping[str, Channel] = field(default_factory=dict)
    intake: Mapping[str, Intake] = field(default_factory=dict)
    scope: Mapping[str, Scope] = field(default_factory=dict)
    credits: Mapping[str, Credit] = field(default_factory=dict)
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    guards: Mapping[str, Guard] = field(default_factory=dict)
    queue: Queue | None = None
    messages: Mapping[str, Message] = field(default_factory=dict)
    interpretations: Mapping[str, Interpretation] = field(default_factory=dict)
    applies_to: Condition | None = None
    policy: str | None = None
    clauses_file: str | None = None
    files: tuple[str, ...] = ()

    def is_open(self, cited: Cited) -> bool:
        """Whether an element rests on a reading that is still open, so that it is listed and not enforced."""
        chosen = (self.interpretations.get(name) for name in cited.interpretations)
        return any(reading is not None and reading.is_open for reading in chosen)
