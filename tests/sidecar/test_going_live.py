"""Before the first action: what is known and true already is told, does nothing, and acts after all where confirmed."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from casewarden.cli import app
from casewarden.model.instants import parse_instant
from casewarden.ruleset.load import load_text
from support.sidecars import Standing

RULESET = """
casewarden: 1
ruleset: small
revision: {from: 2026-01-01, binds: new_cases}
defaults:
  calendar: always
  language: en
  plan: basic
  days: {mode: end_of_day, origin: next_opening}
  boundary: closing
  on_change: {severity: keep, plan: keep, contract: keep}
people: [support]
close_reasons: [solved]
calendars:
  always: {zone: Europe/Zurich, open: 24x7, holidays: none}
plans:
  basic: {calendar: always, commitment: slo}
fields:
  case:
    core: {type: choice, of: [down, available]}
messages:
  hello: {en: "Hello."}
clocks:
  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 400 elapsed days}
rules:
  tell_of_outage:
    clause: [S]
    when: {case.core: down}
    then: [{notify: {who: support, message: hello}}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration beside an inbox with two cases from before it goes live, one of them down, and one after."""
    assert load_text(RULESET)[0] is not None
    (tmp_path / "small.yaml").write_text(RULESET)
    made = _run(
        tmp_path, "init", "-y", "--rulesets", "small.yaml", "--go-live", "2026-06-01T00:00:00Z", "--shadow", "no"
    )
    assert made.exit_code == 0, made.output
    lines = [
        {"subject": f"case:{number}", "kind": "opened", "at": at, "by": "customer", "key": f"o{number}",
         "data": {"via": "mail", "facts": {"case.core": core}}}
        for number, at, core in (
            (1, "2026-05-01T08:00:00Z", "down"),
            (2, "2026-05-02T08:00:00Z", "available"),
            (3, "2026-06-02T08:00:00Z", "down"),
        )
    ]  # fmt: skip
    (tmp_path / "inbox" / "cases.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path


def _run(folder: Path, *words: str) -> Result:
    config = [] if words[0] == "init" else ["--config", str(folder / "casewarden.yaml")]
    arguments = [*words, *config, *([str(folder)] if words[0] == "init" else [])]
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_a_plan_tells_what_is_known_late_and_true_already_and_nothing_is_sent(folder: Path) -> None:
    said = _run(folder, "sync", "--plan")
    assert said.exit_code == 0
    assert re.sub(r"As of \S+", "As of NOW", said.output) == (
        "desk: 3 new of 3 events\n"
        "As of NOW\n"
        "  cases: 3 open\n"
        "  open by severity: 3 of unknown\n"
        "  clocks of open cases:\n"
        "    answer  3 running, 0 due within an hour, 0 within a day; 0 overdue, 0 on hold\n"
        "  true already, so nothing is done about it (`casewarden backfill RULE` lets it act after all):\n"
        "    tell_of_outage: 1 case: 1\n"
        "  would go out at once:\n"
        "    1 x notify by tell_of_outage\n"
    )
    assert not (folder / "outbox.jsonl").exists()
    again = json.loads(_run(folder, "sync", "--plan", "--format", "json").output)
    assert again["taken"] == {"desk": {"events": 0, "new": 0, "refused": 0}}
    assert again["plan"]["true_already"] == {"tell_of_outage": ["case:1"]}


def test_a_plan_as_of_an_instant_tells_what_would_be_late_by_then(folder: Path) -> None:
    said = _run(folder, "sync", "--plan", "--format", "json", "--at", "2027-06-06T00:00:00Z")
    assert json.loads(said.output)["plan"]["clocks"]["answer"]["overdue"] == 1


def test_an_instant_without_its_offset_is_told(folder: Path) -> None:
    said = _run(folder, "sync", "--plan", "--at", "2027-06-06T00:00:00")
    assert said.exit_code == 2
    assert "write 2027-06-06T00:00:00Z for UTC" in said.output


@pytest.mark.states("D15")
def test_a_backfill_acts_only_with_the_number_that_was_shown_and_only_once(folder: Path) -> None:
    assert _run(folder, "db", "upgrade").exit_code == 0
    Standing(folder).go(parse_instant("2026-07-01T00:00:00Z"))
    assert "is true on 1 cases and has never fired there: 1" in _run(folder, "backfill", "tell_of_outage").output
    wrong = _run(folder, "backfill", "tell_of_outage", "--confirm", "2")
    assert (wrong.exit_code, "is true on 1 cases by now, not on 2" in wrong.output) == (2, True)
    assert "fires on 1 cases: 1" in _run(folder, "backfill", "tell_of_outage", "--confirm", "1").output
    Standing(folder).go(parse_instant("2100-01-01T00:00:00Z"))
    sent = [json.loads(line)["key"] for line in (folder / "outbox.jsonl").read_text().splitlines()]
    assert sorted(sent) == ["case:1/tell_of_outage/1/0/0", "case:3/tell_of_outage/1/0/0"]
    assert "There is no open case" in _run(folder, "backfill", "tell_of_outage").output


def test_a_rule_that_is_not_there_is_told_with_what_may_be_meant(folder: Path) -> None:
    _run(folder, "sync")
    said = _run(folder, "backfill", "tell_of_outages")
    assert (said.exit_code, "did you mean `tell_of_outage`?" in said.output) == (2, True)
