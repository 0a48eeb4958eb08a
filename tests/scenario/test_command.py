"""`casewarden test`: exit codes, coverage, JUnit, JSON, and what it does with wrong input."""

import hashlib
import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from casewarden.cli.test import command
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.nodes import Map, Scalar, read_yaml
from casewarden.scenario.suite import Suite, files_of

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
STARTER = ROOT / "rules" / "starter"


def run(*words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words], catch_exceptions=False)


def text_at(node: Map, key: str) -> str:
    value = node.get(key)
    assert isinstance(value, Scalar)
    return value.text


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with the small ruleset and one file of tests: one passes, one fails."""
    (tmp_path / "ruleset.yaml").write_text((HERE / "bad" / "ruleset.yaml").read_text())
    (tmp_path / "small.test.yaml").write_text(
        """casewarden_test: 1
ruleset: ruleset.yaml
zone: Europe/Berlin
tests:
  answered:
    timeline:
      - {at: Mon 2026-03-02 10:00, opened: {by: customer}}
      - {at: Mon 2026-03-02 11:00, message: {by: agent}, expect: {clocks: {answer: met}}}
  late_and_wrong:
    given: {case.core: down}
    timeline:
      - {at: Mon 2026-03-02 10:00, opened: {by: customer}}
      - at: Mon 2026-03-02 15:00
        message: {by: agent}
        expect: {clocks: {answer: met}, actions: [{rule: warn, says: "<&\\x01>"}]}
"""
    )
    return tmp_path


def test_the_starter_ruleset_does_what_it_promises_and_its_tests_leave_nothing_out() -> None:
    result = run(STARTER, "--coverage", "--fail-under", 100)
    assert result.exit_code == 0, result.output
    assert "never exercised" not in result.output


def test_the_starter_cites_the_clauses_as_they_stand() -> None:
    text = (STARTER / "promises.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (\S+)\n\n", text, flags=re.MULTILINE)[1:]
    node = read_yaml((STARTER / "clauses.yaml").read_bytes(), "clauses.yaml", Diagnostics())
    assert isinstance(node, Map)
    clauses = {name.text: clause for name, clause in node if isinstance(clause, Map)}
    found = {}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        first = text[: text.index(body)].count("\n") + 1
        last = first + body.strip().count("\n")
        place = f"L{first}" if first == last else f"L{first}-{last}"
        found[name] = (place, hashlib.sha256(" ".join(body.split()).encode()).hexdigest()[:16])
    assert {name: (text_at(clause, "place"), text_at(clause, "hash")) for name, clause in clauses.items()} == found


def test_the_severity_1_story_holds() -> None:
    result = run(HERE.parents[1] / "rules" / "zitadel" / "story.test.yaml", "-v")
    assert result.exit_code == 0, result.output
    assert "answered_on_tuesday_morning" in result.output


def test_a_failing_test_gives_1_and_names_its_place(small: Path) -> None:
    result = run(small)
    assert result.exit_code == 1
    assert f"{small / 'small.test.yaml'}:15:" in result.output
    assert "1 passed, 1 failed" in result.output


def test_k_chooses_by_name(small: Path) -> None:
    assert run(small, "-k", "answered").exit_code == 0
    assert run(small, "-k", "wrong").exit_code == 1
    nothing = run(small, "-k", "nothing")
    assert nothing.exit_code == 2
    assert "No test has such a name" in nothing.output


def test_what_cannot_be_read_gives_2_and_the_rest_still_runs(small: Path) -> None:
    (small / "broken.test.yaml").write_text("casewarden_test: 1\n")
    result = run(small)
    assert result.exit_code == 2
    assert "error[CW202]" in result.output
    assert "1 passed, 1 failed, 1 file could not be read" in result.output


def test_a_folder_without_tests_is_wrong_usage(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "there is no *.test.yaml" in result.output


def test_junit_is_well_formed_and_counts_add_up(small: Path) -> None:
    (small / "broken.test.yaml").write_text("casewarden_test: 1\n")
    run(small, "--junit", small / "out.xml")
    top = ET.parse(small / "out.xml").getroot()
    assert top.tag == "testsuites"
    assert {word: top.get(word) for word in ("tests", "failures", "errors")} == {
        "tests": "3",
        "failures": "1",
        "errors": "1",
    }
    for suite in top:
        cases = suite.findall("testcase")
        assert len(cases) == int(suite.get("tests") or -1)
        assert sum(case.find("failure") is not None for case in cases) == int(suite.get("failures") or -1)
        assert sum(case.find("error") is not None for case in cases) == int(suite.get("errors") or -1)
        assert all(case.get("name") and case.get("classname") for case in cases)
    failure = top.find(".//failure")
    assert failure is not None
    assert "clock answer: state" in (failure.get("message") or "")
    assert "expected  met" in (failure.text or "")


def test_a_place_that_cannot_be_written_gives_2(small: Path) -> None:
    result = run(small, "--junit", small / "none" / "out.xml")
    assert result.exit_code == 2
    assert "cannot be written" in result.output


def test_json_is_one_object(small: Path) -> None:
    result = CliRunner().invoke(command, [str(small), "--format", "json", "--coverage"], catch_exceptions=False)
    found = json.loads(result.stdout)
    assert [test["name"] for test in found["files"][0]["tests"]] == ["answered", "late_and_wrong"]
    (coverage,) = found["coverage"].values()
    assert coverage["groups"]["clock states"] == {"exercised": 2, "total": 2}


def test_coverage_lists_what_was_never_exercised_with_its_place(small: Path) -> None:
    result = run(small, "--coverage", "-k", "answered")
    assert f"{small / 'ruleset.yaml'}:19:3  warn: fires" in result.output
    assert "rules/warn: case.core: down is true" in result.output
    assert "answer: is missed" in result.output
    assert "answer: is met" not in result.output


def test_too_little_coverage_gives_1(small: Path) -> None:
    assert run(small, "-k", "answered", "--fail-under", 20).exit_code == 0
    low = run(small, "-k", "answered", "--fail-under", 90)
    assert low.exit_code == 1
    assert "less than 90%" in low.output


def test_several_files_of_one_ruleset_cover_it_together(small: Path) -> None:
    text = (small / "small.test.yaml").read_text()
    head, _, late = text.partition("  late_and_wrong:")
    (small / "small.test.yaml").write_text(head)
    (small / "second.test.yaml").write_text(head.partition("  answered:")[0] + "  late_and_wrong:" + late)
    suite = Suite(with_coverage=True)
    for file in files_of([small]):
        suite.run(file)
    (coverage,) = suite.coverage.values()
    assert coverage.counts["clock states"] == (2, 2)


def test_a_reading_not_chosen_does_not_count_for_coverage(small: Path) -> None:
    text = (small / "small.test.yaml").read_text().replace("    timeline:", "    readings: {I1: two}\n    timeline:", 1)
    (small / "small.test.yaml").write_text(text)
    suite = Suite(with_coverage=True)
    found = suite.run(small / "small.test.yaml")
    assert [outcome.passed for outcome in found.outcomes] == [True, False]
    (coverage,) = suite.coverage.values()
    assert coverage.counts["clock states"] == (1, 2)


def test_coverage_asks_of_a_customer_only_what_is_derived_for_one(tmp_path: Path) -> None:
    text = (HERE / "timelines" / "timelines.yaml").read_text(encoding="utf-8")
    text = text.replace(
        "events:\n", "events:\n  core_is_back: {becomes: {service.core.health: {is: available, for: 9 minutes}}}\n"
    )
    (tmp_path / "timelines.yaml").write_text(text, encoding="utf-8")
    tests = (HERE / "timelines" / "timelines.test.yaml").read_text(encoding="utf-8")
    (tmp_path / "timelines.test.yaml").write_text(tests, encoding="utf-8")
    assert run(tmp_path, "-k", "a_rule_about", "--coverage").exit_code == 0
