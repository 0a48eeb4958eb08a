"""Requests and answers of fake HTTP servers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from casewarden.model.event import Json


@dataclass(frozen=True, slots=True)
class Request:
    """One request: header names in lower case, `target` as it was sent."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path without the query."""
        return urlsplit(self.target).path

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the path between its slashes."""
        return tuple(part for part in self.path.split("/") if part)

    def query(self, name: str) -> str | None:
        """The first value of a query's parameter, None where it is missing."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True).get(name, [None])[0]

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `endless`: its body is sent again and again; `slow`: byte by byte, and never to its end."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    endless: bool = False
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Dropped:
    """No answer: the connection ends."""


DROPPED = Dropped()
Sent = Reply | Dropped


def json_reply(value: Json, status: int = 200, **headers: str) -> Reply:
    """An answer of JSON; `_` in the names of headers stands for `-`."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, json.dumps(value).encode(), {"content-type": "application/json"} | named)
