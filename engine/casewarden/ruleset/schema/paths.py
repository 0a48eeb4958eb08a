"""Schemas of paths and of the tests and values that fit what stands there."""

from collections.abc import Iterable
from typing import Final

from casewarden.ruleset import catalogue, keys, words
from casewarden.ruleset.keys import Keys
from casewarden.ruleset.names import Sort
from casewarden.ruleset.paths import OTHER_CHANNEL, Special, ValueType
from casewarden.ruleset.schema import values
from casewarden.ruleset.schema.parts import (
    NAME_PATTERN,
    Schema,
    either,
    element,
    listing,
    matching,
    nothing,
    one_or_list,
    ref,
    text,
)
from casewarden.ruleset.schema.parts import words as one_of
from casewarden.ruleset.schema.vocabulary import Vocabulary
from casewarden.ruleset.syntax import FieldType

_EQUAL: Final = frozenset(
    {FieldType.TEXT, FieldType.CHOICE, FieldType.YES_NO, FieldType.INTEGER, FieldType.NUMBER, FieldType.VERSION}
)
_BOUNDED: Final = frozenset({FieldType.INTEGER, FieldType.NUMBER, FieldType.DURATION, Special.PERCENT})
_BOUNDS: Final = ("at_least", "at_most", "more_than", "less_than")
_HAS: Final = ("has_any", "has_all", "has_none")
_PROPOSED: Final = r"(?:\.proposed)?"
OWN_FIELD: Final = rf"(?:case|customer|contract|service\.{NAME_PATTERN})\.{NAME_PATTERN}"
OTHER: Final = {OTHER_CHANNEL: "Any channel that is not declared."}


def value(kind: ValueType, choices: Schema | None = None) -> Schema:
    """A value of a type; `choices` closes a choice or a set."""
    match kind:
        case FieldType.TEXT | FieldType.VERSION:
            return text()
        case FieldType.CHOICE:
            return text() if choices is None else choices
        case FieldType.YES_NO:
            return one_of(("yes", "no"))
        case FieldType.INTEGER:
            return {"type": ["integer", "string"], "pattern": "^[+-]?[0-9]{1,15}$"}
        case FieldType.NUMBER:
            return {"type": ["number", "string"], "pattern": r"^-?[0-9]{1,15}(?:\.[0-9]{1,9})?$"}
        case FieldType.DURATION:
            return values.length()
        case FieldType.INSTANT:
            return values.instant()
        case FieldType.SET:
            return listing(text() if choices is None else choices)
        case Special.PERCENT:
            return matching(r"[0-9]{1,6}(?:\.[0-9]{1,6})?%", examples=["75%", "100%"])
        case Special.NOW:
            return nothing("The present has no value to compare; write `in_hours`.")


def fact_test(
    vocabulary: Vocabulary,
    kind: ValueType,
    choices: Schema | None = None,
    *,
    is_state: bool = False,
    may_last: bool = True,
) -> Schema:
    """A test of a path of a type: a value, a list of values, or a mapping with one form and perhaps `for`."""
    one = value(kind, choices)
    forms = _forms(vocabulary, kind, one, is_state=is_state)
    singles: list[Schema] = [{"required": [name]} for name in forms if name not in _BOUNDS]
    more: Schema = {}
    if kind in _BOUNDED:
        singles.append({"anyOf": [{"required": [name]} for name in _BOUNDS]})
        more["allOf"] = [
            {"not": {"required": list(pair)}} for pair in (("at_least", "more_than"), ("at_most", "less_than"))
        ]
    if may_last:
        forms["for"] = values.duration()
    shown = Keys(keys.TESTS.about, tuple(entry for entry in keys.TESTS.entries if entry.name in forms))
    written = element(shown, forms, oneOf=singles, **more)
    return either(one, listing(one), written) if kind in _EQUAL else written


def _forms(vocabulary: Vocabulary, kind: ValueType, one: Schema, *, is_state: bool) -> dict[str, Schema]:
    forms: dict[str, Schema] = {}
    if kind in _EQUAL:
        forms |= dict.fromkeys(("is", "not"), one_or_list(one))
    if kind in _BOUNDED:
        forms |= dict.fromkeys(_BOUNDS, one)
    if kind is FieldType.TEXT:
        forms |= dict.fromkeys(("contains", "matches"), text())
    if kind is FieldType.SET:
        forms |= dict.fromkeys(_HAS, one)
    if kind in (FieldType.INSTANT, Special.NOW):
        forms["in_hours"] = values.calendars(vocabulary)
    if not is_state and isinstance(kind, FieldType):
        forms["same_as"] = path_of(kind)
    if not is_state and kind is not Special.NOW:
        forms["known"] = one_of(("yes", "no"))
    return forms


def any_test(vocabulary: Vocabulary, *, may_last: bool = True) -> Schema:
    """A test of a path whose type is not known: any form with values of any type."""
    scalar = text()
    forms: dict[str, Schema] = {
        **dict.fromkeys(("is", "not"), one_or_list(scalar)),
        **{bound: {"type": ["number", "string"], "minLength": 1} for bound in _BOUNDS},
        **dict.fromkeys(("contains", "matches"), scalar),
        **dict.fromkeys(_HAS, listing(scalar)),
        "in_hours": values.calendars(vocabulary),
        "same_as": path_of(None),
        "known": one_of(("yes", "no")),
    }
    singles: list[Schema] = [{"required": [name]} for name in forms if name not in _BOUNDS]
    singles.append({"anyOf": [{"required": [name]} for name in _BOUNDS]})
    pairs = (("at_least", "more_than"), ("at_most", "less_than"))
    more: Schema = {"oneOf": singles, "allOf": [{"not": {"required": list(pair)}} for pair in pairs]}
    if may_last:
        forms["for"] = values.duration()
    shown = Keys(keys.TESTS.about, tuple(entry for entry in keys.TESTS.entries if entry.name in forms))
    return either(scalar, listing(scalar), element(shown, forms, **more))


def given_choices(vocabulary: Vocabulary, path: str) -> Schema | None:
    """What a given choice or set can hold; None where that is open."""
    sorts = {
        "case.type": Sort.REQUEST_TYPE,
        "case.severity": Sort.LEVEL,
        "case.reported_severity": Sort.LEVEL,
        "case.plan": Sort.PLAN,
        "case.close_reason": Sort.REASON,
        "case.assigned_to": Sort.PERSON,
        "case.excluded_as": Sort.SCOPE,
    }
    if path == "case.channel":
        return vocabulary.name(Sort.CHANNEL, OTHER)
    if path in sorts:
        return vocabulary.name(sorts[path])
    if path == "case.missing":
        return path_of(None) if vocabulary.is_open else _listed(vocabulary.required_paths)
    closed = catalogue.GIVEN_PATHS[path][1]
    if closed == tuple(words.COMMITMENT):
        return one_of(words.COMMITMENT)
    return one_of(closed) if closed else None


def _listed(paths: Iterable[str]) -> Schema:
    found = list(paths)
    return one_of(found) if found else nothing("No request type requires anything.")


def path_of(kind: FieldType | None) -> Schema:
    """A path at which a value of the type stands; None is any type."""
    return ref("path" if kind is None else f"path.{kind.value}")


def definitions(vocabulary: Vocabulary) -> dict[str, Schema]:
    """The definitions to which `path_of` refers."""
    return {"path": path_in(vocabulary, None)} | {f"path.{one.value}": path_in(vocabulary, one) for one in FieldType}


def path_in(vocabulary: Vocabulary, kind: FieldType | None, roots: tuple[str, ...] | None = None) -> Schema:
    """A path at which a value of the type stands (None: any type), within the roots."""
    given = {
        path: words.PATHS[path]
        for path, (of_type, _) in catalogue.GIVEN_PATHS.items()
        if kind in (None, of_type) and (roots is None or path.partition(".")[0] in roots)
    }
    wanted = tuple(FieldType) if kind is None else (kind,)
    if vocabulary.is_open:
        own = matching(f"{OWN_FIELD}{_PROPOSED}" if roots is None else f"(?:{'|'.join(roots)}).*")
        return either(one_of(given), own) if given else own
    declared = [path for path in vocabulary.of_type(*wanted) if roots is None or path.partition(".")[0] in roots]
    listed = {**given, **dict.fromkeys((*declared, *_proposed(vocabulary, declared)), "")}
    return one_of(listed) if listed else nothing("There is no such path.")


def _proposed(vocabulary: Vocabulary, paths: Iterable[str]) -> list[str]:
    """The paths of values that nobody has confirmed yet; where a field cannot be read, there may be one."""
    return [f"{path}.proposed" for path in paths if (found := vocabulary.fields[path]) is None or found.confirmed_by]


def proposed_paths(vocabulary: Vocabulary) -> list[str]:
    """All paths of proposed values."""
    return _proposed(vocabulary, (path for path in vocabulary.fields if not path.startswith("links.")))


def field_choices(vocabulary: Vocabulary, path: str) -> Schema | None:
    """The values that a declared field can have; None where they are open."""
    found = vocabulary.fields[path]
    return one_of(found.of) if found is not None and found.of else None
