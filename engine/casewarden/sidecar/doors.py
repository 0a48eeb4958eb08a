"""What the HTTP doors ask: of a process that takes events in, and of a whole sidecar."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from time import monotonic
from typing import TYPE_CHECKING, Final

from casewarden.model.event import Event, Json
from casewarden.plugin.contract import WebhookError
from casewarden.service.desks import Desks
from casewarden.service.intake import Order, StoppingError
from casewarden.service.intake import Taken as TakenIn
from casewarden.store.database import TROUBLE
from casewarden.telemetry.metrics import Metrics
from casewarden.web.doors import Busy, Door, Health, Taken, UnknownConnector

if TYPE_CHECKING:
    from casewarden.sidecar.running import Sidecar

MOST_WAITING: Final = 2_000
"""Orders in line before the doors say that they are busy."""
STUCK: Final = 30.0
"""Seconds without a turn after which a process counts as one that hangs."""


class IntakeDoors:
    """Takes events and webhooks in, by `order`, unless `is_closed`.

    `look` is called with the connector of a webhook that has no event: it says that there is something to be polled.
    """

    def __init__(
        self,
        order: "Callable[[Order], Future[TakenIn]]",
        is_closed: Callable[[], bool],
        desks: Desks,
        metrics: Metrics,
        now: Callable[[], int],
        look: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._look = look
        self._order = order
        self._is_closed = is_closed
        self._desks = desks
        self._metrics = metrics
        self._now = now

    async def take(self, events: Sequence[Event], source: str) -> Taken:
        """Take events of a source in."""
        return await self._taken(Order(events, source))

    async def webhook(self, connector: str, headers: Mapping[str, str], body: bytes) -> Taken:
        """Take in what a connector makes of a webhook."""
        if connector not in self._desks.connectors:
            raise UnknownConnector(connector)
        try:
            events = await asyncio.to_thread(self._desks.heard, connector, headers, body, self.now())
        except WebhookError:
            raise
        except Exception:
            self._metrics.connector_error(connector, "webhook")
            raise
        if not events:
            self._look(connector)
        return await self._taken(Order(events, connector))

    async def _taken(self, order: Order) -> Taken:
        if self._is_closed():
            raise Busy(2)
        try:
            taken = await asyncio.wrap_future(self._order(order))
        except (StoppingError, *TROUBLE):
            raise Busy(5) from None
        return Taken(taken.new, taken.duplicates)

    def refused(self, source: str, events: int) -> None:
        """Count events that were refused."""
        self._metrics.event_taken(source, "refused", events)

    def disbelieved(self, door: Door) -> None:
        """Count who is not believed."""
        self._metrics.disbelieved(door)

    def metrics(self) -> bytes:
        """What was measured."""
        return self._metrics.exposition()

    def now(self) -> int:
        """The present instant."""
        return self._now()


class SidecarDoors(IntakeDoors):
    """The doors of a sidecar: its owner takes in, and carries out commands."""

    def __init__(self, sidecar: "Sidecar") -> None:
        owner = sidecar.owner
        super().__init__(owner.order, self._is_full, sidecar.desks, sidecar.metrics, sidecar.now, sidecar.poll_soon)
        self._sidecar = sidecar

    def _is_full(self) -> bool:
        owner = self._sidecar.owner
        return owner.waiting_orders > MOST_WAITING or owner.error is not None or self._sidecar.stopping.is_set()

    def health(self) -> Health:
        """Whether it turns, and whether the store works."""
        owner = self._sidecar.owner
        reasons = []
        if owner.error is not None:
            reasons.append(f"the store fails: {owner.error}")
        turned = owner.turned
        stuck = turned is not None and monotonic() - turned > STUCK
        if stuck:
            reasons.append("nothing was decided for more than half a minute")
        if not self._sidecar.is_member:
            reasons.append("it has lost the other processes")
        if self._sidecar.stopping.is_set():
            reasons.append("it is stopping")
        return Health(alive=not stuck, ready=not reasons and turned is not None, reasons=tuple(reasons))

    async def control(self, command: str, arguments: Mapping[str, Json], who: str) -> Json:
        """Carry out a command."""
        return await self._sidecar.controls.ask(command, arguments, who)


class WatchingDoors(SidecarDoors):
    """The doors of a worker: health and metrics, and nothing comes in."""

    async def webhook(self, connector: str, headers: Mapping[str, str], body: bytes) -> Taken:  # noqa: ARG002
        """Take nothing in: that is for `casewarden ingest`."""
        raise UnknownConnector(connector)
