"""The engine against the slow evaluator, on random rulesets and histories, at every event and every wake-up."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import HealthCheck, given, settings

from casewarden.decide import Compiled, compile_ruleset, decide, engine_events, truths
from casewarden.model import fold
from casewarden.model.decision import ClockState, Decision
from casewarden.ruleset.syntax import Classify, Intake, Limit, Note, Repeat, Reply, Scope
from casewarden.ruleset.terms import AllOf, Bounds, ClockTurns, Happened, InstantOf, Known, Not, Path, Turn
from casewarden.ruleset.terms import Moment as Instant
from support.narrow_cases import derived_cases
from support.slow import SlowDecision, slow_decide
from support.slow.live import Moment, live
from support.slow.samples import (
    CITED,
    Log,
    at,
    clock,
    is_,
    iso,
    message,
    path_test,
    rule,
    ruleset,
    severity_table,
    span,
)
from support.slow.spans import MINUTE
from support.slow.story import told
from support.strategies import Case, cases, watched_cases

THOROUGH = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def engine_says(compiled: Compiled, moment: Moment) -> dict[str, object]:
    """What the engine decided at one instant, by what it is about."""
    decision = moment.decision
    return {
        "truths": truths(compiled, fold(moment.log), moment.now),
        "severity": decision.severity,
        "clocks": [
            (one.clock, one.number, one.state.value, one.counted_from, one.due, one.stopped, one.budget)
            for one in decision.clocks
            if one.state is not ClockState.WAITING
        ],
        "edges": sorted((one.rule, one.rises, one.activation, one.repetition, one.baseline) for one in decision.edges),
        "actions": sorted(action.key for action in decision.actions),
    }


def slow_says(moment: Moment, slow: SlowDecision) -> dict[str, object]:
    """The same, by the slow evaluator."""
    subject = moment.decision.subject
    return {
        "truths": slow.truths,
        "severity": slow.severity,
        "clocks": [
            (one.clock, one.number, one.state, one.started, one.due, one.stopped, one.budget) for one in slow.clocks
        ],
        "edges": sorted(edge.told for edge in slow.edges),
        "actions": sorted(
            f"{subject}/{one.rule}/{one.activation}/{one.repetition}/{one.position}" for one in slow.actions
        ),
    }


def changes_of(decision: Decision) -> tuple[object, ...]:
    """What a wake-up is for."""
    return (decision.edges, decision.actions, decision.severity)


def slept_through(compiled: Compiled, moment: Moment, slow: SlowDecision) -> list[str]:
    """The instants before the engine's next look at which something would come of looking."""
    looks = [at for at in (moment.decision.next_wakeup, moment.next_event) if at is not None]
    log = fold((*moment.log, *engine_events(moment.decision)))
    found = []
    for instant in slow.wakeups:
        if looks and instant >= min(looks):
            break
        between = decide(compiled, log, instant)
        if changes_of(between) != ((), (), moment.decision.severity):
            found.append(iso(instant))
    return found


def disagreements(case: Case) -> list[tuple[str, str]]:
    """The first instant's differences, each with what it is about; empty where both agree at every instant."""
    compiled = compile_ruleset(case.ruleset)
    for moment in live(case.ruleset, case.history):
        slow = slow_decide(case.ruleset, moment.log, moment.now)
        if slow.loop:
            looped = any(alert.kind == "rule_loop" for alert in moment.decision.alerts)
            return [] if looped else [("loop", f"{iso(moment.now)}: only the slow evaluator sees {slow.loop} loop")]
        ours, theirs = slow_says(moment, slow), engine_says(compiled, moment)
        found = [
            (about, f"{iso(moment.now)} {about}:\n  engine {theirs[about]}\n  slow   {said}")
            for about, said in ours.items()
            if theirs[about] != said
        ]
        wakeup = moment.decision.next_wakeup
        if wakeup is not None and wakeup <= moment.now:
            found.append(("wakeup", f"{iso(moment.now)}: to wake up at {iso(wakeup)}"))
        if not found:
            slept = slept_through(compiled, moment, slow)
            found = [("slept", f"{iso(moment.now)} sleeps until {iso(wakeup) if wakeup else None}, through {slept}")]
            found = found if slept else []
        if found:
            return found
    return []


def must_agree(case: Case) -> None:
    found = disagreements(case)
    assert not found, "\n".join([told(case.ruleset, case.history), *(text for _, text in found)])


@THOROUGH
@given(cases())
def test_the_engine_and_the_slow_evaluator_agree(case: Case) -> None:
    must_agree(case)


@THOROUGH
@given(derived_cases())
def test_they_agree_on_scope_intake_and_channels(case: Case) -> None:
    must_agree(case)


@THOROUGH
@given(watched_cases())
def test_they_agree_where_absence_is_known_up_to_a_watermark_only(case: Case) -> None:
    must_agree(case)


# Where they once differed

OPENED = at("2026-03-06 16:00")


def test_the_share_of_a_clock_that_does_not_apply_is_unknown() -> None:
    idle = clock("fix", "case_opened", "agent_reply", "1 hour", applies_if=is_("case.core", "down"))
    half_used = path_test("clock.fix.used", Bounds(at_least=Decimal("0.5")))
    rules = ruleset(clocks=[idle], rules=[rule("half", Note("hello"), when=Not(half_used))])
    must_agree(Case(rules, Log().opened(OPENED, case__core="available").events))


def test_classify_does_not_forget_what_a_person_determined() -> None:
    rules = ruleset(rules=[rule("classify", Classify(), Note("hello"), when=is_("case.core", "down"))])
    log = Log().opened(OPENED, case__core="down").observed(OPENED, "case.severity", "3", determined=True)
    must_agree(Case(rules, log.events))


def test_a_clock_that_starts_in_a_pause_turns_paused_at_its_start() -> None:
    asleep = clock("fix", "case_opened", "agent_reply", "1 hour", pauses_while=is_("case.core", "down"))
    rules = ruleset(
        events={"slept": ClockTurns("fix", Turn.PAUSED)},
        clocks=[asleep],
        rules=[rule("told", Note("hello"), each="slept")],
    )
    must_agree(Case(rules, message(Log().opened(OPENED, case__core="down"), OPENED + MINUTE).events))


def test_a_clock_that_counts_from_a_pause_before_it_turns_paused_when_it_begins_to_exist() -> None:
    asleep = clock(
        "fix",
        "agent_reply",
        "customer_call",
        "1 hour",
        counts_from="case_opened",
        pauses_while=is_("case.core", "down"),
    )
    rules = ruleset(
        events={"slept": ClockTurns("fix", Turn.PAUSED)},
        clocks=[asleep],
        rules=[rule("told", Note("hello"), each="slept")],
    )
    log = message(Log().opened(OPENED, case__core="down"), OPENED + 5 * MINUTE, "agent")
    must_agree(Case(rules, log.events))
    assert [one.now for one in live(rules, log.events) if one.decision.actions] == [OPENED + 5 * MINUTE]


def test_repetitions_go_on_from_an_instant_that_is_learnt_of_after_the_first_firing() -> None:
    remind = rule(
        "remind",
        Note("hello"),
        when=is_("case.core", "down"),
        repeat=Repeat(span("30 minutes"), "at_once", start=Path("case.planned")),
    )
    log = Log().opened(OPENED, case__core="down")
    log.observed(OPENED + MINUTE, "case.planned", iso(OPENED + 60 * MINUTE))
    message(log, OPENED + 200 * MINUTE)
    must_agree(Case(ruleset(rules=[remind]), log.events))


def test_a_clock_that_stopped_late_is_missed_for_certain_only_when_the_watermark_has_reached_its_due_instant() -> None:
    missed = rule("missed", Note("hello"), when=is_("clock.fix", "missed"))
    rules = ruleset(clocks=[clock("fix", "case_opened", "agent_reply", "10 minutes")], rules=[missed])
    log = Log().opened(OPENED).add("watermark", OPENED, "automation", through=iso(OPENED))
    must_agree(Case(rules, message(log, OPENED + 30 * MINUTE, "agent").events))


def test_what_may_be_automatic_is_uncertain_in_an_event_made_of_others_too() -> None:
    twice = rule("twice", Note("hello"), when=Happened("customer_contact", times=2))
    log = message(message(Log().opened(OPENED), OPENED, automatic=None), OPENED + MINUTE)
    must_agree(Case(ruleset(rules=[twice]), log.events))


def test_a_gap_is_told_when_the_level_that_hid_it_is_forgotten() -> None:
    rules = ruleset(
        rules=[
            rule("classify", Classify(), when=is_("case.workaround", True), over_person=True),
            rule("told", Note("hello"), each="case_unclassified"),
        ],
        severity=severity_table(otherwise="person"),
    )
    log = Log().opened(OPENED, case__core="available").observed(OPENED, "case.severity", "3", determined=True)
    log.observed(OPENED + MINUTE, "case.workaround", True)
    must_agree(Case(rules, log.events))


def test_what_was_due_before_a_reset_and_had_not_gone_out_is_dropped() -> None:
    """The instant to begin from is learnt of with the reset after it; another lies before the activation."""
    remind = rule(
        "remind",
        Note("hello"),
        when=is_("case.core", "down"),
        repeat=Repeat(span("30 minutes"), "at_once", reset_by="agent_reply", start=Path("case.planned")),
    )
    log = Log().opened(OPENED, case__core="down")
    log.observed(OPENED + 30 * MINUTE, "case.planned", iso(OPENED + 20 * MINUTE))
    log = message(message(log, OPENED + 30 * MINUTE, "agent"), OPENED + 90 * MINUTE)
    must_agree(Case(ruleset(rules=[remind]), log.events))
    log = Log().opened(OPENED, case__planned=iso(OPENED + MINUTE))
    log = message(log, OPENED + 10 * MINUTE, "agent").observed(OPENED + 20 * MINUTE, "case.core", "down")
    must_agree(Case(ruleset(rules=[remind]), message(log, OPENED + 90 * MINUTE).events))


def test_an_activation_whose_repetitions_begin_later_is_no_firing_that_a_limit_counts() -> None:
    remind = rule(
        "remind",
        Note("hello"),
        when=is_("case.core", "down"),
        repeat=Repeat(span("10 minutes"), "at_once", start=Path("case.planned")),
        limit=Limit(2, span("30 minutes")),
    )
    log = Log().opened(OPENED, case__core="down", case__planned=iso(OPENED + 10 * MINUTE))
    must_agree(Case(ruleset(rules=[remind]), message(log, OPENED + 30 * MINUTE).events))


def test_who_confirms_another_value_leaves_no_proposal_behind() -> None:
    rules = ruleset(rules=[rule("ours", Note("hello"), when=is_("case.cause.proposed", "us"))])
    log = Log().opened(OPENED, case__cause="us").observed(OPENED + MINUTE, "case.cause", "them", "agent", "triage")
    must_agree(Case(rules, log.events))


def test_what_holds_for_a_while_beyond_the_watermark_is_told_provisionally() -> None:
    late = rule("late", Note("hello"), when=is_("clock.fix", "missed", held="20 minutes"))
    rules = ruleset(clocks=[clock("fix", "case_opened", "agent_reply", "10 minutes")], rules=[late])
    log = Log().opened(OPENED).add("watermark", OPENED, "automation", through=iso(OPENED))
    must_agree(Case(rules, log.events))
    moments = list(live(rules, log.events))
    (action,) = [action for moment in moments for action in moment.decision.actions]
    assert action.provisional
    assert [moment.now for moment in moments if moment.decision.actions] == [OPENED + 30 * MINUTE + 1]


def test_a_pause_that_rests_on_absence_ends_where_it_is_no_longer_known() -> None:
    quiet = Not(Happened("customer_message", in_last=span("60 minutes")))
    rules = ruleset(clocks=[clock("fix", "case_opened", "agent_reply", "10 minutes", pauses_while=quiet)])
    log = Log().opened(OPENED).add("watermark", OPENED, "automation", through=iso(OPENED + 20 * MINUTE))
    must_agree(Case(rules, message(log, OPENED + 200 * MINUTE).events))
    last = list(live(rules, log.events))[-1].decision
    assert last.clocks[0].due == OPENED + 30 * MINUTE + 1


def test_what_is_missing_turns_with_the_age_of_facts_and_with_the_type() -> None:
    fresh = Path("service.core.health")
    incomplete = rule("incomplete", Note("hello"), when=is_("case.intake", "incomplete"))
    rules = replace(ruleset(rules=[incomplete]), intake={"bug": Intake("bug", CITED, (fresh,))})
    log = Log().opened(OPENED, case__type="bug").observed(OPENED, "service.core.health", "up")
    log.observed(OPENED + 60 * MINUTE, "case.type", "other")
    must_agree(Case(rules, log.events))
    fired = [moment.now for moment in live(rules, log.events) if moment.decision.actions]
    assert fired == [OPENED + 30 * MINUTE + 1]


def test_a_release_whose_instant_has_come_is_no_longer_the_next_one() -> None:
    planned = OPENED + 30 * MINUTE
    none_ahead = rule("none_ahead", Note("hello"), when=path_test("release.next_at", Known(wanted=False)))
    log = Log().opened(OPENED).add("release", OPENED, "automation", name="r1", planned=iso(planned))
    decided = [(moment.now, len(moment.decision.actions)) for moment in live(ruleset(rules=[none_ahead]), log.events)]
    assert decided == [(OPENED, 0), (planned, 1)]


def test_scope_sees_derived_events_of_the_same_instant() -> None:
    foreign = Scope("foreign", CITED, Happened("customer_contact"))
    rules = replace(
        ruleset(rules=[rule("out", Note("hello"), when=is_("case.scope", "out"))]), scope={"foreign": foreign}
    )
    must_agree(Case(rules, message(Log().opened(OPENED), OPENED).events))


def test_of_a_clock_that_begins_after_its_stop_it_is_asked_at_its_beginning_whether_it_applies() -> None:
    idle = clock(
        "fix", "agent_reply", "case_opened", "1 hour", counts_from="case_opened", applies_if=is_("case.core", "down")
    )
    log = Log().opened(OPENED, case__core="available").observed(OPENED + MINUTE, "case.core", "down")
    log = message(log, OPENED + 2 * MINUTE, "agent").observed(OPENED + 3 * MINUTE, "case.core", "available")
    must_agree(Case(ruleset(clocks=[idle]), log.events))
    last = list(live(ruleset(clocks=[idle]), log.events))[-1].decision
    assert [one.state for one in last.clocks] == [ClockState.MET]


def test_what_may_be_one_of_several_leaves_open_whether_all_have_happened() -> None:
    met = AllOf(("customer_contact", "agent_reply"), None, ordered=False)
    since_then = Happened("case_opened", since=InstantOf(Instant.FIRST, "both"))
    twice = Happened("both", times=2)
    rules = ruleset(
        events={"both": met},
        rules=[rule("once", Note("hello"), when=since_then), rule("twice", Note("hello"), when=twice)],
    )
    log = message(message(Log().opened(OPENED), OPENED + MINUTE, automatic=None), OPENED + 2 * MINUTE, "agent")
    must_agree(Case(rules, message(message(log, OPENED + 3 * MINUTE), OPENED + 4 * MINUTE, "agent").events))


def test_where_no_message_is_certain_each_that_may_be_the_first_is_tried() -> None:
    rules = ruleset(
        rules=[
            rule("any", Note("hello"), when=Happened("agent_reply", since=InstantOf(Instant.FIRST, "customer_message")))
        ]
    )
    log = message(message(Log().opened(OPENED), OPENED + MINUTE, automatic=None), OPENED + 2 * MINUTE, "agent")
    must_agree(Case(rules, message(log, OPENED + 3 * MINUTE, automatic=None).events))


def test_a_rule_that_is_known_to_be_false_does_not_go_up_and_down_because_it_would_look_true() -> None:
    quiet = Not(Happened("customer_message", since=InstantOf(Instant.FIRST, "case_opened")))
    paused = clock("fix", "case_opened", "agent_reply", "10 minutes", pauses_while=quiet)
    unused = rule("unused", Reply("hello"), when=path_test("clock.fix.used", Bounds(less_than=Decimal(1))))
    log = Log().opened(OPENED).add("watermark", OPENED, "automation", through=iso(OPENED))
    must_agree(Case(ruleset(clocks=[paused], rules=[unused]), message(log, OPENED + 30 * MINUTE, "agent").events))


def test_repetitions_go_out_as_far_as_the_rule_is_known_to_be_true() -> None:
    quiet = Not(Happened("customer_message", in_last=span("60 minutes")))
    every = Repeat(span("10 minutes"), "at_once")
    rules = ruleset(
        rules=[
            rule("told", Reply("hello"), when=quiet, repeat=every),
            rule("noted", Note("hello"), when=quiet, repeat=every),
        ]
    )
    log = Log().opened(OPENED).add("watermark", OPENED + MINUTE, "automation", through=iso(OPENED))
    log.add("watermark", OPENED + 25 * MINUTE, "automation", through=iso(OPENED + 21 * MINUTE))
    must_agree(Case(rules, message(log, OPENED + 50 * MINUTE, "agent").events))
