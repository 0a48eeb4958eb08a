"""The settings of a Request Tracker connector as a JSON Schema."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from casewarden.model.event import Json
from casewarden.plugin.mapping.schema import SCHEMA as MAPPING

WORDS: Final = ("new", "open", "waiting_on_customer", "on_hold", "resolved", "closed", "spam", "deleted")
"""What a status means: a status of the case, or that the ticket is none of ours any more."""

SCHEMA: Final[Mapping[str, Json]] = MappingProxyType(
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "url": {
                "type": "string",
                "minLength": 1,
                "description": "Where people open Request Tracker: https://rt.example.com.",
            },
            "token": {
                "type": "string",
                "minLength": 1,
                "secret": True,
                "description": "The authentication token of an account that is Casewarden's alone.",
            },
            "certificates": {
                "type": "string",
                "format": "path",
                "description": "A file of certificate authorities to trust beside the system's.",
            },
            "calls_per_second": {
                "type": "integer",
                "minimum": 1,
                "maximum": 1000,
                "default": 10,
                "description": "The most requests that are made in a second.",
            },
            "queues": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "minItems": 1,
                "uniqueItems": True,
                "description": "The queues that are watched, by name; without it all that the account may see.",
            },
            "statuses": {
                "type": "object",
                "additionalProperties": {"type": "string", "enum": list(WORDS)},
                "description": "What statuses mean, beside and instead of those of the lifecycle `default`.",
            },
            "close_with": {
                "type": "string",
                "minLength": 1,
                "default": "resolved",
                "description": "The status that a ticket gets when a rule closes its case.",
            },
            "reopen_with": {
                "type": "string",
                "minLength": 1,
                "default": "open",
                "description": "The status that a ticket gets when a rule reopens its case.",
            },
            "close_reason": {
                "type": "string",
                "minLength": 1,
                "description": "The custom field in which the reason of a closing is kept.",
            },
            "tags": {
                "type": "string",
                "minLength": 1,
                "description": "The custom field of several values that holds a ticket's tags.",
            },
            "mapping": dict(MAPPING),
        },
        "required": ["url", "token"],
        "additionalProperties": False,
    }
)
