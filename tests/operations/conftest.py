"""Desks for these tests, and what commands print held against what is kept."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from casewarden.store.database import Database
from operations.desk import Desk, set_up

HERE = Path(__file__).parent


@pytest.fixture
def desk(tmp_path: Path, database: Database, store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk on either database, on Monday at nine."""
    yield from set_up(tmp_path, database, store_url, monkeypatch)


@pytest.fixture
def sqlite_desk(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk on SQLite, for what commands print."""
    database = Database(sqlite_url)
    yield from set_up(tmp_path, database, sqlite_url, monkeypatch)
    database.close()


@pytest.fixture
def snapshot() -> Callable[[str, str], None]:
    """Holds a text against the one that is kept; CASEWARDEN_UPDATE_SNAPSHOTS=1 writes it anew, to be read."""

    def hold(name: str, text: str) -> None:
        kept = HERE / "snapshots" / f"{name}.txt"
        if os.environ.get("CASEWARDEN_UPDATE_SNAPSHOTS") == "1":
            kept.write_text(text, encoding="utf-8")
        assert text == kept.read_text(encoding="utf-8")

    return hold
