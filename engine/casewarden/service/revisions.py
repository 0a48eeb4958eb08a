"""Revisions in the store: each with all its files, so that cases go on under the one that binds them."""

import json
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Row, text

from casewarden.service.rulebook import Rulebook
from casewarden.service.ruleset_sources import Revision, StoredRulesetError, stored_revision

_ALL: Final = text("SELECT * FROM ruleset ORDER BY lane, effective_at, added_at")
_PUT: Final = text(
    "INSERT INTO ruleset (digest, lane, files, added_at, effective_at, origin, state) "
    "VALUES (:digest, :lane, :files, :added_at, :effective_at, :origin, :state) "
    "ON CONFLICT (digest, lane) DO UPDATE SET effective_at = excluded.effective_at, added_at = excluded.added_at, "
    "origin = excluded.origin, state = excluded.state"
)
_log = structlog.get_logger("casewarden.revisions")
_LOCK: Final = int.from_bytes(b"cw-rules", signed=True)
_HOLD: Final = text("SELECT pg_advisory_xact_lock(:lock)")
_VERSION: Final = text("SELECT value FROM setting WHERE name = 'rulebook'")
_COUNT: Final = text(
    "INSERT INTO setting (name, value) VALUES ('rulebook', '1') "
    "ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(setting.value AS INTEGER) + 1 AS TEXT)"
)


def stored_book(connection: Connection, lost: dict[str, str] | None = None) -> Rulebook:
    """The rulebook that the store knows.

    StoredRulesetError where a revision in force can no longer be read. Where one of a trial cannot and `lost` is given,
    it gets the trial's lane with why, and the rulebook is without that lane. A revision that is not in force is left
    out: a case that it binds is set aside, which tells a person.
    """
    in_force: list[Revision] = []
    others: list[Revision] = []
    for row in connection.execute(_ALL):
        try:
            revision = _revision(row)
        except StoredRulesetError as problem:
            if row.state == "trial" and lost is not None:
                lost[row.lane] = str(problem)
            elif row.state != "retired":
                raise
            _log.warning("revision_unreadable", revision=row.digest, lane=row.lane)
            continue
        (in_force if row.state in ("live", "trial") else others).append(revision)
    return Rulebook.of((one for one in in_force if lost is None or one.lane not in lost), others)


def _revision(row: Row[Any]) -> Revision:
    return stored_revision(
        json.loads(row.files),
        digest=row.digest,
        lane=row.lane,
        origin=row.origin,
        effective_at=row.effective_at,
        added_at=row.added_at,
    )


def hold_book(connection: Connection) -> None:
    """Let nobody else change what is in force until this is committed; SQLite has one that writes anyway."""
    if connection.dialect.name != "sqlite":
        connection.execute(_HOLD, {"lock": _LOCK})


def book_version(connection: Connection) -> int:
    """A number that grows whenever what is in force changes."""
    return int(connection.execute(_VERSION).scalar() or 0)


def keep_revisions(connection: Connection, book: Rulebook) -> None:
    """Write down which revisions there are and which are in force; none is ever forgotten that a case may need."""
    rows = {}
    for digest, revision in book.known.items():
        rows[digest, revision.lane] = _row(revision, "retired")
    for lane, line in book.timelines.items():
        for revision in line:
            rows[revision.digest, lane] = _row(revision, "trial" if "@" in lane else "live")
    connection.execute(text("UPDATE ruleset SET state = 'retired'"))
    connection.execute(_PUT, list(rows.values()))
    connection.execute(_COUNT)


def _row(revision: Revision, state: str) -> dict[str, object]:
    return {
        "digest": revision.digest,
        "lane": revision.lane,
        "files": json.dumps(dict(revision.files), ensure_ascii=False),
        "added_at": revision.added_at,
        "effective_at": revision.effective_at,
        "origin": revision.origin,
        "state": state,
    }
