"""What waits for a person: approved, which does what it asks for, or dismissed."""

import json
from typing import Any, Final

from sqlalchemy import Row, text

from casewarden.model.instants import iso
from casewarden.sidecar.operations.cases import failing_mail, leave_out, take_up
from casewarden.sidecar.operations.corrections import record
from casewarden.sidecar.operations.outbox import discard_rows, release_rows, retry_row
from casewarden.sidecar.operations.settling import Settled, parked_name, settle, settle_parked, stopped
from casewarden.sidecar.operations.work import Arguments, Work, reason
from casewarden.store.subjects_view import rows_of, shown
from casewarden.web.doors import ControlError

_ONE: Final = text("SELECT * FROM obligation WHERE id = :id")
_ACTION: Final = text("SELECT * FROM outbox WHERE subject = :subject AND key = :key")
_NAME: Final = text("SELECT name FROM subject WHERE id = :id")


def approve(work: Work, arguments: Arguments) -> list[str]:
    """Do what an obligation asks for: try again, let go, take up, record a correction; nothing else is sent."""
    row, why = _open(work, arguments), reason(arguments)
    match row.kind:
        case "rejected" | "dead":
            said = retry_row(work, _action(work, row), why)
        case "cap" | "ping_pong":
            rows = stopped(work, row)
            said = release_rows(work, rows, why) if rows else ["Nothing that was stopped is left."]
        case "parked":
            said = _taken_up(work, row, "approved", why)
        case "correction":
            said = record(work, row, why)
        case _:
            said = []
    return _settled(work, row, "approved", why, said)


def dismiss(work: Work, arguments: Arguments) -> list[str]:
    """Let an obligation be: what was stopped is taken back, what failed stays undone, a correction is not made."""
    row, why = _open(work, arguments), str(reason(arguments, needed=True))
    match row.kind:
        case "rejected" | "dead":
            actions = _actions(work, row)
            said = discard_rows(work, actions, why) if actions and actions[0].state in ("rejected", "dead") else []
        case "cap" | "ping_pong":
            rows = stopped(work, row)
            said = discard_rows(work, rows, why) if rows else ["Nothing that was stopped is left."]
        case "parked":
            said = _taken_up(work, row, "dismissed", why)
        case _:
            said = []
    return _settled(work, row, "dismissed", why, said)


def _open(work: Work, arguments: Arguments) -> Row[Any]:
    id_ = arguments.get("id")
    if not isinstance(id_, int) or isinstance(id_, bool):
        raise ControlError("an obligation is named by its number", "casewarden obligations lists them")
    row = work.connection.execute(_ONE, {"id": id_}).first()
    if row is None:
        raise ControlError(f"there is no obligation {id_}", "casewarden obligations lists those that are open")
    if row.state != "open":
        raise ControlError(f"obligation {id_} was {row.state} by {row.settled_by} at {iso(row.settled_at)} already")
    return row


def _settled(work: Work, row: Row[Any], state: Settled, why: str | None, said: list[str]) -> list[str]:
    settle(work, [row.id], state, why)  # where it was not done with what it is about
    work.note(f"obligation {state}", why, obligation=row.id, kind=row.kind, key=row.key)
    return [*said, f"Obligation {row.id} is {state}."]


def _actions(work: Work, row: Row[Any]) -> list[Row[Any]]:
    key = json.loads(row.details).get("key")
    return list(work.connection.execute(_ACTION, {"subject": row.subject, "key": key}).all())


def _action(work: Work, row: Row[Any]) -> Row[Any]:
    found = _actions(work, row)
    if not found:
        raise ControlError("the action is not in the store any more", "dismiss the obligation")
    return found[0]


def _taken_up(work: Work, row: Row[Any], state: Settled, why: str | None) -> list[str]:
    """Take up a parked subject, dismissed without the events with which deciding it was tried and failed."""
    name = parked_name(row.key) if row.subject is None else work.connection.execute(_NAME, {"id": row.subject}).scalar()
    rows = [each for each in rows_of(work.connection, str(name)) if each.state == "parked"]
    if not rows:
        return [f"{shown(str(name))} is not set aside any more."]
    keys = failing_mail(work, str(name)) if state == "dismissed" else []
    if state == "dismissed" and not keys:
        raise ControlError(
            f"which event keeps {shown(str(name))} from being decided is not known",
            f"casewarden case unpark {name} --without KEY; casewarden case show {name} lists what waits",
        )
    left_out = leave_out(work, str(name), keys)
    said = take_up(work, str(name), rows)
    settle_parked(work, str(name), rows, state, why)
    return said + ([f"Left out of its log: {', '.join(left_out)}."] if left_out else [])
