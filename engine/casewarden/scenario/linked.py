"""Several subjects in one virtual time: services that cases watch, accounts that grant what cases claim.

Nothing is read across subjects: what one must know of another is brought to its log as an event, with its original
instant.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from casewarden.decide import Compiled
from casewarden.decide.accounts import CLAIMED, GRANTED, claim_event, grant_event
from casewarden.model.decision import Decision
from casewarden.model.event import Event
from casewarden.scenario.helpdesk import Helpdesk
from casewarden.scenario.run import Mode, VirtualTime

CUSTOMER = "customer.id"
"""The fact that names a case's customer; its account is the subject `account:` with that id."""

_ORDER = {"service": 0, "case": 1, "account": 2}


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision, of whichever subject."""

    subject: str
    decision: Decision


class LinkedSubjects:
    """All subjects of a history that have to do with each other, decided in the order of time.

    At one instant services come first, then cases, then accounts, until none of them has anything more to decide.
    """

    def __init__(
        self, compiled: Compiled, logs: Mapping[str, Iterable[Event]], mode: Mode = Mode.KNOWN, *, trace: bool = False
    ) -> None:
        self._compiled = compiled
        self._mode = mode
        self._trace = trace
        events = {subject: list(log) for subject, log in logs.items()}
        health = [event for subject, log in events.items() if subject.startswith("service:") for event in log]
        self.times: dict[str, VirtualTime] = {}
        for subject in sorted(events, key=_place):
            log = events[subject]
            if subject.startswith("case:"):
                log = [*log, *watched(subject, log, health)]
            self._add(subject, log)
        self._routed = 0

    def decisions(self, until: int | None = None) -> Iterator[Decided]:
        """Decide instant after instant, up to and including `until`."""
        while True:
            waiting = [
                (instant, _place(subject), subject)
                for subject, time in self.times.items()
                if (instant := time.next_instant()) is not None
            ]
            if not waiting:
                return
            instant, _, subject = min(waiting)
            if until is not None and instant > until:
                return
            for decision in self.times[subject].step(instant):
                yield Decided(subject, decision)
                self._route(subject, decision)

    def _route(self, subject: str, decision: Decision) -> None:
        for entry in decision.ledger:
            self._routed += 1
            if entry.state == CLAIMED:
                account = self._account(subject)
                if account is not None:
                    event = claim_event(entry, account, decision.derived.get("case.plan"), self._routed)
                    self._bring(account, _seen_at(event, decision.at))
            elif entry.state == GRANTED:
                event = grant_event(entry, self._routed)
                self._bring(event.subject, _seen_at(event, decision.at))

    def _account(self, case: str) -> str | None:
        for event in self.times[case].subject.events:
            facts = event.data.get("facts")
            customer = facts.get(CUSTOMER) if isinstance(facts, dict) else None
            if isinstance(customer, str):
                return f"account:{customer}"
        return None

    def _bring(self, subject: str, event: Event) -> None:
        if subject in self.times:
            self.times[subject].add([event])
        else:
            self._add(subject, [event])

    def _add(self, subject: str, events: list[Event]) -> None:
        self.times[subject] = VirtualTime(self._compiled, events, self._mode, Helpdesk(), trace=self._trace)


def _seen_at(event: Event, at: int) -> Event:
    return event if event.at == at else replace(event, seen_at=max(at, event.at))


def _place(subject: str) -> tuple[int, str]:
    return _ORDER.get(subject.partition(":")[0], 3), subject


def watched(case: str, log: Iterable[Event], services: Iterable[Event]) -> Iterator[Event]:
    """Yield what services bring to a case that watches them: the last health before it began, and all since."""
    begins = min((event.at for event in log), default=0)
    before: dict[str, Event] = {}
    for event in sorted(services, key=lambda each: each.order):
        if event.kind != "observed":
            continue
        copied = replace(event, subject=case, key=f"{event.subject}/{event.key}")
        if event.at < begins:
            before[event.subject] = copied
        else:
            yield copied
    yield from before.values()
