"""Ping-pong: a rule does the same to a case again and again, and something that is no person undoes it each time.

A helpdesk's own automations may run once an hour, so an hour is too short to see it. What a rule does often and nobody
undoes, such as at each alert of a monitor, is none.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from casewarden.model.event import Event, Json

DAY: Final = 86_400_000_000
_TURNS: Final[Mapping[str, frozenset[str]]] = {
    "close": frozenset({"reopened"}),
    "reopen": frozenset({"resolved", "closed"}),
}
_PATHS: Final[Mapping[str, str]] = {"assign": "case.assigned_to", "tag": "case.tags", "classify": "case.severity"}


def rounds(log: Sequence[Event], rule: str, kind: str, content: Mapping[str, Json], since: int) -> int:
    """Return how often since an instant a rule did this to the case and it was then undone by a program."""
    found, stands = 0, False
    for event in log:
        if event.at < since:
            continue
        if event.kind == "applied":
            stands = stands or _is_this(event, rule, kind, content)
        elif stands and event.by == "automation" and _undoes(event, kind, content):
            found, stands = found + 1, False
    return found


def _is_this(event: Event, rule: str, kind: str, content: Mapping[str, Json]) -> bool:
    data = event.data
    return data.get("rule") == rule and data.get("action") == kind and data.get("content") == content


def _undoes(event: Event, kind: str, content: Mapping[str, Json]) -> bool:
    """Whether an event changes what an action of this kind and content has written."""
    path = str(content.get("path")) if kind == "set" else _PATHS.get(kind)
    facts = event.data.get("facts")
    if event.kind in _TURNS.get(kind, ()):
        return True
    if path is None or not isinstance(facts, dict):
        return False
    if event.kind == "linked":
        prefix = f"links.{event.data.get('kind')}."
        name = path.removeprefix(prefix)
        return path.startswith(prefix) and name in facts and facts[name] != content.get("value")
    return event.kind == "observed" and path in facts and facts[path] != content.get("value")
