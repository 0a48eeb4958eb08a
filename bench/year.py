"""A year of a support team in virtual time: 1,000 customers, 50,000 cases, five policies, invariants at every step.

    python bench/year.py [--cases 50000] [--customers 1000] [--days 365]

The store is on SQLite in memory-backed storage where there is some: what is measured is deciding, not the disk.
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from casewarden.store.database import Database
from casewarden.store.schema import upgrade
from support.year import Size, Year, first_of_january

_MEMORY = Path("/dev/shm")  # a folder of its own is made in it


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000)
    parser.add_argument("--cases", type=int, default=50_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--hours", type=int, default=6, help="hours of virtual time between two looks")
    wanted = parser.parse_args()
    size = Size(wanted.customers, wanted.cases, wanted.days, wanted.hours)
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        database = Database(f"sqlite:///{folder}/year.db")
        upgrade(database)
        cpu, clock = time.process_time(), time.perf_counter()
        lived = Year(database, Path(folder) / "rules", size, first_of_january()).live()
        cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
        megabytes = (Path(folder) / "year.db").stat().st_size / 1e6
        database.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{lived.cases:,} cases, {lived.events:,} events, {lived.decisions:,} decisions, {lived.actions:,} actions")
    print(f"{lived.breaches:,} breaches, each with its proof; {lived.credits:,} credits; no invariant broken")
    print(f"outcomes: {dict(lived.outcomes.most_common())}")
    print(
        f"{cpu:,.0f} s of processor time, {clock:,.0f} s by the clock; {cpu / lived.decisions * 1e6:,.0f} us a decision"
    )
    print(f"{megabytes:,.0f} MB on disk, {peak:,.0f} MB of memory at most")


if __name__ == "__main__":
    main()
