"""Targets and lengths written in data (a contract's own) rather than in a ruleset: the same words and durations."""

import re
from collections.abc import Collection

from casewarden.ruleset.terms import (
    BUSINESS,
    ELAPSED,
    Duration,
    NextRelease,
    NoClock,
    NoDueTime,
    PerContract,
    Target,
    Unit,
    Within,
)

_WORDS: dict[str, Target] = {
    "none": NoClock("none"),
    "not_covered": NoClock("not_covered"),
    "best_effort": NoDueTime("best_effort"),
    "discretion": NoDueTime("discretion"),
    "next_release": NextRelease(),
    "per_contract": PerContract(),
}
_LENGTH = re.compile(r"([1-9][0-9]{0,8}) (minute|hour|day|week)s?")
_DURATION = re.compile(r"([1-9][0-9]{0,8}) ([a-z0-9_]+) (minute|hour|day|week)s?")


def target_of_text(text: str, calendars: Collection[str]) -> Target | None:
    """Return the target, None where the text is none: `4 business hours`, `best_effort`."""
    if text in _WORDS:
        return _WORDS[text]
    form = _DURATION.fullmatch(text)
    if form is None or (form[2] not in calendars and form[2] not in (BUSINESS, ELAPSED)):
        return None
    return Within(Duration(int(form[1]), Unit(f"{form[3]}s"), form[2]))


def length_of_text(text: str) -> Duration | None:
    """Return a length of plain time, None where the text is none: `4 hours`."""
    form = _LENGTH.fullmatch(text)
    return None if form is None else Duration(int(form[1]), Unit(f"{form[2]}s"))
