"""Going back over a log: the states at all instants at which anything changes, and what was known when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from casewarden.decide.codegen import leaves_of
from casewarden.decide.compile import Compiled
from casewarden.decide.explain.tree import Look
from casewarden.decide.state import State, is_engine
from casewarden.decide.trilean import NEVER, Trilean, all_of, any_of, negated
from casewarden.decide.walk import advance
from casewarden.model.event import Event
from casewarden.ruleset.terms import All, Any, Condition, Leaf, Not

_MOST_INSTANTS = 20_000


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch `[start, end)` in which something held; `end` None: it still does."""

    start: int
    end: int | None


def state_of(compiled: Compiled, events: Sequence[Event], now: int) -> State:
    """Return the state that a log gives at an instant, derived anew."""
    state = State(compiled, events)
    advance(state, events, now)
    state.time = max(state.time, now)
    return state


def known_at(events: Sequence[Event], decided: int) -> tuple[Event, ...]:
    """Return what the log held when the decision at this place in it was taken."""
    event = events[decided]
    return tuple(known for known in events[:decided] if known.seen_at <= event.seen_at)


def truths_over_time(
    compiled: Compiled, events: Sequence[Event], leaves: Sequence[Leaf], now: int
) -> Iterator[tuple[int, tuple[Trilean, ...]]]:
    """Yield the truths of leaves at every instant up to `now` at which one may change, by the log as it is.

    At an instant at which the engine decided there are two: before that, and with what it did.
    """
    state = State(compiled, events)
    look = Look(compiled, state, events, now)
    wake = NEVER
    place = 0
    for _ in range(_MOST_INSTANTS):
        following = events[place].at if place < len(events) else NEVER
        instant = min(following, state.pending, wake)
        if instant > now:
            return
        if instant == following:
            place = _end_of_group(events, place)
        advance(state, events[:place], instant)
        asked = [look.ask(leaf, state, instant) for leaf in leaves]
        wake = min((again for _, again in asked if again > instant), default=NEVER)
        yield instant, tuple(truth for truth, _ in asked)


def _end_of_group(events: Sequence[Event], place: int) -> int:
    first = events[place]
    end = place + 1
    while end < len(events) and events[end].at == first.at and is_engine(events[end]) == is_engine(first):
        end += 1
    return end


def spells(
    compiled: Compiled, events: Sequence[Event], condition: Condition, given: dict[int, bool], now: int
) -> list[Spell]:
    """Return when a condition held up to `now`, with the truth of some leaves (by their place) as given."""
    leaves = leaves_of(condition)
    found: list[Spell] = []
    since: int | None = None
    for instant, truths in truths_over_time(compiled, events, leaves, now):
        holds = truth_with(condition, [given.get(place, truth) for place, truth in enumerate(truths)]) is True
        if holds and since is None:
            since = instant
        elif not holds and since is not None:
            if instant > since:
                found.append(Spell(since, instant))
            since = None
    if since is not None:
        found.append(Spell(since, None))
    return found


def truth_with(condition: Condition, truths: Sequence[Trilean]) -> Trilean:
    """Return the truth of a condition whose leaves have these truths, in the order in which they are written."""
    rest = iter(truths)
    return _truth(condition, rest)


def _truth(condition: Condition, truths: Iterator[Trilean]) -> Trilean:
    match condition:
        case All(parts):
            return all_of([_truth(part, truths) for part in parts])
        case Any(parts):
            return any_of([_truth(part, truths) for part in parts])
        case Not(part):
            return negated(_truth(part, truths))
        case _:
            return next(truths)
