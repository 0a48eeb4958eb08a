"""A sidecar's metrics with something in each of them, and the exposition as a reader of that form sees it."""

from prometheus_client.parser import text_string_to_metric_families

from casewarden.telemetry.figures import ConnectorFigures, QueueFigures, StoreFigures
from casewarden.telemetry.metrics import Metrics

NOW = 1_780_000_000_000_000
SECOND = 1_000_000

FIGURES = StoreFigures(
    at=NOW,
    paused=True,
    partitions=16,
    mailbox=QueueFigures(3, NOW - 2 * SECOND),
    mailbox_fanout=QueueFigures(),
    fanouts=1,
    wakeups_overdue=2,
    wakeup_overdue_since=NOW - SECOND // 2,
    outbox={("desk", "waiting"): 4, ("desk", "dead"): 1},
    outbox_oldest_at={"desk": NOW - 90 * SECOND},
    cases_open={"acme": 40, "globex": 2},
    subjects_parked={"acme": 1},
    obligations_open={"cap": 1},
    connectors=(
        ConnectorFigures(
            name="desk", last_success_at=NOW - 5 * SECOND, failures=2, poll_every=10 * SECOND, complete_through=NOW
        ),
        ConnectorFigures(name="status", last_success_at=None, failures=0, poll_every=60 * SECOND),
    ),
    backup_at=NOW - 3600 * SECOND,
    size_bytes=1_000_000,
    free_bytes=5_000_000_000,
)

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def measured() -> Metrics:
    """Everything that can be measured was."""
    metrics = Metrics("0.1.0")
    metrics.expect(lanes=["acme"], connectors=["desk", "status"], sources=["desk"])
    metrics.event_taken("desk", "new")
    metrics.disbelieved("ingest")
    metrics.decided("acme", "acted", 0.0003)
    metrics.lag(0.02)
    metrics.wakeup_late(0.004)
    metrics.clock_result("acme", "first_response", None, "met")
    metrics.action("desk", "reply", "applied")
    metrics.connector_error("desk", "apply")
    metrics.poison()
    metrics.cap_hit("per_rule")
    metrics.ping_pong()
    metrics.store_error("busy")
    metrics.loaded({"acme": "0123456789abcdef"}, NOW)
    metrics.breaker("desk", "open")
    metrics.partitions_owned(16)
    metrics.shadow(everything=False, rules=2)
    metrics.observe_store(FIGURES)
    return metrics


def series(metrics: Metrics) -> Series:
    """Every series of the exposition by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.exposition().decode())
        for sample in family.samples
    }


def value(found: Series, name: str, **labels: str) -> float:
    """The value of one series."""
    return found[name, frozenset(labels.items())]
