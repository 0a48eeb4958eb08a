"""Rules asked together, those that share a path under its values, say what each says when asked alone."""

from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.decide import compile_ruleset
from casewarden.decide.state import State
from casewarden.ruleset.terms import All, Any, Condition, FactTest, Is, Path, Value
from support.slow.samples import rule, ruleset
from support.strategies import VALUES, trees, value_tests

STATIC = sorted(set(VALUES) - {"service.core.health"})
LEAVES = st.sampled_from(STATIC).flatmap(lambda path: value_tests(path).map(lambda test: FactTest(Path(path), test)))
EQUAL = st.sampled_from(["case.core", "case.plan", "case.size"]).flatmap(
    lambda path: st.lists(st.sampled_from(VALUES[path]), min_size=1, max_size=4).map(
        lambda values: FactTest(Path(path), Is(tuple(values)))
    )
)
CONDITIONS: st.SearchStrategy[Condition] = (
    EQUAL
    | trees(LEAVES)
    | st.lists(EQUAL | trees(LEAVES), max_size=4).map(lambda parts: All(tuple(parts)))
    | st.lists(EQUAL, max_size=2).map(lambda parts: Any(tuple(parts)))
)
FACTS = st.fixed_dictionaries({path: st.none() | st.sampled_from(VALUES[path]) for path in STATIC})


@settings(max_examples=200, deadline=None)
@given(conditions=st.lists(CONDITIONS, max_size=12), cases=st.lists(FACTS, min_size=1, max_size=5))
def test_together_as_alone(conditions: list[Condition], cases: list[dict[str, Value | None]]) -> None:
    compiled = compile_ruleset(ruleset(rules=[rule(f"r{n}", when=when) for n, when in enumerate(conditions)]))
    alone = [compiled.condition(when) for when in conditions]
    for facts in cases:
        state = State(compiled, ())
        state.values.clear()
        state.values.update({path: value for path, value in facts.items() if value is not None})
        hits, _ = compiled.matching(state, 0)
        assert hits == [index for index, ask in enumerate(alone) if ask(state, 0)[0] is True]
