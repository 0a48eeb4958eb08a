"""`Taking`: orders in line, taken in many at once: one transaction for all that wait, and then the answers."""

import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Final

import structlog

from casewarden.model.event import Event
from casewarden.service.intake import Order, StoppingError, Taken, take, take_each
from casewarden.store import cursors
from casewarden.store.database import TROUBLE, Database, is_collision
from casewarden.store.log import Sealing
from casewarden.telemetry.catalogue import EventOutcome
from casewarden.telemetry.traces import Seen, Tracer

MOST_ORDERS: Final = 200
_TRIES: Final = 5
_log = structlog.get_logger("casewarden.taking")


class Taking:
    """Orders come from any thread; `some` is called in one.

    `taken` hears how many events of a source had which outcome, `remember` of the rows that are new.
    """

    def __init__(
        self,
        database: Database,
        sealing: Sealing,
        now: Callable[[], int],
        *,
        taken: Callable[[str, EventOutcome, int], None] = lambda *_: None,
        remember: Callable[[Iterable[tuple[int, Event]]], None] = lambda _: None,
        tracer: Tracer | None = None,
    ) -> None:
        self._database = database
        self._sealing = sealing
        self._now = now
        self._taken = taken
        self._remember = remember
        self._tracer = tracer
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._over: str | None = None
        self._ending = threading.Lock()

    def order(self, order: Order) -> "Future[Taken]":
        """Let events be taken in; done once they stand in the store for good."""
        with self._ending:
            if self._over is None:
                self._orders.put(order)
            else:
                order.done.set_exception(StoppingError(self._over))
        return order.done

    @property
    def waiting(self) -> int:
        """How many orders wait."""
        return self._orders.qsize()

    def some(self) -> bool:
        """Take in what waits, many orders in one transaction, and answer; whether there was anything."""
        orders: list[Order] = []
        while len(orders) < MOST_ORDERS and not self._orders.empty():
            order = self._orders.get()
            if order.done.set_running_or_notify_cancel():  # who asked may have gone away
                orders.append(order)
        if not orders:
            return False
        try:
            self._patiently(orders)
        except TROUBLE as problem:
            for order in orders:
                order.done.set_exception(problem)
            raise
        except Exception:  # noqa: BLE001  # one of them cannot be written: each by itself says which
            for order in orders:
                self._alone(order)
        return True

    def give_up(self, why: str) -> None:
        """Nobody waits for ever: what was not taken in, or comes later, is refused, and may be sent again."""
        with self._ending:
            self._over = why
        while not self._orders.empty():
            self._orders.get().done.set_exception(StoppingError(why))

    def _patiently(self, orders: Sequence[Order]) -> None:
        """Take orders in; where two processes got into each other's way PostgreSQL ends one, which tries again."""
        for left in reversed(range(_TRIES)):
            try:
                return self._together(orders)
            except TROUBLE as problem:
                if not left or not is_collision(problem):
                    raise
        return None

    def _together(self, orders: Sequence[Order]) -> None:
        with self._database.write() as connection:
            now = self._database.now(connection, self._now())
            taken = take_each(connection, self._sealing, [order.events for order in orders], now)
            for cursor in [order.cursor for order in orders if order.cursor is not None]:
                cursors.move(connection, cursor.connector, cursor.cursor, cursor.complete_through, now)
        for order, one in zip(orders, taken, strict=True):
            for (source, outcome), count in one.counts.items():
                self._taken(source, outcome, count)
            self._remember(one.rows)
            self._trace([event for _, event in one.rows])
            order.done.set_result(Taken(len(one.rows), len(order.events) - len(one.rows)))

    def _trace(self, events: Sequence[Event]) -> None:
        """Begin the traces of events that are in the store now."""
        for event in events if self._tracer is not None else ():
            assert self._tracer is not None
            with self._tracer.ingest(Seen(event.subject, event.seen_at, event.source, event.key)):
                pass

    def _alone(self, order: Order) -> None:
        """Take one order in; of a connector's page what can be written is kept, and what cannot is told."""
        try:
            self._patiently([order])
        except TROUBLE as problem:
            order.done.set_exception(problem)
            raise
        except Exception as problem:  # noqa: BLE001  # it is the sender's, and reaches him
            if order.cursor is None:
                order.done.set_exception(problem)
                return
            _log.warning("event_refused", connector=order.source, exc_info=True)
            kept, refused = self._writable(order.events)
            done: Future[Taken] = Future()
            try:
                self._patiently([replace(order, events=kept, done=done)])
            except Exception as again:
                order.done.set_exception(again)
                if isinstance(again, TROUBLE):
                    raise
                return
            taken = done.result()
            order.done.set_result(Taken(taken.new, taken.duplicates, tuple(refused)))

    def _writable(self, events: Sequence[Event]) -> tuple[list[Event], list[str]]:
        """Tell the events that the store takes from those that it does not, by trying each and taking it back."""
        kept: list[Event] = []
        refused: list[str] = []
        for event in events:
            try:
                with self._database.write() as connection, connection.begin_nested() as trial:
                    take(connection, self._sealing, [event], self._now())
                    trial.rollback()
            except TROUBLE:
                raise
            except Exception as problem:  # noqa: BLE001  # told to the operator with the event's key
                refused.append(f"the event {event.key!r} cannot be stored: {type(problem).__name__}")
            else:
                kept.append(event)
        return kept, refused
