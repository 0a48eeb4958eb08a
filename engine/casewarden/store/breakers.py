"""What processes that share a store tell each other of their circuit breakers: each has its own for every connector."""

import json
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, text

TOLD_EVERY: Final = 15_000_000
"""Microseconds after which a process tells it anew."""
_LASTS: Final = 4 * TOLD_EVERY
_WORST_LAST: Final = ("closed", "half_open", "open")
_PREFIX: Final = "breakers/"
_ALL: Final = text("SELECT name, value FROM setting WHERE name LIKE 'breakers/%'")
_PUT: Final = text(
    "INSERT INTO setting (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_DROP: Final = text("DELETE FROM setting WHERE name = :name")


def tell(connection: Connection, process: str, states: Mapping[str, str], now: int) -> None:
    """Write down how the breakers of a process are now; what processes told that are no more is forgotten."""
    for row in connection.execute(_ALL).all():
        if now - json.loads(row.value)["at"] > _LASTS:
            connection.execute(_DROP, {"name": row.name})
    value = json.dumps({"at": now, "states": dict(states)})
    connection.execute(_PUT, {"name": f"{_PREFIX}{process}", "value": value})


def told(connection: Connection, now: int) -> dict[str, str]:
    """Return the worst state of each connector's breakers that some process told within the last minute."""
    found: dict[str, str] = {}
    for row in connection.execute(_ALL):
        said = json.loads(row.value)
        if now - said["at"] > _LASTS:
            continue
        for connector, state in said["states"].items():
            found[connector] = max(state, found.get(connector, "closed"), key=_WORST_LAST.index)
    return found
