"""Requests held against what a vendor publishes of its API (OpenAPI 3), which the project does not ship."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest

from casewarden.testing.wire import Request


@dataclass(frozen=True)
class Published:
    """A published API. AssertionError tells how a request is other than it says."""

    api: OpenAPI
    host: str

    def require(self, request: Request) -> None:
        """Hold a request to it."""
        asked = MockRequest(
            self.host,
            request.method.lower(),
            request.path,
            args=dict(parse_qsl(urlsplit(request.target).query, keep_blank_values=True)),
            data=request.body or None,
            content_type=request.headers.get("content-type", "application/json"),
        )
        try:
            self.api.validate_request(asked)
        except OpenAPIError as problem:
            cause = problem.__cause__
            told = "; ".join(str(one).partition("\n")[0] for one in getattr(cause, "schema_errors", [])) or str(problem)
            raise AssertionError(f"{request.method} {request.target} is not as published: {told}") from None


def zendesk(path: Path) -> Published:
    """Zendesk's Support API, less where it is wrong about requests.

    Some paths lack the ids that it requires of them. It knows of basic authentication alone, and the prose of the same
    pages of bearer tokens. Fields that can be emptied are not nullable in it. The items of `custom_fields` are those of
    a field's definition, with `id` as read-only; the prose of `Setting custom field values` has objects of `id` and
    `value`.
    """
    raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    raw.pop("security", None)
    known = raw["components"]["parameters"]
    for address, operations in raw["paths"].items():
        for operation in (operations, *operations.values()):
            if isinstance(operation, dict):
                operation.pop("security", None)
                listed = operation.get("parameters")
                if listed:
                    operation["parameters"] = [one for one in listed if _has_place(one, known, address)]
    change = raw["components"]["schemas"]["TicketUpdateInput"]["properties"]
    change["custom_fields"]["items"] = {
        "type": "object",
        "required": ["id", "value"],
        "properties": {"id": {"type": "integer"}, "value": {}},
        "additionalProperties": False,
    }
    for name in ("assignee_id", "group_id", "organization_id", "problem_id", "priority", "type", "external_id"):
        change[name]["nullable"] = True
        if "enum" in change[name]:
            change[name]["enum"] = [*change[name]["enum"], None]
    config = Config(spec_validator_cls=None)  # type: ignore[arg-type]  # None is what it documents
    return Published(OpenAPI.from_dict(raw, config=config), "https://example.zendesk.com")


def _has_place(parameter: dict[str, Any], known: dict[str, Any], address: str) -> bool:
    """Whether a parameter of a path stands in the path."""
    meant = known.get(str(parameter.get("$ref", "")).rpartition("/")[2], parameter)
    return meant.get("in") != "path" or f"{{{meant['name']}}}" in address
