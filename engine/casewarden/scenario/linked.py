"""Several subjects in one virtual time: services that cases watch, accounts that grant what cases claim.

Nothing is read across subjects: what one must know of another is brought to its log as an event, with its original
instant.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace

from casewarden.decide import Compiled
from casewarden.decide.accounts import CLAIMED, GRANTED, claim_event, grant_event
from casewarden.model.decision import Decision, PlannedAction
from casewarden.model.event import Event
from casewarden.scenario.helpdesk import Helpdesk
from casewarden.scenario.run import ALWAYS, Mode, RestlessError, Run, VirtualTime, visible

CUSTOMER = "customer.id"
"""The fact that names a case's customer; its account is the subject `account:` with that id."""
SERVICES = "customer.services"
"""The fact that lists the services that a case's customer uses; a case hears of no other."""

_ORDER = {"service": 0, "case": 1, "account": 2}


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision, of whichever subject."""

    subject: str
    decision: Decision


class LinkedSubjects:
    """All subjects of a history that have to do with each other, decided in the order of time.

    At one instant services come first, then cases, then accounts, until none of them has anything more to decide.
    `services` are events of services that are watched and not decided here. A subject that does not come to rest is
    broken off by itself (`broken_off`), the others go on. A quota whose grant a case's own log states (or `answered`,
    pairs of case and quota) is not claimed a second time. `otherwise` is the account of cases that name no customer;
    without it they claim from nobody.
    """

    def __init__(
        self,
        compiled: Compiled,
        logs: Mapping[str, Iterable[Event]],
        mode: Mode = Mode.KNOWN,
        *,
        services: Iterable[Event] = (),
        answered: Iterable[tuple[str, str]] = (),
        otherwise: str | None = None,
        trace: bool = False,
    ) -> None:
        self._compiled = compiled
        self._mode = mode
        self._trace = trace
        self._otherwise = otherwise
        events = {subject: list(log) for subject, log in logs.items()}
        health = [event for subject, log in events.items() if subject.startswith("service:") for event in log]
        health += services
        self.times: dict[str, VirtualTime] = {}
        self.broken_off: dict[str, RestlessError] = {}
        self._answered = {*answered, *(pair for subject, log in events.items() for pair in _stated(subject, log))}
        self._agenda: list[tuple[int, tuple[int, str], str]] = []
        self._planned: dict[str, int | None] = {}
        self._routed = 0
        for subject in sorted(events, key=_place):
            log = events[subject]
            if subject.startswith("case:"):
                self._add(subject, [*log, *watched(subject, log, health)], begins(log, mode))
            else:
                self._add(subject, log, _live(log))

    def fork(self) -> "LinkedSubjects":
        """The same subjects at the same instant, to go on by themselves."""
        twin = copy(self)
        twin.times = {subject: time.fork() for subject, time in self.times.items()}
        twin.broken_off = dict(self.broken_off)
        twin._agenda = list(self._agenda)  # noqa: SLF001  # one of its own kind
        twin._planned = dict(self._planned)  # noqa: SLF001
        return twin

    def decisions(self, until: int | None = None) -> Iterator[Decided]:
        """Decide instant after instant, up to and including `until`."""
        while self._agenda:
            instant, _, subject = self._agenda[0]
            if until is not None and instant > until:
                return
            heapq.heappop(self._agenda)
            if instant != self._planned[subject]:
                continue  # something came in between, and stands elsewhere on the agenda
            try:
                for decision in self.times[subject].step(instant):
                    yield Decided(subject, decision)
                    self._route(subject, decision)
            except RestlessError as problem:
                self.broken_off[subject] = problem
            self._plan(subject)

    def runs(self, until: int | None = None) -> list[Run]:
        """Decide up to and including `until`, and give what came of each subject, in the order of their names."""
        found: dict[str, list[Decision]] = {}
        for decided in self.decisions(until):
            found.setdefault(decided.subject, []).append(decided.decision)
        return [
            Run(self.times[subject].subject, tuple(found.get(subject, ())), self.broken_off.get(subject))
            for subject in sorted(self.times)
        ]

    def add(self, subject: str, events: Iterable[Event], learnt: int = ALWAYS) -> None:
        """Put more events in line for a subject; see `VirtualTime.add`."""
        self.times[subject].add(events, learnt)
        self._plan(subject)

    def go_on(self, subject: str, log: Iterable[Event], at: int, waiting: Iterable[PlannedAction] = ()) -> None:
        """Put in a subject whose log holds what the engine did up to an instant, with the actions under way then."""
        world = Helpdesk()
        world.take(waiting)
        self.times[subject] = VirtualTime(self._compiled, log, self._mode, world, begin=at, trace=self._trace)
        self._plan(subject)

    def _plan(self, subject: str) -> None:
        instant = None if subject in self.broken_off else self.times[subject].next_instant()
        self._planned[subject] = instant
        if instant is not None:
            heapq.heappush(self._agenda, (instant, _place(subject), subject))

    def _route(self, subject: str, decision: Decision) -> None:
        for entry in decision.ledger:
            self._routed += 1
            if entry.state == CLAIMED and (subject, entry.name) not in self._answered:
                account = account_of(self.times[subject].subject.events) or self._otherwise
                if account is not None:
                    event = claim_event(entry, account, decision.derived.get("case.plan"), self._routed)
                    self._bring(account, _seen_at(event, decision.at), decision.at)
            elif entry.state == GRANTED:
                event = grant_event(entry, self._routed)
                self._bring(event.subject, _seen_at(event, decision.at), decision.at)

    def _bring(self, subject: str, event: Event, now: int) -> None:
        if subject in self.times:
            self.add(subject, [event], now)
        else:
            self._add(subject, [event], now)

    def _add(self, subject: str, events: list[Event], begin: int = ALWAYS) -> None:
        self.times[subject] = VirtualTime(
            self._compiled, events, self._mode, Helpdesk(), begin=begin, trace=self._trace
        )
        self._plan(subject)


def account_of(events: Iterable[Event]) -> str | None:
    """The account of a case: that of the customer whom the first event names that names one."""
    for event in events:
        facts = event.data.get("facts")
        customer = facts.get(CUSTOMER) if isinstance(facts, dict) else None
        if isinstance(customer, str):
            return f"account:{customer}"
    return None


def begins(log: Iterable[Event], mode: Mode) -> int:
    """When a case begins: the instant at which the first event of its own log becomes visible."""
    return min((visible(event, mode) for event in log), default=ALWAYS)


def _stated(subject: str, log: Iterable[Event]) -> Iterator[tuple[str, str]]:
    for event in log:
        if event.kind == GRANTED:
            yield subject, str(event.data.get("quota"))


def _live(log: Iterable[Event]) -> int:
    """Before its going live no account or service is decided, in whichever mode."""
    return max((event.at for event in log if event.kind == "went_live"), default=ALWAYS)


def _seen_at(event: Event, at: int) -> Event:
    return event if event.at == at else replace(event, seen_at=max(at, event.at))


def _place(subject: str) -> tuple[int, str]:
    return _ORDER.get(subject.partition(":")[0], 3), subject


def _used(log: Iterable[Event]) -> frozenset[str] | None:
    """The services that the case's customer uses, as the first event says that says it; None for all."""
    for event in log:
        facts = event.data.get("facts")
        names = facts.get(SERVICES) if isinstance(facts, dict) else None
        if isinstance(names, list):
            return frozenset(f"service:{name}" for name in names)
    return None


def watched(case: str, log: Iterable[Event], services: Iterable[Event]) -> Iterator[Event]:
    """Yield what services bring to a case that watches them: of each fact the last known as it began, and all since.

    A case whose log says which services its customer uses watches those.
    """
    log = list(log)
    start = min((event.at for event in log), default=0)
    used = _used(log)
    before: dict[str, Event] = {}
    for event in sorted(services, key=lambda each: each.order):
        if event.kind != "observed" or (used is not None and event.subject not in used):
            continue
        copied = replace(event, subject=case, key=f"{event.subject}/{event.key}")
        if event.at < start and event.seen_at <= start:
            facts = event.data.get("facts")
            before.update((path, copied) for path in (facts if isinstance(facts, dict) else ()))
        else:
            yield copied
    yield from {(event.source, event.key): event for event in before.values()}.values()
