"""`casewarden fmt` at the command line, and the rules of layout by example."""

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from casewarden.cli.fmt import command
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.format import format_text
from casewarden.ruleset.nodes import read_yaml

ROOT = Path(__file__).resolve().parents[2]


def formatted(text: str) -> str:
    diagnostics = Diagnostics()
    result = format_text(text, "f.yaml", diagnostics)
    assert diagnostics.items == ()
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        pytest.param(
            "a:\n    b:   1\n    c:\n    - x\n    -   y\n", "a:\n  b: 1\n  c:\n    - x\n    - y\n", id="indentation"
        ),
        pytest.param("a: { b: 1,c:  [ x,y , ] }   \n", "a: {b: 1, c: [x, y]}\n", id="blanks in brackets"),
        pytest.param(
            "a: [x,\n  y,\n  # why\n  z\n  ]\n", "a: [x,\n    y,\n    # why\n    z]\n", id="lines in brackets"
        ),
        pytest.param("A1:\n      {x: y,\n z: v}\n", "A1:\n  {x: y,\n   z: v}\n", id="brackets on their own line"),
        pytest.param("a: 'x'\nb: 'say \"x\"'\nc: 'it''s'\n", 'a: "x"\nb: \'say "x"\'\nc: "it\'s"\n', id="quotes"),
        pytest.param("a: 'no'\nb: no\n", 'a: "no"\nb: no\n', id="quoted stays quoted"),
        pytest.param("\n\n---\n# top\n\n\n\na: 1\n\n\nb: 2\n\n\n...\n", "# top\n\na: 1\n\nb: 2\n", id="blank lines"),
        pytest.param(
            "a: |\n      x\n        y\n\n      z  \nb: 1\n", "a: |\n  x\n    y\n\n  z  \nb: 1\n", id="block text"
        ),
        pytest.param("a: |4-\n      x\n    y\n", "a: |2-\n    x\n  y\n", id="block text with its indentation stated"),
        pytest.param("- - a\n  - b\n-\n    c: d\n    e: f\n", "- - a\n  - b\n- c: d\n  e: f\n", id="lists in lists"),
        pytest.param("a: one\n     two\n\n     three\n", "a: one\n  two\n\n  three\n", id="texts over lines"),
        pytest.param("a:   &x {b: 1}\nc:    *x\n", "a: &x {b: 1}\nc: *x\n", id="anchors"),
        pytest.param(
            "a: 1 # x\nbcd: 2     # y\ne: 3       # z\n", "a: 1  # x\nbcd: 2  # y\ne: 3    # z\n", id="comments behind"
        ),
        pytest.param(
            "a:\n    b: 1\n    # of a\n  # of top\n# of c\nc: 1\n    # last\n",
            "a:\n  b: 1\n  # of a\n# of top\n# of c\nc: 1\n# last\n",
            id="comments keep to their block",
        ),
        pytest.param("a: # why\n   b: 1\n", "a:  # why\n  b: 1\n", id="comment behind a key"),
        pytest.param("a: 1\r\nb: 2\r\n", "a: 1\nb: 2\n", id="line ends"),
        pytest.param("a: 1", "a: 1\n", id="last line end"),
    ],
)
def test_layout_by_example(written: str, wanted: str) -> None:
    assert formatted(written) == wanted
    assert formatted(wanted) == wanted


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_a_file_is_written_once_with_its_mode_through_its_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "link.yaml"
    real.write_bytes(b"\xef\xbb\xbfa:   Z\xc3\xbcrich\r\n")
    real.chmod(0o640)
    link.symlink_to(real)
    result = run(link)
    assert result.exit_code == 0
    assert real.read_bytes() == "a: Zürich\n".encode()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert link.is_symlink()
    before = real.stat().st_mtime_ns, real.stat().st_ino
    assert run(link).output == "1 file: nothing to change.\n"
    assert (real.stat().st_mtime_ns, real.stat().st_ino) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.yaml", "real.yaml"]


def test_check_and_diff_write_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a:   1\nb: 2")
    assert run("--check", file).exit_code == 1
    shown = run("--diff", file)
    assert shown.exit_code == 0
    assert "-a:   1\n" in shown.output
    assert "+a: 1\n" in shown.output
    assert "\\ No newline at end of file" in shown.output
    assert run("--check", "--diff", file).exit_code == 1
    assert file.read_text() == "a:   1\nb: 2"
    file.write_text("a: 1\n")
    assert run("--check", file).exit_code == 0
    assert run("--diff", file).output == ""


def test_a_file_that_does_not_read_stays_and_the_others_are_formatted(tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.yaml", tmp_path / "good.yaml"
    bad.write_text("a:   1\na:   2\n")
    good.write_text("a:   1\n")
    result = run(bad, good, tmp_path / "none.yaml")
    assert result.exit_code == 2
    assert "error[CW107]" in result.output
    assert "error[CW100]" in result.output
    assert bad.read_text() == "a:   1\na:   2\n"
    assert good.read_text() == "a: 1\n"


def test_shipped_rulesets_format_to_a_fixed_point() -> None:
    for path in sorted([*ROOT.glob("rules/**/*.yaml"), *ROOT.glob("examples/**/*.yaml")]):
        once = formatted(path.read_text(encoding="utf-8"))
        assert formatted(once) == once


def test_rulesets_of_real_policies_read_and_format(shared_dir: Path) -> None:
    files = sorted((shared_dir / "design" / "examples").glob("*.yaml"))
    assert files
    for file in files:
        text = file.read_text(encoding="utf-8")
        diagnostics = Diagnostics()
        assert read_yaml(text, file.name, diagnostics) is not None
        assert diagnostics.items == ()
        once = formatted(text)
        assert formatted(once) == once
