"""Actions: what each gives, sequences, withdrawal, hours, keys."""

import pytest

from casewarden.decide import decide, engine_events, outcome_event
from casewarden.model import fold
from casewarden.model.decision import PlannedAction
from support.small import Log, at, decided, done, edges, more, play, rule, ruleset, say

DOWN = {"case.core": "down"}


def planned(
    then: str, facts: dict[str, object] | None = None, sections: str = "", head: str = ""
) -> list[PlannedAction]:
    """The actions of a rule that fires at the opening."""
    compiled = ruleset(sections + rule("probe", f"{head}when: {{case.core: down}}\nthen: [{then}]"))
    log = Log().opened("mon 09:00", {**DOWN, **(facts or {})})  # type: ignore[dict-item]
    return list(decided(compiled, log, "mon 09:00").actions)


SEVERITY = """
severity:
  clause: [S]
  levels: {1: High, 2: Low}
  until_classified: reported
  hit: first
  otherwise: 2
  table:
    - {when: {case.core: down}, gives: 1}
"""


@pytest.mark.states("A1", "A2", "A6", "A15")
def test_wanted_results_are_stated_as_such_and_stand_among_the_facts() -> None:
    body = """
when: {case.core: down}
then:
  - set: {case.severity: 2, case.status: on_hold, case.core: available}
  - assign: manager
  - tag: {add: [vip], remove: [new]}
"""
    log = Log().opened("mon 09:00", {**DOWN, "case.tags": ["new", "old"]})
    decision = decided(ruleset(SEVERITY + rule("probe", body)), log, "mon 09:00")
    assert decision.facts == {
        "case.severity": "2",
        "case.status": "on_hold",
        "case.core": "available",
        "case.assigned_to": "manager",
        "case.tags": ["old", "vip"],
    }
    assert (decision.severity, decision.severity_by) == ("2", "rule")


@pytest.mark.states("A2")
def test_closing_names_its_reason_and_reopening_what_to_do_where_it_cannot() -> None:
    (closing,) = planned("close: solved")
    assert (closing.kind, closing.content) == ("close", {"reason": "solved"})
    sections = "fields:\n  case:\n    core: {type: choice, of: [down]}\n"
    sections += "    outcome: {type: choice, of: [solved, unreachable]}\n"
    (copied,) = planned("close: {from: case.outcome}", {"case.outcome": "unreachable"}, sections)
    assert copied.content == {"reason": "unreachable"}
    (reopening,) = planned("reopen: follow_up_if_needed")
    assert (reopening.kind, reopening.content) == ("reopen", {"mode": "follow_up_if_needed"})


MESSAGES = """
when: {case.core: down}
then:
  - reply: hello
  - note: hello
  - notify: {who: manager, message: bye}
  - publish: {message: bye, service: core}
"""


@pytest.mark.states("A4")
def test_messages_go_to_the_customer_the_team_or_the_public() -> None:
    compiled = ruleset(rule("probe", MESSAGES))
    log = Log().opened("mon 09:00", {**DOWN, "case.channel": "chat"})
    contents = [(one.kind, dict(one.content)) for one in decided(compiled, log, "mon 09:00").actions]
    assert contents == [
        ("reply", {"message": "hello", "language": "en", "text": "Hello.", "via": "chat"}),
        ("note", {"message": "hello", "language": "en", "text": "Hello."}),
        ("notify", {"message": "bye", "language": "en", "text": "Bye.", "who": "manager"}),
        ("publish", {"message": "bye", "language": "en", "text": "Bye.", "service": "core"}),
    ]


@pytest.mark.states("A4")
def test_what_the_intake_requires_and_the_case_has_not_is_asked_for() -> None:
    sections = "intake:\n  incident: {required: [case.text, case.size], wanted: [case.load], clause: [S]}\n"
    (asking,) = planned("ask: {fields: missing, message: hello}", {"case.type": "incident", "case.size": 1}, sections)
    assert asking.content["fields"] == ["case.text"]


@pytest.mark.states("A5")
def test_escalating_opens_an_obligation_with_its_own_clock_and_the_next_step_follows_a_missed_one() -> None:
    sections = """
events:
  asked: {kind: call, by: customer, to: manager}
  first_missed: {clock: first_step, turns: missed}
clocks:
  first_step: {clause: [S], owner: manager, starts: asked, stops: agent_reply, target: 1 business hour}
  second_step: {clause: [S], owner: support, starts: first_missed, stops: agent_reply, target: 1 business hour}
"""
    log = Log().opened("mon 08:00").add("call", "mon 09:00", to="manager")
    last = play(ruleset(sections), log, "mon 10:30").last
    assert last is not None
    assert [(one.clock, one.owner, one.state.value, say(one.due)) for one in last.clocks] == [
        ("first_step", "manager", "missed", "mon 10:00"),
        ("second_step", "support", "running", "mon 11:00+1"),
    ]


@pytest.mark.states("A6")
def test_a_linked_ticket_is_created_and_then_read_and_written() -> None:
    sections = rule("file", "when: {case.core: down}\nthen: [link: {kind: defect, create: {status: filed, points: 3}}]")
    sections += more("fix", "when: {links.defect: {some: {status: filed}}, case.size: 1}\n"
                     "then: [set: {links.defect.status: fixed}]")  # fmt: skip
    sections += rule("told", "when: {links.defect: {every: {status: fixed}}}\nthen: [note: hello]").removeprefix(
        "rules:\n"
    )
    log = Log().opened("mon 09:00", DOWN).observed("mon 10:00", {"case.size": 1})
    course = play(ruleset(sections), log)
    assert done(course) == ["mon 09:00 file link", "mon 10:00 fix set", "mon 10:00 told note"]


@pytest.mark.states("A8")
def test_an_action_goes_out_when_the_one_before_it_was_applied() -> None:
    """All are planned at once and in order; each waits for the hours of the sequence, and order is kept."""
    compiled = ruleset(
        rule(
            "probe",
            "when: {case.core: down}\ndeliver: {in_hours: office}\nthen: [reply: hello, note: bye, close: solved]",
        )
    )
    course = play(compiled, Log().opened("sat 09:00", DOWN))
    applied = [(say(event.at), event.data["action"]) for event in course.subject.events if event.kind == "applied"]
    assert applied == [("mon+1 08:00", "reply"), ("mon+1 08:00", "note"), ("mon+1 08:00", "close")]


@pytest.mark.states("A10")
def test_a_rejected_write_is_taken_back() -> None:
    setting = rule("probe", "when: {case.core: down}\nthen: [set: {case.text: ours}]")
    compiled = ruleset(setting + more("told", "when: {case.text: theirs}\nthen: [note: hello]"))
    log = Log().opened("mon 09:00", {**DOWN, "case.text": "theirs"})
    first = decide(compiled, fold(log.events), at("mon 09:00"))
    assert edges([first]) == ["mon 09:00 probe up 1", "mon 09:00 told up 1", "mon 09:00 told down 1"]
    rejected = outcome_event("rejected", first.actions[0], "case:1", at("mon 09:01"), len(first.events))
    after = decide(compiled, fold([*log.events, *engine_events(first), rejected]), at("mon 09:01"))
    assert edges([after]) == ["mon 09:01 told up 2"]


@pytest.mark.states("A12", "A13")
@pytest.mark.parametrize(("word", "outcome"), [("", "withdrawn"), ("even_if_over: yes\n", "applied")])
def test_what_waits_for_its_hours_is_withdrawn_when_its_rule_is_no_longer_true(word: str, outcome: str) -> None:
    compiled = ruleset(
        rule("probe", f"{word}when: {{case.core: down}}\ndeliver: {{in_hours: office}}\nthen: [reply: hello]")
    )
    log = Log().opened("sat 09:00", DOWN).observed("sun 09:00", {"case.core": "available"})
    course = play(compiled, log)
    assert done(course) == ["sat 09:00 probe reply"]
    told = [(say(event.at), event.kind) for event in course.subject.events if event.kind in ("applied", "withdrawn")]
    assert told == [("sun 09:00" if outcome == "withdrawn" else "mon+1 08:00", outcome)]


@pytest.mark.states("A12")
def test_guards_are_asked_again_before_an_action_goes_out() -> None:
    sections = rule(
        "probe", "when: {case.core: down}\ndeliver: {in_hours: office}\nthen: [close: solved, reply: hello]"
    )
    sections += "guards:\n  big: {clause: [S], forbids: close, while: {case.size: {more_than: 5}}}\n"
    log = Log().opened("sat 09:00", {**DOWN, "case.size": 1}).observed("sun 09:00", {"case.size": 9})
    course = play(ruleset(sections), log)
    told = [(say(event.at), event.kind) for event in course.subject.events if event.kind in ("applied", "withdrawn")]
    assert told == [("mon+1 08:00", "withdrawn"), ("mon+1 08:00", "withdrawn")]


@pytest.mark.states("A12")
def test_what_a_decision_brings_itself_is_no_objection_and_what_comes_later_is() -> None:
    own = rule("probe", "when: {case.core: down}\nthen: [set: {case.core: available}, reply: hello]")
    log = Log().opened("mon 09:00", DOWN)
    told = [event.kind for event in play(ruleset(own), log).subject.events if event.kind in ("applied", "withdrawn")]
    assert told == ["applied", "applied"]
    for hold, outcome in (("", "applied"), ("deliver: {in_hours: office}\n", "withdrawn")):
        both = own + more("other", f"{hold}when: {{case.core: down}}\nthen: [note: hello]")
        course = play(ruleset(both), Log().opened("sat 09:00", DOWN))
        told = [f"{e.data['rule']} {e.kind}" for e in course.subject.events if e.kind in ("applied", "withdrawn")]
        assert told == ["probe applied", "probe applied", f"other {outcome}"]


@pytest.mark.states("A10")
def test_a_rejected_closing_leaves_the_case_as_it_was() -> None:
    compiled = ruleset(rule("probe", "when: {case.core: down}\nthen: [close: solved]"))
    log = Log().opened("mon 09:00", DOWN)
    first = decide(compiled, fold(log.events), at("mon 09:00"))
    assert first.derived["case.status"] == "closed"
    rejected = outcome_event("rejected", first.actions[0], "case:1", at("mon 09:01"), len(first.events))
    after = decide(compiled, fold([*log.events, *engine_events(first), rejected]), at("mon 09:01"))
    assert after.derived["case.status"] == "new"


@pytest.mark.states("A13")
def test_deliver_holds_messages_until_those_hours() -> None:
    def hold(time: str) -> str | None:
        compiled = ruleset(
            rule("probe", "when: {case.core: down}\ndeliver: {in_hours: business}\nthen: [reply: hello]")
        )
        (action,) = decided(compiled, Log().opened(time, DOWN), time).actions
        return say(action.deliver_at)

    assert [hold(time) for time in ("mon 07:00", "mon 09:00", "mon 17:00", "sat 12:00")] == [
        "mon 08:00", None, "tue 08:00", "mon+1 08:00",
    ]  # fmt: skip


@pytest.mark.states("A15", "A16")
def test_an_occurrence_key_names_subject_rule_activation_repetition_and_position() -> None:
    body = "when: {case.core: down}\nrepeat: {every: 1 hour, first: at_once}\nthen: [reply: hello, note: bye]"
    course = play(ruleset(rule("probe", body)), Log("case:7").opened("mon 09:00", DOWN), "mon 10:00")
    assert [action.key for one in course.decisions for action in one.actions] == [
        "case:7/probe/1/0/0", "case:7/probe/1/0/1", "case:7/probe/1/1/0", "case:7/probe/1/1/1",
    ]  # fmt: skip
