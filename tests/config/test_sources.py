"""Rulesets from folders and from commits of git: one commit is read, whatever happens in the checkout meanwhile."""

import os
import subprocess
from pathlib import Path

import pytest

from casewarden.config.check import check_configuration
from casewarden.config.settings import RulesetSource
from casewarden.config.sources import SourceUnreadableError, open_source
from casewarden.ruleset.load import load
from support.configurations import BAD, ENVIRON, PLUGINS, copy_bad

PART = "casewarden: 1\npeople: [deputy]\n"
RULESET = (
    (BAD / "support.yaml")
    .read_text(encoding="utf-8")
    .replace("people: [desk]", "people: [desk]\ninclude: [parts/more.yaml]")
)


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=Author", "-c", "user.email=author@example.org", "-c", "init.defaultBranch=main")
    environ = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    command = ["git", *who, "-C", str(folder), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environ).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with two commits: `v1` is sound, the newest one has a mistake."""
    folder = tmp_path / "checkout"
    (folder / "acme" / "parts").mkdir(parents=True)
    git(folder, "init", "--quiet")
    (folder / "acme" / "acme.yaml").write_text(RULESET, encoding="utf-8")
    (folder / "acme" / "parts" / "more.yaml").write_text(PART, encoding="utf-8")
    (folder / "acme" / "link.yaml").symlink_to("acme.yaml")
    (folder / "acme" / "a*.yaml").write_text("casewarden: 1\n", encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "one")
    git(folder, "tag", "v1")
    (folder / "acme" / "acme.yaml").write_text(RULESET.replace("case_opened", "case_opend"), encoding="utf-8")
    git(folder, "commit", "--quiet", "--all", "--message", "two")
    return folder


def source(checkout: Path, revision: str | None, path: str = "acme/acme.yaml") -> RulesetSource:
    return RulesetSource(Path(path), checkout, revision)


def test_a_revision_is_read_with_all_that_it_includes(checkout: Path) -> None:
    opened = open_source(source(checkout, "v1"))
    assert opened.commit == git(checkout, "rev-parse", "v1")
    (checkout / "acme" / "parts" / "more.yaml").unlink()
    git(checkout, "tag", "--force", "v1", "HEAD")
    ruleset, found = load(opened.path, read=opened.read)
    assert [item.message for item in found.items if item.level == "error"] == []
    assert ruleset is not None
    assert ruleset.people == ("desk", "deputy")


@pytest.mark.parametrize("revision", ["main", "HEAD", "refs/heads/main", "main~0"])
def test_the_newest_commit_has_its_mistake(checkout: Path, revision: str) -> None:
    opened = open_source(source(checkout, revision))
    ruleset, found = load(opened.path, read=opened.read)
    assert ruleset is None
    assert "case_opend" in str([item.message for item in found.items])


def test_without_a_revision_the_files_are_read_as_they_lie_there(checkout: Path) -> None:
    (checkout / "acme" / "acme.yaml").write_text(RULESET, encoding="utf-8")
    opened = open_source(source(checkout, None))
    assert opened.commit is None
    assert load(opened.path, read=opened.read)[0] is not None


def test_a_path_counts_from_the_folder_that_is_named(checkout: Path) -> None:
    opened = open_source(source(checkout / "acme", "v1", "acme.yaml"))
    assert load(opened.path, read=opened.read)[0] is not None


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("acme/none.yaml", FileNotFoundError),
        ("acme", IsADirectoryError),
        ("acme/link.yaml", OSError),
        ("acme/*.yaml", FileNotFoundError),
        ("../../outside.yaml", FileNotFoundError),
    ],
)
def test_what_is_no_file_of_the_commit_is_not_read(checkout: Path, path: str, error: type[OSError]) -> None:
    opened = open_source(source(checkout, "v1"))
    with pytest.raises(error):
        opened.read(checkout / path)
    assert opened.read(checkout / "acme" / "a*.yaml") == b"casewarden: 1\n"


@pytest.mark.parametrize(
    ("folder", "revision", "why"),
    [
        ("checkout", "v2", "no revision `v2`"),
        ("checkout", "v1:acme", "no revision"),
        (".", "v1", "is no git checkout of yours"),
        ("nowhere", "v1", "there is no folder"),
    ],
)
def test_what_cannot_be_opened_is_told(checkout: Path, folder: str, revision: str, why: str) -> None:
    with pytest.raises(SourceUnreadableError, match=why):
        open_source(source(checkout.parent / folder, revision))


def test_git_that_is_not_installed_is_told(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(checkout))
    with pytest.raises(SourceUnreadableError, match="git is not installed"):
        open_source(source(checkout, "v1"))


def test_surroundings_of_another_repository_do_not_mislead(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(checkout.parent / "elsewhere"))
    assert open_source(source(checkout, "v1")).commit is not None


def test_a_configuration_is_checked_with_a_revision(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_bad(tmp_path)
    monkeypatch.chdir(tmp_path)
    text = (BAD / "good.yaml").read_text(encoding="utf-8")
    for revision, codes in (("v1", []), ("main", ["CW928", "CW303"]), ("v2", ["CW928"])):
        entry = f"[{{git: checkout, path: acme/acme.yaml, revision: {revision}}}]"
        Path("casewarden.yaml").write_text(text.replace("[support.yaml]", entry), encoding="utf-8")
        checked = check_configuration(Path("casewarden.yaml"), environ=ENVIRON, plugins=PLUGINS)
        assert [item.code for item in checked.diagnostics.items if item.level == "error"] == codes
    assert checkout.is_dir()
