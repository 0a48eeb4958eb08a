"""What the store of a sidecar says, subject by subject; each log's chain is verified on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, text

from casewarden.model import Event
from casewarden.store.chain import Entry, canonical_event, first_broken
from casewarden.store.log import read_logs
from support.sidecars import Bench

Row = Mapping[str, Any]


@dataclass
class Seen:
    """What the store says of one subject."""

    row: Row
    log: list[Event] = field(default_factory=list)
    decisions: list[Row] = field(default_factory=list)
    outbox: list[Row] = field(default_factory=list)
    wakeup: int | None = None


def look(bench: Bench, before: Mapping[str, Seen]) -> dict[str, Seen]:
    """All that the store says, by subject. A log that ends as it did `before` is not read again."""
    with bench.database.read() as connection:
        found = {row["id"]: Seen(row) for row in _all_of(connection, "SELECT * FROM subject ORDER BY id")}
        grown = []
        for id_, seen in found.items():
            earlier = before.get(seen.row["name"])
            if earlier is not None and _end(earlier.row) == _end(seen.row):
                seen.log, seen.decisions = earlier.log, earlier.decisions
            else:
                grown.append(id_)
        _read(connection, bench, found, grown)
        for row in _all_of(connection, "SELECT * FROM outbox ORDER BY id"):
            found[row["subject"]].outbox.append(row)
        for row in _all_of(connection, "SELECT subject, due_at FROM wakeup"):
            found[row["subject"]].wakeup = row["due_at"]
    return {seen.row["name"]: seen for seen in found.values()}


def _end(row: Row) -> tuple[object, ...]:
    return row["length"], bytes(row["head"]), row["decided_at"]


def _read(connection: Connection, bench: Bench, found: Mapping[int, Seen], grown: Sequence[int]) -> None:
    for row in _all_of(connection, "SELECT * FROM decision WHERE subject IN :ids ORDER BY id", grown):
        found[row["subject"]].decisions.append(row)
    logs = read_logs(connection, bench.sealing, grown)
    chains: dict[int, list[Entry]] = {id_: [] for id_ in grown}
    for row in _all_of(connection, "SELECT * FROM log_entry WHERE subject IN :ids ORDER BY subject, number", grown):
        chain, entries = chains[row["subject"]], logs[row["subject"]]
        entry = entries[len(chain)]
        assert row["number"] == entry.number == len(chain) + 1
        salt, commitment, link = (bytes(row[name]) for name in ("salt", "commitment", "chain"))
        chain.append(Entry(entry.number, salt, commitment, link, canonical_event(entry.event)))
    for id_, chain in chains.items():
        row = found[id_].row
        assert first_broken(chain, bytes(row["head"])) is None, f"the chain of {row['name']} is broken"
        found[id_].log = [entry.event for entry in logs[id_]]


def _all_of(connection: Connection, statement: str, ids: Sequence[int] | None = None) -> list[Row]:
    asked = text(statement)
    if ids is None:
        return [dict(row._mapping) for row in connection.execute(asked)]
    return [dict(row._mapping) for row in connection.execute(asked.bindparams(bindparam("ids", ids, expanding=True)))]
