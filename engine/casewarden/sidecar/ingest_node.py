"""`IngestNode`: doors for events and webhooks before a store on PostgreSQL, and nothing else; any number may run.

What waits at the moment is written in one transaction, which rings the bell of the workers once, and then answered.
"""

import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from time import monotonic
from typing import Final

import structlog
from sqlalchemy import text

from casewarden.config.secrets import secret_value
from casewarden.config.settings import Settings
from casewarden.model.event import Json
from casewarden.service.desks import Desks
from casewarden.service.figures import store_figures
from casewarden.service.intake import Order, Taken
from casewarden.service.taking import Taking
from casewarden.sidecar.assembly import connect, open_store_for_writing
from casewarden.sidecar.doors import MOST_WAITING, STUCK, IntakeDoors
from casewarden.sidecar.running import VERSION
from casewarden.sidecar.workers import Place, require_shared
from casewarden.store.database import TROUBLE, Database
from casewarden.store.log import Sealing
from casewarden.telemetry.failures import store_fault
from casewarden.telemetry.hiding import hide
from casewarden.telemetry.metrics import Metrics
from casewarden.web.app import http_doors
from casewarden.web.doors import ControlError, Health
from casewarden.web.limits import Limits
from casewarden.web.serve import Serving, serve

_LOOK_EVERY: Final = 15.0
_REST: Final = 1.0
_PROBE: Final = text("SELECT 1")
_log = structlog.get_logger("casewarden.ingest")


class IngestNode:
    """Started with `start`, ended with `stop`. `now` is the host's clock; events are learnt of by the store's."""

    def __init__(
        self,
        settings: Settings,
        *,
        environ: Mapping[str, str],
        now: Callable[[], int],
        plugins: Iterable[object] = (),
        listen_at: Place | None = None,
    ) -> None:
        require_shared(settings, environ, "`casewarden serve` takes events in by itself")
        self.settings = settings
        self.now = now
        self.stopping = threading.Event()
        self.metrics = Metrics(VERSION)
        self.error: str | None = None
        self.turned: float | None = None
        self._at = listen_at or Place(settings.http.host, settings.http.port)
        self._serving: Serving | None = None
        self._bell = threading.Event()
        _, (database, sealing, _) = open_store_for_writing(settings, environ, now())
        self.database: Database = database
        self._sealing: Sealing = sealing
        try:
            self.desks = Desks(connect(settings, environ, plugins), settings.connectors)
            self._secrets = {
                key.source: secret_value(key.secret, environ=environ, base=settings.file.parent).encode()
                for key in settings.http.ingest
            }
        except BaseException:
            database.close()
            raise
        for secret in self._secrets.values():
            hide(secret.decode())
        self._taking = Taking(database, sealing, now, taken=self.metrics.event_taken)
        self.metrics.expect(lanes=(), connectors=(), sources=[*self._secrets, *self.desks.connectors])
        self._thread = threading.Thread(target=self._write, name="writer", daemon=True)

    def start(self) -> None:
        """Open the doors."""
        self._thread.start()
        limits = Limits(max_body=self.settings.http.max_body)
        app = http_doors(_Doors(self), self._secrets.get, secrets.token_urlsafe(32), limits)
        self._serving = serve(app, self._at.host, self._at.port, self.stopping, limits)
        _log.info("started", connectors=len(self.desks.connectors))

    def stop(self, seconds: float = 10.0) -> bool:
        """End within so many seconds; whether everything ended by itself. What was not taken in is refused."""
        self.stopping.set()
        self._bell.set()
        threads = [self._thread, *([] if self._serving is None else [self._serving.thread])]
        deadline = monotonic() + seconds
        for thread in threads:
            thread.join(max(0.0, deadline - monotonic()))
        ended = not any(thread.is_alive() for thread in threads)
        self.desks.close()
        self.database.close()
        _log.info("stopped", ended=ended)
        return ended

    @property
    def url(self) -> str | None:
        """Where its doors are."""
        return None if self._serving is None else self._serving.url

    def ask_to_reload(self) -> None:
        """There is nothing to load anew: rulesets are the workers'."""
        _log.info("nothing_to_reload")

    def order(self, order: Order) -> "Future[Taken]":
        """Let events be taken in; done once they stand in the store for good."""
        done = self._taking.order(order)
        self._bell.set()
        return done

    def is_full(self) -> bool:
        """Whether nothing more is taken at the moment."""
        return self._taking.waiting > MOST_WAITING or self.error is not None or self.stopping.is_set()

    # -- the thread that writes

    def _write(self) -> None:
        looked = -_LOOK_EVERY
        try:
            while not self.stopping.is_set():
                if self._guarded(look=monotonic() - looked >= _LOOK_EVERY):
                    looked = monotonic()
                self._bell.wait(_REST)
        finally:
            self.stopping.set()  # without its writer it does nothing any more
            self._taking.give_up("the process is stopping")

    def _guarded(self, *, look: bool) -> bool:
        """Take in what waits, and perhaps look into the store for the metrics; a store that fails is tried again."""
        self._bell.clear()
        try:
            if self.error is not None:
                with self.database.read() as connection:
                    connection.execute(_PROBE)
            while self._taking.some():
                self.turned = monotonic()
            if look:
                partitions = self.settings.partitions
                self.metrics.observe_store(store_figures(self.database, self.desks.settings, partitions, self.now()))
        except TROUBLE as problem:
            self.error = type(getattr(problem, "orig", None) or problem).__name__
            self.metrics.store_error(store_fault(problem))
            _log.error("store_failed", exc_info=True)  # the log writes exceptions in a form of its own
            return False
        self.error = None
        self.turned = monotonic()
        return look


class _Doors(IntakeDoors):
    """What the HTTP doors ask of an ingest node."""

    def __init__(self, node: IngestNode) -> None:
        super().__init__(node.order, node.is_full, node.desks, node.metrics, node.now)
        self._node = node

    def health(self) -> Health:
        """Whether it writes."""
        node = self._node
        reasons = []
        if node.error is not None:
            reasons.append(f"the store fails: {node.error}")
        stuck = node.turned is not None and monotonic() - node.turned > STUCK and node.error is None
        if stuck:
            reasons.append("nothing was written for more than half a minute")
        if node.stopping.is_set():
            reasons.append("it is stopping")
        return Health(alive=not stuck, ready=not reasons and node.turned is not None, reasons=tuple(reasons))

    async def control(self, command: str, arguments: Mapping[str, Json], who: str) -> Json:  # noqa: ARG002
        """Carry out no commands: nothing is decided here."""
        raise ControlError("an ingest node takes no commands", "give them on the command line: the store carries them")
