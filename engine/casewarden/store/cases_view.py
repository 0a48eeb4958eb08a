"""Cases as operators look for them: listed by urgency, and all that the store has of one."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, text

from casewarden.model.event import Json
from casewarden.report.live.case import CaseView, ClockRow, Decided, Fired, LogRow, Posting, Waiting
from casewarden.report.live.cases import CaseRow
from casewarden.report.live.page import Looked
from casewarden.store.log import Sealing, read_events
from casewarden.store.obligations_view import open_of
from casewarden.store.outbox_view import open_of as actions_of

_FLAGS: Final = (4, 1, 8)
"""Of an activation: late, provisional, silent."""
_OF: Final = "WHERE subject = :subject"
_FIRED: Final = text(f"SELECT rule, at, flags FROM activation {_OF} ORDER BY at, activation, repetition")  # noqa: S608
_LEDGER: Final = text(f"SELECT * FROM ledger {_OF} ORDER BY id")  # noqa: S608
_DECISIONS: Final = text(f"SELECT * FROM decision {_OF} ORDER BY id DESC LIMIT :most")  # noqa: S608
_MERGED: Final = text("SELECT name FROM subject WHERE merged_into = :name AND lane = :lane ORDER BY id")
_WATCHES: Final = text("SELECT watched FROM watch WHERE watcher = :subject ORDER BY watched")
_WAKES: Final = text("SELECT due_at FROM wakeup WHERE subject = :subject")
_ERASED: Final = text(
    "SELECT count(*) FROM log_entry JOIN event ON event.id = log_entry.event "
    "JOIN contact ON contact.id = event.contact WHERE log_entry.subject = :subject AND contact.wrapped_key IS NULL"
)
_WAITING: Final = text(
    "SELECT event.key, event.kind, mailbox.seen_at, mailbox.attempts FROM mailbox "
    "JOIN event ON event.id = mailbox.event WHERE mailbox.name = :name "
    "AND (mailbox.lane IS NULL OR mailbox.lane = :lane) ORDER BY mailbox.id LIMIT 100"
)
_LOG: Final = text(
    "SELECT log_entry.number, log_entry.seen_at AS learnt, event.* FROM log_entry "
    "JOIN event ON event.id = log_entry.event WHERE log_entry.subject = :subject ORDER BY log_entry.number"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases are asked for; `due_until` is the last instant at which one may be due. At most so many."""

    states: Sequence[str] = ("open", "parked")
    lane: str | None = None
    severity: str | None = None
    plan: str | None = None
    account: str | None = None
    due_until: int | None = None
    most: int = 50


def cases(connection: Connection, wanted: Wanted) -> tuple[Sequence[Row[Any]], int]:
    """Return the rows of cases by urgency, and how many there are in all; trials are not among them."""
    conditions = ["name LIKE 'case:%'", "state IN :states", "lane = :lane" if wanted.lane else "lane NOT LIKE '%@%'"]
    values: dict[str, Any] = {"states": list(wanted.states), "most": wanted.most, "lane": wanted.lane}
    for name in ("severity", "plan", "account"):
        if (value := getattr(wanted, name)) is not None:
            conditions.append(f"{name} = :{name}")
            values[name] = value
    if wanted.due_until is not None:
        conditions.append("next_due <= :due_until")
        values["due_until"] = wanted.due_until
    if wanted.lane is None:
        del values["lane"]
    where = " AND ".join(conditions)
    states: Any = bindparam("states", expanding=True)
    order = "CASE WHEN next_due IS NULL THEN 1 ELSE 0 END, next_due, opened_at, id"
    rows = connection.execute(
        text(f"SELECT * FROM subject WHERE {where} ORDER BY {order} LIMIT :most").bindparams(states),  # noqa: S608
        values,
    ).all()
    counting = text(f"SELECT count(*) FROM subject WHERE {where}").bindparams(states)  # noqa: S608
    return rows, int(connection.execute(counting, values).scalar_one())


def known_values(connection: Connection, column: str) -> list[str]:
    """Return the severities or plans that cases have."""
    statement = text(f"SELECT DISTINCT {column} FROM subject WHERE {column} IS NOT NULL")  # noqa: S608  # one of two names
    return sorted(connection.execute(statement).scalars())


def case_row(row: Row[Any]) -> CaseRow:
    """Return a case as it was decided last."""
    clocks = [each for each in stored_clocks(row) if each.due is not None and each.due == row.next_due]
    first = next((each for each in clocks if each.stopped is None), None)
    return CaseRow(
        row.name,
        row.lane,
        row.state,
        row.status,
        row.severity,
        row.plan,
        row.account,
        row.opened_at,
        row.next_due,
        None if first is None else first.clock,
        None if first is None else first.target,
        None,
    )


def stored_clocks(row: Row[Any]) -> tuple[ClockRow, ...]:
    """Return the clocks of a case as they were decided last, without what is left of them."""
    return tuple(
        ClockRow(
            each["clock"],
            each["number"],
            each["state"],
            each["started"],
            each["target"],
            each["due"],
            each["stopped"],
            None,
            each["owner"],
            each["reason"],
        )
        for each in json.loads(row.clocks or "[]")
    )


def case_view(
    connection: Connection, sealing: Sealing | None, row: Row[Any], looked: Looked, *, log: bool, decisions: int
) -> CaseView:
    """Return all that the store has of a subject; texts where their keys are at hand. Facts are left to who decides."""
    known = {"subject": row.id}
    began = row.length > 0
    return CaseView(
        looked=looked,
        subject=row.name,
        lane=row.lane,
        state=row.state,
        detail=row.state_detail,
        merged_into=row.merged_into,
        merged=tuple(connection.execute(_MERGED, {"name": row.name, "lane": row.lane}).scalars()),
        erased=erased_events(connection, row.id) if row.sealed else 0,
        opened_at=row.opened_at,
        decided_at=row.decided_at if began else None,
        terms=row.terms,
        operations=row.operations,
        status=row.status,
        severity=row.severity,
        plan=row.plan,
        account=row.account,
        next_wakeup_at=connection.execute(_WAKES, known).scalar(),
        facts=(),
        watches=tuple(connection.execute(_WATCHES, known).scalars()),
        clocks=stored_clocks(row),
        actions=actions_of(connection, sealing, row.id),
        rules=_fired(connection.execute(_FIRED, known).all()),
        ledger=tuple(
            Posting(each.name, each.state, each.amount, each.arithmetic, each.at, each.account)
            for each in connection.execute(_LEDGER, known)
        ),
        obligations=open_of(connection, row.id),
        decisions=_decisions(connection.execute(_DECISIONS, {**known, "most": decisions}).all()),
        waiting=waiting_events(connection, row),
        log=_log(connection, sealing, row) if log else None,
    )


def erased_events(connection: Connection, subject: int) -> int:
    """Return of how many events of a log what persons wrote was erased."""
    return int(connection.execute(_ERASED, {"subject": subject}).scalar_one())


def waiting_events(connection: Connection, row: Row[Any]) -> tuple[Waiting, ...]:
    """Return the events that are stored for a subject and not decided yet, at most a hundred."""
    return tuple(
        Waiting(each.key, each.kind, each.seen_at, each.attempts)
        for each in connection.execute(_WAITING, {"name": row.name, "lane": row.lane})
    )


def _fired(rows: Sequence[Row[Any]]) -> tuple[Fired, ...]:
    by_rule: dict[str, list[Row[Any]]] = {}
    for row in rows:
        by_rule.setdefault(row.rule, []).append(row)
    return tuple(
        Fired(rule, len(done), done[-1].at, *(sum(bool(one.flags & flag) for one in done) for flag in _FLAGS))
        for rule, done in sorted(by_rule.items(), key=lambda each: each[1][-1].at)
    )


def _decisions(rows: Sequence[Row[Any]]) -> tuple[Decided, ...]:
    return tuple(
        Decided(row.id, row.at, row.outcome, row.revision, tuple(_what(json.loads(row.body or "{}")))) for row in rows
    )


def _what(body: Mapping[str, Any]) -> list[str]:
    """What came of a decision, in words."""
    found = []
    for edge in body.get("edges", ()):
        how = "was true at first sight" if edge.get("baseline") else "fires" if edge["rises"] else "is over"
        found.append(f"{edge['rule']} {how}")
    found += [f"{action['kind']} by {action['rule']}" for action in body.get("actions", ())]
    found += [f"{one['rule']} is held back: {one.get('detail') or one['why']}" for one in body.get("withheld", ())]
    found += [f"{one['name']} {one['state']}: {one['arithmetic']}" for one in body.get("ledger", ())]
    found += [str(one["message"]) for kind in ("alerts", "corrections") for one in body.get(kind, ())]
    return found


def _log(connection: Connection, sealing: Sealing | None, row: Row[Any]) -> tuple[LogRow, ...]:
    rows = connection.execute(_LOG, {"subject": row.id}).all()
    events = read_events(connection, sealing, [each.id for each in rows]) if sealing is not None else {}
    alive = _alive(connection, rows)
    found = []
    for each in rows:
        opened = events.get(each.id)
        data: Mapping[str, Json] = json.loads(each.data or "{}") if opened is None else opened.data
        who = tuple(json.loads(each.who or "[]")) if opened is None else opened.who
        sealed = each.contact is not None and (opened is None or each.contact not in alive)
        found.append(
            LogRow(each.number, each.learnt, each.at, each.kind, each.by, who, each.source, each.key, data, sealed)
        )
    return tuple(found)


def _alive(connection: Connection, rows: Sequence[Row[Any]]) -> set[int]:
    """The contacts whose keys are still there."""
    contacts = list({row.contact for row in rows if row.contact is not None})
    if not contacts:
        return set()
    statement = text("SELECT id FROM contact WHERE id IN :ids AND wrapped_key IS NOT NULL")
    return set(connection.execute(statement.bindparams(bindparam("ids", expanding=True)), {"ids": contacts}).scalars())
