"""Schemas of times and values as tests state them, and of what they expect at paths."""

from typing import Final

from casewarden.ruleset import catalogue
from casewarden.ruleset import words as ruleset_words
from casewarden.ruleset.names import Sort
from casewarden.ruleset.schema import Vocabulary, conditions, paths, values
from casewarden.ruleset.schema.parts import (
    LEVEL_PATTERN,
    NAME_PATTERN,
    Schema,
    either,
    listing,
    matching,
    named,
    ref,
    said,
    text,
    whole,
)
from casewarden.ruleset.schema.parts import words as one_of
from casewarden.ruleset.syntax import FieldType
from casewarden.scenario.read_given import CONTRACT_TERMS, UNLIMITED
from casewarden.scenario.scenario_schema import words
from casewarden.scenario.times import WEEKDAYS

NOT_STATED: Final = ("release",)
"""Roots of given paths that have entries of their own."""
_TIME: Final = (
    rf"(?:(?:{'|'.join(WEEKDAYS)}),? )?{values.RECENT_DATE}[T ]{values.CLOCK_TIME}"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?"
)
_STATES: Final = {
    "quota": (ruleset_words.QUOTA_STATES, "This case's place in its window of the quota."),
    "channel": (ruleset_words.CHANNEL_STATES, "Whether the case's plan includes the channel."),
    "guard": (ruleset_words.GUARD_STATES, "Whether the guard forbids it at this instant."),
}
_OWN: Final = "A field that the ruleset declares."


def time() -> Schema:
    """A time of the file's zone, or with its own offset."""
    return ref("time")


def time_or_none() -> Schema:
    """A time, or that there is none."""
    return either(one_of(words.NONE), time())


def definitions(vocabulary: Vocabulary) -> dict[str, Schema]:
    """Times, and expectations of paths by type or by path."""
    shown = ["Fri 2026-07-17 16:40", "2026-07-17 16:40", "2026-07-17T16:40+02:00"]
    found = {"time": matching(_TIME, examples=shown)}
    for path, (kind, _) in catalogue.GIVEN_PATHS.items():
        choices = conditions.choices_of(vocabulary, path)
        test = paths.fact_test(vocabulary, kind, choices, may_last=False)
        found[_definition(vocabulary, path)] = either(time(), test) if kind is FieldType.INSTANT else test
    return found


def _definition(vocabulary: Vocabulary, path: str) -> str:
    """The definition of what may be expected at a given path: by its type, or its own where it lists values."""
    kind, _ = catalogue.GIVEN_PATHS[path]
    return f"is.{kind.value if conditions.choices_of(vocabulary, path) is None else path}"


def stated(vocabulary: Vocabulary) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """What can be said to be so: values by path, and by pattern of paths that rulesets declare."""
    by_path: dict[str, Schema] = {}
    for path, (kind, _) in catalogue.GIVEN_PATHS.items():
        if path not in catalogue.DERIVED_PATHS and path.partition(".")[0] not in NOT_STATED:
            choices = conditions.choices_of(vocabulary, path)
            value = time() if kind is FieldType.INSTANT else paths.value(kind, choices)
            by_path[path] = said(either(value, one_of(words.UNKNOWN)), ruleset_words.PATHS[path])
    by_path |= _contract_terms(vocabulary)
    taken = "|".join(path.replace(".", r"\.") for path in (*catalogue.GIVEN_PATHS, *CONTRACT_TERMS))
    own = said(either(one_of(words.UNKNOWN), text(), listing(text())), _OWN)
    return by_path, {rf"^(?!(?:{taken})$){paths.OWN_FIELD}$": own}


def _contract_terms(vocabulary: Vocabulary) -> dict[str, Schema]:
    target = either(one_of(ruleset_words.TARGETS), values.duration(word=True))
    targets = named(either(target, named(target, pattern=LEVEL_PATTERN)))
    calendar = vocabulary.name(Sort.CALENDAR)
    allowed = either(whole(0, 10**15), one_of({UNLIMITED: ruleset_words.ALLOWED[UNLIMITED]}), values.length())
    terms = {
        "contract.calendar": said(
            either(calendar, named(calendar, pattern=LEVEL_PATTERN)), "The contract's own calendar, or one by severity."
        ),
        "contract.quotas": said(named(allowed), "What this contract allows of quotas that leave it to contracts."),
        "contract.commitment": said(one_of(ruleset_words.COMMITMENT), "How binding this contract's promises are."),
        "contract.channels": said(listing(vocabulary.name(Sort.CHANNEL)), "The channels that this contract includes."),
        "contract.targets": said(targets, "The contract's own targets by clock, perhaps for each severity."),
    }
    return {path: terms[path] for path in CONTRACT_TERMS}


def expected(vocabulary: Vocabulary) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """What can be expected: tests by path, and by pattern of paths with names of the ruleset."""
    by_path = {
        path: said(ref(_definition(vocabulary, path)), ruleset_words.PATHS[path]) for path in catalogue.GIVEN_PATHS
    }
    taken = "|".join(path.replace(".", r"\.") for path in catalogue.GIVEN_PATHS)
    left = paths.fact_test(vocabulary, FieldType.INTEGER, may_last=False)
    by_pattern = {
        rf"^{root}\.{NAME_PATTERN}$": said(_state(vocabulary, meanings), about)
        for root, (meanings, about) in _STATES.items()
    }
    by_pattern[rf"^quota\.{NAME_PATTERN}\.left$"] = said(left, "How much of the quota is left.")
    by_pattern[rf"^links\.{NAME_PATTERN}$"] = said(ref("links"), "The linked tickets of this kind.")
    own = rf"^(?!(?:{taken})$){paths.OWN_FIELD}(?:\.proposed)?$"
    by_pattern[own] = said(ref("test.link"), _OWN)
    return by_path, by_pattern


def _state(vocabulary: Vocabulary, meanings: dict[str, str]) -> Schema:
    return paths.fact_test(vocabulary, FieldType.CHOICE, one_of(meanings), is_state=True, may_last=False)
