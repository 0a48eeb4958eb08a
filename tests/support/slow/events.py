"""When named events occurred, by reading the log from its beginning.

Uncertain entries (a test of theirs is unknown) are left out, or with `loosely=True` taken in.
"""

import itertools
from dataclasses import dataclass
from fractions import Fraction

import re2

from casewarden.model.event import Event
from casewarden.ruleset.catalogue import ATTRIBUTE_DEFAULTS, GIVEN_EVENTS
from casewarden.ruleset.terms import (
    AllOf,
    AnyOf,
    Becomes,
    Bounds,
    ClockTurns,
    Condition,
    Contains,
    Entry,
    EventTerm,
    Given,
    Has,
    InHours,
    Is,
    Known,
    Matches,
    SameAs,
    SetMode,
    Test,
    Turn,
    Value,
)
from support.slow import clocks, conditions, facts, severity, spans
from support.slow.world import World, listed, moments, once


@dataclass(frozen=True)
class Occurrence:
    """One occurrence of an event; `identity` tells those of an instant apart, `entry` is what stands in the log."""

    at: int
    identity: tuple[str, ...]
    order: tuple[int, str, str] = (0, "", "")
    entry: Event | None = None


def term_of(world: World, name: str) -> EventTerm:
    declared = world.ruleset.events.get(name)
    return declared.term if declared is not None else GIVEN_EVENTS[name]


@once(1)
def occurrences(world: World, name: str, t: int, loosely: bool = False) -> tuple[Occurrence, ...]:
    """The occurrences of a named event up to an instant, in order."""
    match term_of(world, name):
        case Entry() as entry:
            return entries(world, entry, t, loosely)
        case Becomes(condition):
            return numbered(("becomes", name), turns_true(world, condition, t))
        case ClockTurns(clock, turn):
            return clock_turns(world, clock, turn, t)
        case AllOf() as together:
            return combined(world, name, together, t, loosely)
        case AnyOf(names):
            return united(world, names, t, loosely)
        case Given(given):
            return numbered((given,), severity_turns(world, given, t))


def numbered(identity: tuple[str, ...], when: list[int]) -> tuple[Occurrence, ...]:
    """Occurrences at instants; one instant may have several, as our own rounds go on."""
    return tuple(Occurrence(at, (*identity, str(at), str(when[:n].count(at)))) for n, at in enumerate(when))


def actors(event: Event) -> set[str]:
    """Who acted, in the words of `by`: our own doing is automation's."""
    return {"automation" if event.by == "ourselves" else event.by, *event.who}


def attribute_holds(event: Event, name: str, test: Test) -> bool | None:
    """A test on an attribute of an entry; unknown where the entry does not say."""
    if name == "by":
        assert isinstance(test, Is)
        return bool(actors(event) & set(test.values)) is not test.negated
    raw = event.data.get(name, ATTRIBUTE_DEFAULTS.get(name))
    found: Value | None = raw if isinstance(raw, str | bool | int) else None
    return value_holds(test, found)


def value_holds(test: Test, found: Value | Fraction | None) -> bool | None:
    """A test on one value; unknown on none."""
    if isinstance(test, Known):
        return (found is not None) is test.wanted
    if found is None:
        return None
    match test:
        case Is(values, negated):
            return (found in values) is not negated
        case Bounds(at_least, at_most, more_than, less_than):
            assert not isinstance(found, str | tuple)
            number = Fraction(found)
            return (
                (at_least is None or number >= Fraction(at_least))
                and (at_most is None or number <= Fraction(at_most))
                and (more_than is None or number > Fraction(more_than))
                and (less_than is None or number < Fraction(less_than))
            )
        case Contains(text):
            return text.casefold() in str(found).casefold()
        case Matches(pattern):
            return re2.search(f"(?i){pattern}", str(found)) is not None
        case Has(mode, values):
            assert isinstance(found, tuple)
            common = set(found) & set(values)
            return {
                SetMode.ANY: bool(common),
                SetMode.ALL: common == set(values),
                SetMode.NONE: not common,
            }[mode]
        case InHours() | SameAs():
            raise AssertionError("asked of a path, with the world at hand")


def entries(world: World, entry: Entry, t: int, loosely: bool) -> tuple[Occurrence, ...]:
    """The entries of the kinds whose tests hold; our own doing counts only where the event names who acts."""
    found = []
    for event in world.log:
        if event.at > t or event.kind not in entry.kinds:
            continue
        if event.by == "ourselves" and not any(name in ("by", "template") for name, _ in entry.tests):
            continue
        answers = [attribute_holds(event, name, test) for name, test in entry.tests]
        if False in answers or (None in answers and not loosely):
            continue
        order = (event.sequence, event.source, event.key)
        found.append(Occurrence(event.at, ("entry", event.source, event.key), order, event))
    return tuple(found)


def turns_true(world: World, condition: Condition, t: int) -> list[int]:
    """The instants at which a condition turns true: false arms it again, unknown does not."""
    armed, found = True, []
    for at in sorted(when for when in conditions.instants(world, condition) if when <= t):
        for seen in moments(world, at):
            now = conditions.holds(seen, condition, at)
            if now is True and armed:
                found.append(at)
                armed = False
            elif now is False:
                armed = True
    return found


def clock_turns(world: World, clock: str, turn: Turn, t: int) -> tuple[Occurrence, ...]:
    """The instants at which a run of the clock turns so."""
    found = []
    for run in clocks.runs(world, clock, t):
        last = ""
        was_due = False
        instants_ = sorted(when for when in clocks.instants(world, clock) if run.begins <= when <= t)
        for at, view in [(one, view) for one in instants_ for view in moments(world, one)]:
            if run.number > len(clocks.runs(view, clock, at)):
                continue
            seen = clocks.look(view, clock, run.number, at)
            state = seen.state
            turned = (
                (turn is Turn.MISSED and state == "missed" != last)
                or (turn is Turn.MET and state == "met" != last)
                or (turn is Turn.PAUSED and state == "paused" != last)
                or (turn is Turn.RESUMED and last == "paused" and state == "running")
            )
            is_due = seen.stopped is None and state in ("running", "missed") and seen.due is not None and at >= seen.due
            if turned or (turn is Turn.DUE and is_due and not was_due):
                found.append(at)
            last, was_due = state, was_due or is_due
    return numbered(("clock", clock, turn.value), sorted(found))


def united(world: World, names: tuple[str, ...], t: int, loosely: bool) -> tuple[Occurrence, ...]:
    """Each occurrence of each event; what is an occurrence of several is one."""
    found = {one.identity: one for name in names for one in occurrences(world, name, t, loosely)}
    return tuple(sorted(found.values(), key=lambda one: (one.at, one.order, one.identity)))


def combined(world: World, name: str, together: AllOf, t: int, loosely: bool) -> tuple[Occurrence, ...]:
    """With the last of all the events: of each the oldest occurrence not yet used that lies within the span."""
    pools = [list(occurrences(world, part, t, loosely)) for part in together.names]
    found = []
    for at in sorted({one.at for pool in pools for one in pool}):
        while True:
            chosen = choose(world, pools, together, at)
            if chosen is None:
                break
            for pool, one in zip(pools, chosen, strict=True):
                pool.remove(one)
            identity = tuple(itertools.chain([name], *(one.identity for one in chosen)))
            found.append(Occurrence(at, identity))
    return tuple(found)


def choose(world: World, pools: list[list[Occurrence]], together: AllOf, at: int) -> list[Occurrence] | None:
    """One unused occurrence of each, the last of them at this instant; the oldest that will do."""
    own = facts.own_calendar(world, at)
    fitting = []
    for pool in pools:
        there = [one for one in pool if one.at <= at]
        if together.within is not None:
            there = [one for one in there if spans.after(world.ruleset, own, one.at, together.within) >= at]
        fitting.append(there)
    chosen: list[Occurrence] = []
    for there in fitting:
        earliest = chosen[-1].at if chosen and together.ordered else 0
        one = next((one for one in there if one.at >= earliest), None)
        if one is None:
            return None
        chosen.append(one)
    if max(one.at for one in chosen) == at:
        return chosen
    return None


def severity_turns(world: World, given: str, t: int) -> list[int]:
    """When the severity was first determined, could not be, or changed from one determined level to another."""
    declared = world.ruleset.severity
    if declared is None:
        return []
    rank = {level: place for place, level in enumerate(declared.levels)}
    found = []
    before = severity.InForce(None, None, None, None, gap=False)
    instants_ = sorted(when for when in severity.instants(world) if when <= t)
    for at, view in [(one, view) for one in instants_ for view in moments(world, one)]:
        now = severity.in_force(view, at)
        was, is_ = before.determined, now.determined
        turned = {
            "case_classified": was is None and is_ is not None,
            "case_unclassified": now.gap and not before.gap,
            "severity_raised": was is not None and is_ is not None and rank[is_] < rank[was],
            "severity_lowered": was is not None and is_ is not None and rank[is_] > rank[was],
        }
        if turned[given]:
            found.append(at)
        before = now
    return found


@listed
def instants(world: World, name: str) -> set[int]:
    """Every instant at which the event may occur, also ahead."""
    match term_of(world, name):
        case Entry():
            return set(world.instants)
        case Becomes(condition):
            return conditions.instants(world, condition)
        case ClockTurns(clock, _):
            return clocks.instants(world, clock)
        case AllOf(names, within, _):
            found = set[int]().union(*(instants(world, part) for part in names))
            return found | (set() if within is None else conditions.shifted(world, found, within))
        case AnyOf(names):
            return set[int]().union(*(instants(world, part) for part in names))
        case Given():
            return severity.instants(world)
