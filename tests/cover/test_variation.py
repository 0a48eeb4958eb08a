"""A ruleset with a changed node tree: what edits do to the tree, and what tests say of the ruleset so changed."""

from pathlib import Path

import pytest

from casewarden.ruleset.diagnostics import Diagnostics, Level, Place
from casewarden.ruleset.document import Document, open_document
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.variation import Edit, mapping, node_at, scalar, sequence, varied, walk_nodes
from casewarden.scenario.read_scenario import load_scenarios
from casewarden.scenario.variation import Base, RefusedError, Trial, Variation, trials
from casewarden.shipped import shipped

HERE = Place("new", 1, 1, 1, 1)
STARTER = shipped("rules") / "starter"


def document(text: str) -> Document:
    found = open_document(text, Path("r.yaml"), "r.yaml", None, Diagnostics())
    assert found is not None
    return found


def plain(node: Node | None) -> object:
    """The node as plain Python values."""
    match node:
        case Scalar():
            return node.text
        case Seq():
            return [plain(item) for item in node.items]
        case Map():
            return {key.text: plain(value) for key, value in node}
        case None:
            return None


SMALL = """
casewarden: 1
rules:
  first: {then: [a, b, c], when: {x: yes}}
  second: {then: [d]}
"""


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([], {"first": {"then": ["a", "b", "c"], "when": {"x": "yes"}}, "second": {"then": ["d"]}}),
        ([Edit(("rules", "second"), None)], {"first": {"then": ["a", "b", "c"], "when": {"x": "yes"}}}),
        (
            [Edit(("rules", "first", "when", "x"), scalar("no", HERE))],
            {"first": {"then": ["a", "b", "c"], "when": {"x": "no"}}, "second": {"then": ["d"]}},
        ),
        (  # all places are those of the tree before: taking the first away moves none of the others
            [Edit(("rules", "first", "then", "0"), None), Edit(("rules", "first", "then", "2"), scalar("z", HERE))],
            {"first": {"then": ["b", "z"], "when": {"x": "yes"}}, "second": {"then": ["d"]}},
        ),
        (
            [Edit(("rules", "second", "then", "1"), scalar("e", HERE)), Edit(("rules", "first"), None)],
            {"second": {"then": ["d", "e"]}},
        ),
        (
            [Edit(("rules", "second", "note"), mapping({"k": sequence([scalar("v", HERE)], HERE)}, HERE))],
            {
                "first": {"then": ["a", "b", "c"], "when": {"x": "yes"}},
                "second": {"then": ["d"], "note": {"k": ["v"]}},
            },
        ),
        (  # what lies below goes with it
            [Edit(("rules", "first"), None), Edit(("rules", "first", "when"), scalar("w", HERE))],
            {"second": {"then": ["d"]}},
        ),
        ([Edit(("rules", "third", "then"), None)], {"first": ..., "second": ...}),
    ],
)
def test_edits(edits: list[Edit], expected: dict[str, object]) -> None:
    before = document(SMALL)
    after = plain(node_at(varied(before, edits), ("rules",)))
    if ... in expected.values():
        expected = dict(plain(node_at(before, ("rules",))))  # type: ignore[call-overload]
    assert after == expected
    assert plain(node_at(before, ("rules", "first", "when", "x"))) == "yes"  # the tree that was given stays


def test_every_node_is_found_where_the_walk_says() -> None:
    base, _ = Base.open(STARTER / "starter.yaml")
    assert base is not None
    found = list(walk_nodes(base.document))
    assert len({steps for steps, _, _ in found}) == len(found) > 300
    for steps, key, node in found:
        assert node_at(base.document, steps) is node
        assert key is None or key.text == steps[-1]


def starter() -> tuple[Base, tuple[Trial, ...]]:
    base, _ = Base.open(STARTER / "starter.yaml")
    file, problems = load_scenarios(STARTER / "starter.test.yaml")
    assert base is not None
    assert file is not None
    assert not problems.has_errors
    return base, trials([file])


def test_without_edits_all_tests_hold() -> None:
    base, tests = starter()
    assert all(outcome.passed for outcome in Variation(base, ()).outcomes(tests))


def test_a_changed_number_is_noticed_and_only_there() -> None:
    base, tests = starter()
    edit = Edit(("clocks", "resolution", "targets_by_severity", "critical"), scalar("9 business hours", HERE))
    failed = {one.scenario.name for one in Variation(base, (edit,)).outcomes(tests) if not one.passed}
    assert "critical_case_of_the_standard_plan" in failed
    assert "credit_is_capped" not in failed


def test_tests_in_a_reading_not_chosen_are_played_on_it() -> None:
    base, tests = starter()
    name = "answered_after_the_weekend_counting_started_hours"
    (test,) = (test for test in tests if test.scenario.name == name)
    edit = Edit(("credits", "late_response", "award"), scalar("2 days", HERE))
    assert Variation(base, ()).play(test).passed
    (mismatch,) = Variation(base, (edit,)).play(test).mismatches
    assert "days: 8" in mismatch.actual  # four started hours: the reading and the edit both count


def test_what_the_checker_refuses_is_told() -> None:
    base, tests = starter()
    broken = Variation(base, (Edit(("events", "response_missed"), None),))
    with pytest.raises(RefusedError) as refused:
        next(broken.outcomes(tests))
    assert refused.value.problem.level is Level.ERROR
    assert "response_missed" in refused.value.problem.message


def test_an_expectation_of_what_is_not_there_has_failed() -> None:
    base, tests = starter()
    gone = Variation(base, (Edit(("guards", "critical_stays_open"), None), Edit(("rules", "close_unreachable"), None)))
    outcomes = {one.scenario.name: one for one in gone.outcomes(tests)}
    said = [mismatch.actual for mismatch in outcomes["critical_case_stays_open"].mismatches]
    assert "there is no rule close_unreachable" in said
    assert outcomes["credit_is_capped"].passed


def test_no_single_change_of_a_value_breaks_the_player() -> None:
    """Every leaf of the starter taken away or doubled: refused with a reason, or played to its end."""
    base, tests = starter()
    shortest = min(tests, key=lambda test: len(test.scenario.timeline))
    refused = played = 0
    for steps, _, node in walk_nodes(base.document):
        if steps[0] in ("clocks", "rules", "guards", "credits", "events", "plans") and len(steps) > 1:
            for value in (None, scalar("2 days", HERE)) if isinstance(node, Scalar) else (None,):
                try:
                    Variation(base, (Edit(steps, value),)).play(shortest)
                except RefusedError:
                    refused += 1
                else:
                    played += 1
    assert refused > 50
    assert played > 20
