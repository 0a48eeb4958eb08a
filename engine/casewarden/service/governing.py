"""Which ruleset a new case belongs to, where there are several; what none or two of them want waits and is told.

It waits until something comes for the case, or another revision is in force.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, text

from casewarden.model.event import Event
from casewarden.service.writes import Writes
from casewarden.store.slots import in_slots

NOBODYS: Final = 3
"""The place in the mailbox (`behind`) of what is for a case that no ruleset governs, or more than one."""

_KEPT: Final = text(
    "SELECT id, name, lane, event, seen_at, behind, attempts FROM mailbox "
    "WHERE behind = 3 AND name IN :names ORDER BY id"
).bindparams(bindparam("names", expanding=True))


def sorted_out(
    connection: Connection,
    rows: Sequence[Row[Any]],
    events: Callable[[set[int]], Mapping[int, Event]],
    known: Collection[str],
    lanes_of: Callable[[str, Sequence[Event]], Sequence[str]],
    writes: Writes,
    now: int,
) -> tuple[list[Row[Any]], dict[str, Sequence[str]]]:
    """Return the mail that can be delivered, and the lanes of each case that is new.

    `known` are the cases that have lanes. What came earlier for a case that was nobody's comes along once it is
    somebody's; a case that two rulesets govern is put before a person.
    """
    new = {row.name for row in rows if row.lane is None and row.name.startswith("case:")}.difference(known)
    if not new:
        return list(rows), {}
    kept = connection.execute(_KEPT, {"names": sorted(new)}).all()
    mail: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in (*kept, *(row for row in rows if row.name in new)):
        mail[row.name].append(row)
    told = events({row.event for found in mail.values() for row in found})
    delivered = [row for row in rows if row.name not in new]
    lanes: dict[str, Sequence[str]] = {}
    for name, found in mail.items():
        wanted = lanes_of(name, [told[row.event] for row in found])
        governing = [lane for lane in wanted if "@" not in lane]
        if len(governing) == 1:
            lanes[name] = wanted
            delivered += found
            continue
        writes.kept_mail += [{"id": row.id, "behind": NOBODYS, "attempts": row.attempts} for row in found]
        if governing:
            message = f"{name} is governed by {' and by '.join(governing)}: nothing is done about it"
            writes.oblige("ambiguous", f"ambiguous/{name}", message, now, None, {"rulesets": governing})
    return delivered, lanes


def ask_again(connection: Connection, slots: Sequence[range]) -> bool:
    """Let what waits for a ruleset be looked at again, as others are in force now; whether there was anything."""
    where, values = in_slots(slots)
    put_back = text(f"UPDATE mailbox SET behind = 0 WHERE behind = {NOBODYS} AND {where}")  # noqa: S608
    return connection.execute(put_back, values).rowcount > 0
