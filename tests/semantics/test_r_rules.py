"""Rules: edges, repetitions, rounds, conflicts, loops, persons, guards."""

import pytest

from casewarden.decide import decide, engine_events
from casewarden.model import fold
from support.small import (
    Log,
    at,
    codes,
    decided,
    done,
    edges,
    held,
    live,
    more,
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
DOWN = when("{case.core: down}")


@pytest.mark.states("R1")
def test_the_next_wake_up_is_the_earliest_instant_at_which_something_can_change_and_none_comes_between() -> None:
    warn = rule("warn", "when: {until: {due: answer, at_most: 1 hour}}\nthen: [note: hello]")
    log = Log().opened("mon 09:00")
    course = play(ruleset(ANSWER + warn), log)
    assert [say(one.at) for one in course.decisions if not one.edges] == ["mon 09:00", "mon 12:00", "mon 13:00+1"]
    assert say(course.decisions[0].next_wakeup) == "mon 12:00"
    assert course.last is not None
    assert course.last.next_wakeup is None, "nothing is left that can change by itself"


@pytest.mark.states("R2", "A16")
def test_a_rule_fires_once_an_activation_and_again_after_it_was_false() -> None:
    log = Log().opened("mon 09:00", {"case.core": "down"}).observed("mon 10:00", {"case.core": "down"})
    log.observed("mon 11:00", {"case.core": "available"}).observed("mon 12:00", {"case.core": "down"})
    course = play(DOWN, log)
    assert edges(course) == ["mon 09:00 probe up 1", "mon 11:00 probe down 1", "mon 12:00 probe up 2"]
    assert [action.key for one in course.decisions for action in one.actions] == [
        "case:1/probe/1/0/0",
        "case:1/probe/2/0/0",
    ]


REPEAT = "when: {case.core: down}\nrepeat: {every: 1 hour, first: at_once, reset_by: agent_note}\nthen: [note: hello]"


@pytest.mark.states("R3", "R16")
def test_a_rule_repeats_while_it_is_true_and_stops_when_it_is_false() -> None:
    log = Log().opened("mon 09:00", {"case.core": "down"}).observed("mon 11:30", {"case.core": "available"})
    fired = ["mon 09:00 probe note", "mon 10:00 probe note", "mon 11:00 probe note"]
    assert done(play(ruleset(rule("probe", REPEAT)), log)) == fired


@pytest.mark.states("R3")
def test_a_reset_restarts_the_interval_and_not_the_counter() -> None:
    log = Log().opened("mon 09:00", {"case.core": "down"}).message("mon 10:30", "agent", public=False)
    course = play(ruleset(rule("probe", REPEAT)), log, "mon 12:00")
    assert edges(course) == [
        "mon 09:00 probe up 1",
        "mon 10:00 probe up 1 repetition 1",
        "mon 11:30 probe up 1 repetition 2",
    ]


@pytest.mark.states("R16")
def test_repetitions_count_from_the_activation_or_from_a_stated_instant() -> None:
    late = rule("probe", "when: {case.core: down}\nrepeat: {every: 1 hour, first: after_interval}\nthen: [note: hello]")
    log = Log().opened("mon 09:00").observed("mon 09:20", {"case.core": "down"})
    assert done(play(ruleset(late), log, "mon 10:30")) == ["mon 10:20 probe note"]
    since = late.replace("first: after_interval", "first: after_interval, from: case.opened_at")
    assert done(play(ruleset(since), log, "mon 11:30")) == ["mon 10:00 probe note", "mon 11:00 probe note"]


@pytest.mark.states("R4")
def test_a_limit_holds_back_what_is_beyond_it_and_nothing_makes_up_for_it() -> None:
    body = "each: customer_message\nlimit: {times: 2, per: 1 hour}\nthen: [note: hello]"
    log = Log().opened("mon 08:00").message("mon 09:00").message("mon 09:10").message("mon 09:20").message("mon 10:30")
    course = play(ruleset(rule("probe", body)), log)
    assert done(course) == ["mon 09:00 probe note", "mon 09:10 probe note", "mon 10:30 probe note"]
    assert held(course) == ["probe limit"]
    for_life = body.replace(", per: 1 hour", "")
    assert len(done(play(ruleset(rule("probe", for_life)), log))) == 2


@pytest.mark.states("R5")
def test_each_fires_for_every_occurrence_at_which_its_condition_is_true() -> None:
    each = ruleset(rule("probe", "each: customer_message\nwhen: {case.core: down}\nthen: [note: hello]"))
    log = Log().opened("mon 08:00").message("mon 09:00").observed("mon 09:30", {"case.core": "down"})
    log.message("mon 10:00").message("mon 11:00").observed("mon 12:00", {"case.core": "available"}).message("mon 13:00")
    assert done(play(each, log)) == ["mon 10:00 probe note", "mon 11:00 probe note"]
    at_once = Log().opened("mon 08:00", {"case.core": "down"}).message("mon 09:00").message("mon 09:00")
    assert len(done(play(each, at_once))) == 2


SWAP = rule("first", "when: {case.core: down, case.size: 1}\nthen: [set: {case.load: 1, case.core: degraded}]") + more(
    "second", "when: {case.core: down, case.size: 1}\nthen: [set: {case.text: seen}]"
)


@pytest.mark.states("R6")
def test_a_round_reads_one_snapshot_and_what_it_writes_is_decided_in_the_next() -> None:
    """`first` ends what `second` asks for, and yet both fire: neither sees the other's writes in its round."""
    third = more("third", "when: {case.load: 1, case.text: seen}\nthen: [note: hello]")
    decision = decided(
        ruleset(SWAP + third), Log().opened("mon 09:00", {"case.core": "down", "case.size": 1}), "mon 09:00"
    )
    assert [action.rule for action in decision.actions] == ["first", "first", "second", "third"]
    assert decision.facts == {"case.load": 1, "case.core": "degraded", "case.text": "seen"}


def chain(length: int) -> str:
    """Rules that set each other off one after another, a round each."""
    rules = [f"when: {{case.size: {n}}}\nthen: [set: {{case.size: {n + 1}}}]" for n in range(length)]
    return rule("r0", rules[0]) + "".join(more(f"r{n}", body) for n, body in enumerate(rules) if n)


@pytest.mark.states("R6")
def test_rounds_go_on_until_nothing_changes() -> None:
    decision = decided(ruleset(chain(8)), Log().opened("mon 09:00", {"case.size": 0}), "mon 09:00")
    assert decision.facts == {"case.size": 8}
    assert decision.alerts == ()


@pytest.mark.states("R6")
def test_a_chain_longer_than_sixteen_rounds_is_no_loop_and_goes_on_with_the_next_decision() -> None:
    log = Log().opened("mon 09:00", {"case.size": 0})
    decision = decided(ruleset(chain(20)), log, "mon 09:00")
    assert (decision.rounds, decision.facts, decision.alerts) == (16, {"case.size": 16}, ())
    assert say(decision.next_wakeup) == "mon 09:00+1"
    assert done(play(ruleset(chain(20)), log))[-1] == "mon 09:00 r19 set"


@pytest.mark.states("R7")
def test_a_loop_is_switched_off_for_its_subject_and_named_and_all_others_work() -> None:
    loop = rule(
        "on", "priority: 1\nwhen: {case.text: {contains: off}}\nthen: [set: {case.text: {from: case.known_as}}]"
    )
    loop += more("off", "when: {case.text: {contains: way}}\nthen: [set: {case.text: off}]")
    loop += more("other", "when: {case.core: down}\nthen: [note: hello]")
    compiled = ruleset(loop)
    log = Log().opened("mon 09:00", {"case.core": "down", "case.text": "off", "case.known_as": "way"})
    decision = decided(compiled, log, "mon 09:00")
    assert [(alert.kind, alert.rules) for alert in decision.alerts] == [("rule_loop", ("off", "on"))]
    assert done([decision]) == ["mon 09:00 other note"]
    course = play(compiled, log.observed("mon 10:00", {"case.text": "way"}))
    assert done(course) == ["mon 09:00 other note"], "they stay off for this case"
    calm = Log("case:2").opened("mon 09:00", {"case.text": "off", "case.known_as": "calm"})
    assert done(play(compiled, calm)) == ["mon 09:00 on set"]


@pytest.mark.states("R8", "R9")
@pytest.mark.parametrize(("priority", "facts", "alerts"), [(1, {"case.text": "a"}, []), (0, {}, ["rule_conflict"])])
def test_of_two_that_set_one_field_the_higher_priority_wins_and_equals_do_nothing(
    priority: int, facts: dict[str, str], alerts: list[str]
) -> None:
    """Whether both conditions can hold at once the checker cannot know: they are on different texts."""
    two = rule("one", f"priority: {priority}\nwhen: {{case.core: down}}\nthen: [set: {{case.text: a}}]")
    two += more("two", "when: {case.core: down}\nthen: [set: {case.text: {from: case.known_as}}]")
    log = Log().opened("mon 09:00", {"case.core": "down", "case.known_as": "b"})
    if priority:
        decision = decided(ruleset(two), log, "mon 09:00")
        assert (decision.facts, [alert.kind for alert in decision.alerts]) == (facts, alerts)
        assert held([decision]) == ["two conflict"]
    else:
        assert codes(two) == ["CW601"]


@pytest.mark.states("R9")
def test_equals_that_meet_all_the_same_do_nothing_and_a_person_is_told() -> None:
    """Two occurrences of one instant, which the checker takes for two occasions."""
    two = rule("one", "each: customer_message\nthen: [set: {case.text: a}]")
    two += more("two", "each: customer_call\nthen: [set: {case.text: b}]")
    log = Log().opened("mon 09:00").message("mon 10:00").add("call", "mon 10:00")
    decision = live(ruleset(two), log, "mon 09:00", "mon 10:00")[1]
    assert (decision.facts, decision.actions) == ({}, ())
    assert [(alert.kind, alert.rules) for alert in decision.alerts] == [("rule_conflict", ("one", "two"))]
    assert held([decision]) == ["one conflict", "two conflict"]


@pytest.mark.states("R10")
def test_what_we_set_stands_until_the_helpdesk_tells_something_newer() -> None:
    compiled = ruleset(rule("probe", "when: {case.core: down}\nthen: [set: {case.text: ours}]") + more(
        "told", "when: {case.text: ours}\nthen: [note: hello]"))  # fmt: skip
    log = Log().opened("mon 09:00", {"case.core": "down", "case.text": "theirs"})
    log.observed("mon 08:59", {"case.text": "older"}, seen="mon 09:10")
    course = play(compiled, log, "mon 09:30")
    assert edges(course) == ["mon 09:00 probe up 1", "mon 09:00 told up 1"], "an older observation is no change"
    newer = log.observed("mon 10:00", {"case.text": "theirs again"})
    assert edges(play(compiled, newer))[-1] == "mon 10:00 told down 1"


@pytest.mark.states("R11")
@pytest.mark.parametrize(("over", "text"), [("", "a"), ("over: person\n", "b")])
def test_a_persons_determination_outranks_rules_unless_they_say_otherwise(over: str, text: str) -> None:
    compiled = ruleset(rule("probe", f"{over}when: {{case.core: down}}\nthen: [set: {{case.text: b}}, note: hello]"))
    log = Log().opened("mon 09:00").observed("mon 09:30", {"case.text": "a"}, determined=True, reason="asked them")
    log.observed("mon 10:00", {"case.core": "down"})
    course = play(compiled, log)
    assert done(course) == ([] if text == "a" else ["mon 10:00 probe set", "mon 10:00 probe note"])
    assert held(course) == (["probe person_determined", "probe sequence"] if text == "a" else [])


@pytest.mark.states("R11")
def test_a_severity_that_a_person_set_outranks_rules_and_the_table() -> None:
    sections = """
severity:
  clause: [S]
  levels: {1: High, 2: Low}
  until_classified: reported
  hit: unique
  table:
    - {when: {case.core: down}, gives: 1}
    - {when: {case.core: [degraded, available]}, gives: 2}
"""
    sections += rule("probe", "when: {case.size: 1}\nthen: [set: {case.severity: 1}]")
    log = Log().opened("mon 09:00", {"case.core": "degraded"})
    log.observed("mon 09:30", {"case.severity": "2"}, determined=True).observed("mon 10:00", {"case.core": "down"})
    log.observed("mon 10:30", {"case.size": 1})
    course = play(ruleset(sections), log)
    assert course.last is not None
    assert (course.last.severity, course.last.severity_by) == ("2", "person")
    assert held(course) == ["probe person_determined"]


@pytest.mark.states("R12")
def test_our_own_writes_trigger_nothing_unless_a_rule_says_so() -> None:
    replying = rule("probe", "when: {case.core: down}\nthen: [reply: hello, close: solved]")
    events = "events:\n  ours: {kind: message, by: automation}\n  written: {kind: message, template: hello}\n"
    events += "  any_message: {kind: message, public: yes}\n"
    replying += more("any", "each: any_message\nthen: [note: bye]") + more(
        "closings", "each: case_closed\nthen: [note: bye]"
    )
    log = Log().opened("mon 09:00", {"case.core": "down"})
    silent = play(ruleset(events + replying), log)
    assert done(silent) == ["mon 09:00 probe reply", "mon 09:00 probe close"]
    own = [event for event in silent.subject.events if event.kind == "applied"]
    assert {event.by for event in own} == {"ourselves"}
    named = (
        replying + more("named", "each: ours\nthen: [note: bye]") + more("template", "each: written\nthen: [note: bye]")
    )
    spoken = done(play(ruleset(events + named), log))
    assert "mon 09:00 template note" in spoken
    assert "mon 09:00 named note" in spoken
    assert not [line for line in spoken if " any " in line or " closings " in line]


@pytest.mark.states("R13")
def test_a_ruleset_governs_the_cases_of_which_applies_to_is_true() -> None:
    sections = "applies_to: {case.text: {contains: ours}}\n" + ANSWER
    compiled = ruleset(sections + rule("probe", "when: {case.core: down}\nthen: [note: hello]"))
    facts = {"case.core": "down"}
    for text, governed in (("ours", True), ("theirs", False), (None, False)):
        decision = decided(compiled, Log().opened("mon 09:00", {**facts, "case.text": text}), "mon 09:00")
        assert bool(decision.actions) is governed
        assert bool(decision.clocks) is governed
        assert (decision.next_wakeup is not None) is governed


UNCITED = """
severity:
  levels: {1: High}
  until_classified: 1
  hit: first
  otherwise: 1
  table:
    - {when: {case.core: down}, gives: 1}
"""


@pytest.mark.states("R15", "I1")
def test_every_rule_clock_and_table_names_its_clauses() -> None:
    without = {
        "rules:\n  probe: {when: {case.core: down}, then: [note: hello]}\n",
        ANSWER.replace("clause: [S], ", ""),
        "guards:\n  no_closing: {forbids: close, while: {case.core: down}}\n",
        UNCITED,
    }
    assert {tuple(codes(sections)) for sections in without} == {("CW700",)}


@pytest.mark.states("R17", "A1")
def test_severity_by_hand_by_table_and_until_classified() -> None:
    sections = """
severity:
  clause: [S]
  levels: {1: High, 2: Middle, 3: Low}
  until_classified: reported
  hit: unique
  otherwise: person
  table:
    - {when: {case.core: down}, gives: 1}
    - {when: {case.core: degraded, case.workaround: yes}, gives: 3}
"""
    sections += rule("gap", "each: case_unclassified\nthen: [notify: {who: triage, message: hello}]")
    sections += more("forget", "when: {case.size: 2}\nthen: [classify: severity]")
    sections += more("as_if_down", "when: {case.size: 3}\nthen: [set: {case.core: down}, classify: severity]")
    compiled = ruleset(sections)
    log = Log().opened("mon 09:00", {"case.reported_severity": "2"})
    log.observed("mon 10:00", {"case.core": "degraded", "case.workaround": False})
    log.observed("mon 11:00", {"case.workaround": True}).observed("mon 12:00", {"case.core": None})
    log.observed("mon 13:00", {"case.severity": "2"}).observed("mon 14:00", {"case.size": 2})
    log.observed("mon 15:00", {"case.size": 3})
    course = play(compiled, log)
    levels: dict[str | None, tuple[str | None, str | None]] = {}
    for one in course.decisions:
        levels[say(one.at)] = (one.severity, one.severity_by)
    assert levels == {
        "mon 09:00": ("2", "reported"),
        "mon 10:00": ("2", "reported"),  # a gap leaves the level, for a person
        "mon 11:00": ("3", "table"),
        "mon 12:00": ("3", "table"),  # where inputs become unknown it stays
        "mon 13:00": ("2", "person"),
        "mon 14:00": ("3", "table"),  # forgotten by hand
        "mon 15:00": ("1", "table"),  # with an overridden input
    }
    assert [line for line in done(course) if "gap" in line] == ["mon 10:00 gap notify"]


@pytest.mark.states("R17")
def test_one_true_row_decides_though_another_is_unknown() -> None:
    sections = """
severity:
  clause: [S]
  levels: {1: High, 2: Low}
  until_classified: reported
  hit: first
  otherwise: 2
  table:
    - {when: {case.workaround: no, case.core: degraded}, gives: 2}
    - {when: {case.core: [down, degraded]}, gives: 1}
"""
    assert decided(ruleset(sections), Log().opened("mon 09:00", {"case.core": "degraded"}), "mon 09:00").severity == "1"


@pytest.mark.states("R18")
@pytest.mark.parametrize(
    ("size", "why"),
    [(1, "no_closing forbids it"), (None, "no_closing cannot be decided yet, so it forbids"), (2, None)],
)
def test_a_guard_holds_unless_it_is_false_and_takes_the_rest_of_the_sequence_with_it(
    size: int | None, why: str | None
) -> None:
    guard = (
        "guards:\n  no_closing: {clause: [S], forbids: close, while: {case.size: 1}, except_reasons: [unreachable]}\n"
    )
    body = "when: {case.core: down}\nthen: [note: hello, close: %s, note: bye]"
    log = Log().opened("mon 09:00", {"case.core": "down", "case.size": size})
    decision = decided(ruleset(guard + rule("probe", body % "solved")), log, "mon 09:00")
    kinds = [action.kind for action in decision.actions]
    assert kinds == (["note"] if why else ["note", "close", "note"])
    assert [(row.why, row.detail) for row in decision.withheld][:1] == ([("guard", why)] if why else [])
    excepted = decided(ruleset(guard + rule("probe", body % "unreachable")), log, "mon 09:00")
    assert [action.kind for action in excepted.actions] == ["note", "close", "note"]


@pytest.mark.states("R18")
def test_a_guard_is_asked_at_the_decision_with_what_the_round_saw() -> None:
    """What holds a reopening back at ten does not come out when the guard allows at eleven: it was recorded."""
    guard = "guards:\n  stays: {clause: [S], forbids: reopen, while: {case.size: 1}}\n"
    compiled = ruleset(guard + rule("probe", "each: customer_message\nthen: [reopen: same_ticket_only]"))
    log = Log().opened("mon 09:00", {"case.size": 1}).message("mon 10:00").observed("mon 11:00", {"case.size": 2})
    course = play(compiled, log.message("mon 12:00"))
    assert (done(course), held(course)) == (["mon 12:00 probe reopen"], ["probe guard"])


@pytest.mark.states("R19", "C4")
def test_becomes_all_and_any() -> None:
    sections = """
events:
  breaks: {becomes: {case.heartbeat: down}}
  both: {all: [customer_message, customer_call], within: 2 hours}
  either: {any: [customer_message, customer_call]}
"""
    compiled = ruleset(sections + "".join(
        (rule if name == "breaks" else more)(f"on_{name}", f"each: {name}\nthen: [note: hello]")
        for name in ("breaks", "both", "either")))  # fmt: skip
    log = Log().opened("mon 08:00", {"case.heartbeat": "down"}).observed("mon 09:00", {"case.heartbeat": "down"})
    log.observed("mon 09:10", {"case.heartbeat": "up"}).observed("mon 09:20", {"case.heartbeat": "down"})
    log.message("mon 10:00").add("call", "mon 12:30").message("mon 13:00").message("mon 13:10").add("call", "mon 13:20")
    course = play(compiled, log)
    fired: dict[str, list[str]] = {}
    for line in done(course):
        time, name, _ = line.rsplit(" ", 2)
        fired.setdefault(name, []).append(time)
    assert fired == {
        "on_breaks": ["mon 08:00", "mon 09:20"],
        "on_both": ["mon 13:00", "mon 13:20"],  # 10:00 is too long ago; each is used once
        "on_either": ["mon 10:00", "mon 12:30", "mon 13:00", "mon 13:10", "mon 13:20"],
    }


@pytest.mark.states("R20", "A4")
def test_messages_speak_the_recipients_language_with_the_facts_of_their_instant() -> None:
    sections = ANSWER + """
messages:
  due: {en: "{{ case.number }} ({{ case.size }}) by {{ clock.answer.due_at }}", de: "Fall {{ case.number }}"}
"""  # fmt: skip
    compiled = ruleset(sections + rule("probe", "when: {case.core: down}\nthen: [reply: due]"))

    def text(language: str | None) -> object:
        facts = {"case.core": "down", "case.language": language, "case.size": 7, "case.number": "A-1"}
        (action,) = decided(compiled, Log().opened("mon 09:00", facts), "mon 09:00").actions
        return action.content["text"]

    assert text("de-CH") == "Fall A-1"
    assert text("fr") == text(None) == "A-1 (7) by Mon 2026-03-02 13:00 (Europe/Zurich)"


@pytest.mark.states("R2")
def test_a_rule_that_is_still_true_does_not_fire_again_after_the_engine_forgot_its_caches() -> None:
    log = Log().opened("mon 09:00", {"case.core": "down"})
    first = decide(DOWN, fold(log.events), at("mon 09:00"))
    again = decide(DOWN, fold([*log.events, *engine_events(first)]), at("mon 10:00"))
    assert (truth(DOWN, log, "mon 10:00"), done([again])) == (True, [])
    assert wake(DOWN, log, "mon 10:00") is None


BREAKS = """
events:
  breaks: {becomes: {case.core: down}}
""" + rule("probe", "each: breaks\nthen: [note: hello]")


@pytest.mark.states("R22")
def test_what_turns_out_to_have_begun_earlier_is_the_same_and_does_not_fire_again() -> None:
    log = Log().opened("mon 09:00").observed("mon 11:00", {"case.core": "down"})
    log.observed("mon 10:00", {"case.core": "down"}, seen="mon 12:00")
    assert done(play(ruleset(BREAKS), log)) == ["mon 11:00 probe note"]


@pytest.mark.states("R22")
def test_a_rule_fires_once_for_each_occurrence_also_where_an_earlier_one_comes_to_light() -> None:
    log = Log().opened("mon 09:00").observed("mon 11:00", {"case.core": "down"})
    log.observed("mon 10:00", {"case.core": "down"}, seen="mon 12:00")
    log.observed("mon 10:30", {"case.core": "available"}, seen="mon 12:00")
    found = play(ruleset(BREAKS), log)
    assert done(found) == ["mon 11:00 probe note", "mon 12:00 probe note"]
    assert edges(found)[-1].endswith("up 2 late")
