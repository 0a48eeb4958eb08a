"""One look into the store for the metrics."""

import shutil
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, text

from casewarden.config.settings import ConnectorSettings
from casewarden.store import cursors
from casewarden.store.backup import last_backup
from casewarden.store.database import Database
from casewarden.telemetry.figures import ConnectorFigures, QueueFigures, StoreFigures

_MAIL: Final = text(
    "SELECT behind, count(*) AS n, min(seen_at) AS oldest FROM mailbox WHERE behind < 2 GROUP BY behind"
)
_LATE: Final = text("SELECT count(*) AS n, min(due_at) AS since FROM wakeup WHERE due_at < :now")
_OUTBOX: Final = text(
    "SELECT connector, state, count(*) AS n FROM outbox WHERE state IN ('waiting', 'sending', 'asking', 'dead') "
    "GROUP BY connector, state"
)
_OLDEST: Final = text(
    "SELECT connector, min(CASE WHEN attempts = 0 THEN next_try ELSE decided_at END) AS oldest FROM outbox "
    "WHERE state IN ('waiting', 'sending') AND (attempts > 0 OR next_try <= :now) GROUP BY connector"
)
_CASES: Final = text(
    "SELECT lane, state, count(*) AS n FROM subject WHERE state IN ('open', 'parked') AND name LIKE 'case:%' "
    "GROUP BY lane, state"
)
_OBLIGATIONS: Final = text("SELECT kind, count(*) AS n FROM obligation WHERE state = 'open' GROUP BY kind")


def store_figures(
    database: Database, settings: Mapping[str, ConnectorSettings], partitions: int, now: int
) -> StoreFigures:
    """Return the store at this instant; on a large one this takes some tenths of a second."""
    backup_at = last_backup(database)
    with database.read() as connection:
        mail = {row.behind: QueueFigures(row.n, row.oldest) for row in connection.execute(_MAIL)}
        late = connection.execute(_LATE, {"now": now}).one()
        paused = connection.execute(text("SELECT value FROM setting WHERE name = 'paused'")).scalar()
        cases = list(connection.execute(_CASES))
        known = {row.connector: row for row in cursors.states(connection)}
        return StoreFigures(
            at=now,
            paused=paused == "true",
            partitions=partitions,
            mailbox=mail.get(0, QueueFigures()),
            mailbox_fanout=mail.get(1, QueueFigures()),
            fanouts=int(connection.execute(text("SELECT count(*) FROM fanout")).scalar_one()),
            wakeups_overdue=late.n,
            wakeup_overdue_since=late.since,
            outbox={(row.connector, row.state): row.n for row in connection.execute(_OUTBOX)},
            outbox_oldest_at={row.connector: row.oldest for row in connection.execute(_OLDEST, {"now": now})},
            cases_open={row.lane: row.n for row in cases if row.state == "open"},
            subjects_parked={row.lane: row.n for row in cases if row.state == "parked"},
            obligations_open={row.kind: row.n for row in connection.execute(_OBLIGATIONS)},
            connectors=tuple(_connector(one, known.get(one.name)) for one in settings.values()),
            backup_at=backup_at,
            size_bytes=_size(database, connection),
            free_bytes=shutil.disk_usage(database.path.resolve().parent).free if database.path else None,
        )


def _connector(settings: ConnectorSettings, row: Any) -> ConnectorFigures:
    return ConnectorFigures(
        name=settings.name,
        last_success_at=None if row is None else row.polled_at,
        failures=0 if row is None else row.failures,
        poll_every=settings.poll_every,
        complete_through=None if row is None else row.complete_through,
    )


def _size(database: Database, connection: Connection) -> int:
    if database.path is not None:
        return database.path.stat().st_size
    return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
