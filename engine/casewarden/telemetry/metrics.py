"""What a sidecar measures of itself, for Prometheus to read. Every method may be called from any thread.

A `Metrics` has its own registry, so two sidecars in one process do not meet. Lengths are given in seconds; instants in
int microseconds, as everywhere. Which metrics there are, with their labels, is in `catalogue`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from threading import Lock
from typing import Any, Final, get_args

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from casewarden.telemetry.catalogue import (
    CATALOGUE,
    ActionOutcome,
    Breaker,
    Call,
    Cap,
    ClockResult,
    DecisionOutcome,
    Door,
    EventOutcome,
    StoreError,
)
from casewarden.telemetry.figures import StoreFigures
from casewarden.telemetry.gauges import MOST_SERIES, OTHER, Gauges, ProcessState

NO_PLAN: Final = "none"


class Metrics:
    """The counters, histograms and gauges of one sidecar process."""

    def __init__(self, version: str) -> None:
        """Begin at zero; `version` is the sidecar's own."""
        self._registry = CollectorRegistry(auto_describe=False)
        self._measured = {
            name: _Measured(name, self._registry) for name, metric in CATALOGUE.items() if metric.kind != "gauge"
        }
        self._gauges = Gauges(ProcessState(version))
        self._registry.register(self._gauges)
        ProcessCollector(registry=self._registry)
        self._lock = Lock()

    def expect(self, *, lanes: Iterable[str], connectors: Iterable[str], sources: Iterable[str]) -> None:
        """Show what is configured at zero before anything happened: a series that begins at 1 has no increase."""
        for lane in lanes:
            self._measured["casewarden_decision_duration_seconds"].series(lane)
            for outcome in get_args(DecisionOutcome):
                self._measured["casewarden_decisions_total"].series(lane, outcome)
        for connector, call in product(connectors, get_args(Call)):
            self._measured["casewarden_connector_errors_total"].series(connector, call)
        for source, outcome in product(sources, get_args(EventOutcome)):
            self._measured["casewarden_events_total"].series(source, outcome)

    def event_taken(self, source: str, outcome: EventOutcome, count: int = 1) -> None:
        """Events of a source came in. A source that is not configured is `unknown`, whatever it calls itself."""
        self._count("casewarden_events_total", source, outcome, by=count)

    def disbelieved(self, door: Door) -> None:
        """A request came whose sender is not who may ask here; what it said of itself is not counted."""
        self._count("casewarden_requests_disbelieved_total", door)

    def decided(self, lane: str, outcome: DecisionOutcome, seconds: float) -> None:
        """One decision was made; `seconds` is what deciding took."""
        self._count("casewarden_decisions_total", lane, outcome)
        self._observe("casewarden_decision_duration_seconds", lane, seconds=seconds)

    def lag(self, seconds: float) -> None:
        """An event was decided so long after it was taken in."""
        self._observe("casewarden_decision_lag_seconds", seconds=seconds)

    def wakeup_late(self, seconds: float) -> None:
        """A wake-up was decided so long after its due instant."""
        self._observe("casewarden_wakeup_lateness_seconds", seconds=seconds)

    def clock_result(self, lane: str, clock: str, plan: str | None, result: ClockResult) -> None:
        """A clock instance turned out met or missed; each is told once."""
        self._count("casewarden_clock_results_total", lane, clock, plan or NO_PLAN, result)

    def action(self, connector: str, kind: str, outcome: ActionOutcome) -> None:
        """An attempt to deliver an action ended, or the action was withdrawn before it."""
        self._count("casewarden_actions_total", connector, kind, outcome)

    def connector_error(self, connector: str, call: Call) -> None:
        """A call of a connector raised, or said that the other end could not be reached."""
        self._count("casewarden_connector_errors_total", connector, call)

    def poison(self) -> None:
        """An event was set aside because deciding it failed every time; its subject is parked."""
        self._count("casewarden_poison_events_total")

    def cap_hit(self, cap: Cap) -> None:
        """A cap held actions back for a person."""
        self._count("casewarden_caps_hit_total", cap)

    def ping_pong(self) -> None:
        """A rule was stopped on a case because the helpdesk kept undoing what it did."""
        self._count("casewarden_ping_pong_stops_total")

    def store_error(self, error: StoreError) -> None:
        """A statement of the store failed."""
        self._count("casewarden_store_errors_total", error)

    def loaded(self, revisions: Mapping[str, str], now: int) -> None:
        """Rulesets were loaded, at the start or anew; `revisions` maps each lane to its digest."""
        self._count("casewarden_reloads_total", "accepted")
        self._set(revisions=dict(revisions), reload_successful=True, loaded_at=now)

    def reload_refused(self) -> None:
        """A reload changed nothing because something in it is wrong."""
        self._count("casewarden_reloads_total", "refused")
        self._set(reload_successful=False)

    def revisions(self, revisions: Mapping[str, str]) -> None:
        """A revision took effect, or a trial began or ended: what each lane decides with now."""
        self._set(revisions=dict(revisions))

    def breaker(self, connector: str, state: Breaker) -> None:
        """The circuit breaker of a connector changed."""
        with self._lock:
            process = self._gauges.process
            self._gauges.process = replace(process, breakers={**process.breakers, connector: state})

    def partitions_owned(self, count: int) -> None:
        """This process decides so many partitions now."""
        self._set(partitions_owned=count)

    def shadow(self, *, everything: bool, rules: int) -> None:
        """Whether the whole sidecar only records, and how many rules do."""
        self._set(shadow=everything, shadow_rules=rules)

    def observe_store(self, figures: StoreFigures) -> None:
        """Show what a look into the store gave, in place of the look before."""
        self._gauges.store = figures

    def exposition(self) -> bytes:
        """All metrics in the text form that Prometheus reads (version 0.0.4, UTF-8)."""
        return generate_latest(_WithoutCreated(self._registry))

    def _count(self, name: str, *labels: str, by: float = 1) -> None:
        self._measured[name].series(*labels).inc(by)

    def _observe(self, name: str, *labels: str, seconds: float) -> None:
        self._measured[name].series(*labels).observe(max(0.0, seconds))

    def _set(self, **values: Any) -> None:
        with self._lock:
            self._gauges.process = replace(self._gauges.process, **values)


class _Measured:
    """One counter or histogram, and its series by the values of its labels."""

    def __init__(self, name: str, registry: CollectorRegistry) -> None:
        self._metric = metric = CATALOGUE[name]
        labels = tuple(metric.labels)
        self._made: Counter | Histogram
        if metric.kind == "histogram":
            self._made = Histogram(name, metric.says, labels, registry=registry, buckets=metric.buckets)
        else:
            self._made = Counter(name, metric.says, labels, registry=registry)
        self._series: dict[tuple[str, ...], Any] = {}
        if all(metric.labels.values()):  # words only: all series are known, and begin at zero
            for values in product(*(sorted(words) for words in metric.labels.values())):
                self.series(*values)

    def series(self, *values: str) -> Any:
        """The series with these values of its labels. A word that the catalogue does not have is counted as `other`.

        No mistake in a word may stop what is measured; the types of the methods keep it from being made.
        """
        found = self._series.get(values)
        return found if found is not None else self._begin(values)

    def _begin(self, values: tuple[str, ...]) -> Any:
        is_full = len(self._series) >= MOST_SERIES
        values = tuple(
            OTHER if (value not in words if words else is_full) else value
            for words, value in zip(self._metric.labels.values(), values, strict=True)
        )
        series = self._made.labels(*values) if values else self._made
        self._series.setdefault(values, series)
        return series


class _WithoutCreated(Collector):
    """The metrics without when each series began, which doubles their number and which nobody asks for."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Family]:
        """All families of the registry."""
        for family in self._registry.collect():
            family.samples = [each for each in family.samples if not each.name.endswith("_created")]
            yield family
