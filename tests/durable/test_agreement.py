"""The durable matcher and the generated function say the same of the same facts, wherever the first accepts the rules.

The library has no wheels and does not load on Python 3.13; there the module is skipped.
"""

import random
from collections.abc import Collection, Mapping
from pathlib import Path as FilePath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casewarden.decide import Compiled, compile_ruleset
from casewarden.decide.durable import DurableMatcher, refusals
from casewarden.decide.durable_worker import is_installed
from casewarden.decide.state import State
from casewarden.ruleset.catalogue import GIVEN_PATHS
from casewarden.ruleset.load import load
from casewarden.ruleset.syntax import FieldType, Ruleset
from casewarden.ruleset.terms import (
    Bounds,
    Condition,
    FactTest,
    Is,
    Not,
    Path,
    SameAs,
    Value,
)
from support.rulefiles import main_files
from support.slow.samples import rule, ruleset
from support.strategies import VALUES, trees, value_tests

pytestmark = pytest.mark.skipif(
    not is_installed(), reason="the durable library is not installed; it has no version for Python 3.13"
)

STATIC = sorted(set(VALUES) - {"service.core.health"})
FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@st.composite
def static_leaves(draw: st.DrawFn) -> Condition:
    path = draw(st.sampled_from(STATIC))
    if path == "case.size" and draw(st.booleans()):
        two = sorted(draw(st.lists(st.integers(-1, 4), min_size=2, max_size=2)))
        return FactTest(Path(path), Bounds(more_than=two[0], at_most=two[1]))
    if path == "case.plan" and draw(st.booleans()):
        return FactTest(Path(path), SameAs(Path("case.severity")))
    return FactTest(Path(path), draw(value_tests(path)))


CONDITIONS = st.lists(trees(static_leaves()), min_size=1, max_size=60)
KNOWN = {path: st.none() | st.sampled_from(VALUES[path]) for path in STATIC}
HUGE = {**KNOWN, "case.size": st.integers(-(1 << 70), 1 << 70)}
FACTS = st.lists(st.fixed_dictionaries(KNOWN) | st.fixed_dictionaries(HUGE), min_size=1, max_size=15)


def generated(compiled: Compiled, rules: Collection[str], facts: Mapping[str, Value | None]) -> list[str]:
    """What the generated function says of these facts."""
    state = State(compiled, ())
    state.values.clear()
    state.values.update({path: value for path, value in facts.items() if value is not None})
    hits, _ = compiled.matching(state, 0)
    return [name for index in hits if (name := compiled.standing[index].name) in rules]


@FEW
@given(conditions=CONDITIONS, cases=FACTS)
def test_on_random_rules_and_facts(conditions: list[Condition], cases: list[dict[str, Value | None]]) -> None:
    both = [*conditions, *map(Not, conditions)]  # each condition also denied: unknown is neither
    made = ruleset(rules=[rule(f"r{index}", when=when) for index, when in enumerate(both)])
    assert refusals(made) == []
    compiled = compile_ruleset(made)
    with DurableMatcher(made) as matcher:
        for facts in cases:
            assert matcher.matching(facts) == generated(compiled, made.rules, facts)


@pytest.mark.parametrize("path", main_files(), ids=lambda path: path.name)
def test_on_what_it_accepts_of_the_shipped_rulesets(path: FilePath) -> None:
    shipped, _ = load(path)
    assert shipped is not None
    refused = {refusal.rule for refusal in refusals(shipped)}
    compiled = compile_ruleset(shipped)
    accepted = [name for name in compiled.ruleset.rules if name not in refused]
    pick = random.Random(5)
    with DurableMatcher(shipped, accepted) as matcher:
        for _ in range(60):
            facts = drawn(shipped, pick)
            assert matcher.matching(facts) == generated(compiled, accepted, facts)


def drawn(of: Ruleset, pick: random.Random) -> dict[str, Value]:
    """Values of the declared types for most of the paths; other texts and numbers too."""
    kinds: dict[str, tuple[FieldType, tuple[str, ...]]] = {**GIVEN_PATHS}
    kinds.update({path: (field.type, field.of) for path, field in of.fields.items()})
    kinds["case.plan"] = FieldType.CHOICE, tuple(of.plans)
    if of.severity is not None:
        kinds["case.severity"] = FieldType.CHOICE, tuple(of.severity.levels)
    values: dict[str, Value] = {}
    for path, (kind, allowed) in kinds.items():
        if pick.random() < 0.15:
            continue
        words = [*allowed, "something else"]
        match kind:
            case FieldType.YES_NO:
                values[path] = pick.random() < 0.5
            case FieldType.SET:
                values[path] = tuple(sorted(pick.sample(words, pick.randrange(len(words) + 1))))
            case FieldType.INTEGER | FieldType.NUMBER | FieldType.DURATION | FieldType.INSTANT:
                values[path] = pick.choice([0, 1, 2, 3, 5, 10, 100, 10**9, 10**16])
            case _:
                values[path] = pick.choice(words)
    return values


def test_texts_and_numbers_at_the_edges() -> None:
    """Quotes, other scripts, texts that look like numbers, and the greatest numbers that the library is given."""
    texts: list[Value] = ["5", '"', "\\", "é", "日本", "$m", "null", "0", "a" * 5000]
    numbers = [-(1 << 53), -1, 0, 1, (1 << 53) - 1, 1 << 53, (1 << 53) + 1, 1 << 62]
    rules = [rule(f"t{index}", when=FactTest(Path("case.text"), Is((text,)))) for index, text in enumerate(texts)]
    for index, number in enumerate(numbers):
        rules.append(rule(f"n{index}", when=FactTest(Path("case.size"), Is((number,)))))
        rules.append(rule(f"m{index}", when=FactTest(Path("case.size"), Bounds(at_least=number))))
        rules.append(rule(f"l{index}", when=Not(FactTest(Path("case.size"), Bounds(at_least=number)))))
    made = ruleset(rules=rules)
    compiled = compile_ruleset(made)
    with DurableMatcher(made) as matcher:
        for text in [*texts, "5 ", "other"]:
            for number in (*numbers, (1 << 53) + 2, -(1 << 60)):
                facts: dict[str, Value | None] = {"case.text": text, "case.size": number}
                assert matcher.matching(facts) == generated(compiled, made.rules, facts)
