"""Many open cases in a store, in a fraction of the time that it takes to decide them: some are decided, and told again.

Each copy has its own name, contact, key and chain, sealed and linked by the functions that the sidecar uses; only the
deciding is left out. The sidecar goes on with a copy as with any other case, and `casewarden check` finds nothing odd.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, text

from casewarden.model.event import SOURCE_OF_ENGINE, Event
from casewarden.service.held import Held, new_held
from casewarden.service.writes import Writes
from casewarden.store.ids import next_ids
from casewarden.store.log import put_events
from casewarden.store.tables import subject
from sidecar_bed import HOUR, START, Bed, life, starter_facts

PATTERNS: Final = 50
FIRST: Final = 1_000_000_000
"""Copies are numbered from here on; traffic never gets there."""
AT_ONCE: Final = 500
FILLED_AT: Final = START + 4 * HOUR
"""The instant up to which a filled store has been decided; nothing is due within the next hour."""
_COPIED: Final = (
    "decided_at", "woken", "opened_at", "terms", "operations", "state", "account", "status", "severity", "plan",
    "next_due", "clocks", "awaits", "wants_wakeup",
)  # fmt: skip


@dataclass(frozen=True)
class Pattern:
    """A case that was decided: its log, what is known of it, its decisions, whom it watches."""

    held: Held
    log: Sequence[Event]
    decisions: Sequence[dict[str, Any]]
    watches: Sequence[str]


def fill(bed: Bed, cases: int, have: int = 0) -> None:
    """Let a store that has so many copies have `cases` of them: opened, written to, and not due for an hour."""
    patterns = _patterns(bed)
    numbers = iter(range(FIRST + have, FIRST + cases))
    while part := list(islice(numbers, AT_ONCE)):
        with bed.sidecar.database.write() as connection:
            _copy(bed, connection, patterns, part)
    bed.owner.processor.holding.clear()
    bed.settle()


def name_of(number: int) -> str:
    """The name of a copy, counted from 0."""
    return f"case:{FIRST + number}"


def _patterns(bed: Bed) -> list[Pattern]:
    """Decide some cases in the usual way. They stay in the store, and are found there the second time."""
    names = [f"case:{FIRST - 1 - number}" for number in range(PATTERNS)]
    if bed.now < FILLED_AT:
        events = [event for number in range(PATTERNS) for event in _opening(number)]
        for event in sorted(events, key=lambda one: (one.at, one.key)):
            bed.feed([[event]])
        bed.until(FILLED_AT)
    with bed.sidecar.database.read() as connection:
        helds = bed.owner.processor.holding.load(connection, bed.sidecar.sealing, names)
        return [_pattern(connection, held) for held in helds]


def _opening(number: int) -> Iterator[Event]:
    """The first two events of a case that is not critical: of those an hourly report would be due."""
    log = life(FIRST - 1 - number, START + number * HOUR // PATTERNS, _mild, "case.core")
    yield from log[:2]


def _mild(pick: Any) -> dict[str, Any]:
    while (facts := starter_facts(pick))["case.core"] == "down":
        pass
    return facts


def _pattern(connection: Connection, held: Held) -> Pattern:
    rows = connection.execute(
        text("SELECT * FROM decision WHERE subject = :id ORDER BY id"), {"id": held.id}
    ).mappings()
    decisions = [{name: value for name, value in row.items() if name != "id"} for row in rows]
    watches = connection.execute(text("SELECT watched FROM watch WHERE watcher = :id"), {"id": held.id}).scalars()
    return Pattern(held, list(held.subject.events), decisions, list(watches))


def _copy(bed: Bed, connection: Connection, patterns: Sequence[Pattern], numbers: Sequence[int]) -> None:
    writes = Writes()
    helds = []
    for id_, number in zip(next_ids(connection, subject, len(numbers)), numbers, strict=True):
        pattern = patterns[number % len(patterns)]
        held = new_held(id_, pattern.held.lane, f"case:{number}")
        for name in _COPIED:
            setattr(held, name, getattr(pattern.held, name))
        helds.append((held, [_told_again(event, held.name, number) for event in pattern.log], pattern))
    outside = [event for _, log, _ in helds for event in log if event.source != SOURCE_OF_ENGINE]
    rows = iter(put_events(connection, bed.sidecar.sealing, outside, bed.now))
    for held, log, pattern in helds:
        for event in log:
            writes.enter(held, event, None if event.source == SOURCE_OF_ENGINE else next(rows))
        writes.decisions += [{**decision, "subject": held.id} for decision in pattern.decisions]
        writes.watches += [{"watched": name, "watcher": held.id} for name in pattern.watches]
    writes.flush(connection, bed.sidecar.sealing, bed.now)


def _told_again(event: Event, name: str, number: int) -> Event:
    """The event of another case, with whom it names in place of whom it named."""
    old = event.subject.partition(":")[2]
    data = json.loads(json.dumps(dict(event.data)).replace(old, str(number)))
    return replace(event, subject=name, key=event.key.replace(old, str(number)), data=data)


def size_of(store: Path) -> int:
    """Bytes of an SQLite store on the disk, with its write-ahead log."""
    return sum(part.stat().st_size for part in store.parent.glob(f"{store.name}*") if part.suffix != ".place")
