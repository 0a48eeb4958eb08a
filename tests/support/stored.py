"""What the store of a sidecar says, subject by subject; each log's chain is verified on the way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from casewarden.model import Event
from casewarden.store.chain import Entry, canonical_event, first_broken
from casewarden.store.log import read_logs
from support.sidecars import Bench


@dataclass
class Seen:
    """What the store says of one subject."""

    row: Mapping[str, Any]
    entries: list[tuple[int, int, Event]]
    decisions: list[Mapping[str, Any]]
    outbox: list[Mapping[str, Any]]
    wakeup: int | None


def look(bench: Bench) -> dict[str, Seen]:
    """All that the store says, by subject; each log's chain is verified."""
    with bench.database.read() as connection:

        def all_of(statement: str) -> list[Mapping[str, Any]]:
            return [dict(row._mapping) for row in connection.execute(text(statement))]

        subjects = {row["id"]: row for row in all_of("SELECT * FROM subject ORDER BY id")}
        logs = read_logs(connection, bench.sealing, list(subjects))
        links = all_of("SELECT * FROM log_entry ORDER BY subject, number")
        decisions = all_of("SELECT * FROM decision ORDER BY id")
        outbox = all_of("SELECT * FROM outbox ORDER BY id")
        wakeups = {row["subject"]: row["due_at"] for row in all_of("SELECT * FROM wakeup")}
    found = {}
    for id_, row in subjects.items():
        events = {entry.number: entry.event for entry in logs[id_]}
        chain = [
            Entry(one["number"], bytes(one["salt"]), bytes(one["commitment"]), bytes(one["chain"]),
                  canonical_event(events[one["number"]]))
            for one in links
            if one["subject"] == id_
        ]  # fmt: skip
        assert first_broken(chain, bytes(row["head"])) is None, f"the chain of {row['name']} is broken"
        found[row["name"]] = Seen(
            row,
            [(entry.number, entry.row, entry.event) for entry in logs[id_]],
            [one for one in decisions if one["subject"] == id_],
            [one for one in outbox if one["subject"] == id_],
            wakeups.get(id_),
        )
    return found
