"""Every metric, as data: its name, what kind it is, its labels and what they can be, what it says.

Names and units follow the conventions of Prometheus: base units, `_total` for what only grows, `_seconds`, `_bytes`,
`_timestamp_seconds` for instants since the epoch. A label is one of a closed set of words, or a name out of the
configuration and the rulesets (a connector, a lane, a clock): never a case, a ticket, a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

Kind = Literal["counter", "gauge", "histogram"]

EventOutcome = Literal["new", "duplicate", "refused"]
Door = Literal["ingest", "webhook", "control"]
DecisionOutcome = Literal["dull", "acted", "withheld", "posted", "corrected", "alerted"]
ActionOutcome = Literal[
    "applied", "already_applied", "conflict", "retry", "failed", "rejected", "withdrawn", "dead", "shadow"
]
ClockResult = Literal["met", "missed"]
Call = Literal["check", "changes", "fetch", "apply", "webhook"]
Breaker = Literal["closed", "open", "half_open"]
Cap = Literal["per_rule", "per_case", "in_all"]
StoreError = Literal["busy", "full", "read_only", "unavailable", "corrupt", "other"]
Reload = Literal["accepted", "refused"]
Queue = Literal["own", "fanout"]
OutboxState = Literal["waiting", "sending", "asking", "dead"]
ObligationKind = Literal[
    "rejected", "correction", "alert", "parked", "cap", "ping_pong", "dead", "refused", "ambiguous"
]

NAMES: Final[frozenset[str]] = frozenset()
"""The values of a label that are names out of the configuration or the rulesets."""

_FINE = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_LATE = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 14400.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `labels` has the words that each label can be, empty (`NAMES`) for names; `buckets` in seconds."""

    name: str
    kind: Kind
    says: str
    labels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    buckets: tuple[float, ...] = ()

    @property
    def series(self) -> frozenset[str]:
        """The names under which it is queried."""
        parts = ("_bucket", "_sum", "_count") if self.kind == "histogram" else ("",)
        return frozenset(self.name + part for part in parts)


def _words(literal: object) -> frozenset[str]:
    return frozenset(get_args(literal))


_PROCESS = (
    Metric("casewarden_build_info", "gauge", "1, with the version that runs.", {"version": NAMES}),
    Metric(
        "casewarden_events_total",
        "counter",
        "Events that came in, by source: new ones, ones that had come before, and ones that were refused.",
        {"source": NAMES, "outcome": _words(EventOutcome)},
    ),
    Metric(
        "casewarden_requests_disbelieved_total",
        "counter",
        "Requests that were not believed: not signed by a known source, at another time, or without the token.",
        {"door": _words(Door)},
    ),
    Metric(
        "casewarden_decisions_total",
        "counter",
        "Decisions, by what came of them; dull ones changed nothing.",
        {"lane": NAMES, "outcome": _words(DecisionOutcome)},
    ),
    Metric(
        "casewarden_decision_duration_seconds",
        "histogram",
        "How long deciding once took.",
        {"lane": NAMES},
        _FINE,
    ),
    Metric(
        "casewarden_decision_lag_seconds",
        "histogram",
        "From the instant when an event was taken in until it was decided.",
        {},
        _LATE,
    ),
    Metric(
        "casewarden_wakeup_lateness_seconds",
        "histogram",
        "How long after its due instant a wake-up was decided.",
        {},
        _LATE,
    ),
    Metric(
        "casewarden_clock_results_total",
        "counter",
        "Clock instances that turned out met or missed: attainment.",
        {"lane": NAMES, "clock": NAMES, "plan": NAMES, "result": _words(ClockResult)},
    ),
    Metric(
        "casewarden_actions_total",
        "counter",
        "What became of attempts to deliver actions; failed: nobody knows whether it happened; dead: given up with "
        "that attempt; shadow: recorded only.",
        {"connector": NAMES, "kind": NAMES, "outcome": _words(ActionOutcome)},
    ),
    Metric(
        "casewarden_connector_errors_total",
        "counter",
        "Calls of a connector that failed, by call.",
        {"connector": NAMES, "call": _words(Call)},
    ),
    Metric(
        "casewarden_connector_breaker",
        "gauge",
        "1 for the state that the circuit breaker of a connector is in, 0 for the others.",
        {"connector": NAMES, "state": _words(Breaker)},
    ),
    Metric("casewarden_poison_events_total", "counter", "Events set aside because deciding them failed every time."),
    Metric(
        "casewarden_caps_hit_total",
        "counter",
        "Times that a cap held actions back for a person: of one rule, of one case, of all.",
        {"cap": _words(Cap)},
    ),
    Metric(
        "casewarden_ping_pong_stops_total",
        "counter",
        "Times that a rule was stopped on a case because the helpdesk kept undoing what it did.",
    ),
    Metric(
        "casewarden_store_errors_total",
        "counter",
        "Statements of the store that failed, by reason.",
        {"error": _words(StoreError)},
    ),
    Metric(
        "casewarden_reloads_total",
        "counter",
        "Reloads of rulesets; a refused one changed nothing.",
        {"outcome": _words(Reload)},
    ),
    Metric("casewarden_reload_successful", "gauge", "1 if the last reload was accepted, 0 if it was refused."),
    Metric("casewarden_reload_last_success_timestamp_seconds", "gauge", "When rulesets were loaded last."),
    Metric(
        "casewarden_ruleset_info",
        "gauge",
        "1, with the revision (12 characters of its digest) that a lane decides with in this process.",
        {"lane": NAMES, "revision": NAMES},
    ),
    Metric("casewarden_partitions_owned", "gauge", "Partitions that this process decides."),
    Metric("casewarden_shadow", "gauge", "1 while the whole sidecar decides and records, and sends nothing."),
    Metric("casewarden_shadow_rules", "gauge", "Rules that only record."),
)
"""What each process counts for itself since it started: add them up over processes."""

_STORE = (
    Metric(
        "casewarden_figures_timestamp_seconds",
        "gauge",
        "When the figures of the store were taken; old figures mean that the main loop does not turn.",
    ),
    Metric("casewarden_paused", "gauge", "1 while an operator has paused all sending."),
    Metric("casewarden_partitions", "gauge", "Partitions there are."),
    Metric(
        "casewarden_mailbox_events",
        "gauge",
        "Events that wait to be decided, without parked ones: a subject's own, and those that it watches others for.",
        {"queue": _words(Queue)},
    ),
    Metric(
        "casewarden_mailbox_oldest_age_seconds",
        "gauge",
        "For how long the oldest of them waits; 0 where none does.",
        {"queue": _words(Queue)},
    ),
    Metric("casewarden_fanouts", "gauge", "Changes of shared subjects that not all watchers were told of yet."),
    Metric("casewarden_wakeups_overdue", "gauge", "Wake-ups whose instant has passed."),
    Metric(
        "casewarden_wakeups_oldest_overdue_seconds",
        "gauge",
        "For how long the earliest of them is overdue; 0 where none is.",
    ),
    Metric(
        "casewarden_outbox_actions",
        "gauge",
        "Actions that wait, are being sent, ask a person, or are dead letters.",
        {"connector": NAMES, "state": _words(OutboxState)},
    ),
    Metric(
        "casewarden_outbox_oldest_age_seconds",
        "gauge",
        "For how long the oldest action that may go out has not; 0 where none waits.",
        {"connector": NAMES},
    ),
    Metric("casewarden_cases_open", "gauge", "Cases that are neither resolved, closed nor ended.", {"lane": NAMES}),
    Metric(
        "casewarden_subjects_parked",
        "gauge",
        "Cases and other subjects set aside after an event that could not be decided.",
        {"lane": NAMES},
    ),
    Metric(
        "casewarden_obligations_open",
        "gauge",
        "What waits for a person, by kind.",
        {"kind": _words(ObligationKind)},
    ),
    Metric(
        "casewarden_connector_last_success_timestamp_seconds",
        "gauge",
        "When a connector was last read without an error; 0 for never.",
        {"connector": NAMES},
    ),
    Metric(
        "casewarden_connector_watermark_timestamp_seconds",
        "gauge",
        "Up to when a connector is known completely; missing where it does not say.",
        {"connector": NAMES},
    ),
    Metric(
        "casewarden_connector_poll_interval_seconds",
        "gauge",
        "How often a connector is to be read.",
        {"connector": NAMES},
    ),
    Metric("casewarden_connector_failures", "gauge", "Failures of a connector in a row.", {"connector": NAMES}),
    Metric(
        "casewarden_backup_last_success_timestamp_seconds",
        "gauge",
        "When the store was last backed up with `casewarden db backup`; 0 for never.",
    ),
    Metric("casewarden_store_size_bytes", "gauge", "Size of the store."),
    Metric("casewarden_store_free_bytes", "gauge", "Free space where the store is; missing on PostgreSQL."),
)
"""What is read from the store: every process tells the same, so take the maximum over processes."""

CATALOGUE: Final[Mapping[str, Metric]] = {metric.name: metric for metric in (*_PROCESS, *_STORE)}

OF_STORE: Final = frozenset(metric.name for metric in _STORE)
