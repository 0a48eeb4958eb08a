"""Walking through a ruleset: all its conditions, and what a condition or event refers to."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from casewarden.ruleset import catalogue
from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.syntax import Ruleset
from casewarden.ruleset.terms import (
    All,
    AllOf,
    Any,
    AnyOf,
    Becomes,
    ClockTurns,
    Condition,
    EventTerm,
    FactTest,
    Happened,
    InstantOf,
    Leaf,
    LinksTest,
    Moment,
    Not,
    SameAs,
    Since,
    Until,
)

_CLOCK_MOMENTS = (Moment.DUE, Moment.STARTED, Moment.STOPPED)


def conditions(ruleset: Ruleset) -> Iterator[tuple[str, Place, Condition]]:
    """Every condition: of what, in the author's words, where that is declared, and the condition."""
    for rule in ruleset.rules.values():
        if rule.when is not None:
            yield f"the rule `{rule.name}`", rule.cited.place, rule.when
    for event in ruleset.events.values():
        if isinstance(event.term, Becomes):
            yield f"the event `{event.name}`", event.cited.place, event.term.condition
    for clock in ruleset.clocks.values():
        if clock.applies_if is not None:
            yield f"`applies_if` of the clock `{clock.name}`", clock.cited.place, clock.applies_if
        if clock.pauses_while is not None:
            yield f"`pauses_while` of the clock `{clock.name}`", clock.cited.place, clock.pauses_while
    for guard in ruleset.guards.values():
        yield f"the guard `{guard.name}`", guard.cited.place, guard.condition
    for quota in ruleset.quotas.values():
        if quota.counts_if is not None:
            yield f"`counts_if` of the quota `{quota.name}`", quota.cited.place, quota.counts_if
    for scope in ruleset.scope.values():
        yield f"the scope reason `{scope.name}`", scope.cited.place, scope.when
    if ruleset.queue is not None:
        for item in ruleset.queue.order:
            if not isinstance(item, str):
                yield "`queue`", ruleset.queue.cited.place, item
    if ruleset.applies_to is not None and ruleset.applies_to.place is not None:
        yield "`applies_to`", ruleset.applies_to.place, ruleset.applies_to


def leaves(condition: Condition) -> Iterator[Leaf]:
    """All tests of a condition, in the order of the file."""
    match condition:
        case All(parts) | Any(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield condition


@dataclass(slots=True)
class Uses:
    """What a condition or event refers to."""

    paths: dict[str, Place | None] = field(default_factory=dict)
    events: dict[str, Place | None] = field(default_factory=dict)
    clocks: dict[str, Place | None] = field(default_factory=dict)


def uses_of(condition: Condition) -> Uses:
    """The paths, events and clocks of a condition, each with the place of its first test.

    `clock.NAME` counts as a clock and as a path; linked tickets as the path `links.KIND`.
    """
    uses = Uses()
    for leaf in leaves(condition):
        match leaf:
            case FactTest(path, test, _, place):
                uses.paths.setdefault(path.text, place)
                if path.root == "clock":
                    uses.clocks.setdefault(path.text.split(".")[1], place)
                if isinstance(test, SameAs):
                    uses.paths.setdefault(test.path.text, place)
            case LinksTest():
                uses.paths.setdefault(f"links.{leaf.kind}", leaf.place)
            case Happened():
                uses.events.setdefault(leaf.event, leaf.place)
                if leaf.since is not None:
                    _use_instant(uses, leaf.since, leaf.place)
            case Since() | Until():
                _use_instant(uses, leaf.instant, leaf.place)
    return uses


def _use_instant(uses: Uses, instant: InstantOf, place: Place | None) -> None:
    if instant.moment is Moment.AT:
        uses.paths.setdefault(instant.name, place)
    elif instant.moment in _CLOCK_MOMENTS:
        uses.clocks.setdefault(instant.name, place)
    else:
        uses.events.setdefault(instant.name, place)


def event_term(ruleset: Ruleset, name: str) -> EventTerm | None:
    """What a name means as an event; None for one that could not be read."""
    given = catalogue.GIVEN_EVENTS.get(name)
    declared = ruleset.events.get(name)
    return given if given is not None else None if declared is None else declared.term


def clocks_of_event(ruleset: Ruleset, name: str) -> set[str]:
    """The clocks whose turns an event stands for, through `all` and `any`."""
    found: set[str] = set()
    seen: set[str] = set()
    todo = [name]
    while todo:
        current = todo.pop()
        if current in seen:
            continue
        seen.add(current)
        match event_term(ruleset, current):
            case ClockTurns(clock, _):
                found.add(clock)
            case AllOf(names, _, _) | AnyOf(names):
                todo.extend(names)
            case Becomes(condition):
                found.update(uses_of(condition).clocks)
            case _:
                pass
    return found
