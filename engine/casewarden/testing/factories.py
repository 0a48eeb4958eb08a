"""Attempts and events for tests, with everything that a test does not care about filled in."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from casewarden.model.event import Event, Json
from casewarden.plugin import Attempt
from casewarden.testing.helpdesk import Choice

TEXT_KINDS: Final = ("note", "reply", "ask", "publish", "notify")
"""Kinds of action that say a text which can be found again in the helpdesk."""
RULED_KINDS: Final = frozenset(
    {"set", "classify", "assign", "tag", "close", "reopen", "reply", "note", "ask", "notify", "publish", "link"}
)
"""Kinds of action that rules ask for."""
ALL_KINDS: Final = RULED_KINDS | {"project"}
"""Those, and what no rule asks for: to show how a case stands."""


def event(subject: str, kind: str, at: int, source: str, key: str, **more: Any) -> Event:
    """An event of a customer that was seen at once, unless told otherwise."""
    said: dict[str, Any] = {"seen_at": at, "by": "customer"} | more
    return Event(subject=subject, kind=kind, at=at, source=source, key=key, **said)


def attempt(
    kind: str,
    subject: str,
    ticket: str | None,
    content: Mapping[str, Json] | None = None,
    *,
    key: str = "",
    precondition: Json = None,
    again: bool = False,
) -> Attempt:
    """An attempt at an action; `key` is what makes its occurrence key another one."""
    said = content_of(kind, key or kind) if content is None else content
    number = hashlib.sha256((key or kind).encode()).hexdigest()[:8]
    return Attempt(f"{subject}/kit/{number}/0/0", subject, ticket, kind, said, precondition, again)


def content_of(kind: str, text: str, choice: Choice | None = None) -> dict[str, Json]:
    """What an action of a kind holds, as the engine makes it; KeyError for a kind that there is not.

    A `set` is of the field `choice`, to the fact of its last value.
    """
    message: dict[str, Json] = {"message": "kit", "language": "en", "text": text}
    path, value = ("case.priority", "high") if choice is None else (choice.path, [*choice.values.values()][-1])
    contents: dict[str, dict[str, Json]] = {
        "set": {"path": path, "value": value},
        "classify": {"path": "case.severity"},
        "assign": {"path": "case.assigned_to", "value": "lee"},
        "tag": {"add": ["kit"], "remove": []},
        "close": {"reason": "resolved"},
        "reopen": {"mode": "follow_up_if_needed"},
        "reply": {**message, "via": None},
        "note": message,
        "ask": {**message, "fields": ["case.version"]},
        "notify": {**message, "who": "lee"},
        "publish": {**message, "service": "core"},
        "project": {
            "status": "open",
            "severity": "1",
            "plan": "premium",
            "next_due": "2026-03-03T10:00:00Z",
            "next_clock": "answer",
            "clocks": {
                "answer": {"state": "running", "due": "2026-03-03T10:00:00Z", "target": "4 hours", "stopped": None}
            },
        },
        "link": {"kind": "defect", "create": {"title": text}},
    }
    return contents[kind]
