"""Durations, targets, credited days: the smallest texts of the language with a grammar of their own."""

import re
from decimal import Decimal
from typing import Final

from casewarden.ruleset import catalogue, keys
from casewarden.ruleset.diagnostics import did_you_mean
from casewarden.ruleset.forms import Context, as_text, check_keys
from casewarden.ruleset.names import Sort
from casewarden.ruleset.nodes import Map, Node, Scalar
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

_FORM: Final = re.compile(r"(?P<count>[0-9]+) (?:(?P<calendar>\S+) )?(?P<unit>\S+)")
_FRACTION: Final = re.compile(r"(?P<count>[0-9]+[.,][0-9]+) (?:(?P<calendar>\S+) )?(?P<unit>[a-z]+)")
_SHORT: Final = re.compile(r"(?P<count>[0-9]+) ?(?P<unit>min|mins|m|h|hr|hrs|d|w|wk|wks)")
_SHORT_UNITS: Final = {"m": Unit.MINUTES, "h": Unit.HOURS, "d": Unit.DAYS, "w": Unit.WEEKS}
_UNITS: Final = {unit.value: unit for unit in Unit}
_ONE: Final = {unit.value[:-1]: unit for unit in Unit}
_SMALLER: Final = {
    Unit.WEEKS: (7, Unit.DAYS),
    Unit.DAYS: (24, Unit.HOURS),
    Unit.HOURS: (60, Unit.MINUTES),
    Unit.MINUTES: (1, Unit.MINUTES),
}
_MOST: Final = {Unit.MINUTES: 52_560_000, Unit.HOURS: 876_000, Unit.DAYS: 36_500, Unit.WEEKS: 5_200}
"""A hundred years, roughly: far beyond every promise, and near enough for all arithmetic."""

_NO_DUE_TIME: Final = ("best_effort", "discretion")
_NO_CLOCK: Final = ("none", "not_covered")


def read_duration(context: Context, node: Node, what: str, *, word_required: bool = False) -> Duration | None:
    """`N [CALENDAR] UNIT`; with `word_required` the calendar may not be left out."""
    text = as_text(context, node, what)
    if text is None:
        return None
    form = _FORM.fullmatch(text)
    unit = _unit(form["unit"]) if form else None
    if form is None or unit is None:
        _complain(context, node, what, text)
        return None
    count = int(form["count"][:12])
    if not 1 <= count <= _MOST[unit]:
        context.error("CW410", node, f"{what} is {text}", f"write a whole number from 1 to {_MOST[unit]} of {unit}")
        return None
    duration = Duration(count, unit, form["calendar"] or ELAPSED)
    fine = _check_calendar(context, node, duration, text, form["calendar"])
    if (form["unit"] in _ONE and count != 1) or (form["unit"] in _UNITS and count == 1):
        words = [str(count), *filter(None, [form["calendar"]]), unit.value[:-1] if count == 1 else unit.value]
        right = " ".join(words)
        context.error("CW404", node, f"`{text}` mixes singular and plural", f"write `{right}`")
        fine = False
    if word_required and form["calendar"] is None:
        unit_text = form["unit"]
        context.error(
            "CW401",
            node,
            f"{what} does not say what `{text}` counts",
            f"write `{count} business {unit_text}` for open hours or `{count} elapsed {unit_text}` for plain time",
        )
        fine = False
    return duration if fine else None


def _unit(word: str) -> Unit | None:
    return _UNITS.get(word) or _ONE.get(word)


def _check_calendar(context: Context, node: Node, duration: Duration, text: str, word: str | None) -> bool:
    if word is None:
        return True
    if word not in (BUSINESS, ELAPSED):
        if not context.names.has(Sort.CALENDAR, word):
            candidates = [*context.names.all_of(Sort.CALENDAR), BUSINESS, ELAPSED]
            fix = context.suggest(word, candidates, "declare it under `calendars`")
            context.error("CW303", node, f"there is no calendar `{word}`", fix)
            return False
        context.names.use(Sort.CALENDAR, word)
    if duration.unit is Unit.WEEKS and word != ELAPSED:
        context.error(
            "CW403",
            node,
            f"`{text}` counts weeks on a calendar",
            f"write the open days, say `{duration.count * 5} {word} days`, or `{duration.count} elapsed weeks`",
        )
        return False
    return True


def _complain(context: Context, node: Node, what: str, text: str) -> None:
    if fraction := _FRACTION.fullmatch(text):
        context.error("CW402", node, f"`{text}` is no whole number", _without_fraction(fraction))
        return
    fix = "write a number, perhaps a calendar, and minutes, hours, days or weeks: `8 business hours`"
    if short := _SHORT.fullmatch(text):
        fix = f"write `{Duration(int(short['count'][:12]), _SHORT_UNITS[short['unit'][0]])}`"
    elif form := _FORM.fullmatch(" ".join(text.split()).casefold()):
        near = form["unit"] if _unit(form["unit"]) else did_you_mean(form["unit"], [*_UNITS, *_ONE])
        unit = _unit(near) if near else None
        if unit is not None:
            near = unit.value[:-1] if form["count"] == "1" else unit.value
            fix = f"did you mean `{form['count']} {form['calendar'] + ' ' if form['calendar'] else ''}{near}`?"
    context.error("CW400", node, f"{what} is no duration: `{text}`", fix)


def _without_fraction(match: re.Match[str]) -> str:
    """The same length in a smaller unit where that is whole; on a calendar days have no length in hours."""
    unit = _unit(match["unit"])
    word = match["calendar"]
    count = Decimal(match["count"].replace(",", "."))
    on_calendar = word is not None and word != ELAPSED
    while (
        unit is not None
        and count != int(count)
        and unit is not Unit.MINUTES
        and not (on_calendar and unit is Unit.DAYS)
    ):
        factor, unit = _SMALLER[unit]
        count *= factor
    if unit is None or count != int(count):
        return "write a whole number of a smaller unit"
    plain = unit.value[:-1] if count == 1 else unit.value
    return f"write `{int(count)} {word + ' ' if word else ''}{plain}`"


def read_target(context: Context, node: Node, what: str) -> Target | None:
    """A duration with its calendar word, a target word, or `{per_contract: DURATION}`."""
    if isinstance(node, Map):
        if not check_keys(context, node, what, keys.PER_CONTRACT.names, keys.PER_CONTRACT.required):
            return None
        inner = node.get("per_contract")
        assert inner is not None
        duration = read_duration(context, inner, what, word_required=True)
        return None if duration is None else PerContract(duration)
    text = as_text(context, node, what)
    if text is None:
        return None
    if text in _NO_CLOCK:
        return NoClock(text)
    if text in _NO_DUE_TIME:
        return NoDueTime(text)
    if text == "next_release":
        return NextRelease()
    if text == "per_contract":
        return PerContract()
    if text[:1].isdigit():
        duration = read_duration(context, node, what, word_required=True)
        return None if duration is None else Within(duration)
    words = ", ".join(f"`{word}`" for word in catalogue.TARGET_WORDS)
    fix = context.suggest(
        text, catalogue.TARGET_WORDS, f"write a duration such as `4 business hours`, or one of {words}"
    )
    context.error("CW405", node, f"{what} cannot be `{text}`", fix)
    return None


def is_target(node: Node) -> bool:
    """Whether the node is one target, and not a table of them."""
    return isinstance(node, Scalar) or (
        isinstance(node, Map) and len(node) == 1 and node.get("per_contract") is not None
    )


def read_days(context: Context, node: Node, what: str) -> int | None:
    """`N days`, for credits: plain days."""
    duration = read_duration(context, node, what)
    if duration is None:
        return None
    if duration.unit is not Unit.DAYS or duration.calendar != ELAPSED:
        context.error("CW400", node, f"{what} is counted in days, not `{duration}`", "write for example `1 day`")
        return None
    return duration.count
