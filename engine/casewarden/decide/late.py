"""What a late event changes: deadlines that move, rules that would have fired. Reported, never sent."""

from dataclasses import dataclass, field

from casewarden.decide.compile import Compiled
from casewarden.decide.state import State, is_late
from casewarden.decide.trilean import NEVER
from casewarden.decide.walk import advance, state_at, step, take_next
from casewarden.model.decision import Correction, Withheld
from casewarden.model.event import Event
from casewarden.model.instants import iso
from casewarden.model.subject import Subject


@dataclass(slots=True)
class Late:
    """Corrections for approval, rules that would have fired, and rules that would have risen before now.

    `since` is the instant of the first late event, None where nothing was learnt late.
    """

    since: int | None = None
    earlier: set[str] = field(default_factory=set)
    withheld: list[Withheld] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)


IN_TIME = Late()


def learnt_late(compiled: Compiled, subject: Subject, state: State, now: int) -> Late:
    """Return what the late events that no decision has seen yet change."""
    if not subject.delayed:
        return IN_TIME
    newest = next((e.at for e in reversed(subject.events) if e.kind == "decided" and e.at <= now), None)
    if newest is None:
        return IN_TIME
    late = [event for event in subject.delayed if event.seen_at > newest and event.at <= now and is_late(state, event)]
    if not late:
        return IN_TIME
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
    """Walk the log again, with all that it says now, and see which rules rose from the late event on."""
    walker = State(compiled, subject.events)
    advance(walker, subject.events, since - 1)
    risings = _Risings(compiled, walker)
    wake = risings.look(since - 1)
    risings.rose.clear()
    while True:
        ahead = subject.events[walker.consumed].at if walker.consumed < len(subject.events) else NEVER
        at = min(ahead, wake, walker.pending)
        if at >= now:
            break
        if at == ahead:
            take_next(walker, subject.events)
        elif at == walker.pending:
            step(walker, at)
        wake = risings.look(at)
    still = {compiled.standing[index].name for index in compiled.matching(state, now)[0]}
    found.since = since
    found.earlier.update(risings.rose.keys() & risings.up)
    for name, at in sorted(risings.rose.items(), key=lambda row: (row[1], row[0])):
        record = state.record(name)
        fired = record.active or any(since <= instant for instant in record.fired)
        if name not in still and not fired:
            detail = f"its condition held at {iso(at)} by what was learnt of too late, and no longer holds"
            found.withheld.append(Withheld(name, "would_have_fired", detail, at))


class _Risings:
    """The rules that are up, and when each that rose on the walk did so first; false re-arms, unknown does not."""

    def __init__(self, compiled: Compiled, walker: State) -> None:
        self.compiled = compiled
        self.walker = walker
        self.up = {rule.name for rule in compiled.standing if walker.record(rule.name).active}
        self.rose: dict[str, int] = {}

    def look(self, at: int) -> int:
        """Look at all rules at an instant; return when one may change by itself."""
        active = {self.compiled.standing_index[name] for name in self.up}
        out, wake = self.compiled.ask_rules(self.walker, at, active)
        for index, is_true in out:
            name = self.compiled.standing[index].name
            if not is_true:
                self.up.discard(name)
            elif name not in self.up:
                self.up.add(name)
                self.rose.setdefault(name, at)
        return wake
