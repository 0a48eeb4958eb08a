"""What analysis says of random small rulesets, against what `decide` does in every case that there is."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.analysis.axes import Space
from casewarden.analysis.deep import check_deep
from casewarden.analysis.formula import TRUE, truths
from casewarden.analysis.search import NOT_DECIDED, Goal, find
from casewarden.decide import Compiled, compile_ruleset, decide
from casewarden.decide import truths as rule_truths
from casewarden.model import Json, fold
from casewarden.model.decision import Decision
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.syntax import Field, FieldType, Rule, Ruleset, SetFact
from casewarden.ruleset.terms import All, Any, Bounds, Condition, FactTest, Is, Known, Not, Path, Value
from casewarden.scenario.run import run
from support.slow.samples import CITED, Log, at, rule, ruleset

OPENED = at("2026-03-02 10:00")
MINUTE = 60_000_000
DOMAINS: dict[str, tuple[Value, ...]] = {
    "case.core": ("down", "degraded", "available"),
    "case.impact": ("all", "some"),
    "case.workaround": (True, False),
}
SIZES = (-1, 0, 1, 2, 3, 4)
FIELDS = {
    "case.core": Field("case.core", FieldType.CHOICE, CITED, of=("down", "degraded", "available")),
    "case.impact": Field("case.impact", FieldType.CHOICE, CITED, of=("all", "some")),
    "case.workaround": Field("case.workaround", FieldType.YES_NO, CITED),
    "case.size": Field("case.size", FieldType.INTEGER, CITED),
}


def world(*rules: Rule) -> Ruleset:
    """A ruleset of these rules over the fields above, without a severity."""
    return replace(ruleset(rules=rules), fields=FIELDS, severity=None)


def findings(found: Ruleset) -> dict[str, list[str]]:
    """What analysis says, by code."""
    diagnostics = Diagnostics()
    check_deep(found, diagnostics)
    by_code: dict[str, list[str]] = {}
    for item in diagnostics.items:
        by_code.setdefault(item.code, []).append(item.message)
    return by_code


def cases(*paths: str) -> Iterator[dict[str, Value | None]]:
    """Every combination of values, unknown among them."""
    pools = [(*(SIZES if path == "case.size" else DOMAINS[path]), None) for path in paths]
    for values in product(*pools):
        yield dict(zip(paths, values, strict=True))


def opened(case: dict[str, Value | None]) -> Log:
    facts: dict[str, Json] = {path: value for path, value in case.items() if value is not None}  # type: ignore[misc]
    return Log().add("opened", OPENED, "automation", facts=facts)


def first(compiled: Compiled, log: Log) -> Decision:
    return decide(compiled, fold(log.events), OPENED)


def leaves_on(path: str) -> st.SearchStrategy[Condition]:
    if path == "case.size":
        number = st.integers(0, 3)
        tests = (
            number.map(lambda n: Bounds(at_least=n))
            | number.map(lambda n: Bounds(less_than=n))
            | number.map(lambda n: Is((n,)))
        )
        return (tests | st.builds(Known, st.booleans())).map(lambda test: FactTest(Path(path), test))
    values = st.lists(st.sampled_from(DOMAINS[path]), min_size=1, max_size=2, unique=True).map(tuple)
    equal = st.builds(Is, values, st.booleans())
    return (equal | equal | st.builds(Known, st.booleans())).map(lambda test: FactTest(Path(path), test))


def conditions(*paths: str) -> st.SearchStrategy[Condition]:
    return st.recursive(
        st.sampled_from(paths).flatmap(leaves_on),
        lambda parts: (
            st.lists(parts, min_size=2, max_size=3).map(lambda found: All(tuple(found)))
            | st.lists(parts, min_size=2, max_size=3).map(lambda found: Any(tuple(found)))
            | parts.map(Not)
        ),
        max_leaves=6,
    )


WIDE = ("case.core", "case.workaround", "case.size")


@settings(max_examples=80, deadline=None)
@given(conditions(*WIDE))
def test_rules_that_never_fire_are_those_that_no_case_makes_true(condition: Condition) -> None:
    found = world(rule("probe", SetFact(Path("case.impact"), "all"), when=condition))
    compiled = compile_ruleset(found)
    some = any(rule_truths(compiled, fold(opened(case).events), OPENED)["probe"] is True for case in cases(*WIDE))
    said = findings(found)
    assert "CW626" not in said
    assert ("CW624" in said) == (not some)


@settings(max_examples=80, deadline=None)
@given(st.lists(conditions(*WIDE), min_size=1, max_size=3))
def test_a_case_found_is_one_whatever_else_it_is(wanted: list[Condition]) -> None:
    space = Space(world(*(rule(f"r{number}", when=one) for number, one in enumerate(wanted))))
    formulas = [space.formula(one) for one in wanted]
    found = find(space, [Goal(formula) for formula in formulas])
    assert found is not NOT_DECIDED
    meeting = [case for case in cases(*WIDE) if all(truths(formula, case) == TRUE for formula in formulas)]
    assert (found is None) == (not meeting)
    if isinstance(found, dict):
        fitting = [case for case in cases(*WIDE) if found.items() <= {**case, **found}.items()]
        assert all(truths(formula, {**case, **found}) == TRUE for formula in formulas for case in fitting)


NARROW = ("case.core", "case.workaround")


@settings(max_examples=120, deadline=None)
@given(conditions(*NARROW), conditions(*NARROW), st.sampled_from([None, "customer_message"]))
def test_overruled_rules_are_those_that_a_higher_one_always_comes_along_with(
    low: Condition, high: Condition, each: str | None
) -> None:
    path = Path("case.impact")
    found = world(
        rule("low", SetFact(path, "all"), when=low, each=each),
        rule("high", SetFact(path, "some"), when=high, each=each, priority=1),
    )
    compiled = compile_ruleset(found)
    said = findings(found)
    fired, has_say = 0, 0
    for case in cases(*NARROW):
        log = opened(case)
        if each is not None:
            log.add("message", OPENED, public=True, automatic=False)
        decision = first(compiled, log)
        if any(edge.rule == "low" and edge.rises for edge in decision.edges):
            fired += 1
            has_say += decision.facts["case.impact"] == "all"
    if fired:
        assert ("CW620" in said) == (has_say == 0)
    else:
        assert "CW624" in said


@settings(max_examples=60, deadline=None)
@given(conditions(*NARROW), conditions(*NARROW))
def test_rules_that_fight_over_two_entries_are_those_that_decide_tells_of(one: Condition, other: Condition) -> None:
    path = Path("case.impact")
    found = world(
        rule("wrote", SetFact(path, "all"), when=one, each="customer_message"),
        rule("called", SetFact(path, "some"), when=other, each="customer_call"),
    )
    compiled = compile_ruleset(found)
    fights = False
    for case in cases(*NARROW):
        log = opened(case).add("message", OPENED, public=True, automatic=False).add("call", OPENED)
        fights = fights or any(alert.kind == "rule_conflict" for alert in first(compiled, log).alerts)
    assert ("CW621" in findings(found)) == fights


def loops(compiled: Compiled, paths: tuple[str, ...]) -> bool:
    """Whether some case, as it is opened or after one value changed, makes the engine tell of a loop."""
    for case in cases(*paths):
        for path in paths:
            for value in (*DOMAINS[path], None):
                log = opened(case).add("observed", OPENED + MINUTE, "automation", facts={path: value})  # type: ignore[dict-item]
                decisions = run(compiled, log.events, OPENED + 2 * MINUTE).decisions
                if any(alert.kind == "rule_loop" for one in decisions for alert in one.alerts):
                    return True
    return False


@st.composite
def turns(draw: st.DrawFn) -> tuple[Condition, tuple[SetFact, ...], int]:
    """A rule that changes what it reads, mostly, so that rings come about."""
    path = draw(st.sampled_from(NARROW))
    before, after = draw(st.lists(st.sampled_from(DOMAINS[path]), min_size=2, max_size=2, unique=True))
    core: Condition = FactTest(Path(path), Is((before,)))
    more = draw(st.none() | st.none() | conditions(*NARROW))
    joined: list[Condition] = [] if more is None else [All((core, more)), Any((core, more)), All((core, Not(more)))]
    when = draw(st.sampled_from(joined)) if joined else core
    sets = [SetFact(Path(path), after)]
    other = draw(st.none() | st.sampled_from(NARROW))
    if other is not None and other != path:
        sets.append(SetFact(Path(other), draw(st.sampled_from(DOMAINS[other]))))
    return when, tuple(sets), draw(st.integers(0, 3))


@settings(max_examples=60, deadline=None)
@given(st.lists(turns(), min_size=2, max_size=4))
def test_rings_are_those_that_the_engine_runs_into(parts: list[tuple[Condition, tuple[SetFact, ...], int]]) -> None:
    found = world(
        *(rule(f"r{number}", *sets, when=when, priority=rank) for number, (when, sets, rank) in enumerate(parts))
    )
    said = findings(found)
    assert "CW626" not in said
    assert ("CW622" in said) == loops(compile_ruleset(found), NARROW)


@pytest.mark.parametrize("size", [0, 3])
def test_a_ring_is_shown_with_a_case_that_begins_it(size: int) -> None:
    """Two rules undo each other, unless the case is too small for one of them."""
    core = Path("case.core")
    big = FactTest(Path("case.size"), Bounds(at_least=2))
    found = world(
        rule("falls", SetFact(core, "down"), when=All((FactTest(core, Is(("available",))), big))),
        rule("rises", SetFact(core, "available"), when=FactTest(core, Is(("down",)))),
    )
    [message] = findings(found)["CW622"]
    assert "case.size: 2" in message
    decision = first(compile_ruleset(found), opened({"case.core": "available", "case.size": size}))
    assert any(alert.kind == "rule_loop" for alert in decision.alerts) == (size >= 2)
