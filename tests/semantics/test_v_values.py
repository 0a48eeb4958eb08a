"""Values: three-valued logic, watermarks, freshness, types, who may say what."""

import pytest

from casewarden.scenario.linked import LinkedSubjects
from support.small import (
    Log,
    at,
    clocks,
    codes,
    decided,
    done,
    edges,
    held,
    play,
    rule,
    ruleset,
    say,
    truth,
    wake,
    when,
)

ANSWER = """
clocks:
  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 4 business hours}
"""


@pytest.mark.states("V1", "V2")
@pytest.mark.parametrize("condition", ["{case.core: down}", "{case.core: {not: down}}", "{not: {case.core: down}}"])
def test_what_is_missing_or_emptied_is_unknown_and_fires_neither_a_test_nor_its_negation(condition: str) -> None:
    missing = Log().opened("mon 09:00")
    emptied = Log().opened("mon 09:00").observed("mon 09:30", {"case.core": None})
    for log in (missing, emptied):
        assert truth(when(condition), log, "mon 10:00") is None
        assert done(play(when(condition), log)) == []


@pytest.mark.states("V1", "V16")
def test_a_stale_fact_is_unknown_from_one_microsecond_after_its_span_on() -> None:
    beats = when("{case.heartbeat: up}")
    log = Log().opened("mon 09:00", {"case.heartbeat": "up"})
    assert [truth(beats, log, now) for now in ("mon 09:30", "mon 09:30+1")] == [True, None]
    assert wake(beats, log, "mon 09:00") == "mon 09:30+1"
    log.observed("mon 09:20", {"case.heartbeat": "up"})
    assert truth(beats, log, "mon 09:45") is True


@pytest.mark.states("V1")
def test_all_any_and_not_are_kleenes() -> None:
    """`load` is missing: unknown with false is false in `all`, unknown with true is true in `any`."""
    log = Log().opened("mon 09:00", {"case.core": "down"})
    says = {
        "{case.core: down, case.load: 1}": None,
        "{case.core: available, case.load: 1}": False,
        "{any: [{case.core: down}, {case.load: 1}]}": True,
        "{any: [{case.core: available}, {case.load: 1}]}": None,
        "{not: {case.load: 1}}": None,
    }
    assert {condition: truth(when(condition), log, "mon 09:00") for condition in says} == says


@pytest.mark.states("V4", "V20")
def test_absence_is_known_up_to_the_least_watermark_only() -> None:
    silent = when("{not: {happened: {event: customer_message}}}")
    log = Log().opened("mon 09:00")
    assert truth(silent, log, "mon 10:00") is True, "a log without watermarks is complete"
    log.watermark("mon 09:30")
    assert [truth(silent, log, now) for now in ("mon 09:30", "mon 10:00")] == [True, None]
    log.watermark("mon 10:00").watermark("mon 10:00", "mail", through="mon 09:45")
    assert truth(silent, log, "mon 10:00") is None
    log.watermark("mon 10:01", "mail", through="mon 10:00")
    assert truth(silent, log, "mon 10:00") is None, "learnt of at 10:01 only"


@pytest.mark.states("V4")
def test_a_clock_is_known_to_be_missed_when_the_watermark_has_reached_its_due_instant() -> None:
    missed = ruleset(ANSWER + rule("probe", "when: {clock.answer: missed}\nthen: [close: solved]"))
    log = Log().opened("mon 09:00").watermark("mon 12:59", through="mon 12:59")
    assert truth(missed, log, "mon 14:00") is None
    assert [clock.certain for clock in decided(missed, log, "mon 14:00").clocks] == [False]
    log.watermark("mon 14:00", through="mon 13:00")
    assert truth(missed, log, "mon 14:00") is True


@pytest.mark.states("V5")
def test_at_least_so_many_is_decided_by_what_is_there() -> None:
    twice = when("{happened: {event: customer_message, times: 2}}")
    log = Log().opened("mon 09:00").watermark("mon 09:00").message("mon 10:00").message("mon 11:00")
    assert [truth(twice, log, now) for now in ("mon 10:00", "mon 11:00")] == [None, True]


CLOSE = """
    when:
      case.status: waiting_on_customer
      since: {last: agent_reply, at_least: 2 hours}
      not: {happened: {event: customer_message, since: {last: agent_reply}}}
"""


def waiting() -> Log:
    return (
        Log()
        .opened("mon 08:00")
        .message("mon 09:00", "agent")
        .observed("mon 09:00", {"case.status": "waiting_on_customer"})
    )


@pytest.mark.states("V6")
def test_closing_waits_for_the_watermark_and_is_then_decided_as_of_its_due_instant() -> None:
    closing = ruleset(f"rules:\n  probe:\n    clause: [S]\n{CLOSE.strip(chr(10))}\n    then: [close: solved]\n")
    log = (
        waiting()
        .watermark("mon 10:00")
        .observed("mon 11:30", {"case.size": 1})
        .watermark("mon 12:00", through="mon 11:30")
    )
    assert done(play(closing, log)) == ["mon 12:00 probe close"]
    spoken = waiting().watermark("mon 10:00").observed("mon 11:30", {"case.size": 1})
    spoken.message("mon 10:30", seen="mon 11:45").watermark("mon 12:00", through="mon 11:30")
    assert done(play(closing, spoken)) == []


@pytest.mark.states("V6")
@pytest.mark.parametrize("through", ["mon 11:00", "mon 11:30", "mon 12:00"])
def test_the_edge_of_what_waited_for_the_watermark_is_at_its_due_instant(through: str) -> None:
    """Two hours after the answer at 9:00 the case was due for closing, whenever that came to be known."""
    compiled = ruleset(f"rules:\n  probe:\n    clause: [S]\n{CLOSE.strip(chr(10))}\n    then: [close: solved]\n")
    course = play(compiled, waiting().watermark("mon 10:00").watermark("mon 12:00", through=through))
    rises = [(say(one.at), say(edge.at)) for one in course.decisions for edge in one.edges if edge.rises]
    assert rises == [("mon 12:00", "mon 11:00")]


@pytest.mark.states("V6")
def test_each_closing_that_waited_has_its_own_due_instant() -> None:
    compiled = ruleset(f"rules:\n  probe:\n    clause: [S]\n{CLOSE.strip(chr(10))}\n    then: [close: solved]\n")
    log = waiting().watermark("mon 10:00").watermark("mon 12:00", through="mon 11:30")
    log.message("mon 13:00").observed("mon 13:00", {"case.status": "open"}).watermark("mon 13:00")
    log.message("mon 14:00", "agent").observed("mon 14:00", {"case.status": "waiting_on_customer"})
    course = play(compiled, log.watermark("tue 09:00"))
    rises = [(say(one.at), say(edge.at)) for one in course.decisions for edge in one.edges if edge.rises]
    assert rises == [("mon 12:00", "mon 11:00"), ("tue 09:00", "mon 16:00")]


@pytest.mark.states("V6", "V8")
def test_a_public_message_waits_and_an_internal_alert_goes_out_at_once_provisionally() -> None:
    body = CLOSE.strip("\n")
    for action, expected in (
        ("reply: hello", []),
        ("notify: {who: manager, message: hello}", [True]),
        ("note: hello", [True]),
    ):
        compiled = ruleset(f"rules:\n  probe:\n    clause: [S]\n{body}\n    then: [{action}]\n")
        decision = decided(compiled, waiting().watermark("mon 10:00"), "mon 11:00")
        assert [one.provisional for one in decision.actions] == expected


@pytest.mark.states("V7")
def test_a_credit_is_posted_when_the_watermark_has_come_to_the_stop() -> None:
    credit = """
credits:
  late:
    clause: [S]
    clock: answer
    award: 1 day
    for_each: 1 business hour
    count: full
    cap: none
    add_to: contract.term_end
"""
    log = Log().opened("mon 09:00").watermark("mon 09:00").message("mon 15:00", "agent").watermark("mon 16:00")
    course = play(ruleset(ANSWER + credit), log)
    states = [(say(one.at), entry.state, entry.amount) for one in course.decisions for entry in one.ledger]
    assert states[-1] == ("mon 16:00", "posted", 2)
    assert {state for _, state, _ in states[:-1]} == {"accruing"}


@pytest.mark.states("V9")
@pytest.mark.parametrize(("automatic", "closes"), [(None, False), (True, True), (False, False)])
def test_mail_that_only_looks_automatic_blocks_closing(automatic: bool | None, closes: bool) -> None:
    closing = ruleset(f"rules:\n  probe:\n    clause: [S]\n{CLOSE.strip(chr(10))}\n    then: [close: solved]\n")
    log = waiting().message("mon 10:00", automatic=automatic)
    assert bool(done(play(closing, log))) is closes


@pytest.mark.states("V10", "V11", "X4")
def test_how_long_a_service_is_well_counts_from_its_own_observation_also_for_a_case_that_comes_later() -> None:
    recovered = when("{service.core.health: {is: up, for: 30 minutes}}")
    service = Log("service:core").observed("mon 08:50", {"service.core.health": "up"})
    case = Log().opened("mon 09:00")
    linked = LinkedSubjects(recovered, {"case:1": case.events, "service:core": service.events})
    told = [(one.subject, say(one.decision.at)) for one in linked.decisions() if one.decision.actions]
    assert told == [("case:1", "mon 09:20")]
    brought = [event for event in linked.times["case:1"].subject.events if event.kind == "observed"]
    assert [say(event.at) for event in brought] == ["mon 08:50"], "one change, one event, no tick"


@pytest.mark.states("V10")
def test_health_turns_stale_by_the_services_own_last_observation() -> None:
    well = when("{service.core.health: up}")
    service = Log("service:core").observed("mon 08:00", {"service.core.health": "up"})
    linked = LinkedSubjects(well, {"case:1": Log().opened("mon 09:00").events, "service:core": service.events})
    *_, decision = (one.decision for one in linked.decisions(at("mon 09:00")) if one.subject == "case:1")
    assert say(decision.next_wakeup) == "mon 10:00+1"


@pytest.mark.states("V13")
def test_an_unknown_stretch_restarts_for() -> None:
    held_up = when("{case.heartbeat: {is: up, for: 40 minutes}}")
    log = Log().opened("mon 09:00", {"case.heartbeat": "up"}).observed("mon 09:35", {"case.heartbeat": "up"})
    log.observed("mon 10:00", {"case.heartbeat": "up"})
    assert done(play(held_up, log)) == ["mon 10:15 probe note"]


@pytest.mark.states("V13", "R2")
def test_unknown_does_not_re_arm_a_rule_and_false_does() -> None:
    up = when("{case.heartbeat: up}")
    log = Log().opened("mon 09:00", {"case.heartbeat": "up"}).observed("mon 10:00", {"case.heartbeat": "up"})
    assert edges(play(up, log)) == ["mon 09:00 probe up 1"]
    log.observed("mon 11:00", {"case.heartbeat": "down"}).observed("mon 11:10", {"case.heartbeat": "up"})
    assert edges(play(up, log)) == ["mon 09:00 probe up 1", "mon 11:00 probe down 1", "mon 11:10 probe up 2"]


@pytest.mark.states("V14")
@pytest.mark.parametrize(
    "condition",
    [
        "{case.size: large}",
        "{case.core: {at_least: 3}}",
        "{case.text: {has_any: [a]}}",
        "{case.workaround: {contains: y}}",
        "{case.labels: {at_most: 2}}",
        "{case.planned: 3}",
        "{case.size: 1.5}",
        "{case.core: broken}",
    ],
)
def test_a_test_that_does_not_fit_the_declared_type_is_refused(condition: str) -> None:
    assert codes(rule("probe", f"when: {condition}\nthen: [note: hello]")) != []


@pytest.mark.states("V14", "V19")
@pytest.mark.parametrize(
    ("path", "test", "fits", "others"),
    [
        ("case.size", "{at_least: 0}", 3, ["3", 3.5, True, None, []]),
        ("case.load", "{at_least: 0}", 2.5, ["2.5", True]),
        ("case.workaround", "yes", True, ["yes", 1]),
        ("case.core", "{not: down}", "available", ["broken", 1, True]),
        ("case.text", "{contains: a}", "abc", [5, True, ["a"]]),
        ("case.labels", "{has_none: [legal]}", ["vip"], ["vip", ["unheard_of"], [1]]),
        ("case.planned", "{in_hours: always}", "2026-03-02T09:00:00Z", ["2026-03-02T09:00:00", "soon", 5]),
        ("case.outage", "{at_least: 1 minute}", 60_000_000, ["1 minute", True]),
        ("case.installed", '{not: "1.0"}', "1.10", [1.1, True]),
    ],
)
def test_an_observed_value_of_another_type_is_unknown(path: str, test: str, fits: object, others: list[object]) -> None:
    compiled = when(f"{{{path}: {test}}}")
    assert truth(compiled, Log().opened("mon 09:00", {path: fits}), "mon 09:00") is True  # type: ignore[dict-item]
    for other in others:
        log = Log().opened("mon 09:00", {path: other})  # type: ignore[dict-item]
        assert truth(compiled, log, "mon 09:00") is None, other


@pytest.mark.states("V15")
def test_a_pattern_that_is_slow_elsewhere_is_answered_at_once_and_what_cannot_be_linear_is_refused() -> None:
    """(a+)+$ takes a backtracking matcher 2^40 steps on forty letters; this is forty thousand."""
    compiled = when('{case.text: {matches: "^(a+)+$"}}')
    log = Log().opened("mon 09:00", {"case.text": "a" * 40_000 + "b"})
    assert truth(compiled, log, "mon 09:00") is False
    assert codes(rule("probe", 'when: {case.text: {matches: "(a)\\\\1"}}\nthen: [note: hello]')) == ["CW413"]


@pytest.mark.states("V17")
def test_when_missing_stands_in_only_where_nothing_was_ever_written() -> None:
    defect = when("{case.defect: no}")
    log = Log().opened("mon 09:00")
    assert truth(defect, log, "mon 09:00") is True
    log.observed("mon 10:00", {"case.defect": True}).observed("mon 11:00", {"case.defect": None})
    assert [truth(defect, log, now) for now in ("mon 10:00", "mon 11:00")] == [False, None]


@pytest.mark.states("V18")
def test_only_a_confirmed_value_counts_and_what_others_and_rules_say_is_proposed() -> None:
    log = Log().opened("mon 09:00", {"case.cause": "us"})
    cause, proposed = when("{case.cause: us}"), when("{case.cause.proposed: us}")
    assert (truth(cause, log, "mon 09:00"), truth(proposed, log, "mon 09:00")) == (None, True)
    log.observed("mon 10:00", {"case.cause": "us"}, who=("triage",)).observed("mon 11:00", {"case.cause": "them"})
    assert [truth(cause, log, now) for now in ("mon 10:00", "mon 11:00")] == [True, True]
    assert truth(proposed, log, "mon 11:00") is False
    sections = rule("probe", "when: {case.core: down}\nthen: [set: {case.cause: us}]")
    sections += "  told:\n    clause: [S]\n    when: {case.cause.proposed: us}\n    then: [note: hello]\n"
    sections += "  sure:\n    clause: [S]\n    when: {case.cause: us}\n    then: [note: bye]\n"
    course = play(ruleset(sections), Log().opened("mon 09:00", {"case.core": "down"}))
    assert done(course) == ["mon 09:00 probe set", "mon 09:00 told note"]


RESTRAINED = """
clocks:
  answer:
    clause: [S]
    starts: case_opened
    stops: agent_reply
    target: 4 business hours
    applies_if: {case.size: 1}
    pauses_while: {case.load: 1}
guards:
  no_closing: {clause: [S], forbids: close, while: {case.size: 1}}
scope:
  foreign: {when: {case.size: 1}, clause: [S]}
"""


@pytest.mark.states("V21")
def test_what_acts_needs_true_and_what_restrains_holds_unless_false() -> None:
    compiled = ruleset(RESTRAINED + rule("probe", "when: {case.core: down}\nthen: [close: solved]"))
    unknown = decided(compiled, Log().opened("mon 09:00", {"case.core": "down"}), "mon 09:00")
    assert clocks(unknown) == ["answer running mon 13:00"]
    assert held([unknown]) == ["probe guard"]
    assert unknown.derived["case.scope"] == "in"
    false = decided(compiled, Log().opened("mon 09:00", {"case.core": "down", "case.size": 2}), "mon 09:00")
    assert (clocks(false), done([false])) == (["answer not_applicable -"], ["mon 09:00 probe close"])


EITHER = """
events:
  customer_wrote: {kind: message, by: customer, automatic: no}
  both: {all: [customer_wrote, agent_reply]}
  either: {any: [customer_wrote, agent_reply]}
"""


@pytest.mark.states("V22")
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("happened: {event: customer_wrote}", [None, None]),
        ("happened: {event: either}", [None, True]),
        ("happened: {event: both}", [False, None]),
        ("happened: {event: case_opened, since: {first: both}}", [True, None]),
        ("happened: {event: either, times: 2}", [False, None]),
        ("since: {last: both, at_least: 1 hour}", [None, None]),
    ],
)
def test_what_may_be_an_event_leaves_open_what_is_made_of_it(condition: str, expected: list[bool | None]) -> None:
    """A message that may be automatic at ten, an agent's answer at eleven."""
    probe = ruleset(EITHER + rule("probe", f"when: {{{condition}}}\nthen: [note: hello]"))
    log = Log().opened("mon 09:00").message("mon 10:00", automatic=None)
    log.message("mon 11:00", by="agent", automatic=False)
    assert [truth(probe, log, now) for now in ("mon 10:00", "mon 11:00")] == expected
