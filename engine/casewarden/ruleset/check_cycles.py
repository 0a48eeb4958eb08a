"""Definitions that lead back to themselves: events, clocks, guards, quotas and scope reasons that need each other."""

from collections.abc import Iterable

from casewarden.ruleset.diagnostics import Diagnostics, Place
from casewarden.ruleset.graphs import circles
from casewarden.ruleset.syntax import Clock, Ruleset
from casewarden.ruleset.terms import AllOf, AnyOf, Becomes, ClockTurns, Condition, EventTerm
from casewarden.ruleset.walk import uses_of

_SCOPE_PATHS = ("case.scope", "case.excluded_as")
# All scope reasons, and all quotas that change targets, are one node each, so that the graph stays small.
_SCOPE = "path `case.scope`"
_BEYOND = "state `over`"


def check_cycles(ruleset: Ruleset, diagnostics: Diagnostics) -> None:
    """Report each circle of definitions once, by a shortest way around it."""
    places: dict[str, Place] = {}
    graph: dict[str, list[str]] = {}

    def define(sort: str, name: str, place: Place, needs: Iterable[str]) -> None:
        places[f"{sort} `{name}`"] = place
        graph[f"{sort} `{name}`"] = list(dict.fromkeys(needs))

    for event in ruleset.events.values():
        define("event", event.name, event.cited.place, _of_event(event.term))
    for clock in ruleset.clocks.values():
        define("clock", clock.name, clock.cited.place, _of_clock(clock))
    for guard in ruleset.guards.values():
        define("guard", guard.name, guard.cited.place, _of_condition(guard.condition))
    for scope in ruleset.scope.values():
        define("scope reason", scope.name, scope.cited.place, _of_condition(scope.when))
    for quota in ruleset.quotas.values():
        needs = _of_condition(quota.counts_if) if quota.counts_if is not None else []
        define("quota", quota.name, quota.cited.place, [f"event `{quota.counts}`", *needs])
    if ruleset.scope:
        first = next(iter(ruleset.scope.values()))
        define("path", "case.scope", first.cited.place, [f"scope reason `{name}`" for name in ruleset.scope])
    changing = [quota for quota in ruleset.quotas.values() if quota.over != "unchanged"]
    if changing:
        define("state", "over", changing[0].cited.place, [f"quota `{quota.name}`" for quota in changing])
    for circle in circles(graph):
        way = " -> ".join([*circle, circle[0]])
        diagnostics.error(
            "CW307",
            places[circle[0]],
            f"the {circle[0]} leads back to itself: {way}" if len(circle) > 1 else f"the {circle[0]} needs itself",
            "let one of them depend on facts or on what stands in the history",
            [(places[node], f"the {node} is on the way") for node in circle[1:]],
        )


def _of_event(term: EventTerm) -> list[str]:
    match term:
        case Becomes(condition):
            return _of_condition(condition)
        case ClockTurns(clock, _):
            return [f"clock `{clock}`"]
        case AllOf(names, _, _) | AnyOf(names):
            return [f"event `{name}`" for name in names]
        case _:
            return []


def _of_clock(clock: Clock) -> list[str]:
    """Its events and conditions, and the quotas that can change its targets."""
    events = [clock.starts, clock.stops, *([clock.counts_from] if clock.counts_from else [])]
    needs = [f"event `{name}`" for name in events]
    for condition in (clock.applies_if, clock.pauses_while):
        if condition is not None:
            needs.extend(_of_condition(condition))
    return [*needs, _BEYOND]


def _of_condition(condition: Condition) -> list[str]:
    uses = uses_of(condition)
    needs = [f"event `{name}`" for name in uses.events]
    needs.extend(f"clock `{name}`" for name in uses.clocks)
    for path in uses.paths:
        root, _, rest = path.partition(".")
        if root in ("guard", "quota"):
            needs.append(f"{root} `{rest.split('.')[0]}`")
        elif path in _SCOPE_PATHS:
            needs.append(_SCOPE)
    return needs
