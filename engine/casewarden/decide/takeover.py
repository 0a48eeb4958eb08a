"""What turns true only because another revision takes a subject over: a baseline, about which nothing is done.

Rules that are new or edited begin so by `decide` itself, which compares what they ask. A rule that is the same may all
the same become true at that moment, by terms that bind all cases: a deadline that lies earlier now has been missed
already. Nobody is told so as if it had just happened; that the deadline moved is put before a person.
"""

from collections.abc import Iterator

from casewarden.decide import Compiled
from casewarden.decide.firing import Round
from casewarden.decide.log import decided_event
from casewarden.decide.state import State
from casewarden.decide.trilean import NEVER
from casewarden.decide.walk import state_at
from casewarden.model.decision import Edge
from casewarden.model.event import Event
from casewarden.model.subject import Subject


def baseline(compiled: Compiled, subject: Subject, at: int) -> tuple[tuple[Edge, ...], Event | None]:
    """Return the edges that are none as these rules take a subject over at an instant, and what its log must remember.

    Nothing was learnt since it was decided last but what the new rules have it know besides.
    """
    compiled = compiled.about(subject.kind, subject.id)
    state = state_at(compiled, subject, at)
    if state.ended is not None:
        return (), None
    edges = (*_risen(compiled, state, at), *_occurred(compiled, state, at))
    return edges, decided_event(state, at, Round(edges=list(edges)), {}, (), ()) if edges else None


def _risen(compiled: Compiled, state: State, at: int) -> Iterator[Edge]:
    for index in compiled.matching(state, at)[0]:
        name = compiled.standing[index].name
        record = state.record(name)
        if _is_known(compiled, state, name) and not (record.active or record.disabled):
            yield Edge(name, rises=True, activation=record.activations, at=at, baseline=True)


def _occurred(compiled: Compiled, state: State, at: int) -> Iterator[Edge]:
    """Occurrences in the past that there were not by the older terms, such as that a clock was missed."""
    for name, candidates in state.candidates.items():
        if name not in compiled.ruleset.rules or not _is_known(compiled, state, name):
            continue
        record, since = state.record(name), state.rule_since.get(name, -NEVER)
        for occurrence, truth in candidates:
            if truth is True and since < occurrence.at <= at and occurrence.key not in record.events:
                yield Edge(
                    name, True, record.activations, occurrence.at, baseline=True, event=occurrence.key, silent=True
                )


def _is_known(compiled: Compiled, state: State, rule: str) -> bool:
    return state.known_rules.get(rule) == compiled.rule_digests.get(rule)
