"""A ruleset with a little of everything, a change of it, and a seeded week of customers and of a desk that fails."""

import hashlib
import random
from collections import Counter
from collections.abc import Iterator

from casewarden.model.event import Event, Json
from casewarden.plugin import Answer, Applied, Attempt, Conflict, Rejected, Retry
from support.rolling import Rolling
from support.small import MINUTE, at, text_of

BASE = text_of(
    """
severity:
  clause: [S]
  levels: {critical: Critical, minor: Minor}
  until_classified: reported
  hit: unique
  table:
    - {when: {case.core: down}, gives: critical}
    - {when: {case.core: [degraded, available]}, gives: minor}
clocks:
  answer:
    clause: [S]
    starts: case_opened
    stops: agent_reply
    targets_by_severity: {critical: 4 elapsed hours, minor: 12 elapsed hours}
credits:
  late:
    clause: [S]
    clock: answer
    award: 1 day
    for_each: 1 elapsed hour
    count: full
    cap: 10 days
    add_to: contract.term_end
quotas:
  asked:
    clause: [S]
    counts: customer_message
    per: customer
    window: {every: month, starting: calendar, zone: Europe/Zurich}
    allowed: {basic: 3, gold: unlimited}
    over: unchanged
guards:
  critical_stays_open: {clause: [S], forbids: close, while: {case.severity: critical}}
rules:
  warn:
    clause: [S]
    when: {clock.answer.used: {at_least: 50%}, clock.answer: running}
    then: [{notify: {who: support, message: hello}}]
  late:
    clause: [S]
    when: {clock.answer: missed}
    repeat: {every: 6 hours, first: at_once}
    then: [{notify: {who: manager, message: hello}}, {tag: {add: [late]}}]
  thank:
    clause: [S]
    each: customer_message
    then: [reply: hello]
  lower:
    clause: [S]
    when: {case.core: down, service.core.health: {is: up, for: 15 minutes}}
    then: [{set: {case.core: available}}, {reply: bye}]
  close:
    clause: [S]
    when: {case.status: resolved, since: {last: case_resolved, at_least: 1 day}}
    then: [close: solved]
  over:
    clause: [S]
    when: {quota.asked: over}
    then: [{notify: {who: manager, message: bye}}]
"""
)
HEAD = (
    BASE.replace("at_least: 50%", "at_least: 25%")
    .replace("for: 15 minutes", "for: 5 minutes")
    .replace("critical: 4 elapsed hours", "critical: 2 elapsed hours")
    .replace('hello: {en: "Hello."}', 'hello: {en: "Good day."}\n  welcome: {en: "Welcome."}')
    .replace(
        "rules:\n",
        "rules:\n  greet:\n    clause: [S]\n    when: {case.severity: critical}\n    then: [reply: welcome]\n",
    )
)
"""Warns sooner, lowers sooner, says other words, greets who is in trouble, and promises new cases more."""
assert HEAD.count("greet") == 1

DAYS = 3


def story(seed: int, cases: int = 7) -> list[Event]:
    """What happens from Monday on, in the order in which it becomes known."""
    chance = random.Random(seed)
    found = list(_service(chance))
    for number in range(cases):
        found += _case(chance, f"case:{number}", at("mon 08:00") + chance.randrange(2 * 24 * 60) * MINUTE)
    return sorted(found, key=lambda event: (event.seen_at, event.subject, event.key))


def _service(chance: random.Random) -> Iterator[Event]:
    now = at("mon 07:00")
    for number in range(16):
        data: dict[str, Json] = {"facts": {"service.core.health": chance.choice(["up", "up", "down"])}}
        yield Event("service:core", "observed", now, now, "automation", "monitor", f"h{number}", data=data)
        now += chance.randrange(40, 400) * MINUTE


def _case(chance: random.Random, name: str, now: int) -> Iterator[Event]:
    customer = f"c{chance.randrange(3)}"
    facts: dict[str, Json] = {"case.core": chance.choice(["down", "down", "degraded"]), "customer.id": customer}
    yield _event(name, "opened", now, "customer", "o", {"via": "mail", "facts": facts})
    for number in range(chance.randrange(1, 7)):
        now += chance.randrange(5, 600) * MINUTE
        late = chance.choice([0, 0, 0, 90]) * MINUTE
        match chance.randrange(5):
            case 0 | 1:
                yield _event(name, "message", now, "customer", f"m{number}", {"public": True}, late)
            case 2:
                yield _event(name, "message", now, "agent", f"a{number}", {"public": True}, late)
            case 3:
                core = {"facts": {"case.core": chance.choice(["down", "available"])}}
                yield _event(name, "observed", now, "agent", f"f{number}", core, late)  # type: ignore[arg-type]
            case _:
                yield _event(name, chance.choice(["resolved", "reopened"]), now, "agent", f"s{number}", {}, late)


def _event(subject: str, kind: str, now: int, by: str, key: str, data: dict[str, Json], late: int = 0) -> Event:
    return Event(subject, kind, now, now + late, by, "desk", f"{subject}/{key}", data=data)


class Desk:
    """A helpdesk that fails now and then, by key and attempt and nothing else, and counts what it did."""

    def __init__(self) -> None:
        self.applied: Counter[str] = Counter()
        self.said: dict[str, object] = {}
        self._attempts: Counter[str] = Counter()

    def __call__(self, attempt: Attempt) -> Answer:
        self._attempts[attempt.key] += 1
        drawn = hashlib.sha256(f"{attempt.key}/{self._attempts[attempt.key]}".encode()).digest()[0]
        if drawn < 40:
            return Retry("busy", 60.0, reached=False)
        if drawn < 55:
            return Conflict("somebody else wrote")
        if drawn < 65:
            return Rejected("it will not")
        self.applied[attempt.key] += 1
        self.said[attempt.key] = dict(attempt.content)
        return Applied()


def live_through(bench: Rolling, events: list[Event], until: int) -> None:
    """Let all that becomes known up to an instant happen at its time."""
    while events and events[0].seen_at <= until:
        seen_at = events[0].seen_at
        bench.until(seen_at)
        bench.take([event for event in events if event.seen_at == seen_at])
        del events[: sum(event.seen_at == seen_at for event in events)]
        bench.settle()
    bench.until(until)


def trace(bench: Rolling, lane: str = "small", until: int = 2**62) -> dict[str, list[tuple[object, ...]]]:
    """All that a lane decided and did up to an instant, told without row numbers."""
    asked = {"lane": lane, "until": until}
    of_subjects = "JOIN subject ON subject.id = {0}.subject WHERE subject.lane = :lane"
    return {
        "decisions": bench.rows(
            "SELECT subject.name, decision.at, decision.length, decision.revision, decision.digest, decision.outcome "
            f"FROM decision {of_subjects.format('decision')} AND decision.at <= :until "
            "ORDER BY subject.name, decision.id",
            **asked,
        ),
        "actions": bench.rows(
            "SELECT key, rule, kind, content, state, attempts, decided_at, done_at FROM outbox "
            "WHERE lane = :lane AND decided_at <= :until ORDER BY key",
            **asked,
        ),
        "ledger": bench.rows(
            "SELECT subject.name, ledger.key, ledger.state, ledger.amount, ledger.at FROM ledger "
            f"{of_subjects.format('ledger')} AND ledger.at <= :until "
            "ORDER BY subject.name, ledger.key, ledger.state, ledger.at",
            **asked,
        ),
        "obligations": bench.rows(
            "SELECT key, kind, message, opened_at FROM obligation WHERE opened_at <= :until ORDER BY key",
            until=until,
        ),
        "activations": bench.rows(
            "SELECT subject.name, rule, activation, repetition, at, flags "
            f"FROM activation {of_subjects.format('activation')} AND activation.decided_at <= :until "
            "ORDER BY subject.name, rule, activation, repetition",
            **asked,
        ),
        "log": bench.rows(
            "SELECT subject.name, number, event.kind, event.key, log_entry.seen_at FROM log_entry "
            f"JOIN event ON event.id = log_entry.event {of_subjects.format('log_entry')} "
            "AND log_entry.seen_at <= :until ORDER BY subject.name, number",
            **asked,
        ),
    }
