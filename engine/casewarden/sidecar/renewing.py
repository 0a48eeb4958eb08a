"""Letting a customer directory that changed reach the cases and accounts that have begun."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, text

from casewarden.model.event import Event
from casewarden.scenario.customers.renewed import renewed
from casewarden.scenario.customers.told import SOURCE
from casewarden.service.holds import Hold
from casewarden.service.writes import put_mail
from casewarden.sidecar.customers import Customers
from casewarden.store.database import Database
from casewarden.store.log import Sealing, lane_source, put_events, read_events, read_logs
from casewarden.store.slots import in_slots

BATCH: Final = 100
_AFTER: Final = "state IN ('open', 'done', 'parked') AND id > :after AND length > 0"
_WAITING: Final = text(
    "SELECT mailbox.id, mailbox.event FROM mailbox JOIN event ON event.id = mailbox.event "
    "WHERE mailbox.name = :name AND mailbox.lane = :lane AND event.source = :source ORDER BY mailbox.id"
)
_DROP: Final = text("DELETE FROM mailbox WHERE id = :id")
_TOLD: Final = text("SELECT value FROM setting WHERE name = :name")
_TELL: Final = text(
    "INSERT INTO setting (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


class Renewal:
    """A chore of each owner, for its partitions: some subjects in each of its turns, until all were told.

    Which directory a partition was told of stands in the store, so that one that was broken off goes on at the next
    start. `customers` gives the directory as it is now.
    """

    def __init__(
        self,
        database: Database,
        sealing: Sealing,
        hold: Hold,
        parts: Callable[[], Sequence[range]],
        customers: Callable[[], Customers],
    ) -> None:
        self._database = database
        self._sealing = sealing
        self._hold = hold
        self._parts = parts
        self._customers = customers
        self._told: dict[range, Customers] = {}
        self._at: tuple[str, range] | None = None
        self._cursor = 0

    def __call__(self, now: int) -> bool:
        """Do a step, if there is one to do; whether there may be another."""
        customers = self._customers()
        if customers.version is None:
            return False
        parts = self._parts()
        part = next((one for one in parts if self._version(one) != customers.version), None)
        if part is None:
            return False
        if self._at != (customers.version, part):
            self._at, self._cursor = (customers.version, part), 0
        with self._database.write() as connection:
            if not self._hold(connection, [part]):
                return False
            stored = connection.execute(_TOLD, {"name": _name(part)}).scalar()
            last = None if stored == customers.version else self._some(connection, customers, part, now)
            if last is None and stored != customers.version:
                connection.execute(_TELL, {"name": _name(part), "value": customers.version})
        if last is None:
            self._told[part] = customers
        else:
            self._cursor = last
        return True

    def _version(self, part: range) -> str | None:
        known = self._told.get(part)
        return None if known is None else known.version

    def _some(self, connection: Connection, customers: Customers, part: range, now: int) -> int | None:
        """Tell some subjects behind the cursor; return up to which, None where there are no more."""
        where, values = in_slots([part])
        statement = text(
            f"SELECT * FROM subject WHERE {_AFTER} AND {where} "  # noqa: S608  # our words
            "AND (name LIKE 'case:%' OR name LIKE 'account:%') ORDER BY id LIMIT :most"
        )
        rows = connection.execute(statement, {**values, "after": self._cursor, "most": BATCH}).all()
        before = self._told.get(part)
        chosen = [row for row in rows if before is None or _concerns(row, customers, before)]
        logs = read_logs(connection, self._sealing, [row.id for row in chosen])
        for row in chosen:
            self._tell(connection, customers, row, [entry.event for entry in logs[row.id]], now)
        return int(rows[-1].id) if rows else None

    def _tell(self, connection: Connection, customers: Customers, row: Any, log: Sequence[Event], now: int) -> None:
        directory = customers.of(row.lane)
        if directory is None:
            return
        known = {"name": row.name, "lane": row.lane, "source": lane_source(SOURCE, row.lane)}
        mail = connection.execute(_WAITING, known).all()
        events = read_events(connection, self._sealing, [one.event for one in mail])
        waiting = [events[one.event] for one in mail]
        found = renewed(directory, row.name, log, waiting, max(now, row.decided_at))
        for one in mail:
            if events[one.event].key in found.withdrawn:
                connection.execute(_DROP, {"id": one.id})
        ids = put_events(connection, self._sealing, found.events, now, [row.lane] * len(found.events))
        put_mail(
            connection,
            [
                (row.name, row.lane, id_, event.seen_at, 0)
                for event, id_ in zip(found.events, ids, strict=True)
                if id_ is not None
            ],
        )


def _concerns(row: Any, customers: Customers, before: Customers) -> bool:
    """Whether the directory says something else of a subject's customer; of a case of nobody nobody knows."""
    account = row.name if row.name.startswith("account:") else row.account
    return account is None or account.partition(":")[2] in customers.changed(before, row.lane)


def _name(part: range) -> str:
    return f"customers/{part.start}-{part.stop}"
