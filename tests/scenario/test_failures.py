"""What an author sees of tests that fail: expected against actual, with places and the trace."""

from pathlib import Path

import pytest

from casewarden.report.scenarios import as_json, render_file, render_summary
from casewarden.scenario.suite import Suite

FAILING = Path(__file__).resolve().parent / "failing"


def outcome_text(monkeypatch: pytest.MonkeyPatch, *, colour: bool = False) -> str:
    monkeypatch.chdir(FAILING)
    found = Suite().run(Path("failing.yaml"))
    return render_file(found, colour=colour) + render_summary([found], colour=colour)


def test_failures_are_told_with_expected_actual_and_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    assert outcome_text(monkeypatch) == (FAILING / "failing.txt").read_text(encoding="utf-8")


def test_colour_adds_nothing_but_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    import re

    coloured = outcome_text(monkeypatch, colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == outcome_text(monkeypatch)


def test_json_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FAILING)
    found = Suite().run(Path("failing.yaml"))
    tests = as_json([found], [])["files"][0]["tests"]
    assert [test["passed"] for test in tests] == [outcome.passed for outcome in found.outcomes]
    for test, outcome in zip(tests, found.outcomes, strict=True):
        assert [m["actual"] for m in test["mismatches"]] == [m.actual for m in outcome.mismatches]
