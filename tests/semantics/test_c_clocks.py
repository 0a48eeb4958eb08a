"""Clocks through the whole engine; each sentence in detail is shown in tests/clocks."""

import itertools

import pytest

from casewarden.decide.proof import proof
from casewarden.decide.walk import state_at
from casewarden.model import fold
from support.small import HOUR, Log, at, clocks, codes, decided, play, ruleset, say

CLOCK = "clocks:\n  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 4 business hours%s}\n"


@pytest.mark.states("C1")
def test_a_deadline_hangs_on_the_log_and_not_on_when_or_how_often_it_was_asked() -> None:
    compiled = ruleset(CLOCK % ", pauses_while: {case.status: on_hold}, interpretation: [A1]" + PAUSE)
    log = Log().opened("mon 09:00").observed("mon 10:00", {"case.status": "on_hold"})
    log.observed("mon 11:30", {"case.status": "open"})
    often = play(compiled, log, "mon 14:00").last
    assert often is not None
    assert clocks(often) == clocks(decided(compiled, log, "mon 14:00")) == ["answer running mon 14:30"]


PAUSE = "interpretations:\n  A1: {reading: pauses on hold, by: lead, decided: 2026-01-01, reason: as agreed}\n"


@pytest.mark.states("C2")
def test_no_status_pauses_a_clock_unless_the_ruleset_states_it_and_then_with_a_ground() -> None:
    log = Log().opened("mon 09:00").observed("mon 10:00", {"case.status": "waiting_on_customer"})
    log.observed("mon 12:00", {"case.status": "on_hold"})
    assert clocks(decided(ruleset(CLOCK % ""), log, "mon 13:00")) == ["answer running mon 13:00"]
    ungrounded = (CLOCK % ", pauses_while: {case.status: on_hold}").replace("clause: [S], ", "")
    assert "CW704" in codes(ungrounded)


@pytest.mark.states("C3", "C14")
def test_closing_does_not_end_a_clock_and_a_reopening_does_what_on_reopen_says() -> None:
    log = Log().opened("mon 09:00").add("closed", "mon 10:00", "agent")
    assert clocks(decided(ruleset(CLOCK % ""), log, "mon 11:00")) == ["answer running mon 13:00"]
    log.message("mon 10:00", "agent").add("reopened", "mon 12:00", "customer")
    for word, expected in (
        ("stay", ["answer met mon 13:00"]),
        ("resume", ["answer running mon 15:00"]),
        ("restart", ["answer met mon 13:00", "answer running mon 16:00"]),
    ):
        compiled = ruleset(CLOCK % f", on_reopen: {word}")
        assert clocks(decided(compiled, log, "mon 12:00")) == expected, word


@pytest.mark.states("C4")
def test_a_stop_that_needs_several_facts_is_at_the_last_of_them() -> None:
    sections = "events:\n  both: {all: [agent_reply, agent_call]}\n" + CLOCK.replace("agent_reply", "both") % ""
    log = Log().opened("mon 09:00").message("mon 10:00", "agent")
    assert clocks(decided(ruleset(sections), log, "mon 11:00")) == ["answer running mon 13:00"]
    log.add("call", "mon 12:00", "agent")
    (clock,) = decided(ruleset(sections), log, "mon 12:00").clocks
    assert (clock.state.value, say(clock.stopped)) == ("met", "mon 12:00")


SEVERITY = """
severity:
  clause: [S]
  levels: {1: High, 2: Low}
  until_classified: %s
  hit: unique
  table:
    - {when: {case.core: down}, gives: 1}
    - {when: {case.core: [degraded, available]}, gives: 2}
clocks:
  answer:
    clause: [S]
    starts: case_opened
    stops: agent_reply
    targets_by_severity: {1: 2 business hours, 2: 8 business hours}
    on_change: {severity: %s, plan: keep, contract: keep}
"""


@pytest.mark.states("C6")
@pytest.mark.parametrize(
    ("mode", "expected"),
    [("keep", "mon 17:00"), ("retarget", "mon 11:00"), ("restart", "mon 12:00"), ("segments", "mon 11:45")],
)
def test_a_severity_raised_after_an_hour_in_each_mode(mode: str, expected: str) -> None:
    """In segments one hour of eight is an eighth, and seven eighths of two hours are left."""
    log = Log().opened("mon 09:00", {"case.core": "degraded"}).observed("mon 10:00", {"case.core": "down"})
    assert clocks(decided(ruleset(SEVERITY % ("reported", mode)), log, "mon 10:00")) == [f"answer running {expected}"]


@pytest.mark.states("C19")
@pytest.mark.parametrize(
    ("least", "raised", "expected"),
    [
        ("", "mon 10:50", "mon 11:00"),
        ("", "mon 13:00", "mon 13:00"),
        (", minimum_remainder: none", "mon 13:00", "mon 13:00"),
        (", minimum_remainder: 30 business minutes", "mon 10:00", "mon 11:00"),
        (", minimum_remainder: 30 business minutes", "mon 10:50", "mon 11:20"),
        (", minimum_remainder: 30 business minutes", "mon 13:00", "mon 13:30"),
        (", minimum_remainder: 2 business hours", "mon 16:00", "tue 09:00"),
        (", minimum_remainder: 1 elapsed day", "mon 13:00", "tue 13:00"),
    ],
)
def test_a_new_target_leaves_at_least_the_minimum_remainder(least: str, raised: str, expected: str) -> None:
    """Two hours from the same start are over at 11:00."""
    compiled = ruleset(SEVERITY % ("reported", f"retarget{least}"))
    log = Log().opened("mon 09:00", {"case.core": "degraded"}).observed(raised, {"case.core": "down"})
    assert clocks(decided(compiled, log, raised)) == [f"answer running {expected}"]


@pytest.mark.states("C7", "C9")
@pytest.mark.parametrize("mode", ["keep", "retarget", "restart", "segments"])
def test_until_classified_states_what_holds_and_the_first_determination_is_no_change(mode: str) -> None:
    """Unknown, then low: as if it had been low from the start. With a level until then, the same."""
    unknown, stated = ruleset(SEVERITY % ("reported", mode)), ruleset(SEVERITY % ("1", mode))
    log = Log().opened("mon 09:00")
    assert clocks(decided(unknown, log, "mon 09:30")) == ["answer running -"]
    assert clocks(decided(stated, log, "mon 09:30")) == ["answer running mon 11:00"]
    log.observed("mon 10:00", {"case.core": "degraded"})
    for compiled in (unknown, stated):
        assert clocks(decided(compiled, log, "mon 10:00")) == ["answer running mon 17:00"]


@pytest.mark.states("C8")
@pytest.mark.parametrize("mode", ["keep", "retarget", "restart", "segments"])
def test_no_change_makes_a_clock_missed_before_the_change(mode: str) -> None:
    """Raised after four hours: two hours would have been over since 11:00."""
    log = Log().opened("mon 09:00", {"case.core": "degraded"}).observed("mon 13:00", {"case.core": "down"})
    compiled = ruleset(SEVERITY % ("reported", mode))
    course = play(compiled, log, "mon 13:00")
    assert [one.clocks[0].state.value for one in course.decisions if one.at <= at("mon 13:00")][-1] == "running"
    assert course.last is not None
    assert course.last.clocks[0].due is not None
    assert course.last.clocks[0].due >= at("mon 13:00")


@pytest.mark.states("C10")
def test_a_clock_instance_tells_its_state_by_now() -> None:
    sections = CLOCK % "" + "  gone: {clause: [S], starts: case_opened, stops: agent_reply, target: not_covered}\n"
    sections += "  call: {clause: [S], starts: customer_call, stops: agent_call, target: 1 business hour}\n"
    states = [
        (one.clock, one.state.value, one.reason)
        for one in decided(ruleset(sections), Log().opened("mon 09:00"), "mon 09:00").clocks
    ]
    assert states == [("answer", "running", None), ("gone", "not_applicable", "not_covered"), ("call", "waiting", None)]


@pytest.mark.states("C11", "C12")
def test_a_deadline_proof_is_consecutive_with_reasons_and_sums_to_the_budget() -> None:
    sections = """
calendars:
  office: {zone: Europe/Zurich, open: {mon-fri: [08:00-12:00, 13:00-17:00]}, holidays: {country: CH, subdivision: ZH, years: 2026, add: {2026-03-03: Company day}}}
  always: {zone: Europe/Zurich, open: 24x7, holidays: none}
"""  # noqa: E501
    compiled = ruleset(sections + CLOCK % ", pauses_while: {case.status: on_hold}, interpretation: [A1]" + PAUSE)
    log = Log().opened("mon 16:00").observed("wed 08:30", {"case.status": "on_hold"})
    log.observed("wed 10:00", {"case.status": "open"})
    (run,) = state_at(compiled, fold(log.events), at("wed 11:00")).runs("answer")
    segments = proof(run, at("wed 11:00"))
    assert [(say(one.start), one.reason, one.counted // (HOUR // 2)) for one in segments] == [
        ("mon 16:00", "open", 2),
        ("mon 17:00", "closed", 0),
        ("tue 00:00", "holiday", 0),
        ("wed 00:00", "closed", 0),
        ("wed 08:00", "open", 1),
        ("wed 08:30", "paused", 0),
        ("wed 10:00", "open", 4),
        ("wed 12:00", "closed", 0),
        ("wed 13:00", "open", 1),
    ]
    assert all(left.end == right.start for left, right in itertools.pairwise(segments))
    assert sum(one.counted for one in segments) == run.budget == 4 * HOUR
    (holiday,) = (one for one in segments if one.reason == "holiday")
    assert "Company day" in (holiday.detail or "")
    assert (segments[-1].end, {one.calendar for one in segments}) == (run.due, {"office"})
