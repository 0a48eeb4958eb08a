"""The settings of a Zendesk connector as a JSON Schema."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from casewarden.model.event import Json
from casewarden.plugin.mapping.schema import SCHEMA as MAPPING

WORDS: Final = ("new", "open", "waiting_on_customer", "on_hold", "resolved", "closed")
"""What a status means for a case."""


def _text(description: str, **more: Json) -> dict[str, Json]:
    return {"type": "string", "minLength": 1, "description": description, **more}


def _rate(otherwise: int, description: str) -> dict[str, Json]:
    return {"type": "integer", "minimum": 1, "maximum": 100_000, "default": otherwise, "description": description}


_PLAN: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "plan": _text("The key of the organization field that names the plan."),
        "plans": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "The field's values to the ruleset's plans; without it they are the same.",
        },
        "term_start": _text("The key of the date field with the first day of the contract's term."),
        "term_end": _text("The key of the date field with its last day: the plan ends with that day."),
        "zone": _text("The time zone of these days.", default="UTC"),
    },
    "additionalProperties": False,
    "description": "Which fields of organizations tell of their contracts.",
}

SCHEMA: Final[Mapping[str, Json]] = MappingProxyType(
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "url": _text("Where agents open Zendesk: https://example.zendesk.com."),
            "client_id": _text("The unique identifier of the OAuth client."),
            "client_secret": _text("The secret of the OAuth client.", secret=True),
            "email": _text("The account of an API token. Tokens end on 30 April 2027: use an OAuth client."),
            "api_token": _text("An API token, while there are any.", secret=True),
            "webhook_secret": _text("The signing secret of the webhook that triggers call.", secret=True),
            "event_webhook_secret": _text("The signing secret of the webhook of event subscriptions.", secret=True),
            "since": _text("The instant from which on changes are read; without it, all.", format="date-time"),
            "calls_per_minute": _rate(300, "The most requests that are made in a minute."),
            "exports_per_minute": _rate(10, "The most requests to one incremental export in a minute."),
            "statuses": {
                "type": "object",
                "additionalProperties": {"type": "string", "enum": list(WORDS)},
                "description": "What custom statuses mean, by id, where it is not what their category means.",
            },
            "close_with": {
                "type": "string",
                "enum": ["solved", "closed"],
                "default": "solved",
                "description": "The status that a ticket gets when a rule closes its case; `closed` is final.",
            },
            "close_reason": _text("The ticket field in which the reason of a closing is kept, by id or title."),
            "organizations": _PLAN,
            "mapping": dict(MAPPING),
        },
        "required": ["url"],
        "additionalProperties": False,
    }
)
