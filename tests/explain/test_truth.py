"""Explanations are true: held against what the engine decides, against running the case on, and against brute force."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from casewarden.decide import Compiled, compile_ruleset, decide
from casewarden.decide.codegen import leaves_of
from casewarden.decide.engine import Trace
from casewarden.decide.explain import Look, Node, RuleExplained, Verdict, explain_clock, explain_rule, leaf_nodes
from casewarden.decide.explain.changes import placed
from casewarden.decide.explain.failing import first_failing, smallest_sets
from casewarden.decide.explain.moments import state_of, truth_with
from casewarden.decide.trilean import Trilean
from casewarden.model import Event, fold
from casewarden.model.decision import ClockState, Decision
from casewarden.ruleset.syntax import Rule
from casewarden.scenario.onward import Standing
from casewarden.scenario.run import run
from support.slow.live import live
from support.slow.spans import DAY, MINUTE
from support.strategies import BEGINNING, Case, cases

HEALTH = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
THOROUGH = settings(max_examples=40, deadline=None, suppress_health_check=HEALTH)
SOME = settings(max_examples=25, deadline=None, suppress_health_check=HEALTH)
MOMENTS = st.sampled_from([0, 5, 17, 30, 61, 120, 400, 3 * 24 * 60, 4 * 24 * 60]).map(lambda n: BEGINNING + n * MINUTE)
HORIZON = 6 * DAY


def standing_rules(case: Case, decision: Decision) -> Iterator[tuple[Rule, Trilean, tuple[Trilean, ...]]]:
    assert isinstance(decision.trace, Trace)
    for name, (truth, leaves) in decision.trace.rules.items():
        yield case.ruleset.rules[name], truth, leaves


def truth_of(node: Node) -> Trilean:
    return {Verdict.TRUE: True, Verdict.FALSE: False}.get(node.verdict)


@THOROUGH
@given(cases())
def test_trees_say_what_the_engine_said(case: Case) -> None:
    """At every event and wake-up, the root and every leaf are what `decide` recorded."""
    compiled = compile_ruleset(case.ruleset)
    for moment in live(case.ruleset, case.history):
        subject = fold(moment.log)
        decision = decide(compiled, subject, moment.now, trace=True)
        look = Look(compiled, state_of(compiled, subject.events, moment.now), subject.events, moment.now)
        for rule, truth, leaves in standing_rules(case, decision):
            assert rule.when is not None
            tree = look.tree(rule.when)
            assert truth_of(tree) is truth
            assert tuple(truth_of(leaf) for leaf in leaf_nodes(tree)) == leaves


@SOME
@given(cases(), MOMENTS)
def test_a_leaf_changes_by_itself_when_it_is_said_to(case: Case, now: int) -> None:
    """Until then it is as it is; from then on it is as foretold; and one that is said to stay stays."""
    compiled = compile_ruleset(case.ruleset)
    subject = fold(event for event in case.history if event.at <= now)
    look = Look(compiled, state_of(compiled, subject.events, now), subject.events, now)
    for rule in compiled.standing:
        assert rule.when is not None
        for node in leaf_nodes(look.tree(rule.when)):
            instants = [now + minutes * MINUTE for minutes in (1, 10, 45, 130, 1000, 4000)]
            if node.changes_at is not None:
                instants = [at for at in instants if at < node.changes_at] + [node.changes_at - 1, node.changes_at]
            for at in instants:
                then = Look(compiled, state_of(compiled, subject.events, at), subject.events, at).tree(node.leaf)
                assert then.verdict is (node.becomes if at == node.changes_at else node.verdict)


def explained(case: Case, now: int) -> Iterator[tuple[Compiled, Standing, RuleExplained]]:
    compiled = compile_ruleset(case.ruleset)
    standing = Standing(compiled, case.history, now)
    assume(standing.broken_off is None)
    for rule in case.ruleset.rules.values():
        yield (
            compiled,
            standing,
            explain_rule(compiled, standing.subject, now, rule, standing.onward, now + HORIZON),
        )


def first_firing(compiled: Compiled, events: list[Event], rule: str, after: int, until: int) -> int | None:
    """When the rule fires first after an instant, in a run of its own."""
    course = run(compiled, events, until)
    assume(course.broken_off is None)
    for decision in course.decisions:
        if decision.at > after:
            for edge in decision.edges:
                if edge.rule == rule and edge.rises and not edge.silent and not edge.baseline:
                    return decision.at
    return None


@SOME
@given(cases(), MOMENTS)
def test_it_fires_when_it_is_said_to_if_nothing_else_happens(case: Case, now: int) -> None:
    known = [event for event in case.history if event.seen_at <= now]
    for compiled, _, told in explained(case, now):
        assert told.by_time == first_firing(compiled, known, told.rule.name, now, now + HORIZON)


@SOME
@given(cases(), MOMENTS)
def test_it_fires_when_it_is_said_to_if_the_facts_change_as_suggested(case: Case, now: int) -> None:
    known = [event for event in case.history if event.seen_at <= now]
    for compiled, standing, told in explained(case, now):
        events = standing.subject.events
        look = Look(compiled, state_of(compiled, events, now), events, now)
        for suggestion in told.suggestions:
            changes = placed(suggestion.changes, look)
            if suggestion.fires_at is not None:
                assert changes
                begin = changes[0].at
                assert begin - now in (0, 1)
                fires = first_firing(compiled, known + changes, told.rule.name, begin - 1, now + HORIZON)
                assert fires == suggestion.fires_at
            else:
                assert changes is None


@SOME
@given(cases(), MOMENTS)
def test_everything_else_held_when_it_is_said_to(case: Case, now: int) -> None:
    """By brute force: the condition is asked at every minute, with the failing leaf put as wanted."""
    for compiled, standing, told in explained(case, now):
        why, when = told.why_not, told.rule.when
        if why is None or when is None:
            continue
        events = standing.subject.events
        last: int | None = None
        for at in sorted({*range(BEGINNING, min(now, BEGINNING + 130 * MINUTE) + 1, 5 * MINUTE), now}):
            before = tuple(event for event in events if event.at <= at)
            look = Look(compiled, state_of(compiled, before, at), events, at)
            truths = [look.ask(leaf, look.state, at)[0] for leaf in leaves_of(when)]
            truths[why.need.place] = why.need.wanted
            if truth_with(when, truths) is True:
                last = at
        spell = why.others_held
        if last is not None:
            assert spell is not None
            assert spell.end is None or spell.end > last
        if spell is not None and spell.end is None and last is not None:
            assert last == now


@THOROUGH
@given(cases(), MOMENTS)
def test_the_smallest_sets_make_the_condition_true(case: Case, now: int) -> None:
    compiled = compile_ruleset(case.ruleset)
    subject = fold(event for event in case.history if event.at <= now)
    look = Look(compiled, state_of(compiled, subject.events, now), subject.events, now)
    for rule in compiled.standing:
        assert rule.when is not None
        tree = look.tree(rule.when)
        truths = [leaf.truth for leaf in leaf_nodes(tree)]
        need = first_failing(tree)
        assert (need is None) is (tree.truth is True)
        for needs in smallest_sets(tree):
            changed = list(truths)
            for one in needs:
                changed[one.place] = one.wanted
            assert truth_with(rule.when, changed) is True
            for left_out in needs:
                fewer = list(changed)
                fewer[left_out.place] = truths[left_out.place]
                assert truth_with(rule.when, fewer) is not True


@THOROUGH
@given(cases())
@pytest.mark.states("C12")
def test_the_proof_sums_to_the_target(case: Case) -> None:
    """Consecutive segments from the start of counting to due; what they count is the budget, to the microsecond."""
    compiled = compile_ruleset(case.ruleset)
    for moment in live(case.ruleset, case.history):
        subject = fold(moment.log)
        for clock in case.ruleset.clocks.values():
            told = explain_clock(compiled, subject, moment.now, clock)
            for one in told.runs:
                if one.instance.due is None or one.instance.state is ClockState.NOT_APPLICABLE:
                    continue
                assert one.counted == one.instance.budget
                edges = [one.instance.counted_from]
                for stretch in one.stretches:
                    assert stretch.start == edges[-1]
                    edges.append(stretch.end)
                assert edges[-1] == one.instance.due or not one.stretches


@SOME
@given(cases())
def test_values_are_those_of_their_sources(case: Case) -> None:
    """What a reading says an event gave is what stands in that event."""
    compiled = compile_ruleset(case.ruleset)
    course = run(compiled, case.history, BEGINNING + 4 * DAY)
    assume(course.broken_off is None)
    events = course.subject.events
    by_key = {(event.source, event.key): event for event in events}
    now = events[-1].at
    look = Look(compiled, state_of(compiled, events, now), events, now)
    for path in case.ruleset.fields:
        reading = None if path.startswith("links.") else look.reading(path)
        if reading is None or reading.source is None or reading.raw is None:
            continue
        facts = by_key[reading.source.source, reading.source.key].data.get("facts")
        assert isinstance(facts, dict)
        value = compiled.read(path, facts[path])
        assert (list(value) if isinstance(value, tuple) else value) == reading.raw
        assert reading.age == now - reading.source.at
