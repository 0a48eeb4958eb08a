"""Corrections that a person approves: what is right is recorded beside what was posted; nothing is sent."""

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Row, text

from casewarden.decide.explain import explain_clock
from casewarden.model.event import Json
from casewarden.report.explain_json import as_json
from casewarden.service.held import Holding
from casewarden.sidecar.operations.work import Work
from casewarden.web.doors import ControlError

_POSTED: Final = text("SELECT * FROM ledger WHERE subject = :subject AND key = :key AND state IN ('posted', 'granted')")
_PUT: Final = text(
    "INSERT INTO ledger (subject, key, name, state, amount, arithmetic, at, account, details) "
    "VALUES (:subject, :key, :name, 'corrected', :amount, :arithmetic, :at, :account, :details)"
)
_THERE: Final = text("SELECT 1 FROM ledger WHERE subject = :subject AND key = :key AND state = 'corrected'")


def record(work: Work, obligation: Row[Any], why: str | None) -> list[str]:
    """Record a correction. Of a credit the ledger gets the difference with its proof, of a quota what is right.

    A deadline that moved has moved: that it was looked at is what the audit then says.
    """
    details = json.loads(obligation.details)
    match details.get("kind"):
        case "credit":
            return _credit(work, obligation, details, why)
        case "quota":
            return _quota(work, obligation, details, why)
        case _:
            return ["That the deadline moved is recorded; nothing is sent."]


def _credit(work: Work, obligation: Row[Any], details: Mapping[str, Any], why: str | None) -> list[str]:
    posted = _posted(work, obligation, details)
    before, after = int(details["before"] or 0), int(details["after"] or 0)
    proof = _proof(work, obligation.subject, str(details["name"]))
    right = proof.get("arithmetic") or "nothing is earned"
    arithmetic = f"{before} days were posted, {after} are right ({right}): {after - before:+} days"
    _put(
        work, obligation, posted, after - before, arithmetic, {**_said(obligation, details, work, why), "proof": proof}
    )
    days = "1 day" if abs(after - before) == 1 else f"{abs(after - before)} days"
    return [f"{posted.name}: {days} {'more' if after > before else 'less'} in the ledger; nothing is sent."]


def _quota(work: Work, obligation: Row[Any], details: Mapping[str, Any], why: str | None) -> list[str]:
    posted = _posted(work, obligation, details)
    arithmetic = f"granted as {details['before']}, {details['after']} is right"
    _put(work, obligation, posted, 0, arithmetic, _said(obligation, details, work, why))
    return [f"{posted.name}: {arithmetic}. What was granted stands; the ledger has what is right."]


def _posted(work: Work, obligation: Row[Any], details: Mapping[str, Any]) -> Row[Any]:
    named = {"subject": obligation.subject, "key": details.get("name")}
    posted = work.connection.execute(_POSTED, named).first()
    if posted is None:
        raise ControlError(
            f"the ledger has no `{details.get('name')}` that could be corrected", "dismiss the obligation"
        )
    if work.connection.execute(_THERE, named).first() is not None:
        raise ControlError(f"`{details.get('name')}` was corrected already", "dismiss the obligation")
    return posted


def _said(obligation: Row[Any], details: Mapping[str, Any], work: Work, why: str | None) -> dict[str, Json]:
    return {
        "before": details.get("before"),
        "after": details.get("after"),
        "obligation": obligation.id,
        "approved_by": work.who,
        "why": why,
    }


def _put(
    work: Work, obligation: Row[Any], posted: Row[Any], amount: int, arithmetic: str, details: Mapping[str, Json]
) -> None:
    row = {
        "subject": obligation.subject,
        "key": posted.key,
        "name": posted.name,
        "amount": amount,
        "arithmetic": arithmetic,
        "at": work.now,
        "account": posted.account,
        "details": json.dumps(details, ensure_ascii=False),
    }
    work.connection.execute(_PUT, row)


def _proof(work: Work, subject: int, key: str) -> dict[str, Json]:
    """The run that a credit is for as it is known now: due and stop, its deadline's proof, and what it earns."""
    (held,) = Holding(1).load(work.connection, work.sealing, ids=[subject])
    at = max(work.now, held.decided_at)
    compiled = work.rules.compiled(held, at)
    name, _, started_by = key.partition("/")
    term = compiled.ruleset.credits.get(name)
    if term is None:
        return {}
    explained = explain_clock(compiled, held.subject, at, compiled.ruleset.clocks[term.clock])
    run = next((one for one in explained.runs if one.instance.started_by == started_by), None)
    if run is None:
        return {}
    credit = next((one for one in run.credits if one.name == name), None)
    return {
        "instance": as_json(run.instance),
        "stretches": as_json(run.stretches),
        "arithmetic": None if credit is None else credit.arithmetic,
    }
