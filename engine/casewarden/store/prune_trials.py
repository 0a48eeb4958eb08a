"""Trials that ended long ago are taken out whole: subjects, logs and all that hangs on them, a few subjects at a time.

Nobody writes them any more: who ends a trial leaves its subjects `ended`, and such are not loaded. What was observed
stays, as the live lane's logs have it, and so do the rollout's row and the audit. Each log goes as a whole, so no chain
loses a part.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, text

from casewarden.store.database import Database
from casewarden.store.log import SOURCE_OF_LANE

_SUBJECTS: Final = 20
_EVENTS: Final = 500
_OVER: Final = text(
    "SELECT subject.lane FROM subject JOIN rollout ON rollout.lane || '@' || rollout.name = subject.lane "
    "WHERE rollout.state = 'ended' GROUP BY subject.lane "
    "HAVING max(subject.decided_at) < :before AND min(CASE subject.state WHEN 'ended' THEN 1 ELSE 0 END) = 1 "
    "ORDER BY subject.lane"
)
_NEXT: Final = text("SELECT id FROM subject WHERE lane = :lane ORDER BY id LIMIT :most")
_OF_SUBJECTS: Final = tuple(
    text(f"DELETE FROM {table} WHERE {column} IN :ids").bindparams(bindparam("ids", expanding=True))  # noqa: S608
    for table, column in (
        ("activation", "subject"),
        ("ledger", "subject"),
        ("obligation", "subject"),
        ("outbox", "subject"),
        ("decision", "subject"),
        ("watch", "watcher"),
        ("wakeup", "subject"),
        ("projection", "subject"),
    )
)
_LEARNT: Final = text("SELECT DISTINCT event FROM log_entry WHERE subject IN :ids").bindparams(
    bindparam("ids", expanding=True)
)
_LOGS: Final = tuple(
    text(said).bindparams(bindparam("ids", expanding=True))
    for said in ("DELETE FROM log_entry WHERE subject IN :ids", "DELETE FROM subject WHERE id IN :ids")
)
_OWN: Final = text(
    "DELETE FROM event WHERE id IN :ids AND source LIKE :own ESCAPE '!' "
    "AND NOT EXISTS (SELECT 1 FROM log_entry WHERE log_entry.event = event.id) "
    "AND NOT EXISTS (SELECT 1 FROM mailbox WHERE mailbox.event = event.id) "
    "AND NOT EXISTS (SELECT 1 FROM fanout WHERE fanout.event = event.id)"
).bindparams(bindparam("ids", expanding=True))
_MAIL: Final = (text("DELETE FROM mailbox WHERE lane = :lane"), text("DELETE FROM fanout WHERE lane = :lane"))


def pruning_trials(database: Database, before: int) -> Iterator[int]:
    """Take out the trials that decided last before an instant, step by step; each step tells how many subjects went."""
    with database.read() as connection:
        lanes = list(connection.execute(_OVER, {"before": before}).scalars())
    for lane in lanes:
        while True:
            with database.write() as connection:
                gone = _some(connection, lane)
            if not gone:
                break
            yield gone


def _some(connection: Connection, lane: str) -> int:
    ids = list(connection.execute(_NEXT, {"lane": lane, "most": _SUBJECTS}).scalars())
    if not ids:
        return 0
    for statement in _MAIL:
        connection.execute(statement, {"lane": lane})
    for statement in _OF_SUBJECTS:
        connection.execute(statement, {"ids": ids})
    events = list(connection.execute(_LEARNT, {"ids": ids}).scalars())
    for statement in _LOGS:
        connection.execute(statement, {"ids": ids})
    own = f"%{SOURCE_OF_LANE}{_plain(lane)}"
    for part in _parts(events):
        connection.execute(_OWN, {"ids": part, "own": own})
    return len(ids)


def _plain(name: str) -> str:
    """A name as it stands within a pattern."""
    return "".join(f"!{letter}" if letter in "!%_" else letter for letter in name)


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _EVENTS):
        yield ids[start : start + _EVENTS]
