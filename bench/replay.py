"""Replay of the incident log: cases a second on one core and on two, and memory for one and for twenty times its size.

python bench/replay.py [LOG]      # the log is looked for beside the checkout if none is named
"""

import csv
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
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


def replay(log: Path, jobs: int) -> tuple[int, int, float, float]:
    """Cases, decisions, seconds on the clock, seconds of processor time of this process."""
    ruleset, _ = load(HERE / "ruleset.yaml")
    mapping = load_mapping(HERE / "mapping.yaml", Diagnostics())
    assert ruleset is not None
    assert mapping is not None
    source = open_table(log, mapping)
    begun, worked = time.perf_counter(), time.process_time()
    cases = decisions = 0
    for part in Replay(compile_ruleset(ruleset), HERE / "ruleset.yaml", source, Setting(), jobs).parts(Extent()):
        cases += part.tally.cases
        decisions += part.tally.decisions
    return cases, decisions, time.perf_counter() - begun, time.process_time() - worked


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
    with tempfile.TemporaryDirectory() as folder:
        few, many = copies(log, Path(folder) / "few.csv", 4), copies(log, Path(folder) / "many.csv", 20)
        replay(log, 1)  # warm
        cases, decisions, seconds, worked = replay(few, 1)
        print(f"one core:  {cases / seconds:7,.0f} cases/s, {cases / worked:7,.0f} per second of processor time")
        print(f"           {decisions / cases:.1f} decisions a case, {1e6 * worked / decisions:,.0f} us a decision")
        both, _, seconds_both, _ = replay(few, 2)
        print(f"two cores: {both / seconds_both:7,.0f} cases/s, {seconds / seconds_both:.2f} times one core")
        small, large = apart(peak, few), apart(peak, many)
        print(f"memory:    {small / 1024:,.0f} MiB for {cases:,} cases, {large / 1024:,.0f} MiB for {5 * cases:,}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else LOG)
