"""What holds for every answer: its headers, and that it arrives although the request was not read to its end."""

import asyncio
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from casewarden.web.limits import MAX_HEAD, Limits
from casewarden.web.problems import Problem, problem_response

SECURITY_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_LONG_HEAD: Final = Problem(
    431, f"the first line and the headers have more than {MAX_HEAD} bytes", headers={"Connection": "close"}
)
_STOPPING: Final = Problem(503, "the sidecar stops", "send it again later", headers={"Retry-After": "5"})


class Doorstep:
    """Stands before an application.

    An answer that is given before the body was read closes the connection. Closing it with bytes unread would make the
    operating system throw the answer away, so what still comes is read off for a while, and dropped.

    A request that is cut off because the server stops is told so.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        is_unread = _has_body(Headers(scope=scope))
        is_answered = False

        async def received() -> Message:
            nonlocal is_unread
            message = await receive()
            if not message.get("more_body"):
                is_unread = False
            return message

        async def sent(message: Message) -> None:
            nonlocal is_answered
            if message["type"] == "http.response.start":
                is_answered = True
                headers = MutableHeaders(scope=message)
                headers.update(SECURITY_HEADERS)
                if is_unread:
                    headers["Connection"] = "close"
            elif is_unread and not message.get("more_body"):
                await send({**message, "more_body": True})
                await self._read_off(received)
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        app = problem_response(_LONG_HEAD) if _head_size(scope) > MAX_HEAD else self._app
        try:
            await app(scope, received, sent)
        except asyncio.CancelledError:
            if is_answered:
                raise
            is_unread = False  # there is no time to read anything off
            await problem_response(_STOPPING)(scope, receive, sent)  # and with it the request has ended in order

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


def _head_size(scope: Scope) -> int:
    """Bytes of the first line and the headers, about: uvicorn measures only heads that come in several parts."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    return (
        len(scope["raw_path"]) + len(scope["query_string"]) + sum(len(name) + len(value) + 4 for name, value in headers)
    )


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0").strip("0") != ""
