"""Cases merged, split, called spam, and taken up again that were set aside."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, bindparam, text

from casewarden.model.event import Event, Json
from casewarden.ruleset.diagnostics import did_you_mean
from casewarden.scenario.shapes import SUBJECT_PATTERN
from casewarden.service.writes import put_mail, wake
from casewarden.sidecar.operations.settling import settle_parked
from casewarden.sidecar.operations.work import SOURCE, Arguments, Work, given, reason, several
from casewarden.store.log import Entered, put_events, read_logs
from casewarden.store.subjects_view import full_name, one_of, rows_of, shown
from casewarden.web.doors import ControlError

PARTS: Final = frozenset({"message", "call", "work", "linked", "unlinked"})
"""The kinds of events that a part of a case consists of."""
_OWN: Final = frozenset(
    {"case.number", "case.subject", "case.status", "case.close_reason", "case.severity", "case.tags"}
)
"""Facts of the case that is split, which say nothing of the new one."""
_SUBJECT: Final = re.compile(SUBJECT_PATTERN)
_TICKET: Final = text('SELECT "case" FROM ticket WHERE connector = :connector AND ticket = :ticket')
_TAKE_TICKET: Final = text('INSERT INTO ticket (connector, ticket, "case") VALUES (:connector, :ticket, :name)')
_WAITING: Final = text(
    "SELECT mailbox.id, mailbox.lane, mailbox.attempts, event.key, event.kind FROM mailbox "
    "JOIN event ON event.id = mailbox.event WHERE mailbox.name = :name AND mailbox.behind = 2 ORDER BY mailbox.id"
)
_DROP: Final = text("DELETE FROM mailbox WHERE id IN :ids").bindparams(bindparam("ids", expanding=True))
_RELEASE: Final = text("UPDATE mailbox SET behind = 0, attempts = 0 WHERE name = :name AND behind = 2")
_TAKE_UP: Final = text(
    "UPDATE subject SET state = 'open', state_detail = NULL, woken = 0, version = version + 1 WHERE id IN :ids"
).bindparams(bindparam("ids", expanding=True))


def merge(work: Work, arguments: Arguments) -> list[str]:
    """End the younger of two cases; what people say to it from then on goes to the older.

    What waits to be done for it is withdrawn.
    """
    younger, older = (_alive(work, given(arguments, name)) for name in ("case", "into"))
    why = reason(arguments)
    if younger.name == older.name:
        raise ControlError(f"{shown(younger.name)} cannot be merged into itself")
    if (younger.opened_at or 0) < (older.opened_at or 0):
        fix = f"casewarden case merge {_id(older)} into {_id(younger)}"
        raise ControlError(f"{shown(younger.name)} is the older of the two, and the older one goes on", fix)
    if younger.lane != older.lane:
        raise ControlError(
            f"{shown(younger.name)} is governed by `{younger.lane}` and {shown(older.name)} by `{older.lane}`",
            "two cases with different promises cannot be one; call the younger spam, or close it in the helpdesk",
        )
    work.tell(_ended(work, younger, {"reason": "merged", "into": older.name, **_why(why)}))
    work.note("case merge", why, case=younger.name, into=older.name)
    return [
        f"{_capital(younger)} ends, merged into {shown(older.name)}.",
        f"What people write to it from now on goes to {shown(older.name)}; what was to be done for it is withdrawn.",
    ]


def spam(work: Work, arguments: Arguments) -> list[str]:
    """End a case without clocks."""
    row = _alive(work, given(arguments, "case"))
    why = reason(arguments)
    work.tell(_ended(work, row, {"reason": "spam", **_why(why)}))
    work.note("case spam", why, case=row.name)
    return [f"{_capital(row)} ends as spam: its clocks are cancelled, and what was to be done for it is withdrawn."]


def split(work: Work, arguments: Arguments) -> list[str]:
    """Open a new case with a part of one: it starts when that part did, and knows what the other one's opening said.

    The events of the part stay in the log where they are, and are entered in the new one's.
    """
    row = _alive(work, given(arguments, "case"))
    name, why = full_name(given(arguments, "as")), reason(arguments)
    _require_new(work, name)
    log = read_logs(work.connection, work.sealing, [row.id])[row.id]
    part = _part(row, log, several(arguments, "events"))
    first = min(part, key=lambda entry: entry.event.order).event
    opening = next((entry.event for entry in log if entry.event.kind == "opened"), first)
    _take_ticket(work, opening.source, name)
    facts = {**_known(log), "case.number": name.partition(":")[2]}
    via = first.data.get("via", opening.data.get("via"))
    data: dict[str, Json] = {"via": via, "facts": facts} if isinstance(via, str) else {"facts": facts}
    key = f"{row.name}/split/{work.now}"
    opened = Event(name, "opened", first.at, work.now, first.by, SOURCE, key, first.sequence, first.who, data)
    (new,) = put_events(work.connection, work.sealing, [opened], work.now)
    assert new is not None  # no other event has this key
    lanes = [each.lane for each in rows_of(work.connection, row.name) if each.state != "ended"]
    rows = [new, *(entry.row for entry in part)]
    put_mail(work.connection, [(name, lane, event, work.now, 0) for lane in lanes for event in rows])
    events: list[Json] = [entry.event.key for entry in part]
    work.note("case split", why, case=row.name, into=name, events=events)
    count = "1 event" if len(part) == 1 else f"{len(part)} events"
    return [f"{shown(name).capitalize()} opens with {count} of {shown(row.name)}, from the first of them on."]


def unpark(work: Work, arguments: Arguments) -> list[str]:
    """Take up a subject again that was set aside, in all lanes: its mail comes in, and it is decided from where it was.

    Events `without` which it goes on are left out of its log for good.
    """
    rows = [row for row in rows_of(work.connection, given(arguments, "case")) if row.state == "parked"]
    name = full_name(given(arguments, "case"))
    if not rows:
        raise ControlError(f"{shown(name)} is not set aside")
    why = reason(arguments)
    left_out = leave_out(work, name, several(arguments, "without"))
    said = take_up(work, name, rows)
    settle_parked(work, name, rows, "dismissed" if left_out else "approved", why)
    work.note("case unpark", why, case=name, without=list(left_out))
    return said + ([f"Left out of its log: {', '.join(left_out)}."] if left_out else [])


def take_up(work: Work, name: str, rows: Sequence[Row[Any]]) -> list[str]:
    """Put a parked subject back to work; what was missed meanwhile is decided in order."""
    mail = work.connection.execute(_RELEASE, {"name": name}).rowcount
    work.connection.execute(_TAKE_UP, {"ids": [row.id for row in rows]})
    for row in rows:
        if row.length:  # one that was set aside before it could begin does so with its mail
            wake(work.connection, [row.id], row.decided_at)
    waited = "1 event that waited is" if mail == 1 else f"{mail:,} events that waited are"
    said = f"{shown(name)} is taken up again from where it was"
    return [f"{said[0].upper()}{said[1:]}" + (f"; {waited} decided now." if mail else ".")]


def failing_mail(work: Work, name: str) -> list[str]:
    """The keys of the events with which deciding a parked subject was tried and failed."""
    return [row.key for row in work.connection.execute(_WAITING, {"name": name}) if row.attempts]


def leave_out(work: Work, name: str, keys: Sequence[str]) -> list[str]:
    """Take waiting events out of a parked subject's mail; ControlError for one that does not wait."""
    waiting = list(work.connection.execute(_WAITING, {"name": name}))
    known = {row.key for row in waiting}
    for key in keys:
        if key not in known:
            near = did_you_mean(key, known)
            few = ", ".join(sorted(known)[:12])
            fix = f"did you mean `{near}`?" if near else f"there wait {few}" if known else "nothing waits at all"
            raise ControlError(f"no event `{key}` waits for {shown(name)}", fix)
    gone = [row.id for row in waiting if row.key in keys]
    if gone:
        work.connection.execute(_DROP, {"ids": gone})
    return list(dict.fromkeys(keys))


def _alive(work: Work, said: str) -> Row[Any]:
    """A case that can still end; ControlError, StoreError."""
    row = one_of(work.connection, said)
    if not row.name.startswith("case:"):
        raise ControlError(f"{row.name} is no case", "name one like 1042")
    if row.state == "ended":
        into = f" into {shown(row.merged_into)}" if row.merged_into else ""
        raise ControlError(f"{shown(row.name)} has ended already: {row.state_detail}{into}")
    if row.state == "parked":
        raise ControlError(
            f"{shown(row.name)} is set aside, so nothing reaches it", f"casewarden case unpark {_id(row)}"
        )
    return row


def _ended(work: Work, row: Row[Any], data: Mapping[str, Json]) -> Event:
    key = f"{row.name}/ended/{work.now}"
    return Event(row.name, "ended", work.now, work.now, "agent", SOURCE, key, who=(work.who,), data=data)


def _require_new(work: Work, name: str) -> None:
    if not _SUBJECT.match(name) or not name.startswith("case:"):
        raise ControlError(f"`{name[:60]}` is no name for a case", "write one like 1043")
    known = work.connection.execute(
        text("SELECT 1 FROM subject WHERE name = :name UNION SELECT 1 FROM mailbox WHERE name = :name"), {"name": name}
    )
    if known.first() is not None:
        raise ControlError(f"there is {shown(name)} already", "name one that there is not")


def _take_ticket(work: Work, connector: str, name: str) -> None:
    """Let the ticket of a new case be its own: no ticket belongs to a second one, ever."""
    ticket = name.partition(":")[2]
    owner = work.connection.execute(_TICKET, {"connector": connector, "ticket": ticket}).scalar()
    if owner is None:
        work.connection.execute(_TAKE_TICKET, {"connector": connector, "ticket": ticket, "name": name})
    elif owner != name:
        raise ControlError(f"the ticket {ticket} belongs to {shown(owner)}", "a ticket belongs to one case, ever")


def _part(row: Row[Any], log: Sequence[Entered], wanted: Sequence[str]) -> list[Entered]:
    """The entries of a log that are named by their numbers or keys."""
    if not wanted:
        raise ControlError("a part of a case is one event or several", f"casewarden case show {_id(row)} --log")
    known = {str(entry.number): entry for entry in log} | {entry.event.key: entry for entry in log}
    found: dict[int, Entered] = {}
    for one in wanted:
        entry = known.get(one)
        if entry is None:
            near = did_you_mean(one, [entry.event.key for entry in log])
            fix = f"did you mean `{near}`?" if near else f"casewarden case show {_id(row)} --log lists them"
            raise ControlError(f"the log of {shown(row.name)} has no event `{one[:60]}`", fix)
        if entry.event.kind not in PARTS:
            raise ControlError(
                f"{one} is `{entry.event.kind}`, which stays with {shown(row.name)}",
                f"a part of a case consists of {', '.join(sorted(PARTS))}",
            )
        found[entry.number] = entry
    return [found[number] for number in sorted(found)]


def _known(log: Sequence[Entered]) -> dict[str, Json]:
    """What the opening of a case said of it, as it is known now; what is only that case's own is left out."""
    events = sorted((entry.event for entry in log), key=lambda event: event.order)
    facts: dict[str, Json] = {}
    for event in events:
        said = event.data.get("facts")
        if event.kind == "opened" and isinstance(said, dict):
            facts |= {path: value for path, value in said.items() if path not in _OWN}
        elif event.kind == "observed" and isinstance(said, dict):
            facts |= {path: value for path, value in said.items() if path in facts}
    return facts


def _why(why: str | None) -> dict[str, Json]:
    return {} if why is None else {"why": why}


def _id(row: Row[Any]) -> str:
    return str(row.name).partition(":")[2]


def _capital(row: Row[Any]) -> str:
    said = shown(row.name)
    return said[0].upper() + said[1:]
