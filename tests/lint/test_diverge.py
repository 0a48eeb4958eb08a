"""What hangs on interpretations: the differences told are those of the worked vectors, in plain words."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from casewarden.cli.lint import command
from casewarden.report.divergence import render_json, render_text
from casewarden.ruleset.load import load
from casewarden.scenario.cover_sources import Reading, own_tests
from casewarden.scenario.diverge import diverge

ROOT = Path(__file__).resolve().parents[2]
ZITADEL = ROOT / "rules" / "zitadel" / "zitadel.yaml"

ALONE = """\
casewarden: 1
ruleset: alone
revision: {from: 2026-01-01, binds: new_cases}
defaults:
  calendar: office
  language: en
  plan: basic
  days: {mode: end_of_day, origin: date}
  boundary: closing
  on_change: {severity: keep, plan: keep, contract: keep}
calendars:
  office: {zone: Europe/Zurich, open: {mon-fri: 08:00-17:00}, holidays: none, clause: [C-2], interpretation: [Q2]}
severity:
  clause: [C-1]
  levels: {1: High, 2: Low}
  until_classified: reported
  hit: unique
  otherwise: person
  table: [{when: {case.stopped: yes}, gives: 1}]
fields: {case: {stopped: {type: yes_no}}}
plans: {basic: {calendar: office, commitment: slo}}
clocks:
  answer:
    clause: [C-1]
    interpretation: [Q1]
    starts: case_opened
    stops: agent_reply
    target: 8 business hours
interpretations:
  Q1:
    {reading: hours of opening, by: lead, decided: 2026-01-12, reason: said so,
     others: {by_the_wall: {clocks/answer/target: 8 elapsed hours}}}
  Q2:
    {reading: no holidays, by: lead, decided: 2026-01-12, reason: none named,
     others: {in_winter: {calendars/office/exceptions: {2026-12-24: closed}}}}
  Q3: {reading: open, by: lead, decided: 2026-01-12, reason: lost}
"""


def lint(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_the_worked_vector_of_credits_is_told_in_days() -> None:
    """The one interpretation that credits rest on; the command does the same for all of a ruleset."""
    ruleset, _ = load(ZITADEL)
    tests = own_tests(ZITADEL, Reading())
    assert ruleset is not None
    assert tests is not None
    question = ruleset.interpretations["A11"]
    others = {("A11", name): load(ZITADEL, readings={"A11": name})[0] for name in question.others}
    readable = {key: other for key, other in others.items() if other is not None}
    found = list(diverge(replace(ruleset, interpretations={"A11": question}), readable, tests))
    text = render_text(found, [])
    assert "credit `late_response`: 34 or 30 days of credit" in text
    told = json.loads(render_json(found, []))["interpretations"][0]["readings"]
    texts = {reading["name"]: str(reading["samples"]) for reading in told}
    assert "credit `late_response`: 34 or 94 days of credit" in texts["wall_clock"]
    assert "credit `late_response`: 3 or 4 days of credit" in texts["started_quarters"]


def test_without_tests_cases_are_made(tmp_path: Path) -> None:
    file = tmp_path / "alone.yaml"
    file.write_text(ALONE)
    result = lint(str(tmp_path), "--diverge")
    assert "severity 1, plan basic, opened a Friday at 16:40  a made case" in result.output
    # 8 hours from Friday 2026-07-10 16:40: 20 minutes on Friday, 7:40 on Monday; or by the wall Saturday 00:40
    assert "clock `answer` due: Mon 2026-07-13 15:40 or Sat 2026-07-11 00:40" in result.output
    assert "clock `answer`: met or missed" not in result.output  # answered on Tuesday: late in both
    assert "or in_winter: no difference in 4 sample cases" in result.output
    assert "Q3  open\n     open: nothing that rests on it is enforced" in result.output
    assert result.exit_code == 1  # one reading makes no difference that a sample shows


def test_json_has_every_difference(tmp_path: Path) -> None:
    file = tmp_path / "alone.yaml"
    file.write_text(ALONE)
    told = json.loads(lint(str(file), "--diverge", "--format", "json").stdout)
    first, second, third = told["interpretations"]
    assert (first["id"], first["clauses"], first["open"]) == ("Q1", ["C-1"], False)
    assert (second["id"], third["id"], third["open"]) == ("Q2", "Q3", True)
    (reading,) = first["readings"]
    assert (reading["name"], reading["played"], len(reading["samples"])) == ("by_the_wall", 4, 4)
    assert reading["samples"][0]["differences"][0] == {
        "what": "clock `answer` due",
        "chosen": "Thu 2026-07-09 08:15",
        "other": "Wed 2026-07-08 17:15",
        "text": "clock `answer` due: Thu 2026-07-09 08:15 or Wed 2026-07-08 17:15",
    }


def test_targets_without_a_due_time_differ_by_their_words(tmp_path: Path) -> None:
    text = ALONE.replace("target: 8 business hours", "target: best_effort").replace("8 elapsed hours", "discretion")
    file = tmp_path / "alone.yaml"
    file.write_text(text)
    assert "clock `answer` target: best effort or discretion" in lint(str(file), "--diverge").output


def test_whether_the_revision_binds_a_case_is_told(tmp_path: Path) -> None:
    text = ALONE.replace(
        "others: {in_winter: {calendars/office/exceptions: {2026-12-24: closed}}}",
        "others: {all_of_them: {revision/binds: all_cases}}",
    )
    (tmp_path / "alone.yaml").write_text(text)
    (tmp_path / "alone.test.yaml").write_text(
        "casewarden_test: 1\nruleset: alone.yaml\nzone: Europe/Zurich\ntests:\n  of_the_year_before:\n"
        "    timeline: [{at: Wed 2025-12-31 16:00, opened: {by: customer}, expect: {ledger: none}}]\n"
    )
    result = lint(str(tmp_path), "--diverge")
    assert "the revision: does not bind the case or binds the case" in result.output


def test_lint_alone_shows_warnings(tmp_path: Path) -> None:
    fine = lint(str(ROOT / "rules" / "starter"))
    assert (fine.exit_code, fine.output) == (0, f"{ROOT / 'rules' / 'starter' / 'starter.yaml'}: nothing to remark.\n")
    file = tmp_path / "alone.yaml"
    file.write_text(ALONE.replace("plans:", "events: {never_used: {kind: message, by: customer}}\nplans:"))
    result = lint(str(file))
    assert result.exit_code == 1
    assert "never_used" in result.output


@pytest.mark.parametrize("text", ["casewarden: 1\n", ALONE.replace("Europe/Zurich", "CET"), "- a list\n"])
def test_what_is_broken_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(text)
    result = lint(str(file), "--diverge")
    assert result.exit_code == 2
    assert "broken.yaml" in result.output
    assert "Traceback" not in result.output
