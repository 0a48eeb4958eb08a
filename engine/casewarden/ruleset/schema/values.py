"""Schemas of the smallest texts: durations, targets, dates, zones, open hours, calendars."""

from typing import Final

from casewarden.ruleset import keys, words
from casewarden.ruleset.names import Sort
from casewarden.ruleset.schema.parts import (
    Schema,
    either,
    element,
    listing,
    mapping,
    matching,
    one_or_list,
    ref,
    said,
    text,
)
from casewarden.ruleset.schema.parts import words as one_of
from casewarden.ruleset.schema.vocabulary import Vocabulary
from casewarden.worktime.spec import WEEKDAYS
from casewarden.worktime.zones import ABBREVIATIONS, zone_names

_MANY: Final = "0*(?:[2-9]|[1-9][0-9]+)"
_TIME: Final = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_DAY: Final = f"(?:{'|'.join(WEEKDAYS)})"
_UP_TO_29: Final = "(?:0[1-9]|[12][0-9])"
_DAY_OF_MONTH: Final = f"(?:(?:0[13-9]|1[0-2])-(?:{_UP_TO_29}|30)|(?:0[13578]|1[02])-31|02-{_UP_TO_29})"
_DATE: Final = f"[0-9]{{4}}-{_DAY_OF_MONTH}"
RECENT_DATE: Final = f"(?:19[7-9][0-9]|2[01][0-9]{{2}}|2200)-{_DAY_OF_MONTH}"
CLOCK_TIME: Final = rf"{_TIME}(?::[0-5][0-9](?:\.[0-9]{{1,6}})?)?"
_ZONES: Final = ("UTC", "Europe/Zurich", "Europe/London", "America/New_York", "Asia/Kolkata", "+01:00")


def duration(*, word: bool = False) -> Schema:
    """`N [CALENDAR] UNIT`; with `word` the calendar may not be left out."""
    return ref("span" if word else "duration")


def definitions(vocabulary: Vocabulary) -> dict[str, Schema]:
    """Durations, targets and zones."""
    return {
        "duration": _duration(vocabulary, word=False),
        "span": _duration(vocabulary, word=True),
        "target": _target(),
        "zone": _zone(vocabulary),
        "days": _day_rule(),
    }


def _duration(vocabulary: Vocabulary, *, word: bool) -> Schema:
    calendars = f"(?:business|elapsed|{vocabulary.pattern(Sort.CALENDAR)}) "
    weeks = "elapsed "
    if not word:
        calendars, weeks = f"(?:{calendars})?", f"(?:{weeks})?"
    pattern = "|".join(
        f"{number} (?:{calendars}(?:minute|hour|day){plural}|{weeks}week{plural})"
        for number, plural in (("0*1", ""), (_MANY, "s"))
    )
    plain = "" if not word else "elapsed "
    examples = ["4 business hours", "2 business days", f"48 {plain}hours", f"30 {plain}minutes"]
    examples += [f"8 {name} hours" for name in vocabulary.known(Sort.CALENDAR) or ()]
    return matching(pattern, examples=examples)


def days() -> Schema:
    """`N days`, for credits: plain days."""
    return matching(f"0*1 (?:elapsed )?day|{_MANY} (?:elapsed )?days", examples=["1 day", "10 days"])


def length() -> Schema:
    """A fixed length in minutes or hours."""
    return matching(
        f"0*1 (?:elapsed )?(?:minute|hour)|{_MANY} (?:elapsed )?(?:minutes|hours)", examples=["30 minutes", "8 hours"]
    )


def _target() -> Schema:
    """A duration with its calendar word, a target word, or the contract's own with a duration for silent ones."""
    span = duration(word=True)
    return {
        "description": "A duration that says what it counts, or a word for a promise without a number.",
        **either(one_of(words.TARGETS), span, element(keys.PER_CONTRACT, {"per_contract": span})),
    }


def date() -> Schema:
    """A date of a revision, a decision or an instant."""
    return matching(RECENT_DATE, examples=["2026-01-31"])


def instant() -> Schema:
    """An instant with its offset, or a date."""
    return matching(f"{RECENT_DATE}(?:[T ]{CLOCK_TIME}(?:Z|[+-][0-9]{{2}}:[0-9]{{2}}))?")


def _zone(vocabulary: Vocabulary) -> Schema:
    """An IANA zone or a fixed offset; abbreviations have several meanings.

    The general schema is the same whatever zone data is installed, so it lists no names.
    """
    offset = r"[+\-](?:[01][0-9]|2[0-3]):[0-5][0-9]"
    if not vocabulary.is_open:
        return either(one_of(sorted({"UTC", *zone_names()} - set(ABBREVIATIONS))), matching(offset))
    names = r"[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+){0,2}"
    return {**matching(f"{offset}|{names}", examples=_ZONES), "not": {"enum": sorted(ABBREVIATIONS)}}


def _hours() -> Schema:
    return matching(rf"\s*{_TIME}\s*-\s*(?:{_TIME}|24:00)\s*", examples=["08:00-17:00"])


def _week() -> Schema:
    hours = one_or_list(_hours())
    days = {
        "mon-fri": said(hours, "The hours of Monday to Friday."),
        **dict.fromkeys(WEEKDAYS, said(hours, "The hours of this weekday.")),
    }
    return either(
        one_of(words.OPEN),
        mapping(days, patternProperties={rf"^\s*{_DAY}(?:\s*-\s*{_DAY})?\s*$": hours}),
    )


def _by_date(value: Schema, **more: int) -> Schema:
    return {
        "type": "object",
        "propertyNames": {"title": "2026-12-24", "pattern": f"^{_DATE}$"},
        "additionalProperties": value,
        **more,
    }


def _holidays() -> Schema:
    years: Schema = {
        "type": ["string", "integer"],
        "pattern": "^[0-9]{4}(?:-[0-9]{4})?$",
        "minimum": 1000,
        "maximum": 9999,
        "examples": ["2023-2035"],
    }
    stated = element(
        keys.HOLIDAYS,
        {
            "country": matching("[A-Za-z]+", examples=["CH", "DE", "US"]),
            "subdivision": text(),
            "years": years,
            "add": _by_date(text()),
            "remove": {**listing(matching(_DATE)), "minItems": 0, "uniqueItems": False},
        },
    )
    return either(one_of({"none": "Open on public holidays, or there are none."}), stated)


def _stage(cited: dict[str, Schema]) -> dict[str, Schema]:
    closed = one_of({"closed": "Closed all day."})
    return {
        "open": _week(),
        "exceptions": _by_date(either(closed, one_or_list(_hours()))),
        "holidays": _holidays(),
        **cited,
    }


def calendar(cited: dict[str, Schema]) -> Schema:
    """A calendar with what changes about it later."""
    later = element(keys.LATER, {"from": matching(_DATE), **_stage(cited)})
    never: Schema = {"properties": {"open": {"type": "object", "maxProperties": 0}}, "required": ["open"]}
    return element(
        keys.CALENDAR,
        {"zone": ref("zone"), "later": {"type": "array", "items": later}, **_stage(cited)},
        **{"if": never, "then": {"anyOf": [{"required": ["exceptions"]}, {"required": ["later"]}]}},
    )


def _day_rule() -> Schema:
    """How days on a calendar are counted."""
    return element(
        keys.DAYS,
        {"mode": one_of(words.MODE), "origin": one_of(words.ORIGIN), "first_day": one_of(words.FIRST_DAY)},
    )


def changes(*, all_of_them: bool) -> Schema:
    """What changes do to a running clock."""
    more = {"required": list(keys.KINDS_OF_CHANGE)} if all_of_them else {}
    modes = dict.fromkeys(keys.KINDS_OF_CHANGE, one_of(words.ON_CHANGE))
    least = either(one_of({"none": "What is left may be nothing."}), duration(word=True))
    stated = {"properties": {"minimum_remainder": {"not": {"const": "none"}}}, "required": ["minimum_remainder"]}
    retargets = {"anyOf": [{"properties": {kind: {"const": "retarget"}}} for kind in keys.KINDS_OF_CHANGE]}
    conditional = {"if": stated, "then": retargets}
    return element(keys.CHANGES, {**modes, "minimum_remainder": least}, **more, **conditional)


def calendars(vocabulary: Vocabulary) -> Schema:
    """One of the calendars, or `business`."""
    return vocabulary.name(Sort.CALENDAR, {"business": "The case's own calendar."})
