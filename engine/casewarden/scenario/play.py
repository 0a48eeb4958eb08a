"""Playing a test: its timeline through the engine in virtual time, and what must hold at each instant."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from casewarden.decide import Compiled, decide
from casewarden.decide.walk import state_at
from casewarden.model.decision import Alert, Correction, Decision, Edge, LedgerEntry, PlannedAction, Withheld
from casewarden.model.event import Event, Json
from casewarden.model.subject import Subject
from casewarden.ruleset.diagnostics import Place
from casewarden.scenario.claims import OTHERS, account_log
from casewarden.scenario.customers.played import granting_log, own_log
from casewarden.scenario.expect import compare
from casewarden.scenario.helpdesk import Rejection
from casewarden.scenario.linked import LinkedSubjects, account_of
from casewarden.scenario.mismatch import Mismatch
from casewarden.scenario.moment import Moment
from casewarden.scenario.run import RestlessError, VirtualTime
from casewarden.scenario.scenario import Entry, Scenario, Step
from casewarden.scenario.times import shown
from casewarden.worktime import Calendar, NoOpenTime
from casewarden.worktime.zones import Zone

SOURCE: Final = "scenario"
ACCOUNT: Final = "account:scenario"
"""Who grants what the case of a test claims, where the test names no customer."""

# Called with what the engine is about to decide on, and with each decision.
Watch = Callable[[Compiled, Subject, Decision], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one test: it passed where nothing mismatches. `decisions` counts how often the engine decided."""

    scenario: Scenario
    mismatches: tuple[Mismatch, ...]
    decisions: int

    @property
    def passed(self) -> bool:
        """Whether all that was expected held."""
        return not self.mismatches


@dataclass(slots=True)
class _Since:
    """What happened since the last expectation, and the ledger since the opening."""

    edges: list[Edge] = field(default_factory=list)
    actions: list[tuple[int, PlannedAction]] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)


def play(compiled: Compiled, scenario: Scenario, zone: Zone, watch: Watch | None = None) -> Outcome:
    """Play one test to its end; a failed expectation does not stop it."""
    player = _Player(compiled, scenario, zone, watch)
    for step in scenario.timeline:
        if not player.step(step):
            break
    return Outcome(scenario, tuple(player.mismatches), player.count)


def _rejection(entry: Entry) -> Rejection:
    rule, action = (None if entry.data[word] is None else str(entry.data[word]) for word in ("rule", "action"))
    return Rejection(rule, action, str(entry.data["reason"]))


class _Player:
    def __init__(self, compiled: Compiled, scenario: Scenario, zone: Zone, watch: Watch | None) -> None:
        self._whole = compiled
        self._compiled = compiled.about(scenario.subject.partition(":")[0], scenario.subject)
        self._scenario = scenario
        self._zone = zone
        self._watch = watch
        self._subject = scenario.subject
        self._linked: LinkedSubjects | None = None
        self._time: VirtualTime | None = None
        self._now: int | None = None
        self._number = 0
        self._since = _Since()
        self._edges: list[Edge] = []
        self._ledger: dict[str, LedgerEntry] = {}
        self._last: Decision | None = None
        self.mismatches: list[Mismatch] = []
        self.count = 0

    def step(self, step: Step) -> bool:
        """Go to the step's instant, let its entries happen, and compare; False where the test cannot go on."""
        now = self._instant(step)
        if now is None:
            return False
        try:
            self._go(now, self._events(step, now), [entry for entry in step.entries if entry.kind == "reject"])
        except RestlessError as problem:
            detail = f"{shown(problem.at, self._zone)}: {problem}; fix: {problem.fix}"
            self._fail(step.place, now, "the engine comes to rest", "a last decision", detail)
            return False
        self._now = now
        if step.expect is not None and self._time is not None:
            self._compare(step, now)
        return True

    def _instant(self, step: Step) -> int | None:
        if step.at is not None:
            now = step.at
        else:
            assert step.advance is not None
            assert self._now is not None
            span = self._compiled.spans.of(step.advance)
            try:
                now = span.later(self._now, self._own_calendar)
            except NoOpenTime as problem:
                self._fail(step.place, self._now, "the step has an instant", str(step.advance), problem.message)
                return None
        if self._now is not None and now <= self._now:
            expected = f"after {shown(self._now, self._zone)}"
            self._fail(step.place, now, "the step is later than the one before", expected, shown(now, self._zone))
            return None
        return now

    def _own_calendar(self) -> Calendar:
        assert self._time is not None
        assert self._now is not None
        return state_at(self._compiled, self._time.subject, self._now).own_calendar()

    def _events(self, step: Step, now: int) -> list[Event]:
        happened = now if step.happened_at is None else step.happened_at
        live = self._scenario.live_from
        events = []
        if self._time is None and self._scenario.given and self._scenario.about != "case":
            facts: dict[str, Json] = {"facts": dict(self._scenario.given)}
            events.append(self._event("observed", "automation", happened, now, facts))
        for entry in step.entries:
            if entry.kind in ("reject", OTHERS):
                continue
            data = dict(entry.data)
            if entry.kind == "opened":
                data["facts"] = dict(self._scenario.given)
            if entry.kind == "granted":
                data["case"] = self._subject
            events.append(self._event(entry.kind, entry.by, happened, now, data, entry.who))
        if live is not None and self._time is None:
            events.append(Event(self._subject, "went_live", live, live, "ourselves", SOURCE, "went_live"))
        return events

    def _event(self, kind: str, by: str, at: int, now: int, data: dict[str, Json], who: tuple[str, ...] = ()) -> Event:
        live = self._scenario.live_from
        self._number += 1
        return Event(
            subject=self._subject,
            kind=kind,
            at=at,
            seen_at=now if live is None else max(now, live),
            by=by,
            source=SOURCE,
            key=f"{kind}-{self._number}",
            sequence=self._number,
            who=who,
            data=data,
        )

    def _go(self, now: int, events: list[Event], refused: list[Entry]) -> None:
        """Decide all that falls due up to and at the instant; the customer's account answers what the case claims.

        What the helpdesk refuses it refuses from this instant on.
        """
        if self._linked is None or self._time is None:
            log = {self._subject: own_log(self._scenario, events, now)}
            if not log[self._subject]:
                return
            if self._whole.ruleset.quotas and self._scenario.about == "case":
                account = account_of(log[self._subject]) or ACCOUNT
                stated = account_log(self._scenario, account, min(event.at for event in events))
                stated = granting_log(self._scenario, stated, now)
                log |= {account: stated} if stated else {}
            self._linked = LinkedSubjects(self._whole, log, answered=self._answered(), otherwise=ACCOUNT)
            self._time = self._linked.times[self._subject]
        else:
            for decided in self._linked.decisions(now - 1) if refused else ():
                if decided.subject == self._subject:
                    self._take(decided.decision)
            self._linked.add(self._subject, events)
        self._time.world.rejections.extend(map(_rejection, refused))
        for decided in self._linked.decisions(now):
            if decided.subject == self._subject:
                self._take(decided.decision)
        broken_off = self._linked.broken_off.get(self._subject)
        if broken_off is not None:
            raise broken_off
        if self._time.subject.events and (self._last is None or self._last.at < now):
            decision = decide(self._whole, self._time.subject, now)
            self._take(decision)
            if decision.edges:  # what can change by itself is decided when it changes, so nothing is left to find here
                names = ", ".join(edge.rule for edge in decision.edges)
                fix = "this is a mistake in Casewarden: please report it"
                raise RestlessError(self._subject, now, f"should have been woken before for {names}", fix)

    def _answered(self) -> Iterator[tuple[str, str]]:
        """Yield the quotas whose grants the test states itself, each with the case."""
        for step in self._scenario.timeline:
            for entry in step.entries:
                if entry.kind == "granted":
                    yield self._subject, str(entry.data["quota"])

    def _take(self, decision: Decision) -> None:
        assert self._time is not None
        self.count += 1
        self._last = decision
        since = self._since
        since.edges.extend(decision.edges)
        since.actions.extend((decision.at, action) for action in decision.actions)
        since.withheld.extend(decision.withheld)
        since.alerts.extend(decision.alerts)
        since.corrections.extend(decision.corrections)
        self._edges.extend(decision.edges)
        self._ledger = {key: entry for key, entry in self._ledger.items() if entry.state != "accruing"}
        self._ledger.update((entry.key, entry) for entry in decision.ledger)
        if self._watch is not None:
            self._watch(self._compiled, self._time.subject, decision)

    def _compare(self, step: Step, now: int) -> None:
        assert step.expect is not None
        assert self._time is not None
        if self._last is None:
            live = shown(self._scenario.live_from or now, self._zone)
            self._fail(step.expect.place, now, "the engine sees the case", f"after {live}", "not yet")
            return
        since, self._since = self._since, _Since()
        moment = Moment(
            self._compiled,
            self._time.subject,
            now,
            self._zone,
            self._last,
            tuple(since.actions),
            (*since.withheld, *self._time.world.taken_withheld()),
            tuple(since.alerts),
            tuple(since.corrections),
            tuple(self._edges),
            tuple(self._ledger.values()),
        )
        self.mismatches.extend(compare(step.expect, moment))

    def _fail(self, place: Place, now: int, what: str, expected: str, actual: str) -> None:
        self.mismatches.append(Mismatch(place, shown(now, self._zone), what, expected, actual))
