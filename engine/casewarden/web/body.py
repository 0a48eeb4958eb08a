"""Bodies of requests, read within limits of size, time and memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from casewarden.web.doors import Busy
from casewarden.web.limits import Limits
from casewarden.web.problems import Problem


class Bodies:
    """Reads bodies. What it has read counts until its request is done: all together have a limit."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._held = 0

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[bytes]:
        """The body of a request, while it is dealt with.

        Problem: 400 for one that is framed twice, 408 too slow, 413 too large, 415 compressed; Busy where other bodies
        have taken all the room; ClientDisconnect where it never ends.
        """
        _check_form(request, self._limits.max_body)
        parts: list[bytes] = []
        size = 0
        try:
            try:
                async with asyncio.timeout(self._limits.body_seconds):
                    async for part in request.stream():
                        if size + len(part) > self._limits.max_body:
                            raise _too_large(self._limits.max_body)
                        if self._held + len(part) > max(self._limits.held, self._limits.max_body):
                            raise Busy
                        parts.append(part)
                        size += len(part)
                        self._held += len(part)
            except TimeoutError:
                detail = f"the body did not arrive within {self._limits.body_seconds:g} seconds"
                raise Problem(408, detail, "send it again") from None
            body = b"".join(parts)
            parts.clear()
            yield body
        finally:
            self._held -= size


def _check_form(request: Request, max_body: int) -> None:
    length = request.headers.get("content-length")
    if length is not None and "transfer-encoding" in request.headers:
        raise Problem(400, "the request has both Content-Length and Transfer-Encoding", "send one of the two")
    if length is not None and not length.isdecimal():
        raise Problem(400, "Content-Length is not a number")
    if length is not None and int(length) > max_body:
        raise _too_large(max_body)
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Problem(415, "compressed bodies are not taken", "send it without Content-Encoding")


def _too_large(max_body: int) -> Problem:
    return Problem(413, f"the body has more than {max_body:,} bytes", "send it in parts")
