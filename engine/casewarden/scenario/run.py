"""One subject in virtual time: events as they become visible, every wake-up at its instant, actions applied.

All events of an instant are folded before anything is decided; then deciding goes on at that instant until nothing
comes of it any more. Between events the wake-ups that decisions ask for are decided when they fall due, in order.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from casewarden.decide import Compiled, decide, engine_events, objection
from casewarden.decide.delivery import firing_of
from casewarden.model.decision import Decision
from casewarden.model.event import SOURCE_OF_ENGINE, Event
from casewarden.model.instants import iso
from casewarden.model.subject import Subject
from casewarden.scenario.helpdesk import Helpdesk

SAME_INSTANT: Final = 16
MOST_WAKEUPS: Final = 20_000
"""Hourly for more than two years, every minute for two weeks; what is observed of a subject is not counted."""
ALWAYS: Final = -(2**63)


class Mode(StrEnum):
    """When an event becomes visible: when it was learnt of, or when it happened."""

    KNOWN = "known"
    HAPPENED = "happened"


class RestlessError(Exception):
    """A subject that was decided more often than any real one needs: its course is cut short.

    `at` is the instant at which it was broken off, `fix` what its author can do about it.
    """

    def __init__(self, subject: str, at: int, why: str, fix: str) -> None:
        super().__init__(f"`{subject}` is cut short at {iso(at)}: it {why}")
        self.at = at
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one subject: every decision in order, and its log with what the engine added to it."""

    subject: Subject
    decisions: tuple[Decision, ...]
    broken_off: RestlessError | None = None

    @property
    def last(self) -> Decision | None:
        """The decision that stands at the end."""
        return self.decisions[-1] if self.decisions else None


def run(
    compiled: Compiled,
    events: Iterable[Event],
    until: int | None = None,
    mode: Mode = Mode.KNOWN,
    world: Helpdesk | None = None,
    *,
    begin: int = ALWAYS,
    trace: bool = False,
    most: int = MOST_WAKEUPS,
) -> Run:
    """Run one subject's events through the engine; ValueError where there are none.

    `until` is the last instant that is decided: what becomes visible or due later does not happen. Without it the run
    goes on until nothing wakes any more, which a rule that repeats may put off without end (see `RestlessError`).
    `begin` and `most`: see `VirtualTime`.
    """
    time = VirtualTime(compiled, events, mode, world or Helpdesk(), begin=begin, trace=trace, most=most)
    decisions: list[Decision] = []
    try:
        decisions.extend(time.decisions(until))
    except RestlessError as problem:
        return Run(time.subject, tuple(decisions), problem)
    return Run(time.subject, tuple(decisions))


class VirtualTime:
    """A subject on its way through virtual time; scenario tests step it from instant to instant.

    Nothing is decided before `begin`: what lies further back is known when the subject begins. A subject that is
    woken more than `most` times, without anything having happened to it, is broken off.
    """

    def __init__(
        self,
        compiled: Compiled,
        events: Iterable[Event],
        mode: Mode,
        world: Helpdesk,
        *,
        begin: int = ALWAYS,
        trace: bool = False,
        most: int = MOST_WAKEUPS,
    ) -> None:
        self._compiled = compiled
        self._mode = mode
        self._begin = begin
        self._waiting = sorted(events, key=lambda event: (self._visible(event), event.order), reverse=True)
        if not self._waiting:
            raise ValueError("a subject begins with its first event")
        self.subject = Subject(self._waiting[-1].subject)
        self.world = world
        self._trace = trace
        self._most = most
        self._wakeup: int | None = None
        self._count = 0
        self._woken: Counter[str] = Counter()
        self._own = 0

    def fork(self) -> "VirtualTime":
        """The same subject at the same instant, to go on by itself."""
        twin = copy(self)
        twin._waiting = list(self._waiting)  # noqa: SLF001  # one of its own kind
        twin.world = self.world.fork()
        twin._woken = Counter(self._woken)  # noqa: SLF001
        return twin

    def add(self, events: Iterable[Event], learnt: int = ALWAYS) -> None:
        """Put more events in line, learnt of at `learnt`; none may become visible before the instant decided last."""
        self._begin = max(self._begin, learnt)
        self._waiting += events
        self._waiting.sort(key=lambda event: (self._visible(event), event.order), reverse=True)

    def decisions(self, until: int | None = None) -> Iterator[Decision]:
        """Decide instant after instant up to and including `until`."""
        while (now := self.next_instant()) is not None and (until is None or now <= until):
            yield from self.step(now)

    def next_instant(self) -> int | None:
        """The next instant at which there is something to decide; None when nothing wakes any more."""
        instants = [self._visible(self._waiting[-1])] if self._waiting else []
        instants += [instant for instant in (self._wakeup, self.world.next_delivery) if instant is not None]
        return min(instants, default=None)

    def step(self, now: int) -> Iterator[Decision]:
        """Decide at one instant until nothing comes of it; RestlessError where that does not end."""
        fresh: list[Event] = []
        while self._waiting and self._visible(self._waiting[-1]) <= now:
            fresh.append(self._waiting.pop())
        self._count += not fresh
        if self._count > self._most:
            raise self._restless(now, f"woke up by itself {self._most:,} times")
        self._fold(fresh)
        if any(event.kind == "ended" for event in fresh):
            self._fold(self.world.withdraw_all(self.subject.id, now, self._own))
        self._deliver(now)
        last: set[str] = set()
        for _ in range(SAME_INSTANT):
            decision = self._decide(now)
            yield decision
            last = {edge.rule for edge in decision.edges}
            if not fresh:
                self._woken.update(last)
            before = self._own
            self._fold(engine_events(decision))
            self._fold(self.world.settle(decision.edges, self.subject.id, now, self._own))
            self.world.take(decision.actions)
            self._deliver(now, {firing_of(action.key) for action in decision.actions})
            if self._own == before or not _is_news(decision):
                return
        self._woken = Counter(dict.fromkeys(last, SAME_INSTANT))
        raise self._restless(now, f"brings something new {SAME_INSTANT} times over at one instant")

    def _restless(self, now: int, why: str) -> RestlessError:
        """The error with the rule that has most to do with it, and what its author can do."""
        often = sorted(self._woken.items(), key=lambda row: (-row[1], row[0]))
        known = [(self._compiled.ruleset.rules[name], times) for name, times in often[:1]]
        if not known:
            fix = "no rule fired: look for a short `fresh_for`, and for hours that open and close often"
            return RestlessError(self.subject.id, now, why, fix)
        ((rule, times),) = known
        why += f", {times:,} times for the rule `{rule.name}` ({rule.cited.place})"
        if rule.repeat is None:
            fix = f"look at what makes the condition of `{rule.name}` true again and again"
        else:
            often_said = f"let `{rule.name}` repeat less often than every {rule.repeat.every}"
            fix = f"{often_said}, or let its condition end (a `limit` holds firings back, and still wakes)"
        return RestlessError(self.subject.id, now, why, fix)

    def _deliver(self, now: int, decided: Collection[str] = ()) -> None:
        """Let go out what may, each asked again before; of firings just decided together only the guards.

        A firing that was decided alone is not asked: nothing happened since.
        """
        while (action := self.world.ready(now)) is not None:
            just_decided = firing_of(action.key) in decided
            against = None
            if not just_decided or len(decided) > 1:
                against = objection(self._compiled, self.subject, action, now, just_decided=just_decided)
            self._fold(self.world.answer(action, against, self.subject.id, now, self._own))

    def _fold(self, events: Sequence[Event]) -> None:
        if events:
            self.subject = self.subject.with_events(events)
            self._own += sum(event.source == SOURCE_OF_ENGINE for event in events)

    def _decide(self, now: int) -> Decision:
        decision = decide(self._compiled, self.subject, now, trace=self._trace)
        self._wakeup = decision.next_wakeup
        if self._wakeup is not None and self._wakeup <= now:
            raise self._restless(now, "asks to be woken at an instant that has passed")
        return decision

    def _visible(self, event: Event) -> int:
        return max(self._begin, visible(event, self._mode))


def visible(event: Event, mode: Mode) -> int:
    """When an event becomes visible."""
    return event.seen_at if mode is Mode.KNOWN else event.at


def _is_news(decision: Decision) -> bool:
    """Whether what the log remembers of it can change what is decided next.

    A note of the revision, of what was withheld, and of a credit that still accrues cannot.
    """
    posted = any(entry.state != "accruing" for entry in decision.ledger)
    return bool(decision.edges or decision.actions or decision.facts or posted)
