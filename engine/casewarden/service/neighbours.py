"""What subjects bring to each other: services to the cases that watch them, in batches with a durable cursor."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from casewarden.model.event import Event
from casewarden.ruleset.syntax import Ruleset
from casewarden.scenario.linked import SERVICES, watched
from casewarden.service.held import Held
from casewarden.service.writes import Writes, put_mail
from casewarden.store.log import Sealing, read_logs
from casewarden.store.slots import slot_of

BATCH: Final = 500
RELEASES: Final = "release:*"
"""What every case watches whose ruleset speaks of releases: all of them."""
_TOLD: Final = frozenset({"observed", "release"})
_LOCK: Final = 0x4357_0001  # the first of the two numbers of our advisory locks on subjects that are watched

_WATCHERS: Final = text(
    "SELECT subject.id, subject.name FROM watch JOIN subject ON subject.id = watch.watcher "
    "WHERE watch.watched = :watched AND watch.watcher > :cursor AND subject.lane = :lane AND subject.state <> 'ended' "
    "ORDER BY watch.watcher LIMIT :most"
)
_IDS: Final = text("SELECT id FROM subject WHERE lane = :lane AND name LIKE 'release:%'")
_ID: Final = text("SELECT id FROM subject WHERE lane = :lane AND name = :name")


class Observed:
    """What was observed of watched subjects, read as it grows."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, list[tuple[int, Event]]]] = {}

    def of(self, connection: Connection, sealing: Sealing, subject: int) -> Sequence[tuple[int, Event]]:
        """Return the observations of one subject, each with its row, in the order in which they happened."""
        last, found = self._known.get(subject, (0, []))
        entries = read_logs(connection, sealing, [subject], after=last)[subject]
        if entries:
            told = [(entry.row, entry.event) for entry in entries if entry.event.kind in _TOLD]
            found = sorted((*found, *told), key=lambda each: each[1].order) if told else found
            self._known[subject] = (entries[-1].number, found)
        return found


def services_of(ruleset: Ruleset, log: Sequence[Event]) -> list[str]:
    """Return the services that a case watches: those of which the ruleset speaks, and which its customer uses."""
    paths = (path.split(".") for path in ruleset.fields)
    spoken_of = sorted({f"service:{path[1]}" for path in paths if path[0] == "service" and len(path) > 1})
    for event in log:
        facts = event.data.get("facts")
        names = facts.get(SERVICES) if isinstance(facts, dict) else None
        if isinstance(names, list):
            used = {f"service:{name}" for name in names}
            return [name for name in spoken_of if name in used]
    return spoken_of


def speaks_of_releases(ruleset: Ruleset) -> bool:
    """Whether a case under this ruleset has to know of releases."""
    return any(clock.next_release is not None for clock in ruleset.clocks.values())


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a new case is told of the subjects that it watches from now on, each event with its row."""

    watches: tuple[str, ...]
    told: tuple[tuple[int, Event], ...]


def introduce(
    connection: Connection, sealing: Sealing, observed: Observed, held: Held, ruleset: Ruleset, log: Sequence[Event]
) -> Introduction:
    """Return what a new case watches, and what it must know at its beginning: the last of each fact, and all since."""
    services = services_of(ruleset, log)
    names = [*services, RELEASES] if speaks_of_releases(ruleset) else services
    hold_watched(connection, names, alone=False)
    told: list[tuple[int, Event]] = []
    for name in services:
        id_ = connection.execute(_ID, {"lane": held.lane, "name": name}).scalar()
        if id_ is not None:
            known = observed.of(connection, sealing, id_)
            rows = {(event.source, f"{name}/{event.key}"): row for row, event in known}
            relevant = _relevant([event for _, event in known], min((event.at for event in log), default=0))
            copies = watched(held.name, log, relevant)
            told += [(rows[event.source, event.key], event) for event in copies]
    if RELEASES in names:
        for id_ in connection.execute(_IDS, {"lane": held.lane}).scalars():
            told += [(row, event) for row, event in observed.of(connection, sealing, id_) if event.kind == "release"]
    return Introduction(tuple(names), tuple(told))


def _relevant(events: Sequence[Event], start: int) -> list[Event]:
    """The events from an instant on, and before it the last of each fact, or what was learnt of later."""
    first = bisect_left(events, start, key=lambda event: event.at)
    found = list(events[first:])
    paths: set[str] = set()
    for event in reversed(events[:first]):
        facts = event.data.get("facts")
        new = {path for path in facts if path not in paths} if isinstance(facts, dict) else set()
        if new or event.seen_at > start:
            found.append(event)
            paths |= new
    return found


def hold_watched(connection: Connection, names: Sequence[str], *, alone: bool) -> None:
    """Keep others from telling watched subjects' news (or from beginning to watch, `alone`) until this is committed.

    Without it a case that begins to watch while news are told could miss them. SQLite has one writer anyway.
    """
    if connection.dialect.name == "sqlite":
        return
    take = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    for name in sorted(names):
        connection.execute(text(f"SELECT {take}(:lock, :slot)"), {"lock": _LOCK, "slot": slot_of(name)})


def told_to_watchers(
    connection: Connection, held: Held, news: Sequence[tuple[int | None, Event]], writes: Writes
) -> None:
    """Begin to tell the watchers of a subject its news; cases and accounts are watched by nobody."""
    if held.kind in ("case", "account"):
        return
    rows = [(row, event) for row, event in news if row is not None and event.kind in _TOLD]
    if not rows:
        return
    name = RELEASES if held.kind == "release" else held.name
    hold_watched(connection, [name], alone=True)
    writes.fanouts += [
        {"slot": held.slot, "watched": name, "event": row, "lane": held.lane, "at": event.seen_at}
        for row, event in rows
    ]


def linked_names(news: Sequence[Event]) -> Iterator[str]:
    """Yield the tickets that a case is linked to by these events; their own logs are watched from now on."""
    for event in news:
        if event.kind == "linked":
            yield f"{event.data.get('kind')}:{event.data.get('id')}"
        elif event.kind == "applied" and event.data.get("action") == "link":
            content = event.data.get("content")
            ticket = event.data.get("id") or (content.get("id") if isinstance(content, dict) else None)
            if isinstance(ticket, str) and isinstance(content, dict):
                yield f"{content.get('kind')}:{ticket}"


def tell_some(connection: Connection, slots: Sequence[range], most: int = BATCH) -> int:
    """Tell one batch of watchers of each subject that has news; return how many were told."""
    told = 0
    for row in connection.execute(text("SELECT * FROM fanout ORDER BY id LIMIT 20")).all():
        if not any(row.slot in part for part in slots):
            continue
        known = {"watched": row.watched, "cursor": row.cursor, "lane": row.lane, "most": most}
        watchers = connection.execute(_WATCHERS, known).all()
        put_mail(connection, [(each.name, row.lane, row.event, row.at, 1) for each in watchers])
        told += len(watchers)
        if len(watchers) < most:
            connection.execute(text("DELETE FROM fanout WHERE id = :id"), {"id": row.id})
        else:
            connection.execute(
                text("UPDATE fanout SET cursor = :cursor WHERE id = :id"), {"cursor": watchers[-1].id, "id": row.id}
            )
    return told
