"""One bad file for each code of reading, and the exact text that its author sees."""

from pathlib import Path

import pytest

from casewarden.report.diagnostics import render_text
from casewarden.ruleset.codes import CATALOGUE
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.nodes import read_yaml

BAD = Path(__file__).resolve().parents[1] / "rulefiles" / "bad"
NOT_FILES = {
    "CW100": "there is no file",
    "CW101": "the file would have 5 MB",
    "CW125": "the file would have 500 mistakes",
    "CW126": "would be a mistake of ours",
    "CW127": "is about where a file lies, so the text alone does not show it",
}
CODES = sorted(code for code in CATALOGUE if code.startswith("CW1") and code not in NOT_FILES)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.states("G2")
def test_a_bad_file_shows_what_its_author_needs(code: str) -> None:
    diagnostics = Diagnostics()
    read_yaml((BAD / f"{code}.yaml").read_bytes(), f"{code}.yaml", diagnostics)
    assert code in {item.code for item in diagnostics.items}
    assert render_text(diagnostics) == (BAD / f"{code}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: b: c\n", "CW120", 1, 5),
        ("a\nb: c\n", "CW120", 1, 1),
        ("a: x\n  b: 1\n", "CW124", 2, 3),
        ('a: "x\nb: "y"\n', "CW119", 1, 4),
        ('a: "x" y\n', "CW119", 1, 8),
        ("a: it's\nb: 'it's'\n", "CW119", 2, 8),
        ("a: 'x\nb: 1\n", "CW119", 1, 4),
        ("a: {b: 1\nc: 2\n", "CW121", 1, 4),
        ("a: [1, 2}\n", "CW121", 1, 9),
        ("a: [ {b: 1 ]\n", "CW121", 1, 12),
        ("a: [1,\n", "CW121", 1, 4),
        ("a: }\n", "CW121", 1, 4),
        ("a: 1\n}\n", "CW121", 2, 1),
        ("  a: 1\nb: 2\n", "CW124", 2, 1),
        ("- a\nb: 2\n", "CW124", 2, 1),
        ("a: |\n   x\n  y\n", "CW124", 3, 3),
        ("c: d\na:b\n", "CW120", 2, 1),
        ("c: d\na b\ne: f\n", "CW120", 2, 1),
        ("-a\n-b: 1\n", "CW120", 1, 1),
        ("a: {x:1}\n", "CW120", 1, 5),
        (": 3\n", "CW120", 1, 1),
        ("a: &x \n", "CW108", 1, 1),
        ("a: 1\nb:\n", "CW108", 2, 1),
        ("a: {b: c: d}\n", "CW120", 1, 9),
        ("a: - b\n", "CW102", 1, 4),
        ("a: *\n", "CW102", 1, 4),
        ("a: @x\n", "CW102", 1, 4),
        ("a: |x\n y\n", "CW102", 1, 5),
        ("a:\n\t- b\n", "CW103", 2, 1),
        ("a: b\n\tc: d\n", "CW103", 2, 1),
        ("a: {x: Hello {{ y }}}\n", "CW122", 1, 14),
        ("a: {x: {{ y }} z}\n", "CW122", 1, 8),
        ("a: 1\n*b : 2\n", "CW114", 2, 1),
    ],
)
def test_frequent_mistakes_are_told_apart_with_and_without_c(text: str, code: str, line: int, column: int) -> None:
    from casewarden.ruleset.reader import read

    for in_python in (False, True):
        diagnostics = Diagnostics()
        read(text, "f", diagnostics, in_python=in_python)
        assert [(item.code, item.place.line, item.place.column) for item in diagnostics.items] == [(code, line, column)]
        assert all(item.fix for item in diagnostics.items)
