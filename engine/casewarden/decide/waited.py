"""What waits for the watermark, and since when what waited has been due."""

from collections.abc import Collection, Sequence

from casewarden.decide.compile import Compiled
from casewarden.decide.effects import is_public
from casewarden.decide.firing import Round, occurrences, repeats, standing
from casewarden.decide.postings import postings
from casewarden.decide.state import State
from casewarden.decide.trilean import NEVER
from casewarden.decide.walk import advance, state_at
from casewarden.model.subject import Subject


def beyond_watermark(
    compiled: Compiled, subject: Subject, state: State, now: int, certain: Collection[tuple[int, bool]], found: Round
) -> None:
    """Ask again as if nothing had happened beyond the watermark, where that leaves rules open.

    What a team alone sees goes out at once, provisionally. What closes or speaks to the customer waits until it is
    known to have been true at the watermark, and goes out then if it still looks true. `certain`: the rules that have
    something to do by what is known.
    """
    hopeful = state_at(compiled, subject, now, slot="hopeful", assumes_complete=True)
    hits, again = compiled.matching(hopeful, now)
    found.wake = min(found.wake, again, hopeful.pending)
    decided = {index for index, _ in certain}
    open_still = [
        index
        for index in hits
        if index not in decided
        and (index not in state.active or index in compiled.repeating)
        and not state.record(compiled.standing[index].name).disabled
        and compiled.truth(index, state, now) is None
    ]
    internal = [(index, True) for index in open_still if not is_public(compiled.standing[index])]
    standing(state, internal, now, found, provisional=True)
    public = [index for index in open_still if is_public(compiled.standing[index])]
    if public:
        _as_of_watermark(compiled, subject, state, now, public, found)
    found.awaits = _would_bring_more(compiled, hopeful, hits, now)


def _as_of_watermark(
    compiled: Compiled, subject: Subject, state: State, now: int, public: Sequence[int], found: Round
) -> None:
    """Let those rules fire that were true at the watermark already, as of when they were due; the others wait."""
    through = state.complete_through
    sure = state_at(compiled, subject, through, slot="complete")
    was_true = set(compiled.matching(sure, through)[0])
    due = [index for index in public if index in was_true and index not in state.active]
    if due:
        found.due = due_since(compiled, subject, due, through, now)
        standing(state, [(index, True) for index in due], now, found, provisional=False)
    for index in public:
        if index in state.active:
            repeats(state, compiled.standing[index], now, found, through if index in was_true else None)


def _would_bring_more(compiled: Compiled, hopeful: State, hits: Collection[int], now: int) -> bool:
    """Whether more fires or is posted as soon as it is known that nothing has happened beyond the watermark."""
    more = Round()
    standing(
        hopeful,
        [(index, True) for index in hits if index not in hopeful.active or index in compiled.repeating],
        now,
        more,
        provisional=False,
    )
    occurrences(hopeful, now, more, provisional=False)
    return not more.is_quiet or bool(postings(compiled, hopeful, now)[0])


def may_have_waited(compiled: Compiled, state: State, out: Collection[tuple[int, bool]]) -> set[int]:
    """Return which of the rules that rise close or speak to the public: those may have had to wait for a watermark."""
    rising = [index for index, is_true in out if is_true and index not in state.active]
    return {index for index in rising if is_public(compiled.standing[index])}


def due_since(compiled: Compiled, subject: Subject, indexes: Collection[int], end: int, now: int) -> dict[str, int]:
    """Return, for rules that are true at `end` and about to rise, since when by all that is known `now` they are true.

    The log is walked again from the start, up to and at `end`: what its sources are complete up to is known to the walk
    at every instant. The stretch of an earlier activation does not count, nor what was before the rule was in force.
    """
    events = [event for event in subject.events if event.at <= now]
    walker = State(compiled, events)
    since: dict[int, int] = {}
    wake = NEVER
    while True:
        ahead = events[walker.consumed].at if walker.consumed < len(events) else NEVER
        at = min(ahead, wake, walker.pending)
        if at > end or at >= NEVER:
            break
        advance(walker, events, at)
        hits, wake = compiled.matching(walker, at)
        open_now = [i for i in hits if i in indexes and not walker.record(compiled.standing[i].name).active]
        since = {index: since.get(index, at) for index in open_now}
    found = {compiled.standing[index].name: at for index, at in since.items()}
    return {name: max(at, walker.rule_since.get(name, at)) for name, at in found.items()}
