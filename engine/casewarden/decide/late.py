"""What a late event changes: deadlines that move, rules that would have fired. Reported, never sent."""

from dataclasses import dataclass, field

from casewarden.decide.compile import Compiled
from casewarden.decide.state import State, is_engine, is_late
from casewarden.decide.trilean import NEVER
from casewarden.decide.walk import advance, state_at, step
from casewarden.model.decision import Correction, Withheld
from casewarden.model.event import Event
from casewarden.model.instants import iso
from casewarden.model.subject import Subject


@dataclass(slots=True)
class Late:
    """Corrections for approval, rules that would have fired, and rules that would have been true before now."""

    earlier: set[str] = field(default_factory=set)
    withheld: list[Withheld] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)


_NOTHING = Late()


def learnt_late(compiled: Compiled, subject: Subject, state: State, now: int) -> Late:
    """Return what the late events that no decision has seen yet change."""
    if not subject.delayed:
        return _NOTHING
    newest = next((e.at for e in reversed(subject.events) if e.kind == "decided" and e.at <= now), None)
    if newest is None:
        return _NOTHING
    late = [event for event in subject.delayed if event.seen_at > newest and event.at <= now and is_late(state, event)]
    if not late:
        return _NOTHING
    found = Late()
    _deadlines(compiled, subject, state, late, now, found)
    _missed_edges(compiled, subject, state, min(event.at for event in late), now, found)
    return found


def _deadlines(compiled: Compiled, subject: Subject, state: State, late: list[Event], now: int, found: Late) -> None:
    """Compare the due instants with those of the log without the late events."""
    unseen = {(event.source, event.key) for event in late}
    rest = [event for event in subject.events if (event.source, event.key) not in unseen]
    if not rest:
        return
    before = state_at(compiled, Subject(subject.id).with_events(rest), now)
    for name in compiled.ruleset.clocks:
        was = {run.started_by: run.due for run in before.runs(name)}
        for run in state.runs(name):
            due = was.get(run.started_by)
            if run.started_by in was and due != run.due:
                old, new = (None if due is None else iso(due)), (None if run.due is None else iso(run.due))
                message = f"{name} was due {old or 'at no time'}; as it happened it is due {new or 'at no time'}"
                found.corrections.append(Correction("deadline", f"{name}/{run.started_by}", old, new, message))


def _missed_edges(compiled: Compiled, subject: Subject, state: State, since: int, now: int, found: Late) -> None:
    """Walk the log again and look at the rules at every instant from the late event on."""
    true_then: dict[str, int] = {}
    walker = State(compiled, subject.events)
    external = [event for event in subject.events if not is_engine(event)]
    instants = sorted({event.at for event in external if since <= event.at < now})
    wake = NEVER

    def look(at: int) -> int:
        hits, again = compiled.matching(walker, at)
        for index in hits:
            true_then.setdefault(compiled.standing[index].name, at)
        return again

    for position, at in enumerate(instants):
        advance(walker, external, at)
        wake = look(at)
        end = instants[position + 1] if position + 1 < len(instants) else now
        while min(wake, walker.pending) < end:
            at_wake = min(wake, walker.pending)
            step(walker, at_wake)
            wake = look(at_wake)
    still = {compiled.standing[index].name for index in compiled.matching(state, now)[0]}
    found.earlier.update(true_then)
    for name, at in sorted(true_then.items(), key=lambda row: (row[1], row[0])):
        record = state.record(name)
        fired = record.active or any(since <= instant for instant in record.fired)
        if name not in still and not fired:
            detail = f"its condition held at {iso(at)} by what was learnt of too late, and no longer holds"
            found.withheld.append(Withheld(name, "would_have_fired", detail, at))
