"""Jobs of procrastinate by which processes share a store on PostgreSQL: one for each partition, one for each poll.

Whoever does a partition's job owns the partition, and does it until it gives the job back. A process is a worker in
procrastinate's sense: a row with a heartbeat. While it lives it also holds an advisory lock in a session of its own, so
that of a process that was killed it is known at once, and only of one that hangs after its heartbeat has failed.
"""

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from socket import gethostname
from typing import Final, LiteralString

import psycopg
from procrastinate import PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy.engine import URL

from casewarden.sidecar.jobs_schema import JOINING_LOCK, SCHEMA
from casewarden.store.slots import partition

PARTITIONS: Final = "casewarden_partitions"
POLLS: Final = "casewarden_polls"
QUEUES: Final = (PARTITIONS, POLLS)
STALE: Final = 5.0
"""Seconds without a heartbeat after which a process counts as dead, though its session still stands."""
HUNG: Final = 8.0
"""Seconds without a heartbeat after which its transactions are ended where they still stand, as the others wait."""
ALIVE_LOCK: Final = 0x4357_0003
"""The first number of the lock that a process holds while it lives; the second is its worker's."""
WRITING_LOCK: Final = 0x4357_0004
"""The same for the lock that is shared by its transactions, and taken alone by who declares it dead."""
_IDLE: Final = 3.0
"""Seconds after which PostgreSQL ends a transaction of this process about jobs in which nothing happens.

A process that is stopped between a heartbeat and its commit holds the row that others have to delete. They wait for
that in the thread that beats, and so less than they may be silent for.
"""
_SHARES: Final[LiteralString] = (
    "SELECT worker.id, count(job.id) AS has FROM procrastinate_workers AS worker LEFT JOIN procrastinate_jobs AS job "
    "ON job.worker_id = worker.id AND job.status = 'doing' AND job.queue_name = %(queue)s "
    "WHERE NOT EXISTS (SELECT 1 FROM leaving WHERE leaving.worker = worker.id) GROUP BY worker.id"
)
_BURY: Final[LiteralString] = """
WITH silent AS MATERIALIZED (
    SELECT id, pg_try_advisory_xact_lock(%(alive)s, id::integer) AS is_gone,
        last_heartbeat < now() - make_interval(secs => %(stale)s) AS is_stale
    FROM procrastinate_workers WHERE id <> %(me)s
), dead AS MATERIALIZED (
    SELECT id, is_gone FROM silent WHERE (is_gone OR is_stale) AND pg_try_advisory_xact_lock(%(writing)s, id::integer)
)
DELETE FROM procrastinate_workers AS worker USING dead
WHERE worker.id = dead.id AND (dead.is_gone OR worker.last_heartbeat < now() - make_interval(secs => %(stale)s))
RETURNING worker.id
"""

_CUT_OFF: Final[LiteralString] = """
SELECT pg_terminate_backend(lock.pid) FROM pg_locks AS lock JOIN procrastinate_workers AS worker
    ON lock.classid::bigint = %(writing)s AND lock.objid::bigint = worker.id
WHERE lock.locktype = 'advisory' AND lock.granted AND lock.pid <> pg_backend_pid() AND worker.id <> %(me)s
    AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND worker.last_heartbeat < now() - make_interval(secs => %(hung)s)
"""
_ORPHANS: Final[LiteralString] = (
    "DELETE FROM procrastinate_jobs WHERE status = 'doing' AND worker_id IS NULL AND queue_name = ANY(%(queues)s)"
)


class DisagreementError(Exception):
    """Other processes cut the same store into another number of partitions; the message says so."""


@dataclass(frozen=True, slots=True, order=True)
class Duty:
    """What one process does at a time: own a partition (`name` is its number), or poll a connector (its name)."""

    queue: str
    name: str

    @property
    def lock(self) -> str:
        """The name of the lock of its job."""
        return f"{'part' if self.queue == PARTITIONS else 'poll'}-{self.name}"

    def part(self, partitions: int) -> range | None:
        """The slots of a partition; None for a poll."""
        return partition(int(self.name), partitions) if self.queue == PARTITIONS else None

    def job(self) -> Job:
        """A job of it, to be deferred."""
        return Job(
            queue=self.queue,
            lock=self.lock,
            queueing_lock=self.lock,
            task_name=self.queue.removesuffix("s"),
            task_kwargs={"name": self.name},
        )

    @staticmethod
    def of(job: Job) -> "Duty":
        """The duty of a job."""
        return Duty(job.queue, str(job.task_kwargs["name"]))


def duties(partitions: int, polls: Iterable[str]) -> list[Duty]:
    """All that there is to do."""
    numbers = (f"{number:04}" for number in range(partitions))
    return [*(Duty(PARTITIONS, number) for number in numbers), *(Duty(POLLS, name) for name in polls)]


@dataclass(frozen=True, slots=True)
class Portion:
    """How many jobs a process is to give back, and up to how many it may have."""

    give: int
    most: int


def portion(shares: Mapping[int, int], me: int, there: int) -> Portion:
    """The portion of one process of so many jobs; what each has is `shares`. All reckon alike, so nobody has to lead.

    Who has less than its part of what all have evenly gets it from those who have most. Whole jobs that are left over
    are for whoever comes first, once everybody has that much.
    """
    known = {me: 0, **shares}
    evenly, over = divmod(there, len(known))
    most = evenly + (over > 0)
    lacking = sum(max(0, evenly - has) for has in known.values()) - max(0, there - sum(known.values()))
    give = max(0, known[me] - most)
    for worker, has in sorted(known.items(), key=lambda pair: (-pair[1], pair[0])):
        part = min(max(0, has - evenly), max(0, lacking))
        lacking -= part
        if worker == me:
            give = max(give, part)
    others_lack = any(has < evenly for worker, has in known.items() if worker != me)
    return Portion(give, evenly if others_lack else most)


def address(url: URL) -> str:
    """The address of a database as PostgreSQL's library reads it, with the schema of the jobs as the one searched.

    Sessions say which process they are of, where the address says nothing else: `pg_stat_activity` shows it. Their
    transactions end by themselves where the process hangs in one.
    """
    known = {
        key: value for key, value in url.translate_connect_args(username="user", database="dbname").items() if value
    }
    said = {key: value if isinstance(value, str) else ",".join(value) for key, value in url.query.items()}
    stated = make_conninfo("", **{**known, **said})
    options = conninfo_to_dict(stated).get("options") or ""
    name = conninfo_to_dict(stated).get("application_name") or f"casewarden {gethostname()[:40]} {os.getpid()}"
    ours = f"-c search_path={SCHEMA} -c idle_in_transaction_session_timeout={int(_IDLE * 1000)}"
    return make_conninfo(stated, options=f"{options} {ours}".strip(), application_name=name)


# -- joining


async def join(line: psycopg.AsyncConnection, partitions: int) -> int:
    """Become one of the processes that share the store; the worker's number.

    It lives as long as `line` stands, which is not in a transaction. DisagreementError.
    """
    async with line.transaction():
        await line.execute("SELECT pg_advisory_xact_lock(%s)", (JOINING_LOCK,))
        await line.execute(_BURY, {"me": 0, "stale": STALE, "alive": ALIVE_LOCK, "writing": WRITING_LOCK})
        await _agree(line, partitions)
        row = await (await line.execute("SELECT worker_id FROM procrastinate_register_worker_v1()")).fetchone()
        if row is None:
            raise AssertionError("procrastinate gave no worker")
        me = int(row[0])
        await line.execute("SELECT pg_advisory_lock(%s, %s)", (ALIVE_LOCK, me))  # before anybody sees the worker
    return me


async def _agree(line: psycopg.AsyncConnection, partitions: int) -> None:
    row = await (await line.execute("SELECT partitions FROM agreed")).fetchone()
    if row == (partitions,):
        return
    others = await (await line.execute("SELECT count(*) FROM procrastinate_workers")).fetchone()
    if row is not None and others != (0,):
        raise DisagreementError(f"the processes that run share {row[0]} partitions, and this one has {partitions}")
    await line.execute("DELETE FROM agreed")
    await line.execute("INSERT INTO agreed (partitions) VALUES (%s)", (partitions,))
    await line.execute("DELETE FROM procrastinate_jobs WHERE queue_name = %s", (PARTITIONS,))


# -- what a process does with jobs


class Jobs:
    """The jobs as one process sees them; opened and closed as a context."""

    def __init__(self, conninfo: str) -> None:
        self._connector = PsycopgConnector(conninfo=conninfo, min_size=1, max_size=2)
        self._manager = JobManager(self._connector)

    async def open(self) -> None:
        """Connect."""
        await self._connector.open_async()

    async def close(self) -> None:
        """Let all connections go."""
        await self._connector.close_async()

    async def beat(self, me: int) -> bool:
        """Say that this process lives; False where others have declared it dead, and its jobs theirs."""
        statement: LiteralString = (
            "UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = %(me)s RETURNING id"
        )
        return bool(await self._connector.execute_query_all_async(statement, me=me))

    async def bury(self, me: int) -> list[int]:
        """Declare dead who died or hangs, and take their jobs away; who that was."""
        values = {"me": me, "stale": STALE, "alive": ALIVE_LOCK, "writing": WRITING_LOCK}
        await self._connector.execute_query_all_async(_CUT_OFF, me=me, writing=WRITING_LOCK, hung=HUNG)
        dead = [int(row["id"]) for row in await self._connector.execute_query_all_async(_BURY, **values)]
        # a new job takes its place: should its worker end it after all, it ends nobody else's
        await self._connector.execute_query_async(_ORPHANS, queues=list(QUEUES))
        return dead

    async def ensure(self, wanted: Iterable[Duty]) -> None:
        """Let there be a job for every duty."""
        statement: LiteralString = "SELECT lock FROM procrastinate_jobs WHERE queue_name = ANY(%(queues)s)"
        rows = await self._connector.execute_query_all_async(statement, queues=list(QUEUES))
        there = {row["lock"] for row in rows}
        missing = [duty.job() for duty in wanted if duty.lock not in there]
        if not missing:
            return
        try:
            await self._manager.batch_defer_jobs_async(missing)
        except AlreadyEnqueued:
            return  # another process was quicker; what is missing still is seen at the next beat

    async def shares(self, queue: str) -> dict[int, int]:
        """How many jobs of a queue each process has; those that are about to leave are left out."""
        rows = await self._connector.execute_query_all_async(_SHARES, queue=queue)
        return {int(row["id"]): int(row["has"]) for row in rows}

    async def fetch(self, me: int, queues: Collection[str]) -> Job | None:
        """Take a job that nobody does, None where there is none."""
        try:
            return await self._manager.fetch_job(list(queues), me)
        except UniqueViolation:
            return None  # another process has taken one of the same lock in the same instant

    async def give_back(self, job: Job) -> None:
        """Let somebody else do a job; all are told."""
        await self.end(job)
        try:
            await self._manager.defer_job_async(Duty.of(job).job())
        except AlreadyEnqueued:
            return  # somebody saw already that it was missing

    async def end(self, job: Job) -> None:
        """End a job that nobody is to do any more."""
        await self._manager.finish_job(job, Status.SUCCEEDED, delete_job=True)

    async def begin_to_leave(self, me: int) -> None:
        """Let others take over this process' share."""
        statement: LiteralString = "INSERT INTO leaving (worker) VALUES (%(me)s) ON CONFLICT (worker) DO NOTHING"
        await self._connector.execute_query_async(statement, me=me)

    async def leave(self, me: int) -> None:
        """Be no longer one of the processes that share the store."""
        await self._manager.unregister_worker(me)
