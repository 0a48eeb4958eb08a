"""The events of a request, all or none: read, and held against what may be said from outside."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from casewarden.model.event import ENGINE_KINDS, Event, Json
from casewarden.model.instants import iso, parse_instant
from casewarden.scenario.history import parse
from casewarden.scenario.instants import read_instant
from casewarden.scenario.wire import EventError, event_of
from casewarden.web.limits import MAX_EVENTS, MAX_LISTED, MAX_NAME
from casewarden.web.problems import Problem, Refusal

Media = Literal["application/json", "application/x-ndjson"]
MEDIA: Final[tuple[Media, ...]] = ("application/json", "application/x-ndjson")

OURS: Final = ENGINE_KINDS | {"claimed", "granted"}
"""Kinds of events that only the engine writes."""
AHEAD: Final = 300_000_000
"""Microseconds that a source's clock may go ahead of ours."""
EARLIEST: Final = parse_instant("2000-01-01T00:00:00Z")

_CONTROL: Final = frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)))


@dataclass(frozen=True, slots=True)
class _Text:
    """The text or value of one event: its number in the request, and its line in JSON lines."""

    event: int
    line: int | None
    value: Any


def read_events(body: bytes, media: Media, source: str, now: int) -> tuple[Event, ...]:
    """The events of a body, as said by a source at the present instant.

    Problem: 400 where the body cannot be read, 413 for too many events, 422 with a list where events are refused.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(400, f"the body is not UTF-8 at byte {error.start + 1}", "send UTF-8") from None
    if not text.strip():
        raise Problem(400, "the body is empty", "send one event, a JSON array of events, or JSON lines")
    pieces = _lines(text) if media == "application/x-ndjson" else _values(text)
    events: list[Event] = []
    refusals: list[Refusal] = []
    for piece in pieces:
        if len(refusals) >= MAX_LISTED:
            break
        found = _event(piece, source, now)
        if isinstance(found, Event):
            events.append(found)
        else:
            refusals += found
    if refusals:
        raise _refused(refusals, len(pieces))
    return tuple(events)


def _lines(text: str) -> Sequence[_Text]:
    """JSON lines, not read yet; only a line feed ends a line, and blank ones do not count. Problem for too many."""
    filled = [(line, one) for line, one in enumerate(text.split("\n"), start=1) if one.strip()]
    _check_number(len(filled))
    return [_Text(number, line, one) for number, (line, one) in enumerate(filled, start=1)]


def _values(text: str) -> Sequence[_Text]:
    """One JSON value, or the items of an array. Problem where it is no JSON, or too many."""
    try:
        value = _parse(text)
    except EventError as error:
        raise Problem(400, f"the body is not JSON: {error}", error.fix) from None
    items = value if isinstance(value, list) else [value]
    _check_number(len(items))
    return [_Text(number, None, item) for number, item in enumerate(items, start=1)]


def _check_number(events: int) -> None:
    if events > MAX_EVENTS:
        raise Problem(
            413,
            f"{events:,} events in one request; at most {MAX_EVENTS:,} are taken",
            "send them in parts",
            events=events,
        )


def _parse(text: str) -> Any:
    value = parse(text, strict=True)
    if "\\u0000" in text and _has_nul(value):
        raise EventError("CW801", "the character U+0000 stands in a text", "leave it out: no store keeps it")
    return value


def _has_nul(value: Any) -> bool:
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text if "\0" in text:
                return True
            case list() as items:
                waiting += items
            case dict() as members:
                waiting += members
                waiting += members.values()
            case _:
                pass
    return False


def _event(piece: _Text, source: str, now: int) -> Event | list[Refusal]:
    """The event of a piece, or everything that is wrong with it."""
    try:
        value = piece.value if piece.line is None else _parse(piece.value)
        event = event_of(value)
    except EventError as error:
        return [Refusal(piece.event, error.code, str(error), error.fix, piece.line)]
    wrong = [Refusal(piece.event, *one, piece.line) for one in _objections(event, value, source, now)]
    return wrong or replace(event, source=source, seen_at=max(event.at, now))


def _objections(
    event: Event, value: Mapping[str, Json], source: str, now: int
) -> Iterator[tuple[str, str, str | None]]:
    """What a source may not say: code, message and fix of each objection."""
    if value.get("source", source) != source:
        yield "CW850", f"`source` is `{event.source[:60]}`, and `{source[:60]}` sent it", "leave `source` out"
    if "seen_at" in value:
        yield "CW851", "`seen_at` is when Casewarden learns of it", "leave `seen_at` out"
    if event.by == "ourselves":
        yield "CW851", "`ourselves` is Casewarden, never a source", "write customer, agent or automation"
    if event.kind in OURS:
        yield "CW851", f"`{event.kind}` is written by the engine alone", None
    yield from _time_objections("at", event.at, now)
    if event.kind == "watermark":
        yield from _time_objections("data.through", read_instant(str(event.data["through"])), now)
    for key, name in (("subject", event.subject), ("key", event.key)):
        if len(name.encode()) > MAX_NAME:
            yield "CW853", f"`{key}` has more than {MAX_NAME} bytes", None
        if not _CONTROL.isdisjoint(name):
            yield "CW853", f"`{key}` has a control character in it", None


def _time_objections(key: str, at: int, now: int) -> Iterator[tuple[str, str, str | None]]:
    if at > now + AHEAD:
        yield "CW810", f"`{key}` is {iso(at)}, and it is {iso(now)}", "set the sender's clock, or mend the offset"
    if at < EARLIEST:
        yield "CW852", f"`{key}` is {iso(at)}, before the year 2000", None


def _refused(refusals: Sequence[Refusal], events: int) -> Problem:
    refused = len({refusal.event for refusal in refusals})
    listed = refusals[:MAX_LISTED]
    count = f"{refused} of {events}" if len(refusals) < MAX_LISTED else f"at least {refused} of {events}"
    return Problem(422, f"refused: {count} events; nothing of this request was taken", refusals=listed, events=events)
