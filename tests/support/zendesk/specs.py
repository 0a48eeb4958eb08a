"""Requests to Zendesk, and the fake's answers, held to what Zendesk publishes (OpenAPI 3), which is not shipped here.

Where it is wrong, WRONG says so, with the reason; all else counts.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from support.published_specs import Published, api_of

_EMPTY: Final = "most real tickets hold null here: it is not nullable in it, and nothing that can be emptied is"
_AUDIT: Final = "an audit's event states the values of fields: null for an empty one, a list of tags"
_HOST: Final = "https://example.zendesk.com"


@dataclass(frozen=True)
class Wrong:
    """A property that it has wrong: what it takes instead, and why that is right."""

    schema: str
    name: str
    instead: Mapping[str, Any]
    why: str


def _or_null(**more: Any) -> dict[str, Any]:
    return {**more, "nullable": True}


_ANY: Final[dict[str, Any]] = {"nullable": True}
_IDS: Final = ("assignee_id", "group_id", "organization_id", "brand_id", "ticket_form_id", "custom_status_id")
_SET: Final = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["id", "value"],
        "properties": {"id": {"type": "integer"}, "value": {}},
        "additionalProperties": False,
    },
}
WRONG: Final = (
    *(Wrong("TicketObject", name, _or_null(type="integer"), _EMPTY) for name in _IDS),
    *(
        Wrong("TicketObject", name, _or_null(type="string"), f"{_EMPTY}; and values that it does not list are there")
        for name in ("priority", "type")
    ),
    Wrong("TicketObject", "status", {"type": "string"}, "exports have tickets of the status `deleted`"),
    Wrong(
        "TicketObject",
        "custom_fields",
        {"type": "array", "items": {"type": "object", "required": ["id", "value"], "properties": {"value": _ANY}}},
        "fields are null, yes or no, numbers and lists as well as texts, by their types",
    ),
    Wrong(
        "OrganizationObject",
        "organization_fields",
        _or_null(type="object"),
        "fields are null while nobody has filled them in, and yes or no where they are checkboxes",
    ),
    Wrong(
        "ExportIncrementalTicketEventsResponse",
        "ticket_events",
        {"type": "array", "items": {"type": "object", "required": ["id", "ticket_id", "child_events"]}},
        "its items are those of metric events; the prose of the page and its sample have audits with `child_events`",
    ),
    *(
        Wrong(schema, "end_time", _or_null(type="integer"), "a page without rows has no time of its last row")
        for schema in ("ExportIncrementalTicketEventsResponse", "ExportIncrementalOrganizationsResponse")
    ),
    *(
        Wrong(
            schema, "audit", {"allOf": [{"$ref": "#/components/schemas/TicketAuditObject"}], "nullable": True}, _AUDIT
        )
        for schema in ("TicketUpdateResponse",)
    ),
    *(
        Wrong("TicketUpdateInput", name, _or_null(type="integer"), "an agent, a group or a customer can be taken away")
        for name in ("assignee_id", "group_id", "organization_id", "problem_id")
    ),
    *(
        Wrong("TicketUpdateInput", name, _or_null(type="string"), "it can be emptied")
        for name in ("priority", "type", "external_id")
    ),
    Wrong(
        "TicketUpdateInput",
        "custom_fields",
        _SET,
        "its items are a field's definition, with `id` as read-only; the prose has objects of `id` and `value`",
    ),
)
"""What it says of properties that real bodies do not keep to.

Beside them: some paths lack the ids that it requires of them; it knows of basic authentication alone, and the prose of
the same pages of bearer tokens; and it describes no answer other than success.
"""


def zendesk(path: Path) -> Published:
    """Zendesk's Support API, less where it is wrong."""
    raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    raw.pop("security", None)
    known, schemas = raw["components"]["parameters"], raw["components"]["schemas"]
    for address, operations in raw["paths"].items():
        for operation in (operations, *operations.values()):
            if isinstance(operation, dict):
                operation.pop("security", None)
                listed = operation.get("parameters")
                if listed:
                    operation["parameters"] = [one for one in listed if _has_place(one, known, address)]
    for one in WRONG:
        assert one.name in schemas[one.schema]["properties"], f"{one.schema}.{one.name} is not there any more"
        schemas[one.schema]["properties"][one.name] = dict(one.instead)
    return Published(api_of(raw), _HOST, lists_nulls=True, only_success=True)


def _has_place(parameter: dict[str, Any], known: dict[str, Any], address: str) -> bool:
    """Whether a parameter of a path stands in the path."""
    meant = known.get(str(parameter.get("$ref", "")).rpartition("/")[2], parameter)
    return meant.get("in") != "path" or f"{{{meant['name']}}}" in address
