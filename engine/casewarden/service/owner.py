"""`Owner`: the loop that has some partitions to itself: it takes in, decides, wakes, tells, delivers, in one order.

Everything that is written of these partitions is written from its thread. Others hand it orders (events to take in,
answers of connectors, commands), ring its bell, and wait for the answer. Partitions come and go while it turns.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

import structlog

from casewarden.service.deliver import Came, Deliverer, Sent
from casewarden.service.hands import Hands
from casewarden.service.intake import Order, StoppingError, Taken
from casewarden.service.neighbours import tell_some
from casewarden.service.process import Processor
from casewarden.service.projecting import Projector, is_projection
from casewarden.service.taking import Taking
from casewarden.service.waiting import next_due
from casewarden.store.database import TROUBLE, Database, is_collision
from casewarden.store.log import Sealing
from casewarden.store.slots import in_slots, is_in
from casewarden.store.statements import statement
from casewarden.telemetry.catalogue import EventOutcome
from casewarden.telemetry.traces import Tracer

NAP: Final = 0.5
"""Seconds that it sleeps at most: what others wrote into the store is found then at the latest."""
_REST_AFTER_ERROR: Final = 2.0
_STOPPING: Final = "the sidecar is stopping"
_LAST_NAPS: Final = 16
"""How often it naps at its end, for attempts that are underway: eight seconds."""
_log = structlog.get_logger("casewarden.owner")


@dataclass(frozen=True, slots=True)
class Command:
    """Something that an operator wants done, in the owner's thread between two transactions."""

    run: Callable[[], Any]
    done: "Future[Any]" = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who hears of what an owner does; metrics do. Seconds, counts, the partitions that it has from now on."""

    taken: Callable[[str, EventOutcome, int], None] = lambda *_: None
    lag: Callable[[float], None] = lambda _: None
    late: Callable[[float], None] = lambda _: None
    failed: Callable[[Exception], None] = lambda _: None
    turned: Callable[[], None] = lambda: None
    tracer: Tracer | None = None
    owns: Callable[[Sequence[range]], None] = lambda _: None


class Owner:
    """Owns partitions, from its first turn on those of `parts`; `send` gives an attempt to a thread that calls.

    While `is_ours` says no, they count as somebody else's. `turned` is when it last went round (seconds of a clock that
    never jumps). It naps at most `nap` seconds.
    """

    def __init__(
        self,
        database: Database,
        sealing: Sealing,
        processor: Processor,
        deliverer: Deliverer,
        projector: Projector,
        *,
        now: Callable[[], int],
        parts: Sequence[range] = (),
        is_ours: Callable[[], bool] = lambda: True,
        send: Callable[[Sent], None],
        chores: Sequence[Callable[[int], bool]] = (),
        listeners: Listeners | None = None,
        nap: float = NAP,
    ) -> None:
        self.processor = processor
        self.deliverer = deliverer
        self.projector = projector
        self.error: str | None = None
        self.turned: float | None = None
        self._database = database
        self._now = now
        self._is_ours = is_ours
        self._send = send
        self._chores = chores
        self._listeners = listeners or Listeners()
        self._longest_nap = nap
        self._orders = Taking(
            database,
            sealing,
            now,
            taken=self._listeners.taken,
            remember=processor.remember,
            tracer=self._listeners.tracer,
        )
        self._answers: queue.SimpleQueue[Came] = queue.SimpleQueue()
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._hands = Hands(parts)
        self._bell = threading.Event()
        self._ending = threading.Lock()
        self._is_over = False
        self._is_sure = True
        self._next_try: int | None = None
        self._looked_at = 0

    @property
    def parts(self) -> Sequence[range]:
        """The partitions that it has."""
        return self._hands.parts

    # -- from other threads

    def order(self, order: Order) -> "Future[Taken]":
        """Let events be taken in; done once they stand in the store for good."""
        done = self._orders.order(order)
        self._bell.set()
        return done

    def answer(self, came: Came) -> None:
        """Tell what came of an attempt."""
        self._answers.put(came)
        self._bell.set()

    def command(self, run: Callable[[], Any]) -> "Future[Any]":
        """Let something run in the owner's thread."""
        command = Command(run)
        with self._ending:
            if self._is_over:
                command.done.set_exception(StoppingError(_STOPPING))
            else:
                self._commands.put(command)
        self._bell.set()
        return command.done

    def adopt(self, part: range) -> None:
        """Let it work on a partition, from its next turn on at which nobody else holds it."""
        self._hands.adopt(part)
        self._bell.set()

    def release(self, part: range) -> "Future[None]":
        """Let it begin nothing more in a partition; done once nothing of that is underway."""
        done = self._hands.release(part)
        self._bell.set()
        return done

    def ring(self) -> None:
        """Wake it up: there may be something to do."""
        self._bell.set()

    @property
    def waiting_orders(self) -> int:
        """How many orders wait to be taken in."""
        return self._orders.waiting

    # -- its own thread

    def run(self, stop: threading.Event) -> None:
        """Turn until it is told to stop; then wait a little for attempts that are underway."""
        try:
            while not stop.is_set():
                self._guarded(stop)
            self._wind_up()
        finally:
            self._give_up(_STOPPING)

    def _wind_up(self) -> None:
        """Begin nothing more; what has nothing underway is given back at once."""
        self._hands.let_all_go()
        self._listeners.owns(self.parts)
        for _ in range(_LAST_NAPS):
            self._change_hands()
            if self._hands.is_idle:
                break
            self._bell.wait(NAP)
            self._bell.clear()
            self._take_answers()

    def _guarded(self, stop: threading.Event) -> None:
        """One turn, and a nap where there is nothing to do; a store that fails is tried again."""
        try:
            busy = self.turn()
        except TROUBLE as problem:
            if is_collision(problem):  # with another process; one of the two goes first
                self._listeners.failed(problem)
                return
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
        self._looked_at = self._now()
        busy = self._take_commands()
        busy |= self._orders.some()
        busy |= self._take_answers()
        busy |= self._change_hands()
        if self.parts and self._is_ours():
            busy |= self._decide()
            busy |= self._tell()
            busy |= self._deliver()
            busy |= self._project()
        for chore in self._chores:
            busy |= chore(self._now())
        self.turned = monotonic()
        self._listeners.turned()
        return busy

    def _change_hands(self) -> bool:
        """Let partitions go and come; those that somebody else holds still are asked for again at the next turn."""
        hands, before = self._hands, self.parts
        hands.move()
        if hands.coming and self._is_ours():
            joined = self.deliverer.recover(hands.coming)
            for part in joined:
                self.processor.adopt(part)
            hands.come(joined)
        if self.parts == before:
            return False
        self._listeners.owns(self.parts)
        return True

    def _decide(self) -> bool:
        done = self.processor.batch(self.parts, self._now())
        for lag in done.lags:
            self._listeners.lag(lag / 1e6)
        for late in done.lateness:
            self._listeners.late(late / 1e6)
        return not done.idle or done.more

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

    def _take_answers(self) -> bool:
        came: list[Came] = []
        while not self._answers.empty():
            came.append(self._answers.get())
        if not came:
            return False
        known = self._hands.known
        try:
            self.projector.settle([one for one in came if is_projection(one.sent)], self._now())
            waiting = self.deliverer.settle([one for one in came if not is_projection(one.sent)], self._now(), known)
        except BaseException:
            for one in came:  # they stand as being sent; what came of them is tried to be written again
                self._answers.put(one)
            raise
        kept = [one for one in waiting if is_in(one.sent.slot, known)]
        for one in kept:
            self._answers.put(one)
        left = [one for one in waiting if not is_in(one.sent.slot, known)]
        for one in left:
            self.deliverer.budgets[one.sent.connector].came_back()
        if left:
            _log.info("answers_left", count=len(left))  # to those who have the partition now, and ask again
        stays = {id(one) for one in kept}
        self._hands.end(one.sent for one in came if id(one) not in stays)
        return len(kept) < len(came)

    def _tell(self) -> bool:
        where, values = in_slots(self.parts)
        with self._database.read() as connection:
            news = statement(f"SELECT id FROM fanout WHERE {where} LIMIT 1")  # noqa: S608
            if news.ask(connection, **values).first() is None:
                return False
        with self._database.write() as connection:
            return tell_some(connection, self.processor.hold(connection, self.parts)) > 0

    def _deliver(self) -> bool:
        if not self._is_sure and not self.deliverer.reclaim(self.parts, self._hands.sent):
            return False
        self._is_sure = False  # until it is known that what is claimed stands so in the store
        claimed = self.deliverer.claim(self.parts, self._now())
        self._is_sure = True
        self._next_try = claimed.next_at
        for sent in claimed.sent:
            self._hands.begin(sent)
            self._send(sent)
        return claimed.did > 0

    def _project(self) -> bool:
        sent = self.projector.claim(self.parts, self._now())
        for one in sent:
            self._hands.begin(one)
            self._send(one)
        return bool(sent)

    def _nap(self) -> None:
        """Sleep until something is due, somebody rings, or half a second has passed.

        What came due while it turned is due at once; what was due before and was left alone is another's, or waits.
        """
        now = self._now()
        with self._database.read() as connection:
            due = next_due(connection, self.parts)
        instants = [one for one in (due, self._next_try, self.projector.next_at) if one is not None]
        seconds = min([self._longest_nap, *((one - now) / 1e6 for one in instants if one > self._looked_at)])
        self._bell.wait(max(0.0, seconds))

    def _give_up(self, why: str) -> None:
        """Nobody waits for ever: what was not taken in is refused, and may be sent again."""
        with self._ending:
            self._is_over = True
        self._orders.give_up(why)
        while not self._commands.empty():
            self._commands.get().done.set_exception(StoppingError(why))
        self._hands.close()


def _plainly(problem: Exception) -> str:
    """The driver's own words, without the statement and its values."""
    said = getattr(problem, "orig", None) or problem
    return f"{type(said).__name__}: {said}".splitlines()[0][:300]
