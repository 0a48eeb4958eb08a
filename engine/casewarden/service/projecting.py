"""How cases stand, written into the helpdesk: due times and states of clocks, by which agents sort their own views.

It is no action: no rule asks for it, and only the newest state counts. A case has one row, which says that it has
changed and what was written last. Whoever is killed between the two writes the same once more.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from casewarden.model.event import Json
from casewarden.model.instants import iso
from casewarden.plugin import AlreadyApplied, Applied, Attempt, Conflict, Rejected, Retry
from casewarden.service.backoff import wait_after
from casewarden.service.budget import SECOND, Budget
from casewarden.service.deliver import Came, Hears, Sent, outcome_of_attempt
from casewarden.store.database import Database
from casewarden.store.slots import in_slots
from casewarden.store.statements import Statement, statement

PROJECT: Final = "project"
"""The kind of attempt; a connector that can do it has it among its actions."""
_MOST_AT_ONCE: Final = 50
_PAUSED: Final = Statement("SELECT value FROM setting WHERE name = 'paused'")
_STANDS: Final = Statement(
    "UPDATE projection SET written = :written, problem = NULL, attempts = 0, "
    "next_try = CASE WHEN version = :version THEN NULL ELSE next_try END WHERE subject = :subject"
)
_LATER: Final = Statement(
    "UPDATE projection SET problem = :problem, attempts = attempts + 1, next_try = :next_try "
    "WHERE subject = :subject AND version = :version"
)
_REFUSED: Final = Statement(
    "UPDATE projection SET problem = :problem, next_try = NULL WHERE subject = :subject AND version = :version"
)
_PUT_OBLIGATION: Final = Statement(
    "INSERT INTO obligation (key, subject, kind, message, details, opened_at, state) "
    "VALUES (:key, :subject, 'projection', :message, '{}', :now, 'open') ON CONFLICT (key) DO NOTHING"
)


def state_of(row: Any) -> dict[str, Json]:
    """What is written of a case: instants as ISO 8601 in UTC, null where there is none.

    `clocks` has the last run of each clock: `state`, `due`, `target` in words, `stopped`. `next_clock` is the clock
    whose due time `next_due` is.
    """
    clocks: dict[str, Json] = {}
    next_clock: str | None = None
    for run in json.loads(row.clocks or "[]"):
        clocks[run["clock"]] = {
            "state": run["state"],
            "due": None if run["due"] is None else iso(run["due"]),
            "target": run.get("target"),
            "stopped": None if run["stopped"] is None else iso(run["stopped"]),
        }
        if row.next_due is not None and run["due"] == row.next_due and run["stopped"] is None:
            next_clock = run["clock"]
    return {
        "status": row.status,
        "severity": row.severity,
        "plan": row.plan,
        "next_due": None if row.next_due is None else iso(row.next_due),
        "next_clock": next_clock,
        "clocks": clocks,
    }


def is_projection(sent: Sent) -> bool:
    """Whether an attempt writes how a case stands; its number of an action is that of the subject, negative."""
    return sent.action < 0


@dataclass(slots=True)
class Projector:
    """Claims and settles what is to be shown; called by the owner of partitions. While it is shadowed nothing goes out.

    `budgets` are those by which actions go out, which take from them first.
    """

    database: Database
    budgets: Mapping[str, Budget]
    heard: Hears
    chance: random.Random
    is_shadow: Callable[[], bool] = lambda: False
    underway: set[int] = field(default_factory=set)
    next_at: int | None = None

    def claim(self, slots: Sequence[range], host: int) -> list[Sent]:
        """The attempts to make now; `next_at` is when there is more to try."""
        self.next_at = None
        where, values = in_slots(slots)
        with self.database.read() as connection:
            earliest = statement(f"SELECT min(next_try) FROM projection WHERE next_try IS NOT NULL AND {where}")  # noqa: S608
            self.next_at = earliest.ask(connection, **values).scalar()
            now = self.database.now(connection, host)
            if self.next_at is None or self.next_at > now:
                return []
            if self.is_shadow() or _PAUSED.ask(connection).scalar() == "true":
                self.next_at = None
                return []
            due = statement(
                "SELECT shown.subject, shown.slot, connector, shown.version, written, name, lane, decided_at, status, "  # noqa: S608
                "severity, plan, next_due, clocks FROM (SELECT * FROM projection "
                f"WHERE next_try <= :now AND {where} ORDER BY next_try LIMIT :most) AS shown "
                "JOIN subject ON subject.id = shown.subject"
            )
            rows = due.ask(connection, now=now, most=_MOST_AT_ONCE + len(self.underway), **values).all()
        return self._sent(rows, now)

    def _sent(self, rows: Sequence[Any], now: int) -> list[Sent]:
        sent, stands = [], []
        for row in rows:
            if row.subject in self.underway:
                continue
            content = state_of(row)
            if row.written is not None and json.loads(row.written) == content:
                stands.append({"subject": row.subject, "version": row.version, "written": row.written})
                continue
            budget = self.budgets[row.connector]
            if not budget.take(now):
                self.next_at = budget.next_at(now)
                continue
            self.underway.add(row.subject)
            ticket = row.name.partition(":")[2]
            attempt = Attempt(f"{row.name}/{PROJECT}", row.name, ticket, PROJECT, content)
            sent.append(
                Sent(row.connector, -row.subject, row.subject, attempt, row.slot, row.version, row.lane, row.decided_at)
            )
        if stands:
            with self.database.write() as connection:
                _STANDS.run(connection, stands)
        return sent

    def settle(self, came: Sequence[Came], host: int) -> None:
        """Write down what came of attempts. What has changed meanwhile is written once more."""
        if not came:
            return
        with self.database.write() as connection:
            now = self.database.now(connection, host)
            for one in came:
                self._settle(connection, one, now)
        for one in came:
            self.underway.discard(one.sent.subject)
            self.budgets[one.sent.connector].came_back()

    def _settle(self, connection: Any, came: Came, now: int) -> None:
        sent, budget = came.sent, self.budgets[came.sent.connector]
        place = {"subject": sent.subject, "version": sent.number}
        match came.answer:
            case Applied() | AlreadyApplied():
                budget.succeeded()
                _STANDS.run(connection, [{**place, "written": json.dumps(dict(sent.attempt.content))}])
            case Rejected(reason):
                budget.succeeded()
                _REFUSED.run(connection, [{**place, "problem": reason}])
                self._oblige(connection, sent, reason, now)
            case Conflict(reason):
                budget.succeeded()
                self._later(connection, came, reason, None, now)
            case Retry(reason, after):
                budget.failed(now)
                if after is not None:
                    budget.rest(now, after)
                self._later(connection, came, reason, after, now)
            case None:
                budget.failed(now)
                self._later(connection, came, came.error or "no answer", None, now)
        self.heard.answered(sent.connector, PROJECT, outcome_of_attempt(came.answer))

    def _later(self, connection: Any, came: Came, reason: str, after: float | None, now: int) -> None:
        attempts = statement("SELECT attempts FROM projection WHERE subject = :subject")
        tried = attempts.ask(connection, subject=came.sent.subject).scalar() or 0
        wait = max(int((after or 0) * SECOND), wait_after(tried + 1, self.chance))
        place = {"subject": came.sent.subject, "version": came.sent.number}
        _LATER.run(connection, [{**place, "problem": reason, "next_try": now + wait}])

    def _oblige(self, connection: Any, sent: Sent, reason: str, now: int) -> None:
        """Put it before a person, once a day for each connector: what one case is refused all are, as a rule."""
        message = f"{sent.connector} refuses to show how {sent.attempt.subject} stands: {reason}"
        key = f"projection/{sent.connector}/{now // (86_400 * SECOND)}"
        _PUT_OBLIGATION.run(connection, [{"key": key, "subject": sent.subject, "message": message, "now": now}])
