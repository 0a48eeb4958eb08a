"""Servers as processes: they outlive the test process that started them, and are stopped by their number."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from support.servers.packages import NoServerError

_STOP_S = 10.0


@dataclass(frozen=True, slots=True)
class Process:
    """The first process of a group of its own; what the group says goes to `log`.

    `begun` is when it started, in the system's ticks since boot: its number may be somebody else's after it has ended.
    """

    id: int
    begun: int
    log: Path

    @classmethod
    def start(cls, words: Sequence[str], log: Path, more: Mapping[str, str] | None = None) -> Self:
        """Start a program that stays in the foreground; NoServerError where it is not there."""
        try:
            with log.open("ab") as said:
                started = subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                    start_new_session=True,
                    env=os.environ | (more or {}),
                )
        except OSError as problem:
            raise NoServerError(f"`{words[0]}` does not start: {problem}") from None
        started.returncode = 0  # it is nobody's child in particular: the run's last process stops it
        return cls(started.pid, _begun(started.pid), log)

    @classmethod
    def told(cls, said: Sequence[int], log: Path) -> Self:
        """The one that another process has written down as `named`."""
        return cls(said[0], said[1], log)

    @property
    def named(self) -> tuple[int, int]:
        """What tells it from all others of this machine since boot."""
        return self.id, self.begun

    def runs(self) -> bool:
        """Whether any process of the group is left."""
        with suppress(ChildProcessError):
            os.waitpid(self.id, os.WNOHANG)
        try:
            if _begun(self.id) != self.begun:
                return False
        except FileNotFoundError:
            pass  # the first has ended; others of its group may be left
        try:
            os.killpg(self.id, 0)
        except ProcessLookupError:
            return False
        return True

    def stop(self) -> None:
        """End the whole group: politely, then not."""
        for by in (signal.SIGTERM, signal.SIGKILL):
            if not self.runs():
                return
            with suppress(ProcessLookupError):
                os.killpg(self.id, by)
            until = time.monotonic() + _STOP_S
            while self.runs() and time.monotonic() < until:
                time.sleep(0.02)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(answers: Callable[[], bool], process: Process, seconds: float) -> None:
    """Wait until a server answers; NoServerError with what it said where it ends or takes too long."""
    until = time.monotonic() + seconds
    while not answers():
        if not process.runs() or time.monotonic() > until:
            said = process.log.read_text(encoding="utf-8", errors="replace")[-2_000:]
            process.stop()
            raise NoServerError(f"the server does not come up: {said}")
        time.sleep(0.05)


def _begun(process: int) -> int:
    """When a process started, as proc(5) tells: field 22; the name before it may have spaces in it."""
    return int(
        Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    )
