"""`casewarden schema` on the command line."""

import json
from pathlib import Path

from click.testing import CliRunner

from casewarden.cli.schema import SCHEMAS, command
from support.rulefiles import GOOD, ROOT


def test_the_general_schema_is_printed() -> None:
    done = CliRunner().invoke(command, [])
    assert done.exit_code == 0
    assert done.stdout == (ROOT / "schemas" / "ruleset.schema.json").read_text(encoding="utf-8")


def test_a_file_gives_its_names() -> None:
    done = CliRunner().invoke(command, [str(GOOD / "everything.yaml")])
    assert done.exit_code == 0
    definitions = json.loads(done.stdout)["definitions"]
    assert "urgent_request" in definitions["name.event"]["enum"]
    assert definitions["test.case.core"]["anyOf"][0] == {"enum": ["down", "degraded", "available"]}
    assert "welcome" in definitions["name.message"]["enum"], "it is in an included file"
    assert "X-01" in definitions["clauses"]["items"]["enum"], "it is in the clause file"


def test_all_schemas_are_written_alike_each_time(tmp_path: Path) -> None:
    for folder in (tmp_path / "a", tmp_path / "b"):
        done = CliRunner().invoke(command, ["--all", "--to", str(folder)])
        assert done.exit_code == 0
    written = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    assert set(written) == {f"{name}.schema.json" for name in SCHEMAS}
    assert written == {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()}


def test_one_schema_is_written_to_a_file(tmp_path: Path) -> None:
    target = tmp_path / "own.json"
    done = CliRunner().invoke(command, [str(GOOD / "everything.yaml"), "--to", str(target)])
    assert done.exit_code == 0
    assert json.loads(target.read_text(encoding="utf-8"))["title"] == "Ruleset"


def test_wrong_usage_and_unreadable_files_end_with_2(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("a: [1,\n", encoding="utf-8")
    (tmp_path / "list.yaml").write_text("[1]\n", encoding="utf-8")
    for arguments in (
        ["--all"],
        ["--all", "--to", str(tmp_path), "x.yaml"],
        [str(tmp_path / "none.yaml")],
        [str(tmp_path)],
        [str(tmp_path / "broken.yaml")],
        [str(tmp_path / "list.yaml")],
        ["--to", str(tmp_path / "none" / "x.json")],
        ["--all", "--to", str(tmp_path / "list.yaml")],
    ):
        done = CliRunner().invoke(command, arguments)
        assert (done.exit_code, done.exception is None or isinstance(done.exception, SystemExit)) == (2, True), (
            arguments
        )
        assert done.stderr
