"""Cassettes: what a connector and a helpdesk said to each other over HTTP, kept without secrets, and played back.

A cassette is JSON with one exchange after the other. It is scrubbed while it is made: nothing else is ever written.
A body that is no UTF-8 is kept as the characters of its bytes.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from casewarden.testing.scrubbing import Scrubber

_VERSION: Final = 1
_BYTES: Final = "bytes:"
_PASSING: Final = frozenset(
    {"connection", "content-length", "date", "host", "keep-alive", "server", "transfer-encoding", "user-agent"}
)
"""Headers that say nothing about the conversation."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer as they may be kept; `target` is the path with its query."""

    method: str
    target: str
    request_headers: Mapping[str, str]
    request_body: str
    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def asked(self) -> tuple[str, str, str]:
        """What an answer is found by when it is played back."""
        return self.method, self.target, self.request_body


@dataclass(slots=True)
class Cassette:
    """Exchanges in order. `scrubber` holds for what is added; one that hides nothing has to be asked for."""

    scrubber: Scrubber = field(default_factory=Scrubber)
    exchanges: list[Exchange] = field(default_factory=list)

    def add(
        self,
        method: str,
        target: str,
        request: tuple[Mapping[str, str], bytes],
        status: int,
        answer: tuple[Mapping[str, str], bytes],
    ) -> None:
        """Keep an exchange: headers and body of the request, status, headers and body of the answer."""
        said, got = self._part(*request), self._part(*answer)
        self.exchanges.append(Exchange(method, self.scrubber.text(target), *said, status, *got))

    def _part(self, headers: Mapping[str, str], body: bytes) -> tuple[dict[str, str], str]:
        lower = {name.lower(): value for name, value in headers.items() if name.lower() not in _PASSING}
        return self.scrubber.headers(lower), self.scrubber.text(_text(body))

    def text(self) -> str:
        """The cassette as it is kept."""
        rows = [_row(one) for one in self.exchanges]
        return json.dumps({"casewarden_cassette": _VERSION, "exchanges": rows}, indent=1, ensure_ascii=False) + "\n"

    def save(self, path: Path) -> None:
        """Write it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text(), encoding="utf-8")


def load(path: Path) -> Cassette:
    """A cassette that was saved; ValueError for what is none."""
    try:
        value: Any = json.loads(path.read_text(encoding="utf-8"))
        if value["casewarden_cassette"] != _VERSION:
            raise ValueError(f"{path} is a cassette of version {value['casewarden_cassette']}, this reads {_VERSION}")
        return Cassette(exchanges=list(_read(value["exchanges"])))
    except (KeyError, TypeError, UnicodeDecodeError, json.JSONDecodeError) as problem:
        raise ValueError(f"{path} is no cassette: {problem}") from None


def body_of(exchange: Exchange) -> bytes:
    """The bytes of an answer."""
    if exchange.body.startswith(_BYTES):
        return exchange.body.removeprefix(_BYTES).encode("latin-1")
    return exchange.body.encode()


def _text(body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = _BYTES
    return _BYTES + body.decode("latin-1") if text.startswith(_BYTES) else text


def _row(one: Exchange) -> dict[str, Any]:
    return {
        "request": {
            "method": one.method,
            "target": one.target,
            "headers": dict(one.request_headers),
            "body": one.request_body,
        },
        "answer": {"status": one.status, "headers": dict(one.headers), "body": one.body},
    }


def _read(rows: Any) -> Iterator[Exchange]:
    for row in rows:
        asked, got = row["request"], row["answer"]
        yield Exchange(
            str(asked["method"]),
            str(asked["target"]),
            dict(asked["headers"]),
            str(asked["body"]),
            int(got["status"]),
            dict(got["headers"]),
            str(got["body"]),
        )
