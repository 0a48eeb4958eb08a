"""Actions on their way out: tried again, taken back, let go."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, bindparam, text

from casewarden.model.instants import iso
from casewarden.ruleset.diagnostics import did_you_mean
from casewarden.service.deliver import DISCARDED, RELEASED
from casewarden.sidecar.operations.settling import settle_caps, settle_keys
from casewarden.sidecar.operations.work import Arguments, Work, given, perhaps, reason
from casewarden.store.outbox_view import action_of
from casewarden.store.subjects_view import shown
from casewarden.web.doors import ControlError

_TRY_NOW: Final = text("UPDATE outbox SET next_try = :now WHERE id = :id")
_REVIVE: Final = text(
    "UPDATE outbox SET state = 'waiting', state_detail = :detail, next_try = :now, attempts = 0, done_at = NULL, "
    "again = :again WHERE id = :id"
)
_BEHIND: Final = text(
    "SELECT * FROM outbox WHERE subject = :subject AND firing = :firing AND position > :position "
    "AND state = 'withdrawn' AND state_detail = :detail ORDER BY position"
)
_DISCARD: Final = text("UPDATE outbox SET state = 'waiting', state_detail = :detail, next_try = :now WHERE id IN :ids")
_CLOSE: Final = text("UPDATE outbox SET state = 'rejected', state_detail = :detail WHERE id = :id")
_RELEASE: Final = text("UPDATE outbox SET state = 'waiting', state_detail = :detail, next_try = :now WHERE id IN :ids")
_BY_RULE: Final = text("SELECT * FROM outbox WHERE rule = :rule AND state IN :states ORDER BY id").bindparams(
    bindparam("states", expanding=True)
)
_PARKED: Final = text(
    "SELECT DISTINCT name FROM subject WHERE id IN :ids AND state = 'parked' ORDER BY name"
).bindparams(bindparam("ids", expanding=True))
_ASKING: Final = text("SELECT * FROM outbox WHERE state = 'asking' ORDER BY id")
_RULES: Final = text("SELECT DISTINCT rule FROM outbox WHERE state IN ('waiting', 'asking', 'sending')")


def retry(work: Work, arguments: Arguments) -> list[str]:
    """Try an action again: one that waits after an attempt at once, one that was given up or refused anew."""
    row = action_of(work.connection, given(arguments, "key"), perhaps(arguments, "lane"))
    why = reason(arguments)
    said = retry_row(work, row, why)
    work.note("outbox retry", why, key=row.key, lane=row.lane)
    return said


def retry_row(work: Work, row: Row[Any], why: str | None) -> list[str]:
    """The same of a row; its obligation is settled."""
    match row.state:
        case "waiting" if row.attempts:
            work.connection.execute(_TRY_NOW, {"now": work.now, "id": row.id})
            work.changed(row.subject)
            return [f"{_named(row)} may be tried again now."]
        case "dead" | "rejected":
            return _revive(work, row, why)
        case "waiting":
            raise ControlError(f"{_named(row)} was not tried yet; it may go out from {iso(row.next_try)} on")
        case "asking":
            raise ControlError(f"{_named(row)} was stopped: {row.state_detail}", f"casewarden outbox release {row.key}")
        case "sending":
            raise ControlError(f"{_named(row)} is being sent right now", "wait for the answer")
        case _:
            raise ControlError(f"{_named(row)} is {row.state}: there is nothing to try again")


def discard(work: Work, arguments: Arguments) -> list[str]:
    """Take back what was not done: one action, or all of a rule. What comes after it in its sequence goes with it."""
    why = reason(arguments, needed=True)
    rule = perhaps(arguments, "rule")
    if rule is not None:
        rows: Sequence[Row[Any]] = _of_rule(work, rule, ("waiting", "asking"))
        work.note("outbox discard", why, rule=rule, count=len(rows))
    else:
        rows = [action_of(work.connection, given(arguments, "key"), perhaps(arguments, "lane"))]
        work.note("outbox discard", why, key=rows[0].key, lane=rows[0].lane)
    return discard_rows(work, rows, str(why))


def discard_rows(work: Work, rows: Sequence[Row[Any]], why: str) -> list[str]:
    """The same of rows; what caps put before a person because of them is settled."""
    detail = f"{DISCARDED}{work.who}: {why}"
    for row in rows:
        match row.state:
            case "waiting" | "asking":
                pass
            case "dead" | "rejected":
                work.connection.execute(_CLOSE, {"detail": detail, "id": row.id})
                settle_keys(work, [f"{row.state}/{row.lane}/{row.key}"], "dismissed", why)
            case "sending":
                raise ControlError(f"{_named(row)} is being sent right now", "wait for the answer")
            case _:
                raise ControlError(f"{_named(row)} is {row.state}: there is nothing to take back")
    open_ = [row for row in rows if row.state in ("waiting", "asking")]
    _update(work, _DISCARD, open_, detail)
    settle_caps(work, "dismissed", why)
    parked = work.connection.execute(_PARKED, {"ids": [row.subject for row in rows]}).scalars().all()
    later = [f"{shown(name)} is set aside: there it is withdrawn once that is taken up again." for name in parked]
    if len(rows) == 1:
        row = rows[0]
        over = "is withdrawn" if row.state in ("waiting", "asking") else f"stays {row.state} and asks nobody any more"
        return [f"{_named(row)} {over}.", *map(_sentence, later)]
    return [f"{len(rows):,} actions are withdrawn.", *map(_sentence, later)]


def release(work: Work, arguments: Arguments) -> list[str]:
    """Let go what a cap stopped: one action, all of a rule, or all."""
    why, rule = reason(arguments), perhaps(arguments, "rule")
    if arguments.get("all") is True:
        rows: Sequence[Row[Any]] = work.connection.execute(_ASKING).all()
        work.note("outbox release", why, all=True, count=len(rows))
        if not rows:
            raise ControlError("no cap has stopped anything")
    elif rule is not None:
        rows = _of_rule(work, rule, ("asking",))
        work.note("outbox release", why, rule=rule, count=len(rows))
    else:
        row = action_of(work.connection, given(arguments, "key"), perhaps(arguments, "lane"))
        if row.state != "asking":
            fix = f"casewarden outbox retry {row.key}" if row.state in ("dead", "rejected") else None
            raise ControlError(f"{_named(row)} is {row.state}: no cap has stopped it", fix)
        rows = [row]
        work.note("outbox release", why, key=row.key, lane=row.lane)
    return release_rows(work, rows, why)


def release_rows(work: Work, rows: Sequence[Row[Any]], why: str | None) -> list[str]:
    """The same of rows; what caps put before a person because of them is settled."""
    _update(work, _RELEASE, rows, RELEASED)
    settle_caps(work, "approved", why)
    if len(rows) == 1:
        return [f"{_named(rows[0])} may go out now; it is asked again first whether it still holds."]
    return [f"{len(rows):,} actions may go out now; each is asked again first whether it still holds."]


def _update(work: Work, statement: Any, rows: Sequence[Row[Any]], detail: str) -> None:
    if rows:
        values = {"ids": [row.id for row in rows], "detail": detail, "now": work.now}
        work.connection.execute(statement.bindparams(bindparam("ids", expanding=True)), values)
        work.changed(*{row.subject for row in rows})


def _revive(work: Work, row: Row[Any], why: str | None) -> list[str]:
    """Let an action that ended be tried anew, with what was withdrawn because it came after it."""
    owner = work.connection.execute(text("SELECT name, state FROM subject WHERE id = :id"), {"id": row.subject}).one()
    if owner.state == "ended":
        raise ControlError(f"{shown(owner.name)} has ended: nothing is done for it any more", "discard the action")
    rest = work.connection.execute(
        _BEHIND,
        {
            "subject": row.subject,
            "firing": row.firing,
            "position": row.position,
            "detail": f"comes after {row.key}",
        },
    ).all()
    for one in (row, *rest):
        again = one.id == row.id and (row.state == "dead" or bool(row.again))
        detail = f"tried anew by {work.who}"
        work.connection.execute(_REVIVE, {"id": one.id, "now": work.now, "again": again, "detail": detail})
    work.changed(row.subject)
    settle_keys(work, [f"{row.state}/{row.lane}/{row.key}"], "approved", why)
    more = f", and {'the one' if len(rest) == 1 else f'the {len(rest)}'} that came after it" if rest else ""
    return [f"{_named(row)} is tried anew{more}; it is asked again first whether it still holds."]


def _of_rule(work: Work, rule: str, states: Sequence[str]) -> Sequence[Row[Any]]:
    rows = work.connection.execute(_BY_RULE, {"rule": rule, "states": list(states)}).all()
    if not rows:
        known = sorted(work.connection.execute(_RULES).scalars())
        near = did_you_mean(rule, known)
        some = f"there are some of {', '.join(known[:12])}" if known else None
        what = "waits or was stopped" if "waiting" in states else "was stopped by a cap"
        raise ControlError(f"nothing of a rule `{rule}` {what}", f"did you mean `{near}`?" if near else some)
    return rows


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _named(row: Row[Any]) -> str:
    return f"`{row.kind}` ({row.key})"
