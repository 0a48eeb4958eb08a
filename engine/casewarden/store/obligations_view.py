"""What waits for a person, as it is listed."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, text

from casewarden.report.live.obligations import APPROVING, ObligationRow, Obligations
from casewarden.report.live.page import Looked

_COLUMNS: Final = (
    "obligation.*, subject.name AS name, subject.lane AS lane FROM obligation "
    "LEFT JOIN subject ON subject.id = obligation.subject"
)
_SEEN: Final = "says that somebody has seen it"


def obligations(
    connection: Connection, states: Sequence[str], looked: Looked, *, kind: str | None = None, most: int = 50
) -> Obligations:
    """Return obligations in these states, the oldest first."""
    where = "obligation.state IN :states" + ("" if kind is None else " AND obligation.kind = :kind")
    values: dict[str, Any] = {"states": list(states), "most": most} | ({} if kind is None else {"kind": kind})
    order = "ORDER BY obligation.opened_at, obligation.id LIMIT :most"
    expanding: Any = bindparam("states", expanding=True)
    counting = text(f"SELECT count(*) FROM obligation WHERE {where}").bindparams(expanding)  # noqa: S608
    listing = text(f"SELECT {_COLUMNS} WHERE {where} {order}").bindparams(expanding)
    total = int(connection.execute(counting, values).scalar_one())
    rows = tuple(_row(row) for row in connection.execute(listing, values))
    return Obligations(looked, rows, total)


def open_of(connection: Connection, subject: int) -> tuple[ObligationRow, ...]:
    """Return what is open of one subject."""
    statement = text(
        f"SELECT {_COLUMNS} WHERE obligation.subject = :subject AND obligation.state = 'open' ORDER BY obligation.id"
    )
    return tuple(_row(row) for row in connection.execute(statement, {"subject": subject}))


def alerts_of(connection: Connection, subject: int, until: int) -> tuple[str, ...]:
    """Return what of a subject's rules had to be told to a person up to an instant, in order."""
    statement = text(
        "SELECT message FROM obligation WHERE subject = :subject AND kind = 'alert' AND opened_at <= :until ORDER BY id"
    )
    return tuple(connection.execute(statement, {"subject": subject, "until": until}).scalars())


def _row(row: Row[Any]) -> ObligationRow:
    return ObligationRow(
        row.id,
        row.kind,
        row.name,
        row.lane,
        row.message,
        row.opened_at,
        row.state,
        row.settled_at,
        row.settled_by,
        row.reason,
        APPROVING.get(row.kind, _SEEN),
    )
