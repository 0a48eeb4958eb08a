"""An issue's history put in order, and what its fields were before it. Pure.

Jira gives an issue as it is, and what changed: what it was at its opening is found by going back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from casewarden.model.event import Json
from casewarden.model.instants import parse_instant
from casewarden_jira.fields import ONE_BY_ONE, Change, Fields, plain_of

_LONGEST_ID: Final = 18
"""Digits of an id that a store takes as a number."""


class NoIssueError(ValueError):
    """What came is no issue, or a part of it is of another form; the text says which."""


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of the history: what it changed, and the fields before and after it (those that it names)."""

    id: str
    at: int
    author: Any
    changes: tuple[Change, ...]
    before: Mapping[str, Json]
    after: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Story:
    """An issue from its opening on. `keys`: all keys that it has had, the first one first."""

    id: str
    keys: tuple[str, ...]
    created: int
    updated: int
    opening: Mapping[str, Json]
    steps: tuple[Step, ...]
    fields: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The present key."""
        return self.keys[-1]


def story_of(issue: Mapping[str, Any], histories: Iterable[Mapping[str, Any]], known: Fields) -> Story:
    """The story of an issue; NoIssueError."""
    number, key, fields = issue.get("id"), issue.get("key"), issue.get("fields")
    if not isinstance(number, str) or not isinstance(key, str) or not isinstance(fields, Mapping):
        raise NoIssueError("an issue without id, key or fields")
    created, updated = (
        instant(fields.get("created"), f"{key}: created"),
        instant(fields.get("updated"), f"{key}: updated"),
    )
    rows = sorted((_row(key, one, known) for one in histories), key=lambda row: (row[1], _order(row[0])))
    values = {name: plain_of(value) for name, value in fields.items()} | {"Key": key}
    backwards: list[Step] = []
    keys = [key]
    for id_, at, author, changes in reversed(rows):
        touched = dict.fromkeys(change.field for change in changes)
        after = {name: values.get(name) for name in touched}
        for change in reversed(changes):
            _undo(values, change)
            if change.field == "Key" and isinstance(change.before, str):
                keys.append(change.before)
        before = {name: values.get(name) for name in touched}
        backwards.append(Step(id_, at, author, changes, before, after))
    steps = tuple(reversed(backwards))
    return Story(number, tuple(dict.fromkeys(reversed(keys))), created, updated, values, steps, fields)


def instant(text: Any, where: str) -> int:
    """An instant as Jira writes it (`2026-03-02T11:00:00.000+0100`); NoIssueError."""
    try:
        return parse_instant(str(text))
    except ValueError:
        raise NoIssueError(f"{where} is no instant") from None


def _row(key: str, one: Mapping[str, Any], known: Fields) -> tuple[str, int, Any, tuple[Change, ...]]:
    id_ = one.get("id")
    if not isinstance(id_, str | int) or isinstance(id_, bool):
        raise NoIssueError(f"{key}: an entry of the history has no id")
    at = instant(one.get("created"), f"{key}: created of the history's entry {id_}")
    return str(id_), at, one.get("author"), tuple(known.changes(one.get("items")))


def _order(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID else 0


def order_of(text: str) -> int:
    """An id as the source's own order among what happened at one instant."""
    return _order(text)


def _undo(values: dict[str, Json], change: Change) -> None:
    if change.field not in ONE_BY_ONE:
        values[change.field] = change.before
        return
    now = values.get(change.field)
    rest = [item for item in now if item != change.after] if isinstance(now, list) else []
    values[change.field] = [*rest, change.before] if change.before is not None else rest


def names(fields: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    """The objects in a field that is a list."""
    found = fields.get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
