"""All the figures of docs/performance.md, one table after the other.

A peer that is not installed, and data that is not there, get a row that says so; the rest goes on.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import replay

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Bench:
    """One bench: its file, what it shows, and a file without which it cannot run."""

    file: str
    title: str
    needs: Path | None = None


BENCHES = (
    Bench("matching.py", "Rule matching: 50 rules of three conditions, a case of 21 fields"),
    Bench("decide.py", "A whole decision: 50 rules, five clocks"),
    Bench("worktime.py", "Business time: operations a second"),
    Bench("check.py", "Whole processes: seconds"),
    Bench("replay.py", "Replay of the incident log", replay.LOG),
    Bench("backtest.py", "Backtest of the incident log", replay.LOG),
    Bench("connectors.py", "Connectors: changes in through each, the memory of an export, and webhooks"),
    Bench("sidecar_rate.py", "Sidecar: an event from ingest to decision and delivery"),
    Bench("sidecar_http.py", "Sidecar: from a signed request to the committed decision; lateness of wake-ups"),
    Bench("sidecar_wakeups.py", "Sidecar: a million wake-ups"),
    Bench("sidecar_cases.py", "Sidecar: 100,000 open cases"),
    Bench("sidecar_fanout.py", "Sidecar: an outage that 10,000 cases watch"),
    Bench("sidecar_growth.py", "Sidecar: growth with open cases and rules"),
)


def main() -> None:
    failed = []
    for bench in BENCHES:
        print(f"\n== {bench.title}  (python bench/{bench.file})\n", flush=True)
        if bench.needs is not None and not bench.needs.exists():
            print(f"not measured: {bench.needs.name} is not beside this checkout")
            continue
        if subprocess.run([sys.executable, HERE / bench.file], check=False).returncode != 0:
            failed.append(bench.file)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
