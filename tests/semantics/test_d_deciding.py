"""The one function: purity, the log, replays, lateness, first sight."""

import ast
from pathlib import Path

import pytest

from casewarden.decide import compile_ruleset, decide, engine_events
from casewarden.model import Event, fold
from casewarden.model.canonical import decision_json
from casewarden.ruleset.load import load_text
from casewarden.scenario.linked import LinkedSubjects
from casewarden.scenario.run import Mode, run
from support.small import Log, at, clocks, decided, done, edges, held, live, play, rule, ruleset, text_of, truth, when

ENGINE = Path(__file__).parents[2] / "engine" / "casewarden"
DOWN = when("{case.core: down}")
ANSWER = """
clocks:
  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 4 business hours}
"""
CREDIT = """
credits:
  late:
    clause: [S]
    clock: answer
    award: 1 day
    for_each: 1 business hour
    count: started
    cap: none
    add_to: contract.term_end
"""


@pytest.mark.states("D1")
def test_the_caller_s_subject_is_left_as_it_was_and_the_bytes_are_the_same() -> None:
    subject = fold(Log().opened("mon 09:00", {"case.core": "down"}).events)
    events = subject.events
    first, second = (decision_json(decide(DOWN, subject, at("mon 09:00"))) for _ in range(2))
    assert first == second
    assert subject.events is events


@pytest.mark.states("D2")
def test_every_part_that_needs_decisions_has_them_from_the_one_function() -> None:
    """Nobody but deciding itself asks the machinery that makes decisions: rounds, firing, effects."""
    behind = {f"casewarden.decide.{name}" for name in ("take", "firing", "effects", "engine")}
    guilty = [
        path.relative_to(ENGINE).as_posix()
        for path in sorted(ENGINE.rglob("*.py"))
        if "decide" not in path.relative_to(ENGINE).parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module in behind
    ]
    assert guilty == []


@pytest.mark.states("D2")
def test_virtual_time_and_stepping_by_hand_decide_the_same_bytes() -> None:
    log = Log().opened("mon 09:00").observed("mon 10:00", {"case.core": "down"})
    played = run(when("{case.core: down}", "[set: {case.size: 3}]"), log.events, at("mon 10:00"))
    by_hand = live(when("{case.core: down}", "[set: {case.size: 3}]"), log, "mon 09:00", "mon 10:00")
    assert decision_json(by_hand[1]) in [decision_json(one) for one in played.decisions]


@pytest.mark.states("D3")
def test_what_the_engine_did_is_in_the_log_and_nowhere_else() -> None:
    log = Log().opened("mon 09:00", {"case.core": "down"})
    compiled = DOWN
    first = decide(compiled, fold(log.events), at("mon 09:00"))
    assert done([first]) == ["mon 09:00 probe note"]
    remembered = fold([*log.events, *engine_events(first)])
    assert done([decide(compiled, remembered, at("mon 09:05"))]) == []
    forgotten = fold(log.events)
    assert done([decide(compiled, forgotten, at("mon 09:05"))]) == ["mon 09:05 probe note"]


@pytest.mark.states("D4", "X4")
def test_another_subject_is_known_only_by_what_it_brought_to_the_log() -> None:
    compiled = when("{service.core.health: down}")
    case = Log().opened("mon 09:00")
    assert truth(compiled, case, "mon 09:30") is None
    service = Log("service:core").observed("mon 09:10", {"service.core.health": "down"})
    linked = LinkedSubjects(compiled, {"case:1": case.events, "service:core": service.events})
    told = [(one.subject, one.decision.at) for one in linked.decisions() if one.decision.actions]
    assert told == [("case:1", at("mon 09:10"))]


@pytest.mark.states("D5", "D9")
def test_replay_as_known_gives_the_live_bytes_though_more_was_learnt_since() -> None:
    """A message of Monday 10:00 that is learnt of on Tuesday does not change what Monday's decisions say."""
    compiled = ruleset(ANSWER + rule("probe", "when: {case.core: down}\nthen: [note: hello]"))
    early = Log().opened("mon 09:00").observed("mon 11:00", {"case.core": "down"})
    lived = run(compiled, early.events, at("mon 12:00"))
    later = Log().opened("mon 09:00").observed("mon 11:00", {"case.core": "down"})
    later.observed("mon 10:00", {"case.core": "down"}, seen="tue 09:00")
    known = run(compiled, later.events, at("tue 10:00"))
    until_noon = [decision_json(one) for one in known.decisions if one.at <= at("mon 12:00")]
    assert until_noon == [decision_json(one) for one in lived.decisions]
    assert edges(known) == ["mon 11:00 probe up 1"]


@pytest.mark.states("D6")
def test_replay_as_happened_decides_as_if_all_had_been_known_in_time() -> None:
    log = Log().opened("mon 09:00").message("mon 10:00", "agent", seen="mon 16:00")
    compiled = ruleset(ANSWER)
    known, happened = (play(compiled, log, "mon 15:00", mode).last for mode in (Mode.KNOWN, Mode.HAPPENED))
    assert known is not None
    assert happened is not None
    assert clocks(known) == ["answer missed mon 13:00"]
    assert clocks(happened) == ["answer met mon 13:00"]


@pytest.mark.states("D7", "E3")
def test_a_deadline_moved_by_what_was_learnt_late_is_a_correction_and_no_second_message() -> None:
    sections = ANSWER.replace("stops: agent_reply", "stops: agent_reply, counts_from: customer_message")
    warned = rule(
        "warn", "when: {until: {due: answer, at_most: 1 hour}}\nthen: [notify: {who: manager, message: hello}]"
    )
    log = Log().opened("mon 09:00").message("mon 08:30", seen="mon 12:45")
    course = play(ruleset(sections + warned), log, "mon 12:50")
    corrections = [(c.kind, c.before, c.after) for one in course.decisions for c in one.corrections]
    assert corrections == [("deadline", "2026-03-02T12:00:00Z", "2026-03-02T11:30:00Z")]
    assert done(course) == ["mon 12:00 warn notify"]


@pytest.mark.states("D7", "E3")
def test_a_credit_that_history_takes_back_is_a_correction() -> None:
    log = Log().opened("mon 09:00").message("mon 15:00", "agent").message("mon 12:00", "agent", seen="tue 09:00")
    course = play(ruleset(ANSWER + CREDIT), log, "tue 10:00")
    posted = [
        (entry.state, entry.amount) for one in course.decisions for entry in one.ledger if entry.state == "posted"
    ]
    assert posted == [("posted", 2)]
    corrections = [
        (c.kind, c.before, c.after) for one in course.decisions for c in one.corrections if c.kind == "credit"
    ]
    assert corrections == [("credit", 2, 0)]


@pytest.mark.states("D8")
def test_ties_go_by_the_sources_own_sequence_then_by_the_key() -> None:
    def last_value(*rows: tuple[str, int, str]) -> object:
        log = Log().opened("mon 09:00", sequence=0)
        for value, sequence, key in rows:
            log.observed("mon 10:00", {"case.core": value}, sequence=sequence, key=key)
        compiled = when("{case.core: down}")
        return truth(compiled, log, "mon 10:00")

    assert last_value(("down", 2, "a"), ("available", 1, "b")) is True
    assert last_value(("available", 2, "a"), ("down", 1, "b")) is False
    assert last_value(("down", 1, "b"), ("available", 1, "a")) is True


@pytest.mark.states("D9", "A16")
def test_activations_go_on_counting_and_a_late_one_before_them_takes_the_next_number() -> None:
    each = ruleset(rule("probe", "each: customer_message\nthen: [note: hello]"))
    log = Log().opened("mon 09:00").message("mon 10:00").message("mon 12:00").message("mon 11:00", seen="mon 13:00")
    course = play(each, log, "mon 14:00")
    assert edges(course) == ["mon 10:00 probe up 1", "mon 12:00 probe up 2", "mon 11:00 probe up 3 late"]
    keys = [action.key for one in course.decisions for action in one.actions]
    assert keys == ["case:1/probe/1/0/0", "case:1/probe/2/0/0", "case:1/probe/3/0/0"]


@pytest.mark.states("D10")
def test_a_late_event_whose_condition_still_holds_fires_once_marked_late() -> None:
    each = ruleset(rule("probe", "each: customer_message\nwhen: {case.core: down}\nthen: [note: hello]"))
    log = Log().opened("mon 09:00", {"case.core": "down"}).observed("mon 12:00", {"case.size": 1})
    log.message("mon 11:00", seen="mon 13:00").observed("mon 14:00", {"case.size": 2})
    course = play(each, log)
    assert edges(course) == ["mon 11:00 probe up 1 late"]
    assert [(action.late, one.at) for one in course.decisions for action in one.actions] == [(True, at("mon 13:00"))]


@pytest.mark.states("D10")
def test_a_standing_rule_that_a_late_event_makes_true_fires_once_marked_late() -> None:
    log = Log().opened("mon 09:00").observed("mon 12:00", {"case.size": 1})
    log.observed("mon 11:00", {"case.core": "down"}, seen="mon 13:00").observed("mon 14:00", {"case.size": 2})
    course = play(DOWN, log)
    assert done(course) == ["mon 13:00 probe note"]
    assert [edge.late for one in course.decisions for edge in one.edges] == [True]


@pytest.mark.states("D11")
def test_a_late_event_whose_condition_no_longer_holds_would_have_fired() -> None:
    log = Log().opened("mon 09:00").observed("mon 12:00", {"case.core": "available"})
    log.observed("mon 11:00", {"case.core": "down"}, seen="mon 13:00")
    course = play(DOWN, log)
    assert (done(course), held(course)) == ([], ["probe would_have_fired"])
    each = ruleset(rule("probe", "each: customer_message\nwhen: {case.core: down}\nthen: [note: hello]"))
    log = Log().opened("mon 09:00", {"case.core": "down"}).observed("mon 12:00", {"case.core": "available"})
    log.message("mon 11:00", seen="mon 13:00")
    course = play(each, log)
    assert (done(course), held(course)) == ([], ["probe would_have_fired"])


@pytest.mark.states("D12")
def test_missed_wake_ups_are_decided_at_their_own_instants_in_order() -> None:
    warned = rule("warn", "when: {until: {due: answer, at_most: 1 hour}}\nthen: [note: hello]")
    missed = "  late:\n    clause: [S]\n    when: {clock.answer: missed}\n    then: [note: bye]\n"
    log = Log().opened("mon 09:00").observed("tue 09:00", {"case.size": 1})
    assert done(play(ruleset(ANSWER + warned + missed), log)) == ["mon 12:00 warn note", "mon 13:00+1 late note"]


@pytest.mark.states("D13")
@pytest.mark.parametrize(
    ("catch_up", "fired"),
    [("", [3]), (", catch_up: latest", [3]), (", catch_up: all", [1, 2, 3]), (", catch_up: none", [])],
)
def test_after_an_outage_repetitions_are_caught_up_as_the_rule_says(catch_up: str, fired: list[int]) -> None:
    body = f"when: {{case.core: down}}\nrepeat: {{every: 1 hour, first: at_once{catch_up}}}\nthen: [note: hello]"
    log = Log().opened("mon 09:00", {"case.core": "down"})
    _, after = live(ruleset(rule("probe", body)), log, "mon 09:00", "mon 12:30")
    hours = [(edge.at - at("mon 09:00")) // 3_600_000_000 for edge in after.edges]
    assert hours == fired


@pytest.mark.states("D13")
def test_one_that_is_woken_in_time_fires_whatever_catch_up_says() -> None:
    body = "when: {case.core: down}\nrepeat: {every: 1 hour, first: at_once, catch_up: none}\nthen: [note: hello]"
    log = Log().opened("mon 09:00", {"case.core": "down"})
    assert len(done(play(ruleset(rule("probe", body)), log, "mon 11:30"))) == 3


def went_live(log: Log, time: str) -> Log:
    return log.add("went_live", time, "ourselves", source="casewarden", key="live", sequence=1 << 39)


@pytest.mark.states("D14", "D16")
def test_what_is_true_when_a_sidecar_goes_live_is_no_edge() -> None:
    log = went_live(Log().opened("mon 09:00", {"case.core": "down"}), "mon 10:00")
    first, still, over, again = live(
        DOWN,
        log.observed("mon 12:00", {"case.core": "available"}).observed("mon 13:00", {"case.core": "down"}),
        "mon 10:00", "mon 11:00", "mon 12:00", "mon 13:00",
    )  # fmt: skip
    assert edges([first]) == ["mon 10:00 probe up 0 baseline"]
    assert edges([still, over, again]) == ["mon 12:00 probe down 0", "mon 13:00 probe up 1"]
    assert done([first, still, over, again]) == ["mon 13:00 probe note"]


@pytest.mark.states("D14", "D16")
def test_occurrences_before_going_live_fire_nothing() -> None:
    each = ruleset(rule("probe", "each: customer_message\nthen: [note: hello]"))
    log = went_live(Log().opened("mon 08:00").message("mon 09:00"), "mon 10:00").message("mon 11:00")
    assert done(live(each, log, "mon 10:00", "mon 11:00")) == ["mon 11:00 probe note"]


@pytest.mark.states("D14", "E5")
def test_what_is_true_already_for_an_edited_rule_is_no_edge_and_unedited_ones_go_on() -> None:
    same = "  same:\n    clause: [S]\n    when: {case.size: 1}\n    then: [note: hello]\n"
    before = ruleset(rule("probe", "when: {case.core: degraded}\nthen: [note: hello]") + same)
    edited = ruleset(rule("probe", "when: {case.core: [down, degraded]}\nthen: [note: hello]") + same)
    log = Log().opened("mon 09:00", {"case.core": "down"}).observed("mon 10:00", {"case.size": 1})
    (first,) = live(before, log, "mon 09:00")
    second = decide(edited, fold([*log.events, *engine_events(first)]), at("mon 10:00"))
    assert edges([second]) == ["mon 10:00 probe up 0 baseline", "mon 10:00 same up 1"]
    assert done([second]) == ["mon 10:00 same note"]
    decided_events = [event for event in engine_events(second) if "revision" in event.data]
    assert [event.data["revision"] for event in decided_events] == [edited.ruleset.digest]


@pytest.mark.states("D14")
def test_occurrences_before_a_rule_was_edited_fire_nothing_for_it() -> None:
    each, edited = (
        ruleset(rule("probe", f"each: customer_message\nthen: [note: {word}]")) for word in ("hello", "bye")
    )
    log = Log().opened("mon 08:00").message("mon 09:00").message("mon 11:00")
    early = [event for event in log.events if event.at <= at("mon 09:00")]
    first = decide(each, fold(early), at("mon 09:00"))
    second = decide(edited, fold([*early, *engine_events(first)]), at("mon 10:00"))
    third = decide(edited, fold([*log.events, *engine_events(first), *engine_events(second)]), at("mon 11:00"))
    assert done([first, second, third]) == ["mon 09:00 probe note", "mon 11:00 probe note"]


@pytest.mark.states("D17")
def test_for_a_case_opened_after_going_live_what_is_true_at_the_opening_is_an_edge() -> None:
    log = went_live(Log(), "mon 08:00").opened("mon 09:00", {"case.core": "down"})
    assert edges([decided(DOWN, log, "mon 09:00")]) == ["mon 09:00 probe up 1"]


@pytest.mark.states("D18")
def test_all_events_of_an_instant_are_taken_in_before_anything_is_asked() -> None:
    """Down and back up within one instant was never down."""
    log = Log().opened("mon 09:00").observed("mon 10:00", {"case.core": "down"})
    log.observed("mon 10:00", {"case.core": "available"})
    events = "events:\n  breaks: {becomes: {case.core: down}}\n"
    compiled = ruleset(events + rule("probe", "each: breaks\nthen: [note: hello]"))
    assert done(play(compiled, log)) == []


@pytest.mark.states("D19")
def test_an_event_that_the_log_has_already_changes_nothing() -> None:
    log = Log().opened("mon 09:00").message("mon 10:00", key="m-1")
    subject = fold(log.events)
    again = Event(
        "case:1", "message", at("mon 11:00"), at("mon 11:00"), "customer", "desk", "m-1", data={"public": True}
    )
    assert subject.with_events([again]) is subject
    elsewhere = Event("case:1", "message", at("mon 11:00"), at("mon 11:00"), "customer", "mail", "m-1")
    assert len(subject.with_events([elsewhere]).events) == 3


@pytest.mark.states("E4")
def test_where_a_file_has_errors_there_is_no_ruleset() -> None:
    loaded, diagnostics = load_text(
        text_of("rules:\n  probe: {clause: [S], wen: {case.core: down}, then: [note: hello]}\n")
    )
    assert loaded is None
    assert diagnostics.has_errors


@pytest.mark.states("E5")
def test_a_revision_is_known_by_the_hash_of_what_it_means() -> None:
    one, other = (load_text(text_of(ANSWER.replace("4", hours)))[0] for hours in ("4", "5"))
    commented, _ = load_text(text_of("# a remark\n" + ANSWER))
    assert one is not None
    assert other is not None
    assert commented is not None
    assert one.digest == commented.digest != other.digest
    log = Log().opened("mon 09:00")
    assert decided(compile_ruleset(one), log, "mon 09:00").ruleset == one.digest
