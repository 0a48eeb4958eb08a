"""`Decision.awaits`: the instant up to which the sources must be known for what waits for a watermark to go on."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from casewarden.decide import Compiled, compile_ruleset, decide, engine_events
from casewarden.model import Event, fold
from casewarden.model.canonical import decision_json
from casewarden.model.decision import Decision
from casewarden.ruleset.syntax import Credit
from casewarden.ruleset.terms import Path
from support.slow.live import live as every_moment
from support.slow.samples import CITED, iso, span
from support.slow.story import told
from support.small import Log, done, live, ruleset, say
from support.small import rule as rule_of
from support.strategies import Case, watched_cases

QUIET = "{all: [{since: {first: case_opened, at_least: 1 hour}}, {not: {happened: {event: customer_message}}}]}"
CLOSES = rule_of("quiet", f"when: {QUIET}\nthen: [close: solved]")
TELLS = rule_of("quiet", f"when: {QUIET}\nthen: [{{notify: {{who: manager, message: hello}}}}]")
LATE = """
clocks:
  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 1 business hour}
credits:
  late:
    clause: [S]
    clock: answer
    award: 1 day
    for_each: 15 elapsed minutes
    count: full
    cap: none
    add_to: contract.term_end
"""


def awaited(compiled: Compiled, log: Log, *instants: str) -> list[str | None]:
    return [say(decision.awaits) for decision in live(compiled, log, *instants)]


def test_a_log_without_watermarks_awaits_nothing_and_its_decisions_do_not_speak_of_it() -> None:
    (decision,) = live(ruleset(CLOSES), Log().opened("mon 09:00"), "mon 10:00")
    assert (done([decision]), decision.awaits) == (["mon 10:00 quiet close"], None)
    assert b"awaits" not in decision_json(decision)


def test_what_a_team_alone_sees_awaits_nothing() -> None:
    log = Log().opened("mon 09:00").watermark("mon 09:00")
    (decision,) = live(ruleset(TELLS), log, "mon 10:00")
    assert (done([decision]), decision.awaits) == (["mon 10:00 quiet notify"], None)


@pytest.mark.states("V6")
def test_a_public_rule_waits_for_the_instant_at_which_it_looked_true_and_fires_once_that_is_known() -> None:
    log = Log().opened("mon 09:00").watermark("mon 09:00")
    log.watermark("mon 10:05", through="mon 09:59").watermark("mon 10:06", through="mon 10:00")
    moments = ["mon 09:30", "mon 10:00", "mon 10:05", "mon 10:06"]
    assert awaited(ruleset(CLOSES), log, *moments) == [None, "mon 10:00", "mon 10:05", None]
    assert done(live(ruleset(CLOSES), log, *moments)) == ["mon 10:06 quiet close"]


def test_what_no_longer_looks_true_awaits_nothing() -> None:
    log = Log().opened("mon 09:00").watermark("mon 09:00").message("mon 10:10", automatic=False)
    assert awaited(ruleset(CLOSES), log, "mon 10:00", "mon 10:10") == ["mon 10:00", None]


def test_a_case_that_ended_and_one_that_is_not_governed_await_nothing() -> None:
    log = Log().opened("mon 09:00").watermark("mon 09:00").add("ended", "mon 09:30", reason="spam")
    assert awaited(ruleset(CLOSES), log, "mon 10:00") == [None]
    elsewhere = ruleset("applies_to: {case.core: down}\n" + CLOSES)
    unlike = Log().opened("mon 09:00", {"case.core": "available"}).watermark("mon 09:00")
    assert awaited(elsewhere, unlike, "mon 10:00") == [None]


@pytest.mark.states("V7")
def test_a_credit_waits_from_the_very_instant_of_the_stop() -> None:
    log = Log().opened("mon 09:00").watermark("mon 09:00").message("mon 11:00", by="agent", automatic=False)
    log.watermark("mon 12:00", through="mon 11:00")
    decisions = live(ruleset(LATE), log, "mon 10:59", "mon 11:00", "mon 11:01", "mon 12:00")
    assert [say(one.awaits) for one in decisions] == [None, "mon 11:00", "mon 11:01", None]
    states = [[(entry.state, entry.amount) for entry in one.ledger] for one in decisions]
    assert states == [[("accruing", 3)], [("accruing", 4)], [("accruing", 4)], [("posted", 4)]]


def test_an_occurrence_whose_condition_is_not_known_yet_waits() -> None:
    """The rule is asked once, as of the reply; whether the customer wrote before it comes to light later."""
    unasked = rule_of("unasked", "each: agent_reply\nwhen: {not: {happened: customer_message}}\nthen: [note: hello]")
    unasked = unasked.replace("happened: customer_message", "happened: {event: customer_message}")
    log = Log().opened("mon 09:00").watermark("mon 09:00").message("mon 10:00", by="agent", automatic=False)
    log.watermark("mon 10:30", through="mon 10:10")
    decisions = live(ruleset(unasked), log, "mon 10:00", "mon 10:20", "mon 10:30")
    assert [say(one.awaits) for one in decisions] == ["mon 10:00", "mon 10:20", None]
    assert done(decisions) == ["mon 10:30 unasked note"]


REMINDS = f"when: {QUIET}\nrepeat: {{every: 2 hours, first: at_once, catch_up: CATCH_UP}}\nthen: [THEN]"
HOURS = ("mon 10:00", "mon 11:00", "mon 12:00", "mon 12:01", "mon 14:00", "mon 14:01", "mon 16:00")
WAITS = ["mon 10:00", None, "mon 12:00", None, "mon 14:00", None, "mon 16:00"]


def reminded(catch_up: str, then: str) -> list[Decision]:
    """A source that is known a while behind: up to ten at eleven, later a minute late."""
    log = Log().opened("mon 09:00").watermark("mon 09:00").watermark("mon 11:00", through="mon 10:00")
    log.watermark("mon 12:01", through="mon 12:00").watermark("mon 14:01", through="mon 14:00")
    body = REMINDS.replace("CATCH_UP", catch_up).replace("THEN", then)
    return live(ruleset(rule_of("remind", body)), log, *HOURS)


@pytest.mark.states("V6", "V23")
@pytest.mark.parametrize("catch_up", ["latest", "all"])
def test_repetitions_to_the_public_wait_for_their_instant_to_be_known(catch_up: str) -> None:
    decisions = reminded(catch_up, "reply: hello")
    assert [say(one.awaits) for one in decisions] == [
        "mon 10:00",
        None,
        "mon 12:00",
        None,
        "mon 14:00",
        None,
        HOURS[-1],
    ]
    assert done(decisions) == [f"mon {time} remind reply" for time in ("11:00", "12:01", "14:01")]
    edges = [(edge.repetition, say(edge.at)) for one in decisions for edge in one.edges]
    assert edges == [(0, "mon 10:00"), (1, "mon 12:00"), (2, "mon 14:00")]


@pytest.mark.states("D13", "V23")
def test_where_nothing_is_caught_up_on_what_is_known_later_goes_out_no_more() -> None:
    decisions = reminded("none", "reply: hello")
    assert [say(one.awaits) for one in decisions] == [
        "mon 10:00",
        None,
        "mon 12:00",
        None,
        "mon 14:00",
        None,
        HOURS[-1],
    ]
    assert done(decisions) == ["mon 11:00 remind reply"]


@pytest.mark.states("V8", "V23")
def test_repetitions_that_a_team_alone_sees_go_out_at_once_and_provisionally() -> None:
    decisions = reminded("latest", "notify: {who: manager, message: hello}")
    assert done(decisions) == [f"mon {time} remind notify" for time in ("10:00", "12:00", "14:00", "16:00")]
    assert all(action.provisional for one in decisions for action in one.actions)
    assert {one.awaits for one in decisions} == {None}


def test_what_is_known_to_be_false_does_not_rise_because_it_would_look_true() -> None:
    """While it is quiet the clock would be paused, and not be missed; that it is quiet is not known, so it counts."""
    paused = """
clocks:
  answer:
    clause: [S]
    starts: case_opened
    stops: agent_reply
    target: 1 business hour
    pauses_while: {not: {happened: {event: customer_message, since: {first: case_opened}}}}
"""
    compiled = ruleset(paused + rule_of("probe", "when: {clock.answer.used: {less_than: 100%}}\nthen: [reply: hello]"))
    log = Log().opened("mon 09:00").watermark("mon 09:00")
    decisions = live(compiled, log, "mon 09:00", "mon 11:00", "mon 12:00")
    assert [len(one.edges) for one in decisions] == [1, 1, 0]


# On random rulesets and histories

THOROUGH = settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
CREDIT = Credit("late", CITED, "first", 1, span("10 minutes"), "full", None, Path("contract.term_end"))


def all_known(log: tuple[Event, ...], now: int) -> list[Event]:
    """Every source of a log is known up to now, and says so now."""
    marks = {event.source: event for event in log if event.kind == "watermark"}
    data = {"through": iso(now)}
    return [
        replace(mark, at=now, seen_at=now, key=f"now-{source}", sequence=990, data=data)
        for source, mark in sorted(marks.items())
    ]


def more_edges(decision: Decision) -> list[tuple[str, int, int]]:
    return [(edge.rule, edge.activation, edge.repetition) for edge in decision.edges if edge.rises]


@THOROUGH
@given(watched_cases())
def test_awaits_is_set_just_where_knowing_all_up_to_it_brings_something(case: Case) -> None:
    rules = replace(case.ruleset, credits={"late": CREDIT})
    compiled = compile_ruleset(rules)
    for moment in every_moment(rules, case.history):
        decision = moment.decision
        marks = all_known(moment.log, moment.now)
        if not marks or any(alert.kind == "rule_loop" for alert in decision.alerts):
            assert decision.awaits is None
            continue
        known = decide(compiled, fold((*moment.log, *engine_events(decision), *marks)), moment.now)
        brought = [*more_edges(known), *(entry.key for entry in known.ledger if entry.state == "posted")]
        assert decision.awaits in (None, moment.now)
        assert known.awaits is None
        if bool(brought) is not (decision.awaits is not None):
            raise AssertionError(
                f"{told(rules, list(moment.log))}\n{iso(moment.now)}: {decision.awaits}, then {brought}"
            )
