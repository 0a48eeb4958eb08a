"""Requests held against what a vendor publishes of its API (OpenAPI 3), which the project does not ship."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse
from werkzeug.datastructures import ImmutableMultiDict

from casewarden.testing.wire import Reply, Request

_LISTS = ("/api/2/field", "/api/2/status", "/api/2/project/{projectIdOrKey}/versions", "/api/2/user/search")
"""Lists of Data Center, of which its specification has one."""


@dataclass(frozen=True)
class Published:
    """A published API. AssertionError tells how a request, or the fake's own answer to it, is other than it says.

    `beside`: further APIs of the same host, by the beginning of their paths. `lists_nulls`: it says where answers hold
    null; real ones of others hold more than they say. `only_success`: it describes no other answers.
    """

    api: OpenAPI
    host: str
    beside: Mapping[str, "Published"] = field(default_factory=dict)
    lists_nulls: bool = False
    only_success: bool = False
    _held: set[object] = field(default_factory=set)

    def require(self, request: Request) -> None:
        """Hold a request to it; one of a form that was held to it before is not looked at again."""
        query = parse_qsl(urlsplit(request.target).query, keep_blank_values=True)
        asked = frozenset((name, value.isdecimal() or _form(value)) for name, value in query)
        body = _form(json.loads(request.body)) if request.body else None
        form = (request.method, _generic(request.path), asked, request.headers.get("content-type"), body)
        if form in self._held:
            return
        _held(request, "is", lambda: self._of(request).api.validate_request(self._asked(request)))
        self._held.add(form)

    def require_answer(self, request: Request, reply: Reply) -> None:
        """Hold an answer to it; one of a form that was held to it before is not looked at again."""
        if not reply.body or (self.only_success and reply.status >= 400):
            return
        value = json.loads(reply.body)
        form = (request.method, _generic(request.path), reply.status, _form(value))
        if form in self._held:
            return
        body = reply.body if self.lists_nulls else json.dumps(_without_nulls(value)).encode()
        given = MockResponse(body, reply.status, dict(reply.headers), "application/json")
        asked = self._asked(request)
        _held(request, "is answered", lambda: self._of(request).api.validate_response(asked, given))
        self._held.add(form)

    def _of(self, request: Request) -> "Published":
        return next((one for start, one in self.beside.items() if request.path.startswith(start)), self)

    def _asked(self, request: Request) -> MockRequest:
        return MockRequest(
            self._of(request).host,
            request.method.lower(),
            request.path,
            args=ImmutableMultiDict(parse_qsl(urlsplit(request.target).query, keep_blank_values=True)),
            data=request.body or None,
            content_type=request.headers.get("content-type", "application/json"),
        )


def _held(request: Request, how: str, look: Callable[[], None]) -> None:
    try:
        look()
    except OpenAPIError as problem:
        cause = problem.__cause__
        told = "; ".join(str(one).partition("\n")[0] for one in getattr(cause, "schema_errors", []))
        told = told or f"{problem} {cause or ''}"
        raise AssertionError(f"{request.method} {request.target} {how} not as published: {told}") from None


def _generic(path: str) -> tuple[str, ...]:
    return tuple("N" if part.isdecimal() else part for part in path.split("/"))


def _form(value: Any) -> object:
    """What of an answer a schema can tell apart: names, types, and words that may be of a list."""
    match value:
        case dict():
            return frozenset((name, _form(one)) for name, one in value.items())
        case list():
            return ("list", frozenset(map(_form, value)))
        case str() if len(value) < 12 and value.isalpha():
            return value
        case _:
            return type(value)


def _without_nulls(value: Any) -> Any:
    match value:
        case dict():
            return {key: _without_nulls(item) for key, item in value.items() if item is not None}
        case list():
            return [_without_nulls(item) for item in value]
        case _:
            return value


@lru_cache
def jira(folder: Path, edition: str) -> Published:
    """The APIs of Jira Cloud or Data Center, with Service Management's beside it, less where they are wrong.

    Data Center's says that the values of fields are objects; its own examples have texts and lists. Instants have no
    colon in their offset, and so are none by the letter of `date-time`. And Data Center's has one of what `_LISTS` are
    lists of.
    """
    desk = Published(api_of(_unlocked(folder / "jira-service-management.json")), "https://your-domain.atlassian.net")
    is_cloud = edition == "cloud"
    raw = _unlocked(folder / ("jira-cloud-platform-v3.json" if is_cloud else "jira-dc-10.3.json"))
    if not is_cloud:
        for name in ("IssueUpdateBean", "IssueBean"):
            raw["components"]["schemas"][name]["properties"]["fields"]["additionalProperties"] = {}
        for path in _LISTS:
            one = raw["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
            one["schema"] = {"type": "array", "items": one["schema"]}
    host = "https://your-domain.atlassian.net" if is_cloud else "http://localhost:8090"
    return Published(api_of(raw), host, {"/rest/servicedeskapi/": desk})


def _unlocked(path: Path) -> dict[str, Any]:
    """A specification without what it says of logins, which tests of logins look at, and of the form of instants."""
    raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"), object_hook=_with_any_instant)
    raw.pop("security", None)
    for operations in raw["paths"].values():
        for operation in operations.values():
            if isinstance(operation, dict):
                operation.pop("security", None)
    return raw


def _with_any_instant(schema: dict[str, Any]) -> dict[str, Any]:
    if schema.get("format") == "date-time":
        del schema["format"]
    return schema


def api_of(raw: dict[str, Any]) -> OpenAPI:
    """Return a specification ready to hold things to it."""
    config = Config(spec_validator_cls=None)  # type: ignore[arg-type]  # None is what it documents
    return OpenAPI.from_dict(raw, config=config)
