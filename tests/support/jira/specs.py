"""Requests to Jira held against what Atlassian publishes (OpenAPI 3), which the project does not ship."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest
from werkzeug.datastructures import ImmutableMultiDict

from casewarden.testing.wire import Request


@dataclass(frozen=True)
class Published:
    """The published APIs of one edition. AssertionError tells how a request is other than they say."""

    platform: OpenAPI
    desk: OpenAPI
    host: str

    def require(self, request: Request) -> None:
        """Hold a request to them."""
        is_desk = request.path.startswith("/rest/servicedeskapi/")
        args = ImmutableMultiDict(parse_qsl(urlsplit(request.target).query, keep_blank_values=True))
        asked = MockRequest(
            "https://your-domain.atlassian.net" if is_desk else self.host,
            request.method.lower(),
            request.path,
            args=args,
            data=request.body or None,
            content_type=request.headers.get("content-type", "application/json"),
        )
        try:
            (self.desk if is_desk else self.platform).validate_request(asked)
        except OpenAPIError as problem:
            cause = problem.__cause__
            told = "; ".join(str(one).partition("\n")[0] for one in getattr(cause, "schema_errors", [])) or repr(cause)
            raise AssertionError(f"{request.method} {request.target} is not as published: {problem} {told}") from None


@lru_cache
def published(folder: Path, edition: str) -> Published:
    """The APIs of an edition."""
    desk = _api(folder / "jira-service-management.json")
    if edition == "cloud":
        return Published(_api(folder / "jira-cloud-platform-v3.json"), desk, "https://your-domain.atlassian.net")
    return Published(_api(folder / "jira-dc-10.3.json"), desk, "http://localhost:8090")


def _api(path: Path) -> OpenAPI:
    raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    raw.pop("security", None)
    for operations in raw["paths"].values():
        for operation in operations.values():
            if isinstance(operation, dict):
                operation.pop("security", None)
    update = raw["components"]["schemas"].get("IssueUpdateBean")
    if update is not None:  # Data Center's says that fields are objects; its own examples have texts and lists
        update["properties"]["fields"]["additionalProperties"] = {}
    config = Config(spec_validator_cls=None)  # type: ignore[arg-type]  # None is what it documents
    return OpenAPI.from_dict(raw, config=config)
