"""What keeps a leaf from being true is told apart; a rule's story is that of the log."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings

from casewarden.decide import Compiled, compile_ruleset
from casewarden.decide.explain import LeafNode, Look, RuleExplained, Verdict, explain_rule
from casewarden.decide.explain.firings import firings
from casewarden.decide.explain.moments import state_of
from casewarden.ruleset.syntax import Limit, Note, Repeat, Rule, SetFact
from casewarden.ruleset.terms import Entry, FactTest, Happened, InstantOf, Is, Known, Moment, Path, Since, Until
from casewarden.scenario.onward import Standing
from casewarden.scenario.run import run
from support.slow.samples import Log, at, clock, is_, message, path_test, rule, ruleset, span
from support.slow.spans import DAY, MINUTE
from support.strategies import BEGINNING, Case, cases

OPENED = at("2026-03-06 16:00")
NOW = OPENED + 60 * MINUTE
DO = Note("hello")


def compiled_with(*rules: Rule, **more: object) -> Compiled:
    return compile_ruleset(ruleset(rules=rules, **more))  # type: ignore[arg-type]


def leaf_at(log: Log, leaf: FactTest | Happened | Since | Until, now: int = NOW, **more: object) -> LeafNode:
    compiled = compiled_with(rule("asks", DO, when=leaf), **more)
    node = Look(compiled, state_of(compiled, log.events, now), log.events, now).tree(leaf)
    assert isinstance(node, LeafNode)
    return node


def told(log: Log, asked: Rule, now: int = NOW, **more: object) -> RuleExplained:
    compiled = compiled_with(asked, **more)
    standing = Standing(compiled, log.events, now)
    return explain_rule(compiled, standing.subject, now, asked, standing.onward, now + 10 * DAY)


def notes(node: LeafNode) -> str:
    return "; ".join(one.note or "" for one in node.readings)


@pytest.mark.states("V3")
def test_a_fact_that_was_never_observed_is_unknown() -> None:
    node = leaf_at(Log().opened(OPENED), is_("case.core", "down"))
    assert (node.verdict, notes(node)) == (Verdict.UNKNOWN, "never observed")


def test_an_emptied_fact_is_unknown() -> None:
    log = Log().opened(OPENED, case__core="down").observed(OPENED + MINUTE, "case.core", None)
    assert notes(leaf_at(log, is_("case.core", "down"))) == "emptied"


def test_a_value_that_does_not_fit_is_unknown() -> None:
    node = leaf_at(Log().opened(OPENED, case__core="sideways"), is_("case.core", "down"))
    assert node.verdict is Verdict.UNKNOWN
    assert "'sideways', which does not fit" in notes(node)


def test_an_unconfirmed_value_names_who_may_confirm_it() -> None:
    log = Log().opened(OPENED).observed(OPENED + MINUTE, "case.cause", "us")
    assert notes(leaf_at(log, is_("case.cause", "us"))) == "proposed as us, but not confirmed by triage"


@pytest.mark.states("V3")
def test_a_stale_value_says_since_when() -> None:
    log = Log().opened(OPENED).observed(OPENED + MINUTE, "service.core.health", "up")
    node = leaf_at(log, is_("service.core.health", "up"))
    assert node.verdict is Verdict.STALE
    assert node.stale_since == OPENED + 31 * MINUTE + 1
    fresh = leaf_at(log, is_("service.core.health", "up"), OPENED + 10 * MINUTE)
    assert (fresh.verdict, fresh.changes_at, fresh.becomes) == (Verdict.TRUE, node.stale_since, Verdict.STALE)


@pytest.mark.states("V3")
def test_known_of_a_stale_value_is_false_and_not_stale() -> None:
    log = Log().opened(OPENED).observed(OPENED + MINUTE, "service.core.health", "up")
    node = leaf_at(log, path_test("service.core.health", Known(wanted=True)))
    assert (node.verdict, notes(node)) == (Verdict.FALSE, "stale")


@pytest.mark.states("V3")
def test_absence_beyond_the_watermark_is_not_yet_known() -> None:
    log = Log().opened(OPENED).add("watermark", OPENED + MINUTE, "automation", through="2026-03-06T15:01:00Z")
    node = leaf_at(log, Happened("customer_message"))
    assert node.verdict is Verdict.NOT_YET_KNOWN
    assert node.why is not None
    assert OPENED + MINUTE in node.why


def test_entries_that_only_look_so_leave_a_count_unknown() -> None:
    log = message(Log().opened(OPENED), OPENED + MINUTE, automatic=None)
    node = leaf_at(log, Happened("customer_message"))
    assert node.verdict is Verdict.UNKNOWN
    assert "not certain" in notes(node)


def test_a_span_that_is_not_full_says_when_it_is() -> None:
    log = Log().opened(OPENED, case__core="down")
    node = leaf_at(log, is_("case.core", "down", held="90 minutes"))
    assert node.verdict is Verdict.FALSE
    assert node.why == ("held since ", OPENED, ", its span is full at ", OPENED + 90 * MINUTE)
    assert (node.changes_at, node.becomes) == (OPENED + 90 * MINUTE, Verdict.TRUE)


def test_an_instant_that_is_not_there_says_why() -> None:
    log = Log().opened(OPENED)
    never = leaf_at(log, Since(InstantOf(Moment.LAST, "agent_reply"), span("1 hours")))
    assert notes(never) == "it has not happened"
    clocks = [clock("fix", "customer_call", "agent_reply", "1 business hours")]
    waiting = leaf_at(log, Until(InstantOf(Moment.DUE, "fix"), span("1 hours")), clocks=clocks)
    assert notes(waiting) == "the clock has not started"


def test_a_person_who_determined_something_is_named() -> None:
    log = Log().opened(OPENED)
    log.add(
        "observed", OPENED + MINUTE, "agent", "manager", facts={"case.severity": "1"}, determined=True, reason="big"
    )
    (reading,) = leaf_at(log, is_("case.severity", "1")).readings
    assert reading.source is not None
    assert (reading.source.who, reading.source.determined, reading.source.reason) == (("manager",), True, "big")


def test_what_would_make_it_fire_is_the_fact_and_when_it_has_held() -> None:
    log = Log().opened(OPENED, case__core="available", case__workaround=True)
    found = told(log, rule("asks", DO, when=is_("case.core", "down", held="20 minutes")))
    assert found.by_time is None
    (suggestion,) = found.suggestions
    assert suggestion.changes[0].words == "case.core becomes down and stays so for 20 minutes"
    assert suggestion.fires_at == NOW + 20 * MINUTE


def test_a_happening_that_is_missing_is_suggested() -> None:
    found = told(Log().opened(OPENED), rule("asks", DO, when=Happened("customer_message", times=2)))
    (suggestion,) = found.suggestions
    assert suggestion.changes[0].words == "customer_message happens 2 more times"
    assert suggestion.at_once


def test_a_rule_that_is_active_says_that_it_has_to_be_false_first() -> None:
    found = told(Log().opened(OPENED, case__core="down"), rule("asks", DO, when=is_("case.core", "down")))
    assert found.active
    assert [one.at for one in found.fired] == [OPENED]
    assert found.blocked is not None
    assert "only after its condition was false" in str(found.blocked[-1])
    assert found.suggestions == ()


def test_a_baseline_is_told_as_one() -> None:
    log = Log().opened(OPENED, case__core="down").add("went_live", OPENED + MINUTE, "ourselves")
    late = [replace(event, seen_at=OPENED + MINUTE) for event in log.events]
    asked = rule("asks", DO, when=is_("case.core", "down"))
    compiled = compiled_with(asked)
    standing = Standing(compiled, late, NOW)
    found = explain_rule(compiled, standing.subject, NOW, asked, standing.onward, NOW + DAY)
    assert [one.baseline for one in found.firings] == [True]
    assert found.fired == ()
    assert found.blocked is not None
    assert "first sight" in str(found.blocked[0])


def test_a_limit_that_is_reached_is_told() -> None:
    asked = rule("asks", DO, when=is_("case.core", "down"), limit=Limit(1))
    log = Log().opened(OPENED, case__core="down").observed(OPENED + MINUTE, "case.core", "available")
    found = told(log, asked)
    assert found.blocked == ("its limit of one firing is reached",)
    assert found.suggestions == ()


def test_a_repetition_says_when_it_fires_next() -> None:
    asked = rule("asks", DO, when=is_("case.core", "down"), repeat=Repeat(span("25 minutes"), "at_once"))
    found = told(Log().opened(OPENED, case__core="down"), asked)
    assert [one.repetition for one in found.fired] == [0, 1, 2]
    assert found.by_time == OPENED + 75 * MINUTE


def test_a_rule_for_each_event_shows_every_one() -> None:
    asked = rule("asks", DO, each="customer_message", when=is_("case.core", "down"))
    log = message(Log().opened(OPENED, case__core="available"), OPENED + MINUTE)
    log.observed(OPENED + 2 * MINUTE, "case.core", "down")
    found = told(message(log, OPENED + 3 * MINUTE), asked)
    assert [(one.truth, one.fired) for one in found.occurrences] == [(False, False), (True, True)]
    assert [one.events[0].key for one in found.fired] == ["e004"]
    assert [change.words for change in found.suggestions[0].changes] == ["customer_message happens"]


def test_what_a_rule_did_is_the_source_of_what_it_set() -> None:
    sets = rule("lowers", SetFact(Path("case.core"), "available"), when=is_("case.core", "down"))
    compiled = compiled_with(sets)
    standing = Standing(compiled, Log().opened(OPENED, case__core="down").events, NOW)
    events = standing.subject.events
    reading = Look(compiled, state_of(compiled, events, NOW), events, NOW).reading("case.core")
    assert reading.source is not None
    assert (reading.value, reading.source.rule) == ("available", "lowers")


def test_uncertain_names_are_not_invented() -> None:
    """An event whose selector cannot be made up from here is named, and nothing is claimed of when."""
    events = {"odd": Entry(("message",), (("by", Is(("customer",), negated=True)),))}
    found = told(Log().opened(OPENED), rule("asks", DO, when=Happened("odd")), events=events)
    (suggestion,) = found.suggestions
    assert (suggestion.fires_at, suggestion.changes[0].words) == (None, "odd happens")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(cases())
def test_the_condition_shown_for_a_firing_was_true(case: Case) -> None:
    """The log's edges are the decisions' edges, and the tree shown for the last is true at its root."""
    compiled = compile_ruleset(case.ruleset)
    course = run(compiled, case.history, BEGINNING + 4 * DAY)
    assume(course.broken_off is None)
    for asked in case.ruleset.rules.values():
        found = firings(compiled, course.subject.events, asked)
        edges = [e for d in course.decisions for e in d.edges if e.rule == asked.name and e.rises]
        assert [(one.at, one.activation, one.repetition) for one in found] == [
            (edge.at, edge.activation, edge.repetition) for edge in edges
        ]
        actions = [a.key for d in course.decisions for a in d.actions if a.rule == asked.name]
        shown = [o.key for one in found for o in one.actions if o.status != "withheld"]
        assert shown == actions
        for one in found:
            if one.tree is not None and not (one.provisional or asked.each):
                assert one.tree.truth is True
