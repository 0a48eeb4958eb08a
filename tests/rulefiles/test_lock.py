"""The lock file: deterministic, obeyed, and refused when it does not fit."""

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from casewarden.cli import app
from casewarden.ruleset.load import load
from casewarden.ruleset.lock import lock_path

GOOD = Path(__file__).parent / "good"


@pytest.fixture
def ruleset(tmp_path: Path) -> Path:
    shutil.copytree(GOOD, tmp_path / "rules")
    return tmp_path / "rules" / "everything.yaml"


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def test_the_same_ruleset_gives_the_same_bytes(ruleset: Path) -> None:
    assert run("lock", str(ruleset)) == (0, f"{lock_path(ruleset)} written\n")
    first = lock_path(ruleset).read_bytes()
    assert run("lock", str(ruleset)) == (0, f"{lock_path(ruleset)} is up to date\n")
    lock_path(ruleset).unlink()
    assert run("lock", "--check", str(ruleset)) == (1, f"{lock_path(ruleset)} is missing\n")
    run("lock", str(ruleset))
    assert lock_path(ruleset).read_bytes() == first


@pytest.mark.states("T7")
def test_the_locked_holidays_are_those_of_the_library(ruleset: Path) -> None:
    before, _ = load(ruleset)
    run("lock", str(ruleset))
    after, diagnostics = load(ruleset)
    assert before is not None
    assert after is not None, diagnostics.items
    assert {n: c.spec for n, c in after.calendars.items()} == {n: c.spec for n, c in before.calendars.items()}
    assert after.digest != before.digest, "the lock file is part of what binds"


@pytest.mark.states("T7")
def test_deciding_takes_the_locked_holidays_whatever_the_library_says(ruleset: Path) -> None:
    run("lock", str(ruleset))
    lock = lock_path(ruleset)
    lock.write_text(lock.read_text(encoding="utf-8").replace("2026-08-01", "2026-08-03"), encoding="utf-8")
    after, _ = load(ruleset)
    assert after is not None
    dates = {day.date.isoformat() for day in after.calendars["office"].spec.holidays}
    assert "2026-08-03" in dates
    assert "2026-08-01" not in dates


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("everything.yaml", "subdivision: SG", "subdivision: ZH"),
        ("everything.yaml", "years: 2024-2030", "years: 2024-2031"),
        ("everything.yaml", "remove: [2026-04-06]", "remove: [2026-05-14]"),
        ("included/messages.yaml", "Welcome", "Good day"),
    ],
)
@pytest.mark.states("T7")
def test_what_changed_since_is_told_and_can_be_accepted(ruleset: Path, file: str, old: str, new: str) -> None:
    run("lock", str(ruleset))
    changed = ruleset.parent / file
    changed.write_text(changed.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    refused, diagnostics = load(ruleset)
    assert refused is None
    assert [item.code for item in diagnostics.items if item.level == "error"] == ["CW951"]
    assert run("lock", "--check", str(ruleset))[0] == 1
    assert run("lock", str(ruleset))[0] == 0
    assert load(ruleset)[0] is not None


def test_remarks_and_layout_leave_the_lock_valid(ruleset: Path) -> None:
    run("lock", str(ruleset))
    ruleset.write_text("# a remark\n" + ruleset.read_text(encoding="utf-8"), encoding="utf-8")
    assert load(ruleset)[0] is not None


def test_a_lock_that_somebody_edited_into_nonsense_is_refused(ruleset: Path) -> None:
    run("lock", str(ruleset))
    text = lock_path(ruleset).read_text(encoding="utf-8")
    broken = [
        "",
        "[]",
        "lock: 2\n",
        re.sub(r"\d{4}-\d\d-\d\d:", "someday:", text),
        text.replace("declared:", "declare:"),
        text.replace("    0:", "    x:"),
        text.replace("lock: 1", "lock: {"),
        text.replace("tzdata: ", "tzdata: [") + "\x00",
    ]
    for content in broken:
        lock_path(ruleset).write_text(content, encoding="utf-8")
        refused, diagnostics = load(ruleset)
        assert refused is None
        assert "CW950" in {item.code for item in diagnostics.items}, content[:80]


def test_a_ruleset_with_errors_is_not_locked(ruleset: Path) -> None:
    ruleset.write_text(ruleset.read_text(encoding="utf-8").replace("stops: agent_reply", "stops: agent_repyl"))
    code, output = run("lock", str(ruleset))
    assert code == 1
    assert "did you mean `agent_reply`?" in output
    assert not lock_path(ruleset).exists()
    assert run("lock", str(ruleset.parent / "none.yaml"))[0] == 2
