"""Backtest of the incident log, a ruleset against another target: cases a second for each version.

python bench/backtest.py [LOG]      # the log is looked for beside the checkout if none is named
"""

import gc
import sys
import tempfile
import time
from pathlib import Path

from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.scenario.backtest import Backtest, Comparison, Version
from casewarden.scenario.history import Extent
from casewarden.scenario.mapping_reader import load_mapping
from casewarden.scenario.replay import loaded
from casewarden.scenario.table import open_table
from replay import HERE, LOG, copies, of_others


def backtest(log: Path, head: Path, jobs: int) -> tuple[Comparison, float, float, float]:
    """What differs, the seconds on the clock, and of processor time here and in other processes."""
    mapping = load_mapping(HERE / "mapping.yaml", Diagnostics())
    assert mapping is not None
    base = Version(loaded(HERE / "ruleset.yaml"), HERE / "ruleset.yaml")
    begun, own, others = time.perf_counter(), time.process_time(), of_others()
    total = Comparison()
    for part, _ in Backtest(base, Version(loaded(head), head), open_table(log, mapping), jobs=jobs).parts(Extent()):
        total.merge(part)
    elapsed, own = time.perf_counter() - begun, time.process_time() - own
    return total, elapsed, own, of_others() - others


def main() -> None:
    """Print the figures."""
    log = Path(sys.argv[1]) if len(sys.argv) > 1 else LOG
    if not log.is_file():
        sys.exit(f"there is no {log}; name the incident log")
    gc.set_threshold(50_000, 20, 20)  # as the command does
    with tempfile.TemporaryDirectory() as folder:
        text = (HERE / "ruleset.yaml").read_text(encoding="utf-8")
        head = Path(folder) / "head.yaml"
        head.write_text(text.replace("2: 8 business hours", "2: 4 business hours"), encoding="utf-8")
        many = copies(log, Path(folder) / "log.csv", 8)
        for jobs in (1, 2):
            found, elapsed, own, others = backtest(many, head, jobs)
            busier = max(own, others)
            print(
                f"{jobs} process{'es' * (jobs > 1)}: {found.cases:,} cases, {found.changed:,} changed;"
                f" {2 * found.cases / (own + others):,.0f} cases of a version per second of processor time,"
                f" {found.cases / busier:,.0f} a second by both by the busier, {elapsed:.1f} s on the clock"
            )


if __name__ == "__main__":
    main()
