"""What may stand in the log at `info` and above: ids, numbers and words of our own, never what a person wrote.

A key is written only if it is on the list, and its value only if it has the shape of an id or a number. So a text of a
customer stays out even where somebody logs it under a listed key, or under a name that nobody thought of.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from casewarden.telemetry.hiding import HIDDEN, scrub, without_registered

IDS: Final = ("case", "decision", "rule", "connector")
"""The ids by which records are found; they come first in every record."""

HARMLESS_KEYS: Final = frozenset(
    {
        *IDS,
        # whose it is
        *("subject", "lane", "revision", "clock", "plan", "account", "event_id", "key", "action", "ticket", "source"),
        *("obligation", "rollout", "watched", "contact_id", "job", "task"),
        # where in the sidecar
        *("partition", "partitions", "slot", "worker", "queue", "process", "thread", "version", "database", "port"),
        # what of it
        *("kind", "state", "outcome", "result", "mode", "level_name", "cap", "store_error", "signal", "code"),
        *("logger", "place"),
        # how many, how long, when
        *("count", "length", "attempt", "attempts", "seconds", "late_seconds", "lag_seconds", "retry_seconds", "bytes"),
        *("at", "due_at", "seen_at", "next_try", "complete_through", "go_live", "decided", "taken", "duplicates"),
        *("delivered", "refused", "woken", "open", "parked", "waiting", "dead", "failures", "ended", "before"),
        *("connectors", "lanes", "problems", "decisions", "dull_decisions", "of_trials", "customers"),
        # an HTTP request
        *("method", "path", "status"),
    }
)

LONGEST: Final = 200
"""The most characters of a value at `info` and above; ids are shorter."""

_ADDRESS = re.compile(r"[^\s@]{1,64}@[A-Za-z0-9.-]{1,250}\.[A-Za-z]{2,}")
_DEEPEST = 6


def harmless(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that may be written at `info` and above; `left_out` counts the others, whose names are not told."""
    kept = {key: _shaped(value) for key, value in values.items() if key in HARMLESS_KEYS}
    kept = {key: value for key, value in kept.items() if value is not _NOT_AN_ID}
    left_out = len(values) - len(kept)
    return {**kept, "left_out": left_out} if left_out else kept


def scrubbed(value: object, depth: int = 0) -> Any:
    """A value as JSON can hold it, without secrets: what is no JSON is given as its `repr`."""
    match value:
        case None | bool():
            return value
        case int() | float():
            text = repr(value)
            return value if without_registered(text) == text else HIDDEN
        case str():
            return scrub(value)
        case Mapping() if depth < _DEEPEST:
            return {scrub(str(key)): _scrubbed_under(str(key), each, depth + 1) for key, each in value.items()}
        case list() | tuple() | set() | frozenset() if depth < _DEEPEST:
            return [scrubbed(each, depth + 1) for each in value]
        case _:
            return scrub(repr(value))


def _scrubbed_under(key: str, value: object, depth: int) -> Any:
    """A value under a key that may tell that it is a secret (`Authorization`, `token`)."""
    if isinstance(value, (str, bytes)) and scrub(f"{key}: x") != f"{key}: x":
        return HIDDEN
    return scrubbed(value, depth)


class _NotAnId:
    """What is no id and no number."""


_NOT_AN_ID: Final = _NotAnId()


def _shaped(value: object) -> Any:
    match value:
        case None | bool() | int() | float():
            return scrubbed(value)
        case str():
            is_id = len(value) <= LONGEST and value.isprintable() and not any(map(str.isspace, value))
            return _ADDRESS.sub(HIDDEN, scrub(value)) if is_id else _NOT_AN_ID
        case list() | tuple() if len(value) <= 20:
            shaped = [_shaped(each) for each in value]
            return _NOT_AN_ID if any(each is _NOT_AN_ID for each in shaped) else shaped
        case _:
            return _NOT_AN_ID
