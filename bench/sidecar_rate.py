"""From ingest to decision and delivery: processor time of an event in a sidecar, on SQLite and on PostgreSQL.

Each case has seven events within two days; they are taken in a hundred at a time, as many small requests are on a busy
desk, decided, and what rules ask for is delivered to a helpdesk that obeys at once. On SQLite every commit is through
to the disk (`synchronous = FULL`). The peer is SQLite itself: the rows that came of it, written by `executemany` of
Python's own driver into an empty store with the same tables and indexes, in as many transactions as there were batches.
On PostgreSQL two processes have half of the partitions each and work at the same time; the server's own processor time
stands beside theirs.

python bench/sidecar_rate.py            # both databases
python bench/sidecar_rate.py --profile  # where the time goes on SQLite, into bench/profiles
"""

import cProfile
import io
import multiprocessing
import pstats
import sqlite3
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from casewarden.model.event import Event
from casewarden.store.slots import partition
from sidecar_bed import Bed, configure, folder, silence, starter, traffic
from sidecar_postgres import NoPostgresError, postgres

CASES: Final = 600
FEWER: Final = 200  # on PostgreSQL, where each commit waits for the disk twice over
AT_ONCE: Final = 100
WARM: Final = 3  # batches
ROUNDS: Final = 3
RULES: Final[dict[str, Path | int]] = {"starter ruleset": starter(), "50 rules": 50}
PROFILES: Final = Path(__file__).parent / "profiles"
Batches = Sequence[Sequence[Event]]


@dataclass(frozen=True)
class Figures:
    """What so many events took: seconds of processor time and on the clock; `raw` of the rows alone."""

    events: int
    cpu: float
    wall: float
    decisions: int
    delivered: int
    raw: float = 0.0

    def line(self, what: str) -> str:
        ratio = f"{self.cpu / self.raw:8.1f}" if self.raw else " " * 8
        return (
            f"{what:36}{ratio}{1e6 * self.cpu / self.events:8,.0f}{self.events / self.cpu:8,.0f}"
            f"{self.events / self.wall:8,.0f}{self.decisions / self.events:8.2f}{self.delivered / self.events:8.2f}"
        )


HEAD: Final = f"{'':36}{'/ rows':>8}{'us/event':>8}{'/s cpu':>8}{'/s wall':>8}{'decided':>8}{'actions':>8}"


def fed(bed: Bed, batches: Batches) -> Figures:
    """Feed all but the first batches, which warm it up, under the clocks."""
    bed.feed(batches[:WARM])
    decisions, delivered = bed.decisions, bed.delivered
    wall, cpu = time.perf_counter(), time.process_time()
    bed.feed(batches[WARM:])
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Figures(sum(map(len, batches[WARM:])), cpu, wall, bed.decisions - decisions, bed.delivered - delivered)


def on_sqlite(rules: Path | int) -> Figures:
    batches = traffic(CASES, rules, AT_ONCE)
    with folder() as where:
        bed = Bed(configure(where, rules=rules))
        try:
            found = fed(bed, batches)
        finally:
            bed.close()
        share = found.events / sum(map(len, batches))
        raw = share * rows_alone(where / "casewarden.db", len(batches))
    return Figures(found.events, found.cpu, found.wall, found.decisions, found.delivered, raw)


def rows_alone(store: Path, transactions: int) -> float:
    """Seconds of processor time to write all rows of a store into an empty one, in so many transactions."""
    beside = store.with_name("beside.db")
    with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(beside, isolation_level=None)) as target:
        made = source.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type = 'index'").fetchall()
        tables = [name for (name,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: source.execute(f"SELECT * FROM {name}").fetchall() for name in tables}
        target.execute("PRAGMA journal_mode = WAL")
        target.execute("PRAGMA synchronous = FULL")
        for (statement,) in made:
            target.execute(statement)
        begun = time.process_time()
        for number in range(transactions):
            target.execute("BEGIN IMMEDIATE")
            for name, found in rows.items():
                part = found[number * len(found) // transactions : (number + 1) * len(found) // transactions]
                if part:
                    target.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(part[0]))})", part)
            target.execute("COMMIT")
        return time.process_time() - begun


def worker(number: int, where: Path, store: str, rules: Path | int, ready, results) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001  # queues and a barrier
    """One of two processes on PostgreSQL: half of the partitions, and the cases in them."""
    silence()
    where.mkdir()
    slots = partition(number, 2)
    bed = Bed(configure(where, rules=rules, store=store), slots=slots)
    batches = traffic(FEWER, rules, AT_ONCE, slots)
    ready.wait(120)
    results.put(fed(bed, batches))
    bed.close()


def on_postgres(rules: Path | int) -> tuple[list[Figures], float]:
    """The figures of both processes, and the processor time that the server took meanwhile."""
    context = multiprocessing.get_context("spawn")
    with folder() as where, postgres() as server:
        store = server.new("bench")
        ready, results = context.Barrier(3), context.Queue()
        workers = []
        for number in (0, 1):
            arguments = (number, where / str(number), store, rules, ready, results)
            workers.append(context.Process(target=worker, args=arguments))
        configure(where, rules=rules)
        for each in workers:
            each.start()
        ready.wait(120)
        before = server.cpu()
        figures = [results.get(timeout=300) for _ in workers]
        used = server.cpu() - before
        for each in workers:
            each.join()
    return figures, used


def profile(what: str, rules: Path | int) -> None:
    """Keep the forty functions that take most of the time."""
    with folder() as where:
        bed, batches = Bed(configure(where, rules=rules)), traffic(CASES, rules, AT_ONCE)
        bed.feed(batches[:WARM])
        profiler = cProfile.Profile()
        profiler.runcall(bed.feed, batches[WARM:])
        bed.close()
    told = io.StringIO()
    pstats.Stats(profiler, stream=told).strip_dirs().sort_stats("tottime").print_stats(40)
    lines = [line.rstrip() for line in told.getvalue().splitlines() if line.strip()]
    name = what.replace(" ", "-")
    PROFILES.mkdir(exist_ok=True)
    text = f"python bench/sidecar_rate.py --profile: {what}, {CASES} cases; under the profiler all takes twice as long"
    (PROFILES / f"sidecar-{name}.txt").write_text("\n".join([text, *lines]) + "\n", encoding="utf-8")


def main() -> None:
    silence()
    if "--profile" in sys.argv:
        for what, rules in RULES.items():
            profile(what, rules)
        return
    print(HEAD)
    for what, rules in RULES.items():
        rounds = sorted((on_sqlite(rules) for _ in range(ROUNDS)), key=lambda one: one.cpu / one.events)
        print(rounds[ROUNDS // 2].line(f"SQLite, one process, {what}"), flush=True)
    for what, rules in RULES.items():
        try:
            figures, used = on_postgres(rules)
        except NoPostgresError as problem:
            print(f"PostgreSQL, {what}: not measured: {problem}")
            continue
        for number, each in enumerate(figures, start=1):
            print(each.line(f"PostgreSQL, process {number} of 2, {what}"))
        events = sum(each.events for each in figures)
        print(f"{'the server itself':36}{'':8}{1e6 * used / events:8,.0f}", flush=True)


if __name__ == "__main__":
    main()
