"""Acme's changes as events. Pure: no call, no clock."""

from collections.abc import Mapping
from typing import Any, Final

from casewarden.model.event import Event, Json
from casewarden.model.instants import parse_instant

PRIORITIES: Final[Mapping[str, str]] = {"p1": "high", "p2": "normal", "p3": "low"}
"""Acme's priorities and ours. What is not listed is kept as Acme says it."""
_ACTORS: Final[Mapping[str, str]] = {"customer": "customer", "agent": "agent"}


def event_of(change: Any, source: str) -> Event | None:
    """The event that a change is, None for a kind that says nothing to us; ValueError for what is no change of Acme's.

    Its key is Acme's own number, so that polling, webhooks and `fetch` give the same.
    """
    try:
        kind, data = _told(change)
        if kind is None:
            return None
        at = parse_instant(change["at"])
        by = "ourselves" if is_ours(change) else _ACTORS.get(change["by"], "automation")
        number = int(change["id"])
        return Event(f"case:{change['ticket']}", kind, at, at, by, source, f"change-{number}", number, data=data)
    except (KeyError, TypeError, AttributeError) as problem:
        raise ValueError(f"this is no change of Acme: {problem!r}") from None


def is_ours(change: Mapping[str, Any]) -> bool:
    """Whether a change is our own doing: by an account of the API, and with the mark of one of our actions."""
    return change["by"] == "api" and change["mark"] is not None


def _told(change: Mapping[str, Any]) -> tuple[str | None, dict[str, Json]]:
    """The kind of event, and its data."""
    match change["kind"]:
        case "opened":
            return "opened", {"via": "web", "facts": {"case.priority": priority_of(change["value"])}}
        case "comment":
            return "message", {"public": bool(change["public"]), "text": plain_text(change["text"])}
        case "priority":
            return "observed", {"facts": {"case.priority": priority_of(change["value"])}}
        case "closed":
            return "closed", {"reason": plain_text(change["value"] or "")}
        case _:
            return None, {}


def priority_of(value: str | None) -> str | None:
    """Our priority for Acme's."""
    return None if value is None else PRIORITIES.get(value, plain_text(value))


def priority_for(value: object) -> str | None:
    """Acme's priority for ours; KeyError where it has none."""
    return None if value is None else {ours: theirs for theirs, ours in PRIORITIES.items()}[str(value)]


def plain_text(text: str) -> str:
    """A text without what no store keeps: the character U+0000, and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
