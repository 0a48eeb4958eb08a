"""Arming a rule again: it counts as not having been true, so that it rises where it is true and fires."""

from casewarden.decide.compile import Compiled
from casewarden.decide.firing import Round
from casewarden.decide.log import decided_event
from casewarden.decide.walk import state_at
from casewarden.model.decision import Edge
from casewarden.model.event import Event
from casewarden.model.subject import Subject


def never_fired(compiled: Compiled, subject: Subject, rule: str, now: int) -> bool:
    """Whether a rule is true on a subject, as the log has it, and has never fired there: a baseline."""
    record = state_at(compiled.about(subject.kind, subject.id), subject, now).record(rule)
    return record.active and record.activations == 0


def arming_event(compiled: Compiled, subject: Subject, rule: str, now: int) -> Event:
    """Return the event that arms a rule which is true already; the next decision finds it rising."""
    state = state_at(compiled.about(subject.kind, subject.id), subject, now)
    edge = Edge(rule, rises=False, activation=state.record(rule).activations, at=now)
    return decided_event(state, now, Round(edges=[edge]), {}, (), ())
