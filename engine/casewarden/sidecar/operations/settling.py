"""Obligations settled: by hand, or because what they were about is done."""

import json
from collections.abc import Sequence
from typing import Any, Final, Literal

from sqlalchemy import Row, bindparam, text

from casewarden.sidecar.operations.work import Work

Settled = Literal["approved", "dismissed"]
AGAIN: Final = ("cap", "ping_pong", "dead", "rejected")
"""The kinds that are put before a person anew when it happens again under the same key."""
_SETTLE: Final = text(
    "UPDATE obligation SET state = :state, settled_at = :now, settled_by = :who, reason = :why, "
    "key = CASE WHEN kind IN :again THEN key || '/settled/' || id ELSE key END WHERE id IN :ids AND state = 'open'"
).bindparams(bindparam("ids", expanding=True), bindparam("again", expanding=True))
_PARKED: Final = text("SELECT id, subject, key FROM obligation WHERE kind = 'parked' AND state = 'open'")
_OF_KEYS: Final = text("SELECT id FROM obligation WHERE state = 'open' AND key IN :keys").bindparams(
    bindparam("keys", expanding=True)
)
_SCOPES: Final = text("SELECT * FROM obligation WHERE state = 'open' AND kind IN ('cap', 'ping_pong') ORDER BY id")


def settle(work: Work, ids: Sequence[int], state: Settled, why: str | None) -> int:
    """Settle open obligations; how many that were."""
    if not ids:
        return 0
    values = {"ids": list(ids), "state": state, "now": work.now, "who": work.who, "why": why, "again": list(AGAIN)}
    return work.connection.execute(_SETTLE, values).rowcount


def settle_keys(work: Work, keys: Sequence[str], state: Settled, why: str | None) -> int:
    """Settle the open obligations with these keys; how many that were."""
    if not keys:
        return 0
    return settle(work, list(work.connection.execute(_OF_KEYS, {"keys": list(keys)}).scalars()), state, why)


def settle_parked(work: Work, name: str, rows: Sequence[Row[Any]], state: Settled, why: str | None) -> int:
    """Settle what says that a subject was set aside."""
    found = work.connection.execute(_PARKED)
    own = {row.id for row in rows}
    ids = [one.id for one in found if one.subject in own or parked_name(one.key) == name]
    return settle(work, ids, state, why)


def parked_name(key: str) -> str | None:
    """The subject that an obligation is about which names it by its key alone."""
    return key.removeprefix("parked/").rpartition("/")[0] if key.startswith("parked/") else None


def settle_caps(work: Work, state: Settled, why: str | None) -> int:
    """Settle what caps put before a person where nothing that they stopped is left; how many that were."""
    over = [row.id for row in work.connection.execute(_SCOPES).all() if not stopped(work, row)]
    return settle(work, over, state, why)


def stopped(work: Work, obligation: Row[Any]) -> list[Row[Any]]:
    """The actions that wait for a person because of the cap that an obligation is about."""
    details = json.loads(obligation.details)
    values = {"rule": details.get("rule"), "subject": obligation.subject}
    match details.get("cap"):
        case "per_rule":
            where = " AND rule = :rule"
        case "per_case":
            where = " AND subject = :subject"
        case "ping_pong":
            where = " AND subject = :subject AND rule = :rule"
        case _:  # the cap on all
            where = ""
    statement = f"SELECT * FROM outbox WHERE state = 'asking'{where} ORDER BY id"  # noqa: S608
    return list(work.connection.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in where}).all())
