"""Schemas of events: one mapping whose first word says what happens."""

from casewarden.ruleset import catalogue, keys, words
from casewarden.ruleset.keys import Keys
from casewarden.ruleset.names import Sort
from casewarden.ruleset.schema import paths, values
from casewarden.ruleset.schema.parts import Schema, element, exactly_one, listing, one_or_list, ref
from casewarden.ruleset.schema.parts import words as one_of
from casewarden.ruleset.schema.vocabulary import Vocabulary
from casewarden.ruleset.syntax import FieldType

_HEADS = ("kind", "becomes", "clock", "all", "any")
_FORMS = (keys.EVENT_ENTRY, keys.EVENT_BECOMES, keys.EVENT_TURNS, keys.EVENT_ALL, keys.EVENT_ANY)


def event(vocabulary: Vocabulary, cited: dict[str, Schema]) -> Schema:
    """One event."""
    entries = {entry.name: entry for form in _FORMS for entry in form.entries}
    shown = Keys("What happens at an instant, and when.", tuple(entries.values()))
    several = listing(vocabulary.name(Sort.EVENT))
    stated = element(
        shown,
        {
            "kind": one_or_list(one_of(words.KINDS)),
            **_attributes(vocabulary),
            "becomes": ref("condition"),
            "clock": vocabulary.name(Sort.CLOCK),
            "turns": one_of(words.TURNS),
            "all": several,
            "within": values.duration(),
            "order": one_of(words.EVENT_ORDER),
            "any": several,
            **cited,
        },
    )
    needs = {
        "turns": ["clock"],
        "clock": ["turns"],
        "within": ["all"],
        "order": ["all"],
        **{name: ["kind"] for name in keys.ATTRIBUTES.names},
    }
    del stated["required"]
    return {**stated, **exactly_one(_HEADS), "dependencies": needs, "allOf": _by_kind()}


def _attributes(vocabulary: Vocabulary) -> dict[str, Schema]:
    acting = vocabulary.name(Sort.PERSON, words.ACTORS)
    choices = {
        "by": acting,
        "to": acting,
        "via": vocabulary.name(Sort.CHANNEL, paths.OTHER),
        "reason": vocabulary.name(Sort.REASON),
        "template": vocabulary.name(Sort.MESSAGE),
        "change": one_of(words.PLAN_CHANGE),
        "plan": vocabulary.name(Sort.PLAN),
    }
    types: dict[str, FieldType] = {}
    for attributes in catalogue.ENTRY_KINDS.values():
        types |= attributes
    return {
        name: paths.fact_test(vocabulary, kind, choices.get(name), is_state=False, may_last=False)
        for name, kind in types.items()
    }


def _by_kind() -> list[Schema]:
    """For each group of kinds with the same attributes: which keys may stand beside them."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for kind, attributes in catalogue.ENTRY_KINDS.items():
        groups.setdefault(tuple(attributes), []).append(kind)
    cited = [entry.name for entry in keys.CITED]
    return [
        {
            "if": {
                "required": ["kind"],
                "properties": {
                    "kind": {"anyOf": [{"enum": kinds}, {"type": "array", "contains": {"enum": kinds}}]},
                },
            },
            "then": {"propertyNames": {"enum": ["kind", *attributes, *cited]}},
        }
        for attributes, kinds in groups.items()
    ]
