"""Write `history.jsonl` beside this file: a quarter of a year of support, made up but not uniform noise.

One seed, so the same file every time. Customers have plans, sizes and habits; cases come in office hours and bunch on
Monday mornings; six agents work in shifts and take what has waited longest, the gravest first, so queues build up and
drain; customers answer when they are at work, or never; some cases come back; one Tuesday the core is down for hours
and everybody writes at once.

    python examples/generate.py            # writes examples/history.jsonl
"""

import heapq
import json
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from casewarden.model.event import Event, Json
from casewarden.scenario.wire import event_json

SEED = 20260112
CASES = 340
ZONE = ZoneInfo("Europe/Berlin")
BEGIN = datetime(2026, 1, 12, tzinfo=ZONE)
DAYS = 84
OUTAGE = (datetime(2026, 2, 24, 10, 20, tzinfo=ZONE), datetime(2026, 2, 24, 13, 5, tzinfo=ZONE))
OUTAGE_CASES = 42

# Arrivals an hour of the day, Monday to Friday; nights and weekends get a small share from those who run at all hours.
BY_HOUR = (0, 0, 0, 0, 0, 0, 1, 4, 10, 15, 13, 9, 5, 9, 12, 10, 7, 3, 1, 1, 0, 0, 0, 0)
BY_WEEKDAY = (1.45, 1.1, 1.0, 1.0, 0.85)
SHIFTS = ((8, 16), (8, 16), (8, 16), (10, 18), (10, 18), (9, 17))

# core, impact, workaround, share of cases, median minutes of work
SORTS = (
    ("available", "question", None, 0.36, 20),
    ("available", "minor", None, 0.27, 45),
    ("available", "partial", None, 0.18, 110),
    ("degraded", None, "viable", 0.10, 150),
    ("degraded", None, "missing", 0.06, 180),
    ("down", None, None, 0.03, 120),
)
SUBJECTS = {
    "question": (
        "How do I rotate a signing key?",
        "Which roles may export the audit log?",
        "Question about the invoice",
    ),
    "minor": ("Typo in the German login text", "Sorting of users is odd", "Logo too large on small screens"),
    "partial": ("Bulk import stops at row 500", "Webhooks arrive twice", "Search misses new users"),
    "viable": ("Logins slow since this morning", "Tokens expire too early", "Console times out now and then"),
    "missing": ("Every third login fails", "API answers 502 for one region", "No mails are sent"),
    "down": ("Nobody can log in", "Everything answers 503", "Login page stays white"),
}


@dataclass(frozen=True)
class Customer:
    """One customer with its plan and habits: its share of cases, hours until it answers, how often it never does."""

    name: str
    plan: str
    weight: float
    channel: str
    language: str
    patience: float
    silence: float


@dataclass
class Case:
    """A case on its way: what is left to do and what was logged."""

    number: int
    customer: Customer
    opened: datetime
    sort: tuple[str, str | None, str | None, float, int]
    events: list[Event] = field(default_factory=list)
    replies: int = 0
    reopened: bool = False
    outage: bool = False

    @property
    def gravity(self) -> int:
        """0 for the gravest."""
        return {"down": 0, "degraded": 1}.get(self.sort[0], 2)


class World:
    """The quarter: customers, agents, what happens when."""

    def __init__(self) -> None:
        self.random = random.Random(SEED)  # noqa: S311  # not a secret
        self.customers = list(self._customers())
        self.free = [BEGIN] * len(SHIFTS)
        self.on_call_free = BEGIN
        self.work: list[tuple[datetime, int, int, str]] = []
        self.cases: dict[int, Case] = {}

    # Chance

    def pick(self, weights: list[float]) -> int:
        """An index by weight."""
        spot = self.random.random() * sum(weights)
        for place, weight in enumerate(weights):
            spot -= weight
            if spot < 0:
                return place
        return len(weights) - 1

    def around(self, median: float, spread: float = 0.7) -> float:
        """A length with this median and a long tail to the right."""
        normal = sum(self.random.random() for _ in range(12)) - 6
        return median * math.exp(spread * normal)

    # Customers and arrivals

    def _customers(self) -> Iterator[Customer]:
        plans = ["standard"] * 15 + ["premium"] * 9
        for place, plan in enumerate(plans):
            yield Customer(
                name=f"customer_{place + 1:02}",
                plan=plan,
                weight=(2.2 if plan == "premium" else 1.0) / (1 + place % 7) ** 0.6,
                channel=("email", "email", "chat", "email", "phone")[place % 5],
                language=("en", "de", "en")[place % 3],
                patience=self.around(4, 0.5),
                silence=0.04 + 0.16 * self.random.random(),
            )

    def arrivals(self) -> Iterator[tuple[datetime, Customer, bool]]:
        """When a case is opened, by whom, and whether because of the outage; in order."""
        found: list[tuple[datetime, int, bool]] = []
        hours: list[tuple[datetime, float]] = []
        for day in range(DAYS):
            date = BEGIN + timedelta(days=day)
            for hour, rate in enumerate(BY_HOUR):
                weekday = BY_WEEKDAY[date.weekday()] if date.weekday() < 5 else 0.06
                hours.append((date.replace(hour=hour), (rate + 0.12) * weekday))
        weights = [weight for _, weight in hours]
        for _ in range(CASES - OUTAGE_CASES):
            start = hours[self.pick(weights)][0]
            at = start + timedelta(seconds=int(self.random.random() * 3600))
            out_of_hours = at.weekday() > 4 or not 7 <= at.hour < 19
            found.append((at, self._who(out_of_hours=out_of_hours), False))
        for _ in range(OUTAGE_CASES):
            late = min(self.around(25, 0.8), 150)  # most write within the first half hour
            found.append((OUTAGE[0] + timedelta(seconds=int(60 * late)), self._who(out_of_hours=False), True))
        for at, place, outage in sorted(found):
            yield at, self.customers[place], outage

    def _who(self, *, out_of_hours: bool) -> int:
        factor = [8.0 if out_of_hours and customer.plan == "premium" else 1.0 for customer in self.customers]
        return self.pick([customer.weight * more for customer, more in zip(self.customers, factor, strict=True)])

    # Shifts

    def start_of_work(self, agent: int, at: datetime) -> datetime:
        """The first minute from `at` on at which an agent is on shift."""
        begin, end = SHIFTS[agent]
        at = at.astimezone(ZONE)
        while True:
            opening = datetime.combine(at.date(), time(begin), ZONE)
            closing = datetime.combine(at.date(), time(end), ZONE)
            if at.weekday() < 5 and at < closing:
                return max(at, opening)
            at = datetime.combine(at.date() + timedelta(days=1), time(0), ZONE)

    def take(self, case: Case, ready: datetime) -> tuple[datetime, str]:
        """When somebody turns to the case and who: the one on call for the gravest of those who pay for it."""
        starts = [self.start_of_work(agent, max(ready, self.free[agent])) for agent in range(len(SHIFTS))]
        agent = min(range(len(SHIFTS)), key=lambda place: (starts[place], self.free[place]))
        start, who = starts[agent], f"agent_{agent + 1}"
        if case.gravity == 0 and case.customer.plan == "premium" and start > ready + timedelta(minutes=20):
            start, who = max(ready, self.on_call_free) + timedelta(minutes=int(self.around(9))), "on_call"
        start += timedelta(minutes=int(self.around(4)))
        busy = start + timedelta(minutes=int(self.around(case.sort[4] * 0.4)))
        if who == "on_call":
            self.on_call_free = busy
        else:
            self.free[agent] = busy
        return start, who

    def customer_answers(self, case: Case, at: datetime) -> datetime | None:
        """When the customer writes back: after a while, at work; None for never."""
        if case.gravity and self.random.random() < case.customer.silence:
            return None
        at += timedelta(minutes=int(60 * self.around(case.customer.patience, 0.9)))
        local = at.astimezone(ZONE)
        while local.weekday() > 4 or not 8 <= local.hour < 18:
            local += timedelta(minutes=int(60 + 60 * self.random.random()))
        return local

    # What is logged

    def log(self, case: Case, at: datetime, kind: str, by: str, **said: Json) -> None:
        """Add one event; mail is seen when the mailbox is next read."""
        who = said.pop("who", None)
        via = said.get("via", case.customer.channel)
        seen = at + timedelta(minutes=int(1 + 4 * self.random.random())) if via == "email" and by == "customer" else at
        case.events.append(
            Event(
                subject=f"case:{case.number}",
                kind=kind,
                at=_us(at),
                seen_at=_us(seen),
                by=by,
                source="examples",
                key=f"{case.number}-{len(case.events) + 1}",
                sequence=len(case.events),
                who=(str(who),) if who else (),
                data=said,
            )
        )

    def open(self, number: int, at: datetime, customer: Customer, *, outage: bool) -> None:
        """A case is opened."""
        sort = SORTS[5] if outage else SORTS[self.pick([share for *_, share, _ in SORTS])]
        case = Case(number, customer, at, sort, outage=outage)
        self.cases[number] = case
        core, impact, workaround = sort[:3]
        words = SUBJECTS[impact or workaround or core]
        facts: dict[str, Json] = {
            "case.number": str(number),
            "case.subject": words[self.pick([1.0] * len(words))],
            "case.plan": customer.plan,
            "case.language": customer.language,
            "case.reported_by": "customer",
            "case.core": core,
        }
        if workaround is not None:
            facts["case.workaround"] = workaround == "viable"
        self.log(case, at, "opened", "customer", via=customer.channel, facts=facts)
        kind = "call" if customer.channel == "phone" else "message"
        self.log(case, at, kind, "customer", via=customer.channel, public=True, who=customer.name)
        if case.gravity == 0 and customer.plan == "premium" and self.random.random() < 0.4:
            again = at + timedelta(minutes=int(self.around(20)))
            self.log(case, again, "message", "customer", via="email", public=True, to="escalations", who=customer.name)
            again += timedelta(minutes=int(self.around(12)))
            self.log(case, again, "call", "customer", via="phone", public=True, to="escalations", who=customer.name)
            if self.random.random() < 0.85:
                again += timedelta(minutes=int(self.around(55)))
                self.log(case, again, "message", "agent", via="email", public=True, who="lead")
        heapq.heappush(self.work, (at, case.gravity, number, "answer"))

    def run(self) -> list[Event]:
        """Everything that happens, in the order in which it was learnt."""
        opened = list(self.arrivals())
        for number, (at, customer, outage) in enumerate(opened, start=1001):
            self.open(number, at, customer, outage=outage)
        while self.work:
            ready, _, number, step = heapq.heappop(self.work)
            case = self.cases[number]
            if step == "answer":
                self._answer(case, ready)
            else:
                self._finish(case, ready)
        for case in self.cases.values():
            if case.outage:
                self._outage(case)
        events = [event for case in self.cases.values() for event in case.events]
        return sorted(events, key=lambda event: (event.seen_at, event.subject, event.sequence))

    def _answer(self, case: Case, ready: datetime) -> None:
        start, who = self.take(case, ready)
        if case.replies == 0:
            self._lead(case, start)
            self.log(case, start, "observed", "agent", facts={"case.status": "open", "case.assigned_to": who}, who=who)
        self.log(case, start, "message", "agent", via=case.customer.channel, public=True, who=who)
        case.replies += 1
        if case.gravity == 0 and not case.outage and case.replies == 1 and self.random.random() < 0.5:
            later = start + timedelta(minutes=int(self.around(40)))
            facts: dict[str, Json] = {"case.core": "degraded", "case.workaround": True}
            self.log(case, later, "observed", "agent", facts=facts, determined=True, reason="a workaround was found")
        asks = 0.15 if case.outage else 0.5 / case.replies
        if self.random.random() < asks and case.replies < 4:
            self._ask(case, start, who)
            return
        done = start + timedelta(minutes=int(self.around(case.sort[4])))
        if case.outage:
            done = max(done, OUTAGE[1] + timedelta(minutes=int(self.around(50, 0.4))))
        heapq.heappush(self.work, (done, case.gravity, case.number, "finish"))

    def _lead(self, case: Case, answered: datetime) -> None:
        """Who waits too long for a first answer hears from the lead, who keeps an eye on the queue in office hours."""
        patience = timedelta(hours=5 if case.customer.plan == "premium" else 18)
        if answered - case.opened > patience and self.random.random() < 0.7:
            at = self.start_of_work(5, answered + timedelta(minutes=int(self.around(35))))
            self.log(case, at, "message", "agent", via=case.customer.channel, public=True, who="lead")

    def _ask(self, case: Case, at: datetime, who: str) -> None:
        at += timedelta(minutes=2)
        self.log(case, at, "observed", "agent", facts={"case.status": "waiting_on_customer"}, who=who)
        if self.random.random() < 0.12:
            soon = at + timedelta(minutes=1)
            self.log(
                case, soon, "message", "customer", via="email", public=True, automatic=True, who=case.customer.name
            )
        back = self.customer_answers(case, at)
        if back is None:
            for _ in range(3):
                at = self.start_of_work(0, at + timedelta(days=2, hours=1))
                self.log(case, at, "message", "agent", via=case.customer.channel, public=True, who=who)
            return
        self.log(case, back, "message", "customer", via=case.customer.channel, public=True, who=case.customer.name)
        self.log(case, back, "observed", "automation", facts={"case.status": "open"}, via=None)
        heapq.heappush(self.work, (back, case.gravity, case.number, "answer"))

    def _finish(self, case: Case, ready: datetime) -> None:
        at = ready
        if case.gravity or case.customer.plan != "premium":
            at = self.start_of_work(0, ready)
        self.log(case, at, "message", "agent", via=case.customer.channel, public=True)
        self.log(case, at + timedelta(minutes=1), "resolved", "agent", via=case.customer.channel)
        if not case.reopened and self.random.random() < 0.09:
            back = self.customer_answers(case, at + timedelta(hours=3))
            if back is not None:
                case.reopened = True
                self.log(case, back, "message", "customer", via=case.customer.channel, public=True)
                self.log(case, back, "reopened", "automation", via=case.customer.channel)
                heapq.heappush(self.work, (back, case.gravity, case.number, "answer"))
                return
        closed = self.start_of_work(0, at + timedelta(days=5))
        self.log(case, closed, "closed", "automation", via=case.customer.channel, reason="solved")

    def _outage(self, case: Case) -> None:
        """The state of the service as the case sees it: changes, and again while somebody waits for it to last."""
        health: tuple[tuple[datetime, str], ...] = (
            (case.opened, "down"),
            (OUTAGE[1] - timedelta(minutes=35), "degraded"),
            *((OUTAGE[1] + timedelta(minutes=minutes), "available") for minutes in (0, 8, 16)),
        )
        for at, state in health:
            if at >= case.opened:
                self.log(case, at, "observed", "automation", facts={"service.core.health": state}, via=None)


def _us(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def history() -> str:
    """The whole file."""
    lines = []
    for event in World().run():
        form = event_json(event)
        data = form.get("data")
        if isinstance(data, dict):
            form["data"] = {key: value for key, value in data.items() if value is not None}
        lines.append(json.dumps(form, ensure_ascii=False, separators=(",", ":")) + "\n")
    return "".join(lines)


if __name__ == "__main__":
    Path(__file__).with_name("history.jsonl").write_text(history(), encoding="utf-8", newline="\n")
