"""How far each connector is: its cursor, its watermark, and how it fares."""

import json
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from casewarden.model.event import Json
from casewarden.store.statements import Statement
from casewarden.store.storable import storable

_MOVE: Final = text(
    "INSERT INTO connector_cursor (connector, cursor, complete_through, polled_at, failures) "
    "VALUES (:connector, :cursor, :through, :now, 0) ON CONFLICT (connector) DO UPDATE SET cursor = excluded.cursor, "
    "complete_through = coalesce(excluded.complete_through, connector_cursor.complete_through), "
    "polled_at = excluded.polled_at, failures = 0, error = NULL, failed_at = NULL"
)
_FAIL: Final = text(
    "INSERT INTO connector_cursor (connector, failed_at, failures, error) VALUES (:connector, :now, 1, :error) "
    "ON CONFLICT (connector) DO UPDATE SET failed_at = excluded.failed_at, error = excluded.error, "
    "failures = connector_cursor.failures + 1"
)

_WATERMARKS: Final = Statement(
    "SELECT connector, complete_through FROM connector_cursor WHERE complete_through IS NOT NULL"
)


def cursor_of(connection: Connection, connector: str) -> Json:
    """Return where polling goes on; None at the beginning."""
    value = connection.execute(
        text("SELECT cursor FROM connector_cursor WHERE connector = :connector"), {"connector": connector}
    ).scalar()
    found: Json = None if value is None else json.loads(value)
    return found


def move(connection: Connection, connector: str, cursor: Json, through: int | None, now: int) -> None:
    """Keep how far polling is; what failed before is over."""
    values = {"connector": connector, "cursor": json.dumps(cursor), "through": through, "now": now}
    connection.execute(_MOVE, values)


def fail(connection: Connection, connector: str, error: str, now: int) -> None:
    """Keep why polling failed, in plain words."""
    connection.execute(_FAIL, {"connector": connector, "error": storable(error, 1000), "now": now})


def watermarks(connection: Connection) -> dict[str, int]:
    """Return up to when each source is known completely; sources that cannot say are not among them."""
    return {row.connector: row.complete_through for row in _WATERMARKS.ask(connection)}


def states(connection: Connection) -> list[Row[Any]]:
    """Return how every connector fares."""
    return list(connection.execute(text("SELECT * FROM connector_cursor ORDER BY connector")).all())
