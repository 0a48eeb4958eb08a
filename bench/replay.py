"""Replay of the incident log: cases a second in one process and in two, memory for one and for twenty times its size.

Processor time tells what two free cores would give, also on a machine that is shared: of two processes the busier one
counts, and what it takes to begin the other is in it.

python bench/replay.py [LOG]      # the log is looked for beside the checkout if none is named
"""

import csv
import gc
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from casewarden.decide import compile_ruleset
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.load import load
from casewarden.scenario.history import Extent
from casewarden.scenario.mapping_reader import load_mapping
from casewarden.scenario.replay import Replay, Setting
from casewarden.scenario.table import open_table

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "tests" / "incident_log"
LOG = ROOT.parent / "shared" / "data" / "incident_event_log.csv"


def copies(log: Path, to: Path, times: int) -> Path:
    """The log several times over, each time with its own case numbers."""
    with log.open(newline="", encoding="utf-8") as stream:
        heading, *rows = csv.reader(stream)
    with to.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(heading)
        for copy in range(times):
            writer.writerows([f"{row[0]}-{copy:03}", *row[1:]] for row in rows)
    return to


@dataclass(frozen=True)
class Figures:
    """What one replay took: `seconds` on the clock, `own` and `others` of processor time, here and in processes."""

    cases: int
    decisions: int
    seconds: float
    own: float
    others: float


def of_others() -> float:
    """The processor time of all other processes that were begun and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def replay(log: Path, jobs: int) -> Figures:
    """Replay a log in so many processes."""
    ruleset, _ = load(HERE / "ruleset.yaml")
    mapping = load_mapping(HERE / "mapping.yaml", Diagnostics())
    assert ruleset is not None
    assert mapping is not None
    source = open_table(log, mapping)
    begun, own, others = time.perf_counter(), time.process_time(), of_others()
    cases = decisions = 0
    for part in Replay(compile_ruleset(ruleset), HERE / "ruleset.yaml", source, Setting(), jobs).parts(Extent()):
        cases += part.tally.cases
        decisions += part.tally.decisions
    elapsed, own = time.perf_counter() - begun, time.process_time() - own
    return Figures(cases, decisions, elapsed, own, of_others() - others)


def peak(log: Path, result: "multiprocessing.Queue[int]") -> None:
    """The most memory that a replay of this log ever had, in KiB."""
    replay(log, 1)
    result.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def apart(work: Callable[..., None], log: Path) -> int:
    """A figure taken in a process of its own."""
    context = multiprocessing.get_context("spawn")
    result: multiprocessing.Queue[int] = context.Queue()
    process = context.Process(target=work, args=(log, result))
    process.start()
    figure = result.get()
    process.join()
    return figure


def main(log: Path) -> None:
    gc.set_threshold(50_000, 20, 20)  # as the command sets it
    with tempfile.TemporaryDirectory() as folder:
        few, many = copies(log, Path(folder) / "few.csv", 4), copies(log, Path(folder) / "many.csv", 20)
        replay(log, 1)  # warm
        for history in (few, many):
            one, two = replay(history, 1), replay(history, 2)
            busier = max(two.own, two.others)
            print(f"{one.cases:,} cases, {one.decisions / one.cases:.1f} decisions each")
            print(f"  one process:   {one.cases / one.own:7,.0f} cases per second of processor time")
            print(f"                 {1e6 * one.own / one.decisions:7,.0f} us a decision")
            print(f"  two processes: {one.own / busier:7.2f} times one by processor time of the busier")
            print(f"                 {one.seconds / two.seconds:7.2f} times one by the clock")
        small, large = apart(peak, few), apart(peak, many)
        print(f"memory: {small / 1024:,.0f} MiB, {large / 1024:,.0f} MiB")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else LOG)
