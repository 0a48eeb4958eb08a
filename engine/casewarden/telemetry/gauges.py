"""Gauges as they stand when Prometheus asks: made anew each time from what was set last.

What is no longer there (a lane, a connector, a revision) is no longer told, and the figures of one look into the store
are told together or not at all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, cast, get_args

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from casewarden.telemetry.catalogue import CATALOGUE, Breaker, ObligationKind, OutboxState
from casewarden.telemetry.figures import QueueFigures, StoreFigures

MOST_SERIES: Final = 1_000
"""The most series of one metric; what is beyond is told as `other`, so that no mistake can flood Prometheus."""

OTHER: Final = "other"

Sample = tuple[str, tuple[str, ...], float]
"""The metric's name, the values of its labels in the catalogue's order, the value."""


@dataclass(frozen=True, slots=True)
class ProcessState:
    """What this process is doing now. `revisions` has the digest that each lane decides with."""

    version: str
    revisions: Mapping[str, str] = field(default_factory=dict)
    breakers: Mapping[str, Breaker] = field(default_factory=dict)
    partitions_owned: int = 0
    shadow: bool = False
    shadow_rules: int = 0
    reload_successful: bool = True
    loaded_at: int | None = None


class Gauges(Collector):
    """Collects the gauges. `process` and `store` are replaced whole, so reading them needs no lock."""

    def __init__(self, process: ProcessState) -> None:
        self.process = process
        self.store: StoreFigures | None = None

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """The names, for the registry to refuse doubles."""
        for metric in CATALOGUE.values():
            if metric.kind == "gauge":
                yield GaugeMetricFamily(metric.name, metric.says, labels=tuple(metric.labels))

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """All gauges that have a value."""
        families = {family.name: family for family in self.describe()}
        for name, labels, value in self._samples():
            families[name].add_metric(labels, value)
        yield from (family for family in families.values() if family.samples)

    def _samples(self) -> Iterator[Sample]:
        yield from _of_process(self.process)
        if self.store is not None:
            yield from _of_store(self.store)


def _of_process(state: ProcessState) -> Iterator[Sample]:
    yield "casewarden_build_info", (state.version,), 1
    yield "casewarden_partitions_owned", (), state.partitions_owned
    yield "casewarden_shadow", (), state.shadow
    yield "casewarden_shadow_rules", (), state.shadow_rules
    yield "casewarden_reload_successful", (), state.reload_successful
    if state.loaded_at is not None:
        yield "casewarden_reload_last_success_timestamp_seconds", (), _seconds(state.loaded_at)
    for lane, revision in sorted(state.revisions.items())[:MOST_SERIES]:
        yield "casewarden_ruleset_info", (lane, revision[:12]), 1
    for connector, now in sorted(state.breakers.items()):
        for each in get_args(Breaker):
            yield "casewarden_connector_breaker", (connector, each), each == now


def _of_store(store: StoreFigures) -> Iterator[Sample]:
    yield "casewarden_figures_timestamp_seconds", (), _seconds(store.at)
    yield "casewarden_paused", (), store.paused
    yield "casewarden_partitions", (), store.partitions
    yield from _of_queue("own", store.mailbox, store.at)
    yield from _of_queue("fanout", store.mailbox_fanout, store.at)
    yield "casewarden_fanouts", (), store.fanouts
    yield "casewarden_wakeups_overdue", (), store.wakeups_overdue
    yield "casewarden_wakeups_oldest_overdue_seconds", (), _age(store.wakeup_overdue_since, store.at)
    yield from _of_outbox(store)
    lanes = {**dict.fromkeys(store.subjects_parked, 0), **store.cases_open}
    for lane, count in _bounded(lanes).items():
        yield "casewarden_cases_open", (lane,), count
    for lane, count in _bounded({**dict.fromkeys(store.cases_open, 0), **store.subjects_parked}).items():
        yield "casewarden_subjects_parked", (lane,), count
    for kind in cast(tuple[ObligationKind, ...], get_args(ObligationKind)):
        yield "casewarden_obligations_open", (kind,), store.obligations_open.get(kind, 0)
    yield from _of_connectors(store)
    yield "casewarden_backup_last_success_timestamp_seconds", (), _seconds(store.backup_at or 0)
    yield "casewarden_store_size_bytes", (), store.size_bytes
    if store.free_bytes is not None:
        yield "casewarden_store_free_bytes", (), store.free_bytes


def _of_queue(queue: str, figures: QueueFigures, at: int) -> Iterator[Sample]:
    yield "casewarden_mailbox_events", (queue,), figures.count
    yield "casewarden_mailbox_oldest_age_seconds", (queue,), _age(figures.oldest_at, at)


def _of_outbox(store: StoreFigures) -> Iterator[Sample]:
    connectors = {each.name for each in store.connectors} | {connector for connector, _ in store.outbox}
    for connector in sorted(connectors)[:MOST_SERIES]:
        for state in cast(tuple[OutboxState, ...], get_args(OutboxState)):
            yield "casewarden_outbox_actions", (connector, state), store.outbox.get((connector, state), 0)
        yield (
            "casewarden_outbox_oldest_age_seconds",
            (connector,),
            _age(store.outbox_oldest_at.get(connector), store.at),
        )


def _of_connectors(store: StoreFigures) -> Iterator[Sample]:
    for each in store.connectors:
        name = (each.name,)
        yield "casewarden_connector_last_success_timestamp_seconds", name, _seconds(each.last_success_at or 0)
        yield "casewarden_connector_poll_interval_seconds", name, _seconds(each.poll_every)
        yield "casewarden_connector_failures", name, each.failures
        if each.complete_through is not None:
            yield "casewarden_connector_watermark_timestamp_seconds", name, _seconds(each.complete_through)


def _bounded(counts: Mapping[str, int]) -> dict[str, int]:
    """The counts by name; beyond the most there may be, their sum as `other`."""
    names = sorted(counts)
    kept = {name: counts[name] for name in names[:MOST_SERIES]}
    if len(names) > MOST_SERIES:
        kept[OTHER] = kept.get(OTHER, 0) + sum(counts[name] for name in names[MOST_SERIES:])
    return kept


def _age(since: int | None, now: int) -> float:
    return 0.0 if since is None else max(0.0, _seconds(now - since))


def _seconds(microseconds: int) -> float:
    return microseconds / 1_000_000
