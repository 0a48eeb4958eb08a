"""One bad file of tests for each code, and the exact text that its author sees."""

from pathlib import Path

import pytest

from casewarden.report.diagnostics import render_text
from casewarden.ruleset.codes import CATALOGUE
from casewarden.scenario.read_scenario import load_scenarios

BAD = Path(__file__).resolve().parent / "bad"
CODES = sorted(code for code in CATALOGUE if "CW900" <= code < "CW920")
FILES = [*CODES, "words", "no_tests"]


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_of_tests_shows_what_its_author_needs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    file, diagnostics = load_scenarios(Path(f"{name}.yaml"))
    assert file is None
    if name in CATALOGUE:
        assert {item.code for item in diagnostics.items} == {name}
    assert render_text(diagnostics) == (BAD / f"{name}.txt").read_text(encoding="utf-8")


def test_there_is_no_bad_file_without_its_code() -> None:
    assert {path.stem for path in BAD.glob("*.yaml")} == {*FILES, "ruleset"}


def test_a_ruleset_with_errors_is_told_with_its_errors(tmp_path: Path) -> None:
    (tmp_path / "ruleset.yaml").write_text("casewarden: 1\nruleset: x\n")
    test = tmp_path / "x.test.yaml"
    test.write_text("casewarden_test: 1\nruleset: ruleset.yaml\nzone: UTC\ntests: {a: {timeline: [{at: x}]}}\n")
    file, diagnostics = load_scenarios(test)
    assert file is None
    codes = [item.code for item in diagnostics.items]
    assert "CW901" in codes
    assert "CW202" in codes


@pytest.mark.parametrize("text", ["", "- a\n", "casewarden_test\n", "casewarden_test: 2\n", "casewarden_test: 1\n"])
def test_what_is_no_test_is_told_and_never_raises(tmp_path: Path, text: str) -> None:
    test = tmp_path / "x.test.yaml"
    test.write_text(text)
    file, diagnostics = load_scenarios(test)
    assert file is None
    assert diagnostics.has_errors


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    file, diagnostics = load_scenarios(tmp_path / "none.test.yaml")
    assert file is None
    assert [item.code for item in diagnostics.items] == ["CW100"]


@pytest.mark.parametrize("content", ["root:x:0:0:secret\n", "secret: [1\n", "- secret\n"])
def test_a_file_elsewhere_that_is_no_ruleset_is_not_shown(tmp_path: Path, content: str) -> None:
    (tmp_path / "other").write_text(content, encoding="utf-8")
    test = tmp_path / "home" / "x.test.yaml"
    test.parent.mkdir()
    test.write_text("casewarden_test: 1\nruleset: ../other\nzone: UTC\ntests: {a: {timeline: [{at: x}]}}\n")
    file, diagnostics = load_scenarios(test)
    assert file is None
    assert [item.code for item in diagnostics.items] == ["CW901"]
    assert "secret" not in render_text(diagnostics)
