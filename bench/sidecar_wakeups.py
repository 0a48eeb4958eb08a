"""A million wake-ups: armed, and popped in order; on SQLite and on PostgreSQL.

Arming is the statement that the sidecar uses, for a thousand subjects in each transaction; popping asks for the two
hundred that are due first, and deletes them. Deciding is left out: sidecar_growth.py has what a wake-up costs with it.
"""

import random
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Final

from sqlalchemy import text

from casewarden.service.writes import _DROP_WAKEUP, _PUT_WAKEUP
from casewarden.store.database import Database
from casewarden.store.schema import upgrade
from casewarden.store.slots import slot_of
from casewarden.store.statements import statement
from sidecar_bed import DAY, START, folder
from sidecar_postgres import NoPostgresError, Postgres, postgres

WAKEUPS: Final = 1_000_000
POPPED: Final = 100_000
AT_ONCE: Final = 1_000
_SUBJECTS: Final = text(
    "INSERT INTO subject (id, lane, name, slot, version, length, head, decided_at, woken, state) "
    "VALUES (:id, 'bench', :name, :slot, 1, 0, :head, 0, 0, 'open')"
)
_FIRST: Final = statement("SELECT subject, due_at FROM wakeup WHERE due_at <= :now ORDER BY due_at LIMIT 200")


def parts(count: int) -> Iterator[range]:
    for start in range(1, count + 1, AT_ONCE):
        yield range(start, min(count + 1, start + AT_ONCE))


def measure(what: str, database: Database, count: int, server: Postgres | None = None) -> None:
    upgrade(database)
    for ids in parts(count):
        rows = [{"id": id_, "name": f"case:{id_}", "slot": slot_of(f"case:{id_}"), "head": bytes(32)} for id_ in ids]
        with database.write() as connection:
            connection.execute(_SUBJECTS, rows)
    pick = random.Random(1)
    due = [START + pick.randrange(30 * DAY) for _ in range(count)]
    wall, cpu, theirs = time.perf_counter(), time.process_time(), server.cpu() if server else 0.0
    for ids in parts(count):
        armed = [{"subject": i, "slot": slot_of(f"case:{i}"), "due_at": due[i - 1], "generation": 1} for i in ids]
        with database.write() as connection:
            _PUT_WAKEUP.run(connection, armed)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    beside = f" and {server.cpu() - theirs:.1f} s of the server" if server else ""
    print(f"{what}: {count:,} armed in {wall:.1f} s, {cpu:.1f} s of processor time{beside}", flush=True)
    popped: list[int] = []
    cpu = time.process_time()
    while len(popped) < min(count, POPPED):
        with database.write() as connection:
            first = _FIRST.ask(connection, now=START + 30 * DAY).all()
            _DROP_WAKEUP.run(connection, [{"subject": row.subject} for row in first])
        popped += [row.due_at for row in first]
    cpu = time.process_time() - cpu
    assert popped == sorted(due)[: len(popped)]
    print(f"{what}: {len(popped):,} popped in order, {1e6 * cpu / len(popped):.1f} us of processor time each")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else WAKEUPS
    with folder() as where, closing(Database(f"sqlite:///{where / 'casewarden.db'}")) as database:
        measure("SQLite", database, count)
    try:
        with postgres() as server, closing(Database(server.new("bench"), own_time=False)) as database:
            measure("PostgreSQL", database, count, server)
    except NoPostgresError as problem:
        print(f"PostgreSQL: not measured: {problem}")


if __name__ == "__main__":
    main()
