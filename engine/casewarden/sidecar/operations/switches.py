"""All sending paused, and resumed."""

from typing import Any, Final

from sqlalchemy import Row, text

from casewarden.model.instants import iso
from casewarden.sidecar.operations.work import Arguments, Work, reason

_PUT: Final = text(
    "INSERT INTO setting (name, value) VALUES ('paused', :value) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_LAST: Final = text("SELECT at, who FROM audit WHERE what = 'pause' ORDER BY id DESC LIMIT 1")
_WAITING: Final = text("SELECT count(*) FROM outbox WHERE state = 'waiting'")


def pause(work: Work, arguments: Arguments) -> list[str]:
    """Stop sending; cases go on being decided, and what they want done waits."""
    why = reason(arguments)
    if _is_paused(work):
        last = work.connection.execute(_LAST).first()
        return [f"Sending is paused already{_by(last)}."]
    work.connection.execute(_PUT, {"value": "true"})
    work.note("pause", why)
    return ["Sending is paused: cases are decided, and what is to be done waits.", "casewarden resume lets it go."]


def resume(work: Work, arguments: Arguments) -> list[str]:
    """Send again; each action is asked again first whether it still holds."""
    why = reason(arguments)
    if not _is_paused(work):
        return ["Sending is not paused."]
    work.connection.execute(_PUT, {"value": "false"})
    work.note("resume", why)
    count = work.connection.execute(_WAITING).scalar_one()
    waits = f": {count:,} wait, and each is asked again first whether it still holds" if count else ""
    return [f"Actions are sent again{waits}."]


def _is_paused(work: Work) -> bool:
    return work.connection.execute(text("SELECT value FROM setting WHERE name = 'paused'")).scalar() == "true"


def _by(row: Row[Any] | None) -> str:
    return "" if row is None else f", by {row.who} since {iso(row.at)}"
