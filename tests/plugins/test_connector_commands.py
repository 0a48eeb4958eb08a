"""`casewarden plugins` and `casewarden connector check`: what operators are told of connectors."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from casewarden.cli import app
from casewarden.telemetry.hiding import forget_all
from support.installed import install

ROOT = Path(__file__).parents[2]
ACME = """\
    from casewarden.plugin import Check, Finding, Spec, hookimpl

    class Acme:
        def spec(self):
            settings = {"token": {"type": "string", "secret": True}, "says": {"type": "string"}}
            return Spec("acme", "2.0", {"type": "object", "properties": settings}, frozenset({"note"}))
        def connect(self, instance, settings):
            if settings["says"] == "refuse":
                raise ValueError(f"`token` is no token: {settings['token']}")
            self.settings = settings
            return self
        def check(self):
            says, token = self.settings["says"], self.settings["token"]
            if says == "raise":
                raise RuntimeError(f"{token} was refused")
            found = [Finding("ok", "logged in as lee"), Finding("warning", "clocks differ", "set yours")]
            if says == "error":
                found.append(Finding("error", f"{token} may not write\\x1b[31m", f"give {token} the right"))
            return Check(tuple(found))
        def close(self):
            pass

    @hookimpl
    def casewarden_connectors():
        return [Acme()]
"""
CONFIGURATION = """\
casewarden: 1
store: sqlite:///casewarden.db
go_live: 2026-02-01T00:00:00Z
rulesets: [starter.yaml]
connectors:
  desk: {{plugin: acme, settings: {{token: {{env: ACME_TOKEN}}, says: {says}}}}}
personal_data: {{key: {{file: key}}}}
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the plugin `acme` installed, which is looked for packages in."""
    install(tmp_path, "casewarden-acme", ACME)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("ACME_TOKEN", "t0ken-of-acme")
    yield tmp_path
    forget_all()


def check(site: Path, says: str, *options: str, name: str = "desk") -> Result:
    (site / "casewarden.yaml").write_text(CONFIGURATION.format(says=says))
    return CliRunner().invoke(app, ["connector", "check", name, "--config", str(site / "casewarden.yaml"), *options])


def test_findings_are_told_with_their_fixes(site: Path) -> None:
    done = check(site, "well")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        "ok: logged in as lee\nwarning: clocks differ\n  fix: set yours\ndesk can work; 1 thing to look at.\n"
    )


def test_what_is_wrong_ends_with_1_and_shows_no_secret(site: Path) -> None:
    done = check(site, "error")
    assert done.exit_code == 1
    assert "error: [hidden] may not write\ufffd[31m\n  fix: give [hidden] the right\n" in done.stdout
    assert done.stdout.endswith("desk cannot work: 1 thing is wrong.\n")
    told = json.loads(check(site, "error", "--format", "json").stdout)
    assert (told["connector"], told["fit"], len(told["findings"])) == ("desk", False, 3)
    assert "t0ken" not in json.dumps(told)


def test_a_check_that_fails_is_told_as_what_is_wrong(site: Path) -> None:
    done = check(site, "raise")
    assert done.exit_code == 1
    assert done.stdout.startswith("error: its check fails: RuntimeError: [hidden] was refused\n")


def test_settings_that_are_refused_end_with_2(site: Path) -> None:
    done = check(site, "refuse")
    assert done.exit_code == 2
    assert done.stderr == "error: the connector `desk` cannot be made: `token` is no token: [hidden]\n"


def test_a_connector_that_is_not_configured_is_told(site: Path) -> None:
    done = check(site, "well", name="dezk")
    assert done.exit_code == 2
    assert done.stderr == "error: the configuration has no connector `dezk`\n  fix: did you mean `desk`?\n"


def test_a_secret_that_is_missing_ends_with_2(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACME_TOKEN")
    done = check(site, "well")
    assert done.exit_code == 2
    assert "ACME_TOKEN" in done.stderr


@pytest.mark.usefixtures("site")
def test_what_is_installed_is_listed() -> None:
    done = CliRunner().invoke(app, ["plugins"])
    assert done.exit_code == 0
    acme, files = done.stdout.split("\n\n")[0], done.stdout
    assert acme == (
        "acme 2.0, contract 1\n  from       casewarden-acme 1.0\n  actions    note\n"
        "  watermark  no\n  kit        not tried"
    )
    assert "files 1.0, contract 1\n  from       casewarden " in files
    assert "left out with reasons" in files


@pytest.mark.parametrize("command", ["plugins", "connector check desk", "serve", "sync"])
def test_a_plugin_that_does_not_load_ends_everything_with_the_reason(site: Path, command: str) -> None:
    install(site, "broken", "raise RuntimeError('no licence')\n")
    for file in (ROOT / "rules" / "starter").iterdir():
        (site / file.name).write_bytes(file.read_bytes())
    (site / "key").write_text(base64.b64encode(bytes(32)).decode())
    (site / "casewarden.yaml").write_text(CONFIGURATION.format(says="well"))
    done = subprocess.run(
        [Path(sys.executable).parent / "casewarden", *command.split()],
        cwd=site,
        env=dict(os.environ) | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "the plugin `broken` of broken 1.0 cannot be loaded from `broken`: RuntimeError: no licence" in done.stderr
    assert "Traceback" not in done.stderr
