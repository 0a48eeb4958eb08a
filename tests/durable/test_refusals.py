"""What the durable matcher cannot hold is refused with rule, leaf and reason; what fails in it is said and survived."""

import json
import os
import signal
from pathlib import Path as FilePath

import pytest
from click.testing import CliRunner

from casewarden.cli import app
from casewarden.decide.durable import RULES_A_SHARD, TESTS_A_SHARD, DurableMatcher, NotHeldError, refusals
from casewarden.decide.durable_worker import DurableError, Worker, is_installed
from casewarden.ruleset.load import load
from casewarden.ruleset.terms import (
    All,
    Any,
    Bounds,
    Condition,
    FactTest,
    Happened,
    Has,
    InHours,
    InstantOf,
    Is,
    Known,
    LinksTest,
    Moment,
    Not,
    Path,
    SameAs,
    SetMode,
    Since,
    Until,
)
from support.rulefiles import ROOT, main_files
from support.slow.samples import rule, ruleset, span

needs_library = pytest.mark.skipif(
    not is_installed(), reason="the durable library is not installed; it has no version for Python 3.13"
)
OFFICE = FactTest(Path("case.core"), Is(("down",)))
STARTER = ROOT / "rules" / "starter" / "starter.yaml"


@pytest.mark.parametrize(
    ("leaf", "words", "reason"),
    [
        (Happened("case_opened"), "happened: {event: case_opened}", "events or time"),
        (
            Since(InstantOf(Moment.FIRST, "case_opened"), span("2 hours")),
            "since: {first: case_opened, at_least: 2 hours}",
            "events or time",
        ),
        (
            Until(InstantOf(Moment.AT, "case.planned"), span("2 hours")),
            "until: {at: case.planned, at_most: 2 hours}",
            "events or time",
        ),
        (
            FactTest(Path("case.core"), Is(("down",)), span("15 minutes")),
            "case.core: {is: down, for: 15 minutes}",
            "15 minutes",
        ),
        (FactTest(Path("service.core.health"), Is(("up",))), "service.core.health: up", "stale after 30 minutes"),
        (
            FactTest(Path("case.text"), SameAs(Path("service.core.health"))),
            "case.text: {same_as: service.core.health}",
            "stale after 30 minutes",
        ),
        (FactTest(Path("now"), InHours("office")), "now: {in_hours: office}", "open hours"),
        (FactTest(Path("clock.fix"), Is(("missed",))), "clock.fix: missed", "works it out"),
        (FactTest(Path("quota.calls"), Is(("over",))), "quota.calls: over", "works it out"),
        (LinksTest("defect", count=Bounds(at_least=1)), "links.defect: {count: {at_least: 1}}", "other records"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_leaf_that_is_no_static_test_is_refused_wherever_it_stands(leaf: Condition, words: str, reason: str) -> None:
    for condition in (leaf, Not(leaf), All((OFFICE, leaf)), Any((OFFICE, Not(leaf)))):
        made = ruleset(rules=[rule("held", when=OFFICE), rule("other", when=condition)])
        found = refusals(made)
        assert [(one.rule, one.leaf) for one in found] == [("other", words)]
        assert reason in found[0].reason
        with pytest.raises(NotHeldError, match="cannot hold these rules") as caught:
            DurableMatcher(made)
        assert caught.value.refusals == tuple(found)
        assert str(found[0]) in str(caught.value)
        assert refusals(made, ["held"]) == []


def test_rules_that_wait_for_events_or_are_about_others_are_refused_as_a_whole() -> None:
    made = ruleset(rules=[rule("waits", each="case_opened"), rule("theirs", when=OFFICE, about="customer")])
    assert [(one.rule, one.leaf) for one in refusals(made)] == [("waits", None), ("theirs", None)]


def test_a_rule_with_more_tests_than_the_library_is_trusted_with_is_refused() -> None:
    def made(count: int) -> list[str]:
        test = FactTest(Path("case.text"), Is(tuple(f"t{index}" for index in range(count))))
        return [one.reason for one in refusals(ruleset(rules=[rule("long", when=test)]))]

    assert made(TESTS_A_SHARD) == []
    assert made(TESTS_A_SHARD + 1) == ["it makes 201 tests; the library is trusted with 200"]


def test_some_of_what_ships_is_held_and_some_is_not() -> None:
    held = refused = 0
    for path in main_files():
        shipped, _ = load(path)
        assert shipped is not None
        names = {one.rule for one in refusals(shipped)}
        refused += len(names)
        held += len(shipped.rules) - len(names)
    assert held >= 3
    assert refused >= 10


def test_an_unknown_rule_cannot_be_chosen() -> None:
    with pytest.raises(ValueError, match="no such rules: gone"):
        refusals(ruleset(rules=[rule("here", when=OFFICE)]), ["here", "gone"])


def test_check_lists_what_the_matcher_cannot_hold(tmp_path: FilePath) -> None:
    plain = CliRunner().invoke(app, ["check", str(STARTER)])
    durable = CliRunner().invoke(app, ["check", "--matcher", "durable", "--format", "json", str(STARTER)])
    assert plain.exit_code == 0
    assert durable.exit_code == 1
    found = [item for item in json.loads(durable.stdout) if item["code"] == "CW612"]
    shipped, _ = load(STARTER)
    assert shipped is not None
    assert len(found) == len(refusals(shipped)) > 0
    shown = CliRunner().invoke(app, ["check", "--matcher", "durable", str(STARTER)]).stdout
    assert "the durable matcher cannot hold `lower_severity_when_core_recovers` at" in shown
    assert "`service.core.health: {is: available, for: 15 minutes}`: it must hold for 15 minutes" in shown
    gone = CliRunner().invoke(app, ["check", "--matcher", "durable", str(tmp_path / "gone.yaml")])
    assert gone.exit_code == 2


@pytest.mark.skipif(is_installed(), reason="the durable library is installed")
def test_without_the_library_the_matcher_says_how_to_get_it() -> None:
    with pytest.raises(DurableError, match=r"pip install casewarden\[durable\]"):
        DurableMatcher(ruleset(rules=[rule("held", when=OFFICE)]))


@needs_library
def test_many_rules_go_into_several_shards_and_all_are_asked() -> None:
    count = 2 * RULES_A_SHARD + 7
    rules = [
        rule(f"r{index}", when=FactTest(Path("case.size"), Bounds(at_least=index, less_than=1000)))
        for index in range(count)
    ]
    with DurableMatcher(ruleset(rules=rules)) as matcher:
        assert matcher.matching({"case.size": count}) == [one.name for one in rules]
        assert matcher.matching({"case.size": RULES_A_SHARD}) == [f"r{index}" for index in range(RULES_A_SHARD + 1)]
        assert matcher.matching({"case.size": None}) == []
        assert matcher.matching({}) == []


@needs_library
def test_conditions_without_parts_and_tests_on_nothing() -> None:
    rules = [
        rule("always", when=All(())),
        rule("never", when=Any(())),
        rule("missing", when=FactTest(Path("case.text"), Known(wanted=False))),
        rule("none_of", when=FactTest(Path("case.labels"), Has(SetMode.NONE, ("vip",)))),
    ]
    with DurableMatcher(ruleset(rules=rules)) as matcher:
        assert matcher.matching({}) == ["always", "missing"]
        assert matcher.matching({"case.text": "x", "case.labels": ()}) == ["always", "none_of"]


@needs_library
def test_a_library_that_hangs_is_ended() -> None:
    """More than 512 distinct tests in one ruleset keep it busy for ever."""
    tests = [{"p0": number} for number in range(600)]
    worker = Worker([json.dumps({"every": {"all": [{"m": {"$or": tests}}]}})], [1], limit=3)
    with pytest.raises(DurableError, match="no answer within 3 seconds"):
        worker.ask("")
    worker.close()


@needs_library
def test_a_ruleset_that_the_library_refuses_or_does_not_answer_is_an_error() -> None:
    for text in ('{"every": 3}', json.dumps({"every": {"all": [{"m": {"p9": 1}}]}})):
        worker = Worker([text], [1], limit=60)
        with pytest.raises(DurableError):
            worker.ask("")
        worker.close()


@needs_library
def test_a_process_that_dies_is_an_error_and_the_next_question_gets_another() -> None:
    with DurableMatcher(ruleset(rules=[rule("held", when=OFFICE)]), limit=60) as matcher:
        assert matcher.matching({"case.core": "down"}) == ["held"]
        process = matcher._worker._process
        assert process is not None
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(DurableError, match="died"):
            matcher.matching({"case.core": "down"})
        assert matcher.matching({"case.core": "down"}) == ["held"]
