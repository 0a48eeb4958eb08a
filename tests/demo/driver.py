"""The world of the demonstration with the engine beside it: what the sidecar does, without store, threads and clock.

Each ruleset has a lane of its own. Events of a case go to the lane whose ruleset governs it, those of services and
accounts to all; what rules do goes back into the world as an attempt, and its answer into the case's log.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from casewarden.decide import Compiled, compile_ruleset
from casewarden.demo.world import World
from casewarden.model.decision import Decision, PlannedAction, WithheldWhy
from casewarden.model.event import Event, Json
from casewarden.plugin import Applied, Attempt, Rejected
from casewarden.ruleset.load import load
from casewarden.scenario.helpdesk import Helpdesk, Rejection
from casewarden.scenario.linked import LinkedSubjects, watched
from casewarden.scenario.run import ALWAYS, Mode, VirtualTime


@dataclass(slots=True)
class Done:
    """One action that was carried out, or refused."""

    at: int
    subject: str
    rule: str
    kind: str
    content: Mapping[str, Json]
    was_refused: bool


@dataclass
class WorldHelpdesk(Helpdesk):
    """The other end of one subject: the world."""

    world: World | None = None
    done: list[Done] = field(default_factory=list)

    def answer(
        self, action: PlannedAction, against: tuple[WithheldWhy, str] | None, subject: str, now: int, number: int
    ) -> list[Event]:
        if against is not None:
            return super().answer(action, against, subject, now, number)
        assert self.world is not None
        kind, _, name = subject.partition(":")
        ticket = name if kind == "case" else None
        answer = self.world.apply(Attempt(action.key, subject, ticket, action.kind, action.content))
        self.done.append(Done(now, subject, action.rule, action.kind, action.content, isinstance(answer, Rejected)))
        match answer:
            case Rejected(reason=reason):
                self.rejections.append(Rejection(action.rule, action.kind, reason))
                events = super().answer(action, None, subject, now, number)
                self.rejections.clear()
                return events
            case Applied(details=details):
                (event,) = super().answer(action, None, subject, now, number)
                return [replace(event, data={**event.data, **details})]
            case _:
                raise AssertionError(answer)


class Lane(LinkedSubjects):
    """The subjects of one ruleset, whose other end is the world."""

    def __init__(self, compiled: Compiled, world: World) -> None:
        super().__init__(compiled, {})
        self._world = world
        self.done: list[Done] = []
        self.health: list[Event] = []

    def learn(self, subject: str, events: Sequence[Event], start: int, now: int) -> None:
        """Take events of a subject in, as the sidecar learns them."""
        if subject in self.times:
            self.add(subject, events, now)
        else:
            self._add(subject, [*events, *self._before(subject, events, start)], now)
        if subject.startswith("service:"):
            self.health += events
            for case in [name for name in self.times if name.startswith("case:") and not self._is_closed(name)]:
                log = self.times[case].subject.events
                news = list(watched(case, log, events))
                if news:
                    self.add(case, news, now)

    def _is_closed(self, case: str) -> bool:
        """A closed case is told nothing more of services here, which saves half of the time."""
        return self._world._scene.tickets[case.removeprefix("case:")].status in ("closed", "ended")

    def _before(self, subject: str, events: Sequence[Event], start: int) -> Iterable[Event]:
        """What is known besides as a subject begins: its services, and that it was there before the sidecar was."""
        if subject.startswith("case:"):
            yield from watched(subject, events, self.health)
        if min(event.at for event in events) < start:
            yield Event(subject, "went_live", start, start, "ourselves", "driver", f"{subject}/went_live")

    def _add(self, subject: str, events: list[Event], begin: int = ALWAYS) -> None:
        helpdesk = WorldHelpdesk(world=self._world, done=self.done)
        self.times[subject] = VirtualTime(self._compiled, events, Mode.KNOWN, helpdesk, begin=begin)
        self._plan(subject)

    def next_at(self) -> int | None:
        return self._agenda[0][0] if self._agenda else None


class Driver:
    """A world and the lanes of some rulesets, stepped from instant to instant."""

    def __init__(self, world: World, mains: Iterable[Path], start: int) -> None:
        self.world = world
        self.start = start
        self.lanes: dict[str, Lane] = {}
        for main in mains:
            ruleset, diagnostics = load(main)
            assert ruleset is not None, diagnostics.items
            self.lanes[ruleset.name] = Lane(compile_ruleset(ruleset), world)
        self.events: list[Event] = []
        self.decisions: list[tuple[str, str, Decision]] = []
        self._lane_of: dict[str, str] = {}

    @property
    def done(self) -> list[Done]:
        return sorted((one for lane in self.lanes.values() for one in lane.done), key=lambda one: one.at)

    def run(self, to: int) -> None:
        """Let the world and the rules go on up to an instant."""
        while (now := self._next()) is not None and now <= to:
            self._learn(self.world.advance(now), now)
            for name, lane in self.lanes.items():
                for decided in lane.decisions(now):
                    self.decisions.append((name, decided.subject, decided.decision))

    def _next(self) -> int | None:
        found = [self.start] if not self.events else []
        found += [
            at for at in (self.world.next_at(), *(lane.next_at() for lane in self.lanes.values())) if at is not None
        ]
        return min(found, default=None)

    def _learn(self, events: Sequence[Event], now: int) -> None:
        self.events += events
        by_subject: dict[str, list[Event]] = {}
        for event in events:
            by_subject.setdefault(event.subject, []).append(event)
        for subject, news in sorted(by_subject.items(), key=lambda row: not row[0].startswith("service:")):
            for lane in self._lanes(subject, news):
                self.lanes[lane].learn(subject, news, self.start, now)

    def _lanes(self, subject: str, news: Sequence[Event]) -> Sequence[str]:
        if not subject.startswith("case:"):
            return list(self.lanes)
        facts = news[0].data.get("facts")
        if subject not in self._lane_of and isinstance(facts, dict):
            self._lane_of[subject] = str(facts["case.brand"])
        return [self._lane_of[subject]]
