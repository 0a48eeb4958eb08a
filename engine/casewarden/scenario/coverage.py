"""What tests exercised of a ruleset: rules, conditions' leaves, actions, guards, rows, target cells, clock states.

Every item of the ruleset is listed once, with its place, and is met or not. What is never exercised is never tested.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from casewarden.decide import Compiled
from casewarden.decide.codegen import leaves_of
from casewarden.decide.explain.words import Words
from casewarden.decide.leaves import LeafFunction
from casewarden.decide.state import State
from casewarden.decide.walk import state_at
from casewarden.model.decision import ClockState, Decision
from casewarden.model.subject import Subject
from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.syntax import Clock, Ruleset
from casewarden.ruleset.terms import (
    Becomes,
    Condition,
    Leaf,
    NextRelease,
    NoClock,
    NoDueTime,
    PerContract,
    Target,
    Within,
)
from casewarden.scenario.say import action_text, value_text


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that tests can exercise: its group, the element it belongs to, what must be seen, where it stands."""

    group: str
    element: str
    what: str
    place: Place


@dataclass(slots=True)
class Coverage:
    """What has been seen of one ruleset; give `watch` to the player."""

    compiled: Compiled
    items: dict[tuple[str, ...], Item] = field(default_factory=dict)
    seen: set[tuple[str, ...]] = field(default_factory=set)
    _probes: dict[str, list[tuple[tuple[str, ...], LeafFunction]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for key, item in _items(self.compiled.ruleset):
            self.items[key] = item

    @property
    def missing(self) -> list[Item]:
        """What was never exercised, by its place in the ruleset."""
        found = [item for key, item in self.items.items() if key not in self.seen]
        return sorted(found, key=lambda item: (item.place, item.group, item.element, item.what))

    @property
    def counts(self) -> dict[str, tuple[int, int]]:
        """By group: how many were exercised, and how many there are."""
        found: dict[str, tuple[int, int]] = {}
        for key, item in self.items.items():
            done, total = found.get(item.group, (0, 0))
            found[item.group] = (done + (key in self.seen), total + 1)
        return found

    @property
    def percent(self) -> float:
        """The share of all items that was exercised, in percent; 100 where there is nothing to exercise."""
        met = sum(key in self.seen for key in self.items)
        return 100.0 if not self.items else 100.0 * met / len(self.items)

    def watch(self, compiled: Compiled, subject: Subject, decision: Decision) -> None:
        """Take note of one decision; `compiled` is the part of the ruleset that speaks of the subject."""
        state = state_at(compiled, subject, decision.at, "coverage")  # the engine goes on with its own
        self._leaves(compiled, subject, state, decision.at)
        self._rules(compiled.ruleset, decision)
        self._severity(compiled, state, decision.at)
        self._clocks(compiled.ruleset, state, decision)
        self.seen.update(("credit", entry.name) for entry in decision.ledger if entry.state == "posted")

    def _leaves(self, compiled: Compiled, subject: Subject, state: State, now: int) -> None:
        for key, ask in self._probes_of(compiled, subject):
            truth, _ = ask(state, now)
            if truth is not None:
                self.seen.add((*key, "true" if truth else "false"))

    def _probes_of(self, compiled: Compiled, subject: Subject) -> list[tuple[tuple[str, ...], LeafFunction]]:
        """The functions of all leaves that can be asked of such a subject; made once."""
        kind = subject.kind if subject.kind == "case" else subject.id
        probes = self._probes.get(kind)
        if probes is None:
            names = {rule.name for rule in compiled.rules}
            probes = self._probes[kind] = [
                ((*key, str(number)), compiled.condition(leaf))
                for key, condition, _ in _conditions(compiled.ruleset)
                if key[0] != "rules" or key[1] in names
                for number, leaf in enumerate(leaves_of(condition))
                if compiled.follows(leaf)  # an event that nothing of such a subject speaks of is not derived for it
            ]
        return probes

    def _rules(self, ruleset: Ruleset, decision: Decision) -> None:
        self.seen.update(("rule", edge.rule) for edge in decision.edges if edge.rises and not edge.silent)
        for action in decision.actions:
            self.seen.add(("action", action.rule, action.key.rpartition("/")[2]))
            if action.kind in ("close", "reopen"):
                reason = action.content.get("reason")
                for guard in ruleset.guards.values():
                    if guard.forbids == action.kind and reason not in guard.except_reasons:
                        self.seen.add(("guard", guard.name, "allows"))
        for held in decision.withheld:
            if held.why == "guard":
                self.seen.add(("guard", held.detail.partition(" ")[0], "forbids"))
            if held.why == "limit":
                self.seen.add(("limit", held.rule))

    def _severity(self, compiled: Compiled, state: State, now: int) -> None:
        if compiled.classifier is None:
            return
        truths = compiled.classifier.ask_rows(state, now)
        if True in truths:
            self.seen.add(("row", str(truths.index(True))))
        elif truths and None not in truths:
            self.seen.add(("row", "otherwise"))

    def _clocks(self, ruleset: Ruleset, state: State, decision: Decision) -> None:
        plan, severity = state.values.get("case.plan"), decision.severity
        for instance in decision.clocks:
            if instance.state is ClockState.WAITING:
                continue
            if instance.state in (ClockState.MET, ClockState.MISSED):
                self.seen.add(("clock", instance.clock, instance.state.value))
            if instance.stopped is None:
                key = _cell(ruleset.clocks[instance.clock], value_text(plan), instance.severity or severity)
                if key is not None:
                    self.seen.add(("cell", instance.clock, *key))


def _cell(clock: Clock, plan: str, severity: str | None) -> tuple[str, str] | None:
    """The cell of a target table that holds for a plan and a severity, as part of its key."""
    cells = clock.targets.cells
    row = None if None in cells else plan
    if row not in cells:
        return None
    column = None if None in cells[row] else severity
    return (row or "", column or "") if column in cells[row] else None


# -- all that there is


def _items(ruleset: Ruleset) -> Iterator[tuple[tuple[str, ...], Item]]:
    for rule in ruleset.rules.values():
        place = rule.cited.place
        yield ("rule", rule.name), Item("rules", rule.name, "fires", place)
        for position, action in enumerate(rule.then):
            yield ("action", rule.name, str(position)), Item("actions", rule.name, action_text(action), place)
        if rule.limit is not None:
            yield ("limit", rule.name), Item("limits", rule.name, "its limit holds a firing back", place)
    words = Words(ruleset)
    for key, condition, place in _conditions(ruleset):
        for number, leaf in enumerate(leaves_of(condition)):
            yield from _leaf_items((*key, str(number)), leaf, words.leaf(leaf), place)
    for guard in ruleset.guards.values():
        for word, what in (("forbids", f"forbids to {guard.forbids}"), ("allows", f"allows to {guard.forbids}")):
            yield ("guard", guard.name, word), Item("guards", guard.name, what, guard.cited.place)
    yield from _row_items(ruleset)
    for clock in ruleset.clocks.values():
        yield from _clock_items(clock)
    for credit in ruleset.credits.values():
        yield ("credit", credit.name), Item("credits", credit.name, "is posted", credit.cited.place)


def _conditions(ruleset: Ruleset) -> Iterator[tuple[tuple[str, ...], Condition, Place]]:
    """Every condition that decides something, with the element it belongs to."""
    for rule in ruleset.rules.values():
        if rule.when is not None:
            yield ("rules", rule.name), rule.when, rule.cited.place
    for event in ruleset.events.values():
        if isinstance(event.term, Becomes):
            yield ("events", event.name), event.term.condition, event.cited.place
    for clock in ruleset.clocks.values():
        if clock.applies_if is not None:
            yield ("clocks", f"{clock.name}/applies_if"), clock.applies_if, clock.cited.place
        if clock.pauses_while is not None:
            yield ("clocks", f"{clock.name}/pauses_while"), clock.pauses_while, clock.cited.place
    for guard in ruleset.guards.values():
        yield ("guards", guard.name), guard.condition, guard.cited.place
    for scope in ruleset.scope.values():
        yield ("scope", scope.name), scope.when, scope.cited.place


def _leaf_items(key: tuple[str, ...], leaf: Leaf, text: str, place: Place) -> Iterator[tuple[tuple[str, ...], Item]]:
    """A leaf seen true, and seen false."""
    for word in ("true", "false"):
        yield (*key, word), Item("branches", f"{key[0]}/{key[1]}", f"{text} is {word}", leaf.place or place)


def _row_items(ruleset: Ruleset) -> Iterator[tuple[tuple[str, ...], Item]]:
    severity = ruleset.severity
    if severity is None:
        return
    for number, row in enumerate(severity.table):
        tests = ", ".join(f"{path}: {value_text(v[0] if len(v) == 1 else v)}" for path, v in row.when)
        yield (
            ("row", str(number)),
            Item("severity rows", f"row {number + 1}", f"{{{tests}}} gives {row.gives}", row.place),
        )
    if severity.otherwise is not None:
        text = f"otherwise {severity.otherwise}"
        yield ("row", "otherwise"), Item("severity rows", "otherwise", text, severity.cited.place)


def _clock_items(clock: Clock) -> Iterator[tuple[tuple[str, ...], Item]]:
    place = clock.cited.place
    targets = [target for row in clock.targets.cells.values() for target in row.values()]
    for plan, row in clock.targets.cells.items():
        for level, target in row.items():
            names = ", ".join(name for name in (plan, level) if name is not None) or "any"
            item = Item("target cells", clock.name, f"{names}: {target_text(target)}", place)
            yield ("cell", clock.name, plan or "", level or ""), item
    if not all(isinstance(target, NoClock) for target in targets):
        yield ("clock", clock.name, "met"), Item("clock states", clock.name, "is met", place)
    if not all(isinstance(target, NoClock | NoDueTime) for target in targets):
        yield ("clock", clock.name, "missed"), Item("clock states", clock.name, "is missed", place)


def target_text(target: Target) -> str:
    """A target as authors write it."""
    match target:
        case Within(duration):
            return str(duration)
        case NoClock(word) | NoDueTime(word):
            return word
        case NextRelease():
            return "next_release"
        case PerContract(otherwise):
            return "per_contract" if otherwise is None else f"{{per_contract: {otherwise}}}"
