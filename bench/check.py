"""What a person waits for: whole processes, from start to exit, on the clock.

`casewarden --help`, and `casewarden check` of rulesets of 50 and of 2,000 generated rules. Each figure is the median of
several starts, with its processor time beside it, since the clock sees all else that the machine does.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import generated

STARTS = 5


@dataclass(frozen=True)
class Row:
    """One command: seconds on the clock, seconds of processor time, and the aim for the first."""

    what: str
    wall: float
    cpu: float
    aim: float


def once(arguments: list[str]) -> tuple[float, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from casewarden.cli import main; sys.exit(main())", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured(what: str, arguments: list[str], aim: float) -> Row:
    once(arguments)  # byte code and file cache
    walls, cpus = zip(*(once(arguments) for _ in range(STARTS)), strict=True)
    return Row(what, statistics.median(walls), statistics.median(cpus), aim)


def measure() -> list[Row]:
    rows = [measured("casewarden --help", ["--help"], 0.25)]
    with tempfile.TemporaryDirectory() as folder:
        for count, aim in ((50, 0.6), (2000, 3.0)):
            path = Path(folder) / f"rules{count}.yaml"
            path.write_text(generated.ruleset(generated.drawn(count), 5), encoding="utf-8")
            rows.append(measured(f"casewarden check, {count:,} rules", ["check", str(path)], aim))
    return rows


def main() -> None:
    print(f"{'':34}{'s, clock':>10}{'s, CPU':>10}{'aim':>8}")
    for row in measure():
        print(f"{row.what:34}{row.wall:10.2f}{row.cpu:10.2f}{row.aim:8.2f}")


if __name__ == "__main__":
    main()
