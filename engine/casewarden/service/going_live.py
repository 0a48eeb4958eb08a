"""Before the first action: what is known, what would be due or late, what would go out, and what is true already."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from sqlalchemy import Connection, text

from casewarden.decide.arming import arming_event, never_fired
from casewarden.service.course import Course, Manner
from casewarden.service.held import Held
from casewarden.service.holds import hold_all
from casewarden.service.neighbours import tell_some
from casewarden.service.process import Processor
from casewarden.service.scratch import scratch
from casewarden.service.writes import Writes
from casewarden.store.database import Database
from casewarden.store.log import Sealing
from casewarden.store.slots import ALL_SLOTS

HOUR: Final = 3_600_000_000
_BASELINES: Final = text(
    "SELECT subject.name, event.data FROM event JOIN log_entry ON log_entry.event = event.id "
    "JOIN subject ON subject.id = log_entry.subject WHERE event.kind = 'decided' AND event.source LIKE 'casewarden%' "
    "AND subject.lane NOT LIKE '%@%'"
)


@dataclass(slots=True)
class ClockFigures:
    """Of one clock: how many run, how many of these are due within an hour and a day, how many are late or on hold."""

    running: int = 0
    hour: int = 0
    day: int = 0
    overdue: int = 0
    paused: int = 0


@dataclass(slots=True)
class Plan:
    """What the sidecar would know and do at an instant.

    `true` names by rule the cases where it is true already, `actions` counts what would go out by rule and kind.
    """

    at: int
    cases: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    clocks: dict[str, ClockFigures] = field(default_factory=dict)
    true: dict[str, list[str]] = field(default_factory=dict)
    actions: Counter[tuple[str, str]] = field(default_factory=Counter)
    obligations: Counter[str] = field(default_factory=Counter)


def plan(
    database: Database,
    manner: Manner,
    make: Callable[[Database, Manner], Processor],
    at: int,
) -> Plan:
    """Decide everything that is known as of an instant, in a copy of the store that sends nothing, and count."""
    with scratch(database) as copy:
        trial = replace(manner, shadow=lambda held, action: True, decided=lambda held, decision, outcome: None)  # noqa: ARG005
        processor = make(copy, trial)
        while True:
            done = processor.batch([ALL_SLOTS], at)
            with copy.write() as connection:
                told = tell_some(connection, [ALL_SLOTS])
            if done.idle and not done.more and not told:
                break
        with copy.read() as connection:
            return _counted(connection, at)


def _counted(connection: Connection, at: int) -> Plan:
    found = Plan(at)
    for row in connection.execute(
        text("SELECT name, state, severity, clocks FROM subject WHERE name LIKE 'case:%' AND lane NOT LIKE '%@%'")
    ):
        found.cases[row.state] += 1
        if row.state == "open":
            found.severities[row.severity or "unknown"] += 1
            for clock in json.loads(row.clocks or "[]"):
                _count_clock(found.clocks.setdefault(clock["clock"], ClockFigures()), clock, at)
    for name, edges in _baselines(connection):
        for edge in edges:
            found.true.setdefault(str(edge["rule"]), []).append(name)
    for row in connection.execute(
        text(
            "SELECT rule, kind, count(*) AS n FROM outbox WHERE state = 'shadow' AND lane NOT LIKE '%@%' "
            "GROUP BY rule, kind"
        )
    ):
        found.actions[row.rule, row.kind] = row.n
    for row in connection.execute(
        text("SELECT kind, count(*) AS n FROM obligation WHERE state = 'open' GROUP BY kind")
    ):
        found.obligations[row.kind] = row.n
    return found


def _count_clock(figures: ClockFigures, clock: Mapping[str, object], at: int) -> None:
    due = clock["due"]
    if clock["overdue"]:
        figures.overdue += 1
    elif clock["state"] == "paused":
        figures.paused += 1
    elif clock["state"] == "running":
        figures.running += 1
        if isinstance(due, int):
            figures.hour += due - at <= HOUR
            figures.day += due - at <= 24 * HOUR


def _baselines(connection: Connection) -> list[tuple[str, list[dict[str, object]]]]:
    found = []
    for row in connection.execute(_BASELINES):
        data = json.loads(row.data or "{}")
        edges = [edge for edge in data.get("edges", ()) if edge.get("baseline") and edge.get("rises")]
        if edges:
            found.append((row.name, edges))
    return found


# -- what is true already, done after all


def candidates(
    connection: Connection, sealing: Sealing, processor: Processor, manner: Manner, rule: str, now: int
) -> list[Held]:
    """The cases on which a rule is true and has never fired, because it was true already when they were first seen."""
    names = [name for name, edges in _baselines(connection) if any(edge["rule"] == rule for edge in edges)]
    found = []
    for held in processor.holding.load(connection, sealing, names=list(dict.fromkeys(names))):
        if held.state != "open" or "@" in held.lane:
            continue
        at = max(now, held.decided_at)
        if never_fired(manner.compiled(held, at), held.subject, rule, at):
            found.append(held)
    return found


def backfill(
    database: Database, sealing: Sealing, processor: Processor, manner: Manner, rule: str, expected: int, now: int
) -> int:
    """Let a rule fire on the cases where it was true already; ValueError where they are not as many as confirmed."""
    with database.write() as connection:
        hold_all(connection)
        found = candidates(connection, sealing, processor, manner, rule, now)
        if len(found) != expected:
            raise ValueError(f"{rule} is true on {len(found)} cases by now, not on {expected}")
        writes = Writes()
        for held in found:
            _arm(held, manner, writes, rule, max(now, held.decided_at))
        writes.flush(connection, sealing, now)
    return len(found)


def _arm(held: Held, manner: Manner, writes: Writes, rule: str, at: int) -> None:
    """Write into the log that the rule counts as not having been true, and decide: it rises, and fires."""
    event = arming_event(manner.compiled(held, at), held.subject, rule, at)
    course = Course(held, manner, writes)
    course.take_in([(None, event)])
    course.go_on(at)
