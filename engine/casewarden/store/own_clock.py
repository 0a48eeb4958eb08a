"""A store whose sidecar goes by a clock of its own, as the demonstration's: what instant it shows is told to others."""

import json
from typing import Final

from sqlalchemy import Connection, text

_NAME: Final = "clock"
_PUT: Final = text(
    "INSERT INTO setting (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


def runs(connection: Connection, shows: int, real: int, speed: float) -> None:
    """Write down that the clock shows an instant at a real one, and runs so many times as fast from there."""
    connection.execute(_PUT, {"name": _NAME, "value": json.dumps({"shows": shows, "real": real, "speed": speed})})


def stands(connection: Connection, shows: int) -> None:
    """Write down that the clock stands at an instant: its sidecar has ended."""
    runs(connection, shows, 0, 0)


def shown(connection: Connection, real: int) -> int:
    """Return what the store's own clock shows at a real instant; that instant itself where it has none."""
    value = connection.execute(text("SELECT value FROM setting WHERE name = :name"), {"name": _NAME}).scalar()
    if value is None:
        return real
    told = json.loads(value)
    return int(told["shows"] + (real - told["real"]) * told["speed"])
