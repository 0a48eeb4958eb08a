"""What the connector says of itself: no action, and settings as JSON Schema."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from casewarden.model.event import Json
from casewarden.plugin import Spec

KINDS: Final = ("statuspage", "cachet", "alertmanager")
_TEXT: Final[Json] = {"type": "string", "minLength": 1}
_VALUE: Final[Json] = {"type": ["string", "boolean", "number", "null"]}
_SECRET: Final[dict[str, Json]] = {"type": "string", "minLength": 8, "secret": True}

SCHEMA: Final[Mapping[str, Json]] = MappingProxyType(
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "url": {
                **_TEXT,  # type: ignore[dict-item]  # a mapping
                "description": "The page's address, or that of Alertmanager: https, or http on the same machine.",
            },
            "kind": {
                "enum": list(KINDS),
                "default": "statuspage",
                "description": "A page of Atlassian Statuspage (or one that answers like it), Cachet, or Alertmanager.",
            },
            "token": {**_SECRET, "description": "A bearer token, where the page or Alertmanager wants one."},
            "webhook_token": {
                **_SECRET,
                "description": "The bearer token with which Alertmanager sends its webhooks to the sidecar.",
            },
            "confirm_every": {
                "type": "integer",
                "minimum": 30,
                "default": 300,
                "description": "Seconds after which a service that is as before is told again: that it still is so.",
            },
            "services": {
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"pattern": "^[a-z][a-z0-9_]*$"},
                "description": "The services of the ruleset, by name.",
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        "components": {
                            "type": "array",
                            "items": _TEXT,
                            "minItems": 1,
                            "description": "Names or ids of components; of several the worst counts.",
                        },
                        "alerts": {
                            "type": "array",
                            "items": {"type": "object", "additionalProperties": _TEXT, "minProperties": 1},
                            "minItems": 1,
                            "description": "Labels of alerts that concern it: one that fires with all of them does.",
                        },
                        "field": {**_TEXT, "default": "health"},  # type: ignore[dict-item]  # a mapping
                        "incident": {
                            **_TEXT,  # type: ignore[dict-item]  # a mapping
                            "description": "The field that has the name of an incident which is not resolved.",
                        },
                        "values": {
                            "type": "object",
                            "additionalProperties": _VALUE,
                            "minProperties": 1,
                            "description": "The page's words and what the field is then; others stay as they are.",
                        },
                    },
                    "additionalProperties": False,
                },
            },
        },
        "required": ["url", "services"],
        "additionalProperties": False,
    }
)
SPEC: Final = Spec("statuspage", "1.0", SCHEMA, frozenset(), states_watermark=True)
