"""Serves an application from a thread with an event loop of its own, until it is told to stop."""

import socket
import threading
from dataclasses import dataclass
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from casewarden.web.connection import connection_type
from casewarden.web.limits import MAX_HEAD, Limits

_BACKLOG: Final = 512


class ServeError(Exception):
    """The doors cannot be opened: what is wrong, and what would be right."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Serving:
    """A server at work: where it listens, and its thread."""

    host: str
    port: int
    thread: threading.Thread

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"

    def wait(self, seconds: float) -> None:
        """Wait for its end, after it was told to stop. TimeoutError where it does not end."""
        self.thread.join(seconds)
        if self.thread.is_alive():
            raise TimeoutError(f"the HTTP doors did not close within {seconds:g} seconds")


def serve(app: ASGIApp, host: str, port: int, stop: threading.Event, limits: Limits | None = None) -> Serving:
    """Listen, and serve until `stop` is set; port 0 takes a free one. ServeError where it cannot listen.

    Requests that run when it stops have `Limits.stop_seconds` to end. Should the server end for another reason, it sets
    `stop` itself: a sidecar without doors is to end, so that it is started again.
    """
    limits = limits or Limits()
    listener = _listen(host, port)
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=connection_type(limits),
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # the peer is who is connected, whatever it says of itself
        server_header=False,
        timeout_keep_alive=limits.idle_seconds,
        timeout_graceful_shutdown=limits.stop_seconds,
        h11_max_incomplete_event_size=MAX_HEAD,
    )
    server = _Server(config, stop)

    def run() -> None:
        try:
            server.run([listener])
        finally:
            listener.close()
            stop.set()

    thread = threading.Thread(target=run, name="casewarden-http", daemon=True)
    thread.start()
    return Serving(host, listener.getsockname()[1], thread)


class _Server(uvicorn.Server):
    """Ends when an event of another thread says so; it looks ten times a second."""

    def __init__(self, config: uvicorn.Config, stop: threading.Event) -> None:
        super().__init__(config)
        self._stop = stop

    async def on_tick(self, counter: int) -> bool:
        is_over = await super().on_tick(counter)
        return is_over or self._stop.is_set()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where the protocol is named; with it an answer takes 40 ms longer
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        listener.close()
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ServeError(
            f"{host}, port {port}, cannot be opened: {why}", "choose another host or port in the configuration"
        ) from None
    return listener
