"""A whole `decide` of 50 rules and five clocks: the processor time of each case, and the median of all.

Four ways, on the same cases: a fresh event is folded in and decided; the same log is decided at a later instant; the
whole log is walked from its beginning; and the later instant with the trace of every rule. A case is opened, gets a
message of its customer, changes a field, is answered, and changes another field a day later, which is the fresh event.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import generated
from casewarden.decide import Compiled, compile_ruleset, decide
from casewarden.model.event import Event, Json
from casewarden.model.instants import parse_instant
from casewarden.model.subject import Subject, fold
from casewarden.ruleset.load import load_text

RULES = 50
CLOCKS = 5
CASES = 1000
ANSWERED = parse_instant("2026-07-16T13:11:00Z")
LATER = parse_instant("2026-07-17T12:00:00Z")
AIM_PLAIN, AIM_TRACE = 30.0, 20.0  # microseconds; times the plain one


@dataclass(frozen=True)
class Row:
    """One way to decide: the median over the cases, in microseconds of processor time."""

    what: str
    microseconds: float


def log_of(seed: int) -> list[Event]:
    facts: dict[str, Json] = {f"case.{name}": value for name, value in generated.case(seed).items()}

    def event(kind: str, at: str, actor: str, number: int, payload: dict[str, Json]) -> Event:
        return Event(f"case:{seed}", kind, parse_instant(at), 0, actor, "desk", f"e{number}", number, (), payload)

    return [
        event("opened", "2026-07-16T08:11:00Z", "customer", 1, {"via": "email", "facts": facts}),
        event("message", "2026-07-16T09:11:00Z", "customer", 2, {"public": True}),
        event("observed", "2026-07-16T10:11:00Z", "agent", 3, {"facts": {"case.f3": "a"}}),
        event("message", "2026-07-16T13:11:00Z", "agent", 4, {"public": True}),
        event("observed", "2026-07-17T10:11:00Z", "agent", 5, {"facts": {"case.f4": "a"}}),
    ]


def median(cases: list[Subject], call: Callable[[Subject], object]) -> float:
    spent = []
    for one in cases:
        begun = time.process_time_ns()
        call(one)
        spent.append(time.process_time_ns() - begun)
    return statistics.median(spent) / 1000


def begun_cases(compiled: Compiled) -> list[Subject]:
    """Cases as they stand before their last event: decided, and nothing left to do."""
    cases = []
    for seed in range(CASES):
        subject = fold(log_of(seed)[:-1])
        subject = subject.with_events(decide(compiled, subject, ANSWERED).events)
        decide(compiled, subject, ANSWERED)
        cases.append(subject)
    return cases


def measure() -> list[Row]:
    ruleset, found = load_text(generated.ruleset(generated.drawn(RULES), CLOCKS))
    assert ruleset is not None, [item.message for item in found.items]
    compiled = compile_ruleset(ruleset)
    cases = begun_cases(compiled)
    last = {subject.id: log_of(seed)[-1] for seed, subject in enumerate(cases)}

    def with_event(subject: Subject) -> object:
        event = last[subject.id]
        return decide(compiled, subject.with_events([event]), event.at)

    def from_the_log(subject: Subject) -> object:
        subject.memo.clear()
        return decide(compiled, subject, LATER)

    rows = [Row("a fresh event folded in and decided", median(cases, with_event))]
    whole = []
    for subject in cases:
        event = last[subject.id]
        one = subject.with_events([event])
        one = one.with_events(decide(compiled, one, event.at).events)
        decide(compiled, one, event.at)
        whole.append(one)
    rows.append(Row("decided again at a later instant", median(whole, lambda one: decide(compiled, one, LATER))))
    decide(compiled, whole[0], LATER, trace=True)  # the recording function is generated when first asked for
    traced = median(whole, lambda one: decide(compiled, one, LATER, trace=True))
    rows.append(Row("decided again, with the trace", traced))
    rows.append(Row("the whole log walked and decided", median(whole, from_the_log)))
    return rows


def main() -> None:
    print(f"{'':40}{'us a case':>12}")
    for row in measure():
        print(f"{row.what:40}{row.microseconds:12,.1f}")


if __name__ == "__main__":
    main()
