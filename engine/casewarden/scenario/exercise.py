"""Which elements a test exercises: not merely names, but makes the engine evaluate or do.

- a rule: it fires, is held back by a limit or a guard, or of several conditions (its event is one) all but one hold
- a clock or an obligation: it starts, or its `applies_if` keeps it from applying
- a credit: an entry of it stands in the ledger, or its clock ends without one
- a quota: something is claimed of it or granted
- a guard: it forbids or lets through an action that it is about, or its word is asked for
- the severity table: one of its rows gives the severity; a row of it: that row does
- a channel: its word is asked for, by a condition or an expectation
- a scope reason: it is true, or the test expects something of the case's scope while it is known
- an intake: the case is of that type
- a calendar: it is the case's own, or something exercised counts on it
- a plan: the case has it; a field: it has a value; an event: it happens; a message: it is sent
- the queue, the revision, the defaults and what the ruleset governs: by every test
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass

from casewarden.decide import Compiled
from casewarden.decide.codegen import leaves_of
from casewarden.decide.leaves import LeafFunction
from casewarden.decide.state import State
from casewarden.decide.trilean import Trilean
from casewarden.decide.walk import state_at
from casewarden.model.decision import ClockState, Decision
from casewarden.model.subject import Subject
from casewarden.ruleset.elements import Element
from casewarden.ruleset.syntax import Ruleset
from casewarden.ruleset.terms import Condition, Duration, FactTest, InHours, Leaf
from casewarden.scenario.scenario import Scenario

_ENDED = (ClockState.MET, ClockState.MISSED)
_ALWAYS = ("queue", "revision", "defaults", "applies_to")


@dataclass(slots=True)
class Exercise:
    """What one test exercises of a ruleset, as ids of elements (`rules/warn`); give `watch` to the player.

    `probes` are the functions of conditions' leaves, made once for all tests that are given the same.
    """

    compiled: Compiled
    scenario: Scenario
    probes: dict[tuple[int, Leaf], LeafFunction] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.ids.update(_ALWAYS)
        for step in self.scenario.timeline:
            for fact in () if step.expect is None else step.expect.facts:
                root, _, rest = fact.path.partition(".")
                if root in ("channel", "guard", "quota"):
                    self.ids.add(f"{root}s/{rest.partition('.')[0]}")
                if fact.path in ("case.scope", "case.excluded_as"):
                    self.ids.add("scope asked for")

    def covers(self, element: Element) -> bool:
        """Whether the test exercises the element; of a part that has no say of its own, what it is a part of."""
        return element.id in self.ids or ("/".join(element.whole) in self.ids and element.section != "severity")

    def watch(self, compiled: Compiled, subject: Subject, decision: Decision) -> None:
        """Take note of one decision; `compiled` is the part of the ruleset that speaks of the subject."""
        state = state_at(compiled, subject, decision.at, "exercise")  # the engine goes on with its own
        self._rules(compiled, state, decision)
        self._clocks(compiled.ruleset, decision)
        self._severity(compiled, state, decision.at)
        self._facts(compiled, state, decision)
        self._calendars(compiled, state)

    def _rules(self, compiled: Compiled, state: State, decision: Decision) -> None:
        ruleset = compiled.ruleset
        fired = {edge.rule for edge in decision.edges if edge.rises and not edge.silent}
        held = {one.rule for one in decision.withheld if one.rule in ruleset.rules}
        self.ids.update(f"rules/{name}" for name in fired | held | {action.rule for action in decision.actions})
        for rule in compiled.rules:
            name = f"rules/{rule.name}"
            happened = rule.each is None or bool(state.occurrences.get(rule.each))
            if happened and (name not in self.ids or rule.when is not None):
                truths = self._truths(rule.when, compiled, state, decision.at)
                several = len(truths) + (rule.each is not None) > 1
                if several and sum(truth is not True for truth in truths) <= 1:
                    self.ids.add(name)
        for action in decision.actions:
            message = action.content.get("message")
            if isinstance(message, str):
                self.ids.add(f"messages/{message}")
            if action.kind in ("close", "reopen"):
                self.ids.update(f"guards/{g.name}" for g in ruleset.guards.values() if g.forbids == action.kind)
        for one in decision.withheld:
            if one.why == "guard":
                self.ids.add(f"guards/{one.detail.partition(' ')[0]}")

    def _truths(self, condition: Condition | None, compiled: Compiled, state: State, now: int) -> list[Trilean]:
        """What each leaf of a condition says; the channels, guards and quotas that give their word are exercised."""
        truths: list[Trilean] = []
        for leaf in leaves_of(condition) if condition is not None else ():
            ask = self.probes.get((id(compiled), leaf))
            if ask is None:
                ask = self.probes[id(compiled), leaf] = compiled.condition(leaf)
            truths.append(ask(state, now)[0])
            is_word = isinstance(leaf, FactTest) and leaf.path.root in ("channel", "guard", "quota")
            if is_word and isinstance(leaf, FactTest) and truths[-1] is not None:
                self.ids.add(f"{leaf.path.root}s/{leaf.path.text.split('.')[1]}")
        return truths

    def _clocks(self, ruleset: Ruleset, decision: Decision) -> None:
        ended = set()
        for instance in decision.clocks:
            if instance.state is not ClockState.WAITING:
                self.ids.add(f"clocks/{instance.clock}")
            if instance.state in _ENDED:
                ended.add(instance.clock)
        self.ids.update(f"credits/{credit.name}" for credit in ruleset.credits.values() if credit.clock in ended)
        for entry in decision.ledger:
            self.ids.add(f"{'credits' if entry.name in ruleset.credits else 'quotas'}/{entry.name}")

    def _severity(self, compiled: Compiled, state: State, now: int) -> None:
        truths = () if compiled.classifier is None else compiled.classifier.ask_rows(state, now)
        if True in truths:
            self.ids.update(("severity", f"severity/table/{truths.index(True)}"))
        elif truths and None not in truths:
            self.ids.add("severity")

    def _facts(self, compiled: Compiled, state: State, decision: Decision) -> None:
        plan = state.values.get("case.plan")
        self.ids.add(f"plans/{plan}")
        self.ids.add(f"intake/{state.values.get('case.type')}")
        self.ids.update(f"quotas/{name}" for name in state.granted)
        self.ids.update(f"events/{name}" for name, seen in state.occurrences.items() if seen)
        for path, value in state.values.items():
            record, _, name = path.rpartition(".")
            if value is not None:
                self.ids.add(f"fields/{record}/{name}")
        for kind, tickets in state.links.items():
            self.ids.update(f"fields/links.{kind}/{name}" for facts in tickets.values() for name in facts)
        for name, ask in compiled.scope:
            truth, _ = ask(state, decision.at)
            if truth is True or (truth is not None and "scope asked for" in self.ids):
                self.ids.add(f"scope/{name}")

    def _calendars(self, compiled: Compiled, state: State) -> None:
        own = state.own_calendar()
        self.ids.update(f"calendars/{name}" for name, calendar in compiled.calendars.items() if calendar is own)

    def finish(self) -> None:
        """Add what follows from all that was seen: calendars on which something exercised counts."""
        ruleset = self.compiled.ruleset
        for section, elements in (("clocks", ruleset.clocks), ("rules", ruleset.rules), ("credits", ruleset.credits)):
            for name, element in elements.items():
                if f"{section}/{name}" in self.ids:
                    self.ids.update(f"calendars/{calendar}" for calendar in _calendars_in(element))


def _calendars_in(value: object) -> Iterator[str]:
    """The calendars that an element's durations and tests name."""
    if isinstance(value, Duration | InHours):
        yield value.calendar
    elif isinstance(value, tuple):
        for item in value:
            yield from _calendars_in(item)
    elif isinstance(value, Mapping):
        yield from _calendars_in(tuple(value.values()))
    elif is_dataclass(value):
        yield from _calendars_in(tuple(getattr(value, part.name) for part in fields(value)))
