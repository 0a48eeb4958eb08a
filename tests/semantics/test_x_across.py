"""Across subjects: quotas, services, accounts, merge, split, spam; revisions and persons as far as a log can show."""

import pytest

from casewarden.decide import compile_ruleset
from casewarden.model import Json
from casewarden.ruleset.load import load_text
from casewarden.scenario.linked import LinkedSubjects
from support.small import Log, at, clocks, codes, decided, done, more, play, rule, ruleset, say, text_of, truth, when

ANSWER = """
clocks:
  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 4 business hours}
"""
QUOTA = """
quotas:
  incidents:
    clause: [S]
    counts: case_opened
    per: customer
    window: {every: month, starting: calendar, zone: Europe/Zurich}
    allowed: {basic: 1, gold: unlimited}
    over: best_effort
"""
ACME: dict[str, Json] = {"customer.id": "acme"}


def case(number: int, time: str) -> Log:
    return Log(f"case:{number}").opened(time, ACME)


@pytest.mark.states("X1", "X3")
def test_until_the_account_has_granted_a_quota_is_unknown() -> None:
    compiled = ruleset(ANSWER + QUOTA + rule("probe", "when: {quota.incidents: over}\nthen: [note: hello]"))
    assert truth(compiled, case(1, "mon 09:00"), "mon 09:00") is None
    linked = LinkedSubjects(
        compiled, {f"case:{n}": case(n, time).events for n, time in ((1, "mon 09:00"), (2, "tue 09:00"))}
    )
    last = {one.subject: one.decision for one in linked.decisions(at("tue 09:00"))}
    assert clocks(last["case:1"]) == ["answer missed mon 13:00"]
    assert [(one.state.value, one.target) for one in last["case:2"].clocks] == [("running", "best_effort")]


@pytest.mark.states("X2")
def test_a_claim_learnt_of_late_corrects_grants_and_withdraws_none() -> None:
    """Case 2 opened first, but its opening is learnt of when case 1 holds the month's only place."""
    compiled = ruleset(ANSWER + QUOTA)
    late = Log("case:2").opened("mon 09:00", ACME, seen="wed 09:00")
    linked = LinkedSubjects(compiled, {"case:1": case(1, "tue 09:00").events, "case:2": late.events})
    decisions = list(linked.decisions(at("fri 09:00")))
    granted = [
        (e.key.split("/")[1], e.details["word"])
        for one in decisions
        for e in one.decision.ledger
        if e.state == "granted"
    ]
    assert granted == [("case:1", "within"), ("case:2", "within")]
    corrections = [
        (c.kind, c.before, c.after) for one in decisions for c in one.decision.corrections if c.kind == "quota"
    ]
    assert corrections == [("quota", "within", "over")]
    last = {one.subject: one.decision for one in decisions}
    assert [one.target for one in last["case:1"].clocks] == ["4 business hours"]


@pytest.mark.states("X5")
def test_a_rule_about_a_service_runs_on_the_service_without_a_case() -> None:
    compiled = ruleset(
        rule(
            "probe",
            "about: service.core\nwhen: {service.core.health: down}\nthen: [publish: {message: hello, service: core}]",
        )
    )
    log = Log("service:core").observed("mon 09:00", {"service.core.health": "down"})
    assert done(play(compiled, log)) == ["mon 09:00 probe publish"]
    assert done(play(compiled, Log().opened("mon 09:00", {"service.core.health": "down"}))) == []


@pytest.mark.states("X7", "X9")
@pytest.mark.parametrize("reason", ["merged", "spam"])
def test_a_case_that_ended_has_no_running_clock_and_opens_none(reason: str) -> None:
    each = ANSWER.replace("target:", "runs: each_time, target:").replace("case_opened", "customer_message")
    log = Log().opened("mon 09:00").message("mon 09:00").add("ended", "mon 10:00", "agent", reason=reason)
    last = play(ruleset(each), log.message("mon 11:00")).last
    assert last is not None
    assert [(one.state.value, one.reason) for one in last.clocks] == [("cancelled", reason)]
    assert last.next_wakeup is None


@pytest.mark.states("X7")
def test_the_older_case_of_a_merge_goes_on_and_takes_no_new_start() -> None:
    """The message that came with the younger one is in its log; its clock still counts from its own opening."""
    older = case(1, "mon 09:00").message("mon 10:00")
    assert clocks(decided(ruleset(ANSWER), older, "mon 11:00")) == ["answer running mon 13:00"]


@pytest.mark.states("X8")
def test_the_new_case_of_a_split_keeps_the_start_of_the_part_that_it_takes() -> None:
    """Split off on Monday at noon with a message of nine: the opening stands at nine, learnt of at noon."""
    new = Log("case:2").opened("mon 09:00", ACME, seen="mon 12:00")
    course = play(ruleset(ANSWER), new, "mon 12:00")
    assert course.last is not None
    assert [(say(one.at), clocks(one)) for one in course.decisions][-1] == ("mon 12:00", ["answer running mon 13:00"])


@pytest.mark.states("E3")
def test_a_contract_correction_learnt_late_moves_the_deadline_as_a_correction() -> None:
    sections = ANSWER.replace("target: 4 business hours", "target: {per_contract: 4 business hours}")
    terms: dict[str, Json] = {"contract.targets": {"answer": "1 business hour"}}
    log = (
        Log().opened("mon 09:00").observed("mon 09:30", {"case.size": 1}).observed("mon 09:00", terms, seen="mon 09:45")
    )
    course = play(ruleset(sections), log, "mon 09:45")
    moved = [(c.before, c.after) for one in course.decisions for c in one.corrections]
    assert moved == [("2026-03-02T12:00:00Z", "2026-03-02T09:00:00Z")]


@pytest.mark.states("P3")
def test_a_message_without_its_text_is_decided_and_what_would_need_the_text_is_unknown() -> None:
    sections = "events:\n  urgent: {kind: message, by: customer, text: {contains: urgent}}\n"
    compiled = ruleset(sections + rule("probe", "when: {happened: {event: urgent}}\nthen: [note: hello]")
                       + more("any", "when: {happened: {event: customer_message}}\nthen: [note: bye]"))  # fmt: skip
    told, erased = (Log().opened("mon 09:00").message("mon 10:00", text=text) for text in ("It is urgent", None))
    assert [truth(compiled, log, "mon 10:00") for log in (told, erased)] == [True, None]
    assert truth(compiled, erased, "mon 10:00", "any") is True


OPEN = """
interpretations:
  A1: {reading: open, by: lead, decided: 2026-01-01, reason: not asked yet}
  A2:
    reading: four hours
    by: lead
    decided: 2026-01-01
    reason: as written
    others: {five: {clocks/answer/target: 5 business hours}}
"""


@pytest.mark.states("I1", "I3")
def test_readings_not_chosen_are_changes_to_the_file_and_decide_the_same_case_otherwise() -> None:
    text = text_of(OPEN + ANSWER.replace("clause: [S]", "clause: [S], interpretation: [A2]"))
    log = Log().opened("mon 09:00")
    due = []
    for readings in ({}, {"A2": "five"}):
        loaded, _ = load_text(text, readings=readings)
        assert loaded is not None
        due += clocks(decided(compile_ruleset(loaded), log, "mon 09:00"))
    assert due == ["answer running mon 13:00", "answer running mon 14:00"]
    chosen = load_text(text)[0]
    assert chosen is not None
    reading = chosen.interpretations["A2"]
    assert (reading.reading, reading.by, reading.reason) == ("four hours", "lead", "as written")


@pytest.mark.states("I2")
def test_what_rests_on_an_open_reading_is_listed_and_not_enforced() -> None:
    cite = "clause: [S], interpretation: [A1]"
    sections = OPEN + ANSWER.replace("clause: [S]", cite)
    sections += f"guards:\n  no_closing: {{{cite}, forbids: close, while: {{case.core: down}}}}\n"
    sections += "rules:\n"
    for name, cited in (("open", "\n    interpretation: [A1]"), ("settled", "")):
        clause = "S" if cited else "T"
        sections += (
            f"  {name}:\n    clause: [{clause}]{cited}\n    when: {{case.core: down}}\n    then: [close: solved]\n"
        )
    _, diagnostics = load_text(text_of(sections))
    assert [item.code for item in diagnostics.items].count("CW705") == 3
    decision = decided(ruleset(sections), Log().opened("mon 09:00", {"case.core": "down"}), "mon 09:00")
    assert done([decision]) == ["mon 09:00 settled close"]
    assert [(one.state.value, one.reason) for one in decision.clocks] == [("not_applicable", "open_question")]
    assert "CW706" in codes(sections.replace("[T]", "[S]"))


@pytest.mark.states("X4")
def test_an_outage_is_told_to_each_watching_case_once() -> None:
    compiled = when("{service.core.health: down}")
    service = Log("service:core").observed("mon 09:30", {"service.core.health": "down"})
    service.observed("mon 09:40", {"service.core.health": "down"})
    logs = {f"case:{n}": case(n, "mon 09:00").events for n in (1, 2, 3)}
    linked = LinkedSubjects(compiled, {**logs, "service:core": service.events})
    told = [one.subject for one in linked.decisions(at("mon 10:00")) for _ in one.decision.actions]
    assert told == ["case:1", "case:2", "case:3"]
