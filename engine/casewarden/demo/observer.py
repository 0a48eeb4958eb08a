"""What the live view shows, gathered while the sidecar works: decisions as they are made, deeds from its outbox."""

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import text

from casewarden.demo.snapshot import Breach, CaseRow, Counts, Deed, Health, NextClock, Snapshot, by_urgency, words_of
from casewarden.model.decision import ClockInstance, ClockState, Decision
from casewarden.model.event import Event, Json
from casewarden.ruleset.syntax import Ruleset
from casewarden.service.held import Held
from casewarden.store.database import Database

_KEPT: Final = 400
_OVER: Final = frozenset({"resolved", "closed"})
_DONE: Final = text(
    "SELECT outbox.id, outbox.done_at, outbox.kind, outbox.content, outbox.rule, subject.name FROM outbox "
    "JOIN subject ON subject.id = outbox.subject WHERE outbox.state = 'applied' AND outbox.done_at > :since "
    "ORDER BY outbox.done_at, outbox.id"
)
_COUNTS: Final = text(
    "SELECT (SELECT count(*) FROM event WHERE source = :source) AS events, "
    "(SELECT count(*) FROM outbox WHERE state IN ('waiting', 'sending', 'asking')) AS waiting"
)


@dataclass(slots=True)
class _Case:
    """A case as decided last."""

    lane: str
    decision: Decision
    facts: dict[str, Json]
    severity: str | None
    missed: set[tuple[str, int]] = field(default_factory=set)


class Observer:
    """Hears every decision in the owner's thread, and gives a snapshot to whoever draws it."""

    def __init__(self, source: str, zone: str, speed: float) -> None:
        self._source = source
        self._zone = zone
        self._speed = speed
        self._lock = threading.Lock()
        self._cases: dict[str, _Case] = {}
        self._health: dict[str, Health] = {}
        self._moves: list[Deed] = []
        self._breaches: list[Breach] = []
        self._deeds: list[Deed] = []
        self._read_to = -(2**62)
        self._seen: set[int] = set()
        self._decisions = self._actions = self._days = self._number = 0

    def hear(self, held: Held, decision: Decision) -> None:
        """Take a decision."""
        with self._lock:
            self._decisions += 1
            if held.kind == "service":
                self._hear_service(held.subject.events)
            elif held.kind == "case":
                self._hear_case(held, decision)

    def _hear_service(self, events: Sequence[Event]) -> None:
        for event in reversed(events):
            facts = event.data.get("facts")
            for path, value in (facts if isinstance(facts, dict) else {}).items():
                if path.endswith(".health") and isinstance(value, str):
                    name = path.split(".")[1]
                    before = self._health.get(name)
                    if before is None or before.state != value:
                        self._health[name] = Health(name, value, event.at)
                    return

    def _hear_case(self, held: Held, decision: Decision) -> None:
        number = held.name.partition(":")[2]
        known = self._cases.get(number)
        if known is None:
            opened = next((event for event in held.subject.events if event.kind == "opened"), None)
            facts = opened.data.get("facts") if opened is not None else None
            known = _Case(held.lane, decision, dict(facts) if isinstance(facts, dict) else {}, None)
            self._cases[number] = known
        self._days += sum(entry.amount for entry in decision.ledger if entry.state == "posted")
        known.decision = decision
        for run in decision.clocks:
            if run.state is ClockState.MISSED and run.due is not None and (run.clock, run.number) not in known.missed:
                known.missed.add((run.clock, run.number))
                self._breaches.append(Breach(len(self._breaches), run.due, number, run.clock))

    def moved(self, ruleset_of: Callable[[str], Ruleset]) -> None:
        """Tell of severities that changed since this was asked last."""
        for number, case in self._cases.items():
            before, case.severity = case.severity, case.decision.severity
            severity = ruleset_of(case.lane).severity
            if severity is None or before is None or case.severity in (None, before):
                continue
            levels = list(severity.levels)
            fell = levels.index(case.severity or "") > levels.index(before)
            kind = "lowered" if fell else "raised"
            words = f"{kind} from {severity.levels[before]} to {severity.levels[case.severity or '']}"
            rule = next((edge.rule for edge in reversed(case.decision.edges) if edge.rises), "severity table")
            self._number += 1
            self._deeds.append(Deed(self._number, case.decision.at, number, kind, words, rule))

    def snapshot(self, database: Database, now: int, ruleset_of: Callable[[str], Ruleset]) -> Snapshot:
        """Return how everything is at this moment."""
        with database.read() as connection:
            done = connection.execute(_DONE, {"since": self._read_to - 1}).all()
            counts = connection.execute(_COUNTS, {"source": self._source}).one()
        with self._lock:
            self.moved(ruleset_of)
            for row in done:
                if row.id in self._seen:
                    continue
                self._seen.add(row.id)
                self._read_to = max(self._read_to, row.done_at)
                self._number += 1
                self._actions += 1
                words = words_of(row.kind, json.loads(row.content))
                on = row.name.partition(":")[2]
                self._deeds.append(Deed(self._number, row.done_at, on, row.kind, words, row.rule))
            del self._deeds[:-_KEPT]
            rows = [
                _row(number, case, now, ruleset_of(case.lane))
                for number, case in self._cases.items()
                if case.decision.derived.get("case.status") not in _OVER and case.decision.next_wakeup is not None
            ]
            closed = len(self._cases) - len(rows)
            return Snapshot(
                now=now,
                zone=self._zone,
                speed=self._speed,
                counts=Counts(
                    events=counts.events,
                    decisions=self._decisions,
                    actions=self._actions,
                    open=len(rows),
                    closed=closed,
                    waiting=counts.waiting,
                    missed=len(self._breaches),
                    credit_days=self._days,
                ),
                cases=by_urgency(rows),
                deeds=tuple(reversed(self._deeds)),
                breaches=tuple(reversed(self._breaches[-50:])),
                services=tuple(self._health[name] for name in sorted(self._health)),
            )


def _row(number: str, case: _Case, now: int, ruleset: Ruleset) -> CaseRow:
    decision = case.decision
    levels = list(ruleset.severity.levels.items()) if ruleset.severity is not None else []
    grade = next((place for place, (level, _) in enumerate(levels) if level == decision.severity), None)
    return CaseRow(
        number=number,
        customer=str(case.facts.get("customer.name") or case.facts.get("customer.id") or ""),
        plan=str(decision.derived.get("case.plan") or ""),
        policy=case.lane,
        state=str(decision.derived.get("case.status") or ""),
        subject=str(case.facts.get("case.subject") or ""),
        severity="" if grade is None else levels[grade][1],
        grade=grade,
        clock=_next(decision.clocks, now),
    )


def _next(clocks: Iterable[ClockInstance], now: int) -> NextClock | None:
    """The clock of a case that is most urgent: one that is late, else the one that is due first, else one on hold."""
    found: list[tuple[int, int, NextClock]] = []
    for clock in clocks:
        if clock.overdue and clock.due is not None:
            found.append((0, clock.due, NextClock(clock.clock, "missed", clock.due, 1.0)))
        elif clock.state is ClockState.RUNNING and clock.due is not None and clock.counted_from is not None:
            used = (now - clock.counted_from) / max(1, clock.due - clock.counted_from)
            found.append((1, clock.due, NextClock(clock.clock, "running", clock.due, min(1.0, max(0.0, used)))))
        elif clock.state is ClockState.PAUSED:
            found.append((2, 0, NextClock(clock.clock, "paused")))
    return min(found, key=lambda row: row[:2])[2] if found else None
