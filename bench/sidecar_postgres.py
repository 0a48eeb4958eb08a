"""A PostgreSQL for the figures, which writes through to the disk, and the processor time that it takes itself."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.postgres import NoPostgresError, Server, create_database

__all__ = ["NoPostgresError", "Postgres", "postgres"]
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Postgres:
    """A server of our own; `new` makes an empty database and gives its address."""

    server: Server

    def new(self, name: str) -> str:
        return create_database(self.server.url(), name)

    def cpu(self) -> float:
        """Seconds of processor time that all of it has used, with what has ended."""
        first = (self.server.folder / "data" / "postmaster.pid").read_text().split()[0]
        total = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended
            if stat.parent.name == first:
                total += sum(map(int, fields[11:15]))  # its own and that of those that ended
            elif fields[1] == first:
                total += sum(map(int, fields[11:13]))
        return total / _TICKS


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Start one in a folder of its own; NoPostgresError where there is none to be had."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    folder.chmod(0o755)  # as root the server runs as somebody else
    try:
        server = Server.make(folder / "server", fsync=True)
        try:
            yield Postgres(server)
        finally:
            server.remove()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
