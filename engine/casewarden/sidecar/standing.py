"""A subject of a live store as it stands: its log, what decides on it, its clocks, and how it would go on."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, text

from casewarden.decide import Compiled
from casewarden.decide.facts import plain
from casewarden.decide.walk import state_at
from casewarden.model.decision import ClockState, PlannedAction
from casewarden.model.subject import Subject
from casewarden.report.live.case import ClockRow, Fact
from casewarden.report.live.cases import CaseRow
from casewarden.ruleset.able import Instead
from casewarden.scenario.linked import account_of
from casewarden.scenario.onward import Continued
from casewarden.service.held import Held, Holding
from casewarden.service.rulebook import Rulebook
from casewarden.service.ruleset_sources import Revision, stored_revision
from casewarden.sidecar.rules import RulesInForce
from casewarden.store.cases_view import case_row
from casewarden.store.log import Sealing

_IN_USE: Final = text(
    "SELECT * FROM ruleset WHERE state IN ('live', 'trial') OR digest IN :digests ORDER BY lane, effective_at, added_at"
).bindparams(bindparam("digests", expanding=True))
_UNDER_WAY: Final = text(
    "SELECT key, rule, kind, flags, state, next_try FROM outbox WHERE subject IN :subjects AND decided_at <= :at "
    "AND (done_at IS NULL OR done_at > :at) AND state <> 'shadow' ORDER BY id"
).bindparams(bindparam("subjects", expanding=True))
_SECOND: Final = 1_000_000
_UNCOUNTED: Final = (ClockState.NOT_APPLICABLE, ClockState.CANCELLED, ClockState.WAITING)


def rules_for(connection: Connection, rows: Iterable[Row[Any]] = ()) -> RulesInForce:
    """Return the rulesets in force with those that bind some subjects; the others that the store has are not read.

    StoredRulesetError where one can no longer be read.
    """
    digests = {digest for row in rows for digest in (row.terms, row.operations) if digest is not None}
    in_force: list[Revision] = []
    others: list[Revision] = []
    for row in connection.execute(_IN_USE, {"digests": sorted(digests) or [""]}):
        revision = stored_revision(
            json.loads(row.files),
            digest=row.digest,
            lane=row.lane,
            origin=row.origin,
            effective_at=row.effective_at,
            added_at=row.added_at,
        )
        (in_force if row.state in ("live", "trial") else others).append(revision)
    return RulesInForce(Rulebook.of(in_force, others))


def zone_of(rules: RulesInForce, now: int) -> str:
    """Return the zone in which things are shown: the one that all rulesets in force go by, else UTC."""
    zones = set()
    for lane in rules.book.lanes:
        ruleset = rules.ruleset(lane, now)
        zones.add(ruleset.calendars[ruleset.defaults.calendar].spec.zone)
    return zones.pop() if len(zones) == 1 else "UTC"


@dataclass(frozen=True, slots=True)
class Standing:
    """A subject at an instant, by what it had learnt by then. `begun` is when it learnt of anything first.

    `instead` are the rules that do something else than they want, because no connector can do that.
    """

    held: Held
    subject: Subject
    compiled: Compiled
    at: int
    begun: int | None
    instead: Mapping[str, Instead] = field(default_factory=dict)


def standing(
    connection: Connection, sealing: Sealing, rules: RulesInForce, row: Row[Any], now: int, at: int | None = None
) -> Standing:
    """Return a subject as it stands, now or at an earlier instant."""
    (held,) = Holding(1).load(connection, sealing, ids=[row.id])
    then = max(now - now % _SECOND, held.decided_at) if at is None else at
    begun = min((event.seen_at for event in held.subject.events), default=None)
    subject = held.subject
    if at is not None:
        subject = Subject(held.name).with_events(event for event in subject.events if event.seen_at <= at)
    return Standing(held, subject, rules.compiled(held, then), then, begun, rules.instead(held, then))


def continued(connection: Connection, sealing: Sealing, stands: Standing) -> Continued:
    """Return how a subject goes on from where it stands, together with the account that answers what it claims."""
    held, at = stands.held, stands.at
    logs = {held.name: stands.subject}
    ids = {held.id: held.name}
    account = account_of(stands.subject.events) if held.kind == "case" else None
    if account is not None:
        found = [one for one in Holding(8).load(connection, sealing, names=[account]) if one.lane == held.lane]
        for one in found:
            ids[one.id] = one.name
            logs[one.name] = Subject(one.name).with_events(e for e in one.subject.events if e.seen_at <= at)
    waiting = _waiting(connection, logs, ids, at)
    return Continued(stands.compiled, {name: log.events for name, log in logs.items()}, held.name, at, waiting)


def _waiting(
    connection: Connection, logs: Mapping[str, Subject], ids: Mapping[int, str], at: int
) -> dict[str, list[PlannedAction]]:
    """What was under way at an instant, as it was planned; what waits for a person does not go out by itself."""
    planned: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for name, log in logs.items():
        for event in log.events:
            rows = event.data.get("actions") if event.kind == "decided" else None
            for one in rows if isinstance(rows, list) else ():
                if isinstance(one, dict):
                    content = one.get("content")
                    planned[str(one.get("key"))] = name, content if isinstance(content, dict) else {}
    found: dict[str, list[PlannedAction]] = {}
    for row in connection.execute(_UNDER_WAY, {"subjects": list(ids), "at": at}):
        if row.state == "asking" or row.key not in planned:
            continue
        name, told = planned[row.key]
        marks = {"provisional": 1, "even_if_over": 2, "late": 4}
        flags = {word: bool(row.flags & flag) for word, flag in marks.items()}
        action = PlannedAction(row.key, row.rule, row.kind, told, deliver_at=max(row.next_try, at), **flags)
        found.setdefault(name, []).append(action)
    return found


# -- what is shown of it


def clocks_of(stands: Standing) -> tuple[ClockRow, ...]:
    """Return the clocks of a case as they are at the instant, with what is left of each in its own time."""
    if stands.held.kind != "case" or not stands.subject.events:
        return ()
    state = state_at(stands.compiled, stands.subject, stands.at)
    found: list[ClockRow] = []
    for name in stands.compiled.ruleset.clocks:
        for run in state.runs(name):
            one = run.at(stands.at)
            counts = one.state not in _UNCOUNTED and one.stopped is None
            found.append(
                ClockRow(
                    one.clock,
                    one.number,
                    one.state.value,
                    one.started,
                    one.target,
                    one.due,
                    one.stopped,
                    run.remaining(stands.at) if counts else None,
                    one.owner,
                    one.reason,
                )
            )
    return tuple(found)


def facts_of(stands: Standing) -> tuple[Fact, ...]:
    """Return the present values of a subject's own fields, of a case also what it knows of its customer."""
    if not stands.subject.events:
        return ()
    state = state_at(stands.compiled, stands.subject, stands.at)
    kind = stands.held.kind
    roots = {"case": ("case.", "customer."), "account": ("case.plan", "customer.", "contract.")}.get(
        kind, (f"{kind}.",)
    )
    shown_above = {"case.severity", "case.plan", "case.status", "case.opened_at"} if kind == "case" else set()
    return tuple(
        Fact(path, plain(value))
        for path, value in sorted(state.values.items())
        if path.startswith(roots) and path not in shown_above
    )


def cases_of(
    connection: Connection, sealing: Sealing, rules: RulesInForce, subjects: Sequence[Row[Any]], now: int
) -> tuple[CaseRow, ...]:
    """Return cases as they are listed, with what is left of the clock that is due first."""
    helds = Holding(len(subjects) + 1).load(connection, sealing, ids=[row.id for row in subjects])
    by_id = {held.id: held for held in helds}
    found = []
    for subject in subjects:
        held, row = by_id[subject.id], case_row(subject)
        at = max(now, held.decided_at)
        clocks = (
            clocks_of(Standing(held, held.subject, rules.compiled(held, at), at, None)) if row.due is not None else ()
        )
        remaining = next((one.remaining for one in clocks if one.due == row.due and one.clock == row.clock), None)
        found.append(replace(row, remaining=remaining))
    return tuple(found)
