"""`Member`: one of the processes that share a store on PostgreSQL. It takes its share of the jobs, and gives back more.

It has a thread with an event loop of its own. A beat each second says that it lives, looks for others that do not, and
compares what it holds with its share; notifications make it look at once. Nobody leads.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from time import monotonic
from typing import Final

import psycopg
import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from procrastinate.manager import get_channel_for_queues
from psycopg import sql
from psycopg_pool import PoolTimeout
from sqlalchemy import Connection, text

from casewarden.service.holds import PARTITION_LOCK, hold_free, share_all
from casewarden.service.writes import NOTIFY
from casewarden.sidecar.assembly import StartError
from casewarden.sidecar.jobs import (
    QUEUES,
    WRITING_LOCK,
    DisagreementError,
    Duty,
    Jobs,
    address,
    duties,
    join,
    portion,
)
from casewarden.sidecar.jobs_schema import SCHEMA, prepare
from casewarden.store.database import Database

BEAT: Final = 1.0
LEASE: Final = 4.0
"""Seconds after a beat for which what this process holds is its own; others wait longer than that for the next beat."""
_REST: Final = 1.0
_PATIENCE: Final = 60.0
_TROUBLE: Final = (psycopg.Error, ConnectorException, PoolTimeout, OSError)
_WRITE: Final = text("SELECT pg_try_advisory_xact_lock_shared(:lock, :me)")
_TAKE: Final = text(
    "SELECT start FROM unnest(CAST(:starts AS integer[])) AS start "  # noqa: S608
    f"WHERE EXISTS (SELECT 1 FROM {SCHEMA}.procrastinate_workers WHERE id = :me) "
    "AND pg_try_advisory_xact_lock(:lock, start)"
)
_log = structlog.get_logger("casewarden.membership")


class LostError(Exception):
    """The others have declared this process dead, or cannot hear it."""


class Member:
    """Begins with `start`, ends with `leave`.

    `begin` is told of a duty that is this process' from now on, `end` of one that is not to be any more: once what it
    returns is done, another process may have it. `mail` is called when something waits in a mailbox. While `turns`
    says no, the process counts as one that hangs.
    """

    def __init__(
        self,
        database: Database,
        partitions: int,
        polls: Sequence[str],
        *,
        begin: Callable[[Duty], None],
        end: Callable[[Duty], "Future[None]"],
        mail: Callable[[], None],
        turns: Callable[[], bool] = lambda: True,
    ) -> None:
        self._conninfo = address(database.url)
        self._partitions = partitions
        self._duties = duties(partitions, polls)
        self._begin = begin
        self._end = end
        self._mail = mail
        self._turns = turns
        self._me: int | None = None
        self._good_until = 0.0
        self._held: dict[int, Job] = {}
        self._ended: dict[int, Future[None]] = {}
        self._going: list[asyncio.Task[None]] = []
        self._joined: Future[None] = Future()
        self._is_leaving = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self.thread = threading.Thread(target=self._run, name="member", daemon=True)

    # -- from other threads

    def start(self) -> None:
        """Join the others; StartError where that cannot be."""
        try:
            prepare(self._conninfo)
        except psycopg.Error as problem:
            raise StartError(f"the jobs of the store cannot be prepared: {type(problem).__name__}") from None
        self.thread.start()
        try:
            self._joined.result(_PATIENCE)
        except DisagreementError as problem:
            fix = "let `partitions` be the same in all configurations; to change it, stop all processes first"
            raise StartError(str(problem), fix) from None
        except TimeoutError:
            raise StartError("the store does not answer", "look whether PostgreSQL runs") from None

    def leave(self) -> None:
        """Give everything back and end; `thread` ends then."""
        self._is_leaving = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    def is_ours(self) -> bool:
        """Whether what this process was given is its own still: nobody else can have taken it by now."""
        return self._is_by_hand or monotonic() < self._good_until

    @property
    def _is_by_hand(self) -> bool:
        """Whether it was never started: somebody turns the owner by hand, and is alone."""
        return self.thread.ident is None

    def hold(self, connection: Connection, slots: Sequence[range]) -> Sequence[range]:
        """Take partitions for a transaction: those that nobody else holds, none where this process was declared dead.

        Who declares it dead waits for the end of this transaction.
        """
        if self._is_by_hand:
            return hold_free(connection, slots)
        if not slots or self._me is None or not share_all(connection):
            return ()
        if not connection.execute(_WRITE, {"lock": WRITING_LOCK, "me": self._me}).scalar_one():
            return ()
        starts = [part.start for part in slots]
        values = {"lock": PARTITION_LOCK, "starts": starts, "me": self._me}
        taken = set(connection.execute(_TAKE, values).scalars())
        return [part for part in slots if part.start in taken]

    # -- its own thread

    def _run(self) -> None:
        asyncio.run(self._live())

    async def _live(self) -> None:
        """Belong to the others, again and again where that ends by itself."""
        self._loop = asyncio.get_running_loop()
        while not self._is_leaving:
            jobs = Jobs(self._conninfo)
            try:
                await jobs.open()
                await self._belong(jobs)
            except DisagreementError as problem:
                if not self._joined.done():
                    self._joined.set_exception(problem)
                    return
                _log.exception("partitions_differ")
            except (LostError, *_TROUBLE):
                _log.warning("membership_lost", exc_info=True)
            finally:
                self._good_until = 0.0
                await self._drop_all()
                await jobs.close()
            await self._pause(_REST)

    async def _belong(self, jobs: Jobs) -> None:
        """Join, and beat until this process leaves, or is lost."""
        async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as line:
            self._me = me = await join(line, self._partitions)
            listening = asyncio.create_task(self._listen(line))
            try:
                await self._beats(jobs, me, listening)
            finally:
                listening.cancel()
                await asyncio.wait([listening])

    async def _beats(self, jobs: Jobs, me: int, listening: "asyncio.Task[None]") -> None:
        is_told = False
        while True:
            begun = monotonic()
            if not self._turns():
                raise LostError("the owner hangs")
            if not await jobs.beat(me):
                raise LostError("others took this process for dead")
            self._good_until = begun + LEASE
            self._look_after(listening)
            if dead := await jobs.bury(me):
                _log.warning("process_died", count=len(dead))
            if self._is_leaving:
                if not is_told:
                    await jobs.begin_to_leave(me)
                    is_told = True
                self._give(jobs, list(self._held))
                if not self._held:
                    await jobs.leave(me)
                    return
            else:
                await jobs.ensure(self._duties)
                await self._share(jobs, me)
            if not self._joined.done():
                self._joined.set_result(None)
            await self._pause(BEAT)

    async def _listen(self, line: psycopg.AsyncConnection) -> None:
        for channel in (NOTIFY, *get_channel_for_queues(QUEUES)):
            await line.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        async for told in line.notifies():
            if told.channel == NOTIFY:
                self._mail()
            else:
                self._wake.set()

    def _look_after(self, listening: "asyncio.Task[None]") -> None:
        """Let what went wrong beside the beats be told here."""
        if listening.done():
            listening.result()
            raise LostError("nothing is heard any more")
        for task in [task for task in self._going if task.done()]:
            self._going.remove(task)
            task.result()

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return
        finally:
            self._wake.clear()

    # -- its share

    async def _share(self, jobs: Jobs, me: int) -> None:
        """Give back what is above this process' share, or take what is free below it."""
        room: dict[str, int] = {}
        for queue in QUEUES:
            there = sum(duty.queue == queue for duty in self._duties)
            mine = portion(await jobs.shares(queue), me, there)
            held = {id_: job for id_, job in self._held.items() if job.queue == queue}
            staying = sorted(held.keys() - self._ended.keys(), key=lambda id_: Duty.of(held[id_]))
            going = len(held) - len(staying)
            self._give(jobs, staying[len(staying) - max(0, mine.give - going) :])
            room[queue] = mine.most - len(held)
        while open_ := [queue for queue in QUEUES if room[queue] > 0]:
            job = await jobs.fetch(me, open_)
            if job is None or job.id is None:
                return
            if Duty.of(job) not in self._duties:
                await jobs.end(job)  # of a connector that this configuration does not have; who has it makes it anew
                continue
            room[job.queue] -= 1
            self._held[job.id] = job
            self._begin(Duty.of(job))

    def _give(self, jobs: Jobs, ids: Iterable[int]) -> None:
        for id_ in ids:
            if id_ not in self._ended:
                self._ended[id_] = self._end(Duty.of(self._held[id_]))
                self._going.append(asyncio.create_task(self._give_back(jobs, id_)))

    async def _give_back(self, jobs: Jobs, id_: int) -> None:
        await asyncio.shield(asyncio.wrap_future(self._ended[id_]))
        await jobs.give_back(self._held[id_])
        del self._held[id_], self._ended[id_]
        self._wake.set()

    async def _drop_all(self) -> None:
        """Let go of all that is held without giving it back: others see by themselves that it is free."""
        for task in self._going:
            task.cancel()
        for id_, job in self._held.items():
            if id_ not in self._ended:
                self._ended[id_] = self._end(Duty.of(job))
        await asyncio.gather(*self._going, return_exceptions=True)
        await asyncio.gather(*(asyncio.wrap_future(one) for one in self._ended.values()))
        for known in (self._going, self._held, self._ended):
            known.clear()
