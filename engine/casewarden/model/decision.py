"""What deciding gives: frozen values, with one canonical JSON form (the same decision, the same bytes).

Instants are int microseconds since the epoch in UTC, lengths int microseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple

from casewarden.model.event import Event, Json


class ClockState(StrEnum):
    """The state of one clock instance."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    MISSED = "missed"
    CANCELLED = "cancelled"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Stretch:
    """One segment of a deadline proof: `[start, end)`, counted or not, and why.

    `reason` is open, closed, weekend, holiday, exception, break, paused, reopened (closed between the stop and the
    reopening), elapsed (plain time), or no_target (nothing to count against); `detail` names the holiday with its
    region, or the release. `calendar`, `severity` and `revision` are those in force. `counted` is the part of the
    budget that this segment uses up, in microseconds.
    """

    start: int
    end: int
    counted: int
    reason: str
    detail: str | None = None
    severity: str | None = None
    calendar: str | None = None
    revision: str | None = None


class ClockInstance(NamedTuple):
    """One run of a clock, named by the event that started it (`started_by` is that event's key).

    Constant between two changes of state, and so made once for many decisions; what moves with time (the part of the
    budget used up, the remaining part, the share) is asked of the run. A named tuple: five of them fit into a decision
    that has 30 microseconds.

    `counted_from` is the instant from which time counts; `target` the target in words (`4 business hours`,
    `best_effort`); `budget` the open (or elapsed) microseconds it comes to, None without a due time; `due` the instant,
    None while there is none; `stopped` the instant of the stop, whether met or missed; `overdue`: missed and not yet
    stopped; `reason` why it is not applicable, paused, cancelled or without a due time. `certain` is False for a clock
    missed beyond the watermark, as a stop in time may still become known.
    """

    clock: str
    number: int
    started_by: str | None
    state: ClockState
    started: int | None = None
    counted_from: int | None = None
    target: str | None = None
    budget: int | None = None
    due: int | None = None
    stopped: int | None = None
    overdue: bool = False
    owner: str | None = None
    commitment: str | None = None
    severity: str | None = None
    reason: str | None = None
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Edge:
    """A rule's condition changed its truth.

    `activation` counts the rule's rising edges on this subject from 1 (0: baseline, nothing fires). `at` is the instant
    of the change, `late` marks one that was learnt of afterwards. `silent` edges do nothing (a repetition's interval
    begins, a limit is reached); `provisional` ones were decided beyond the watermark. `event` is the key of the
    occurrence that a rule with `each` fired for.
    """

    rule: str
    rises: bool
    activation: int
    at: int
    repetition: int = 0
    late: bool = False
    baseline: bool = False
    event: str | None = None
    silent: bool = False
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class PlannedAction:
    """An effect as data. `key` is its name for ever: subject, rule, activation, repetition, position.

    `kind` is the action's word in the language (set, classify, assign, tag, close, reopen, reply, note, ask, notify,
    publish, link); `content` its resolved arguments. `deliver_at` holds it back until then; `provisional` marks an
    internal alert decided beyond the watermark.
    """

    key: str
    rule: str
    kind: str
    content: Mapping[str, Json]
    deliver_at: int | None = None
    provisional: bool = False
    even_if_over: bool = False
    late: bool = False


WithheldWhy = Literal[
    "guard", "limit", "would_have_fired", "conflict", "sequence", "person_determined", "unknown_value", "withdrawn",
    "rejected",
]  # fmt: skip
AlertKind = Literal["rule_loop", "rule_conflict"]
CorrectionKind = Literal["deadline", "credit", "quota"]


@dataclass(frozen=True, slots=True)
class Withheld:
    """Something that was not done, and why; `detail` says it in words."""

    rule: str
    why: WithheldWhy
    detail: str
    at: int
    key: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A posting on the account: credit days with their arithmetic, or a quota claim.

    `state` is accruing or posted for a credit, claimed or granted for a quota; `amount` in days for credits, in
    occurrences or microseconds for quotas. `details` of a grant: word (within, over), window_ends, left.
    """

    key: str
    name: str
    state: str
    amount: int
    arithmetic: str
    at: int
    add_to: str | None = None
    details: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alert:
    """Something for a person to repair in the rules."""

    kind: AlertKind
    message: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """A difference between what was decided as known and what is right as happened, for approval."""

    kind: CorrectionKind
    name: str
    before: Json
    after: Json
    message: str


@dataclass(frozen=True, slots=True)
class Decision:
    """All that deciding one subject at one instant gives.

    `facts` are the values wanted by rules in this decision (path to value). `severity` is the level in force and
    `severity_by` whence it came (person, table, reported, rule). `clocks` holds every run, oldest first, by the clocks'
    order in the file. `derived` are the facts that the engine computes (plan, scope, intake). `events` is what the log
    must remember of the decision, empty where nothing happened. `rounds` counts how often rules were asked until
    nothing changed. `awaits`: up to this instant the sources have to be known for what waits for a watermark to go on.
    """

    subject: str
    at: int
    ruleset: str
    facts: Mapping[str, Json]
    severity: str | None
    severity_by: str | None
    clocks: tuple[ClockInstance, ...]
    edges: tuple[Edge, ...]
    actions: tuple[PlannedAction, ...]
    withheld: tuple[Withheld, ...]
    ledger: tuple[LedgerEntry, ...]
    alerts: tuple[Alert, ...]
    corrections: tuple[Correction, ...]
    rounds: int
    next_wakeup: int | None
    awaits: int | None = None
    derived: Mapping[str, Json] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    trace: object | None = None
