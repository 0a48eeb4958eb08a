"""`casewarden rollout` as operators give it: without a sidecar, and through one that runs."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from casewarden.cli import app
from casewarden.cli.opened import present, settings_of
from casewarden.model.instants import iso, parse_instant
from casewarden.sidecar.running import Sidecar
from support.sidecars import Standing
from support.small import HOUR, rule, text_of

NOTIFY = "then: [{notify: {who: support, message: hello}}]"
BASE = text_of(
    "clocks:\n  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 4 elapsed hours}\n"
    + rule("warn", f"when: {{clock.answer.used: {{at_least: 50%}}}}\n{NOTIFY}")
)
HEAD = (
    BASE.replace("4 elapsed hours", "2 elapsed hours")
    .replace("new_cases", "all_cases")
    .replace('hello: {en: "Hello."}', 'hello: {en: "Good day."}')
)
OPENED = parse_instant("2026-06-02T08:00:00Z")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration with one case that was opened an hour and a half ago, and a changed ruleset beside it."""
    (tmp_path / "small.yaml").write_text(BASE)
    (tmp_path / "head.yaml").write_text(HEAD)
    made = run(
        tmp_path, "init", "-y", "--rulesets", "small.yaml", "--go-live", "2026-06-01T00:00:00Z", "--shadow", "no"
    )
    assert made.exit_code == 0, made.output
    config = tmp_path / "casewarden.yaml"
    config.write_text(config.read_text() + 'http: {listen: "127.0.0.1:0"}\n')
    line = {
        "subject": "case:1",
        "kind": "opened",
        "at": iso(OPENED),
        "by": "customer",
        "key": "o",
        "data": {"via": "mail"},
    }
    (tmp_path / "inbox" / "cases.jsonl").write_text(json.dumps(line) + "\n")
    assert run(tmp_path, "db", "upgrade").exit_code == 0
    Standing(tmp_path).go(OPENED + 3 * HOUR // 2)
    return tmp_path


def run(folder: Path, *words: str) -> Result:
    tail = [str(folder)] if words[0] == "init" else ["--config", str(folder / "casewarden.yaml")]
    return CliRunner().invoke(app, [*words, *tail], catch_exceptions=False)


def test_a_plan_tells_what_moves_and_changes_nothing(folder: Path) -> None:
    before = (folder / "casewarden.db").read_bytes()
    said = run(folder, "rollout", "plan", str(folder / "head.yaml"), "--format", "json")
    assert said.exit_code == 0, said.output
    plan = json.loads(said.output)
    assert (plan["cases"], plan["binds_all"]) == (1, True)
    assert plan["deadlines"] == [{"clock": "answer", "earlier": 1, "later": 0, "otherwise": 0}]
    (moved,) = plan["moved"]
    assert moved["deadlines"][0] == {
        "clock": "answer",
        "number": 1,
        "before_at": iso(OPENED + 4 * HOUR),
        "after_at": iso(OPENED + 2 * HOUR),
        "by": -2 * HOUR,
    }
    assert [(one["before"], one["after"]) for one in plan["wordings"]] == [("Hello.", "Good day.")]
    assert plan["at_once"] == []
    assert (folder / "casewarden.db").read_bytes() == before


def test_the_text_of_a_plan_has_counts_first_and_then_cases_with_why(folder: Path) -> None:
    said = run(folder, "rollout", "plan", str(folder / "head.yaml"))
    assert said.exit_code == 0, said.output
    for sentence in (
        "1 case and 0 other subjects decided both ways",
        "answer: 1 earlier",
        "answer is due 2 h earlier",
        "Good day.",
    ):
        assert sentence in said.output
    assert said.output.index("decided both ways") < said.output.index("answer is due 2 h earlier")


def test_without_a_sidecar_a_command_takes_its_place_and_the_next_one_knows(folder: Path) -> None:
    head = str(folder / "head.yaml")
    assert "is tried beside" in run(folder, "rollout", "start", "try", head, "--reason", "sooner").output
    again = run(folder, "rollout", "start", "try", head)
    assert (again.exit_code, "there was a rollout `try` already" in again.output) == (2, True)
    assert json.loads(run(folder, "rollout", "list", "--format", "json").output)["rollouts"][0]["state"] == "shadow"
    unknown = run(folder, "rollout", "status", "tri")
    assert (unknown.exit_code, "did you mean `try`?" in unknown.output) == (2, True)
    assert "is in force in `small`" in run(folder, "rollout", "promote", "try", "--all").output
    assert "is in force in `small` again" in run(folder, "rollout", "back", "try").output
    assert "has ended" in run(folder, "rollout", "end", "try").output
    assert run(folder, "db", "check", "--decisions", "all").exit_code == 0


def test_a_ruleset_with_mistakes_is_told_with_its_places(folder: Path) -> None:
    (folder / "head.yaml").write_text(HEAD.replace("rules:", "rulse:"))
    said = run(folder, "rollout", "start", "try", str(folder / "head.yaml"))
    assert (said.exit_code, "rulse" in said.output) == (2, True)


def test_a_sidecar_that_runs_carries_the_commands_out_and_goes_on_after_a_restart(folder: Path) -> None:
    for _ in range(2):
        sidecar = Sidecar(settings_of(folder / "casewarden.yaml"), environ=os.environ, now=present)
        sidecar.start()
        try:
            if not sidecar.parts.rules.book.trials:
                said = run(folder, "rollout", "start", "try", str(folder / "head.yaml"))
                assert said.exit_code == 0, said.output
            assert sidecar.parts.rules.book.trials == ("small@try",)
        finally:
            assert sidecar.stop()
    listed = json.loads(run(folder, "rollout", "list", "--format", "json").output)
    assert [one["name"] for one in listed["rollouts"]] == ["try"]
