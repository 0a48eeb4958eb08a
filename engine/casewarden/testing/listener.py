"""A small HTTP server in threads: it listens, can stop listening and begin again at the same port, and ends at once."""

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, Final

from casewarden.testing.wire import Dropped, Reply, Request, Sent

THREADS: Final = "fake-helpdesk"
ENDLESS: Final = 128_000_000
"""Bytes that are sent at most of an answer without end."""
_CHUNK: Final = 65_536
_PATIENCE: Final = 5.0
_DRIP: Final = 0.05


class Listener:
    """Listens on loopback; `answer` is called for each request, from several threads."""

    def __init__(self, answer: Callable[[Request], Sent]) -> None:
        self._answer = answer
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._socket: socket.socket | None = None
        self._wake: socket.socket | None = None
        self.port = 0
        self.swallowed = 0

    def start(self) -> None:
        """Listen: the first time at a free port, later at the same."""
        self._ended.clear()
        self._socket = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self.port = self._socket.getsockname()[1]
        self._wake, woken = socket.socketpair()
        self._thread(self._accept, self._socket, woken)

    def stop(self) -> None:
        """End all connections, and listen no more."""
        if self._socket is None or self._wake is None:
            return
        self._ended.set()
        self._wake.send(b"x")
        with self._changed:
            for one in self._open:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        self._wake.close()
        self._socket = self._wake = None

    @property
    def is_listening(self) -> bool:
        """Whether connections are accepted."""
        return self._socket is not None

    def connections(self) -> int:
        """How many connections are open; those whose end is under way are waited for."""
        with self._changed:
            self._changed.wait_for(lambda: not self._open, _PATIENCE)
            return len(self._open)

    def _thread(self, target: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, name=THREADS, daemon=True)
        self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        thread.start()

    def _accept(self, listening: socket.socket, woken: socket.socket) -> None:
        with listening, woken, selectors.DefaultSelector() as selector:
            selector.register(listening, selectors.EVENT_READ)
            selector.register(woken, selectors.EVENT_READ)
            while not any(key.fileobj is woken for key, _ in selector.select()):
                connection, _ = listening.accept()
                with self._changed:
                    self._open.add(connection)
                self._thread(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, contextlib.suppress(OSError):
                _Handler(connection, ("127.0.0.1", self.port), self)  # type: ignore[arg-type]  # it asks for no more
        finally:
            with self._changed:
                self._open.discard(connection)
                self._changed.notify_all()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Listener  # type: ignore[assignment]

    def handle_one_request(self) -> None:
        """Read a request and answer it."""
        self.raw_requestline = self.rfile.readline(65_537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = self._chunks()
        match self.server._answer(Request(self.command, self.path, headers, body)):  # noqa: SLF001
            case Dropped():
                self.close_connection = True
            case Reply() as reply:
                self._reply(reply)

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _reply(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        is_whole = not (reply.endless or reply.slow)
        if is_whole:
            self.send_header("content-length", str(len(reply.body)))
        else:
            self.send_header("connection", "close")
            self.close_connection = True
        self.end_headers()
        if is_whole:
            self.wfile.write(b"" if self.command == "HEAD" else reply.body)
        elif reply.slow:
            self._drip(reply.body)
        else:
            self._flood(reply.body)
        self.wfile.flush()

    def _flood(self, body: bytes) -> None:
        sent, block = len(body), b"x" * _CHUNK
        try:
            self.wfile.write(body)
            while sent < ENDLESS:
                self.wfile.write(block)
                sent += _CHUNK
        finally:
            self.server.swallowed = max(self.server.swallowed, sent)

    def _drip(self, body: bytes) -> None:
        place = 0
        while not self.server._ended.wait(_DRIP):  # noqa: SLF001
            self.wfile.write(body[place : place + 1] or b" ")
            self.wfile.flush()
            place += 1
