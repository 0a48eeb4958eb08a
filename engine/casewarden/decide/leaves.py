"""The leaves of conditions whose truth can change with time, as functions on the state and an instant.

Each gives its Kleene truth and the instant after now at which it can change by itself (NEVER: only by an event). The
table in docs/language.md lists them; each cell there has its test.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from casewarden.decide.spans import Span, Spans
from casewarden.decide.tests import ValueTest, value_test
from casewarden.decide.trilean import NEVER, Trilean, all_of, any_of
from casewarden.ruleset.terms import (
    ELAPSED,
    Bounds,
    FactTest,
    Happened,
    InHours,
    InstantOf,
    LinksTest,
    Moment,
    SameAs,
    Since,
    Until,
    Value,
)

if TYPE_CHECKING:
    from casewarden.decide.entries import Occurrence
    from casewarden.decide.state import State

Truth = tuple[Trilean, int]
AskState = Callable[["State", int], tuple[Value | None, int]]
LeafFunction = Callable[["State", int], Truth]
InstantFunction = Callable[["State", int], int | None]

_UNASKED = (NEVER, NEVER, None)


def instant_of(term: InstantOf) -> InstantFunction:
    """Return the function that finds the instant, None while there is none."""
    name = term.name
    match term.moment:
        case Moment.FIRST:
            return lambda state, now: state.first(name)  # noqa: ARG005
        case Moment.LAST:
            return lambda state, now: state.last(name)  # noqa: ARG005
        case Moment.DUE:
            return lambda state, now: state.pending_due(name, now)
        case Moment.STARTED:
            return lambda state, now: state.clock_started(name)  # noqa: ARG005
        case Moment.STOPPED:
            return lambda state, now: state.clock_stopped(name, now)
        case Moment.AT:

            def at_path(state: "State", now: int) -> int | None:
                value, _ = state.fact(name, now)
                return value if isinstance(value, int) and not isinstance(value, bool) else None

            return at_path


def instants_of(term: InstantOf) -> "Callable[[State, int], Sequence[int | None]]":
    """Return the function that finds the instants it may be: several where entries only look like the event."""
    find = instant_of(term)
    if term.moment not in (Moment.FIRST, Moment.LAST):
        return lambda state, now: (find(state, now),)
    pick, name = (min, term.name) if term.moment is Moment.FIRST else (max, term.name)

    def possible(state: "State", now: int) -> "Sequence[int | None]":
        certain = find(state, now)
        loose = state.possible(name)
        if loose is None:
            return (certain,)
        ats = {o.at for o in loose}
        found: list[int | None] = [at for at in sorted(ats) if certain is None or pick(at, certain) != certain]
        if name in state.loose:  # taking entries in may also have used up what would have made the certain one
            at = pick(ats, default=None)
            if at not in (certain, *found):
                found.append(at)
        return (certain, *found)

    return possible


def _agreed(answers: "Sequence[Truth]") -> Truth:
    """Return what all possible readings say; unknown where they differ."""
    first = answers[0][0]
    wake = min(again for _, again in answers)
    return (first if all(truth is first for truth, _ in answers) else None), wake


def _over(term: InstantOf, ask: "Callable[[State, int, int | None], Truth]") -> LeafFunction:
    """Ask for each instant that the term may stand for."""
    possible = instants_of(term)

    def asked_over(state: "State", now: int) -> Truth:
        instants = possible(state, now)
        if len(instants) == 1:
            return ask(state, now, instants[0])
        return _agreed([ask(state, now, instant) for instant in instants])

    return asked_over


def since(leaf: Since, spans: Spans) -> LeafFunction:
    """True from instant + span on (or, with less_than, before it)."""
    span, reached, moment = spans.of(leaf.span), leaf.reached, leaf.instant.moment

    def ask(state: "State", now: int, start: int | None) -> Truth:
        if start is None:
            return None, NEVER
        threshold = span.later(start, state.own_calendar)
        is_reached = now >= threshold
        wake = NEVER if is_reached else threshold
        if _hangs_in_the_air(state, now, moment, settled=not is_reached):
            return None, wake
        return reached if is_reached else not reached, wake

    return _over(leaf.instant, ask)


def until(leaf: Until, spans: Spans) -> LeafFunction:
    """True from instant - span on (or, with more_than, before it)."""
    span, near, moment = spans.of(leaf.span), leaf.near, leaf.instant.moment

    def ask(state: "State", now: int, end: int | None) -> Truth:
        if end is None:
            return None, NEVER
        threshold = span.earlier(end, state.own_calendar)
        is_near = now >= threshold
        wake = NEVER if is_near else threshold
        if _hangs_in_the_air(state, now, moment, settled=not is_near):
            return None, wake
        return near if is_near else not near, wake

    return _over(leaf.instant, ask)


def _hangs_in_the_air(state: "State", now: int, moment: Moment, *, settled: bool) -> bool:
    """Whether entries beyond the watermark could give another answer.

    A later occurrence moves `last`, but before the span is full it only moves further away; a stop takes `due` away.
    """
    if moment is Moment.DUE or (moment is Moment.LAST and not settled):
        return not state.is_absence_known(now)
    return False


def happened(leaf: Happened, spans: Spans) -> LeafFunction:
    """At least so many occurrences, spaced and varied as asked, since an instant and within the last span."""
    in_last = None if leaf.in_last is None else spans.of(leaf.in_last)
    apart = None if leaf.apart is None else spans.of(leaf.apart)
    count = _counting(leaf, apart)
    name, times, start_term = leaf.event, leaf.times, leaf.since

    def counted(
        state: "State", known: "Sequence[Occurrence]", begin: int, now: int
    ) -> "tuple[Sequence[Occurrence], list[int]]":
        there = known[bisect_left(known, begin, key=_at) :]
        return (there, []) if in_last is None else _still_in(there, in_last, state, now)

    def ask(state: "State", now: int, start: int | None) -> Truth:
        begin = state.opened_at if start is None else start
        certain, leaves = counted(state, state.occurrences.get(name, ()), begin, now)
        loose = state.possible(name)
        possible, more = (certain, leaves) if loose is None else counted(state, loose, begin, now)
        sure = possible is certain or possible == certain
        found = count(certain, state)
        wake = _drops_out(leaf, found, leaves if sure else [*leaves, *more], sure=sure)
        if not sure and count(possible, state) != found:
            return None, wake
        moved = start_term is not None and start_term.moment is Moment.LAST
        if (moved or not found) and not state.is_absence_known(now):
            return None, wake
        return found, wake

    if start_term is not None:
        return _over(start_term, ask)

    def plain(state: "State", now: int) -> Truth:
        known = state.occurrences.get(name)
        if known and len(known) >= times and known[-times].at >= state.opened_at and name not in state.loose:
            return True, NEVER
        return ask(state, now, None)

    simple = in_last is None and apart is None and leaf.different is None
    return plain if simple else lambda state, now: ask(state, now, None)


def _at(occurrence: "Occurrence") -> int:
    return occurrence.at


def _drops_out(leaf: Happened, found: bool, leaves: list[int], *, sure: bool) -> int:
    """Return when the oldest needed occurrence leaves the span; `leaves` says it of each, oldest first."""
    if sure and not found:
        return NEVER  # that others leave makes nothing true
    if sure and leaves and leaf.apart is None and leaf.different is None:
        return leaves[-leaf.times]
    return min(leaves, default=NEVER)


def _still_in(
    found: "Sequence[Occurrence]", span: Span, state: "State", now: int
) -> "tuple[list[Occurrence], list[int]]":
    """Return the occurrences that lie no further back than the span, and when each leaves."""
    kept, leaves = [], []
    for occurrence in found:
        end = span.later(occurrence.at, state.own_calendar)
        if end >= now:
            kept.append(occurrence)
            leaves.append(end + 1)
    return kept, leaves


def _counting(leaf: Happened, apart: Span | None) -> "Callable[[Sequence[Occurrence], State], bool]":
    times, different = leaf.times, leaf.different

    def enough(found: "Sequence[Occurrence]", state: "State") -> bool:
        if different is not None:
            attribute, kinds = different
            if len({str(o.attributes[attribute]) for o in found if o.attributes.get(attribute) is not None}) < kinds:
                return False
        if apart is None:
            return len(found) >= times
        counted, last = 0, None
        for occurrence in found:
            if last is None or _is_apart(apart, last, occurrence.at, state):
                counted += 1
                last = occurrence.at
        return counted >= times

    return enough


def _is_apart(apart: Span, last: int, t: int, state: "State") -> bool:
    """Whether `t` is that far from `last`; days on a calendar count open dates, at any hour."""
    if not apart.days or apart.duration.calendar == ELAPSED:
        return t >= apart.later(last, state.own_calendar)
    calendar = apart.calendar or state.own_calendar()
    return calendar.open_days_between(last, t) >= apart.days


def held(leaf: FactTest, inner: LeafFunction, spans: Spans, track: int) -> LeafFunction:
    """The test has been true without a break for a span; `track` is where the state keeps since when."""
    if leaf.held is None:
        raise ValueError("no span to hold for")
    span = spans.of(leaf.held)

    def ask(state: "State", now: int) -> Truth:
        value, wake = inner(state, now)
        if value is not True:
            return value, wake
        start = state.true_since[track]
        if start is None:  # it turned true within this very round
            start = now
        threshold = span.later(start, state.own_calendar)
        return (True, wake) if now >= threshold else (False, min(wake, threshold))

    return ask


def fact(leaf: FactTest, spans: Spans) -> LeafFunction:
    """A test on the value at a path; it changes by itself when the fact turns stale."""
    path, test = leaf.path.text, leaf.test
    if isinstance(test, SameAs):
        return _same_as(path, test.path.text)
    if path == "now":
        return _now_in_hours(test, spans)
    ask_value = _on_value(test, spans)

    def ask(state: "State", now: int) -> Truth:
        value, stale = state.fact(path, now)
        return ask_value(state, value), stale

    return ask


def _on_value(test: object, spans: Spans) -> "Callable[[State, Value | None], Trilean]":
    if isinstance(test, InHours):
        name = test.calendar

        def in_hours(state: "State", value: Value | None) -> Trilean:
            if not isinstance(value, int):
                return None
            return (spans.calendars.get(name) or state.own_calendar()).is_open(value)

        return in_hours
    plain: ValueTest = value_test(test)  # type: ignore[arg-type]
    return lambda state, value: plain(value)  # noqa: ARG005


def _same_as(path: str, other: str) -> LeafFunction:
    def ask(state: "State", now: int) -> Truth:
        left, stale_left = state.fact(path, now)
        right, stale_right = state.fact(other, now)
        wake = min(stale_left, stale_right)
        return (None if left is None or right is None else left == right), wake

    return ask


def _now_in_hours(test: object, spans: Spans) -> LeafFunction:
    if not isinstance(test, InHours):
        raise TypeError("of now one can only ask in_hours")
    name = test.calendar

    def ask(state: "State", now: int) -> Truth:
        calendar = spans.calendars.get(name) or state.own_calendar()
        change = calendar.next_change(now)
        return calendar.is_open(now), NEVER if change is None else change

    return ask


def links(leaf: LinksTest) -> LeafFunction:
    """Tests over the linked tickets of a kind; `some` and `every` need at least one link."""
    some = [(name, value_test(test)) for name, test in leaf.some]
    every = [(name, value_test(test)) for name, test in leaf.every]
    none = [(name, value_test(test)) for name, test in leaf.none]
    count = None if leaf.count is None else value_test(leaf.count)
    kind = leaf.kind

    def ask(state: "State", now: int) -> Truth:
        tickets = state.links_of(kind)
        wake = NEVER
        parts: list[Trilean] = []
        results: dict[str, list[Trilean]] = {"some": [], "every": [], "none": []}
        for ticket in tickets:
            for word, tests in (("some", some), ("every", every), ("none", none)):
                row: list[Trilean] = []
                for name, test in tests:
                    value, stale = state.link_fact(kind, ticket, name, now)
                    wake = min(wake, stale)
                    row.append(test(value))
                results[word].append(all_of(row))
        if some:
            parts.append(any_of(results["some"]))
        if every:
            parts.append(all_of(results["every"]) if tickets else False)
        if none:
            found = any_of(results["none"])
            parts.append(None if found is None else not found)
        if count is not None:
            parts.append(count(len(tickets)))
        return all_of(parts), wake

    return ask


def clock_state(leaf: FactTest) -> LeafFunction:
    """The state of the newest run; missed beyond the watermark is not known yet."""
    name = leaf.path.text.split(".")[1]
    test = value_test(leaf.test)

    def ask(state: "State", now: int) -> Truth:
        word, certain, wake = state.clock_word(name, now)
        return (test(word) if certain else None), wake

    return ask


def clock_used(leaf: FactTest) -> LeafFunction:
    """The share of the target used up; changes at the instants where a bound is reached.

    The run keeps what was said of it until then. Not of a bound that must be passed: that needs time that counts.
    """
    name = leaf.path.text.split(".")[1]
    test = value_test(leaf.test)
    bounds = leaf.test
    is_kept = isinstance(bounds, Bounds) and bounds.at_most is None and bounds.more_than is None
    question = repr(bounds)

    def ask(state: "State", now: int) -> Truth:
        run = state.newest(name)
        if run is None:
            return None, NEVER
        since, until, truth = run.answers.get(question, _UNASKED)
        if since <= now < until:
            return truth, until
        share, wake = state.clock_share(name, now, bounds)
        truth = test(share)
        if is_kept and run.budget and (run.stopped is None or run.stopped <= now):
            run.answers[question] = (now, wake, truth)
        return truth, wake

    return ask


def asked(leaf: FactTest, find: AskState) -> LeafFunction:
    """A test on something the state answers: a quota, a channel, a guard."""
    test = value_test(leaf.test)

    def ask(state: "State", now: int) -> Truth:
        value, wake = find(state, now)
        return test(value), wake

    return ask
