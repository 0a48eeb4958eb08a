"""`casewarden check` tells rulesets, tests and mappings apart by what they hold, whatever they are called."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from casewarden.cli import app
from casewarden.scenario.check_any import Kind, check_any

ROOT = Path(__file__).parents[2]
STARTER = ROOT / "rules" / "starter"
MAPPING = ROOT / "tests" / "incident_log" / "mapping.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped ruleset with its tests under names that say nothing, and a mapping."""
    for name in ("starter.yaml", "clauses.yaml", "promises.md"):
        shutil.copy(STARTER / name, tmp_path / name)
    shutil.copy(STARTER / "starter.test.yaml", tmp_path / "a")
    shutil.copy(MAPPING, tmp_path / "b")
    return tmp_path


def run(*paths: Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["check", *map(str, paths)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout


def problems(*paths: Path) -> list[tuple[str, int]]:
    result = CliRunner().invoke(app, ["check", "--format", "json", *map(str, paths)])
    return [(item["code"], item["place"]["line"]) for item in json.loads(result.stdout)]


def test_kinds_are_told_by_content(folder: Path) -> None:
    assert check_any(folder / "starter.yaml")[:2] == (Kind.RULESET, True)
    assert check_any(folder / "a")[:2] == (Kind.TESTS, True)
    assert check_any(folder / "b")[:2] == (Kind.MAPPING, True)


def test_sound_files_of_all_kinds_have_no_problem(folder: Path) -> None:
    assert run(folder / "a") == (0, "1 file of tests checked: no problems.\n")
    assert run(folder / "b") == (0, "1 mapping checked: no problems.\n")
    assert run(folder / "a", folder / "b") == (0, "2 files checked: no problems.\n")
    assert run(folder / "a", folder / "a") == (0, "2 files of tests checked: no problems.\n")


def test_a_mistake_in_a_test_is_that_of_the_tests_reader(folder: Path) -> None:
    text = (folder / "a").read_text(encoding="utf-8")
    (folder / "a").write_text(text.replace("zone: Europe/Berlin", "zone: Europe/Berlim"), encoding="utf-8")
    assert problems(folder / "a") == [("CW406", 4)]
    (folder / "a").write_text(text.replace("ruleset: starter.yaml", "ruleset: gone.yaml"), encoding="utf-8")
    assert problems(folder / "a") == [("CW901", 3)]
    assert run(folder / "a")[0] == 1


def test_a_mistake_in_a_mapping_is_that_of_the_mapping_reader(folder: Path) -> None:
    text = (folder / "b").read_text(encoding="utf-8")
    begun = next(number for number, line in enumerate(text.splitlines(), 1) if line.startswith("dates:"))
    (folder / "b").write_text(text.replace("DD", "D", 1), encoding="utf-8")
    assert problems(folder / "b") == [("CW824", begun)]


def test_the_first_key_forgotten_is_the_only_thing_told(folder: Path) -> None:
    tests = (folder / "a").read_text(encoding="utf-8").replace("casewarden_test: 1\n", "")
    (folder / "a").write_text(tests, encoding="utf-8")
    mapping = (folder / "b").read_text(encoding="utf-8").replace("casewarden_mapping: 1\n", "")
    (folder / "b").write_text(mapping, encoding="utf-8")
    assert [code for code, _ in problems(folder / "a")] == ["CW900"]
    assert [code for code, _ in problems(folder / "b")] == ["CW202"]


def test_a_ruleset_in_braces_is_a_ruleset(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text('{"casewarden": 1, "ruleset": "r"}', encoding="utf-8")
    assert {code for code, _ in problems(tmp_path / "r.json")} == {"CW202"}
    (tmp_path / "t.json").write_text('{"casewarden_test": 1, "ruleset": "r.json"}', encoding="utf-8")
    assert "CW202" in {code for code, _ in problems(tmp_path / "t.json")}
    assert check_any(tmp_path / "t.json")[0] is Kind.TESTS


@pytest.mark.parametrize("text", ["services:\n  web: {image: x}\n", "- 1\n- 2\n", "only words\n", "a: 1\nb: 2\n"])
def test_a_file_of_no_kind_gets_one_error_that_says_what_was_looked_for(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
    code, shown = run(tmp_path / "x.yaml")
    assert code == 1
    assert problems(tmp_path / "x.yaml") == [("CW200", 1)]
    for head in ("casewarden: 1", "casewarden_test: 1", "casewarden_mapping: 1"):
        assert f"`{head}`" in shown


def test_a_list_of_clauses_is_sent_to_its_ruleset(folder: Path) -> None:
    code, shown = run(folder / "clauses.yaml")
    assert code == 1
    assert "`clauses: clauses.yaml`" in shown


def test_what_cannot_be_read_is_no_kind(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe\x00")
    assert check_any(tmp_path / "x")[:2] == (None, False)
    assert check_any(tmp_path / "gone")[:2] == (None, False)
    assert run(tmp_path / "x")[0] == run(tmp_path / "gone")[0] == 2


def test_the_folder_of_a_ruleset_stands_for_what_is_in_it() -> None:
    assert run(STARTER) == (0, "2 files checked: no problems.\n")  # the ruleset and its tests, with the list of clauses


def test_what_a_ruleset_includes_is_checked_with_it(folder: Path) -> None:
    included = "casewarden: 1\nmessages:\n  hello: {en: Hello}\n"
    (folder / "texts.yaml").write_text(included, encoding="utf-8")
    text = (folder / "starter.yaml").read_text(encoding="utf-8")
    (folder / "starter.yaml").write_text(text.replace("ruleset: starter", "ruleset: starter\ninclude: [texts.yaml]", 1))
    code, shown = run(folder)
    assert code == 0
    assert "nothing refers to the message `hello`" in shown
    assert shown.count("texts.yaml:3:") == 1


def test_what_cannot_be_read_in_a_folder_is_told(folder: Path) -> None:
    (folder / "gone.yaml").symlink_to(folder / "nothing")
    code, shown = run(folder)
    assert code == 2
    assert "gone.yaml" in shown


def test_an_empty_folder_is_no_ruleset(tmp_path: Path) -> None:
    assert run(tmp_path)[0] == 2
