"""The audit: what operators did, each row chained to the one before it: none can be changed or taken out unseen.

Names of contacts and their texts do not belong here: nothing of it is ever erased.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, text

from casewarden.model.event import Json
from casewarden.store.chain import GENESIS

_LOCK: Final = int.from_bytes(b"cw-audit", signed=True)
"""The advisory lock of PostgreSQL under which one transaction appends; the next waits until it has ended."""
_encode: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode


def append(
    connection: Connection, now: int, who: str, what: str, why: str | None, details: Mapping[str, Json]
) -> bytes:
    """Add a row; its hash, to be kept elsewhere by who wants to know that the rows up to it are the ones there were.

    On SQLite there is one that writes; on PostgreSQL all others that append wait for the end of this transaction.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    previous = connection.execute(text("SELECT chain FROM audit ORDER BY id DESC LIMIT 1")).scalar()
    said = _encode(dict(details))
    chain = _hash(GENESIS if previous is None else bytes(previous), now, who, what, why, said)
    connection.execute(
        text(
            "INSERT INTO audit (at, who, what, why, details, chain) VALUES (:at, :who, :what, :why, :details, :chain)"
        ),
        {"at": now, "who": who, "what": what, "why": why, "details": said, "chain": chain},
    )
    return chain


def verify(connection: Connection) -> int | None:
    """Return the id of the first row that is not what was appended, or does not follow the one before; None for none.

    Rows that were taken off the end leave no trace here: compare the last hash with one that was kept elsewhere.
    """
    previous = GENESIS
    for row in connection.execute(text("SELECT id, at, who, what, why, details, chain FROM audit ORDER BY id")):
        if bytes(row.chain) != _hash(previous, row.at, row.who, row.what, row.why, row.details):
            return int(row.id)
        previous = bytes(row.chain)
    return None


def _hash(previous: bytes, at: int, who: str, what: str, why: str | None, details: str) -> bytes:
    return sha256(previous + _encode([at, who, what, why, details]).encode("ascii")).digest()
