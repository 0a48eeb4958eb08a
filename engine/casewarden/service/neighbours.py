"""What subjects bring to each other: services to the cases that watch them, in batches with a durable cursor."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, text

from casewarden.model.event import Event, Json
from casewarden.ruleset.syntax import Ruleset
from casewarden.scenario.linked import SERVICES, watched
from casewarden.service.held import Held
from casewarden.service.lanes import live_of
from casewarden.service.writes import Writes, could_be_learnt, put_mail
from casewarden.store.log import Sealing, read_logs, seen_by
from casewarden.store.slots import in_slots, slot_of
from casewarden.store.statements import Statement

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
_WATCHING: Final = text("SELECT pg_advisory_xact_lock_shared(:lock, :slot)")
_TELLING: Final = text("SELECT pg_advisory_xact_lock(:lock, :slot)")
_TRY_TELLING: Final = text("SELECT pg_try_advisory_xact_lock(:lock, :slot)")
_IDS: Final = Statement("SELECT id, length FROM subject WHERE lane = :lane AND name LIKE 'release:%'")
_ID: Final = Statement("SELECT id, length FROM subject WHERE lane = :lane AND name = :name")
_WATCHED: Final = Statement("SELECT watched FROM watch WHERE watcher = :watcher")


class Observed:
    """What was observed of watched subjects, read as it grows."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, list[tuple[int, Event]]]] = {}

    def of(self, connection: Connection, sealing: Sealing, subject: int, length: int) -> Sequence[tuple[int, Event]]:
        """Return the observations of one subject, each with its row, in the order in which they happened.

        `length` is how many entries its log has.
        """
        last, found = self._known.get(subject, (0, []))
        if last == length:
            return found
        if last > length:  # what was read then was never committed
            last, found = 0, []
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
    names = _watches(ruleset, log)
    begin_to_watch(connection, names)
    return Introduction(tuple(names), known_of(connection, sealing, observed, held, names, log))


def unwatched(connection: Connection, held: Held, ruleset: Ruleset) -> list[str]:
    """Return what a case watches under a ruleset and has not watched so far."""
    names = _watches(ruleset, held.subject.events)
    if not names:
        return []
    known = set(_WATCHED.ask(connection, watcher=held.id).scalars())
    return [name for name in names if name not in known]


def _watches(ruleset: Ruleset, log: Sequence[Event]) -> list[str]:
    services = services_of(ruleset, log)
    return [*services, RELEASES] if speaks_of_releases(ruleset) else services


def known_now(
    connection: Connection, sealing: Sealing, observed: Observed, held: Held, ruleset: Ruleset, at: int
) -> Introduction:
    """Return what a case that has rested watches again, and how that is at an instant, not what it was meanwhile."""
    names = unwatched(connection, held, ruleset)
    begin_to_watch(connection, names)
    told = known_of(connection, sealing, observed, held, names, held.subject.events)
    last: dict[str, tuple[int, Event]] = {}
    for row, event in sorted(told, key=lambda each: each[1].order):
        facts = event.data.get("facts")
        for path in facts if isinstance(facts, dict) and event.at <= at else ():
            last[path] = (row, event)
    rest = [each for each in told if each[1].kind == "release" or each[1].at > at]
    return Introduction(tuple(names), (*dict(last.values()).items(), *rest))


def known_of(
    connection: Connection, sealing: Sealing, observed: Observed, held: Held, names: Sequence[str], log: Sequence[Event]
) -> tuple[tuple[int, Event], ...]:
    """Return what a case must know of subjects that it begins to watch, each event with its row.

    What was observed stands in the live lane, of a trial as well: it is the same for both.
    """
    lane = live_of(held.lane)
    told: list[tuple[int, Event]] = []
    for name in names:
        one = None if name == RELEASES else _ID.ask(connection, lane=lane, name=name).first()
        if one is not None:
            known = observed.of(connection, sealing, one.id, one.length)
            rows = {(event.source, f"{name}/{event.key}"): row for row, event in known}
            relevant = _relevant([event for _, event in known], min((event.at for event in log), default=0))
            copies = watched(held.name, log, relevant)
            told += [(rows[event.source, event.key], event) for event in copies]
    if RELEASES in names:
        for one in _IDS.ask(connection, lane=lane):
            known = observed.of(connection, sealing, one.id, one.length)
            told += [(row, seen_by(held.name, event)) for row, event in known if event.kind == "release"]
    return tuple(told)


def watch_linked(
    connection: Connection,
    sealing: Sealing,
    observed: Observed,
    held: Held,
    news: Sequence[Event],
    writes: Writes,
    now: int,
) -> None:
    """Let a case watch the tickets that it was linked to by these events, and tell it how they are; others no more."""
    if held.kind != "case":
        return
    for event in news:
        if event.kind == "unlinked":
            writes.watches = [one for one in writes.watches if one != _watch(held, _linked_name(event))]
            writes.left.append(_watch(held, _linked_name(event)))
    names = list(dict.fromkeys(linked_names(news)))
    if not names:
        return
    begin_to_watch(connection, names)
    writes.watches += [_watch(held, name) for name in names]
    writes.left = [one for one in writes.left if one not in writes.watches]
    told: dict[int, int] = {}
    for name in names:
        one = _ID.ask(connection, lane=live_of(held.lane), name=name).first()
        known = () if one is None else observed.of(connection, sealing, one.id, one.length)
        last: dict[str, tuple[int, Event]] = {}
        for row, event in known:
            facts = event.data.get("facts")
            last.update((path, (row, event)) for path in (facts if isinstance(facts, dict) else ()))
        told |= {row: could_be_learnt(event, now) for row, event in last.values()}
    put_mail(connection, [(held.name, held.lane, row, max(at, held.decided_at), 1) for row, at in told.items()])


def _watch(held: Held, name: str) -> dict[str, Any]:
    return {"watched": name, "watcher": held.id}


def _linked_name(event: Event) -> str:
    return f"{event.data.get('kind')}:{event.data.get('id')}"


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


def begin_to_watch(connection: Connection, names: Iterable[str]) -> None:
    """Keep these subjects' news from being told until this is committed: who tells them would not see the new watcher.

    What was told before it stands in their logs, to be read after this. SQLite has one writer anyway.
    """
    if connection.dialect.name == "sqlite":
        return
    for name in sorted(names):
        connection.execute(_WATCHING, {"lock": _LOCK, "slot": slot_of(name)})


def _may_tell(connection: Connection, name: str, *, wait: bool) -> bool:
    """Keep others from beginning to watch a subject while its news are told; wait for those that are at it.

    Nobody waits twice in one transaction, so no two wait for each other.
    """
    if connection.dialect.name == "sqlite":
        return True
    take = _TELLING if wait else _TRY_TELLING
    return connection.execute(take, {"lock": _LOCK, "slot": slot_of(name)}).scalar() is not False


def told_to_watchers(held: Held, news: Sequence[tuple[int | None, Event]], writes: Writes, now: int) -> None:
    """Begin to tell the watchers of a subject its news; cases and accounts are watched by nobody.

    They learn of them when it did, or now where the clock was put back since it was decided last.
    """
    if held.kind in ("case", "account"):
        return
    rows = [(row, event) for row, event in news if row is not None and event.kind in _TOLD]
    if not rows:
        return
    name = RELEASES if held.kind == "release" else held.name
    writes.fanouts += [
        {"slot": held.slot, "watched": name, "event": row, "lane": held.lane, "at": could_be_learnt(event, now)}
        for row, event in rows
    ]


def linked_names(news: Sequence[Event]) -> Iterator[str]:
    """Yield the tickets that a case is linked to by these events; their own logs are watched from now on."""
    for event in news:
        if event.kind == "linked":
            yield _linked_name(event)
        elif event.kind == "applied" and event.data.get("action") == "link":
            content = event.data.get("content")
            ticket = event.data.get("id") or (content.get("id") if isinstance(content, dict) else None)
            if isinstance(ticket, str) and isinstance(content, dict):
                yield f"{content.get('kind')}:{ticket}"


def kind_of_linked(action: str, content: Mapping[str, Json]) -> str | None:
    """Return the kind of linked tickets that an action sets a field of; None where it is about anything else."""
    parts = str(content.get("path")).split(".") if action == "set" else []
    return parts[1] if len(parts) > 1 and parts[0] == "links" else None


def told_by(log: Sequence[Event], kind: str) -> str | None:
    """Return the source of what a case knows last of its linked tickets of a kind; None where it knows nothing."""
    linked = (event.source for event in reversed(log) if event.kind == "linked" and event.data.get("kind") == kind)
    return next(linked, None)


def linked_now(log: Sequence[Event], kind: str) -> tuple[str, ...]:
    """Return the ids of the tickets of a kind that a case is linked to after its log, in order."""
    found: set[str] = set()
    for event in sorted(log, key=lambda each: each.order):
        if event.kind == "unlinked":
            found.discard(_linked_name(event))
        found.update(linked_names([event]))
    prefix = f"{kind}:"
    return tuple(sorted(name.removeprefix(prefix) for name in found if name.startswith(prefix)))


def tell_some(connection: Connection, slots: Sequence[range], most: int = BATCH) -> int:
    """Tell one batch of watchers of each subject that has news; return how many were told."""
    told = 0
    where, values = in_slots(slots)
    statement = text(f"SELECT * FROM fanout WHERE {where} ORDER BY id LIMIT 20")  # noqa: S608
    mine: dict[str, bool] = {}
    for row in connection.execute(statement, values).all():
        if row.watched not in mine:
            mine[row.watched] = _may_tell(connection, row.watched, wait=not mine)
        if not mine[row.watched]:
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
