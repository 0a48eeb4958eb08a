"""A sidecar that only records needs no connector that could do what rules want: an export is enough."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from casewarden.cli import app
from casewarden.cli.opened import settings_of
from casewarden.sidecar.assembly import StartError
from casewarden.sidecar.running import Sidecar
from support.odd_desk import KEY, NOON, Running
from support.small import HOUR, rule, text_of

RULES = rule("tell", "when: {case.core: down}\nthen: [{note: hello}]")
_CONFIGURATION = """\
casewarden: 1
store: sqlite:///casewarden.db
go_live: 2026-02-01T00:00:00Z
rulesets: [small.yaml]
connectors: {old: {plugin: export, settings: {file: export.jsonl}}}
http: {listen: "127.0.0.1:0"}
personal_data: {key: {file: key}}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "small.yaml").write_text(text_of(RULES))
    (tmp_path / "key").write_text(KEY)
    (tmp_path / "key").chmod(0o600)
    event = {"subject": "case:1", "kind": "opened", "at": "2026-03-02T10:00:00Z", "by": "customer", "key": "o"}
    (tmp_path / "export.jsonl").write_text(
        json.dumps({**event, "data": {"via": "web", "facts": {"case.core": "down"}}}) + "\n"
    )
    path = tmp_path / "casewarden.yaml"
    path.write_text(_CONFIGURATION)
    return path


def test_an_export_is_decided_on_and_what_rules_want_is_recorded(config: Path) -> None:
    config.write_text(_CONFIGURATION + "shadow: everything\n")
    checked = CliRunner().invoke(app, ["config", "check", str(config)])
    assert checked.exit_code == 0, checked.output
    clock = [NOON + HOUR]
    sidecar = Sidecar(settings_of(config), environ=os.environ, now=lambda: clock[0], nap=0.05)
    sidecar.start()
    running = Running(sidecar, clock, config)
    try:
        running.until(lambda: bool(running.rows("SELECT 1 FROM outbox")), "what the rule wants")
        assert running.rows("SELECT rule, kind, state, connector FROM outbox") == [("tell", "note", "shadow", "")]
        config.write_text(_CONFIGURATION)
        told = sidecar.reload()
        assert isinstance(told, dict)
        assert told["reloaded"] is False
        assert "no connector can do it: the rule `tell` of small asks for `note`" in str(told["problems"])
        assert sidecar.parts.current.is_shadow("tell")
    finally:
        assert sidecar.stop()


def test_where_it_is_to_act_an_export_is_not_enough(config: Path) -> None:
    checked = CliRunner().invoke(app, ["config", "check", str(config)])
    assert checked.exit_code == 1
    assert "CW931" in checked.output
    with pytest.raises(StartError, match="no connector can do what rules want"):
        Sidecar(settings_of(config), environ=os.environ, now=lambda: NOON)
