"""Cases that rest: resolved or closed for a month, with nothing that waits. They watch services and releases no more.

A sidecar runs for years, and an outage is to reach the cases that it concerns, not all that there ever were. A case
that goes on watches again, and is told how things are by then (`known_now` in `service/neighbours.py`).
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from casewarden.model.event import ENTRY_KINDS
from casewarden.service.holds import Hold
from casewarden.store.database import Database
from casewarden.store.slots import in_slots
from casewarden.store.statements import Statement, statement

WAKES: Final = ENTRY_KINDS | {"linked", "unlinked"}
"""What people do to a case: by these it goes on. What is observed is often of a service, or an afterthought."""
REST_AFTER: Final = 30 * 86_400_000_000
_EVERY: Final = 3_600_000_000
_MOST: Final = 500
_LAST_HEARD: Final = Statement(
    "SELECT log_entry.subject, max(log_entry.seen_at) AS heard FROM log_entry JOIN event ON event.id = log_entry.event "
    "WHERE log_entry.subject IN :ids* AND event.kind IN :kinds* GROUP BY log_entry.subject"
)
_LET_GO: Final = Statement(
    "DELETE FROM watch WHERE watcher = :watcher AND (watched LIKE 'service:%' OR watched = 'release:*')"
)


class Resting:
    """A chore of each owner, for its partitions: once an hour, some hundred cases in each of its turns."""

    def __init__(self, database: Database, hold: Hold, parts: Callable[[], Sequence[range]]) -> None:
        self._database = database
        self._hold = hold
        self._parts = parts
        self._next = 0
        self._cursor = 0

    def __call__(self, now: int) -> bool:
        """Do a step, if there is one to do; whether there may be another."""
        if now < self._next:
            return False
        with self._database.write() as connection:
            owned = self._hold(connection, self._parts())
            last = let_rest(connection, owned, self._cursor, now) if owned else None
        if last is None:
            self._next, self._cursor = now + _EVERY, 0
            return False
        self._cursor = last
        return True


def let_rest(connection: Connection, slots: Sequence[range], after: int, now: int) -> int | None:
    """Let cases of some slots rest that may; those with an id above `after` are looked at, up to the one returned.

    None where there are no more.
    """
    where, values = in_slots(slots)
    done = statement(
        "SELECT id FROM subject WHERE state = 'done' AND id > :after AND name LIKE 'case:%' "  # noqa: S608
        f"AND {where} AND EXISTS (SELECT 1 FROM watch WHERE watcher = subject.id) "
        "AND NOT EXISTS (SELECT 1 FROM wakeup WHERE wakeup.subject = subject.id) "
        "AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.subject = subject.id "
        "AND outbox.state IN ('waiting', 'sending', 'asking')) ORDER BY id LIMIT :most"
    )
    ids: list[Any] = list(done.ask(connection, after=after, most=_MOST, **values).scalars())
    if not ids:
        return None
    heard = _LAST_HEARD.ask(connection, ids=ids, kinds=sorted(WAKES)).all()
    resting = [{"watcher": row.subject} for row in heard if row.heard < now - REST_AFTER]
    if resting:
        _LET_GO.run(connection, resting)
    return int(ids[-1])
