"""What several tests of the demonstration begin with."""

from pathlib import Path

import pytest

from casewarden.demo.rulesets import write_rulesets
from casewarden.demo.world import DESKS


@pytest.fixture(scope="session")
def mains(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """The rulesets of the demonstration, written once."""
    return write_rulesets(tmp_path_factory.mktemp("rulesets"), DESKS)
