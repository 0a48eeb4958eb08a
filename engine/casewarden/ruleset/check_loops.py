"""Rules that set off each other in a circle: each makes another true, and each is made false in between."""

from dataclasses import dataclass

from casewarden.ruleset.check_conflicts import MAX_PAIRS, writes
from casewarden.ruleset.constraints import Constraints, Never, World, necessary, together
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.graphs import circles, components
from casewarden.ruleset.syntax import FromPath, Rule, Ruleset
from casewarden.ruleset.terms import Becomes, Condition, Value
from casewarden.ruleset.walk import event_term


@dataclass(frozen=True, slots=True)
class _Firing:
    """A rule as far as loops go: what it needs, and the constant values that it sets."""

    rule: Rule
    needs: Constraints
    sets: dict[str, tuple[Value, ...]]


def check_loops(ruleset: Ruleset, world: World, diagnostics: Diagnostics) -> None:
    """Report each circle of rules that can go on for ever, by one shortest way around it.

    Rules limited to a number of firings, and tests that must have held for a span, end every loop.
    """
    firings = {name: firing for name, rule in ruleset.rules.items() if (firing := _firing(ruleset, rule, world))}
    written = {path for firing in firings.values() for path in firing.sets}
    readers: dict[str, list[str]] = {}
    for name, firing in firings.items():
        for path in firing.needs:
            if path in written:
                readers.setdefault(path, []).append(name)
    graph = _edges(firings, readers, written, diagnostics)
    for loop in circles(_lasting(graph, firings)):
        _tell(loop, firings, diagnostics)


def _lasting(graph: dict[str, list[str]], firings: dict[str, _Firing]) -> dict[str, list[str]]:
    """The graph without rules that nothing around them ever makes false again: a circle through them ends there."""
    while True:
        kept: set[str] = set()
        for component in components(graph):
            members = [firings[name] for name in component]
            if len(component) > 1:
                kept.update(name for name in component if _rearmed(firings[name], members))
        if len(kept) == len(graph):
            return graph
        graph = {name: [target for target in graph[name] if target in kept] for name in graph if name in kept}


def _firing(ruleset: Ruleset, rule: Rule, world: World) -> _Firing | None:
    condition = _occasion(ruleset, rule)
    if condition is None or (rule.limit is not None and rule.limit.per is None):
        return None
    needs = necessary(condition, world, at_once=True)
    sets: dict[str, tuple[Value, ...]] = {}
    for path, value in writes(rule):
        if isinstance(value, str | bool | int) and not isinstance(value, FromPath):
            sets[path] = (*sets.get(path, ()), value)
    return None if isinstance(needs, Never) or not sets else _Firing(rule, needs.common, sets)


def _occasion(ruleset: Ruleset, rule: Rule) -> Condition | None:
    """The condition whose turning true fires the rule."""
    if rule.each is None:
        return rule.when
    match event_term(ruleset, rule.each):
        case Becomes(condition):
            return condition
        case _:
            return None


def _edges(
    firings: dict[str, _Firing], readers: dict[str, list[str]], written: set[str], diagnostics: Diagnostics
) -> dict[str, list[str]]:
    """From each rule to those that it can make true, as far as what no rule sets allows both."""
    pairs = 0
    graph: dict[str, list[str]] = {name: [] for name in firings}
    fixed = {
        name: {path: need for path, need in firing.needs.items() if path not in written}
        for name, firing in firings.items()
    }
    for name, firing in firings.items():
        targets: dict[str, None] = {}
        for path, values in firing.sets.items():
            for other in readers.get(path, ()):
                need = firings[other].needs[path]
                pairs += 1
                if pairs > MAX_PAIRS:
                    message = f"the rules set and test `{path}` in too many ways to look for loops"
                    diagnostics.error("CW210", firing.rule.cited.place, message, "split the ruleset")
                    return {}
                if (
                    other != name
                    and need.permits(values[-1])
                    and not isinstance(together(fixed[name], fixed[other]), Never)
                ):
                    targets[other] = None
        graph[name] = list(targets)
    return graph


def _rearmed(firing: _Firing, loop: list[_Firing]) -> bool:
    """Whether a rule of the loop makes this one false, so that it can turn true again."""
    return any(
        path in firing.needs and not firing.needs[path].permits(value)
        for other in loop
        for path, values in other.sets.items()
        for value in values
    )


def _tell(loop: list[str], firings: dict[str, _Firing], diagnostics: Diagnostics) -> None:
    names = " -> ".join(f"`{name}`" for name in [*loop, loop[0]])
    diagnostics.error(
        "CW602",
        firings[loop[0]].rule.cited.place,
        f"these rules set off each other for ever: {names}",
        "take one of the steps away, or say `limit: {times: 1}` in one of them",
        [(firings[name].rule.cited.place, f"`{name}` is part of it") for name in loop[1:]],
    )
