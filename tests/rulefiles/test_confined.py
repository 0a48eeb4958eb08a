"""A ruleset opens no file outside its own folder, whatever it names, and shows nothing of one."""

from pathlib import Path

import pytest

from casewarden.report.diagnostics import render_text
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.load import check_file
from casewarden.ruleset.schema.vocabulary import open_vocabulary
from support.rulefiles import BARE

SECRET = "root:secret:0:0\n"
NAMES = ("../secret.yaml", "parts/../../secret.yaml", "linked.yaml", "folder/secret.yaml", "ABSOLUTE")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder for a ruleset, with a file beside the folder and links that lead there."""
    home = tmp_path / "home"
    (home / "parts").mkdir(parents=True)
    (tmp_path / "secret.yaml").write_text(SECRET, encoding="utf-8")
    (home / "linked.yaml").symlink_to(tmp_path / "secret.yaml")
    (home / "folder").symlink_to(tmp_path, target_is_directory=True)
    return home


def checked(home: Path, more: str) -> Diagnostics:
    main = home / "main.yaml"
    main.write_text(BARE + more.replace("ABSOLUTE", str(home.parent / "secret.yaml")), encoding="utf-8")
    readable, diagnostics = check_file(main)
    assert readable
    return diagnostics


@pytest.mark.parametrize("line", ["include: [{}]\n", "clauses: {}\n"])
@pytest.mark.parametrize("name", NAMES)
def test_what_lies_outside_is_refused_and_not_shown(home: Path, name: str, line: str) -> None:
    diagnostics = checked(home, line.format(name))
    assert [item.code for item in diagnostics.items] == ["CW127"]
    assert "secret:0" not in render_text(diagnostics)
    assert list(diagnostics.sources) == [str(home / "main.yaml")]


@pytest.mark.parametrize("name", ["../gone.yaml", "../../gone.yaml", "/gone.yaml"])
def test_nothing_tells_which_files_there_are_outside(home: Path, name: str) -> None:
    assert [item.code for item in checked(home, f"include: [{name}]\n").items] == ["CW127"]


def test_an_included_file_gets_no_further_than_the_ruleset(home: Path) -> None:
    (home / "parts" / "more.yaml").write_text(
        "casewarden: 1\ninclude: [../beside.yaml, ../../secret.yaml]\n", encoding="utf-8"
    )
    (home / "beside.yaml").write_text("casewarden: 1\n", encoding="utf-8")
    diagnostics = checked(home, "include: [parts/more.yaml]\n")
    assert [(item.code, item.place.line, item.place.column) for item in diagnostics.items] == [("CW127", 2, 27)]


def test_links_within_the_folder_are_followed(home: Path) -> None:
    (home / "parts" / "real.yaml").write_text("casewarden: 1\n", encoding="utf-8")
    (home / "link.yaml").symlink_to(home / "parts" / "real.yaml")
    assert checked(home, "include: [link.yaml]\n").items == ()


def test_a_folder_may_itself_be_reached_by_a_link(home: Path, tmp_path: Path) -> None:
    (home / "parts" / "real.yaml").write_text("casewarden: 1\n", encoding="utf-8")
    checked(home, "include: [parts/real.yaml]\n")
    (tmp_path / "elsewhere").symlink_to(home, target_is_directory=True)
    _, diagnostics = check_file(tmp_path / "elsewhere" / "main.yaml")
    assert diagnostics.items == ()


def test_a_lock_file_that_is_a_link_to_elsewhere_is_not_shown(home: Path) -> None:
    (home / "main.lock").symlink_to(home.parent / "secret.yaml")
    diagnostics = checked(home, "")
    assert [item.code for item in diagnostics.items] == ["CW950"]
    assert "secret:0" not in render_text(diagnostics)


def test_a_schema_knows_nothing_of_a_clause_file_outside(home: Path) -> None:
    (home.parent / "clauses.yaml").write_text("SECRET-1: {}\n", encoding="utf-8")
    text = f"{BARE}clauses: ../clauses.yaml\n"
    vocabulary = open_vocabulary(text.encode(), home / "main.yaml", Path.read_bytes, Diagnostics())
    assert vocabulary is not None
    assert vocabulary.clauses is None
