"""Events for connectors: the one JSON form, read with the same strictness everywhere."""

import json
from dataclasses import replace
from typing import Any, Final

from casewarden.model.event import ENGINE_KINDS, Event
from casewarden.model.instants import iso
from casewarden.scenario.history import parse
from casewarden.scenario.wire import DEFAULT_SOURCE, EventError, event_json, event_of

__all__ = ["MAX_NAME", "OURS", "EventError", "as_observed", "event_json", "event_of", "read_event", "read_recorded"]

OURS: Final = ENGINE_KINDS | {"claimed", "granted"}
"""Kinds of events that only the engine writes."""
MAX_NAME: Final = 512
"""Bytes of a subject's or an event's name: both stand in an index."""

_CONTROL: Final = frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)))


def read_event(text: str, source: str) -> Event:
    """The event that a text of JSON states, observed by `source`; EventError says what is wrong with it."""
    value = _parsed(text)
    if isinstance(value, dict):
        value = {"source": source} | value
    event = event_of(value)
    _check_outside(event, source)
    return event


def read_recorded(text: str, source: str) -> Event | None:
    """The event of a history, observed by `source` whoever observed it then; None for what an engine wrote.

    Keys are unique within what observed them, so they are told apart by that. EventError says what is wrong.
    """
    event = event_of(_parsed(text))
    if event.kind in OURS:
        return None
    if event.source not in (source, DEFAULT_SOURCE):
        event = replace(event, key=f"{event.source}/{event.key}")
    event = replace(event, source=source)
    _check_outside(event, source)
    return event


def _parsed(text: str) -> Any:
    value = parse(text, strict=True)
    if "\\u0000" in text and _has_nul(value):
        raise EventError("CW801", "the character U+0000 stands in a text", "leave it out: no store keeps it")
    return value


def as_observed(event: object, source: str) -> Event:
    """An event that a program made, held to the same as one that is stated; EventError says what is wrong with it."""
    if not isinstance(event, Event):
        raise EventError("CW801", f"a {type(event).__name__} is no event")
    try:
        found = event_of(event_json(replace(event, seen_at=max(event.at, event.seen_at))))
        _check_outside(found, source)
        text = json.dumps(dict(found.data), ensure_ascii=False)
        text.encode()
    except EventError:
        raise
    except UnicodeEncodeError:
        raise EventError("CW801", "half of a surrogate pair is no character") from None
    except (AttributeError, OverflowError, TypeError, ValueError) as problem:
        raise EventError("CW801", f"a part of it is of another type: {problem}") from None
    if "\\u0000" in text and _has_nul(dict(found.data)):
        raise EventError("CW801", "the character U+0000 stands in a text", "leave it out: no store keeps it")
    return found


def _check_outside(event: Event, source: str) -> None:
    """EventError for what nobody may say from outside."""
    if event.source != source:
        raise EventError("CW850", f"`source` is `{event.source[:60]}`, and this is `{source}`", "leave `source` out")
    if event.kind in OURS:
        raise EventError("CW851", f"`{event.kind}` is written by the engine alone", "leave it out: it is made anew")
    if event.at > event.seen_at:
        raise EventError("CW810", f"seen {iso(event.seen_at)}, before it happened at {iso(event.at)}")
    for key, name in (("subject", event.subject), ("key", event.key)):
        if len(name.encode()) > MAX_NAME:
            raise EventError("CW853", f"`{key}` has more than {MAX_NAME} bytes")
        if not _CONTROL.isdisjoint(name):
            raise EventError("CW853", f"`{key}` has a control character in it")


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
