"""The JSON Schemas of events and of mapping files, made from the same lists that the readers use."""

from dataclasses import replace
from typing import Any

from casewarden.model.event import ENGINE_KINDS
from casewarden.ruleset.catalogue import PLAN_CHANGES, QUOTA_STATES
from casewarden.scenario.mapping_reader import (
    ACTORS as MAPPING_ACTORS,
)
from casewarden.scenario.mapping_reader import (
    ENTRIES,
    ENTRY_KEYS,
    FORMATS,
    RECORDED_KEYS,
    TYPES,
    VERSION,
)
from casewarden.scenario.mapping_reader import KEYS as MAPPING_KEYS
from casewarden.scenario.mapping_reader import REQUIRED as MAPPING_REQUIRED
from casewarden.scenario.shapes import (
    ACTORS,
    BY_CLOCK,
    BY_QUOTA,
    BY_SEVERITY,
    DATA,
    INSTANT_PATTERN,
    NAME_PATTERN,
    PATH_PATTERN,
    PATHS_OF,
    SUBJECT_PATTERN,
    DataShape,
    Shape,
)
from casewarden.scenario.wire import KEYS, MAX_NUMBER, REQUIRED

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TEXT = {"type": "string", "minLength": 1}
_INSTANT = {"type": "string", "pattern": INSTANT_PATTERN, "description": "ISO 8601 with its offset"}
_NUMBER = {"type": "number", "minimum": -MAX_NUMBER, "maximum": MAX_NUMBER}
_COUNT = {"type": "integer", "minimum": 0, "maximum": MAX_NUMBER}
_FACT = {
    "anyOf": [
        {"type": ["string", "boolean", "null"]},
        _NUMBER,
        {"type": "array", "items": {"type": "string"}},
    ]
}


def event_schema() -> dict[str, Any]:
    """The schema of one event: one line of a history."""
    engine = {"properties": {"kind": {"enum": sorted(ENGINE_KINDS)}, "data": {"type": "object"}}}
    kinds = [form for kind, shape in sorted(DATA.items()) for form in _of_kind(kind, shape)]
    return {
        "$schema": _DRAFT,
        "title": "Casewarden event",
        "description": "One observation on a subject; a history is a file with one such object on each line.",
        "type": "object",
        "required": list(REQUIRED),
        "properties": {key: _TOP[key] for key in KEYS},
        "additionalProperties": False,
        "oneOf": [*kinds, engine],
    }


_TOP: dict[str, Any] = {
    "subject": {"type": "string", "pattern": SUBJECT_PATTERN, "description": "kind and id, such as case:1042"},
    "kind": {"enum": sorted([*DATA, *ENGINE_KINDS])},
    "at": {**_INSTANT, "description": "when it happened, with its offset"},
    "seen_at": {**_INSTANT, "description": "when it became known; the same as `at` if left out"},
    "by": {"enum": list(ACTORS)},
    "who": {"type": "array", "items": _TEXT, "description": "roles and names of who acted"},
    "source": {**_TEXT, "description": "the connector it came from; `history` if left out"},
    "key": {**_TEXT, "description": "its name within the source; the same key is the same event"},
    "sequence": {**_COUNT, "description": "the source's own order among events of one instant"},
    "data": {"type": "object"},
}


def _of_kind(kind: str, shape: DataShape) -> list[dict[str, Any]]:
    """What events of a kind are; what is observed of a linked ticket has names of its fields in place of paths."""
    if kind != "observed":
        return [_form(kind, shape)]
    paths = {"pattern": f"^({'|'.join(PATHS_OF)})"}
    of_linked = replace(shape, keys={**shape.keys, "facts": Shape.FIELDS})
    forms = [(_form(kind, shape), paths), (_form(kind, of_linked), {"not": paths})]
    return [{**form, "properties": {**form["properties"], "subject": subject}} for form, subject in forms]


def _form(kind: str, shape: DataShape) -> dict[str, Any]:
    data: dict[str, Any] = {
        "type": "object",
        "properties": {key: _of_shape(wanted) for key, wanted in shape.keys.items()},
        "additionalProperties": False,
    }
    form: dict[str, Any] = {"properties": {"kind": {"const": kind}, "data": data}}
    if shape.required:
        data["required"] = list(shape.required)
        form["required"] = ["data"]
    return form


def _of_shape(shape: Shape) -> dict[str, Any]:
    match shape:
        case Shape.TEXT:
            return {"type": "string"}
        case Shape.YES_NO:
            return {"type": "boolean"}
        case Shape.YES_NO_UNCLEAR:
            return {"type": ["boolean", "null"]}
        case Shape.COUNT:
            return _COUNT
        case Shape.INSTANT:
            return _INSTANT
        case Shape.INSTANT_OR_NULL:
            return {"anyOf": [_INSTANT, {"type": "null"}]}
        case Shape.FACTS:
            return {**_facts(PATH_PATTERN), "properties": _TERMS}
        case Shape.FIELDS:
            return _facts(NAME_PATTERN)
        case Shape.PLAN_CHANGE:
            return {"enum": list(PLAN_CHANGES)}
        case Shape.QUOTA_WORD:
            return {"enum": list(QUOTA_STATES)}


def _facts(names: str) -> dict[str, Any]:
    return {"type": "object", "propertyNames": {"pattern": names}, "additionalProperties": _FACT}


_TEXTS: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "string"}}
_TARGET: dict[str, Any] = {"anyOf": [{"type": "string"}, _TEXTS]}
_ALLOWED: dict[str, Any] = {"anyOf": [{"type": "string"}, _COUNT]}
_TERMS: dict[str, Any] = {
    BY_CLOCK: {"type": ["object", "null"], "additionalProperties": _TARGET},
    BY_QUOTA: {"type": ["object", "null"], "additionalProperties": _ALLOWED},
    BY_SEVERITY: {"type": ["object", "string", "null"], "additionalProperties": {"type": "string"}},
}
"""A contract's own terms; null where it has none any more."""


def mapping_schema() -> dict[str, Any]:
    """The schema of a mapping file, for editors."""
    texts = {"type": "array", "items": {"type": ["string", "number"]}, "minItems": 1}
    actor = {"enum": list(MAPPING_ACTORS)}
    facts = {"type": "object", "propertyNames": {"pattern": PATH_PATTERN}, "additionalProperties": _SCALAR}
    parts: dict[str, Any] = {
        "casewarden_mapping": {"enum": [int(VERSION), VERSION]},
        "format": {"enum": list(FORMATS)},
        "source": _TEXT,
        "case": {**_TEXT, "description": "the column that groups rows to a case"},
        "written": {**_TEXT, "description": "the column that says when a row was written"},
        "dates": _closed({"format": _TEXT, "zone": _TEXT}, ["format", "zone"]),
        "delimiter": {"type": "string", "minLength": 1, "maxLength": 1},
        "missing": {**texts, "description": "cells that say nothing, besides empty ones"},
        "by": actor,
        "opened": _closed({"at": _TEXT, "by": actor, "facts": facts}),
        "fields": {
            "type": "object",
            "propertyNames": {"pattern": PATH_PATTERN},
            "additionalProperties": {"anyOf": [_TEXT, _FIELD]},
        },
        "entries": {"type": "array", "minItems": 1, "items": _entry(texts, actor)},
        "final": {**texts, "description": "columns with values of the end: no event is made of them"},
        "left_out": {**texts, "description": "columns that are known and not read"},
        "recorded": {"type": "object", "additionalProperties": _recorded(texts)},
    }
    return {
        "$schema": _DRAFT,
        "title": "Casewarden mapping",
        "description": "How the rows of a table become events.",
        **_closed({key: parts[key] for key in MAPPING_KEYS}, list(MAPPING_REQUIRED)),
    }


_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}


def _closed(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    form = {"type": "object", "properties": properties, "additionalProperties": False}
    return form if required is None else {**form, "required": required}


_FIELD: dict[str, Any] = _closed(
    {
        "column": _TEXT,
        "type": {"enum": list(TYPES)},
        "values": {"type": "object", "additionalProperties": _SCALAR},
        "separator": {"type": "string", "minLength": 1},
    },
    ["column"],
)


def _entry(texts: dict[str, Any], actor: dict[str, Any]) -> dict[str, Any]:
    parts = {"kind": {"enum": list(ENTRIES)}, "column": _TEXT, "to": texts, "from": texts, "by": actor}
    return _closed({key: parts[key] for key in ENTRY_KEYS}, ["kind", "column", "to"])


def _recorded(texts: dict[str, Any]) -> dict[str, Any]:
    parts = {"column": _TEXT, "clocks": texts, "met": texts, "missed": texts}
    return _closed({key: parts[key] for key in RECORDED_KEYS}, list(RECORDED_KEYS))
