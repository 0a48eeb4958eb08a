"""`Parts`: what a sidecar consists of, made from its settings; the same for one process and for many workers."""

import random
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import structlog

from casewarden.config.connect import connector_settings
from casewarden.config.secrets import personal_key, store_url
from casewarden.config.settings import ConnectorSettings, SecretRef, Settings
from casewarden.model.decision import ClockInstance, ClockState, Decision, PlannedAction
from casewarden.plugin import Connector, Factory
from casewarden.plugin.manager import PluginError, load_plugins
from casewarden.ruleset.able import EVERYTHING, INWARD
from casewarden.ruleset.diagnostics import did_you_mean
from casewarden.service.budget import Budget
from casewarden.service.course import Manner, digest_key
from casewarden.service.deliver import Deliverer, Hears, Stop
from casewarden.service.desks import Desks
from casewarden.service.held import Held
from casewarden.service.process import Processor
from casewarden.service.projecting import Projector
from casewarden.sidecar.current import Current
from casewarden.sidecar.rules import RulesInForce
from casewarden.store import cursors
from casewarden.store.contacts import open_sealer
from casewarden.store.database import Database
from casewarden.store.log import Sealing
from casewarden.store.outbox import OpenAction
from casewarden.store.place import Place, take_place
from casewarden.store.schema import upgrade
from casewarden.store.sealing import PERSONAL_PATHS
from casewarden.telemetry.catalogue import ActionOutcome, ClockResult, DecisionOutcome
from casewarden.telemetry.hiding import SHORTEST, hide
from casewarden.telemetry.metrics import Metrics
from casewarden.telemetry.traces import Tracer

INWARDLY: Final = "none"
"""The connector, in metrics, of what is done here without one."""
_RESULTS: Final[Mapping[ClockState, ClockResult]] = {ClockState.MET: "met", ClockState.MISSED: "missed"}
_log = structlog.get_logger("casewarden.sidecar")


class StartError(Exception):
    """The sidecar cannot start; the message says why, `fix` what would be right."""

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Parts:
    """What deciding and delivering consist of, for one process."""

    settings: Settings
    current: Current
    database: Database
    sealing: Sealing
    rules: RulesInForce
    desks: Desks
    manner: Manner
    metrics: Metrics

    def processor(self, watermarks: Callable[[], Mapping[str, int]], directory: Any = None) -> Processor:
        """A processor of its own, for one owner."""
        return Processor(
            self.database,
            self.sealing,
            self.rules,
            self.manner,
            go_live=self.settings.go_live,
            directory=directory,
            watermarks=watermarks,
            poisoned=self.metrics.poison,
            look=(lambda _: None) if self.database.is_sqlite else self.rules.look,
        )

    def deliverer(self, processor: Processor, share: float = 1.0) -> Deliverer:
        """A deliverer for the same owner; `share` is its part of each connector's rate."""
        budgets = {one.name: Budget(max(0.01, one.rate * share)) for one in self.settings.connectors}
        return Deliverer(
            self.database,
            self.sealing,
            processor,
            self.manner,
            caps=lambda: self.current.caps,
            budgets=budgets,
            heard=Hears(self._answered, self._capped),
            chance=random.Random(),  # noqa: S311  # spreads waits, keeps no secret
        )

    def projector(self, deliverer: Deliverer) -> Projector:
        """What shows in helpdesks how cases stand, out of the same budgets; while all is shadow it shows nothing."""
        return Projector(
            self.database,
            deliverer.budgets,
            Hears(self._answered),
            random.Random(),  # noqa: S311  # spreads waits, keeps no secret
            lambda: self.current.settings.shadow is True,
        )

    def _answered(self, connector: str, kind: str, outcome: ActionOutcome) -> None:
        self.metrics.action(connector or INWARDLY, kind, outcome)

    def _capped(self, cap: Stop) -> None:
        if cap == "ping_pong":
            self.metrics.ping_pong()
        else:
            self.metrics.cap_hit(cap)


class Watermarks:
    """Up to when sources are known, read anew when the owner begins a turn."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, int] = {}

    def refresh(self) -> None:
        """Read them."""
        with self._database.read() as connection:
            self._known = cursors.watermarks(connection)

    def __call__(self) -> Mapping[str, int]:
        """As they were read last."""
        return self._known


def open_store(settings: Settings, environ: Mapping[str, str]) -> tuple[Database, Sealing, bytes]:
    """Open the store with what seals personal data in it, and the key of decisions' digests."""
    master = personal_key(settings, environ=environ)
    database = Database(store_url(settings, environ=environ))
    hide(b64encode(master).decode())
    url = database.url
    if url.password is not None and url.password not in (url.username, url.database) and len(url.password) >= SHORTEST:
        hide(url.password)
    sealing = Sealing(open_sealer(database, master), PERSONAL_PATHS | settings.personal_data.paths)
    return database, sealing, digest_key(sealing.sealer)


def open_store_for_writing(
    settings: Settings, environ: Mapping[str, str], now: int
) -> tuple[Place | None, tuple[Any, Any, bytes]]:
    """Take the place beside an SQLite store, bring the schema up to date, and open it."""
    probe = Database(store_url(settings, environ=environ))
    path: Path | None = probe.path
    place = take_place(path, now) if path is not None else None
    try:
        upgrade(probe)
        probe.close()
        return place, open_store(settings, environ)
    except BaseException:
        if place is not None:
            place.release()
        raise


def connect(settings: Settings, environ: Mapping[str, str], extra: Iterable[object] = ()) -> dict[str, Connector]:
    """Make the configured connectors; StartError where a plugin is missing or refuses its settings."""
    return {one.name: _made(one, factory, settings, environ) for one, factory in _factories(settings, extra)}


def connect_one(settings: Settings, name: str, environ: Mapping[str, str], extra: Iterable[object] = ()) -> Connector:
    """Make one of the configured connectors, and none of the others; StartError as `connect`, SecretError."""
    only = tuple(one for one in settings.connectors if one.name == name)
    if not only:
        near = did_you_mean(name, [one.name for one in settings.connectors])
        known = ", ".join(f"`{one.name}`" for one in settings.connectors) or "none"
        raise StartError(
            f"the configuration has no connector `{name}`",
            f"did you mean `{near}`?" if near else f"configured are: {known}",
        )
    return connect(replace(settings, connectors=only), environ, extra)[name]


def _made(one: ConnectorSettings, factory: Factory, settings: Settings, environ: Mapping[str, str]) -> Connector:
    filled = connector_settings(one, factory.spec().settings, environ=environ, base=settings.file.parent)
    for secret in _secret_values(one.settings, filled):
        hide(secret)
    try:
        return factory.connect(one.name, filled)
    except ValueError as problem:
        raise StartError(f"the connector `{one.name}` cannot be made: {problem}") from None


def able_of(settings: Settings, extra: Iterable[object] = ()) -> frozenset[str]:
    """The kinds of action that the configured connectors can do, all where they are only recorded; none is made.

    StartError as `connect`.
    """
    if settings.shadow is True:
        return EVERYTHING
    found = set(INWARD)
    for one, factory in _factories(settings, extra):
        actions = factory.spec().actions
        found |= actions & one.for_actions if one.for_actions else actions
    return frozenset(found)


def _factories(settings: Settings, extra: Iterable[object]) -> Iterator[tuple[ConnectorSettings, Factory]]:
    try:
        known = load_plugins(extra)
    except PluginError as problem:
        raise StartError(str(problem), "repair or uninstall it; `casewarden plugins` tells whether all load") from None
    for one in settings.connectors:
        factory = known.get(one.plugin)
        if factory is None:
            raise StartError(
                f"the connector `{one.name}` needs the plugin `{one.plugin}`, which is not installed",
                f"installed are: {', '.join(sorted(known)) or 'none'}",
            )
        yield one, factory


def parts_of(
    settings: Settings,
    store: tuple[Database, Sealing, bytes],
    rules: RulesInForce,
    desks: Desks,
    metrics: Metrics,
    listen: Sequence[Callable[[Held, Decision], None]] = (),
    tracer: Tracer | None = None,
) -> Parts:
    """Put the parts together."""
    database, sealing, digest_key = store
    current = Current(settings)
    begun = perf_counter()

    def decided(held: Held, decision: Decision, outcome: DecisionOutcome) -> None:
        nonlocal begun
        took = perf_counter() - begun
        begun = perf_counter()
        metrics.decided(held.lane, outcome, min(took, 1.0))
        for clock, plan, result in _results(held.seen_clocks, decision):
            metrics.clock_result(held.lane, clock, plan, result)
        for each in listen:
            each(held, decision)

    def compiled(held: Held, at: int) -> Any:
        nonlocal begun
        begun = perf_counter()
        return rules.compiled(held, at)

    def shadow(held: Held, action: PlannedAction) -> bool:
        return "@" in held.lane or current.is_shadow(action.rule)

    def recorded(action: OpenAction) -> None:
        metrics.action(action.connector or INWARDLY, action.kind, "shadow")

    manner = Manner(
        compiled, rules.operations, desks.destination, shadow, digest_key, decided, tracer, desks.shows, recorded
    )
    return Parts(settings, current, database, sealing, rules, desks, manner, metrics)


def _results(before: Sequence[ClockInstance], decision: Decision) -> Iterable[tuple[str, str | None, ClockResult]]:
    """What clocks turned out, that was not so before."""
    if before is decision.clocks:
        return
    known = {(run.clock, run.number): run.state for run in before}
    plan = decision.derived.get("case.plan")
    for run in decision.clocks:
        result = _RESULTS.get(run.state)
        if result is not None and before and known.get((run.clock, run.number)) is not run.state:
            yield run.clock, plan if isinstance(plan, str) else None, result


def _secret_values(stated: Any, filled: Any) -> Iterable[str]:
    """The values that stand where a reference stood."""
    match stated:
        case SecretRef():
            yield str(filled)
        case Mapping():
            for key, value in stated.items():
                yield from _secret_values(value, filled[key])
        case list() | tuple():
            for one, other in zip(stated, filled, strict=True):
                yield from _secret_values(one, other)
        case _:
            return
