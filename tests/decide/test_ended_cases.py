"""A case that ended (spam, merged into another, deleted): its log may grow, and nothing comes of it any more."""

import pytest

from casewarden.decide import decide
from casewarden.decide.explain import explain_rule
from casewarden.model import fold
from casewarden.scenario.run import Run
from support.small import Log, at, decided, done, more, play, rule, ruleset, say

ANSWER = """
clocks:
  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 4 business hours}
"""
RULES = (
    rule("stands", "when: {case.core: down}\nthen: [note: hello]")
    + more("each", "each: customer_message\nthen: [note: hello]")
    + more("again", "when: {case.workaround: no}\nrepeat: {every: 1 hour, first: at_once}\nthen: [note: hello]")
    + more("silence", "when: {since: {last: customer_message, at_least: 2 hours}}\nthen: [note: hello]")
)


def after(course: Run, time: str) -> list[str]:
    """What was done at or after an instant."""
    return done(one for one in course.decisions if one.at >= at(time))


def spam(time: str = "mon 10:30", reason: str = "spam") -> Log:
    log = Log().opened("mon 09:00", {"case.workaround": False}).message("mon 09:10")
    return log.add("ended", time, "agent", reason=reason)


@pytest.mark.states("X7", "X9", "X10")
@pytest.mark.parametrize("reason", ["spam", "merged", "deleted"])
def test_no_rule_fires_on_a_case_that_ended_whatever_comes_in(reason: str) -> None:
    log = spam(reason=reason).message("mon 11:00").observed("mon 11:10", {"case.core": "down"})
    course = play(ruleset(ANSWER + RULES), log)
    assert done(course) == ["mon 09:00 again note", "mon 09:10 each note", "mon 10:00 again note"]
    assert [edge for one in course.decisions for edge in one.edges if one.at >= at("mon 10:30")] == []
    assert [one.next_wakeup for one in course.decisions if one.at >= at("mon 10:30")] == [None, None, None]
    assert course.last is not None
    assert [(clock.state.value, clock.reason) for clock in course.last.clocks] == [("cancelled", reason)]


@pytest.mark.states("X10")
def test_what_happens_at_the_instant_of_the_end_brings_nothing_either() -> None:
    log = spam("mon 09:30").message("mon 09:30").observed("mon 09:30", {"case.core": "down"})
    assert after(play(ruleset(RULES), log), "mon 09:30") == []


@pytest.mark.states("X10")
def test_a_case_that_had_ended_when_it_was_first_seen_has_no_decision_to_remember() -> None:
    decision = decided(ruleset(ANSWER + RULES), spam(), "mon 12:00")
    assert (decision.edges, decision.actions, decision.events, decision.next_wakeup) == ((), (), (), None)


@pytest.mark.states("X10")
def test_an_end_learnt_late_leaves_what_was_done_and_stops_the_rest() -> None:
    log = Log().opened("mon 09:00", {"case.workaround": False})
    log.add("ended", "mon 09:30", "agent", seen="mon 11:30", reason="spam")
    course = play(ruleset(RULES), log)
    assert done(course) == ["mon 09:00 again note", "mon 10:00 again note", "mon 11:00 again note"]


@pytest.mark.states("X10")
@pytest.mark.parametrize("over", ["", "\neven_if_over: yes"])
def test_what_waits_for_its_hours_is_withdrawn_when_the_case_ends(over: str) -> None:
    held = rule("held", f"when: {{case.core: down}}\ndeliver: {{in_hours: office}}{over}\nthen: [reply: hello]")
    log = Log().opened("mon 19:00", {"case.core": "down"})
    assert [event.kind for event in play(ruleset(held), log, "tue 12:00").subject.events][-1] == "applied"
    log.add("ended", "mon 20:00", "agent", reason="spam")
    course = play(ruleset(held), log, "tue 12:00")
    gone = [(event.kind, say(event.at)) for event in course.subject.events if event.kind in ("applied", "withdrawn")]
    assert gone == [("withdrawn", "mon 20:00")]


@pytest.mark.states("X10")
def test_an_ended_case_claims_of_no_quota_and_earns_no_credit() -> None:
    sections = ANSWER + (
        "quotas:\n  asked: {clause: [S], per: customer, counts: customer_message, over: unchanged,\n"
        "    window: {every: month, starting: calendar, zone: Europe/Zurich}, allowed: {basic: 3, gold: unlimited}}\n"
    )
    log = Log().opened("mon 09:00").message("mon 09:10").add("ended", "mon 09:30", "agent", reason="spam")
    course = play(ruleset(sections), log.message("tue 10:00").message("wed 10:00", "agent"))
    assert [entry.at for one in course.decisions for entry in one.ledger] == [at("mon 09:10")]


@pytest.mark.states("X10")
def test_the_explanation_says_that_the_case_ended() -> None:
    compiled = ruleset(RULES)
    log = spam().observed("mon 11:00", {"case.core": "down"})
    found = explain_rule(
        compiled,
        fold(log.events),
        at("mon 12:00"),
        compiled.ruleset.rules["stands"],
        lambda *_: iter(()),
        at("tue 12:00"),
    )
    assert found.blocked == ("the case ended at ", at("mon 10:30"), " (spam), and no rule fires on it any more")


def test_other_cases_go_on() -> None:
    log = Log("case:2").opened("mon 09:00", {"case.core": "down"})
    assert [action.rule for action in decide(ruleset(RULES), fold(log.events), at("mon 09:00")).actions] == ["stands"]
