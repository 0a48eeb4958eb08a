"""Fixtures of the tests of rollouts."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from casewarden.decide import compile_ruleset
from casewarden.service.ruleset_sources import written_of
from casewarden.store.database import Database
from support.rolling import Rolling
from support.small import at

Make = Callable[..., Rolling]


@pytest.fixture
def make(tmp_path: Path, sqlite_template: Path) -> Iterator[Make]:
    """Make benches, each with a store of its own on SQLite and a ruleset in force from the beginning."""
    with ExitStack() as stack:

        def one(said: str, now: str = "mon 07:00", **more: object) -> Rolling:
            path = tmp_path / f"{len(list(tmp_path.iterdir()))}.db"
            path.write_bytes(sqlite_template.read_bytes())
            database = Database(f"sqlite:///{path}")
            hasty = database.engine().raw_connection()
            hasty.cursor().execute("PRAGMA synchronous = OFF")  # nothing here is about a power cut
            hasty.close()
            return stack.enter_context(rolling(database, said, now, **more))

        yield one


@contextmanager
def rolling(database: Database, said: str, now: str = "mon 07:00", **more: object) -> Iterator[Rolling]:
    """A bench on a store, with a ruleset in force from the beginning."""
    compiled = compile_ruleset(written_of({"small.yaml": said}).ruleset)
    try:
        bench = Rolling(database, compiled, now=at(now), **more)  # type: ignore[arg-type]
        bench.reload(said)
        yield bench
    finally:
        database.close()
