"""Rings of rules, each setting off the next: recognised at any length, all of them named, and nothing goes out."""

import pytest

from casewarden.decide import Compiled, decide, engine_events
from casewarden.model import fold
from support.small import Log, at, decided, done, more, play, rule, ruleset


def ring(length: int, spokes: str = "") -> Compiled:
    """Rules that set each other off in a circle, which the checker cannot see: the last step comes from a field."""
    rules = [
        f"when: {{case.text: s{n}}}\n"
        f"then: [set: {{case.text: {f's{n + 1}' if n + 1 < length else '{from: case.known_as}'}}}]"
        for n in range(length)
    ]
    return ruleset(rule("r00", rules[0]) + "".join(more(f"r{n:02}", rules[n]) for n in range(1, length)) + spokes)


START = {"case.core": "down", "case.text": "s0", "case.known_as": "s0"}
OTHER = more("other", "when: {case.core: down}\nthen: [note: hello]")


@pytest.mark.parametrize("length", [2, 3, 8, 9, 15, 16, 17, 32, 40])
def test_a_ring_of_any_length_is_switched_off_at_once_and_all_its_rules_are_named(length: int) -> None:
    compiled = ring(length, OTHER)
    log = Log().opened("mon 09:00", START)
    decision = decided(compiled, log, "mon 09:00")
    names = tuple(f"r{n:02}" for n in range(length))
    assert [(alert.kind, alert.rules) for alert in decision.alerts] == [("rule_loop", names)]
    assert decision.facts == {}
    course = play(compiled, log.observed("mon 10:00", {"case.text": "s1"}))
    assert course.broken_off is None
    assert done(course) == ["mon 09:00 other note"], "the ring stays off, all others work"
    assert course.last is not None
    assert course.last.next_wakeup is None


@pytest.mark.parametrize("length", [3, 17, 40])
def test_what_the_log_says_of_a_ring_stands_without_what_was_derived_before(length: int) -> None:
    compiled = ring(length)
    log = Log().opened("mon 09:00", START)
    first = decided(compiled, log, "mon 09:00")
    again = decide(compiled, fold([*log.events, *engine_events(first)]), at("mon 09:01"))
    assert (again.edges, again.alerts, again.next_wakeup) == ((), (), None)


@pytest.mark.parametrize("length", [3, 17, 40])
def test_a_ring_that_does_not_close_is_a_chain(length: int) -> None:
    log = Log().opened("mon 09:00", START | {"case.known_as": "the end"})
    course = play(ring(length), log)
    assert len(done(course)) == length
    assert [alert for one in course.decisions for alert in one.alerts] == []
    assert course.last is not None
    assert course.last.next_wakeup is None


def test_a_chain_that_leads_into_a_ring_is_not_part_of_it() -> None:
    into = "".join(
        more(f"in{n:02}", f"when: {{case.text: i{n}}}\n"
             f"then: [set: {{case.text: {f'i{n + 1}' if n < 19 else 's0'}}}]")
        for n in range(20)
    )  # fmt: skip
    log = Log().opened("mon 09:00", START | {"case.text": "i0"})
    course = play(ring(18, into), log)
    alerts = [alert for one in course.decisions for alert in one.alerts]
    assert [alert.rules for alert in alerts] == [tuple(f"r{n:02}" for n in range(18))]
    assert done(course)[-1].split()[2:] == ["in19", "set"]
