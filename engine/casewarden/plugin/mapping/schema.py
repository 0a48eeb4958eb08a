"""The JSON Schema of a mapping, to stand under `mapping` in the schema of a connector's settings."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from casewarden.plugin.mapping import events, fields, project
from casewarden.plugin.mapping.values import INSTANTS, UNITS


def _object(properties: Mapping[str, Any], *required: str, description: str | None = None) -> dict[str, Any]:
    shape: dict[str, Any] = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    if required:
        shape["required"] = list(required)
    return shape | ({"description": description} if description else {})


def _named(shape: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": dict(shape), "description": description}


def _one_of(words: Iterable[str]) -> dict[str, Any]:
    return {"type": "string", "enum": list(words)}


_NAME: Final = {"type": ["string", "integer"]}
_VALUE: Final = {"type": ["string", "integer", "boolean", "null"]}
_FACT: Final = {"type": ["string", "integer", "number", "boolean", "array", "null"]}
_YES_NO: Final = {"type": ["boolean", "string"]}
_NAMES: Final = {"type": ["string", "integer", "array"], "items": _NAME}
_VALUES: Final = {"type": ["string", "integer", "boolean", "null", "array"], "items": _VALUE}
_FIELD: Final = {**_NAME, "description": "The helpdesk's field, by id, key or title."}

_RULE: Final[dict[str, Any]] = {
    "type": ["string", "integer", "object"],
    "properties": {
        "field": _FIELD,
        "type": _one_of(fields.TYPES),
        "values": _named(_FACT, "The helpdesk's value to the fact's."),
        "others": _one_of(("keep", "report")),
        "write": {"type": ["boolean", "object"], "additionalProperties": _VALUE},
        "empty": _FACT,
        "separator": {"type": "string", "minLength": 1},
        "unit": _one_of(UNITS),
        "format": _one_of(INSTANTS),
        "zone": {"type": "string"},
        "determined": _YES_NO,
    },
    "required": ["field"],
    "additionalProperties": False,
}
_TRIGGER: Final = _object(
    {
        "tag_added": _NAMES,
        "tag_removed": _NAMES,
        "field": _FIELD,
        "becomes": _VALUES,
        "from": _VALUES,
        "macro": _NAMES,
        "form": _NAMES,
        "comment": _object({"matches": {"type": "string"}, "public": _YES_NO, "by": _one_of(events.BY)}, "matches"),
    }
)
_EVENT: Final = _object(
    {
        "when": {"type": ["object", "array"], "items": _TRIGGER, **{k: v for k, v in _TRIGGER.items() if k != "type"}},
        "kind": _one_of(events.KINDS),
        "by": _one_of(events.BY),
        "who": _NAMES,
        "data": {"type": "object"},
        "facts": {"type": "object"},
        "determined": {"type": "boolean"},
    },
    "when",
    "kind",
)
_MEMBER: Final[dict[str, Any]] = {
    "type": ["string", "integer", "object"],
    "properties": {"group": _NAMES, "domain": _NAMES},
    "additionalProperties": False,
}
_MEMBERS: Final = {**_MEMBER, "type": [*_MEMBER["type"], "array"], "items": _MEMBER}
_SHOWN: Final = {
    "type": ["string", "integer", "object"],
    "properties": {
        "field": _FIELD,
        "format": _one_of(INSTANTS),
        "zone": {"type": "string"},
        "values": {"type": "object", "additionalProperties": _VALUE},
    },
    "required": ["field"],
    "additionalProperties": False,
}

SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    _object(
        {
            "fields": _named(_RULE, "Path of a fact to the helpdesk's field that it is read from."),
            "events": _named(_EVENT, "What in the helpdesk means an event, by a name that stays."),
            "people": _object(
                {
                    "agents": _MEMBERS,
                    "bots": _MEMBERS,
                    "integrations": _MEMBERS,
                    "roles": _named(_MEMBERS, "The ruleset's people to those of the helpdesk."),
                    "assign": _named(_MEMBER, "Whom each of the ruleset's people is when a ticket is assigned."),
                },
                description="Who is a program, who works here, and who goes by which name of the ruleset.",
            ),
            "project": _named(
                _object(dict.fromkeys((*project.OF_CASE, *project.OF_CLOCK), _SHOWN)),
                "Clock, or `*` for the case, to the helpdesk's fields that show how it stands.",
            ),
        },
        description="What the helpdesk's own fields, habits and people mean.",
    )
)
