"""What the store says of how a sidecar stands: the rulesets in force, and who paused it."""

from typing import Any, Final

from sqlalchemy import Connection, Row, text

from casewarden.report.live.status import Lane
from casewarden.store.subjects_view import TRIAL

_LINES: Final = text(
    "SELECT lane, digest, effective_at, origin FROM ruleset WHERE state IN ('live', 'trial') "
    "ORDER BY lane, effective_at, added_at"
)
_PAUSED: Final = text("SELECT at, who, why FROM audit WHERE what = 'pause' ORDER BY id DESC LIMIT 1")
_NEXT: Final = text("SELECT min(due_at) FROM wakeup WHERE due_at >= :now")
_JOBS: Final = "casewarden_jobs"
"""The schema in which processes that share a store on PostgreSQL say what they do."""
_SILENT_S: Final = 5
"""Seconds without a heartbeat after which a process counts as dead."""
_MEMBERS: Final = text(
    f"SELECT count(DISTINCT worker.id) AS live, count(job.id) AS owned FROM {_JOBS}.procrastinate_workers AS worker "  # noqa: S608
    f"LEFT JOIN {_JOBS}.procrastinate_jobs AS job ON job.worker_id = worker.id AND job.status = 'doing' "
    "AND job.queue_name = 'casewarden_partitions' "
    "WHERE worker.last_heartbeat >= now() - make_interval(secs => :silent)"
)
_PARKED: Final = text("SELECT count(*) FROM subject WHERE state = 'parked'")


def lanes_in_force(connection: Connection, now: int) -> tuple[Lane, ...]:
    """Return the revision in force of each lane and the one that comes next; before the first, that one holds."""
    lines: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(_LINES):
        lines.setdefault(row.lane, []).append(row)
    return tuple(_lane(name, line, now) for name, line in lines.items())


def _lane(name: str, line: list[Row[Any]], now: int) -> Lane:
    current = next((row for row in reversed(line) if row.effective_at <= now), line[0])
    coming = next((row for row in line if row.effective_at > now and row is not current), None)
    return Lane(
        name,
        current.digest,
        current.effective_at,
        current.origin,
        TRIAL in name,
        None if coming is None else coming.digest,
        None if coming is None else coming.effective_at,
    )


def paused_by(connection: Connection) -> Row[Any] | None:
    """Return who paused it last: at, who, why."""
    return connection.execute(_PAUSED).first()


def next_wakeup(connection: Connection, now: int) -> int | None:
    """Return when the next subject wakes that is not overdue."""
    found: int | None = connection.execute(_NEXT, {"now": now}).scalar()
    return found


def members(connection: Connection) -> tuple[int, int]:
    """Return how many processes share a store on PostgreSQL, and how many partitions they own together."""
    there = text("SELECT to_regclass(:name)")
    if connection.execute(there, {"name": f"{_JOBS}.procrastinate_workers"}).scalar() is None:
        return 0, 0
    row = connection.execute(_MEMBERS, {"silent": _SILENT_S}).one()
    return row.live, row.owned


def parked(connection: Connection) -> int:
    """Return how many subjects are set aside, of whatever kind."""
    return int(connection.execute(_PARKED).scalar_one())
