"""Since when a rule that had to wait for the watermark has been due."""

from collections.abc import Collection

from casewarden.decide.compile import Compiled
from casewarden.decide.state import State
from casewarden.decide.trilean import NEVER
from casewarden.decide.walk import advance
from casewarden.model.subject import Subject


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
