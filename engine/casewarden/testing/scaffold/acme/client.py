"""HTTP to Acme: a size that answers may have, no redirects, and errors in words without secrets."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from casewarden.model.event import Json

MOST_BYTES: Final = 16_000_000
_SECONDS: Final = 30.0


class AcmeError(Exception):
    """Acme cannot be reached, or did not answer as it should; the message is for an operator."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Acme answered. `after`: the seconds to wait that it names."""

    status: int
    body: bytes
    after: float | None

    def json(self) -> Any:
        """The body of an answer that went well; AcmeError where it did not."""
        if self.status != 200:
            raise AcmeError(f"Acme answers {self.status}: {in_words(self.status)}")
        try:
            return json.loads(self.body)
        except ValueError:
            raise AcmeError("Acme's answer is cut short, or is no JSON") from None


class Client:
    """Calls of one connector; threads may share it."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=_SECONDS)

    def get(self, path: str, **query: str | int) -> Any:
        """What Acme says; AcmeError."""
        return self.call("GET", path, query=query).json()

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Acme's answer, whatever its status; AcmeError where there is none."""
        content = None if body is None else json.dumps(body).encode()
        sent = {"content-type": "application/json", **(headers or {})}
        try:
            with self._client.stream(method, path, params=query, content=content, headers=sent) as response:
                found = b""
                for part in response.iter_bytes():
                    found += part
                    if len(found) > MOST_BYTES:
                        raise AcmeError(f"Acme's answer has more than {MOST_BYTES:,} bytes")
                return Answer(response.status_code, found, _seconds(response.headers.get("retry-after")))
        except httpx.ConnectError:
            raise AcmeError("Acme accepts no connection") from None
        except httpx.HTTPError as problem:
            raise AcmeError(f"Acme's answer did not come: {type(problem).__name__}") from None

    def close(self) -> None:
        """Let all connections go."""
        self._client.close()


def in_words(status: int) -> str:
    """What a status means for an operator."""
    match status:
        case 401:
            return "it does not accept the token"
        case 403:
            return "the token does not have this right"
        case 404:
            return "there is no such ticket"
        case 429:
            return "there were too many requests"
        case _:
            return "it has trouble of its own" if status >= 500 else "it refuses this"


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() else None
