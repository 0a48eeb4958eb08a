"""What connectors bring, looked at before it comes near the store: a connector may answer anything.

BroughtError says what is no answer of the contract; it is the connector's fault, and told like any other of its errors.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from casewarden.model.event import Event, Json
from casewarden.plugin import AlreadyApplied, Answer, Applied, Conflict, Page, Rejected, Retry
from casewarden.plugin.events import EventError, as_observed

MOST_REFUSED: Final = 100
"""Inputs of one page that are put before a person one by one; of the others their number is told."""
_MOST_JSON: Final = 1_000_000
"""Characters of what is kept of a connector at one place: its cursor, an answer's details."""
_YEAR_10000: Final = 253_402_300_800_000_000
_LONGEST_REST: Final = 86_400.0
"""Seconds: longer than a day no connector is left alone."""


class BroughtError(ValueError):
    """A connector brought what the contract does not have."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A page of which all is as it should be; what is no event of the connector is among the refused."""

    events: Sequence[Event]
    refused: Sequence[str]
    cursor: Json
    complete_through: int | None
    more: bool


def page_of(found: object, connector: str) -> Brought:
    """The page that a connector brought; BroughtError where it is none. An event that is wrong costs itself only."""
    if not isinstance(found, Page):
        raise BroughtError(f"it brought {_kind(found)}, not a page")
    events, refused = events_of(found.events, connector)
    reasons: object = found.refused
    if isinstance(reasons, str) or not isinstance(reasons, Sequence):
        raise BroughtError(f"what it refused is {_kind(reasons)}, not a list of texts")
    refused += map(str, reasons)
    if len(refused) > MOST_REFUSED:
        refused[MOST_REFUSED:] = [f"{len(refused) - MOST_REFUSED:,} more of the same page are no events"]
    _require_json(found.cursor, "its cursor")
    return Brought(events, refused, found.cursor, _instant(found.complete_through), bool(found.more))


def events_of(found: object, connector: str) -> tuple[list[Event], list[str]]:
    """The events that a connector brought, and what is wrong with the others; BroughtError where it is no list."""
    if isinstance(found, str | bytes) or not isinstance(found, Sequence):
        raise BroughtError(f"its events are {_kind(found)}, not a list")
    events: list[Event] = []
    refused: list[str] = []
    for one in found:
        try:
            events.append(as_observed(one, connector))
        except EventError as problem:
            key = one.key if isinstance(one, Event) else None
            which = f"the event {key[:80]!r}: " if isinstance(key, str) else ""
            fix = f"; {problem.fix}" if problem.fix else ""
            refused.append(f"{problem.code} {which}{problem}{fix}")
    return events, refused


def answer_of(found: object) -> Answer:
    """The answer to an attempt that a connector gave; BroughtError where it is none."""
    match found:
        case Applied(details, request):
            _require_object(details, "`details`")
            _require_object(request, "`request`")
            return found
        case AlreadyApplied(details):
            _require_object(details, "`details`")
            return found
        case Rejected(reason, request):
            _require_object(request, "`request`")
            return Rejected(str(reason), request)
        case Conflict(reason):
            return Conflict(str(reason))
        case Retry(reason, after, reached, request):
            _require_object(request, "`request`")
            return Retry(str(reason), _seconds(after), bool(reached), request)
        case _:
            raise BroughtError(f"it answered {_kind(found)}, which is no answer")


def in_words(problem: BaseException) -> str:
    """What a connector raised, in one text that is not endless; what it cannot say of itself is left out."""
    try:
        said = str(problem)
    except Exception:  # noqa: BLE001  # an error whose text fails as well
        said = ""
    return f"{type(problem).__name__}: {said}"[:500] if said else type(problem).__name__


def _seconds(after: object) -> float | None:
    if after is None:
        return None
    if isinstance(after, bool) or not isinstance(after, int | float) or not math.isfinite(after):
        raise BroughtError("`after` is no number of seconds")
    return min(float(after), _LONGEST_REST) if after > 0 else None


def _instant(through: object) -> int | None:
    if through is None:
        return None
    if isinstance(through, bool) or not isinstance(through, int) or abs(through) >= _YEAR_10000:
        raise BroughtError("`complete_through` is no instant")
    return through


def _require_object(value: object, what: str) -> None:
    if not isinstance(value, Mapping):
        raise BroughtError(f"{what} of its answer is {_kind(value)}, not a mapping")
    _require_json(dict(value), f"{what} of its answer")


def _require_json(value: object, what: str) -> None:
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as problem:
        raise BroughtError(f"{what} is no JSON: {problem}") from None
    if len(text) > _MOST_JSON:
        raise BroughtError(f"{what} has more than {_MOST_JSON:,} characters")
    if "\\u0000" in text or "\\ud" in text.lower():
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise BroughtError(f"{what} has half of a surrogate pair in it") from None


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
