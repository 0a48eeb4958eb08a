"""Schemas of conditions: a mapping of words and paths, all of whose entries must hold."""

from collections.abc import Mapping
from typing import Final

from casewarden.ruleset import catalogue, keys, words
from casewarden.ruleset.keys import Keys
from casewarden.ruleset.names import Sort
from casewarden.ruleset.paths import Special
from casewarden.ruleset.schema import paths, values
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
    whole,
)
from casewarden.ruleset.schema.parts import words as one_of
from casewarden.ruleset.schema.vocabulary import Vocabulary
from casewarden.ruleset.syntax import FieldType

_STATES: Final = {
    "clock": (Sort.CLOCK, words.CLOCK_STATES, "The state of the newest run of the clock."),
    "quota": (Sort.QUOTA, words.QUOTA_STATES, "This case's place in its window of the quota."),
    "channel": (Sort.CHANNEL, words.CHANNEL_STATES, "Whether the case's plan includes the channel."),
    "guard": (Sort.GUARD, words.GUARD_STATES, "Whether the guard forbids it now."),
}
_USED: Final = "The share of the clock's target that is used up."
_LEFT: Final = "How much of the quota is left now."
_ROW_TYPES: Final = (FieldType.CHOICE, FieldType.YES_NO)
_NOT_IN_ROWS: Final = ("case.severity", "case.status")


def definitions(vocabulary: Vocabulary) -> dict[str, Schema]:
    """Conditions and what they are made of."""
    found = {f"test.{kind.value}": paths.fact_test(vocabulary, kind) for kind in (*FieldType, *Special)}
    found |= {f"test.{root}": _state_test(vocabulary, root) for root in _STATES}
    found["test.any"] = paths.any_test(vocabulary)
    found["test.link"] = paths.any_test(vocabulary, may_last=False)
    found |= {f"test.{path}": _typed(vocabulary, path, kind) for path, kind in _choices(vocabulary).items()}
    found["condition"] = _condition(vocabulary)
    found["condition.not"] = {**found["condition"], "maxProperties": 1}
    found["row"] = _row(vocabulary)
    found["links"] = _links(vocabulary, None)
    found |= {f"links.{kind}": _links(vocabulary, kind) for kind in vocabulary.known(Sort.LINK_KIND) or ()}
    return found


def _types(vocabulary: Vocabulary) -> dict[str, FieldType | None]:
    """Given paths and declared fields with their types; None where a declaration cannot be read."""
    given: dict[str, FieldType | None] = {path: kind for path, (kind, _) in catalogue.GIVEN_PATHS.items()}
    for path, found in vocabulary.fields.items():
        if not path.startswith("links."):
            given[path] = None if found is None else found.type
    for path in paths.proposed_paths(vocabulary):
        given[path] = given[path.removesuffix(".proposed")]
    return given


def choices_of(vocabulary: Vocabulary, path: str) -> Schema | None:
    """The values at a path of type choice or set; None where they are open."""
    if path in catalogue.GIVEN_PATHS:
        return paths.given_choices(vocabulary, path)
    return paths.field_choices(vocabulary, path.removesuffix(".proposed"))


def _choices(vocabulary: Vocabulary) -> dict[str, FieldType]:
    """The paths whose tests list values of their own."""
    return {
        path: kind
        for path, kind in _types(vocabulary).items()
        if kind in (FieldType.CHOICE, FieldType.SET) and choices_of(vocabulary, path) is not None
    }


def _typed(vocabulary: Vocabulary, path: str, kind: FieldType) -> Schema:
    return paths.fact_test(vocabulary, kind, choices_of(vocabulary, path))


def _state_test(vocabulary: Vocabulary, root: str) -> Schema:
    return paths.fact_test(vocabulary, FieldType.CHOICE, one_of(_STATES[root][1]), is_state=True)


def _tests(vocabulary: Vocabulary) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """Tests by path, and by pattern of paths where names are not known."""
    listed = _choices(vocabulary)
    by_path = {
        path: said(
            ref(f"test.{path}" if path in listed else "test.any" if kind is None else f"test.{kind.value}"),
            words.PATHS.get(path) or _about(vocabulary, path, kind),
        )
        for path, kind in _types(vocabulary).items()
    }
    by_path["now"] = said(ref("test.now"), words.PATHS["now"])
    by_pattern: dict[str, Schema] = {}
    tails = {"clock": ("used", "test.percent", _USED), "quota": ("left", "test.integer", _LEFT)}
    for root, (sort, _, about) in _STATES.items():
        known = vocabulary.known(sort)
        entries = [("", f"test.{root}", about)]
        entries += [(f".{word}", test, told) for word, test, told in (tails[root],)] if root in tails else []
        for tail, test, told in entries:
            if known is None:
                by_pattern[rf"^{root}\.{NAME_PATTERN}{tail.replace('.', chr(92) + '.')}$"] = said(ref(test), told)
            by_path |= {f"{root}.{name}{tail}": said(ref(test), told) for name in known or ()}
    for kind in vocabulary.known(Sort.LINK_KIND) or ():
        by_path[f"links.{kind}"] = said(ref(f"links.{kind}"), f"Linked tickets of kind `{kind}`.")
    if vocabulary.is_open:
        by_pattern[rf"^links\.{NAME_PATTERN}$"] = said(ref("links"), "Linked tickets of this kind.")
        by_pattern[rf"^{paths.OWN_FIELD}(?:\.proposed)?$"] = said(ref("test.any"), "A field that this file declares.")
    return by_path, by_pattern


def _about(vocabulary: Vocabulary, path: str, kind: FieldType | None) -> str:
    field = path.removesuffix(".proposed")
    found = vocabulary.fields.get(field)
    note = "" if found is None or found.cited.note is None else f" {found.cited.note}"
    what = "field" if kind is None else f"field, {kind.value}"
    return f"The value proposed for `{field}`.{note}" if field != path else f"A {what} of this file.{note}"


def _condition(vocabulary: Vocabulary) -> Schema:
    by_path, by_pattern = _tests(vocabulary)
    parts = {"type": "array", "items": ref("condition"), "minItems": 1}
    entries: Mapping[str, Schema] = {
        "all": parts,
        "any": parts,
        "not": ref("condition.not"),
        "happened": _happened(vocabulary),
        "since": _span(vocabulary, keys.SINCE, ("at_least", "less_than")),
        "until": _span(vocabulary, keys.UNTIL, ("at_most", "more_than")),
    }
    stated = element(keys.CONDITION, entries)
    stated["properties"] |= by_path
    return {**stated, "patternProperties": by_pattern} if by_pattern else stated


def _instant(vocabulary: Vocabulary) -> dict[str, Schema]:
    event, clock = vocabulary.name(Sort.EVENT), vocabulary.name(Sort.CLOCK)
    return {
        "first": event,
        "last": event,
        "due": clock,
        "started": clock,
        "stopped": clock,
        "at": paths.path_of(FieldType.INSTANT),
    }


def _span(vocabulary: Vocabulary, shown: Keys, bounds: tuple[str, str]) -> Schema:
    entries = {**_instant(vocabulary), **dict.fromkeys(bounds, values.duration())}
    return element(shown, entries, allOf=[exactly_one(keys.INSTANT.names), exactly_one(bounds)])


def _happened(vocabulary: Vocabulary) -> Schema:
    span = values.duration()
    different = mapping(
        {entry.name: said(whole(2, 100), entry.about) for entry in keys.DIFFERENT.entries}, maxProperties=1
    )
    return element(
        keys.HAPPENED,
        {
            "event": vocabulary.name(Sort.EVENT),
            "times": whole(1, 1000),
            "since": element(keys.INSTANT, _instant(vocabulary), **exactly_one(keys.INSTANT.names)),
            "in_last": span,
            "apart": span,
            "different": different,
        },
    )


def link_fields(vocabulary: Vocabulary, kind: str) -> dict[str, tuple[FieldType | None, Schema | None]]:
    """The fields of linked tickets of a kind, with type and values."""
    prefix = f"links.{kind}."
    return {
        path.removeprefix(prefix): (None if found is None else found.type, paths.field_choices(vocabulary, path))
        for path, found in vocabulary.fields.items()
        if path.startswith(prefix)
    }


def _links(vocabulary: Vocabulary, kind: str | None) -> Schema:
    def one(found: tuple[FieldType | None, Schema | None]) -> Schema:
        if found[0] is None:
            return ref("test.link")
        return paths.fact_test(vocabulary, found[0], found[1], may_last=False)

    if kind is None:
        tests = named(ref("test.link"))
    else:
        tests = mapping({name: one(found) for name, found in link_fields(vocabulary, kind).items()})
    number = either(whole(0, 10**15), paths.fact_test(vocabulary, FieldType.INTEGER, may_last=False))
    return element(keys.LINKS, {"some": tests, "every": tests, "none": tests, "count": number})


def _row(vocabulary: Vocabulary) -> Schema:
    """The conditions of a severity row: equality over choices and yes_no."""

    def cell(choices: Schema | None) -> Schema:
        one = paths.value(FieldType.CHOICE, choices)
        shown = Keys(keys.TESTS.about, tuple(entry for entry in keys.TESTS.entries if entry.name in ("is", "not")))
        several = either(one, listing(one))
        return either(one, listing(one), element(shown, {"is": several, "not": several}, maxProperties=1))

    by_path = {
        path: said(
            cell(one_of(("yes", "no")) if kind is FieldType.YES_NO else choices_of(vocabulary, path)),
            words.PATHS.get(path) or _about(vocabulary, path, kind),
        )
        for path, kind in _types(vocabulary).items()
        if (kind is None or kind in _ROW_TYPES) and path not in _NOT_IN_ROWS
    }
    if not vocabulary.is_open:
        return mapping(by_path)
    others = "|".join(path.replace(".", r"\.") for path in catalogue.GIVEN_PATHS)
    return mapping(by_path, patternProperties={rf"^(?!(?:{others})$){paths.OWN_FIELD}(?:\.proposed)?$": cell(None)})
