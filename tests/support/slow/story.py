"""A ruleset and a history in a few lines, for the reader of a failure."""

from casewarden.model.event import Event
from casewarden.ruleset.syntax import Ruleset
from casewarden.ruleset.terms import (
    All,
    AllOf,
    Any,
    AnyOf,
    Becomes,
    ClockTurns,
    Condition,
    Entry,
    EventTerm,
    FactTest,
    Given,
    Happened,
    InstantOf,
    LinksTest,
    Not,
    Since,
    Until,
)
from support.slow.samples import iso


def words(condition: Condition) -> str:
    """A condition as an author might write it."""
    match condition:
        case All(parts):
            return f"all({', '.join(map(words, parts))})"
        case Any(parts):
            return f"any({', '.join(map(words, parts))})"
        case Not(part):
            return f"not {words(part)}"
        case FactTest(path, test, held):
            return f"{path} {test}" + (f" for {held}" if held else "")
        case LinksTest(kind, some, every, none, count):
            return f"links.{kind} some={some} every={every} none={none} count={count}"
        case Happened(event, times, since, in_last, apart, different):
            since_words = instant(since) if since else None
            return (
                f"happened({event} x{times} since={since_words} in_last={in_last} apart={apart} different={different})"
            )
        case Since(at, span, reached):
            return f"since({instant(at)} {'at_least' if reached else 'less_than'} {span})"
        case Until(at, span, near):
            return f"until({instant(at)} {'at_most' if near else 'more_than'} {span})"


def instant(at: InstantOf) -> str:
    return f"{at.moment}: {at.name}"


def event_words(term: EventTerm) -> str:
    match term:
        case Becomes(condition):
            return f"becomes {words(condition)}"
        case Entry() | ClockTurns() | AllOf() | AnyOf() | Given():
            return str(term)


def told(ruleset: Ruleset, history: list[Event]) -> str:
    """All that is random in a case."""
    lines = [f"boundary {ruleset.defaults.boundary}"]
    if ruleset.severity is not None:
        lines.append(
            f"severity {ruleset.severity.hit} {ruleset.severity.until_classified} {ruleset.severity.otherwise}"
        )
        lines += [f"  {row.when} gives {row.gives}" for row in ruleset.severity.table]
    lines += [f"event {event.name}: {event_words(event.term)}" for event in ruleset.events.values()]
    for clock in ruleset.clocks.values():
        lines.append(
            f"clock {clock.name}: {clock.starts} to {clock.stops}, from {clock.counts_from}, each {clock.each_time},"
            f" pauses {words(clock.pauses_while) if clock.pauses_while else None},"
            f" applies {words(clock.applies_if) if clock.applies_if else None}"
        )
        lines += [f"  {plan}: {row}" for plan, row in clock.targets.cells.items()]
    lines += [f"guard: {words(one.condition)} but {one.except_reasons}" for one in ruleset.guards.values()]
    for rule in ruleset.rules.values():
        lines.append(f"rule {rule.name}: each {rule.each} when {words(rule.when) if rule.when else None}")
        lines.append(f"  then {rule.then}")
        lines.append(f"  repeat {rule.repeat} limit {rule.limit} priority {rule.priority} over {rule.over_person}")
    lines += [f"{iso(one.at)} {one.kind} by {one.by} {one.who} {dict(one.data)}" for one in history]
    return "\n".join(lines)
