"""The whole decision: rounds until nothing changes, then what holds and when to look again."""

from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass

from casewarden.model.event import Event
from casewarden.ruleset.syntax import Classify, Ruleset, SetFact
from casewarden.ruleset.terms import All, Any, Condition, Leaf, Not
from support.slow import clocks, conditions, events, facts, rules, severity
from support.slow.rules import Progress, SlowAction, SlowEdge, Views
from support.slow.world import World, known_until

ROUNDS = 16


@dataclass(frozen=True)
class SlowClock:
    """One run of a clock, as the engine's `ClockInstance` says it."""

    clock: str
    number: int
    state: str
    started: int
    due: int | None
    stopped: int | None
    budget: int | None
    used: int | None


@dataclass(frozen=True)
class SlowDecision:
    """What deciding must give. `truths` are the rules' conditions before any rule acted.

    `wakeups` are all instants after now, as far as opening hours are listed, at which some part of a condition, a
    clock, a repetition or an event changes if nothing else happens; `next_wakeup` is the first of them.
    """

    truths: dict[str, bool | None]
    severity: str | None
    severity_by: str | None
    clocks: tuple[SlowClock, ...]
    edges: tuple[SlowEdge, ...]
    actions: tuple[SlowAction, ...]
    withheld: tuple[tuple[str, str], ...]
    alerts: frozenset[str]
    facts: dict[str, object]
    loop: frozenset[str]
    wakeups: tuple[int, ...]

    @property
    def next_wakeup(self) -> int | None:
        return self.wakeups[0] if self.wakeups else None


def log_until(log: Iterable[Event], now: int) -> tuple[Event, ...]:
    """The events that happened up to an instant, in order and each once."""
    single = {(event.source, event.key): event for event in log if event.at <= now}
    return tuple(sorted(single.values(), key=lambda event: event.order))


def slow_decide(ruleset: Ruleset, log: Iterable[Event], now: int, live_from: int | None = None) -> SlowDecision:
    """Decide one subject from its log at an instant; rules that run in a loop are switched off and all begins anew."""
    happened = log_until(log, now)
    known = known_until(happened, facts.instant)
    strict = World(ruleset, happened, now, known)
    disabled = {name for event in happened for name in listed(event, "disabled")}
    before = frozenset(disabled)
    while True:
        progress = Progress()
        loop = run(strict, progress, disabled, live_from)
        if not loop:
            return result(strict, progress, disabled - before)
        disabled |= loop


def listed(event: Event, name: str) -> list[str]:
    """A list of names that a decision of ours left in the log."""
    raw = event.data.get(name) if event.kind == "decided" else None
    return [str(one) for one in raw] if isinstance(raw, list) else []


def views(strict: World, progress: Progress) -> Views:
    """The views on the log with what was wanted so far."""
    world = strict.with_pending(progress.rounds)
    complete = World(world.ruleset, world.log, world.now)
    return Views(world, complete)


def run(strict: World, progress: Progress, disabled: set[str], live_from: int | None) -> set[str]:
    """Rounds until nothing changes; gives the rules of a loop where they would not end.

    Rules that write go round if one of them fires in a third round; the others of their loop have fired in two by then.
    Where the last round is over first, whether that comes is seen by going on with a copy.
    """
    wrote: Counter[str] = Counter()
    for number in range(ROUNDS + 4 * len(strict.ruleset.rules)):
        if number == ROUNDS:
            progress = deepcopy(progress)
        if number > ROUNDS and max(wrote.values(), default=0) > 2:
            return {name for name, rounds in wrote.items() if rounds > 1}
        seen = views(strict, progress)
        edges = rules.round_of(seen, progress, disabled, live_from)
        if not edges:
            return set()
        progress.edges += edges
        rules.act(seen, edges, progress)
        wrote.update({edge.rule for edge in edges if edge.rises and edge.fires and writes(strict, edge.rule)})
    return set()


def writes(strict: World, name: str) -> bool:
    """Whether a rule sets what others may ask for."""
    return any(isinstance(action, SetFact | Classify) for action in strict.ruleset.rules[name].then)


def result(strict: World, progress: Progress, disabled: set[str]) -> SlowDecision:
    ruleset, now = strict.ruleset, strict.now
    seen = views(strict, progress)
    in_force = severity.in_force(seen.strict, now)
    return SlowDecision(
        truths={
            rule.name: conditions.holds(strict, rule.when, now)
            for rule in ruleset.rules.values()
            if rule.when is not None and rule.each is None and rule.about == "case"
        },
        severity=in_force.level,
        severity_by=in_force.by,
        clocks=tuple(instance for name in ruleset.clocks for instance in instances(seen.strict, name, now)),
        edges=tuple(progress.edges),
        actions=tuple(progress.actions),
        withheld=tuple(progress.withheld),
        alerts=frozenset(progress.alerts | ({"rule_loop"} if disabled else set())),
        facts=dict(progress.facts),
        loop=frozenset(disabled),
        wakeups=tuple(wakeups(seen.complete, progress)),
    )


def instances(world: World, name: str, t: int) -> list[SlowClock]:
    """Every run of a clock as of an instant."""
    found = []
    for run_ in clocks.runs(world, name, t):
        one = clocks.look(world, name, run_.number, t)
        found.append(SlowClock(name, one.number, one.state, one.started, one.due, one.stopped, one.budget, one.used))
    return found


# When to look again


def leaves(condition: Condition) -> list[Leaf]:
    """The leaves of a condition."""
    match condition:
        case All(parts) | Any(parts):
            return [leaf for part in parts for leaf in leaves(part)]
        case Not(part):
            return leaves(part)
        case _:
            return [condition]


def all_conditions(ruleset: Ruleset) -> list[Condition]:
    """The conditions that decide something: of rules, guards and reasons of scope."""
    found = [rule.when for rule in ruleset.rules.values() if rule.when is not None]
    found += [guard.condition for guard in ruleset.guards.values()]
    return found + [reason.when for reason in ruleset.scope.values()]


def snapshot(world: World, t: int) -> tuple[object, ...]:
    """All that may change with time alone."""
    answers = [
        conditions.holds(world, leaf, t) for condition in all_conditions(world.ruleset) for leaf in leaves(condition)
    ]
    runs = [
        (one.clock, one.number, one.state, one.due, one.started)
        for name in world.ruleset.clocks
        for one in instances(world, name, t)
    ]
    eachs = [
        [(one.at, one.identity) for one in events.occurrences(world, rule.each, t)]
        for rule in world.ruleset.rules.values()
        if rule.each is not None
    ]
    return (tuple(answers), tuple(runs), str(eachs), severity.in_force(world, t))


def wakeups(world: World, progress: Progress) -> list[int]:
    """Every instant after now at which the picture differs from the one before it, and the next repetitions."""
    found = set(severity.instants(world))
    for condition in all_conditions(world.ruleset):
        found |= conditions.instants(world, condition)
    for rule in world.ruleset.rules.values():
        if rule.each is not None:
            found |= events.instants(world, rule.each)
    for name in world.ruleset.clocks:
        found |= clocks.instants(world, name)
    changes = set()
    before = snapshot(world, world.now)
    for at in sorted(at for at in found if at > world.now):
        picture = snapshot(world, at)
        if picture != before:
            changes.add(at)
        before = picture
    return sorted(changes | next_repetitions(world, progress))


def next_repetitions(world: World, progress: Progress) -> set[int]:
    """When each rule that repeats and is true fires next."""
    found = set()
    for rule in world.ruleset.rules.values():
        past = [edge for edge in (*rules.recorded(world), *progress.edges) if edge.rule == rule.name]
        if rule.repeat is not None and past and past[-1].rises and past[-1].activation > 0:
            found.add(rules.next_repetition(world, rule, [e for e in past if e.activation == past[-1].activation]))
    return found
