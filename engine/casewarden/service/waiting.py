"""What waits to be decided: mail and wake-ups of some partitions, in parts that one transaction takes on.

A subject is never decided on a part of what has come for it. What was learnt at one instant is not torn apart, and no
wake-up goes before an event that was there first, however short a transaction is kept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row

from casewarden.store.slots import in_slots
from casewarden.store.statements import Statement, statement

_COLUMNS: Final = "id, name, lane, event, seen_at, behind, attempts"
_OF: Final = "FROM mailbox WHERE name IN :names* AND behind < 2 AND seen_at <= :until"
_ALL_OF: Final = Statement(f"SELECT {_COLUMNS} {_OF} ORDER BY id")
_COUNTS: Final = Statement(f"SELECT name, count(*) AS n {_OF} GROUP BY name")
_CUT: Final = Statement(
    "SELECT seen_at FROM mailbox WHERE name = :name AND behind < 2 AND seen_at <= :until "
    "ORDER BY seen_at LIMIT 1 OFFSET :most"
)
_DUE_OF: Final = Statement(
    "SELECT subject.name FROM wakeup JOIN subject ON subject.id = wakeup.subject "
    "WHERE subject.name IN :names* AND wakeup.due_at <= :until"
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows of mailboxes, the names of all subjects that are to be looked at, and up to when they are decided.

    `full`: more may wait behind this.
    """

    rows: list[Row[Any]]
    names: list[str]
    horizon: int
    full: bool = False


def some(
    connection: Connection,
    slots: Sequence[range],
    now: int,
    mail: int,
    wakeups: int,
    told: int,
    also: Iterable[str] = (),
) -> Waiting:
    """Return what waits, about so much of it; `also` are subjects that wait for something else that has come.

    Of what many are told at once it is `told` at most: whoever comes meanwhile waits for no more than that.
    """
    first = _first(connection, slots, now, mail)
    own = [row for row in first if row.behind == 0]
    rows = first[: len(own) + told]
    due = _due(connection, slots, now, wakeups)
    names = list(dict.fromkeys([*also, *due, *(row.name for row in rows)]))
    if len(rows) == len(first) < mail:
        return Waiting(rows, names, now, full=len(due) >= wakeups)
    return _whole(connection, names, now, 4 * mail)


def one(connection: Connection, slots: Sequence[range], now: int, mail: int) -> Waiting:
    """Return what waits for one subject."""
    names = [row.name for row in _first(connection, slots, now, 1)] or _due(connection, slots, now, 1)
    return _whole(connection, names, now, 4 * mail) if names else Waiting([], [], now)


def of(connection: Connection, names: Sequence[str], now: int) -> Waiting:
    """Return what waits for these subjects; names are only those for which something does."""
    rows = _ALL_OF.ask(connection, names=names, until=now).all()
    due = _DUE_OF.ask(connection, names=names, until=now).scalars()
    return Waiting(list(rows), list(dict.fromkeys([*(row.name for row in rows), *due])), now)


def next_due(connection: Connection, slots: Sequence[range]) -> int | None:
    """Return the earliest instant at which a subject in these slots wakes."""
    where, values = in_slots(slots)
    found: int | None = statement(f"SELECT min(due_at) FROM wakeup WHERE {where}").ask(connection, **values).scalar()  # noqa: S608
    return found


def _first(connection: Connection, slots: Sequence[range], now: int, most: int) -> list[Row[Any]]:
    where, values = in_slots(slots)
    first = statement(
        f"SELECT {_COLUMNS} FROM mailbox WHERE behind < 2 AND seen_at <= :now AND {where} "  # noqa: S608
        "ORDER BY behind, id LIMIT :most"
    )
    return list(first.ask(connection, now=now, most=most, **values).all())


def _due(connection: Connection, slots: Sequence[range], now: int, most: int) -> list[str]:
    where, values = in_slots(slots)
    due = statement(
        "SELECT name FROM subject WHERE id IN "  # noqa: S608
        f"(SELECT subject FROM wakeup WHERE due_at <= :now AND {where} ORDER BY due_at LIMIT :most)"
    )
    return list(due.ask(connection, now=now, most=most, **values).scalars())


def _whole(connection: Connection, names: Sequence[str], now: int, most: int) -> Waiting:
    """Return all that waits for as many of these subjects as it is `most` rows; for the first in any case.

    Of a first one with more than that it is what was learnt up to some instant.
    """
    counts = {row.name: row.n for row in _COUNTS.ask(connection, names=names, until=now)}
    chosen: list[str] = []
    total = 0
    for name in names:
        total += counts.get(name, 0)
        if chosen and total > most:
            break
        chosen.append(name)
    horizon = now
    if len(chosen) == 1 and counts.get(chosen[0], 0) > most:
        horizon = _CUT.ask(connection, name=chosen[0], until=now, most=most).scalar()
    rows = _ALL_OF.ask(connection, names=chosen, until=horizon).all()
    return Waiting(list(rows), chosen, horizon, full=True)
