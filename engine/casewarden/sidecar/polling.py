"""`Polls`: the connectors that this process polls, each in a thread of its own; they come and go."""

import threading
from collections.abc import Mapping
from concurrent.futures import Future

from casewarden.service.desks import Poller


class Polls:
    """The pollers by connector; those that were begun and not ended run."""

    def __init__(self, pollers: Mapping[str, Poller]) -> None:
        self._pollers = pollers
        self._running: dict[str, tuple[threading.Thread, threading.Event, Future[None]]] = {}

    @property
    def names(self) -> list[str]:
        """Which connectors there are."""
        return list(self._pollers)

    @property
    def threads(self) -> list[threading.Thread]:
        """Those that run."""
        return [thread for thread, _, _ in list(self._running.values())]

    def begin(self, name: str) -> None:
        """Poll a connector from now on; the one before has ended."""
        stop, ended, poller = threading.Event(), Future[None](), self._pollers[name]

        def run() -> None:
            try:
                poller.run(stop)
            finally:
                ended.set_result(None)

        thread = threading.Thread(target=run, name=f"poll-{name}", daemon=True)
        self._running[name] = thread, stop, ended
        thread.start()

    def ring(self, name: str) -> None:
        """Poll a connector now, where this process polls it."""
        if name in self._running:
            self._pollers[name].ring()

    def end(self, name: str) -> "Future[None]":
        """Ask a connector no more; done once the call that is underway has ended."""
        _, stop, ended = self._running[name]
        stop.set()
        self._pollers[name].ring()
        return ended

    def end_all(self) -> None:
        """Ask no connector any more."""
        for name in list(self._running):
            self.end(name)
