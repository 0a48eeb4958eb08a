"""`casewarden check`: exit codes, the three formats, several files at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from casewarden.cli import app

FILES = Path(__file__).parent
EVERYTHING = str(FILES / "good" / "everything.yaml")
WARNED = str(FILES / "bad" / "CW507_level_that_nothing_gives.yaml")
WRONG = str(FILES / "bad" / "CW303_unknown_name.yaml")
NOT_YAML = str(FILES / "bad" / "CW102.yaml")


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["check", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([EVERYTHING], 0),
        ([EVERYTHING, "--strict"], 0),
        ([WARNED], 0),
        ([WARNED, "--strict"], 1),
        ([WRONG], 1),
        ([EVERYTHING, WRONG], 1),
        ([NOT_YAML], 2),
        ([WRONG, "gone.yaml"], 2),
    ],
)
def test_the_exit_code_says_how_it_went(arguments: list[str], code: int) -> None:
    assert run(*arguments)[0] == code


def test_text_ends_with_a_summary() -> None:
    assert run(WRONG)[1].splitlines()[-1] == "4 errors in 1 file."
    assert run(WRONG, WARNED)[1].splitlines()[-1] == "4 errors and 1 warning in 2 files."


def test_a_file_without_problems_is_said_to_have_none(tmp_path: Path) -> None:
    quiet = (FILES / "bad" / "CW950_lock_by_hand.yaml").read_text(encoding="utf-8")
    (tmp_path / "quiet.yaml").write_text(quiet, encoding="utf-8")
    assert run(str(tmp_path / "quiet.yaml")) == (0, "1 ruleset checked: no problems.\n")


def test_json_and_sarif_carry_the_same_problems() -> None:
    problems = json.loads(run(WRONG, "--format", "json")[1])
    log = json.loads(run(WRONG, "--format", "sarif")[1])
    assert [item["code"] for item in problems] == ["CW303"] * 4
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == ["CW303"] * 4
    assert json.loads(run(EVERYTHING, "--format", "json")[1])[0]["level"] == "note"


def test_the_order_of_hashes_changes_no_byte() -> None:
    names = sorted(str(path) for path in (FILES / "bad").glob("CW[2-7]*_*.yaml"))
    outputs = {
        subprocess.run(
            [sys.executable, "-c", "from casewarden.cli import main; main()", "check", "--format", "json", *names],
            stdout=subprocess.PIPE,
            check=False,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert json.loads(outputs.pop())
