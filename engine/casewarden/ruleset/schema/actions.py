"""Schemas of what rules do."""

from casewarden.ruleset import catalogue, keys, words
from casewarden.ruleset.names import Sort
from casewarden.ruleset.read_actions import MAX_ACTIONS, OBSERVED, OWN_ACTION
from casewarden.ruleset.schema import conditions, paths
from casewarden.ruleset.schema.parts import (
    NAME_PATTERN,
    Schema,
    either,
    element,
    exactly_one,
    listing,
    mapping,
    named,
    ref,
    said,
    text,
)
from casewarden.ruleset.schema.parts import words as one_of
from casewarden.ruleset.schema.vocabulary import Vocabulary
from casewarden.ruleset.syntax import FieldType

_ROOTS = ("case", "customer", "contract", "service")


def actions() -> Schema:
    """A list of actions."""
    return {"type": "array", "items": ref("action"), "minItems": 1, "maxItems": MAX_ACTIONS}


def definitions(vocabulary: Vocabulary) -> dict[str, Schema]:
    """One action: a mapping with one key."""
    message = vocabulary.name(Sort.MESSAGE)
    tags = listing(text())
    known = element(
        keys.ACTIONS,
        {
            "set": _set(vocabulary),
            "classify": one_of({"severity": "The severity."}),
            "assign": vocabulary.name(Sort.PERSON),
            "tag": element(keys.TAG, {"add": tags, "remove": tags}),
            "close": either(vocabulary.name(Sort.REASON), _from(FieldType.CHOICE)),
            "reopen": one_of(words.REOPEN),
            "reply": message,
            "note": message,
            "ask": element(
                keys.ASK,
                {
                    "fields": either(
                        one_of({"missing": "What the intake lacks."}),
                        listing(paths.path_in(vocabulary, None, _ROOTS)),
                    ),
                    "message": message,
                },
            ),
            "notify": element(
                keys.NOTIFY,
                {
                    "who": vocabulary.name(Sort.PERSON, {"owner": "The owner of the clock of which the rule speaks."}),
                    "message": message,
                },
            ),
            "publish": element(keys.PUBLISH, {"message": message, "service": vocabulary.name(Sort.SERVICE)}),
            "link": _link(vocabulary),
        },
        maxProperties=1,
    )
    return {"action": known}


def _from(kind: FieldType) -> Schema:
    return element(keys.FROM, {"from": paths.path_of(kind)})


def _wanted(kind: FieldType | None, choices: Schema | None) -> Schema:
    """A value of the type, or `{from: PATH}`."""
    if kind is None:
        return either(text(), listing(text()), element(keys.FROM, {"from": paths.path_of(None)}))
    return either(paths.value(kind, choices), _from(kind))


def _may_be_set(path: str) -> bool:
    fixed = path in catalogue.DERIVED_PATHS or path in OBSERVED or path in OWN_ACTION
    return not fixed and not path.startswith("release.")


def _set(vocabulary: Vocabulary) -> Schema:
    given: dict[str, Schema] = {}
    for path, (kind, values) in catalogue.GIVEN_PATHS.items():
        if _may_be_set(path):
            choices = conditions.choices_of(vocabulary, path)
            if path == "case.status":
                choices = one_of([value for value in values if value != "closed"])
            given[path] = said(_wanted(kind, choices), words.PATHS[path])
    if vocabulary.is_open:
        others = "|".join(path.replace(".", r"\.") for path in catalogue.GIVEN_PATHS)
        own = rf"^(?!(?:{others})$)(?:{paths.OWN_FIELD}|links\.{NAME_PATTERN}\.{NAME_PATTERN})$"
        return mapping(given, patternProperties={own: _wanted(None, None)})
    for path, found in vocabulary.fields.items():
        choices = paths.field_choices(vocabulary, path)
        given[path] = said(_wanted(None if found is None else found.type, choices), "A field of this file.")
    return mapping(given)


def _link(vocabulary: Vocabulary) -> Schema:
    kinds = vocabulary.known(Sort.LINK_KIND)
    if kinds is None:
        created = named(_wanted(None, None))
    else:
        created = either(
            *(
                mapping(
                    {
                        name: _wanted(kind, choices)
                        for name, (kind, choices) in conditions.link_fields(vocabulary, one).items()
                    }
                )
                for one in kinds
            )
        )
    return element(
        keys.LINK,
        {
            "kind": vocabulary.name(Sort.LINK_KIND),
            "create": created,
            "to": paths.path_of(FieldType.TEXT),
        },
        **exactly_one(("create", "to")),
    )
