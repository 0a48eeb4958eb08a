"""`casewarden worktime` for people: what it prints, and how it refuses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from casewarden.cli.worktime import command

RULES = """\
calendars:
  office: {zone: Europe/Zurich, open: {mon-fri: 08:00-17:00}, holidays: {country: CH, subdivision: SG, years: 2026}}
  nights: {zone: CET, open: {mon-fry: 22:00-06:00}, holidays: none}
"""
FRIDAY, MONDAY = "2026-07-17T16:40+02:00", "2026-07-20T08:40+02:00"


@pytest.fixture
def rules(tmp_path: Path) -> str:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["add", FRIDAY, "1", "hour"], "2026-07-20T08:40:00+02:00  Monday, Europe/Zurich\n"),
        (["add", FRIDAY, "1 day", "--days", "end_of_day"], "2026-07-20T17:00:00+02:00  Monday, Europe/Zurich\n"),
        (["subtract", MONDAY, "60 minutes"], "2026-07-17T16:40:00+02:00  Friday, Europe/Zurich\n"),
        (["elapsed", FRIDAY, MONDAY], "1 h 00 min\n"),
        (["elapsed", MONDAY, FRIDAY], "-1 h 00 min\n"),
        (["open", FRIDAY], "open until 2026-07-17T17:00:00+02:00  Friday, Europe/Zurich\n"),
    ],
)
def test_answers(rules: str, words: list[str], printed: str) -> None:
    result = CliRunner().invoke(command, [*words, "--calendar", f"{rules}#office"])
    assert (result.exit_code, result.output) == (0, printed)


def test_open_between_two_instants_gives_reasons(rules: str) -> None:
    words = ["open", "2026-05-22T16:00+02:00", "2026-05-26T09:00+02:00", "--json", "--calendar", f"{rules}#office"]
    rows = [json.loads(line) for line in CliRunner().invoke(command, words).output.splitlines()]
    assert [row["reason"] for row in rows] == ["open", "closed", "weekend", "holiday", "closed", "open"]
    assert (rows[3]["name"], rows[3]["region"]) == ("Pentecost Monday", "CH-SG")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["add", "2026-07-17T16:40", "1 hour", "--calendar", "{}#office"], "has no offset"),
        (["add", FRIDAY, "1.5 hours", "--calendar", "{}#office"], "is no duration"),
        (["add", FRIDAY, "1 hour", "--calendar", "{}#offic"], "office, nights"),
        (["add", FRIDAY, "1 hour", "--calendar", "{}"], "several calendars"),
        (["add", FRIDAY, "1 hour", "--calendar", "{}#nights"], "rules.yaml:3:12: CET has more than one reading"),
        (["add", FRIDAY, "1 hour", "--calendar", "{}x"], "there is no such file"),
        (["add", FRIDAY, "999999999 hours", "--calendar", "{}#office"], "not so much"),
    ],
)
def test_refusals(rules: str, words: list[str], says: str) -> None:
    result = CliRunner().invoke(command, [word.format(rules) for word in words])
    assert result.exit_code == 2
    assert says in result.output
    assert "Traceback" not in result.output


def test_batch_answers_every_line_in_order() -> None:
    calendar = {"tz": "UTC", "hours": {"mon": [["08:00", "17:00"]]}}
    good = {"calendar": calendar, "op": "is_open", "start": "2026-07-20T08:00:00Z"}
    lines = [json.dumps(good), "nonsense", "", json.dumps({**good, "start": "2026-07-20T17:00:00Z"})]
    result = CliRunner().invoke(command, ["batch"], input="\n".join(lines))
    answers = [json.loads(line) for line in result.output.splitlines()]
    assert result.exit_code == 0
    assert [answer.get("result", answer.get("error", {}).get("code")) for answer in answers] == [
        True, "invalid_json", "invalid_json", False,
    ]  # fmt: skip
