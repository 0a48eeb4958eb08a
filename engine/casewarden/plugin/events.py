"""Events for connectors: the one JSON form, read with the same strictness everywhere."""

from casewarden.model.event import ENGINE_KINDS, Event
from casewarden.model.instants import iso
from casewarden.scenario.history import parse
from casewarden.scenario.wire import EventError, event_json, event_of

__all__ = ["EventError", "event_json", "event_of", "read_event"]


def read_event(text: str, source: str) -> Event:
    """The event that a text of JSON states, observed by `source`; EventError says what is wrong with it.

    Where the text names a source of its own, both are kept (`SOURCE/ITS_OWN`): keys are unique within a source only.
    """
    value = parse(text, strict=True)
    if isinstance(value, dict) and "source" not in value:
        value["source"] = source
    elif isinstance(value, dict) and isinstance(value["source"], str) and value["source"] not in ("", source):
        value["source"] = f"{source}/{value['source']}"
    event = event_of(value)
    if event.kind in ENGINE_KINDS:
        raise EventError("CW814", f"`{event.kind}` is written by the engine alone", "leave it out: it is made anew")
    if event.at > event.seen_at:
        raise EventError("CW810", f"seen {iso(event.seen_at)}, before it happened at {iso(event.at)}")
    return event
