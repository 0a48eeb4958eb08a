"""The canonical JSON of a decision: the same decision, the same bytes."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum

from casewarden.model.decision import Decision
from casewarden.model.event import Json

_LEFT_OUT = frozenset({"trace", "events"})  # how it was found, and what the log keeps of what stands here already


def decision_json(decision: Decision) -> bytes:
    """Return a decision as JSON in UTF-8: keys sorted, instants as int microseconds, nothing left to chance."""
    rows = {f.name: _plain(getattr(decision, f.name)) for f in fields(decision) if f.name not in _LEFT_OUT}
    if decision.awaits is None:
        del rows["awaits"]
    return json.dumps(rows, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _plain(value: object) -> Json:
    match value:
        case Enum():
            return str(value.value)
        case None | bool() | int() | str():
            return value
        case float() | Decimal():
            return str(value)
        case Mapping():
            return {str(key): _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case _ if is_dataclass(value):
            return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
        case _:
            raise TypeError(f"{type(value).__name__} has no place in a decision")
