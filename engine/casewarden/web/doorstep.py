"""What holds for every answer: its headers, and that it arrives although the request was not read to its end."""

import asyncio
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from casewarden.web.limits import Limits

SECURITY_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class Doorstep:
    """Stands before an application.

    An answer that is given before the body was read closes the connection. Closing it with bytes unread would make the
    operating system throw the answer away, so what still comes is read off for a while, and dropped.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        is_unread = _has_body(Headers(scope=scope))

        async def received() -> Message:
            nonlocal is_unread
            message = await receive()
            if not message.get("more_body"):
                is_unread = False
            return message

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(SECURITY_HEADERS)
                if is_unread:
                    headers["Connection"] = "close"
            elif is_unread and not message.get("more_body"):
                await send({**message, "more_body": True})
                await self._read_off(received)
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        await self._app(scope, received, sent)

    async def _read_off(self, receive: Receive) -> None:
        left = self._limits.linger_bytes
        try:
            async with asyncio.timeout(self._limits.linger_seconds):
                while left > 0:
                    message = await receive()
                    if not message.get("more_body"):
                        return
                    left -= len(message["body"])
        except TimeoutError:
            return  # it had its time; the connection is closed now


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0").strip("0") != ""
