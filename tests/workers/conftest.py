"""What the tests of several processes begin with."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from crash.world import swift_folder
from workers.crew import Crew, Parent
from workers.history import END, history
from workers.reference import ByHand

SCRIPTS = 24


@pytest.fixture(scope="session")
def parent() -> Iterator[Parent]:
    """Who forks workers."""
    parent = Parent()
    yield parent
    parent.close()


@pytest.fixture
def swift() -> Iterator[Path]:
    """A folder in memory where there is one."""
    folder = Path(tempfile.mkdtemp(prefix="casewarden-workers-", dir=swift_folder()))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def crew(parent: Parent, swift: Path, postgres_url: str) -> Iterator[Crew]:
    """Nobody yet, and a store."""
    crew = Crew(parent, swift, postgres_url)
    yield crew
    crew.close()


@pytest.fixture(scope="session")
def alone() -> Callable[[int], Mapping[str, Any]]:
    """The end state of a history of so many scripts in one process."""
    known: dict[int, Mapping[str, Any]] = {}

    def state(scripts: int) -> Mapping[str, Any]:
        if scripts not in known:
            with tempfile.TemporaryDirectory(prefix="casewarden-workers-", dir=swift_folder()) as name:
                known[scripts] = ByHand(Path(name)).run(history(scripts), END)
        return known[scripts]

    return state
