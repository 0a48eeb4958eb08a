"""`Sidecar`: a process that does everything: owner, connectors, HTTP doors, reloads.

On SQLite it is the only one, and everything is its own. On PostgreSQL it is one of any number that share the work.
"""

import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

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
from casewarden.sidecar.assembly import Parts, StartError, Watermarks, connect, open_store, parts_of
from casewarden.sidecar.control import Controls
from casewarden.sidecar.doors import STUCK, SidecarDoors
from casewarden.sidecar.polling import Polls
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
from casewarden.web.limits import Limits
from casewarden.web.serve import Serving, serve

if TYPE_CHECKING:
    from casewarden.sidecar.jobs import Duty
    from casewarden.sidecar.membership import Member

VERSION: Final = "0.1.0"
_IDLE: Final = 5.0
"""Seconds after which PostgreSQL ends a transaction of a process that hangs in it: others wait for what it holds."""
_LEAST_RATE: Final = 0.01
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
        self._owned: list[range] = []
        self._partitions = 1
        self._serving: Serving | None = None
        store = open_store_for_writing(settings, environ, now())
        self._place, (self.database, self.sealing, _) = store[0], store[1]
        try:
            rules = begin(self.database, settings, now())
            self.desks = Desks(connect(settings, environ, plugins), settings.connectors)
            self.parts: Parts = parts_of(settings, store[1], rules, self.desks, self.metrics, listen, self._tracer)
            self._watermarks = Watermarks(self.database)
            self._reloader = Reloader(self.database, self.parts.current, rules, self.desks, self.metrics, now())
            self._reloader.require_able()
            processor = self.parts.processor(self._watermarks, self._reloader.directory)
            self._member = None if self.database.is_sqlite else self._membership()
            if self._member is not None:
                processor.hold = self._member.hold
            self.couriers = Couriers(
                self.desks, self._came, self._connector_failed, tracer=self._tracer, is_ours=self._is_ours
            )
            kept = settings.retention
            keep = Keep(kept.dull_decisions, kept.decisions, kept.delivered)
            self.owner = Owner(
                self.database,
                self.sealing,
                processor,
                self.parts.deliverer(processor),
                now=now,
                parts=() if self._member is not None else [ALL_SLOTS],
                is_ours=self._is_ours,
                send=self.couriers.send,
                nap=nap,
                chores=[
                    self._refresh,
                    self._reloader.chore(processor, self._owned),
                    self._of_one(Pruning(self.database, keep)),
                ],
                listeners=Listeners(
                    taken=self.metrics.event_taken,  # type: ignore[arg-type]
                    lag=self.metrics.lag,
                    late=self.metrics.wakeup_late,
                    failed=lambda problem: self.metrics.store_error(store_fault(problem)),
                    owns=self._owns,
                    tracer=self._tracer,
                ),
            )
            self._polls = Polls({one.name: self._poller(one) for one in settings.connectors})
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
        self._thread("owner", self._own)
        if self._member is not None:
            self._member.start()
            self._threads.append(self._member.thread)
        else:
            for name in self._polls.names:
                self._polls.begin(name)
        self._open_doors()
        self._thread("figures", self._look_now_and_then)
        _log.info("started", connectors=len(self.desks.connectors))

    def stop(self, seconds: float = 10.0) -> bool:
        """Stop within so many seconds; whether everything ended by itself. What is left goes on at the next start."""
        self.stopping.set()
        self.owner.ring()
        if self._member is None:
            self._polls.end_all()
        else:
            self._member.leave()
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

    # -- its share of the work

    @property
    def is_member(self) -> bool:
        """Whether the other processes know of this one; alone it is always so."""
        return self._is_ours()

    def _is_ours(self) -> bool:
        return self._member is None or self._member.is_ours()

    def _membership(self) -> "Member":
        try:
            from casewarden.sidecar.membership import Member  # noqa: PLC0415  # the extra may be missing
        except ImportError as missing:
            raise StartError(f"PostgreSQL needs {missing.name}", "pip install 'casewarden[postgres]'") from None
        self._partitions = self.settings.partitions
        self.database.end_idle_transactions(_IDLE)
        return Member(
            self.database,
            self._partitions,
            [one.name for one in self.settings.connectors],
            begin=self._begin,
            end=self._end,
            mail=self._ring,
            turns=self._turns,
        )

    def _ring(self) -> None:
        self.owner.ring()

    def _begin(self, duty: "Duty") -> None:
        if (part := duty.part(self._partitions)) is not None:
            self.owner.adopt(part)
        else:
            self._polls.begin(duty.name)

    def _end(self, duty: "Duty") -> "Future[None]":
        part = duty.part(self._partitions)
        return self._polls.end(duty.name) if part is None else self.owner.release(part)

    def _turns(self) -> bool:
        turned = self.owner.turned
        return turned is None or monotonic() - turned < STUCK

    def _owns(self, parts: Sequence[range]) -> None:
        """Its share of each connector's rate is that of the partitions that it owns."""
        self._owned[:] = parts
        self.metrics.partitions_owned(len(parts))
        if self._member is not None:
            _log.info("owns", count=len(parts))
        for one in self.settings.connectors:
            self.owner.deliverer.budgets[one.name].limit(max(_LEAST_RATE, one.rate * len(parts) / self._partitions))

    def _of_one(self, chore: Callable[[int], bool]) -> Callable[[int], bool]:
        """A chore that one process does for all: the one that owns the first partition."""
        return lambda now: bool(self._owned) and self._owned[0].start == 0 and chore(now)

    def _refresh(self, _: int) -> bool:
        self._watermarks.refresh()
        return False

    def _open_doors(self) -> None:
        settings = self.settings.http
        limits = Limits(max_body=settings.max_body)
        token = self._place.token if self._place is not None else secrets.token_urlsafe(32)
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
            self.look()
            self.stopping.wait(_FIGURES_EVERY)

    def look(self) -> None:
        """Look into the store for the metrics."""
        self.metrics.observe_store(store_figures(self.database, self.desks.settings, self._partitions, self.now()))
        for name, budget in self.owner.deliverer.budgets.items():
            self.metrics.breaker(name, budget.state(self.now()))

    # -- what connectors bring

    def _poller(self, settings: ConnectorSettings) -> Poller:
        return Poller(
            self.database,
            self.desks.connectors[settings.name],
            settings,
            order=self.owner.order,
            failing=self._failing,
            refused=self._refused,
            failed=self._connector_failed,
        )

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
