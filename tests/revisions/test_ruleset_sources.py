"""Revisions from files, from folders, from git, and from the store: the same digest every time, or a clear error."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from casewarden.config.settings import RulesetSource
from casewarden.ruleset.document import read_file
from casewarden.ruleset.load import load
from casewarden.ruleset.lock import make_lock
from casewarden.ruleset.written import read_written
from casewarden.service.ruleset_sources import (
    Revision,
    SourceRead,
    StoredRulesetError,
    load_stored,
    read_source,
    stored_revision,
    taken_over,
    written_of,
)
from casewarden.shipped import shipped
from support.rulefiles import BARE, main_files
from support.small import at, text_of

NOW = at("mon 09:00")
STARTER = shipped("rules") / "starter"
CLOCK = "clocks:\n  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 4 business hours}\n"
RULE = "rules:\n  tell: {clause: [S], when: {case.core: down}, then: [note: hello]}\n"


def revision(read: SourceRead) -> Revision:
    assert read.revision is not None, "\n".join(f"{it.place}: {it.message}" for it in read.diagnostics.items)
    return read.revision


def from_path(path: Path) -> Revision:
    return revision(read_source(RulesetSource(path), NOW))


def problem(read: SourceRead) -> str:
    assert read.revision is None
    return read.diagnostics.items[0].message


def again(one: Revision) -> Revision:
    return stored_revision(
        one.files,
        digest=one.digest,
        lane=one.lane,
        origin=one.origin,
        effective_at=one.effective_at,
        added_at=one.added_at,
    )


# -- files and the store


@pytest.mark.parametrize("path", main_files(), ids=lambda path: path.stem)
def test_stored_files_give_the_same_revision(path: Path) -> None:
    one = from_path(path)
    loaded, _ = load(path)
    assert loaded is not None
    assert one.digest == loaded.digest
    assert next(iter(one.files)) == path.name
    assert load_stored(one.files).digest == one.digest
    stored = again(one)
    assert (stored.digest, stored.files, stored.lane) == (one.digest, one.files, one.lane)


def test_everything_that_loading_looks_at_is_stored(tmp_path: Path) -> None:
    copy = tmp_path / "katalon"
    shutil.copytree(shipped("rules") / "katalon", copy)
    main = copy / "katalon.yaml"
    written, _ = read_written(main, read_file)
    assert written is not None
    (copy / "katalon.lock").write_text(make_lock(written.document), encoding="utf-8")
    one = from_path(main)
    assert set(one.files) == {
        "katalon.yaml",
        "operations.yaml",
        "messages.yaml",
        "readings.yaml",
        "katalon.lock",
        "clauses.yaml",
    }
    assert one.digest != written.digest
    assert load_stored(one.files).digest == one.digest
    del (files := dict(one.files))["clauses.yaml"]
    with pytest.raises(StoredRulesetError, match=r"katalon\.yaml:\d+:\d+: there is no clause file `clauses\.yaml`"):
        load_stored(files)


def test_line_ends_and_marks_are_stored_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(("\ufeff" + BARE + "include: [more/b.yaml]\n").replace("\n", "\r\n").encode())
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "b.yaml").write_bytes('casewarden: 1\r\nmessages:\r\n  m: {en: "Grüezi."}\r\n'.encode())
    written, _ = read_written(tmp_path / "a.yaml", read_file)
    assert written is not None
    (tmp_path / "a.lock").write_text(make_lock(written.document), encoding="utf-8")
    one = from_path(tmp_path / "a.yaml")
    assert one.files["more/b.yaml"].encode() == (tmp_path / "more" / "b.yaml").read_bytes()
    assert again(one).digest == one.digest


@pytest.mark.states("E6")
def test_a_revision_is_in_force_from_midnight_of_its_date_in_the_zone_of_the_default_calendar(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(text_of(CLOCK).replace("2026-01-01", "2026-03-03"), encoding="utf-8")
    one = from_path(tmp_path / "small.yaml")
    assert one.effective_at == at("tue 00:00")
    assert (one.added_at, one.lane, one.origin) == (NOW, "small", str(tmp_path / "small.yaml"))


def test_a_folder_stands_for_the_ruleset_in_it(tmp_path: Path) -> None:
    shutil.copytree(STARTER, tmp_path / "starter")
    one = from_path(tmp_path / "starter")
    assert one.digest == from_path(STARTER / "starter.yaml").digest
    assert one.origin == str(tmp_path / "starter" / "starter.yaml")
    empty = tmp_path / "empty"
    empty.mkdir()
    read = read_source(RulesetSource(empty), NOW)
    assert problem(read) == (
        f"the ruleset cannot be read: there is no ruleset in {empty}: no *.yaml file there says `ruleset:`"
    )
    shutil.copy(STARTER / "starter.yaml", empty)
    assert read.watched.has_changed()


def test_a_broken_file_gives_all_its_problems_and_no_revision(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(BARE + "people: lead\nrules:\n  r: {clause: [S], then: []}\n", encoding="utf-8")
    read = read_source(RulesetSource(tmp_path / "a.yaml"), NOW)
    assert read.revision is None
    assert len(read.diagnostics.items) >= 3
    missing = read_source(RulesetSource(tmp_path / "b.yaml"), NOW)
    assert problem(missing) == f"`{tmp_path / 'b.yaml'}` cannot be opened: there is no such file"


def test_stored_files_that_are_no_ruleset_any_more_say_why() -> None:
    with pytest.raises(StoredRulesetError, match="no files are stored"):
        load_stored({})
    with pytest.raises(
        StoredRulesetError, match=r"can no longer be read: a\.yaml:\d+:\d+: the ruleset has no `revision`"
    ):
        load_stored({"a.yaml": BARE.replace("revision", "# revision")})


def test_stored_files_read_nothing_else_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b.yaml").write_text("casewarden: 1\n", encoding="utf-8")
    with pytest.raises(StoredRulesetError, match=r"`b\.yaml` cannot be opened"):
        load_stored({"a.yaml": BARE + "include: [b.yaml]\n"})
    with pytest.raises(StoredRulesetError, match="outside the folder"):
        load_stored({"a.yaml": BARE + f"include: [../..{tmp_path}/b.yaml]\n"})


def test_a_revision_that_would_be_another_by_now_is_not_taken_for_the_stored_one() -> None:
    one = from_path(STARTER / "starter.yaml")
    with pytest.raises(StoredRulesetError, match=r"give [0-9a-f]{12} with what is installed now; a lock file"):
        stored_revision(one.files, digest="0" * 64, lane="starter", origin="", effective_at=0, added_at=0)


# -- changes are seen


def test_changes_of_every_file_are_seen_without_reading_it(tmp_path: Path) -> None:
    folder = tmp_path / "starter"
    shutil.copytree(STARTER, folder)
    for change in (
        lambda: (folder / "clauses.yaml").write_text((folder / "clauses.yaml").read_text("utf-8") + "\n", "utf-8"),
        lambda: os.utime(folder / "starter.yaml", ns=(1, 1)),
        lambda: (folder / "starter.lock").write_text("no lock\n", "utf-8"),
        (folder / "starter.lock").unlink,
        (folder / "starter.yaml").unlink,
    ):
        watched = read_source(RulesetSource(folder / "starter.yaml"), NOW).watched
        assert not watched.has_changed()
        change()
        assert watched.has_changed()
        assert watched.look() == watched.look()


def test_a_missing_include_is_watched_for(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(BARE + "include: [b.yaml]\n", encoding="utf-8")
    read = read_source(RulesetSource(tmp_path / "a.yaml"), NOW)
    assert problem(read) == "`b.yaml` cannot be opened: there is no such file"
    assert not read.watched.has_changed()
    (tmp_path / "b.yaml").write_text("casewarden: 1\n", encoding="utf-8")
    assert read.watched.has_changed()


# -- git


def git(folder: Path, *words: str) -> str:
    settings = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", *settings, "-C", str(folder), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=kept | alone).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with the starter at tag `v1`, and with a changed message at `v2`, which is checked out."""
    folder = tmp_path / "checkout"
    shutil.copytree(STARTER, folder / "rules" / "starter")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "one")
    git(folder, "tag", "v1")
    file = folder / "rules" / "starter" / "starter.yaml"
    file.write_text(file.read_text("utf-8").replace("We are still", "We are"), "utf-8")
    git(folder, "commit", "-q", "-a", "-m", "two")
    git(folder, "tag", "v2")
    return folder


PATH = Path("rules/starter/starter.yaml")


def at_revision(checkout: Path, name: str | None, path: Path = PATH) -> SourceRead:
    return read_source(RulesetSource(path, checkout, name), NOW)


def test_a_revision_of_git_is_read_whatever_is_checked_out(checkout: Path) -> None:
    (checkout / PATH).write_text("nonsense: [", "utf-8")
    one, two = revision(at_revision(checkout, "v1")), revision(at_revision(checkout, "main"))
    assert one.digest == from_path(STARTER / "starter.yaml").digest
    assert one.origin == f"{checkout}@{git(checkout, 'rev-parse', 'v1')}:rules/starter/starter.yaml"
    assert two.ruleset.messages["still_working"].texts["en"].body.startswith("We are working")
    assert set(one.files) == {"starter.yaml", "clauses.yaml"}
    assert again(one).digest == one.digest
    assert (checkout / PATH).read_text("utf-8") == "nonsense: ["
    assert git(checkout, "status", "--porcelain") == "M rules/starter/starter.yaml"


def test_without_a_revision_the_files_of_the_checkout_are_read_as_they_lie_there(checkout: Path) -> None:
    one = revision(at_revision(checkout, None))
    assert one.digest == revision(at_revision(checkout, "v2")).digest
    assert one.origin == str(checkout / PATH)


def test_a_branch_that_moves_is_seen_and_a_tag_that_stays_is_not(checkout: Path) -> None:
    branch, tag = at_revision(checkout, "main").watched, at_revision(checkout, "v1").watched
    git(checkout, "commit", "-q", "--allow-empty", "-m", "three")
    assert branch.has_changed()
    assert not tag.has_changed()
    gone = at_revision(checkout, "v3").watched
    assert not gone.has_changed()
    git(checkout, "tag", "v3")
    assert gone.has_changed()


def test_no_hook_and_no_filter_of_the_repository_is_run(checkout: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n", "utf-8")
    script.chmod(0o755)
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        shutil.copy(script, checkout / ".git" / "hooks" / hook)
    (checkout / ".git" / "info" / "attributes").write_text("*.yaml filter=evil diff=evil\n", "utf-8")
    for key in ("filter.evil.smudge", "diff.evil.textconv", "core.fsmonitor", "core.pager"):
        git(checkout, "config", key, str(script))
    revision(at_revision(checkout, "v1"))
    at_revision(checkout, "v1").watched.look()
    assert not ran.exists()


@pytest.mark.parametrize(
    ("name", "path", "said"),
    [
        ("v9", PATH, "the checkout has no revision `v9`"),
        ("--output=x", PATH, "the checkout has no revision `--output=x`"),
        ("v1", Path("rules/starter/other.yaml"), "cannot be opened: there is no such file"),
        ("v1", Path("rules/starter"), "cannot be opened: it is a folder"),
    ],
)
def test_what_git_does_not_have_is_said(checkout: Path, name: str, path: Path, said: str) -> None:
    assert said in problem(at_revision(checkout, name, path))
    assert not (checkout / "x").exists()


def test_no_checkout_and_no_git_are_said(tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no git checkout" in problem(at_revision(tmp_path, "main"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "git is not installed" in problem(at_revision(checkout, "v1"))


def test_a_link_in_a_commit_is_not_followed(checkout: Path) -> None:
    (checkout / "link.yaml").symlink_to(PATH)
    git(checkout, "add", "link.yaml")
    git(checkout, "commit", "-q", "-m", "link")
    assert "it is a link" in problem(at_revision(checkout, "main", Path("link.yaml")))


# -- what a rollout took over


def parts(tmp_path: Path) -> tuple[Revision, Revision]:
    two = RULE + "  other: {clause: [S], when: {case.core: degraded}, then: [note: bye]}\n"
    (tmp_path / "base.yaml").write_text(text_of(CLOCK + two), "utf-8")
    (tmp_path / "head.yaml").write_text(
        text_of(CLOCK + two.replace("down", "available").replace("note: bye", "note: hello")), "utf-8"
    )
    return from_path(tmp_path / "base.yaml"), from_path(tmp_path / "head.yaml")


def test_what_was_taken_over_is_stored_with_both_and_had_again(tmp_path: Path) -> None:
    base, head = parts(tmp_path)
    later = at("tue 09:00")
    one = taken_over(base, head, ["tell"], rollout="spring", at=later)
    assert (one.origin, one.effective_at, one.added_at, one.lane) == ("rollout spring", later, later, "small")
    assert one.is_of_rollout
    assert list(one.files) == ["/partly.json", "base/base.yaml", "head/head.yaml"]
    assert again(one).digest == one.digest
    assert one.digest not in (base.digest, head.digest)
    third = taken_over(one, head, ["other"], rollout="spring", at=later)
    assert third.digest == head.digest
    assert third.files == head.files
    assert taken_over(base, head, [], rollout="spring", at=later).files == base.files


def test_what_was_taken_over_can_itself_be_a_base(tmp_path: Path) -> None:
    base, head = parts(tmp_path)
    one = taken_over(base, head, ["tell"], rollout="spring", at=NOW)
    (tmp_path / "next.yaml").write_text(text_of(CLOCK + RULE.replace("hello", "bye")), "utf-8")
    two = taken_over(one, from_path(tmp_path / "next.yaml"), ["other"], rollout="summer", at=NOW)
    assert list(two.ruleset.rules) == ["tell"]
    assert next(iter(two.files)) == "/partly.json"
    assert "base//partly.json" in two.files
    assert again(two).digest == two.digest


def test_what_was_taken_over_and_cannot_be_any_more_says_why(tmp_path: Path) -> None:
    base, head = parts(tmp_path)
    files = dict(taken_over(base, head, ["tell"], rollout="spring", at=NOW).files)
    files["/partly.json"] = '["tel"]'
    with pytest.raises(StoredRulesetError, match="can no longer be taken over: neither revision has a rule `tel`"):
        written_of(files)
