"""The schema of a whole file of scenario tests."""

from typing import Any

from casewarden.ruleset.schema import Vocabulary, actions, conditions, paths, sections, values
from casewarden.ruleset.schema.document import DRAFT
from casewarden.ruleset.schema.parts import (
    NAME_PATTERN,
    Schema,
    either,
    element,
    exactly_one,
    mapping,
    matching,
    named,
    nothing,
    ref,
    text,
)
from casewarden.ruleset.schema.parts import words as one_of
from casewarden.scenario.read_entries import KINDS
from casewarden.scenario.scenario_schema import entries, expect, facts, keys, words


def scenario_schema() -> Schema:
    """The schema of files of scenario tests, whatever ruleset they test; draft-07.

    Instances are what an editor makes of the file: YAML 1.2 with the core schema, keys as text.
    """
    known = Vocabulary()
    top = element(
        keys.FILE,
        {
            "casewarden_test": {"enum": [1, "1"]},
            "ruleset": text(),
            "zone": ref("zone"),
            "customers": text(),
            "given": ref("given"),
            "tests": named(ref("test")),
            "accepted_mutants": {"type": "object", "minProperties": 1, "additionalProperties": text()},
        },
    )
    available = {
        **known.definitions(),
        **values.definitions(known),
        **sections.definitions(known),
        **paths.definitions(known),
        **conditions.definitions(known),
        **actions.definitions(known),
        **facts.definitions(known),
        **entries.definitions(known),
        **expect.definitions(known),
        "name.plan": text(),  # also one of its names in data, which may be anything
        "given": _given(known),
        "test": _test(),
        "step": _step(),
    }
    # editors show the title above every hover text, so it is short
    return {"$schema": DRAFT, "title": "Scenario tests", **top, "definitions": needed(top, available)}


def needed(top: Schema, available: dict[str, Schema]) -> dict[str, Schema]:
    """The definitions to which the schema refers, directly or through others."""
    found: dict[str, Schema] = {}
    waiting = sorted(_references(top))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = available[name]
            waiting.extend(sorted(_references(found[name])))
    return dict(sorted(found.items()))


def _references(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return {name for item in schema for name in _references(item)}
    if not isinstance(schema, dict):
        return set()
    own = {schema["$ref"].removeprefix("#/definitions/")} if isinstance(schema.get("$ref"), str) else set()
    return own.union(*(_references(item) for item in schema.values()))


def _given(vocabulary: Vocabulary) -> Schema:
    by_path, by_pattern = facts.stated(vocabulary)
    return mapping(by_path, patternProperties=by_pattern)


def _test() -> Schema:
    readings = {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"title": "ID", "pattern": "\\S"},
        "additionalProperties": text(),
    }
    service = matching(rf"service\.{NAME_PATTERN}", examples=["service.core"])
    stated = element(
        keys.TEST,
        {
            **sections.cited(),
            "readings": readings,
            "about": either(one_of(words.ABOUT), service),
            "live_from": facts.time(),
            "customer": text(),
            "reporter": text(),
            "given": ref("given"),
            "timeline": _timeline(),
        },
    )
    return {**stated, **_opening()}


def _timeline() -> Schema:
    """Steps, the first at a time of its own; something is expected somewhere."""
    return {
        "type": "array",
        "items": ref("step"),
        "minItems": 1,
        "contains": {"type": "object", "required": ["expect"]},
        "allOf": [{"items": [{"required": ["at"]}]}],
    }


def _opening() -> Schema:
    """A case is opened by its first step and no other; other records are not opened at all."""
    never: Schema = {"properties": {"opened": nothing("Only a case is opened, once, by its first step.")}}
    other_record = {"required": ["about"], "properties": {"about": {"not": {"const": "case"}}}}
    return {
        "if": other_record,
        "then": {"properties": {"timeline": {"items": never}}},
        "else": {"properties": {"timeline": {"items": [{"required": ["opened"]}], "additionalItems": never}}},
    }


def _step() -> Schema:
    something = [{"required": [kind]} for kind in KINDS]
    times = {"at": facts.time(), "advance": values.duration(), "happened_at": facts.time()}
    return element(
        keys.STEP,
        {**times, "expect": ref("expect"), **{kind: entries.entries(kind) for kind in KINDS}},
        allOf=[exactly_one(("at", "advance")), {"anyOf": [{"required": ["expect"]}, *something]}],
        dependencies={"happened_at": {"anyOf": something}},
    )
