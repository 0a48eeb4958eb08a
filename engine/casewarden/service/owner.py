"""`Owner`: the loop that has some partitions to itself: it takes in, decides, wakes, tells, delivers, in one order.

Everything that is written of these partitions is written from its thread. Others hand it orders (events to take in,
answers of connectors, commands), ring its bell, and wait for the answer.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, Final

import structlog
from sqlalchemy import text

from casewarden.model.event import Event
from casewarden.service.deliver import Came, Deliverer, Sent
from casewarden.service.intake import Order, StoppingError, Taken, take
from casewarden.service.neighbours import tell_some
from casewarden.service.process import Processor, next_due
from casewarden.store import cursors
from casewarden.store.database import TROUBLE, Database
from casewarden.store.log import Sealing

NAP: Final = 0.5
"""Seconds that it sleeps at most: what others wrote into the store is found then at the latest."""
MOST_ORDERS: Final = 200
_REST_AFTER_ERROR: Final = 2.0
_NEWS: Final = text("SELECT id FROM fanout LIMIT 1")
_log = structlog.get_logger("casewarden.owner")


@dataclass(frozen=True, slots=True)
class Command:
    """Something that an operator wants done, in the owner's thread between two transactions."""

    run: Callable[[], Any]
    done: "Future[Any]" = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who hears of what an owner does; metrics do. Seconds, counts."""

    taken: Callable[[str, str, int], None] = lambda *_: None
    lag: Callable[[float], None] = lambda _: None
    late: Callable[[float], None] = lambda _: None
    failed: Callable[[Exception], None] = lambda _: None
    turned: Callable[[], None] = lambda: None


class Owner:
    """Owns the slots of `parts`; `send` gives an attempt to a thread that calls the connector.

    `turned` is when it last went round (seconds of a clock that never jumps). It naps at most `nap` seconds.
    """

    def __init__(
        self,
        database: Database,
        sealing: Sealing,
        processor: Processor,
        deliverer: Deliverer,
        *,
        now: Callable[[], int],
        parts: Sequence[range],
        send: Callable[[Sent], None],
        chores: Sequence[Callable[[int], bool]] = (),
        listeners: Listeners | None = None,
        nap: float = NAP,
    ) -> None:
        self.parts = parts
        self.processor = processor
        self.deliverer = deliverer
        self.error: str | None = None
        self.turned: float | None = None
        self._database = database
        self._sealing = sealing
        self._now = now
        self._send = send
        self._chores = chores
        self._listeners = listeners or Listeners()
        self._longest_nap = nap
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Came] = queue.SimpleQueue()
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._bell = threading.Event()
        self._underway = 0
        self._next_try: int | None = None

    # -- from other threads

    def order(self, order: Order) -> "Future[Taken]":
        """Let events be taken in; done once they stand in the store for good."""
        self._orders.put(order)
        self._bell.set()
        return order.done

    def answer(self, came: Came) -> None:
        """Tell what came of an attempt."""
        self._answers.put(came)
        self._bell.set()

    def command(self, run: Callable[[], Any]) -> "Future[Any]":
        """Let something run in the owner's thread."""
        command = Command(run)
        self._commands.put(command)
        self._bell.set()
        return command.done

    def ring(self) -> None:
        """Wake it up: there may be something to do."""
        self._bell.set()

    @property
    def waiting_orders(self) -> int:
        """How many orders wait to be taken in."""
        return self._orders.qsize()

    # -- its own thread

    def run(self, stop: threading.Event) -> None:
        """Turn until it is told to stop; then wait a little for attempts that are underway."""
        self.deliverer.recover(self.parts)
        while not stop.is_set():
            self._guarded(stop)
        deadline = 16  # naps: eight seconds
        while self._underway and deadline:
            deadline -= 1
            self._bell.wait(NAP)
            self._bell.clear()
            self._take_answers()
        self._give_up("the sidecar is stopping")

    def _guarded(self, stop: threading.Event) -> None:
        """One turn, and a nap where there is nothing to do; a store that fails is tried again."""
        try:
            busy = self.turn()
        except TROUBLE as problem:
            self.error = _plainly(problem)
            self._listeners.failed(problem)
            _log.error("store_failed", exc_info=True)
            stop.wait(_REST_AFTER_ERROR)
            return
        self.error = None
        if not busy:
            self._nap()

    def turn(self) -> bool:
        """Do a bit of everything once; whether there was anything to do."""
        self._bell.clear()
        busy = self._take_commands()
        busy |= self._take_orders()
        busy |= self._take_answers()
        done = self.processor.batch(self.parts, self._now())
        for lag in done.lags:
            self._listeners.lag(lag / 1e6)
        for late in done.lateness:
            self._listeners.late(late / 1e6)
        busy |= not done.idle or done.more
        busy |= self._tell()
        busy |= self._deliver()
        for chore in self._chores:
            busy |= chore(self._now())
        self.turned = monotonic()
        self._listeners.turned()
        return busy

    def _take_commands(self) -> bool:
        did = False
        while not self._commands.empty():
            command = self._commands.get()
            did = True
            self.processor.forget()  # a command may erase what a person wrote
            try:
                command.done.set_result(command.run())
            except Exception as problem:  # noqa: BLE001  # it is the asker's to handle, and reaches him
                self.processor.holding.clear()
                command.done.set_exception(problem)
        return did

    def _take_orders(self) -> bool:
        """Take in what came from outside: many orders in one transaction, all answered once it is committed."""
        orders: list[Order] = []
        while len(orders) < MOST_ORDERS and not self._orders.empty():
            orders.append(self._orders.get())
        if not orders:
            return False
        try:
            self._take_together(orders)
        except TROUBLE as problem:
            for order in orders:
                order.done.set_exception(problem)
            raise
        except Exception:  # noqa: BLE001  # one of them cannot be written: each by itself says which
            for order in orders:
                self._take_alone(order)
        return True

    def _take_together(self, orders: Sequence[Order]) -> None:
        with self._database.write() as connection:
            now = self._database.now(connection, self._now())
            taken = [take(connection, self._sealing, order.events, now) for order in orders]
            for cursor in [order.cursor for order in orders if order.cursor is not None]:
                cursors.move(connection, cursor.connector, cursor.cursor, cursor.complete_through, now)
        for order, one in zip(orders, taken, strict=True):
            for (source, outcome), count in one.counts.items():
                self._listeners.taken(source, outcome, count)
            self.processor.remember(one.rows)
            order.done.set_result(Taken(len(one.rows), len(order.events) - len(one.rows)))

    def _take_alone(self, order: Order) -> None:
        """Take one order in; of a connector's page what can be written is kept, and what cannot is told."""
        try:
            self._take_together([order])
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
            self._take_together([replace(order, events=kept, done=done)])
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

    def _take_answers(self) -> bool:
        came: list[Came] = []
        while not self._answers.empty():
            came.append(self._answers.get())
        if not came:
            return False
        try:
            self.deliverer.settle(came, self._now())
        except BaseException:
            for one in came:  # they stand as being sent; what came of them is tried to be written again
                self._answers.put(one)
            raise
        self._underway -= len(came)
        return True

    def _tell(self) -> bool:
        with self._database.read() as connection:
            if connection.execute(_NEWS).first() is None:
                return False
        with self._database.write() as connection:
            return tell_some(connection, self.parts) > 0

    def _deliver(self) -> bool:
        claimed = self.deliverer.claim(self.parts, self._now())
        self._next_try = claimed.next_at
        for sent in claimed.sent:
            self._underway += 1
            self._send(sent)
        return claimed.did > 0

    def _nap(self) -> None:
        """Sleep until something is due, somebody rings, or half a second has passed."""
        now = self._now()
        with self._database.read() as connection:
            due = next_due(connection, self.parts)
        instants = [one for one in (due, self._next_try) if one is not None]
        seconds = min([self._longest_nap, *((one - now) / 1e6 for one in instants if one > now)])
        self._bell.wait(max(0.0, seconds))

    def _give_up(self, why: str) -> None:
        """Nobody waits for ever: what was not taken in is refused, and may be sent again."""
        for waiting in (self._orders, self._commands):
            while not waiting.empty():
                waiting.get().done.set_exception(StoppingError(why))


def _plainly(problem: Exception) -> str:
    """The driver's own words, without the statement and its values."""
    said = getattr(problem, "orig", None) or problem
    return f"{type(said).__name__}: {said}".splitlines()[0][:300]
