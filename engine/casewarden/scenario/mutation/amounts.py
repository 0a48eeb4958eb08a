"""Mistakes by one: a minute or a day in a duration, one in a count or a share; and single words for another."""

import re
from collections.abc import Iterator
from typing import Final

from casewarden.ruleset.document import Document
from casewarden.ruleset.nodes import Map, Scalar
from casewarden.ruleset.variation import Edit, Steps, scalar, walk_nodes
from casewarden.scenario.mutation.mutant import Mutant, element_of, replaced

_DURATION: Final = re.compile(r"(\d+) ((?:[a-z]\w* )?)(minute|hour|day|week)s?")
_WHOLE: Final = re.compile(r"\d+")
_SHARE: Final = re.compile(r"(\d+)%")
_SECTIONS: Final = ("defaults", "fields", "events", "clocks", "credits", "quotas", "guards", "scope", "rules", "queue")
_NO_NUMBERS: Final = frozenset({"priority", "years", "of", "when_missing", "note"})
_COUNTS: Final = frozenset({"times", "at_least", "at_most", "more_than", "less_than", "at_once", "count"})
_WORDS: Final = {
    "boundary": ("closing", "next_opening"),
    "mode": ("open_hours", "same_time", "end_of_day"),
    "origin": ("date", "next_opening"),
    "first_day": ("day_after", "start_day"),
    "runs": ("once", "each_time"),
    "on_reopen": ("stay", "resume", "restart"),
    "count": ("full", "started"),
    "first": ("at_once", "after_interval"),
    "carry_over": ("yes", "no"),
    "starting": ("calendar", "anniversary"),
}


def of_amounts(document: Document) -> Iterator[Mutant]:
    """All mistakes by one, and all words that could be another."""
    days_count = _counts_days(document)
    for steps, key, node in walk_nodes(document):
        if "days" in steps and not days_count:
            continue
        if steps[0] not in _SECTIONS or not isinstance(node, Scalar) or "note" in steps:
            continue
        yield from _duration(steps, node)
        share = _SHARE.fullmatch(node.text)
        if share is not None:
            yield from (replaced(steps, node, f"{int(share[1]) + by}%") for by in (-1, 1))
        if _WHOLE.fullmatch(node.text) and _counts(steps):
            yield from (replaced(steps, node, str(int(node.text) + by)) for by in (-1, 1) if int(node.text) + by >= 0)
        if key is not None and steps[-1] in _WORDS and node.text in _WORDS[steps[-1]]:
            yield from (replaced(steps, node, word) for word in _WORDS[steps[-1]] if word != node.text)
    if days_count:
        yield from _first_days(document)


def _counts_days(document: Document) -> bool:
    """Whether anything is counted in days of a calendar; where nothing is, how days count changes nothing."""
    durations = (
        _DURATION.fullmatch(node.text)
        for steps, _, node in walk_nodes(document)
        if steps[0] in _SECTIONS and isinstance(node, Scalar)
    )
    return any(found[3] in ("day", "week") and found[2] not in ("", "elapsed ") for found in durations if found)


def _counts(steps: Steps) -> bool:
    """Whether a whole number at this place counts something, and is no name."""
    if steps[-1] in _NO_NUMBERS:
        return False
    return steps[-1] in _COUNTS or "allowed" in steps or "different" in steps or steps[-2] in _COUNTS


def _duration(steps: Steps, node: Scalar) -> Iterator[Mutant]:
    found = _DURATION.fullmatch(node.text)
    if found is None:
        return
    count, calendar, unit = int(found[1]), found[2], found[3]
    if unit == "hour":
        count, unit = count * 60, "minute"
    for near in (count - 1, count + 1):
        if near > 0:
            yield replaced(steps, node, f"{near} {calendar}{unit}{'' if near == 1 else 's'}")


def _first_days(document: Document) -> Iterator[Mutant]:
    """Where days do not say on which day they begin: as if they began on the other one."""
    for steps, _, node in walk_nodes(document):
        if steps[-1] == "days" and isinstance(node, Map) and node.get("first_day") is None:
            edit = Edit((*steps, "first_day"), scalar("start_day", node.place))
            change = "the start's own day counts as the first"
            yield Mutant(f"{'/'.join(steps)}: first_day -> start_day", element_of(steps), node.place, change, (edit,))
