"""What the tests of crashes begin with."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from crash.script import script
from crash.truth import end_state, findings
from crash.world import Parent, Store, World, swift_folder
from support.fake_faults import NONE


@pytest.fixture(scope="session")
def parent() -> Iterator[Parent]:
    """Who forks sidecars."""
    parent = Parent()
    yield parent
    parent.close()


@pytest.fixture
def swift() -> Iterator[Path]:
    """A folder in memory where there is one: what a killed process wrote outlives it there as well."""
    folder = Path(tempfile.mkdtemp(prefix="casewarden-crash-", dir=swift_folder()))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def undisturbed(parent: Parent) -> Callable[[int], Mapping[str, Any]]:
    """The end state of the script of a seed where nothing is killed and nothing fails."""
    known: dict[int, Mapping[str, Any]] = {}

    def state(seed: int) -> Mapping[str, Any]:
        if seed not in known:
            with tempfile.TemporaryDirectory(prefix="casewarden-crash-", dir=swift_folder()) as name:
                world = World(parent, Path(name), Store(f"sqlite:///{name}/casewarden.db"), NONE)
                world.run(script(seed))
                assert findings(world.store, world.records, script(seed)) == []
                known[seed] = end_state(world.store)
        return known[seed]

    return state
