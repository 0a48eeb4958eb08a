"""A reload takes what may change while the sidecar runs, all or nothing, and tells what takes a restart."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from casewarden.cli import app
from casewarden.cli.opened import present, settings_of
from casewarden.sidecar.running import Sidecar
from casewarden.telemetry.logs import configure_logs


@pytest.fixture
def sidecar(tmp_path: Path) -> Iterator[Sidecar]:
    made = CliRunner().invoke(app, ["init", "-y", "--rulesets", "starter", "--shadow", "yes", str(tmp_path)])
    assert made.exit_code == 0, made.output
    _edit(tmp_path, "personal_data:", "http: {listen: 127.0.0.1:0}\npersonal_data:")
    found = Sidecar(settings_of(tmp_path / "casewarden.yaml"), environ=os.environ, now=present)
    found.start()
    yield found
    assert found.stop()


def _edit(folder: Path, before: str, after: str) -> None:
    path = folder / "casewarden.yaml"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def test_shadow_and_caps_change_while_it_runs(sidecar: Sidecar, tmp_path: Path) -> None:
    assert sidecar.parts.current.is_shadow("close_unreachable")
    _edit(tmp_path, "shadow: everything", "shadow: [report_on_critical]\ncaps: {per_case: 3}")
    told = sidecar.reload()
    assert isinstance(told, dict)
    assert (told["reloaded"], told["needs_restart"]) == (True, [])
    current = sidecar.parts.current
    assert [current.is_shadow(rule) for rule in ("close_unreachable", "report_on_critical")] == [False, True]
    assert current.caps.per_case == 3


def test_what_takes_a_restart_is_told(sidecar: Sidecar, tmp_path: Path) -> None:
    _edit(tmp_path, "casewarden: 1\n", "casewarden: 1\npartitions: 4\n")
    told = sidecar.reload()
    assert isinstance(told, dict)
    assert (told["reloaded"], told["needs_restart"]) == (True, ["partitions"])


def test_a_mistake_changes_nothing_and_is_told_with_its_place(sidecar: Sidecar, tmp_path: Path) -> None:
    before = sidecar.parts.rules.book
    ruleset = next((tmp_path / "rules").rglob("starter.yaml"), None) or next(tmp_path.rglob("starter.yaml"))
    ruleset.write_text(ruleset.read_text().replace("rules:\n", "rulse:\n", 1))
    _edit(tmp_path, "shadow: everything", "shadow: [report_on_critical]")
    told = sidecar.reload()
    assert isinstance(told, dict)
    assert told["reloaded"] is False
    assert "rulse" in str(told["problems"])
    assert sidecar.parts.rules.book is before
    assert sidecar.parts.current.is_shadow("close_unreachable")
    _edit(tmp_path, "shadow:", "shadwo:")
    broken = sidecar.reload()
    assert isinstance(broken, dict)
    assert "did you mean `shadow`?" in str(broken["problems"])


def test_the_log_says_where_the_first_mistake_is_and_that_it_was_mended(sidecar: Sidecar, tmp_path: Path) -> None:
    configure_logs("info", io.StringIO(), "json")  # whatever the test before this one wanted to hear
    _edit(tmp_path, "shadow:", "shadwo:")
    with capture_logs() as logs:
        sidecar.reload()
    refused = next(line for line in logs if line["event"] == "reload_refused")  # the sidecar looks by itself, too
    lines = (tmp_path / "casewarden.yaml").read_text().splitlines()
    line = next(number for number, text in enumerate(lines, start=1) if text.startswith("shadwo:"))
    assert (refused["code"], refused["place"]) == ("CW201", f"{tmp_path / 'casewarden.yaml'}:{line}:1")
    _edit(tmp_path, "shadwo:", "shadow:")
    with capture_logs() as logs:
        sidecar.reload()
    assert "reloaded" in {line["event"] for line in logs}
