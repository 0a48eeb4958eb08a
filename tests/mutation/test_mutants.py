"""Which mistakes mutation makes in a ruleset, which of them tests notice, and what the command says."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from casewarden.cli import app
from casewarden.scenario.mutation.run import Fate, Report, mutate
from casewarden.scenario.read_scenario import load_scenarios
from casewarden.scenario.variation import Base
from support.rulefiles import ROOT

STARTER = ROOT / "rules" / "starter"

RULESET = """\
casewarden: 1
ruleset: small
revision: {from: 2026-01-01, binds: new_cases}
defaults:
  calendar: office
  language: en
  days: {mode: end_of_day, origin: date}
  boundary: closing
  on_change: {severity: keep, plan: keep, contract: keep}
people: [on_call]
calendars:
  office: {zone: Europe/Zurich, open: {mon-fri: 08:00-17:00}, holidays: {country: CH, years: 2026-2027}}
fields:
  case:
    size: {type: integer}
clocks:
  answer: {clause: [S-1], starts: case_opened, stops: agent_reply, target: 2 business hours}
rules:
  warn:
    clause: [S-2]
    when:
      all:
        - until: {due: answer, at_most: 30 minutes}
        - case.size: {at_least: 3}
    then: [{notify: {who: on_call, message: due_soon}}, {tag: {add: [warned]}}]
messages:
  due_soon: {en: "Answer."}
"""
TESTS = """\
casewarden_test: 1
ruleset: small.yaml
zone: Europe/Zurich
given: {case.size: 3}
tests:
  warned:
    timeline:
      - at: Fri 2026-07-31 16:40
        opened: {by: customer}
        expect: {clocks: {answer: {due: Mon 2026-08-03 09:40}}}
      - at: Mon 2026-08-03 09:10
        expect: {actions: [{rule: warn}]}
"""


def write(folder: Path, tests: str = TESTS) -> Path:
    (folder / "small.yaml").write_text(RULESET, encoding="utf-8")
    (folder / "small.test.yaml").write_text(tests, encoding="utf-8")
    return folder / "small.test.yaml"


def report(path: Path, limit: int | None = None, jobs: int = 1) -> Report:
    file, diagnostics = load_scenarios(path)
    assert file is not None, [item.message for item in diagnostics.items]
    base, _ = Base.open(file.ruleset_path)
    assert base is not None
    return mutate(base, [file], limit, jobs)


def fates(found: Report) -> dict[str, str]:
    return {one.mutant.id: one.fate.value for one in found.verdicts}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return report(write(tmp_path_factory.mktemp("small")))


@pytest.mark.parametrize(
    ("mutant", "fate"),
    [
        ("clocks/answer/target: 2 business hours -> 121 business minutes", "killed"),
        ("clocks/answer/target: 2 business hours -> 119 business minutes", "killed"),
        ("calendars/office/open/mon-fri: 08:00-17:00 -> 08:01-17:00", "killed"),
        ("calendars/office/open/mon-fri: 08:00-17:00 -> 08:00-16:59", "killed"),
        ("calendars/office/open/mon-fri: without fri", "killed"),
        ("calendars/office/open/mon-fri: without wed", "survived"),  # no test runs over a Wednesday
        ("calendars/office: closed on 2026-07-31", "killed"),
        ("rules/warn/when/all/0/until/at_most: 30 minutes -> 29 minutes", "killed"),
        ("rules/warn/when/all/0/until/at_most: 30 minutes -> 31 minutes", "survived"),  # nobody looks a minute before
        ("rules/warn/when/all/0/until/at_most: at_most -> more_than", "killed"),
        ("rules/warn/when/all/1/case.size/at_least: at_least -> more_than", "killed"),
        ("rules/warn/when/all/1/case.size/at_least: 3 -> 4", "killed"),
        ("rules/warn/when/all/1/case.size/at_least: 3 -> 2", "survived"),  # no test has a smaller case
        ("rules/warn/when/all/1: dropped", "survived"),
        ("rules/warn/when/all/0: dropped", "killed"),
        ("rules/warn/then/0: dropped", "survived"),  # the test asks for any action of the rule
        ("rules/warn/then/1: dropped", "survived"),
        ("defaults/boundary: closing -> next_opening", "survived"),
    ],
)
def test_a_mistake_and_whether_the_one_test_notices_it(small: Report, mutant: str, fate: str) -> None:
    assert fates(small)[mutant] == fate


def test_a_mutant_knows_its_place_and_the_tests_that_exercise_it(small: Report) -> None:
    one = next(one for one in small.verdicts if one.mutant.id == "rules/warn/when/all/1/case.size/at_least: 3 -> 2")
    assert (one.mutant.place.line, one.mutant.place.column) == (RULESET[: RULESET.index("3}")].count("\n") + 1, 33)
    assert one.exercised_by == ("warned",)
    assert one.mutant.change == "`at_least: 3` becomes `2`"


def test_what_rests_on_an_open_reading_has_no_mutants(tmp_path: Path) -> None:
    path = write(tmp_path, TESTS.replace("{actions: [{rule: warn}]}", "{nothing_else: yes}"))
    rule = "  warn:\n    clause: [S-2]\n"
    reading = 'interpretations: {S2: {reading: open, by: lead, decided: 2026-01-12, reason: "not decided"}}\n'
    text = RULESET.replace(rule, f"{rule}    interpretation: [S2]\n") + reading
    (tmp_path / "small.yaml").write_text(text, encoding="utf-8")
    found = {one.mutant.element for one in report(path).verdicts}
    assert "rules/warn" not in found
    assert "clocks/answer" in found


def test_all_processes_come_to_what_one_comes_to(tmp_path: Path, small: Report) -> None:
    again = report(write(tmp_path), jobs=2)
    assert fates(again) == fates(small)
    assert [one.by for one in again.verdicts] == [one.by for one in small.verdicts]


def test_a_limit_takes_some_of_them_from_the_whole_file(tmp_path: Path, small: Report) -> None:
    some = report(write(tmp_path), limit=5)
    assert len(some.verdicts) == 5
    assert some.left_out == len(small.verdicts) - 5
    assert fates(some).items() <= fates(small).items()
    assert len({one.mutant.element for one in some.verdicts}) >= 3


def test_how_days_count_is_no_mistake_where_none_are_counted(small: Report, tmp_path: Path) -> None:
    def days(found: Report) -> list[str]:
        return [one.mutant.id for one in found.verdicts if one.mutant.id.startswith("defaults/days")]

    assert days(small) == []
    tests = TESTS.replace("Mon 2026-08-03 09:40", "Tue 2026-08-04 17:00")
    path = write(tmp_path, tests.replace("Mon 2026-08-03 09:10", "Tue 2026-08-04 16:30"))
    (tmp_path / "small.yaml").write_text(RULESET.replace("2 business hours", "2 business days"), encoding="utf-8")
    assert len(days(report(path))) == 4


def test_mutants_that_the_checker_refuses_do_not_count() -> None:
    found = report(STARTER / "starter.test.yaml", limit=12)
    assert found.counted + len(found.of(Fate.REFUSED)) + len(found.of(Fate.ACCEPTED)) == 12


def test_the_starter_notices_nine_mistakes_in_ten() -> None:
    found = report(STARTER / "starter.test.yaml", jobs=2)
    assert found.counted >= 100
    assert found.score >= 90, [one.mutant.id for one in found.of(Fate.SURVIVED)]
    assert found.stale == ()


@pytest.mark.parametrize("name", ["katalon", "kissflow", "vendor", "workato", "zitadel"])
def test_the_policies_notice_nine_mistakes_in_ten(name: str) -> None:
    """Of a part of their mutants, taken at even distances; `casewarden test rules/NAME --mutate` tries them all."""
    folder = ROOT / "rules" / name
    files = [file for file, _ in map(load_scenarios, sorted(folder.glob("*.test.yaml"))) if file is not None]
    base, _ = Base.open(folder / f"{name}.yaml")
    assert base is not None
    found = mutate(base, files, 40, 1)
    assert found.failing == ()
    assert found.counted >= 20
    assert found.score >= 90, [one.mutant.id for one in found.of(Fate.SURVIVED)]


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["test", "--mutate", "--jobs", "1", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


ACCEPTED = TESTS + 'accepted_mutants:\n  "calendars/office/open/mon-fri: without wed": it is open on Wednesdays\n'


def test_the_command_lists_survivors_with_place_change_and_tests(tmp_path: Path) -> None:
    code, out, _ = run(str(write(tmp_path)))
    assert code == 0
    assert "small.yaml:24:33  `at_least: 3` becomes `2`\n  rules/warn is exercised by warned\n" in out
    assert out.splitlines()[-1].endswith("refused by the checker") or "mutants killed" in out.splitlines()[-1]


def test_an_accepted_mutant_is_neither_killed_nor_survived(tmp_path: Path) -> None:
    plain = json.loads(run(str(write(tmp_path)), "--format", "json")[1])["rulesets"][0]
    code, out, _ = run(str(write(tmp_path, ACCEPTED)), "--format", "json")
    found = json.loads(out)["rulesets"][0]
    assert code == 0
    assert found["counted"] == plain["counted"] - 1
    [one] = [mutant for mutant in found["mutants"] if mutant["fate"] == "accepted"]
    assert one["by"] == "it is open on Wednesdays"


@pytest.mark.parametrize(
    "mutant", ["clocks/answer/target: 2 business hours -> 121 business minutes", "rules/gone: dropped"]
)
def test_accepting_a_mutant_that_is_killed_or_not_there_fails(tmp_path: Path, mutant: str) -> None:
    code, out, _ = run(str(write(tmp_path, TESTS + f'accepted_mutants: {{"{mutant}": no reason}}\n')))
    assert code == 1
    assert f"stale {mutant}" in out


def test_too_low_a_score_fails(tmp_path: Path) -> None:
    path = str(write(tmp_path))
    assert run(path, "--fail-under", "10")[0] == 0
    code, _, said = run(path, "--fail-under", "99")
    assert code == 1
    assert "less than 99%" in said


def test_tests_that_fail_anyway_are_told_and_nothing_is_tried(tmp_path: Path) -> None:
    code, out, _ = run(str(write(tmp_path, TESTS.replace("09:40", "09:41"))))
    assert code == 1
    assert "these tests fail without any mutant: warned" in out


@pytest.mark.parametrize("arguments", [["--coverage"], ["-k", "x"], ["-v"], ["--limit", "0"], ["--jobs", "0"]])
def test_options_that_do_not_go_together_are_refused(tmp_path: Path, arguments: list[str]) -> None:
    assert run(str(write(tmp_path)), *arguments)[0] == 2


def test_limit_and_jobs_belong_to_mutation(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["test", str(write(tmp_path)), "--limit", "3"]).exit_code == 2


def test_an_unreadable_file_is_2(tmp_path: Path) -> None:
    assert run(str(write(tmp_path, "casewarden_test: 1\n")))[0] == 2


def test_a_lock_file_takes_no_mutant_away(tmp_path: Path) -> None:
    """Forgetting a holiday is a mistake of the ruleset's author, not of the library whose holidays are locked."""
    for file in STARTER.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert CliRunner().invoke(app, ["lock", str(tmp_path / "starter.yaml")]).exit_code == 0
    found = fates(report(tmp_path / "starter.test.yaml", jobs=2))
    assert [found[f"calendars/office: holiday 2026-04-0{day} forgotten"] for day in (3, 6)] == ["killed", "killed"]
