"""A sidecar within the test's own process: its store can be done to what no process could do from outside."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import structlog

from casewarden.sidecar.running import Sidecar
from crash.life import Clock, Config, begun, keep_time
from crash.world import patience


class Here:
    """Begins one life at a time, in this process."""

    def __init__(self) -> None:
        self._life: Sidecar | None = None
        self._is_over = False

    @property
    def life(self) -> Sidecar:
        """The sidecar at work."""
        assert self._life is not None
        return self._life

    def start(self, config: Config) -> int:
        """Begin a sidecar."""
        structlog.configure(processors=[_drop])  # to show tracebacks on a terminal takes longer than all the rest
        clock = Clock(Path(config.folder))
        self._life, self._is_over = begun(config, clock), False
        threading.Thread(target=keep_time, args=(self._life, clock), daemon=True).start()
        return os.getpid()

    def kill(self, _: int) -> None:
        """Stop it; nothing can be killed here."""
        assert self.life.stop(), "it does not stop"
        self._is_over = True
        structlog.reset_defaults()

    def ended(self, _: int) -> int | None:
        """How it ended: as if killed where it was stopped, 1 where it ended by itself."""
        if self._is_over:
            return -signal.SIGKILL
        return 1 if self.life.stopping.is_set() else None

    # -- what a test does and sees

    def write(self, *statements: str) -> None:
        """Give statements to the connection that writes, between two transactions."""

        def run() -> None:
            connection = self.life.database.engine().raw_connection()
            for statement in statements:
                connection.cursor().execute(statement)
            connection.close()

        self.life.owner.command(run).result(timeout=60)

    def fails(self, words: str) -> None:
        """Wait until the sidecar says that the store fails, in these words."""
        self.wait(lambda: words in str(self.life.owner.error), f"say `{words}`")
        answer = httpx.get(f"{self.life.url}/readyz", trust_env=False)
        assert answer.status_code == 503
        assert words in answer.text

    def counted(self, line: str) -> bool:
        """Whether the metrics have a line that begins so."""
        text = httpx.get(f"{self.life.url}/metrics", trust_env=False).text
        return any(one.startswith(line) and not one.endswith(" 0.0") for one in text.splitlines())

    def wait(self, condition: Callable[[], Any], what: str) -> None:
        """Wait until something is so."""
        for _ in patience():
            if condition():
                return
        raise AssertionError(f"it does not {what}")


def _drop(*_: Any) -> Any:
    raise structlog.DropEvent
