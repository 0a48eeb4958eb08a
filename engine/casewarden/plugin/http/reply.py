"""An answer that was read whole, and its JSON asked for with the type that is expected."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from casewarden.model.event import Json
from casewarden.plugin.http.body import decoded, read_json
from casewarden.plugin.http.problems import UnreadableError

_KINDS: Final[Mapping[type, str]] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    type(None): "null",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `headers` have names in lower case; `what` names the request in messages (`GET /api/v2/tickets`)."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    what: str
    depth: int = 100

    def text(self) -> str:
        """The body as text; bytes of no character become U+FFFD."""
        return decoded(self.body, self.headers)

    def json(self) -> Json:
        """The JSON value of the body. UnreadableError."""
        return read_json(self.body, self.headers, self.depth, self.what)

    def object(self) -> dict[str, Json]:
        """The JSON object of the body. UnreadableError where it is none."""
        return as_object(self.json(), f"{self.what}: the answer")

    def array(self) -> list[Json]:
        """The JSON list of the body. UnreadableError where it is none."""
        return as_array(self.json(), f"{self.what}: the answer")


def as_object(value: Json, where: str) -> dict[str, Json]:
    """The value, held to be an object. UnreadableError names the place."""
    if isinstance(value, dict):
        return value
    raise _other(value, where, "an object")


def as_array(value: Json, where: str) -> list[Json]:
    """The value, held to be a list."""
    if isinstance(value, list):
        return value
    raise _other(value, where, "a list")


def as_text(value: Json, where: str) -> str:
    """The value, held to be a text."""
    if isinstance(value, str):
        return value
    raise _other(value, where, "a text")


def as_number(value: Json, where: str) -> int:
    """The value, held to be a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _other(value, where, "a whole number")


def as_id(value: Json, where: str) -> str:
    """An id, which is a text in one place and a whole number in another; always a text here."""
    if isinstance(value, str) and value:
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise _other(value, where, "an id")


def _other(value: Json, where: str, wanted: str) -> UnreadableError:
    return UnreadableError(f"{where} is {_KINDS.get(type(value), 'something else')}, and {wanted} was expected")
