"""`Sidecar`: a process that does everything: owner, connectors, HTTP doors, reloads.

On SQLite it is the only one, and everything is its own. On PostgreSQL it is one of any number that share the work.
"""

import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import monotonic
from typing import Any, Final

import structlog

from casewarden.config.secrets import secret_value
from casewarden.config.settings import ConnectorSettings, IngestKey, Settings
from casewarden.model.decision import Decision
from casewarden.model.event import Json
from casewarden.service.desks import Couriers, Desks, Poller
from casewarden.service.figures import store_figures
from casewarden.service.held import Held
from casewarden.service.owner import NAP, Listeners, Owner
from casewarden.service.pruning import Pruning
from casewarden.service.resting import Resting
from casewarden.sidecar.assembly import Parts, Watermarks, connect, open_store_for_writing, parts_of
from casewarden.sidecar.control import Controls
from casewarden.sidecar.doors import SidecarDoors
from casewarden.sidecar.polling import Polls
from casewarden.sidecar.reload import Reloader, begin
from casewarden.sidecar.renewing import Renewal
from casewarden.sidecar.sharing import Sharing
from casewarden.store import breakers, cursors
from casewarden.store.database import TROUBLE
from casewarden.store.prune import Keep
from casewarden.telemetry import traces
from casewarden.telemetry.failures import store_fault
from casewarden.telemetry.hiding import hide
from casewarden.telemetry.metrics import Metrics
from casewarden.web.app import http_doors
from casewarden.web.limits import Limits
from casewarden.web.serve import Serving, serve

VERSION: Final = "0.1.0"
_FIGURES_EVERY: Final = breakers.TOLD_EVERY / 1e6
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
        self._name = secrets.token_hex(8)
        self.metrics = Metrics(VERSION)
        self._tracer = traces.tracer(enabled=True) if traces.wanted(environ) else None
        self._threads: list[threading.Thread] = []
        self._serving: Serving | None = None
        store = open_store_for_writing(settings, environ, now())
        self._place, (self.database, self.sealing, _) = store[0], store[1]
        try:
            rules = begin(self.database, settings, now())
            self.desks = Desks(
                connect(settings, environ, plugins), settings.connectors, only_records=settings.shadow is True
            )
            self.parts: Parts = parts_of(settings, store[1], rules, self.desks, self.metrics, listen, self._tracer)
            self._watermarks = Watermarks(self.database)
            self._reloader = Reloader(self.database, self.parts.current, rules, self.desks, self.metrics, now())
            self._reloader.require_able()
            processor = self.parts.processor(self._watermarks, self._reloader.directory)
            self._sharing = Sharing(self.database, settings)
            processor.hold = self._sharing.hold
            self.couriers = Couriers(
                self.desks, self._came, self.metrics.connector_error, tracer=self._tracer, is_ours=self._sharing.is_ours
            )
            deliverer = self.parts.deliverer(processor)
            kept = settings.retention
            keep = Keep(kept.dull_decisions, kept.decisions, kept.delivered, kept.trials)
            self.owner = Owner(
                self.database,
                self.sealing,
                processor,
                deliverer,
                self.parts.projector(deliverer),
                now=now,
                parts=self._sharing.at_first,
                is_ours=self._sharing.is_ours,
                send=self.couriers.send,
                nap=nap,
                chores=[
                    self._refresh,
                    self._reloader.chore(processor, self._sharing.owned),
                    self._sharing.of_one(Pruning(self.database, keep)),
                    Resting(self.database, self._sharing.hold, lambda: self._sharing.owned),
                    Renewal(
                        self.database,
                        self.sealing,
                        self._sharing.hold,
                        lambda: self._sharing.owned,
                        lambda: self._reloader.customers,
                    ),
                ],
                listeners=Listeners(
                    taken=self.metrics.event_taken,
                    lag=self.metrics.lag,
                    late=self.metrics.wakeup_late,
                    failed=lambda problem: self.metrics.store_error(store_fault(problem)),
                    owns=self._owns,
                    tracer=self._tracer,
                ),
            )
            self._polls = Polls({one.name: self._poller(one) for one in settings.connectors})
            self._sharing.work_through(self.owner, self._polls)
            self.controls = Controls(self)
            self._secrets = {
                key.source: secret_value(key.secret, environ=environ, base=settings.file.parent).encode()
                for key in self._senders()
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
        self.metrics.shadow(
            everything=settings.shadow is True,
            rules=len(settings.shadow) if not isinstance(settings.shadow, bool) else 0,
        )

    # -- life

    def start(self) -> None:
        """Begin; what was underway when it stopped last goes on."""
        self._watermarks.refresh()
        self._threads += self._sharing.begin()
        self._thread("owner", self._own)
        self._open_doors()
        self._thread("figures", self._look_now_and_then)
        _log.info("started", connectors=len(self.desks.connectors))

    def stop(self, seconds: float = 10.0) -> bool:
        """Stop within so many seconds; whether everything ended by itself. What is left goes on at the next start."""
        self.stopping.set()
        self.owner.ring()
        self._sharing.end()
        deadline = monotonic() + seconds
        threads = [*self._threads, *self._polls.threads]
        for thread in threads:
            thread.join(max(0.0, deadline - monotonic()))
        ended = not any(thread.is_alive() for thread in threads)
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

    @property
    def is_member(self) -> bool:
        """Whether the other processes know of this one; alone it is always so."""
        return self._sharing.is_ours()

    def poll_soon(self, connector: str) -> None:
        """Poll a connector, as its other end says that there is something; another process polls when it does."""
        self._polls.ring(connector)

    def _owns(self, parts: Sequence[range]) -> None:
        self._sharing.owns(parts)
        self.metrics.partitions_owned(len(parts))

    def _refresh(self, _: int) -> bool:
        self._watermarks.refresh()
        return False

    def _open_doors(self) -> None:
        settings = self.settings.http
        limits = Limits(max_body=settings.max_body)
        token = self._place.token if self._place is not None else secrets.token_urlsafe(32)
        hide(token)
        app = http_doors(self._doors(), self._secrets.get, token, limits)
        self._serving = serve(app, *self._listen_at(), self.stopping, limits)
        self._threads.append(self._serving.thread)
        if self._place is not None:
            self._place.announce(self._serving.url)

    def _doors(self) -> SidecarDoors:
        return SidecarDoors(self)

    def _senders(self) -> Sequence[IngestKey]:
        return self.settings.http.ingest

    def _listen_at(self) -> tuple[str, int]:
        return self.settings.http.host, self.settings.http.port

    def _look_now_and_then(self) -> None:
        while not self.stopping.is_set():
            try:
                self.look()
            except TROUBLE as problem:  # the store is in trouble, which the owner tells; it is looked at again later
                self.metrics.store_error(store_fault(problem))
            self.stopping.wait(_FIGURES_EVERY)

    def look(self) -> None:
        """Look into the store for the metrics, and tell others there how this process fares with its connectors."""
        self.metrics.observe_store(
            store_figures(self.database, self.desks.settings, self._sharing.partitions, self.now())
        )
        states = {name: budget.state(self.now()) for name, budget in self.owner.deliverer.budgets.items()}
        for name, state in states.items():
            self.metrics.breaker(name, state)
        if not self.database.is_sqlite:  # where one process does everything it is asked itself
            with self.database.write() as connection:
                breakers.tell(connection, self._name, states, self.database.now(connection, self.now()))

    # -- what connectors bring

    def _poller(self, settings: ConnectorSettings) -> Poller:
        return Poller(
            self.database,
            self.desks.connectors[settings.name],
            settings,
            order=self.owner.order,
            failing=self._failing,
            refused=self._refused,
            failed=self.metrics.connector_error,
        )

    def _came(self, came: Any) -> None:
        self.owner.answer(came)

    def _failing(self, connector: str, error: str) -> None:
        def note() -> None:
            with self.database.write() as connection:
                cursors.fail(connection, connector, error, self.now())

        self.owner.command(note)

    def _refused(self, connector: str, reason: str) -> None:
        """Keep what a connector brought that is no event: a person may want to know."""
        self.metrics.event_taken(connector, "refused")
        self.owner.command(lambda: self.controls.refused(connector, reason))
