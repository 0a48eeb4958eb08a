"""The tests' own PostgreSQL: what a run that was killed has left is taken away, whatever its number means by now."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import psycopg

from support.postgres import Server


def test_a_server_that_died_is_taken_away(own_postgres: Callable[[bool], Server]) -> None:
    server = own_postgres(False)
    number = server.folder / "data" / "postmaster.pid"
    with psycopg.connect(server.url()) as connection:
        connection.execute("SELECT 1")
    os.kill(int(number.read_text(encoding="ascii").split()[0]), signal.SIGQUIT)
    while number.exists():  # it takes its number away at the end
        os.sched_yield()
    number.write_text(f"{os.getpid()}\n", encoding="ascii")  # as after a boot: it is another's now

    server.remove()

    assert not server.folder.exists()


def test_a_server_that_runs_is_stopped_first(own_postgres: Callable[[bool], Server]) -> None:
    server = own_postgres(False)
    process = int((server.folder / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0])

    server.remove()

    assert not Path(f"/proc/{process}/fd").exists() or not list(Path(f"/proc/{process}/fd").iterdir())
