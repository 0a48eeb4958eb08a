"""The schema of a whole ruleset file."""

from casewarden.ruleset import keys
from casewarden.ruleset.names import Sort
from casewarden.ruleset.schema import actions, conditions, events, paths, sections, values
from casewarden.ruleset.schema.parts import Schema, element, listing, named, ref, text
from casewarden.ruleset.schema.vocabulary import Vocabulary, reserved

DRAFT = "http://json-schema.org/draft-07/schema#"
_MAIN = ("ruleset", "revision", "defaults")
"""What a file that is loaded says; an included file says none of it."""


def ruleset_schema(vocabulary: Vocabulary | None = None) -> Schema:
    """The schema of a ruleset file, general or with the names of one file; draft-07.

    Instances are what an editor makes of the file: YAML 1.2 with the core schema, keys as text.
    """
    known = vocabulary or Vocabulary()
    cited = sections.cited()
    definitions = {
        **known.definitions(),
        **values.definitions(known),
        **sections.definitions(known),
        **paths.definitions(known),
        **conditions.definitions(known),
        **actions.definitions(known),
        **_elements(known, cited),
    }
    top = element(
        keys.TOP,
        {
            "casewarden": {"enum": [1, "1"]},
            "ruleset": text(),
            "policy": text(),
            "clauses": text(),
            "include": listing(text()),
            "applies_to": ref("condition"),
            "revision": sections.revision(cited),
            "defaults": sections.defaults(known, cited),
            "people": sections.names_list(Sort.PERSON),
            "close_reasons": sections.names_list(Sort.REASON),
            "calendars": _named("calendar", Sort.CALENDAR),
            "fields": sections.fields(known, cited),
            "severity": sections.severity(known, cited),
            "plans": _named("plan", Sort.PLAN),
            "channels": _named("channel", Sort.CHANNEL),
            "intake": _named("intake", Sort.REQUEST_TYPE),
            "scope": _named("scope", Sort.SCOPE),
            "events": _named("event", Sort.EVENT),
            "clocks": _named("clock", Sort.CLOCK),
            "credits": _named("credit", Sort.CREDIT),
            "quotas": _named("quota", Sort.QUOTA),
            "guards": _named("guard", Sort.GUARD),
            "queue": sections.queue(cited),
            "rules": _named("rule", Sort.RULE),
            "messages": _named("message", Sort.MESSAGE),
            "interpretations": {
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"title": "ID", "pattern": "\\S"},
                "additionalProperties": ref("interpretation"),
            },
        },
        dependencies=_dependencies(),
    )
    # editors show the title above every hover text, so it is short
    return {"$schema": DRAFT, "title": "Ruleset", **top, "definitions": dict(sorted(definitions.items()))}


def _dependencies() -> Schema:
    """A file that says one thing of a main file says all of them; what included files may bring is not asked for."""
    needs: Schema = {one: [other for other in _MAIN if other != one] for one in _MAIN}
    needs |= {one: list(_MAIN) for one in ("policy", "clauses", "applies_to")}
    return {**needs, "defaults": {"required": ["ruleset", "revision"], **_calendars()}}


def _calendars() -> Schema:
    return {"anyOf": [{"required": ["calendars"]}, {"required": ["include"]}]}


def _named(definition: str, sort: Sort) -> Schema:
    return named(ref(definition), reserved=reserved(sort))


def _elements(vocabulary: Vocabulary, cited: dict[str, Schema]) -> dict[str, Schema]:
    scope = element(keys.SCOPE, {"when": ref("condition"), **cited})
    return {
        "calendar": values.calendar(cited),
        "plan": sections.plan(vocabulary, cited),
        "channel": sections.channel(vocabulary, cited),
        "intake": sections.intake(vocabulary, cited),
        "scope": scope,
        "event": events.event(vocabulary, cited),
        "clock": sections.clock(vocabulary, cited),
        "credit": sections.credit(vocabulary, cited),
        "quota": sections.quota(vocabulary, cited),
        "guard": sections.guard(vocabulary, cited),
        "rule": sections.rule(vocabulary, cited),
        "message": sections.message(vocabulary, cited),
        "interpretation": sections.interpretation(),
    }
