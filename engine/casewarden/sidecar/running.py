"""`Sidecar`: one process that does everything, on SQLite or on PostgreSQL: owner, connectors, HTTP doors, reloads."""

import asyncio
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from time import monotonic
from typing import Any, Final

import structlog

from casewarden.config.secrets import secret_value
from casewarden.config.settings import Settings
from casewarden.model.decision import Decision
from casewarden.model.event import Event, Json
from casewarden.service.desks import Couriers, Desks, Poller
from casewarden.service.figures import store_figures
from casewarden.service.held import Held
from casewarden.service.intake import Order, StoppingError
from casewarden.service.intake import Taken as TakenIn
from casewarden.service.owner import NAP, Listeners, Owner
from casewarden.service.pruning import Pruning
from casewarden.sidecar.assembly import Parts, Watermarks, connect, open_store, parts_of
from casewarden.sidecar.control import Controls
from casewarden.sidecar.reload import Reloader, begin
from casewarden.store import cursors
from casewarden.store.place import Place, take_place
from casewarden.store.prune import Keep
from casewarden.store.schema import upgrade
from casewarden.store.slots import ALL_SLOTS
from casewarden.telemetry import traces
from casewarden.telemetry.failures import store_fault
from casewarden.telemetry.hiding import hide
from casewarden.telemetry.metrics import Metrics
from casewarden.web.app import http_doors
from casewarden.web.doors import Busy, Health, Taken, UnknownConnector
from casewarden.web.limits import Limits
from casewarden.web.serve import Serving, serve

VERSION: Final = "0.1.0"
MOST_WAITING: Final = 2_000
"""Orders in line before the doors say that they are busy."""
_STUCK: Final = 30.0
_FIGURES_EVERY: Final = 15.0
_log = structlog.get_logger("casewarden.sidecar")


class Sidecar:
    """Started with `start`, stopped with `stop`; `failed` tells why it ended by itself, if it did.

    `now` is the clock that everything goes by, `nap` how many seconds the owner sleeps at most. `plugins` are modules
    that are taken as plugins beside those installed; `listen` hears of every decision.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        environ: Mapping[str, str],
        now: Callable[[], int],
        plugins: Iterable[object] = (),
        listen: Sequence[Callable[[Held, Decision], None]] = (),
        nap: float = NAP,
    ) -> None:
        self.settings = settings
        self.now = now
        self.stopping = threading.Event()
        self.metrics = Metrics(VERSION)
        self._tracer = traces.tracer(enabled=True) if traces.wanted(environ) else None
        self._threads: list[threading.Thread] = []
        self._serving: Serving | None = None
        store = open_store_for_writing(settings, environ, now())
        self._place, (self.database, self.sealing, _) = store[0], store[1]
        try:
            rules = begin(self.database, settings, now())
            self.desks = Desks(connect(settings, environ, plugins), settings.connectors)
            self.parts: Parts = parts_of(settings, store[1], rules, self.desks, self.metrics, listen, self._tracer)
            self._watermarks = Watermarks(self.database)
            self._reloader = Reloader(self.database, settings, rules, self.desks, self.metrics, now())
            self._reloader.require_able()
            processor = self.parts.processor(self._watermarks, self._reloader.directory)
            self.couriers = Couriers(self.desks, self._came, self._connector_failed, tracer=self._tracer)
            kept = settings.retention
            keep = Keep(kept.dull_decisions, kept.decisions, kept.delivered)
            self.owner = Owner(
                self.database,
                self.sealing,
                processor,
                self.parts.deliverer(processor),
                now=now,
                parts=[ALL_SLOTS],
                send=self.couriers.send,
                nap=nap,
                chores=[self._refresh, self._reloader.chore(processor, [ALL_SLOTS]), Pruning(self.database, keep)],
                listeners=Listeners(
                    taken=self.metrics.event_taken,  # type: ignore[arg-type]
                    lag=self.metrics.lag,
                    late=self.metrics.wakeup_late,
                    failed=lambda problem: self.metrics.store_error(store_fault(problem)),
                    tracer=self._tracer,
                ),
            )
            self.controls = Controls(self)
            self._secrets = {
                key.source: secret_value(key.secret, environ=environ, base=settings.file.parent).encode()
                for key in settings.http.ingest
            }
            for secret in self._secrets.values():
                hide(secret.decode())
        except BaseException:
            if self._place is not None:
                self._place.release()
            self.database.close()
            raise
        self.metrics.expect(
            lanes=rules.book.lanes,
            connectors=list(self.desks.connectors),
            sources=[*self._secrets, *self.desks.connectors],
        )
        self.metrics.partitions_owned(1)
        self.metrics.shadow(
            everything=settings.shadow is True,
            rules=len(settings.shadow) if not isinstance(settings.shadow, bool) else 0,
        )

    # -- life

    def start(self) -> None:
        """Begin; what was underway when it stopped last goes on."""
        self._watermarks.refresh()
        self._thread("owner", self._own)
        for settings in self.settings.connectors:
            poller = Poller(
                self.database,
                self.desks.connectors[settings.name],
                settings,
                order=self.owner.order,
                failing=self._failing,
                refused=self._refused,
                failed=self._connector_failed,
            )
            self._thread(f"poll-{settings.name}", lambda poller=poller: poller.run(self.stopping))  # type: ignore[misc]
        self._open_doors()
        self._thread("figures", self._look_now_and_then)
        _log.info("started", connectors=len(self.desks.connectors))

    def stop(self, seconds: float = 10.0) -> bool:
        """Stop within so many seconds; whether everything ended by itself. What is left goes on at the next start."""
        self.stopping.set()
        self.owner.ring()
        share = seconds / max(1, len(self._threads))
        for thread in self._threads:
            thread.join(share if thread.name != "owner" else seconds * 0.9)
        ended = not any(thread.is_alive() for thread in self._threads)
        self.couriers.close()
        self.desks.close()
        if self._tracer is not None:
            self._tracer.close()
        if self._place is not None:
            self._place.release()
        self.database.close()
        _log.info("stopped", ended=ended)
        return ended

    @property
    def url(self) -> str | None:
        """Where its doors are."""
        return None if self._serving is None else self._serving.url

    def reload(self) -> Json:
        """Load configuration and rulesets anew, all or nothing; what came of it, in words."""
        return self.owner.command(lambda: self._reloader.reload(self.now())).result(timeout=60)  # type: ignore[no-any-return]

    def ask_to_reload(self) -> None:
        """Let the rulesets be loaded anew soon."""
        self.owner.command(lambda: self._reloader.reload(self.now()))

    def _thread(self, name: str, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _own(self) -> None:
        try:
            self.owner.run(self.stopping)
        finally:
            self.stopping.set()  # without its owner a sidecar does nothing any more

    def _refresh(self, _: int) -> bool:
        self._watermarks.refresh()
        return False

    def _open_doors(self) -> None:
        settings = self.settings.http
        limits = Limits(max_body=settings.max_body)
        token = self._place.token if self._place is not None else secrets.token_urlsafe(32)
        app = http_doors(_Doors(self), self._secrets.get, token, limits)
        self._serving = serve(app, settings.host, settings.port, self.stopping, limits)
        self._threads.append(self._serving.thread)
        if self._place is not None:
            self._place.announce(self._serving.url)

    def _look_now_and_then(self) -> None:
        while not self.stopping.is_set():
            self.look()
            self.stopping.wait(_FIGURES_EVERY)

    def look(self) -> None:
        """Look into the store for the metrics."""
        self.metrics.observe_store(store_figures(self.database, self.desks.settings, 1, self.now()))
        for name, budget in self.owner.deliverer.budgets.items():
            self.metrics.breaker(name, budget.state(self.now()))

    # -- what connectors bring

    def _came(self, came: Any) -> None:
        self.owner.answer(came)

    def _connector_failed(self, connector: str, call: str) -> None:
        self.metrics.connector_error(connector, call)  # type: ignore[arg-type]

    def _failing(self, connector: str, error: str) -> None:
        def note() -> None:
            with self.database.write() as connection:
                cursors.fail(connection, connector, error, self.now())

        self.owner.command(note)

    def _refused(self, connector: str, reason: str) -> None:
        """Keep what a connector brought that is no event: a person may want to know."""
        self.metrics.event_taken(connector, "refused")
        self.owner.command(lambda: self.controls.refused(connector, reason))


class _Doors:
    """What the HTTP doors ask of a sidecar."""

    def __init__(self, sidecar: Sidecar) -> None:
        self._sidecar = sidecar

    async def take(self, events: Sequence[Event], source: str) -> Taken:
        taken = await self._order(Order(events, source))
        return Taken(taken.new, taken.duplicates)

    async def webhook(self, connector: str, headers: Mapping[str, str], body: bytes) -> Taken:
        found = self._sidecar.desks.connectors.get(connector)
        if found is None:
            raise UnknownConnector(connector)
        found.verify_webhook(headers, body, self.now())
        events = found.parse_webhook(headers, body)
        taken = await self._order(Order(events, connector))
        return Taken(taken.new, taken.duplicates)

    async def _order(self, order: Order) -> TakenIn:
        owner = self._sidecar.owner
        if owner.waiting_orders > MOST_WAITING or owner.error is not None or self._sidecar.stopping.is_set():
            raise Busy(2)
        done: Future[TakenIn] = owner.order(order)
        try:
            return await asyncio.wrap_future(done)
        except StoppingError:
            raise Busy(5) from None

    def health(self) -> Health:
        owner = self._sidecar.owner
        reasons = []
        if owner.error is not None:
            reasons.append(f"the store fails: {owner.error}")
        turned = owner.turned
        stuck = turned is not None and monotonic() - turned > _STUCK
        if stuck:
            reasons.append("nothing was decided for more than half a minute")
        if self._sidecar.stopping.is_set():
            reasons.append("it is stopping")
        return Health(alive=not stuck, ready=not reasons and turned is not None, reasons=tuple(reasons))

    def metrics(self) -> bytes:
        return self._sidecar.metrics.exposition()

    async def control(self, command: str, arguments: Mapping[str, Json], who: str) -> Json:
        return await self._sidecar.controls.ask(command, arguments, who)

    def now(self) -> int:
        return self._sidecar.now()


def open_store_for_writing(
    settings: Settings, environ: Mapping[str, str], now: int
) -> tuple[Place | None, tuple[Any, Any, bytes]]:
    """Take the place beside an SQLite store, bring the schema up to date, and open it."""
    from casewarden.config.secrets import store_url  # noqa: PLC0415
    from casewarden.store.database import Database  # noqa: PLC0415

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
