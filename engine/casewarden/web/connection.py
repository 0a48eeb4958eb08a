"""One connection, held to time: a peer that is slow to ask, or slow to read, does not keep it."""

import asyncio
import json
from typing import Final, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from casewarden.web.doorstep import SECURITY_HEADERS
from casewarden.web.limits import MAX_HEAD, Limits

_RETRY: Final = {"Retry-After": "1"}


def connection_type(limits: Limits) -> type[H11Protocol]:
    """The connection that uvicorn is to make for every peer."""
    return type("LimitedConnection", (Connection,), {"limits": limits})


class Connection(H11Protocol):
    """A connection of uvicorn, which bounds the pauses between requests; here its other waits are bounded.

    Beyond `Limits.connections` a peer is told to come back later, before it says anything.
    """

    limits: Limits = Limits()
    _head: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet a peer, or send it away where there are too many."""
        super().connection_made(cast(asyncio.Transport, transport))
        if len(self.connections) > self.limits.connections:
            self._answer(503, b"Service Unavailable", "too many connections", _RETRY)
        else:
            self._watch_head()

    def data_received(self, data: bytes) -> None:
        """Take what came, and see whether it asks for something now."""
        super().data_received(data)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        for timer in (self._head, self._unread):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Give a peer that does not read its answer some time."""
        super().pause_writing()
        self._unread = self.loop.call_later(self.limits.unread_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """It has read."""
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's words say less
        """Answer what is no HTTP, in the form of all other refusals."""
        if self.conn.our_state is h11.SEND_BODY:  # an answer to the same request is on its way
            self.transport.close()
        else:
            self._answer(400, b"Bad Request", f"this is no HTTP/1.1, or its headers have more than {MAX_HEAD} bytes")

    def _answer(self, status: int, title: bytes, detail: str, more: dict[str, str] | None = None) -> None:
        """Answer in place of the application, and close."""
        body = json.dumps({"title": title.decode(), "status": status, "detail": detail}).encode("ascii")
        headers = {
            "Content-Type": "application/problem+json",
            "Content-Length": str(len(body)),
            "Connection": "close",
            **SECURITY_HEADERS,
            **(more or {}),
        }
        response = h11.Response(status_code=status, headers=list(headers.items()), reason=title)
        for event in (response, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _is_asking(self) -> bool:
        """Whether the next thing to come is a request."""
        cycle = cast("object | None", self.cycle)  # uvicorn's type hides that there is none at first
        return cycle is None or self.cycle.response_complete

    def _watch_head(self) -> None:
        """Start the time of a request's head when it can come, and end it when the head is there."""
        is_asking = self._is_asking()
        if not is_asking and self._head is not None:
            self._head.cancel()
            self._head = None
        elif is_asking and self._head is None:
            self._head = self.loop.call_later(self.limits.head_seconds, self._give_up)

    def _give_up(self) -> None:
        self._head = None
        if self._is_asking():
            self.transport.abort()
