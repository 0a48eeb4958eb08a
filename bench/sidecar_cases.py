"""A store with 100,000 open cases: its size, the time to start on it, memory, backup, and pruning.

Each case was opened and written to, and was decided twice: three entries in its log, a page of text, a contact with a
key of its own. See sidecar_fill.py for how they come into the store.
"""

import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from casewarden.model.instants import iso
from casewarden.store.backup import back_up
from casewarden.store.database import Database
from casewarden.store.prune import Keep, prune
from sidecar_bed import DAY, Bed, configure, folder, silence, starter
from sidecar_fill import FILLED_AT, fill, name_of
from sidecar_process import Asked, serving

CASES: Final = 100_000
CACHED: Final = 10_000
AT_ONCE: Final = 500


def main() -> None:
    silence()
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else CASES
    with folder() as where:
        store = where / "casewarden.db"
        bed = Bed(configure(where, rules=starter()))
        begun = time.process_time()
        fill(bed, cases)
        bed.close()
        print(f"{cases:,} open cases, copied in {time.process_time() - begun:,.0f} s of processor time")
        print(f"on the disk: {store.stat().st_size / 1e6:,.0f} MB, {store.stat().st_size / cases:,.0f} bytes a case")
        starts = []
        for _ in range(3):
            with serving(where, FILLED_AT) as asked:
                starts.append((asked.ready_after, asked.cpu()))
        wall, cpu = sorted(starts)[1]
        print(f"from its start until it is ready: {wall:.1f} s, {cpu:.1f} s of processor time")
        with serving(where, FILLED_AT) as asked:
            print(f"resident, just started: {asked.memory() / 1e6:,.0f} MB")
            touched = min(cases, CACHED + CACHED // 5)
            touch(asked, store, touched)
            print(f"resident, {touched:,} cases touched, {CACHED:,} of them at hand: {asked.memory() / 1e6:,.0f} MB")
        print(f"  at the most: {asked.told['peak'] / 1e6:,.0f} MB")
        after(store, where)


def touch(asked: Asked, store: Path, cases: int) -> None:
    """Let something happen to so many cases, and wait until all of it is decided."""
    connection = asked.connection()
    for start in range(0, cases, AT_ONCE):
        at = iso(asked.now())
        asked.send(connection, [message(number, at) for number in range(start, min(cases, start + AT_ONCE))])
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as reader:
        while reader.execute("SELECT EXISTS (SELECT 1 FROM mailbox)").fetchone()[0]:
            time.sleep(0.2)


def message(number: int, at: str) -> dict[str, object]:
    data = {"public": True, "text": "It still does not work. " * 4}
    return {
        "subject": name_of(number),
        "kind": "message",
        "at": at,
        "by": "customer",
        "key": f"t-{number}",
        "data": data,
    }


def after(store: Path, where: Path) -> None:
    """Backup, then pruning of what is old by two months later."""
    database = Database(f"sqlite:///{store}")
    begun, cpu = time.perf_counter(), time.process_time()
    back_up(database, where / "backup.db", FILLED_AT)
    wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
    print(f"backup, read through: {wall:.1f} s, {cpu:.1f} s of processor time", flush=True)
    begun, cpu = time.perf_counter(), time.process_time()
    pruned = prune(database, Keep(30 * DAY, None, None), FILLED_AT + 60 * DAY)
    wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
    print(f"pruning: {pruned.dull_decisions:,} decisions in {wall:.1f} s, {cpu:.1f} s of processor time", end="")
    print(f", {1e6 * cpu / max(1, pruned.dull_decisions):,.0f} us each")
    database.close()


if __name__ == "__main__":
    main()
