"""A made-up year of a support team under several policies, lived through by the real processor in virtual time.

Customers, cases, services: everything comes from a seed. What is observed of a case is drawn from the fields that its
ruleset declares, so the same year fits any ruleset. At every decision invariants are held; `Year.live` raises where one
does not hold.
"""

import heapq
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from casewarden.config.settings import Caps, RulesetSource
from casewarden.decide.proof import proof
from casewarden.decide.walk import state_at
from casewarden.demo.rulesets import write_rulesets
from casewarden.model.decision import ClockState, Decision, PlannedAction
from casewarden.model.event import Event, Json
from casewarden.plugin import Applied
from casewarden.ruleset.load import load
from casewarden.ruleset.syntax import Field, FieldType, Ruleset
from casewarden.service.budget import Budget
from casewarden.service.course import Destination, Manner
from casewarden.service.deliver import Came, Deliverer, Hears
from casewarden.service.held import Held
from casewarden.service.intake import take
from casewarden.service.neighbours import tell_some
from casewarden.service.process import Processor
from casewarden.service.resting import let_rest
from casewarden.service.rulebook import Rulebook, reloaded
from casewarden.sidecar.rules import RulesInForce
from casewarden.store.check import check
from casewarden.store.contacts import open_sealer
from casewarden.store.database import Database
from casewarden.store.log import Sealing
from casewarden.store.sealing import PERSONAL_PATHS
from casewarden.store.slots import ALL_SLOTS
from casewarden.worktime import to_us

HOUR = 3_600_000_000
DAY = 24 * HOUR
POLICIES = ("katalon", "kissflow", "vendor", "workato", "zitadel")
KEY = bytes(range(32))
_FREE = Caps(10**9, 10**9, 10**9, 10**9)


@dataclass(frozen=True)
class Size:
    """How much of a year: customers, cases, days, and how many hours pass between two looks."""

    customers: int
    cases: int
    days: int
    hours: int = 1


@dataclass
class Lived:
    """What came of it."""

    events: int = 0
    decisions: int = 0
    actions: int = 0
    breaches: int = 0
    cases: int = 0
    credits: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)


class Year:
    """Lives through a year in a store; `folder` takes the rulesets."""

    def __init__(self, database: Database, folder: Path, size: Size, start: int, seed: int = 1) -> None:
        self.size = size
        self.start = start
        self.seed = seed
        self.database = database
        database.own_time = False
        files = write_rulesets(folder, POLICIES)
        book = reloaded([RulesetSource(path) for path in files], Rulebook(), start)
        assert isinstance(book, Rulebook), [item.message for item in book.items]
        self.rules = RulesInForce(book)
        self._lanes = dict(zip(POLICIES, (lane_of(path) for path in files), strict=True))
        self.sealing = Sealing(open_sealer(database, KEY), PERSONAL_PATHS)
        self.lived = Lived()
        manner = Manner(self.rules.compiled, self.rules.operations, _desk, _never, KEY, self._decided)
        self.processor = Processor(database, self.sealing, self.rules, manner, go_live=start - DAY)
        self.deliverer = Deliverer(
            database,
            self.sealing,
            self.processor,
            manner,
            caps=lambda: _FREE,
            budgets={"desk": Budget(1e12)},
            heard=Hears(),
            chance=random.Random(seed),
        )

    def live(self) -> Lived:
        """Go through the year, look by look, and check the whole store at its end."""
        step = self.size.hours * HOUR
        coming = peekable(self._events())
        now = self.start
        end = self.start + self.size.days * DAY
        while now < end:
            with self.database.write() as connection:
                events = list(coming.until(now + step))
                self.lived.events += len(events)
                for begin in range(0, len(events), 500):
                    taken = take(connection, self.sealing, events[begin : begin + 500], now)
                    self.processor.remember(taken.rows)
            now += step
            self._settle(now)
            self._let_rest(now)
        self._check(end)
        return self.lived

    def _let_rest(self, now: int) -> None:
        if now % DAY:
            return
        last: int | None = 0
        while last is not None:
            with self.database.write() as connection:
                last = let_rest(connection, [ALL_SLOTS], last, now)

    def _settle(self, now: int) -> None:
        while True:
            done = self.processor.batch([ALL_SLOTS], now)
            with self.database.read() as connection:
                news = connection.execute(text("SELECT 1 FROM fanout LIMIT 1")).first()
            if news is not None:
                with self.database.write() as connection:
                    tell_some(connection, [ALL_SLOTS])
            claimed = self.deliverer.claim([ALL_SLOTS], now)
            self.lived.actions += len(claimed.sent)
            details: Mapping[str, Json] = {"id": "defect-1"}
            self.deliverer.settle([Came(sent, Applied(details)) for sent in claimed.sent], now)
            if done.idle and not done.more and news is None and not claimed.did:
                break
        with self.database.read() as connection:
            late = connection.execute(text("SELECT count(*) FROM wakeup WHERE due_at <= :now"), {"now": now}).scalar()
            left = connection.execute(
                text("SELECT count(*) FROM mailbox WHERE behind < 2 AND seen_at <= :now"), {"now": now}
            ).scalar()
        assert (late, left) == (0, 0), f"{late} wake-ups lie in the past, {left} events wait"

    # -- invariants

    def _decided(self, held: Held, decision: Decision, outcome: str) -> None:
        lived = self.lived
        lived.decisions += 1
        lived.outcomes[outcome] += 1
        compiled = self.rules.compiled(held, decision.at)
        for action in decision.actions:
            assert action.rule in compiled.ruleset.rules, f"{action.key} has no rule"
        assert decision.next_wakeup is None or decision.next_wakeup > decision.at, f"{held.name} wakes in the past"
        for run in decision.clocks:
            if run.state is ClockState.RUNNING and run.due is not None and held.state != "ended":
                wakes = decision.next_wakeup
                assert wakes is not None, f"{held.name}: {run.clock} runs, and nothing wakes it"
                if run.due >= decision.at:  # later it is missed with the next open microsecond
                    assert wakes <= run.due + 1, f"{held.name}: {run.clock} is due before it wakes"
            if run.state is ClockState.MISSED and run not in held.seen_clocks:
                self._explained(held, decision, run.clock, run.number)
        lived.credits += sum(entry.state == "posted" and entry.add_to is not None for entry in decision.ledger)

    def _explained(self, held: Held, decision: Decision, clock: str, number: int) -> None:
        """Every breach has a proof whose counted segments come to its budget."""
        compiled = self.rules.compiled(held, decision.at).about(held.kind, held.name)
        state = state_at(compiled, held.subject, decision.at)
        run = next(one for one in state.runs(clock) if one.number == number)
        if run.due is None:
            return
        counted = sum(stretch.counted for stretch in proof(run, decision.at))
        assert counted == run.budget, f"{held.name}: {clock} was missed after {counted} of {run.budget}"
        self.lived.breaches += 1

    def _check(self, now: int) -> None:
        found = check(self.database, self.sealing)
        assert not found.findings, found.findings
        with self.database.read() as connection:
            open_ = connection.execute(text("SELECT count(*) FROM outbox WHERE state = 'sending'")).scalar()
            twice = connection.execute(
                text("SELECT key FROM outbox GROUP BY lane, key HAVING count(*) > 1 LIMIT 1")
            ).scalar()
            parked = connection.execute(text("SELECT name, state_detail FROM subject WHERE state = 'parked'")).all()
            self.lived.cases = int(
                connection.execute(text("SELECT count(*) FROM subject WHERE name LIKE 'case:%'")).scalar_one()
            )
        assert (open_, twice, list(parked)) == (0, None, []), (open_, twice, parked)

    # -- what happens

    def _events(self) -> Iterator[Event]:
        """All events of the year, in the order in which they are learnt of."""
        chance = random.Random(self.seed)
        heap: list[tuple[int, int, Event]] = []
        number = 0
        span = self.size.days * DAY
        opened = sorted(self.start + int(chance.random() * span) for _ in range(self.size.cases))
        for event in self._services(chance):
            number += 1
            heapq.heappush(heap, (event.seen_at, number, event))
        for case, at in enumerate(opened):
            while heap and heap[0][0] <= at:
                yield heapq.heappop(heap)[2]
            for event in self._case(chance, case, at):
                number += 1
                heapq.heappush(heap, (event.seen_at, number, event))
        while heap:
            yield heapq.heappop(heap)[2]

    def _services(self, chance: random.Random) -> Iterator[Event]:
        """Each service that a policy speaks of fails now and then, and recovers."""
        fields: dict[str, Field] = {}
        for policy in POLICIES:
            ruleset = self._ruleset(policy)
            fields.update({path: one for path, one in ruleset.fields.items() if path.startswith("service.")})
        for path, declared in sorted(fields.items()):
            at, number = self.start - HOUR, 0
            while at < self.start + self.size.days * DAY:
                number += 1
                value = _value(chance, declared)
                name = f"service:{path.split('.')[1]}"
                yield Event(
                    name, "observed", at, at, "automation", "status", f"{path}-{number}", data={"facts": {path: value}}
                )
                at += int(chance.uniform(0.2, 20) * DAY)

    def _case(self, chance: random.Random, case: int, at: int) -> Iterator[Event]:
        """One case from its opening to its end: what customer, agents and automation do to it."""
        customer = chance.randrange(self.size.customers)
        policy = POLICIES[customer % len(POLICIES)]
        ruleset = self._ruleset(policy)
        name = f"case:{case}"
        fields = [
            one for path, one in sorted(ruleset.fields.items()) if path.startswith("case.") and path != "case.brand"
        ]
        facts: dict[str, Json] = {
            "case.brand": policy,
            "case.number": str(case),
            "customer.id": f"c{customer}",
            "contact.id": f"c{customer}-p{chance.randrange(3)}",
            "case.plan": chance.choice(list(ruleset.plans)) if ruleset.plans else None,
            "case.language": chance.choice(["en", "de", "fr"]),
        }
        facts |= {one.path: _value(chance, one) for one in fields if chance.random() < 0.5}
        number = 0

        def event(kind: str, by: str, when: int, **data: Json) -> Event:
            nonlocal number
            number += 1
            late = int(chance.expovariate(1 / (2 * HOUR))) if chance.random() < 0.05 else 0
            return Event(name, kind, when, when + late, by, "desk", f"{case}-{number}", number, (), data)

        yield event("opened", "customer", at, via=chance.choice(["email", "chat", "phone"]), facts=facts)
        for _ in range(chance.randrange(2, 9)):
            at += int(chance.expovariate(1 / (14 * HOUR))) + 60_000_000
            match chance.randrange(8):
                case 0 | 1:
                    yield event("message", "customer", at, via="email", public=True, text="still the same")
                case 2 | 3:
                    yield event("message", "agent", at, via="email", public=True, text="we look at it")
                case 4:
                    one = chance.choice(fields) if fields else None
                    if one is not None:
                        yield event("observed", "agent", at, facts={one.path: _value(chance, one)})
                case 5:
                    status = chance.choice(["open", "waiting_on_customer", "on_hold"])
                    yield event("observed", "agent", at, facts={"case.status": status})
                case 6:
                    yield event("call", "agent", at, via="phone", answered=chance.random() < 0.5)
                case _:
                    yield event("work", "agent", at, spent=int(chance.uniform(1, 120)) * 60_000_000)
        at += int(chance.expovariate(1 / (20 * HOUR)))
        if chance.random() < 0.02:
            yield event("ended", "agent", at, reason="spam")
            return
        yield event("resolved", "agent", at)
        if chance.random() < 0.1:
            at += int(chance.expovariate(1 / (30 * HOUR)))
            yield event("reopened", "customer", at)
            at += int(chance.expovariate(1 / (30 * HOUR)))
            yield event("resolved", "agent", at)
        yield event("closed", "agent", at + 2 * DAY)

    def _ruleset(self, policy: str) -> Ruleset:
        return self.rules.ruleset(self._lanes[policy], self.start)


class peekable:  # noqa: N801  # an iterator, like those of itertools
    """An iterator of events that is taken up to an instant."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._next = next(events, None)

    def until(self, instant: int) -> Iterator[Event]:
        """The events that are learnt of before an instant."""
        while self._next is not None and self._next.seen_at < instant:
            yield self._next
            self._next = next(self._events, None)


def _value(chance: random.Random, declared: Field) -> Json:
    match declared.type:
        case FieldType.CHOICE:
            return chance.choice(declared.of)
        case FieldType.YES_NO:
            return chance.random() < 0.5
        case FieldType.INTEGER:
            return chance.randrange(10)
        case FieldType.SET:
            found: Sequence[str] = declared.of or ("one", "two")
            return [*sorted(chance.sample(list(found), min(2, len(found))))]
        case FieldType.TEXT:
            return chance.choice(["alpha", "beta", "gamma"])
        case _:
            return None


def _desk(held: Held, action: PlannedAction) -> Destination:
    return Destination("" if action.kind == "classify" else "desk", held.name.partition(":")[2])


def _never(_: Held, __: PlannedAction) -> bool:
    return False


def lane_of(path: Path) -> str:
    """The name of a ruleset."""
    ruleset, diagnostics = load(path)
    assert ruleset is not None, diagnostics.items
    return ruleset.name


def first_of_january() -> int:
    """The year begins at midnight in UTC, on 1 January 2026."""
    from datetime import UTC, datetime

    return to_us(datetime(2026, 1, 1, tzinfo=UTC))
