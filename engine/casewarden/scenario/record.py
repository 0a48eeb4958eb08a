"""Decisions as JSON: one canonical form, the same decision the same bytes. What is empty or unknown is left out."""

from functools import lru_cache
from typing import Any

from casewarden.model.compact import compact
from casewarden.model.decision import (
    Alert,
    ClockInstance,
    Correction,
    Decision,
    Edge,
    LedgerEntry,
    PlannedAction,
    Withheld,
)
from casewarden.model.instants import iso

_encode = compact(ascii_only=False, in_order=True)
_iso = lru_cache(8192)(iso)
_word = lru_cache(8192)(_encode)


def decision_line(decision: Decision) -> str:
    """The decision on one line, keys in order, without its trace: `decision_json` as canonical JSON.

    Clock runs are most of a line and stay as they are over many decisions, so their text is kept.
    """
    return "{" + ",".join([f'"{key}":{_part(key, value)}' for key, value in _form(decision).items()]) + "}\n"


def decision_json(decision: Decision) -> dict[str, Any]:
    """The decision as a JSON object; instants are ISO 8601 in UTC, lengths whole microseconds."""
    form = _form(decision)
    if decision.clocks:
        form["clocks"] = [_clock(clock) for clock in decision.clocks]
    return form


def _part(key: str, value: Any) -> str:
    """The text of one value of a decision's form (no yes or no among them); words recur, so their text is kept."""
    if isinstance(value, str):
        return _word(value)
    if isinstance(value, int):
        return str(value)
    return "[" + ",".join(map(_clock_text, value)) + "]" if key == "clocks" else _encode(value)


def _form(decision: Decision) -> dict[str, Any]:
    """The decision as a JSON object, keys in order, but for its clock runs, which are there as they are."""
    return _full(
        actions=[_action(action) for action in decision.actions] or None,
        alerts=[_alert(alert) for alert in decision.alerts] or None,
        at=_iso(decision.at),
        clocks=decision.clocks or None,
        corrections=[_correction(one) for one in decision.corrections] or None,
        derived=dict(decision.derived) or None,
        edges=[_edge(edge) for edge in decision.edges] or None,
        facts=dict(decision.facts) or None,
        ledger=[_ledger(entry) for entry in decision.ledger] or None,
        next_wakeup=_instant(decision.next_wakeup),
        rounds=decision.rounds,
        ruleset=decision.ruleset,
        severity=decision.severity,
        severity_by=decision.severity_by,
        subject=decision.subject,
        withheld=[_withheld(one) for one in decision.withheld] or None,
    )


def _full(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _instant(at: int | None) -> str | None:
    return None if at is None else _iso(at)


def _clock(clock: ClockInstance) -> dict[str, Any]:
    return _full(
        clock=clock.clock,
        number=clock.number,
        started_by=clock.started_by,
        state=clock.state.value,
        started=_instant(clock.started),
        target=clock.target,
        counted_from=_instant(clock.counted_from),
        budget=clock.budget,
        due=_instant(clock.due),
        stopped=_instant(clock.stopped),
        overdue=clock.overdue or None,
        owner=clock.owner,
        commitment=clock.commitment,
        severity=clock.severity,
        reason=clock.reason,
        certain=None if clock.certain else False,
    )


@lru_cache(4096)
def _clock_text(clock: ClockInstance) -> str:
    return _encode(_clock(clock))


def _edge(edge: Edge) -> dict[str, Any]:
    return _full(
        rule=edge.rule,
        rises=edge.rises,
        activation=edge.activation,
        at=_iso(edge.at),
        repetition=edge.repetition or None,
        late=edge.late or None,
        baseline=edge.baseline or None,
        event=edge.event,
        silent=edge.silent or None,
        provisional=edge.provisional or None,
    )


def _action(action: PlannedAction) -> dict[str, Any]:
    return _full(
        key=action.key,
        rule=action.rule,
        kind=action.kind,
        content=dict(action.content) or None,
        deliver_at=_instant(action.deliver_at),
        provisional=action.provisional or None,
        even_if_over=action.even_if_over or None,
        late=action.late or None,
    )


def _withheld(one: Withheld) -> dict[str, Any]:
    return _full(rule=one.rule, why=one.why, detail=one.detail, at=_iso(one.at), key=one.key)


def _ledger(entry: LedgerEntry) -> dict[str, Any]:
    return _full(
        key=entry.key,
        name=entry.name,
        state=entry.state,
        amount=entry.amount,
        arithmetic=entry.arithmetic,
        at=_iso(entry.at),
        add_to=entry.add_to,
    )


def _alert(alert: Alert) -> dict[str, Any]:
    return _full(kind=alert.kind, message=alert.message, rules=list(alert.rules) or None)


def _correction(one: Correction) -> dict[str, Any]:
    return _full(kind=one.kind, name=one.name, before=one.before, after=one.after, message=one.message)
