"""What authors see when something is wrong; the texts themselves are fixed in tests/rulefiles and tests/reader."""

import json

import pytest

from casewarden.report.diagnostics import render_json, render_text
from casewarden.report.sarif import render_sarif
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.load import load_text
from support.small import rule, text_of


def problems(sections: str) -> Diagnostics:
    loaded, diagnostics = load_text(text_of(sections), "support.yaml")
    assert loaded is None
    return diagnostics


BROKEN = """
clocks:
  answer: {clause: [S], starts: case_opned, stops: agent_reply, target: 4 hours}
rules:
  probe: {clause: [S], wen: {case.core: down}, then: [note: hello]}
  other: {clause: [S], when: {case.core: broken}, then: [note: helo]}
"""


@pytest.mark.states("G1", "G3", "G5")
def test_all_problems_of_a_file_come_in_one_run_with_what_was_meant() -> None:
    diagnostics = problems(BROKEN)
    errors = [item for item in diagnostics.items if item.level.value == "error"]
    assert {"CW201", "CW303", "CW305", "CW401"} <= {item.code for item in errors}
    text = render_text(diagnostics)
    for meant in ("case_opened", "when", "hello"):
        assert f"`{meant}`" in text


@pytest.mark.states("G2", "G4")
def test_each_problem_has_code_place_excerpt_caret_and_fix_in_three_forms() -> None:
    diagnostics = problems(rule("probe", "when: {case.core: broken}\nthen: [note: hello]"))
    (item,) = (item for item in diagnostics.items if item.level.value == "error")
    text = render_text(diagnostics)
    assert item.code in text
    assert f"support.yaml:{item.place.line}:{item.place.column}" in text
    assert "^" in text
    assert item.fix
    assert item.code in json.dumps(json.loads(render_json(diagnostics)))
    assert item.code in json.dumps(json.loads(render_sarif(diagnostics)))
