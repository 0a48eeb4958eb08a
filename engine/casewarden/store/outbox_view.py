"""Actions as operators look for them: listed, and one with the exact request and its answer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, text

from casewarden.model.event import Json
from casewarden.report.live.outbox import ActionRow, OneAction, Outbox
from casewarden.report.live.page import Looked
from casewarden.ruleset.diagnostics import did_you_mean
from casewarden.store.contacts import keys_by_id
from casewarden.store.database import StoreError
from casewarden.store.log import Sealing
from casewarden.store.outbox import EVEN_IF_OVER, LATE, PROVISIONAL
from casewarden.store.sealing import identity, join
from casewarden.store.subjects_view import TRIAL, UnknownNameError

UNDER_WAY: Final = ("asking", "dead", "sending", "waiting")
_SEALED: Final = "sealed"
_AROUND: Final = 300
_AHEAD: Final = (
    "(SELECT max(ahead.id) FROM outbox AS ahead WHERE ahead.subject = outbox.subject AND ahead.firing = outbox.firing "
    "AND ahead.position < outbox.position AND ahead.state IN ('waiting', 'sending', 'asking'))"
)
"""The action that has to be done before another one of its firing."""
_COLUMNS: Final = (
    f"outbox.*, {_AHEAD} AS ahead, subject.name AS name FROM outbox JOIN subject ON subject.id = outbox.subject"
)
_BY_KEY: Final = text(f"SELECT {_COLUMNS} WHERE outbox.key = :key ORDER BY outbox.lane")
_BY_NUMBER: Final = text(f"SELECT {_COLUMNS} WHERE outbox.id = :id")
_OPEN: Final = text(
    f"SELECT {_COLUMNS} WHERE outbox.subject = :subject AND outbox.state IN ('waiting', 'sending', 'asking') "
    "ORDER BY outbox.id"
)
_NEAR: Final = (
    text("SELECT key FROM outbox WHERE key < :key ORDER BY key DESC LIMIT :most"),
    text("SELECT key FROM outbox WHERE key > :key ORDER BY key LIMIT :most"),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which actions are asked for: by state, case, rule, connector; at most so many."""

    states: Sequence[str] = UNDER_WAY
    subject: int | None = None
    rule: str | None = None
    connector: str | None = None
    most: int = 50


def action_of(connection: Connection, said: str, lane: str | None = None) -> Row[Any]:
    """Return the action with a key or a number; UnknownNameError with what may be meant, StoreError where two are."""
    if said.isascii() and said.isdecimal():
        rows = connection.execute(_BY_NUMBER, {"id": int(said)}).all()
    else:
        rows = connection.execute(_BY_KEY, {"key": said}).all()
    if lane is not None:
        rows = [row for row in rows if row.lane == lane]
    if not rows:
        near = [key for each in _NEAR for key in connection.execute(each, {"key": said, "most": _AROUND}).scalars()]
        meant = did_you_mean(said, near)
        fix = f"did you mean {meant}?" if meant else "casewarden outbox lists what is under way"
        raise UnknownNameError(f"there is no action `{said}`" + (f" in the lane `{lane}`" if lane else ""), fix)
    live = [row for row in rows if TRIAL not in row.lane] or rows
    if len(live) > 1:
        lanes = ", ".join(row.lane for row in live)
        raise StoreError(f"`{said}` is in several lanes: {lanes}", f"say which, as with --lane {live[0].lane}")
    return live[0]


def outbox(connection: Connection, sealing: Sealing | None, wanted: Wanted, looked: Looked) -> Outbox:
    """Return the actions that are asked for: those first that wait for a person, then by when they may go out."""
    conditions = ["outbox.state IN :states"]
    values: dict[str, Any] = {"states": list(wanted.states), "most": wanted.most}
    for name in ("subject", "rule", "connector"):
        if (value := getattr(wanted, name)) is not None:
            conditions.append(f"outbox.{name} = :{name}")
            values[name] = value
    where = " AND ".join(conditions)
    order = (
        "CASE outbox.state WHEN 'asking' THEN 0 WHEN 'dead' THEN 0 WHEN 'sending' THEN 1 WHEN 'waiting' THEN 2 "
        f"ELSE 3 END, CASE WHEN {_AHEAD} IS NULL THEN 0 ELSE 1 END, "
        "CASE WHEN outbox.done_at IS NULL THEN outbox.next_try ELSE -outbox.done_at END, outbox.id"
    )
    statement = text(f"SELECT {_COLUMNS} WHERE {where} ORDER BY {order} LIMIT :most")
    counting = text(f"SELECT count(*) FROM outbox WHERE {where}")  # noqa: S608
    states: Any = bindparam("states", expanding=True)
    total = int(connection.execute(counting.bindparams(states), values).scalar_one())
    rows = connection.execute(statement.bindparams(states), values).all()
    keys = _keys(connection, sealing, rows)
    return Outbox(looked, tuple(_shown(row, sealing, keys) for row in rows), total)


def open_of(connection: Connection, sealing: Sealing | None, subject: int) -> tuple[ActionRow, ...]:
    """Return what is under way of one subject, in the order in which it was decided."""
    rows = connection.execute(_OPEN, {"subject": subject}).all()
    keys = _keys(connection, sealing, rows)
    return tuple(_shown(row, sealing, keys) for row in rows)


def one_action(connection: Connection, sealing: Sealing | None, row: Row[Any], looked: Looked) -> OneAction:
    """Return one action whole, with the texts where their key is at hand."""
    keys = _keys(connection, sealing, [row])
    key = keys.get(row.contact)
    shown = _shown(row, sealing, keys)
    request = _opened(row, "request", sealing, key)
    is_open = row.sealed is None or key is not None
    return OneAction(
        looked,
        shown,
        request,
        provisional=bool(row.flags & PROVISIONAL),
        even_if_over=bool(row.flags & EVEN_IF_OVER),
        late=bool(row.flags & LATE),
        is_open=is_open,
    )


def _shown(row: Row[Any], sealing: Sealing | None, keys: Mapping[int, bytes]) -> ActionRow:
    """A row of the outbox as it is shown; what is sealed is opened with the keys that are at hand."""
    content: dict[str, Json] = json.loads(row.content)
    key = keys.get(row.contact)
    if row.sealed is not None and sealing is not None and key is not None:
        content = join(content, sealing.sealer.unseal(key, bytes(row.sealed), identity(row.lane, row.key)))
    return ActionRow(
        row.id,
        row.key,
        row.lane,
        row.name,
        row.rule,
        row.kind,
        row.state,
        row.state_detail,
        row.ahead if row.state == "waiting" else None,
        row.connector,
        row.ticket,
        row.decided_at,
        row.next_try,
        row.attempts,
        row.sent_at,
        row.done_at,
        content,
        _opened(row, "answer", sealing, key),
    )


def _opened(row: Row[Any], what: str, sealing: Sealing | None, key: bytes | None) -> Json:
    """A request or an answer in clear; None where it is sealed and its key is not at hand."""
    stated: Json = json.loads(getattr(row, what) or "null")
    if not isinstance(stated, dict) or stated.keys() != {_SEALED}:
        return stated
    if sealing is None or key is None:
        return None
    return sealing.sealer.unseal_json(key, stated, identity(row.lane, row.key, what))


def _keys(connection: Connection, sealing: Sealing | None, rows: Sequence[Row[Any]]) -> dict[int, bytes]:
    contacts = {row.contact for row in rows if row.contact is not None}
    return keys_by_id(connection, sealing.sealer, contacts) if sealing is not None and contacts else {}
