"""What a condition is at an instant (true, false, None: unknown), and every instant at which that may change."""

from fractions import Fraction
from functools import lru_cache

from casewarden.ruleset.terms import (
    All,
    Any,
    Condition,
    Duration,
    FactTest,
    Happened,
    InHours,
    InstantOf,
    LinksTest,
    Moment,
    Not,
    SameAs,
    Since,
    Test,
    Unit,
    Until,
    Value,
)
from casewarden.worktime import CalendarSpec
from support.slow import clocks, events, facts, guards, severity, spans
from support.slow.world import ALWAYS, World, listed, moments, once

Truth = bool | None


def conjunction(answers: list[Truth]) -> Truth:
    return False if False in answers else None if None in answers else True


def disjunction(answers: list[Truth]) -> Truth:
    return True if True in answers else None if None in answers else False


@once(1)
def holds(world: World, condition: Condition, t: int) -> Truth:
    """Kleene's logic over the leaves."""
    match condition:
        case All(parts):
            return conjunction([holds(world, part, t) for part in parts])
        case Any(parts):
            return disjunction([holds(world, part, t) for part in parts])
        case Not(part):
            answer = holds(world, part, t)
            return None if answer is None else not answer
        case FactTest(path, test, held):
            return path_holds(world, path.text, test, t) if held is None else has_held(world, condition, held, t)
        case LinksTest():
            return links_hold(world, condition, t)
        case Happened():
            return happened(world, condition, t)
        case Since():
            return since(world, condition, t)
        case Until():
            return until(world, condition, t)


# Paths


def path_holds(world: World, path: str, test: Test, t: int) -> Truth:
    """A test on a path at an instant."""
    if path == "now":
        assert isinstance(test, InHours)
        return spans.is_open(calendar(world, test, t), t)
    if isinstance(test, InHours):
        found = facts.value(world, path, t)
        return None if found is None else spans.is_open(calendar(world, test, t), int(str(found)))
    if isinstance(test, SameAs):
        one, other = facts.value(world, path, t), facts.value(world, test.path.text, t)
        return None if one is None or other is None else one == other
    if path.startswith("clock.") and not path.endswith(".used"):
        name = path.removeprefix("clock.")
        if not clocks.is_known(world, name, t):
            return None
        return events.value_holds(test, clocks.newest_state(world, name, t))
    return events.value_holds(test, value_of(world, path, t))


def value_of(world: World, path: str, t: int) -> Value | Fraction | None:
    """The value at any path but now and a clock's state."""
    root, _, rest = path.partition(".")
    match root:
        case "clock":
            return clocks.share(world, rest.removesuffix(".used"), t)
        case "guard":
            answer = holds(world, world.ruleset.guards[rest].condition, t)
            return None if answer is None else "forbids" if answer else "allows"
        case "channel":
            return guards.channel(world, rest, t)
        case "quota":
            return guards.quota(world, rest, t)
        case _:
            return facts.value(world, path, t)


def calendar(world: World, test: InHours, t: int) -> CalendarSpec:
    spec = spans.spec_of(world.ruleset, test.calendar, facts.own_calendar(world, t))
    assert spec is not None
    return spec


@lru_cache(maxsize=256)
def without_span(leaf: FactTest) -> FactTest:
    return FactTest(leaf.path, leaf.test)


def has_held(world: World, leaf: FactTest, held: Duration, t: int) -> Truth:
    """True now, and at every instant back to one from which the span is full."""
    bare = without_span(leaf)
    now = holds(world, bare, t)
    if now is not True:
        return now
    began = t
    for at in sorted((when for when in instants(world, bare) if when <= t), reverse=True):
        answers = [holds(seen, bare, at) for seen in moments(world, at)]
        if answers[-1] is not True:
            break
        began = at
        if answers.count(True) < len(answers):
            break
    return spans.after(world.ruleset, facts.own_calendar(world, t), began, held) <= t


def links_hold(world: World, leaf: LinksTest, t: int) -> Truth:
    """Each of some, every, none over the linked tickets of the kind; some and every need a link."""
    links = facts.links_at(world, leaf.kind, t)

    def fits(link: facts.Linked, tests: tuple[tuple[str, Test], ...]) -> Truth:
        return conjunction(
            [events.value_holds(test, facts.link_value(world, leaf.kind, link, name, t)) for name, test in tests]
        )

    answers: list[Truth] = []
    if leaf.some:
        answers.append(disjunction([fits(link, leaf.some) for link in links]))
    if leaf.every:
        answers.append(conjunction([fits(link, leaf.every) for link in links]) if links else False)
    if leaf.none:
        some = disjunction([fits(link, leaf.none) for link in links])
        answers.append(None if some is None else not some)
    if leaf.count is not None:
        answers.append(events.value_holds(leaf.count, len(links)))
    return conjunction(answers)


# Events and instants


def both_ways(answers: list[Truth]) -> Truth:
    """What holds whether or not the uncertain entries are taken in."""
    return answers[0] if all(answer is answers[0] for answer in answers) else None


def happened(world: World, leaf: Happened, t: int) -> Truth:
    """At least so many occurrences; absence counts only where the sources are known completely."""
    answer = both_ways(
        [enough(world, leaf, t, loosely, begin) for loosely in (False, True) for begin in beginnings(world, leaf, t)]
    )
    unseen = t > world.known_until
    if unseen and answer is False:
        return None
    if unseen and answer is True and leaf.since is not None and leaf.since.moment is Moment.LAST:
        return None  # a later one may have come, and the count would begin anew
    return answer


def beginnings(world: World, leaf: Happened, t: int) -> list[int | None]:
    """From where it may count: from its instant with and without the uncertain entries, else from the opening.

    Where all that may be the first only may be it, each of them may.
    """
    if leaf.since is None:
        return [world.opened_at()]
    instants = [instant_at(world, leaf.since, t, loosely) for loosely in (False, True)]
    if leaf.since.moment is Moment.FIRST and instants[0] is None:
        instants += [one.at for one in events.occurrences(world, leaf.since.name, t, True)]
    return [world.opened_at() if instant is None else instant for instant in instants]


def enough(world: World, leaf: Happened, t: int, loosely: bool, beginning: int | None) -> Truth:
    found = list(events.occurrences(world, leaf.event, t, loosely))
    if beginning is not None:
        found = [one for one in found if one.at >= beginning]
    own = facts.own_calendar(world, t)
    if leaf.in_last is not None:
        found = [one for one in found if spans.after(world.ruleset, own, one.at, leaf.in_last) >= t]
    enough_different: Truth = True
    if leaf.different is not None:
        enough_different = differ(found, *leaf.different)
    counted: list[int] = []
    for one in found:
        if not counted or leaf.apart is None or is_apart(world, own, counted[-1], one.at, leaf.apart):
            counted.append(one.at)
    return conjunction([len(counted) >= leaf.times, enough_different])


def differ(found: list[events.Occurrence], attribute: str, wanted: int) -> Truth:
    """Whether they show so many values of an attribute; those that do not say might."""
    said = [one.entry.data.get(attribute) for one in found if one.entry is not None]
    known = {str(value) for value in said if value is not None}
    if len(known) >= wanted:
        return True
    return None if len(known) + said.count(None) >= wanted else False


def is_apart(world: World, own: str, last: int, at: int, apart: Duration) -> bool:
    """Whether an instant lies at least so far from another; days are open dates, at any hour."""
    spec = spans.spec_of(world.ruleset, apart.calendar, own)
    if spec is not None and apart.unit is Unit.DAYS:
        return spans.dates_apart(spec, last, at) >= apart.count
    return spans.after(world.ruleset, own, last, apart) <= at


def instant_at(world: World, instant: InstantOf, t: int, loosely: bool) -> int | None:
    """The instant that is meant, as of an instant; None: there is none."""
    match instant.moment:
        case Moment.FIRST | Moment.LAST:
            found = events.occurrences(world, instant.name, t, loosely)
            if not found:
                return None
            return found[0].at if instant.moment is Moment.FIRST else found[-1].at
        case Moment.AT:
            value = facts.value(world, instant.name, t)
            return None if value is None else int(str(value))
        case _:
            seen = clocks.newest(world, instant.name, t)
            if seen is None:
                return None
            match instant.moment:
                case Moment.STARTED:
                    return seen.started
                case Moment.STOPPED:
                    return seen.stopped
                case _:
                    return seen.due if seen.stopped is None and seen.state in ("running", "missed") else None


def since(world: World, leaf: Since, t: int) -> Truth:
    """From instant + span on, or before it."""
    answers: list[Truth] = []
    for loosely in (False, True):
        instant = instant_at(world, leaf.instant, t, loosely)
        if instant is None:
            answers.append(None)
        else:
            own = facts.own_calendar(world, t)
            answers.append((spans.after(world.ruleset, own, instant, leaf.span) <= t) is leaf.reached)
    answer = both_ways(answers)
    if t > world.known_until:
        if leaf.instant.moment is Moment.LAST and answer is leaf.reached:
            return None  # a later one may have come
        if leaf.instant.moment is Moment.DUE:
            return None  # the clock may have stopped
    return answer


def until(world: World, leaf: Until, t: int) -> Truth:
    """From instant - span on, also after the instant; or before that."""
    answers: list[Truth] = []
    for loosely in (False, True):
        instant = instant_at(world, leaf.instant, t, loosely)
        if instant is None:
            answers.append(None)
        else:
            own = facts.own_calendar(world, t)
            answers.append((spans.before(world.ruleset, own, instant, leaf.span) <= t) is leaf.near)
    answer = both_ways(answers)
    if t > world.known_until and leaf.instant.moment in (Moment.DUE, Moment.LAST):
        return None
    return answer


# When it may change


def shifted(world: World, bases: set[int], span: Duration) -> set[int]:
    """The instants a span after, and a microsecond later, on whatever calendar the case's own may be."""
    there = {spans.after(world.ruleset, own, base, span) for base in bases for own in world.ruleset.calendars}
    return there | {at + 1 for at in there}


@listed
def instants(world: World, condition: Condition) -> set[int]:
    """Every instant since the log began, past or ahead, at which the condition may change, and some more."""
    beginning = min(world.instants, default=world.now)
    unknown_from = {world.known_until + 1} if world.known_until < ALWAYS else set()
    return {at for at in all_instants(world, condition) | unknown_from if at >= beginning}


def all_instants(world: World, condition: Condition) -> set[int]:
    """The same, and perhaps some before the log began."""
    match condition:
        case All(parts) | Any(parts):
            return set(world.instants).union(*(instants(world, part) for part in parts))
        case Not(part):
            return instants(world, part)
        case FactTest(path, test, held):
            bases = set(world.instants) | path_instants(world, path.text, test)
            return bases if held is None else bases | shifted(world, bases, held)
        case LinksTest():
            return set(world.instants) | links_instants(world, condition)
        case Happened(event, _, beginning, in_last):
            bases = set(world.instants) | events.instants(world, event)
            if beginning is not None:
                bases |= instant_instants(world, beginning)
            if in_last is not None:
                bases |= shifted(world, bases, in_last)
            return bases
        case Since(instant, span):
            bases = set(world.instants) | instant_instants(world, instant)
            return bases | shifted(world, bases | values_of(world, instant), span)
        case Until(instant, span):
            bases = set(world.instants) | instant_instants(world, instant)
            ahead = bases | values_of(world, instant)
            return bases | {
                spans.before(world.ruleset, own, at, span) for at in ahead for own in world.ruleset.calendars
            }


def path_instants(world: World, path: str, test: Test) -> set[int]:
    """When what stands at a path may change, but for the events themselves."""
    root, _, rest = path.partition(".")
    match root:
        case "now":
            assert isinstance(test, InHours)
            first = min(world.instants, default=world.now)
            specs = [world.ruleset.calendars[name].spec for name in world.ruleset.calendars]
            return set[int]().union(*(spans.edges(spec, first, world.horizon) for spec in specs))
        case "clock":
            name = rest.removesuffix(".used")
            found = clocks.instants(world, name)
            return found | clocks.share_instants(world, name, test) if rest.endswith(".used") else found
        case "guard":
            return instants(world, world.ruleset.guards[rest].condition)
        case "channel" | "quota":
            return set()
        case _:
            return fact_instants(world, path, test)


def fact_instants(world: World, path: str, test: Test) -> set[int]:
    """When a fact may change, but for the events themselves."""
    match path:
        case "case.severity":
            return severity.instants(world)
        case "case.scope" | "case.excluded_as":
            return set[int]().union(*(instants(world, reason.when) for reason in world.ruleset.scope.values()))
        case "case.intake" | "case.missing":
            required = {path.text for intake in world.ruleset.intake.values() for path in intake.required}
            return set[int]().union(*(facts.stale_instants(world, name) for name in required))
        case _:
            found = facts.stale_instants(world, path.removesuffix(".proposed"))
            return found | facts.stale_instants(world, test.path.text) if isinstance(test, SameAs) else found


def links_instants(world: World, leaf: LinksTest) -> set[int]:
    names = {name for part in (leaf.some, leaf.every, leaf.none) for name, _ in part}
    found: set[int] = set()
    for name in names:
        fresh_for = world.ruleset.fields[f"links.{leaf.kind}.{name}"].fresh_for
        if fresh_for is not None:
            found |= shifted(world, set(world.instants), fresh_for)
    return found


def instant_instants(world: World, instant: InstantOf) -> set[int]:
    """When an instant that is pointed to may come to be another."""
    match instant.moment:
        case Moment.FIRST | Moment.LAST:
            return events.instants(world, instant.name)
        case Moment.AT:
            return facts.stale_instants(world, instant.name)
        case _:
            return clocks.instants(world, instant.name)


def values_of(world: World, instant: InstantOf) -> set[int]:
    """The instants that a path ever held."""
    if instant.moment is not Moment.AT:
        return set()
    return {int(str(write.value)) for write in facts.writes(world, instant.name) if write.value is not None}
