"""What the checks say of contradictions, exclusions, tables and circles, against trying every combination."""

from itertools import product
from types import MappingProxyType

from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.ruleset.constraints import UNKNOWN, Never, World, necessary
from casewarden.ruleset.graphs import circles
from casewarden.ruleset.load import load_text
from casewarden.ruleset.terms import All, Any, Bounds, Condition, FactTest, Is, Known, Not, Path

CHOICES = ("a", "b", "c")
NUMBERS = (0, 1, 2, 3)
DOMAINS = {"case.x": frozenset(CHOICES), "case.y": frozenset(CHOICES)}
WORLD = World(MappingProxyType(DOMAINS), {})
EVERY: list[dict[str, str | int]] = [
    {"case.x": x, "case.y": y, "case.n": n}
    for x in (*CHOICES, UNKNOWN)
    for y in (*CHOICES, UNKNOWN)
    for n in (*NUMBERS, UNKNOWN)
]

choice_tests = st.builds(
    Is, st.lists(st.sampled_from(CHOICES), min_size=1, max_size=3, unique=True).map(tuple), negated=st.booleans()
)
known_tests = st.builds(Known, st.booleans())
bounds = st.one_of(
    st.builds(lambda n: Bounds(at_least=n), st.sampled_from(NUMBERS)),
    st.builds(lambda n: Bounds(less_than=n), st.sampled_from(NUMBERS)),
    st.builds(lambda n, m: Bounds(more_than=n, at_most=m), st.sampled_from((0, 1)), st.sampled_from((2, 3))),
    st.builds(lambda n: Is((n,)), st.sampled_from(NUMBERS)),
)
leaves = st.one_of(
    st.builds(lambda p, t: FactTest(Path(p), t), st.sampled_from(["case.x", "case.y"]), choice_tests | known_tests),
    st.builds(lambda t: FactTest(Path("case.n"), t), bounds | known_tests),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Any(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=8,
)


def truth(condition: Condition, facts: dict[str, str | int]) -> bool | None:
    """Kleene's truth, said as plainly as possible; None is unknown."""
    match condition:
        case All(parts):
            found = [truth(part, facts) for part in parts]
            return False if False in found else None if None in found else True
        case Any(parts):
            found = [truth(part, facts) for part in parts]
            return True if True in found else None if None in found else False
        case Not(part):
            inner = truth(part, facts)
            return None if inner is None else not inner
        case FactTest(path, Known(wanted)):
            return (facts[path.text] != UNKNOWN) == wanted
        case FactTest(path, test):
            value = facts[path.text]
            if value == UNKNOWN:
                return None
            if isinstance(test, Is):
                return (value in test.values) != test.negated
            assert isinstance(test, Bounds)
            assert isinstance(value, int)
            lows = [value >= b for b in [test.at_least] if b is not None] + [
                value > b for b in [test.more_than] if b is not None
            ]
            highs = [value <= b for b in [test.at_most] if b is not None] + [
                value < b for b in [test.less_than] if b is not None
            ]
            return all(lows + highs)
        case _:
            raise AssertionError(condition)


@settings(max_examples=400, deadline=None)
@given(conditions)
def test_what_can_never_be_true_is_never_true(condition: Condition) -> None:
    needs = necessary(condition, WORLD)
    true_in = [facts for facts in EVERY if truth(condition, facts) is True]
    if isinstance(needs, Never):
        assert true_in == []
        return
    for facts in true_in:
        for path, constraint in needs.common.items():
            value = facts[path]
            assert constraint.permits(value), (path, value, constraint)


@settings(max_examples=400, deadline=None)
@given(conditions, conditions)
def test_what_excludes_each_other_is_never_true_at_once(first: Condition, second: Condition) -> None:
    one, other = necessary(first, WORLD), necessary(second, WORLD)
    if isinstance(one, Never) or isinstance(other, Never) or not one.excludes(other):
        return
    assert [facts for facts in EVERY if truth(first, facts) is True and truth(second, facts) is True] == []


equalities = st.lists(
    st.builds(lambda p, t: FactTest(Path(p), t), st.sampled_from(["case.x", "case.y"]), choice_tests), max_size=4
).map(lambda parts: All(tuple(parts)))


@settings(max_examples=300, deadline=None)
@given(equalities, equalities)
def test_equality_tests_that_exclude_each_other_are_always_found(first: Condition, second: Condition) -> None:
    both = All((first, second))
    possible = any(truth(both, facts) is True for facts in EVERY)
    assert isinstance(necessary(both, WORLD), Never) == (not possible)


HEAD = """\
casewarden: 1
ruleset: table
revision: {from: 2026-01-01, binds: new_cases}
defaults:
  calendar: office
  language: en
  days: {mode: end_of_day, origin: next_opening}
  boundary: closing
  on_change: {severity: keep, plan: keep, contract: keep}
calendars:
  office: {zone: UTC, open: 24x7, holidays: none}
fields:
  case:
    x: {type: choice, of: [a, b, c]}
    y: {type: choice, of: [a, b, c]}
    z: {type: yes_no}
severity:
  clause: [X]
  levels: {1: One}
  until_classified: reported
"""
cells = st.fixed_dictionaries(
    {},
    optional={
        "case.x": st.lists(st.sampled_from(CHOICES), min_size=1, max_size=3, unique=True),
        "case.y": st.lists(st.sampled_from(CHOICES), min_size=1, max_size=3, unique=True),
        "case.z": st.lists(st.sampled_from(["yes", "no"]), min_size=1, max_size=2, unique=True),
    },
).filter(bool)
COMBINATIONS = [
    dict(zip(("case.x", "case.y", "case.z"), c, strict=True)) for c in product(CHOICES, CHOICES, ("yes", "no"))
]


@settings(max_examples=150, deadline=None)
@given(st.lists(cells, min_size=1, max_size=5), st.sampled_from(["unique", "first"]))
def test_gaps_overlaps_and_dead_rows_are_those_found_by_trying_all(rows: list[dict[str, list[str]]], hit: str) -> None:
    table = "".join(
        "    - {when: {" + ", ".join(f"{p}: [{', '.join(v)}]" for p, v in row.items()) + "}, gives: 1}\n"
        for row in rows
    )
    _, diagnostics = load_text(f"{HEAD}  hit: {hit}\n  table:\n{table}")
    found = {code: [i for i in diagnostics.items if i.code == code] for code in ("CW500", "CW501", "CW502")}
    tested = {path for row in rows for path in row}
    spaces = {tuple((p, c[p]) for p in sorted(tested)) for c in COMBINATIONS}
    holding = {
        space: [n for n, row in enumerate(rows) if all(dict(space)[p] in v for p, v in row.items())] for space in spaces
    }
    gaps = sum(not numbers for numbers in holding.values())
    assert bool(found["CW500"]) == (gaps > 0)
    if gaps:
        assert f"decides {gaps} of" in found["CW500"][0].message
    overlapping = {max(numbers[:2]) for numbers in holding.values() if len(numbers) > 1} if hit == "unique" else set()
    assert bool(found["CW501"]) == bool(overlapping)
    reached = {numbers[0] for numbers in holding.values() if numbers}
    dead = {number for number in range(len(rows)) if number not in reached} if hit == "first" else set()
    first_row = 23
    assert {item.place.line - first_row for item in found["CW502"]} == dead


graphs = st.dictionaries(
    st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef"), max_size=4, unique=True), max_size=6
)


@given(graphs)
def test_circles_are_circles_and_none_is_missed(graph: dict[str, list[str]]) -> None:
    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        todo = [t for t in graph[start] if t in graph]
        while todo:
            node = todo.pop()
            if node not in seen:
                seen.add(node)
                todo.extend(t for t in graph[node] if t in graph)
        return seen

    back = {node for node in graph if node in reach(node)}
    found = circles(graph)
    for circle in found:
        assert all(after in graph[before] for before, after in zip(circle, [*circle[1:], circle[0]], strict=True))
        assert len(set(circle)) == len(circle)
    parts = {frozenset(other for other in back if other in reach(node) and node in reach(other)) for node in back}
    assert len(found) == len(parts)
    assert {frozenset(c) & p for c in found for p in parts} - {frozenset()} == {frozenset(c) for c in found}


def test_an_unreadable_table_is_not_judged() -> None:
    text = HEAD + "  hit: unique\n  table:\n    - {when: {case.x: a}, gives: 1}\n    - {when: {case.q: a}, gives: 1}\n"
    ruleset, diagnostics = load_text(text)
    assert ruleset is None
    assert [item.code for item in diagnostics.items] == ["CW304"]
