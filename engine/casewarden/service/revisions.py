"""Revisions in the store: each with all its files, so that cases go on under the one that binds them."""

import json
from typing import Final

from sqlalchemy import Connection, text

from casewarden.service.rulebook import Rulebook
from casewarden.service.ruleset_sources import Revision, stored_revision

_ALL: Final = text("SELECT * FROM ruleset ORDER BY lane, effective_at, added_at")
_PUT: Final = text(
    "INSERT INTO ruleset (digest, lane, files, added_at, effective_at, origin, state) "
    "VALUES (:digest, :lane, :files, :added_at, :effective_at, :origin, :state) "
    "ON CONFLICT (digest, lane) DO UPDATE SET effective_at = excluded.effective_at, added_at = excluded.added_at, "
    "origin = excluded.origin, state = excluded.state"
)


def stored_book(connection: Connection) -> Rulebook:
    """The rulebook that the store knows."""
    in_force: list[Revision] = []
    others: list[Revision] = []
    for row in connection.execute(_ALL):
        revision = stored_revision(
            json.loads(row.files),
            digest=row.digest,
            lane=row.lane,
            origin=row.origin,
            effective_at=row.effective_at,
            added_at=row.added_at,
        )
        (in_force if row.state in ("live", "trial") else others).append(revision)
    return Rulebook.of(in_force, others)


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
