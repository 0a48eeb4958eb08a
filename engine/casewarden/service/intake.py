"""Taking in: events and their mailbox rows in one transaction, then the answer; what comes twice is answered alike."""

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection

from casewarden.model.event import Event, Json
from casewarden.service.writes import put_mail
from casewarden.store.log import Sealing, put_events
from casewarden.telemetry.catalogue import EventOutcome


class StoppingError(Exception):
    """Nothing was taken in, because the sidecar stops; it can be sent again."""


class Taken(NamedTuple):
    """How many events were new, how many were known, and which cannot be stored, in words."""

    new: int
    duplicates: int
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """Events that somebody waits for to be taken in. `cursor` says how far their connector is once they are."""

    events: Sequence[Event]
    source: str
    done: "Future[Taken]" = field(default_factory=Future)
    cursor: "Cursor | None" = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where polling a connector goes on, and up to when its source is complete."""

    connector: str
    cursor: Json
    complete_through: int | None
    refused: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of events: how many of each source were new or duplicates, and the new ones with their rows."""

    counts: Counter[tuple[str, EventOutcome]]
    rows: Sequence[tuple[int, Event]]


def take(connection: Connection, sealing: Sealing, events: Sequence[Event], now: int) -> TakenIn:
    """Take events in. Each is learnt of now; one that tells of a later instant is looked at when that has come."""
    (taken,) = take_each(connection, sealing, [events], now)
    return taken


def take_each(
    connection: Connection, sealing: Sealing, orders: Sequence[Sequence[Event]], now: int
) -> Sequence[TakenIn]:
    """Take the events of several orders in, all in one go; what became of each order's."""
    learnt = [event.learnt_at(max(now, event.at)) for events in orders for event in events]
    rows = put_events(connection, sealing, learnt, now)
    put_mail(
        connection,
        [
            (event.subject, None, row, event.seen_at, 0)
            for event, row in zip(learnt, rows, strict=True)
            if row is not None
        ],
    )
    became = zip(learnt, rows, strict=True)
    return [_taken_in(islice(became, len(events))) for events in orders]


def _taken_in(became: Iterable[tuple[Event, int | None]]) -> TakenIn:
    counted: Counter[tuple[str, EventOutcome]] = Counter()
    new: list[tuple[int, Event]] = []
    for event, row in became:
        counted[event.source, "duplicate" if row is None else "new"] += 1
        if row is not None:
            new.append((row, event))
    return TakenIn(counted, new)
