"""Sidecars killed at seeded random moments, beside a helpdesk that fails: they end as if nothing had been.

`make soak` does the same for hours.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from crash.script import script
from crash.truth import differences, end_state, findings
from crash.world import FAULTS, Killer, Parent, Store, World

KILLS: Final = 25
SCRIPT: Final = 1
Undisturbed = Callable[[int], Mapping[str, Any]]


def run(world: World, undisturbed: Undisturbed) -> None:
    """Go through the script, and compare the ends."""
    batches = script(SCRIPT)
    world.run(batches)
    assert world.killed >= KILLS
    with closing(world.store):
        assert findings(world.store, world.records, batches) == []
        assert differences(end_state(world.store), undisturbed(SCRIPT)) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_one_process_on_sqlite(seed: int, parent: Parent, swift: Path, undisturbed: Undisturbed) -> None:
    killer = Killer(seed, KILLS, len(script(SCRIPT)))
    store = Store(f"sqlite:///{swift}/casewarden.db")
    run(World(parent, swift, store, replace(FAULTS, seed=seed), killer=killer, seed=seed), undisturbed)


@pytest.mark.parametrize("seed", [3, 4])
def test_two_processes_on_postgresql(
    seed: int, parent: Parent, swift: Path, postgres_url: str, undisturbed: Undisturbed
) -> None:
    killer = Killer(seed, KILLS, len(script(SCRIPT)))
    faults = replace(FAULTS, seed=seed)
    run(World(parent, swift, Store(postgres_url), faults, lives=2, killer=killer, seed=seed), undisturbed)
