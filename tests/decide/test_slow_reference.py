"""The slow evaluator itself, on worked examples whose answers are found by hand."""

import pytest

from casewarden.model.event import Json
from casewarden.ruleset.syntax import Classify, CloseCase, Limit, Note, Notify, Repeat, Reply, SetFact, TargetTable
from casewarden.ruleset.terms import (
    All,
    AllOf,
    Any,
    Becomes,
    ClockTurns,
    Duration,
    Entry,
    EventTerm,
    Happened,
    InHours,
    InstantOf,
    Is,
    Moment,
    NoDueTime,
    Not,
    Path,
    Since,
    Turn,
    Unit,
    Until,
    Within,
)
from support.slow import SlowDecision, slow_decide
from support.slow.samples import Log, at, clock, guard, is_, iso, message, path_test, rule, ruleset, span

RESPONSE_TARGETS = TargetTable(
    {
        "basic": {None: NoDueTime("best_effort")},
        "premium": {
            "1": Within(span("1 office hour")),
            "2": Within(span("2 office hours")),
            "3": Within(span("12 office hours")),
        },
    }
)
RESPONSE = clock("response", "case_opened", "agent_reply", RESPONSE_TARGETS)
RECOVERED = rule(
    "lower",
    SetFact(Path("case.core"), "available"),
    Classify(),
    when=All((is_("case.core", "down", "degraded"), is_("service.core.health", "up", held="15 minutes"))),
)


def state(decision: SlowDecision, name: str) -> tuple[str, int | None]:
    one = next(one for one in decision.clocks if one.clock == name)
    return one.state, one.due


def test_a_critical_case_of_friday_afternoon_is_due_on_monday_morning() -> None:
    rules = ruleset(clocks=[RESPONSE])
    opened, due = at("2026-03-06 16:40"), at("2026-03-09 08:40")
    log = Log().opened(opened, case__core="down", case__plan="Premium Plus")
    decision = slow_decide(rules, log.events, opened)
    assert decision.severity == "1"
    assert state(decision, "response") == ("running", due)
    assert decision.next_wakeup == due + 1
    assert state(slow_decide(rules, log.events, due), "response") == ("running", due)
    assert state(slow_decide(rules, log.events, due + 1), "response") == ("missed", due)
    message(log, at("2026-03-09 09:30"), "agent")
    late = slow_decide(rules, log.events, at("2026-03-09 09:30"))
    assert late.clocks[0].stopped == at("2026-03-09 09:30")
    assert (late.clocks[0].state, late.clocks[0].used) == ("missed", 110 * 60_000_000)


def test_the_severity_is_lowered_when_the_core_was_up_for_a_quarter_of_an_hour() -> None:
    rules = ruleset(rules=[RECOVERED])
    opened, up = at("2026-03-06 16:40"), at("2026-03-06 18:00")
    log = Log().opened(opened, case__core="down")
    log.observed(up, "service.core.health", "up", "automation")
    waiting = slow_decide(rules, log.events, up)
    assert waiting.truths == {"lower": False}
    assert waiting.next_wakeup == up + 15 * 60_000_000
    decision = slow_decide(rules, log.events, up + 15 * 60_000_000)
    assert [edge.told for edge in decision.edges] == [("lower", True, 1, 0, False), ("lower", False, 1, 0, False)]
    assert decision.facts == {"case.core": "available", "case.severity": None}
    assert [action.kind for action in decision.actions] == ["set", "classify"]
    assert decision.severity == "1", "no row holds for an available core and nobody is told to classify: it stays"


def test_health_that_is_not_fresh_is_unknown_and_breaks_the_span() -> None:
    rules = ruleset(rules=[rule("up", Note("hello"), when=is_("service.core.health", "up", held="20 minutes"))])
    opened, up = at("2026-03-06 10:00"), at("2026-03-06 10:10")
    log = Log().opened(opened).observed(up, "service.core.health", "up", "automation")
    fresh_until = up + 30 * 60_000_000
    assert slow_decide(rules, log.events, fresh_until).truths == {"up": True}
    assert slow_decide(rules, log.events, fresh_until + 1).truths == {"up": None}
    again = at("2026-03-06 10:45")
    log.observed(again, "service.core.health", "up", "automation")
    assert slow_decide(rules, log.events, again + 1).truths == {"up": False}
    assert slow_decide(rules, log.events, again + 20 * 60_000_000).truths == {"up": True}


UNREACHABLE = rule(
    "close_unreachable",
    Reply("hello"),
    CloseCase("unreachable"),
    when=All(
        (
            Happened(
                "agent_reply",
                times=3,
                since=InstantOf(Moment.LAST, "customer_message"),
                apart=Duration(2, Unit.DAYS, "office"),
            ),
            Since(InstantOf(Moment.LAST, "agent_reply"), Duration(2, Unit.DAYS, "office")),
        )
    ),
)


def unreachable_log() -> Log:
    log = Log().opened(at("2026-03-02 09:00"))
    message(log, at("2026-03-02 10:00"))
    for day in ("03 15:00", "04 16:00", "05 09:00", "09 09:00"):
        message(log, at(f"2026-03-{day}"), "agent")
    return log


def test_attempts_two_business_days_apart_close_the_case() -> None:
    rules, log = ruleset(rules=[UNREACHABLE]), unreachable_log()
    due = at("2026-03-11 17:00")
    before = slow_decide(rules, log.events, due - 1)
    assert (before.truths, before.next_wakeup) == ({"close_unreachable": False}, due)
    decision = slow_decide(rules, log.events, due)
    assert [action.kind for action in decision.actions] == ["reply", "close"]


def test_mail_that_only_looks_automatic_blocks_closing() -> None:
    rules, log = ruleset(rules=[UNREACHABLE]), unreachable_log()
    message(log, at("2026-03-10 09:00"), automatic=None)
    assert slow_decide(rules, log.events, at("2026-03-11 17:00")).truths == {"close_unreachable": None}


def test_a_guard_that_is_unknown_forbids_closing_except_for_its_reasons() -> None:
    blocked = ruleset(rules=[UNREACHABLE], guards=[guard("unfinished", "close", is_("case.workaround", False))])
    due = at("2026-03-11 17:00")
    decision = slow_decide(blocked, unreachable_log().events, due)
    assert [action.kind for action in decision.actions] == ["reply"]
    assert decision.withheld == (("close_unreachable", "guard"),)
    spared = ruleset(
        rules=[UNREACHABLE], guards=[guard("unfinished", "close", is_("case.workaround", False), "unreachable")]
    )
    assert len(slow_decide(spared, unreachable_log().events, due).actions) == 2


def test_closing_waits_for_the_watermark_and_an_internal_alert_does_not() -> None:
    alert = rule("alert", Notify("manager", "hello"), when=UNREACHABLE.when)
    rules, log = ruleset(rules=[UNREACHABLE, alert]), unreachable_log()
    due = at("2026-03-11 17:00")
    log.add("watermark", at("2026-03-10 08:00"), "automation", through=iso(at("2026-03-10 07:55")))
    early = slow_decide(rules, log.events, due)
    assert early.truths == {"close_unreachable": None, "alert": None}
    assert [(action.rule, action.provisional) for action in early.actions] == [("alert", True)]
    known_at = due + 60_000_000
    log.add("watermark", known_at, "automation", through=iso(due))
    later = slow_decide(rules, log.events, known_at)
    assert [action.kind for action in later.actions if action.rule == "close_unreachable"] == ["reply", "close"]


def test_absence_is_known_up_to_the_watermark_only() -> None:
    silent = rule("silent", Note("hello"), when=Not(Happened("customer_message")))
    heard = rule("heard", Note("hello"), when=Happened("customer_message"))
    rules = ruleset(rules=[silent, heard])
    log = Log().opened(at("2026-03-02 09:00"))
    log.add("watermark", at("2026-03-02 09:30"), "automation", through=iso(at("2026-03-02 09:20")))
    assert slow_decide(rules, log.events, at("2026-03-02 10:00")).truths == {"silent": None, "heard": None}
    message(log, at("2026-03-02 09:55"))
    assert slow_decide(rules, log.events, at("2026-03-02 10:00")).truths == {"silent": False, "heard": True}


def test_pauses_move_the_deadline_in_open_time() -> None:
    waiting = clock("fix", "case_opened", "agent_reply", "4 office hours", pauses_while=is_("case.core", "degraded"))
    rules = ruleset(clocks=[waiting])
    log = Log().opened(at("2026-03-06 14:00"), case__core="down")
    log.observed(at("2026-03-06 15:00"), "case.core", "degraded")
    paused = slow_decide(rules, log.events, at("2026-03-06 16:00"))
    assert state(paused, "fix") == ("paused", None)
    log.observed(at("2026-03-09 10:00"), "case.core", "down")
    assert state(slow_decide(rules, log.events, at("2026-03-09 10:00")), "fix") == ("running", at("2026-03-09 13:00"))


def test_a_deadline_on_a_closing_instant_is_missed_one_open_microsecond_later() -> None:
    rules = ruleset(clocks=[clock("fix", "case_opened", "agent_reply", "3 office hours")])
    log = Log().opened(at("2026-03-06 14:00"))
    assert state(slow_decide(rules, log.events, at("2026-03-06 17:00") + 1), "fix")[0] == "running"
    assert state(slow_decide(rules, log.events, at("2026-03-09 08:00")), "fix")[0] == "running"
    assert state(slow_decide(rules, log.events, at("2026-03-09 08:00") + 1), "fix")[0] == "missed"


def test_the_first_determination_is_no_change_and_a_later_one_keeps_the_target() -> None:
    rules = ruleset(clocks=[RESPONSE])
    log = Log().opened(at("2026-03-02 08:00"), case__plan="premium", case__reported_severity="3")
    assert state(slow_decide(rules, log.events, at("2026-03-02 08:10")), "response")[1] == at("2026-03-03 11:00")
    log.observed(at("2026-03-02 08:30"), "case.core", "down")
    assert state(slow_decide(rules, log.events, at("2026-03-02 08:30")), "response")[1] == at("2026-03-02 09:00")
    log.observed(at("2026-03-02 08:45"), "case.severity", "2", determined=True)
    by_hand = slow_decide(rules, log.events, at("2026-03-02 08:45"))
    assert (by_hand.severity, by_hand.severity_by) == ("2", "person")
    assert state(by_hand, "response")[1] == at("2026-03-02 09:00")


def test_each_start_makes_a_run_while_none_is_open() -> None:
    every = clock("answer", "customer_message", "agent_reply", "60 minutes", each_time=True)
    rules = ruleset(clocks=[every])
    log = Log().opened(at("2026-03-02 08:00"))
    message(log, at("2026-03-02 08:10"))
    message(log, at("2026-03-02 08:20"))
    message(log, at("2026-03-02 08:30"), "agent")
    message(log, at("2026-03-02 09:00"))
    runs = slow_decide(rules, log.events, at("2026-03-02 09:30")).clocks
    assert [(one.state, one.started) for one in runs] == [
        ("met", at("2026-03-02 08:10")),
        ("running", at("2026-03-02 09:00")),
    ]


def test_both_are_needed_the_later_one_counts_and_each_is_used_once() -> None:
    events: dict[str, EventTerm] = {
        "called": Entry(("call",), (("by", Is(("customer",))),)),
        "wrote": Entry(("message",), (("by", Is(("customer",))),)),
        "urgent": AllOf(("called", "wrote"), within=span("2 hours")),
    }
    twice = rule("twice", Note("hello"), when=Happened("urgent", times=2))
    once = rule("once", Note("hello"), each="urgent")
    rules = ruleset(events=events, rules=[twice, once])
    log = Log().opened(at("2026-03-02 08:00"))
    log.add("call", at("2026-03-02 09:00"))
    message(log, at("2026-03-02 11:00"))
    message(log, at("2026-03-02 11:10"))
    decision = slow_decide(rules, log.events, at("2026-03-02 11:10"))
    assert decision.truths == {"twice": False}
    assert [edge.told for edge in decision.edges] == [("once", True, 1, 0, False)]
    log.add("call", at("2026-03-02 12:00"))
    assert slow_decide(rules, log.events, at("2026-03-02 12:00")).truths == {"twice": True}


def test_a_chain_of_clocks_goes_on_from_a_missed_one() -> None:
    events = {"first_missed": ClockTurns("first", Turn.MISSED)}
    chain = [
        clock("first", "case_opened", "agent_reply", "60 minutes"),
        clock("second", "first_missed", "agent_reply", "30 minutes"),
    ]
    rules = ruleset(events=events, clocks=chain)
    opened = at("2026-03-02 08:00")
    log = Log().opened(opened)
    early = slow_decide(rules, log.events, opened)
    assert early.wakeups[0] == opened + 60 * 60_000_000 + 1
    late = slow_decide(rules, log.events, opened + 61 * 60_000_000)
    assert state(late, "second") == ("running", opened + 90 * 60_000_000 + 1)


def test_what_becomes_true_again_without_having_been_false_does_not_happen_again() -> None:
    events = {"recovered": Becomes(is_("service.core.health", "up"))}
    rules = ruleset(events=events, rules=[rule("told", Note("hello"), each="recovered")])
    log = Log().opened(at("2026-03-02 08:00"))
    log.observed(at("2026-03-02 09:00"), "service.core.health", "up")
    log.observed(at("2026-03-02 10:00"), "service.core.health", "up")
    assert len(slow_decide(rules, log.events, at("2026-03-02 10:00")).edges) == 1
    log.observed(at("2026-03-02 10:10"), "service.core.health", "down")
    log.observed(at("2026-03-02 10:20"), "service.core.health", "up")
    assert len(slow_decide(rules, log.events, at("2026-03-02 10:20")).edges) == 2


def test_only_a_confirmed_value_counts_and_what_others_say_is_proposed() -> None:
    ours = rule("ours", Note("hello"), when=is_("case.cause", "us"))
    proposed = rule("proposed", Note("hello"), when=is_("case.cause.proposed", "us"))
    rules = ruleset(rules=[ours, proposed])
    log = Log().opened(at("2026-03-02 08:00"), case__cause="us")
    assert slow_decide(rules, log.events, at("2026-03-02 08:00")).truths == {"ours": None, "proposed": True}
    log.observed(at("2026-03-02 09:00"), "case.cause", "us", "agent", "triage")
    assert slow_decide(rules, log.events, at("2026-03-02 09:00")).truths == {"ours": True, "proposed": True}


def test_what_we_set_stands_until_the_helpdesk_tells_something_newer() -> None:
    degraded = rule("degraded", Note("hello"), when=is_("case.core", "degraded"))
    rules = ruleset(rules=[degraded])
    log = Log().opened(at("2026-03-02 08:00"), case__core="down")
    log.decided(at("2026-03-02 09:00"), case__core="degraded")
    log.observed(at("2026-03-02 08:59"), "case.core", "available")
    assert slow_decide(rules, log.events, at("2026-03-02 09:30")).truths == {"degraded": True}
    log.observed(at("2026-03-02 09:10"), "case.core", "available")
    assert slow_decide(rules, log.events, at("2026-03-02 09:30")).truths == {"degraded": False}


def edge(name: str, *, rises: bool = True, activation: int = 1, repetition: int = 0) -> dict[str, Json]:
    return {"rule": name, "rises": rises, "activation": activation, "repetition": repetition}


def test_unknown_neither_fires_nor_re_arms() -> None:
    rules = ruleset(rules=[rule("up", Note("hello"), when=is_("service.core.health", "up"))])
    log = Log().opened(at("2026-03-02 08:00")).observed(at("2026-03-02 09:00"), "service.core.health", "up")
    log.decided(at("2026-03-02 09:00"), edge("up"))
    stale = slow_decide(rules, log.events, at("2026-03-02 09:40"))
    assert (stale.truths, stale.edges) == ({"up": None}, ())
    log.observed(at("2026-03-02 10:00"), "service.core.health", "up")
    assert slow_decide(rules, log.events, at("2026-03-02 10:00")).edges == ()
    log.observed(at("2026-03-02 10:05"), "service.core.health", "down")
    fallen = slow_decide(rules, log.events, at("2026-03-02 10:05"))
    assert [one.told for one in fallen.edges] == [("up", False, 1, 0, False)]


def test_what_is_true_at_first_sight_is_a_baseline() -> None:
    rules = ruleset(rules=[rule("down", Note("hello"), when=is_("case.core", "down"))])
    log = Log().opened(at("2026-03-02 08:00"), case__core="down")
    live = slow_decide(rules, log.events, at("2026-03-02 10:00"), live_from=at("2026-03-02 07:00"))
    assert [one.told for one in live.edges] == [("down", True, 1, 0, False)]
    imported = slow_decide(rules, log.events, at("2026-03-02 10:00"), live_from=at("2026-03-02 10:00"))
    assert [one.told for one in imported.edges] == [("down", True, 0, 0, True)]
    assert imported.actions == ()


@pytest.mark.parametrize(("first", "kinds"), [("at_once", 1), ("after_interval", 0)])
def test_a_repetition_begins_at_once_or_after_an_interval(first: str, kinds: int) -> None:
    repeat = Repeat(span("1 hour"), first, reset_by="agent_note")  # type: ignore[arg-type]
    rules = ruleset(rules=[rule("remind", Note("hello"), when=is_("case.core", "down"), repeat=repeat)])
    opened = at("2026-03-02 08:00")
    log = Log().opened(opened, case__core="down")
    first_look = slow_decide(rules, log.events, opened)
    assert len(first_look.actions) == kinds
    assert first_look.next_wakeup == at("2026-03-02 09:00")
    log.decided(opened, edge("remind"))
    missed_two = slow_decide(rules, log.events, at("2026-03-02 10:30"))
    assert [one.told for one in missed_two.edges] == [("remind", True, 1, 1, False)]
    message(log, at("2026-03-02 08:50"), "agent", public=False)
    reset = slow_decide(rules, log.events, at("2026-03-02 09:00"))
    assert (reset.edges, reset.next_wakeup) == ((), at("2026-03-02 09:50"))


def test_a_limit_holds_back_what_is_beyond_it() -> None:
    note = rule("note", Note("hello"), each="customer_message", limit=Limit(1, span("1 hour")))
    rules = ruleset(rules=[note])
    log = Log().opened(at("2026-03-02 08:00"))
    message(log, at("2026-03-02 09:00"))
    message(log, at("2026-03-02 09:00"))
    decision = slow_decide(rules, log.events, at("2026-03-02 09:00"))
    assert len(decision.edges) == 2
    assert len(decision.actions) == 1
    assert decision.withheld == (("note", "limit"),)


def test_of_two_that_set_one_path_the_higher_priority_wins_and_equals_do_nothing() -> None:
    def decided(priority: int) -> SlowDecision:
        one = rule("one", SetFact(Path("case.text"), "a"), when=is_("case.core", "down"), priority=priority)
        two = rule("two", SetFact(Path("case.text"), "b"), when=is_("case.core", "down"))
        return slow_decide(ruleset(rules=[one, two]), Log().opened(0, case__core="down").events, 0)

    assert decided(1).facts == {"case.text": "a"}
    assert (decided(0).facts, decided(0).alerts) == ({}, frozenset({"rule_conflict"}))


def test_a_loop_switches_its_own_rules_off() -> None:
    loop = [
        rule("on", SetFact(Path("case.workaround"), True), when=Not(is_("case.workaround", True))),
        rule("off", SetFact(Path("case.workaround"), False), when=is_("case.workaround", True)),
        rule("other", Note("hello"), when=is_("case.core", "down")),
    ]
    log = Log().opened(0, case__core="down", case__workaround=False)
    decision = slow_decide(ruleset(rules=loop), log.events, 0)
    assert decision.loop == {"on", "off"}
    assert [action.rule for action in decision.actions] == ["other"]


def test_a_persons_determination_outranks_rules_unless_they_say_otherwise() -> None:
    def facts(*, over: bool) -> dict[str, object]:
        raised = rule("raise", SetFact(Path("case.text"), "b"), when=is_("case.core", "down"), over_person=over)
        log = Log().opened(0, case__core="down").observed(0, "case.text", "a", determined=True)
        return slow_decide(ruleset(rules=[raised]), log.events, 0).facts

    assert facts(over=False) == {}
    assert facts(over=True) == {"case.text": "b"}


def test_opening_hours_and_warnings_before_a_deadline_wake_at_their_instants() -> None:
    warn = rule("warn", Notify("manager", "hello"), when=Until(InstantOf(Moment.DUE, "fix"), span("15 minutes")))
    night = rule("night", Note("hello"), when=Any((Not(path_test("now", InHours("office"))), is_("case.core", "down"))))
    rules = ruleset(clocks=[clock("fix", "case_opened", "agent_reply", "4 office hours")], rules=[warn, night])
    log = Log().opened(at("2026-03-06 14:00"))
    decision = slow_decide(rules, log.events, at("2026-03-06 14:00"))
    assert decision.truths == {"warn": False, "night": None}
    assert decision.wakeups[:5] == (
        at("2026-03-06 17:00"),
        at("2026-03-09 08:00"),
        at("2026-03-09 08:45"),
        at("2026-03-09 09:00") + 1,
        at("2026-03-09 17:00"),
    )
