"""Kills sidecars, one run after the other, until so many were killed; every run must end like one without kills.

On SQLite one process is killed, on PostgreSQL two. Each run has another seed for the moments of the kills and for the
faults of the helpdesk, and every tenth another script of events. Ends with exit code 1 at the first run that ends
otherwise, and keeps its folder.

python bench/soak.py [--kills 2000] [--store sqlite|postgresql|both] [--seed 1]
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from casewarden.store.database import Database
from casewarden.store.schema import upgrade
from crash.script import script
from crash.truth import differences, end_state, findings
from crash.world import FAULTS, Killer, Parent, Store, World, swift_folder
from support.fake_faults import NONE
from support.postgres import Server, create_database, drop_database

KILLS_A_RUN: Final = 40
RUNS_A_SCRIPT: Final = 10
PROCESSES: Final = {"sqlite": 1, "postgresql": 2}


class Soak:
    """What is needed for runs on some stores, and how many were killed on each."""

    def __init__(self, stores: list[str], resources: ExitStack) -> None:
        self.killed: Counter[str] = Counter()
        self.runs: Counter[str] = Counter()
        self._parent = Parent()
        resources.callback(self._parent.close)
        self._server = _server(resources) if "postgresql" in stores else None
        self._undisturbed: tuple[int, Mapping[str, Any]] = (0, {})

    def run(self, kind: str, seed: int) -> list[str]:
        """One run; what is wrong after it."""
        number = 1 + seed // RUNS_A_SCRIPT
        if self._undisturbed[0] != number:
            found, state, _ = self._go("sqlite", number, None)
            if found:
                return found
            self._undisturbed = (number, state)
        found, state, killed = self._go(kind, number, seed)
        self.killed[kind] += killed
        self.runs[kind] += 1
        return found + differences(state, self._undisturbed[1])

    def _go(self, kind: str, number: int, seed: int | None) -> tuple[list[str], Mapping[str, Any], int]:
        batches = script(number)
        folder = Path(tempfile.mkdtemp(prefix="casewarden-soak-", dir=swift_folder()))
        url = f"sqlite:///{folder}/casewarden.db"
        if kind == "postgresql":
            assert self._server is not None
            url = create_database(self._server.url(), f"soak_{seed}", "soak_template")
        killer = None if seed is None else Killer(seed, KILLS_A_RUN, len(batches))
        faults = NONE if seed is None else replace(FAULTS, seed=seed)
        world = World(self._parent, folder, Store(url), faults, lives=PROCESSES[kind], killer=killer, seed=seed or 0)
        with closing(world.store):
            world.run(batches)
            found = findings(world.store, world.records, batches)
            state = end_state(world.store)
        if found:
            return [*found, f"kept: {folder}"], state, world.killed
        shutil.rmtree(folder)
        if kind == "postgresql":
            assert self._server is not None
            drop_database(self._server.url(), f"soak_{seed}")
        return [], state, world.killed


def _server(resources: ExitStack) -> Server:
    folder = Path(tempfile.mkdtemp(prefix="casewarden-soak-"))
    folder.chmod(0o755)
    resources.callback(shutil.rmtree, folder)
    server = Server.make(folder / "server")
    resources.callback(server.remove)
    database = Database(create_database(server.url(), "soak_template"))
    upgrade(database)
    database.close()
    return server


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=2_000)
    parser.add_argument("--store", choices=[*PROCESSES, "both"], default="both")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    stores = list(PROCESSES) if asked.store == "both" else [asked.store]
    begun = time.monotonic()
    with ExitStack() as resources:
        soak = Soak(stores, resources)
        for seed in count(asked.seed):
            kind = stores[seed % len(stores)]
            wrong = soak.run(kind, seed)
            print(
                f"seed {seed}, {kind}: {soak.killed.total():,} killed after {time.monotonic() - begun:,.0f} s",
                flush=True,
            )
            if wrong:
                sys.exit("\n".join([f"seed {seed} on {kind}:", *wrong]))
            if soak.killed.total() >= asked.kills:
                break
    for kind in stores:
        print(f"{kind}: {soak.killed[kind]:,} processes killed in {soak.runs[kind]} runs; all ended as without kills")


if __name__ == "__main__":
    main()
