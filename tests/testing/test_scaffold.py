"""What `casewarden connector new` writes is a plugin that passes the kit as it stands, installed or not."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from casewarden.cli import app
from casewarden.testing.rules import RULES
from casewarden.testing.scaffold.writing import NameUnfitError, scaffold

ROOT = Path(__file__).parents[2]


def run(*command: str, cwd: Path, path: Sequence[Path] = ()) -> subprocess.CompletedProcess[str]:
    """A command of this environment, with folders in front of all that Python knows."""
    environment = dict(os.environ) | {"PYTHONPATH": os.pathsep.join(map(str, path)), "NO_COLOR": "1"}
    return subprocess.run(
        [str(Path(sys.executable).parent / command[0]), *command[1:]],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_tested_installed_and_listed(tmp_path: Path) -> None:
    new = run("casewarden", "connector", "new", "my-desk", cwd=tmp_path)
    assert (new.returncode, new.stderr) == (0, "")
    assert new.stdout.startswith("11 files written to casewarden-my-desk. Next, in that folder:\n")
    folder, site = tmp_path / "casewarden-my-desk", tmp_path / "site"
    tried = run("pytest", "-q", "--casewarden-verdict", "-p", "no:cacheprovider", cwd=folder)
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert f"{len(RULES) + 3} passed" in tried.stdout
    assert "verdict on my-desk 0.1.0: written to" in tried.stdout
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check"]
    installed = run("pip", "install", *options, "--target", str(site), str(folder), cwd=tmp_path)
    assert installed.returncode == 0, installed.stderr
    listed = json.loads(run("casewarden", "plugins", "--format", "json", cwd=tmp_path, path=[site]).stdout)
    (own,) = [row for row in listed if row["name"] == "my-desk"]
    assert own["from"] == "casewarden-my-desk 0.1.0"
    assert own["kit"] == f"keeps {len(RULES)} of {len(RULES)} rules"


def test_its_code_is_held_to_the_house_rules(tmp_path: Path) -> None:
    for path, text in scaffold("desk").items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    config = ["--config", str(ROOT / "pyproject.toml"), "--config", f'src=["{tmp_path}"]', "--no-cache"]
    checked = run("ruff", "check", *config, str(tmp_path), cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout
    formatted = run("ruff", "format", "--diff", *config, str(tmp_path), cwd=tmp_path)
    assert formatted.returncode == 0, formatted.stdout
    assert not any("acme" in text.lower() for text in scaffold("desk").values())


@pytest.mark.parametrize("name", ["", "Acme", "9desk", "a--b", "desk/..", "x" * 41, "désk"])
def test_a_name_that_cannot_be_one_is_refused(name: str) -> None:
    with pytest.raises(NameUnfitError, match="cannot name a connector"):
        scaffold(name)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    done = CliRunner().invoke(app, ["connector", "new", "acme", str(tmp_path)])
    assert (done.exit_code, "README.md is there already" in done.stderr) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
