"""Recording and playing back: a server on loopback that passes requests on and keeps them, and one that answers.

Give its `url` to a connector in the place of the helpdesk's own:

    with Recorder("https://acme.example.org", secrets=[token]) as recorder:
        connect({"url": recorder.url, "token": token}).changes(None)
    recorder.cassette.save(path)

    with Player(load(path), secrets=[token]) as player: ...
"""

import http.client
import ssl
from collections.abc import Iterable, Mapping
from threading import Lock
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from casewarden.testing.cassette import Cassette, Exchange, body_of
from casewarden.testing.listener import Listener
from casewarden.testing.scrubbing import Scrubber
from casewarden.testing.wire import Reply, Request, Sent

_HOPS: Final = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "keep-alive", "te", "transfer-encoding", "upgrade"}
)
"""Headers between two neighbours (RFC 9110, 7.6.1), and what this makes anew."""
_SECONDS: Final = 60.0
_MOST: Final = 64_000_000


class PlayedOutError(AssertionError):
    """A request for which a cassette has no answer."""


class _OnLoopback:
    """Listens while it is used in a `with`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._listener = Listener(self._locked)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._listener.port}"

    def __enter__(self) -> Self:
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.stop()

    def _locked(self, request: Request) -> Sent:
        with self._lock:
            return self._answer(request)

    def _answer(self, request: Request) -> Reply:
        raise NotImplementedError  # each of the two has its own


class Recorder(_OnLoopback):
    """Passes requests on to a helpdesk, and keeps them without secrets: `secrets`, and whatever looks like one."""

    def __init__(self, upstream: str, secrets: Iterable[str] = (), *, keep_addresses: bool = False) -> None:
        super().__init__()
        self._upstream = urlsplit(upstream)
        if self._upstream.scheme not in ("http", "https") or not self._upstream.hostname:
            raise ValueError("the address of the helpdesk begins with https://")
        self.cassette = Cassette(Scrubber(tuple(secrets), keep_addresses))

    def _answer(self, request: Request) -> Reply:
        try:
            reply = self._passed_on(request)
        except (OSError, http.client.HTTPException) as problem:
            return Reply(502, f"the helpdesk does not answer: {type(problem).__name__}".encode())
        asked, got = (request.headers, request.body), (reply.headers, reply.body)
        self.cassette.add(request.method, request.target, asked, reply.status, got)
        return reply

    def _passed_on(self, request: Request) -> Reply:
        connection = self._connection()
        try:
            headers = {name: value for name, value in request.headers.items() if name not in _HOPS}
            path = self._upstream.path.rstrip("/") + request.target
            connection.request(request.method, path, request.body or None, headers)
            response = connection.getresponse()
            body = response.read(_MOST)
            return Reply(response.status, body, _end_to_end(dict(response.getheaders())))
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        host, port = str(self._upstream.hostname), self._upstream.port
        if self._upstream.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=_SECONDS)
        return http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=ssl.create_default_context())


class Player(_OnLoopback):
    """Answers as a cassette has it: each answer to the same request in its order, the last of them again and again.

    `secrets` are taken out of requests before they are compared, as they were before they were kept. What was not
    answered raises PlayedOutError at the end of the `with`.
    """

    def __init__(self, cassette: Cassette, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._scrubber = Scrubber(tuple(secrets), cassette.scrubber.keep_addresses)
        self._left: dict[tuple[str, str, str], list[Exchange]] = {}
        for exchange in cassette.exchanges:
            self._left.setdefault(exchange.asked, []).append(exchange)
        self._unknown: list[str] = []

    def _answer(self, request: Request) -> Reply:
        body = self._scrubber.text(request.body.decode("utf-8", "replace"))
        asked = (request.method, self._scrubber.text(request.target), body)
        found = self._left.get(asked)
        if not found:
            self._unknown.append(f"{asked[0]} {asked[1]}")
            return Reply(501, b"the cassette has no answer for this")
        exchange = found.pop(0) if len(found) > 1 else found[0]
        return Reply(exchange.status, body_of(exchange), exchange.headers)

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, problem, trace)
        if self._unknown and problem is None:
            raise PlayedOutError(f"the cassette has no answer for: {', '.join(dict.fromkeys(self._unknown))}")


def _end_to_end(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items() if name.lower() not in _HOPS}
