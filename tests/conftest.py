"""Fixtures for all tests."""

import os
from pathlib import Path

import pytest

pytest_plugins = ["support.stores", "support.servers.fixtures"]

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder beside the checkout with real policies and histories; tests that need it are skipped without it."""
    if not SHARED.is_dir():
        if os.environ.get("CASEWARDEN_REQUIRE_SHARED") == "1":
            pytest.fail(f"CASEWARDEN_REQUIRE_SHARED=1, but there is no {SHARED}")
        pytest.skip("the real policies and data are not beside this checkout (../shared)")
    return SHARED
