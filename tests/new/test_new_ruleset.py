"""`casewarden new ruleset`: what it writes checks and passes its tests, whatever was answered; nothing is lost."""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casewarden.cli import app
from casewarden.ruleset.load import check_file, load
from casewarden.scenario.fresh.answers import Interview, made
from casewarden.scenario.fresh.copied import copied
from casewarden.scenario.fresh.questions import own_questions, questions
from casewarden.scenario.suite import Suite, files_of
from support.rulefiles import ROOT

TODAY = "2026-02-27"
SHIPPED = sorted(path.name for path in (ROOT / "rules").iterdir() if path.is_dir())


def call(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["new", "ruleset", *words], input=typed)


def assert_sound(folder: Path, main: str) -> int:
    """The ruleset checks without a warning, and its tests pass; how many there are."""
    readable, problems = check_file(folder / main)
    assert readable
    assert [str(item) for item in problems.items if item.level != "note"] == []
    suite = Suite()
    outcomes = [outcome for file in files_of([folder]) for outcome in suite.run(file).outcomes]
    assert suite.diagnostics.items == ()
    assert [outcome.mismatches for outcome in outcomes if not outcome.passed] == []
    return len(outcomes)


def typed_answers(answers: dict[str, str]) -> str:
    """What is typed for these answers: a line for each question, empty where the default does."""
    lines: list[str] = []
    so_far: dict[str, str] = {}
    for question in questions(TODAY):
        for own in own_questions(question, so_far):
            so_far[own.key] = answers.get(own.key, own.default(so_far))
            lines.append(answers.get(own.key, ""))
    return "".join(f"{line}\n" for line in lines)


# -- answers

HOURS = st.sampled_from(
    ["mon-fri 09:00-17:00", "24x7", "24x5", "mon-thu 08:00-12:00 13:00-17:30, fri 08:00-12:00", "sun-thu 22:00-06:00"]
)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{2,8}", fullmatch=True)
LEVELS = st.lists(
    st.sampled_from(["critical", "major", "minor", "1", "2", "sev_3", "question", "low"]), unique=True, max_size=4
)
PLANS = st.lists(st.sampled_from(["standard", "premium", "gold_2", "basic"]), unique=True, max_size=3)
TARGETS = st.sampled_from(
    [
        *("1 business hour", "90 business minutes", "4 elapsed hours", "2 business days", "1 elapsed week"),
        *("3 office days", "45 elapsed minutes"),
        *("best_effort", "none", "not_covered", "discretion", "per_contract"),
    ]
)


@st.composite
def sensible(draw: st.DrawFn) -> dict[str, str]:
    levels, plans = draw(LEVELS), draw(PLANS)

    def targets() -> st.SearchStrategy[str]:
        each = st.lists(TARGETS, min_size=max(1, len(levels)), max_size=max(1, len(levels)))
        return st.one_of(TARGETS, each.map(", ".join))

    answers = {
        "name": draw(NAMES),
        "from": draw(st.dates(min_value=dt.date(2000, 1, 1), max_value=dt.date(2060, 12, 31))).isoformat(),
        "zone": draw(st.sampled_from(["UTC", "Europe/Berlin", "America/Santiago", "Asia/Kathmandu", "+01:00"])),
        "hours": draw(HOURS),
        "holidays": draw(st.sampled_from(["none", "none", "DE", "CH-SG", "US-CA"])),
        "language": draw(st.sampled_from(["en", "de", "de-CH", "fr", "pt-BR", "ja"])),
        "days": draw(st.sampled_from(["end_of_day", "same_time", "open_hours"])),
        "origin": draw(st.sampled_from(["date", "next_opening"])),
        "boundary": draw(st.sampled_from(["closing", "next_opening"])),
        "on_change": draw(st.sampled_from(["keep", "retarget", "restart", "segments"])),
        "severities": ", ".join(levels) or "none",
        "plans": ", ".join(plan + draw(st.sampled_from(["", " 24x7"])) for plan in plans) or "none",
        "resolution": draw(targets()),
        "pauses": draw(st.sampled_from(["none", "waiting_on_customer", "waiting_on_customer, on_hold"])),
    }
    for key in [f"first_response.{plan}" for plan in plans] or ["first_response"]:
        answers[key] = draw(targets())
    if draw(st.booleans()):
        answers["warning"] = draw(st.sampled_from(["none", "30 minutes", "1 business hour", "1 day"]))
    return answers


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=sensible())
def test_any_sensible_answers_make_a_ruleset_that_checks_and_whose_test_passes(
    tmp_path_factory: pytest.TempPathFactory, answers: dict[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("blank")
    interview = Interview(TODAY, answers)
    fresh = made(interview.gather())
    for name, text in fresh.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    assert assert_sound(folder, fresh.main) == 1


def test_all_defaults(tmp_path: Path) -> None:
    done = call(str(tmp_path / "x"), "--blank", "--defaults")
    assert done.exit_code == 0, done.output
    assert assert_sound(tmp_path / "x", "support.yaml") == 1
    assert f"casewarden test {tmp_path / 'x'}" in done.output


def test_answers_are_in_the_ruleset(tmp_path: Path) -> None:
    words = ["--zone", "Europe/Zurich", "--holidays", "CH-SG", "--years", "2026-2027", "--plans", "basic, gold 24x7"]
    targets = ["--first-response", "2 business hours, 1 business day", "--first-response", "gold=30 elapsed minutes"]
    more = ["--severities", "high, low", "--pauses", "on_hold", "--resolution", "5 business days", "--warning", "none"]
    done = call(
        str(tmp_path), "--blank", "--defaults", "--name", "desk", "--binds-from", "2026-03-02", *words, *targets, *more
    )
    assert done.exit_code == 0, done.output
    assert assert_sound(tmp_path, "desk.yaml") == 1
    text = (tmp_path / "desk.yaml").read_text(encoding="utf-8")
    for part in (
        "basic: {high: 2 business hours, low: 1 business day}",
        "gold: {high: 30 elapsed minutes, low: 30 elapsed minutes}",
        "pauses_while: {case.status: [on_hold]}",
        "holidays: {country: CH, subdivision: SG, years: 2026-2027}",
        "gold: {calendar: always, commitment: slo}",
        "from: 2026-03-02",
    ):
        assert part in text
    assert "rules:" not in text


def test_answers_from_a_file_and_options_over_them(tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text(
        "name: desk\nseverities: [high, low]\nplans: standard, premium\nzone: Europe/Paris\n"
        "first_response: {standard: best_effort, premium: [1 business hour, 4 business hours]}\n",
        encoding="utf-8",
    )
    done = call(str(tmp_path / "desk"), "--blank", "--answers", str(file), "--zone", "Europe/Rome")
    assert done.exit_code == 0, done.output
    assert assert_sound(tmp_path / "desk", "desk.yaml") == 1
    text = (tmp_path / "desk" / "desk.yaml").read_text(encoding="utf-8")
    assert "zone: Europe/Rome" in text
    assert "premium: {high: 1 business hour, low: 4 business hours}" in text


def test_questions_are_answered_from_a_pipe(tmp_path: Path) -> None:
    """A real process without a terminal; what is refused is asked again, with the checker's words."""
    answers = typed_answers({"name": "desk", "zone": "CET\nEurope/Berlin", "plans": "standard, premium 24x7"})
    command = [sys.executable, "-c", "from casewarden.cli import main; main()", "new", "ruleset", "desk", "--blank"]
    done = subprocess.run(
        command, cwd=tmp_path, input=answers, capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "CET" in done.stderr
    assert assert_sound(tmp_path / "desk", "desk.yaml") == 1
    assert "zone: Europe/Berlin" in (tmp_path / "desk" / "desk.yaml").read_text(encoding="utf-8")


def test_input_that_ends_early_is_told(tmp_path: Path) -> None:
    done = call(str(tmp_path / "desk"), "--blank", typed="desk\n\n")
    assert done.exit_code == 2
    assert "`zone`" in done.output
    assert not (tmp_path / "desk").exists()


REFUSED = {
    "a name": ("name", "My Desk", "cannot name a ruleset"),
    "an abbreviated zone": ("zone", "CET", "CET"),
    "a date that is none": ("from", "2026-02-30", "2026-02-30"),
    "days without hours": ("hours", "mon-fri", "names no hours"),
    "days twice": ("hours", "mon 09:00-12:00, mon 13:00-17:00", "said twice"),
    "a country": ("holidays", "XX", "XX"),
    "a language": ("language", "klingonian", "klingonian"),
    "a mode": ("days", "whole days", "whole days"),
    "severities twice": ("severities", "high, high", "twice"),
    "plans twice": ("plans", "basic, basic", "twice"),
    "a reserved plan": ("plans", "all", "all"),
    "no unit": ("first_response", "4 hours", "4 hours"),
    "too many targets": ("resolution", "none, none", "3 severities"),
    "a status": ("pauses", "asleep", "asleep"),
    "a duration": ("warning", "soon", "soon"),
    "YAML in an answer": ("warning", "1 hour}}}\nx: {y: {z: 1", "1 hour"),
    "nothing": ("severities", "", ""),
    "an answer that nobody asks for": ("colour", "red", "colour"),
}


@pytest.mark.parametrize(("key", "answer", "says"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(key: str, answer: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text(f"{key}: {json.dumps(answer)}\n", encoding="utf-8")
    done = call(str(tmp_path / "desk"), "--blank", "--answers", str(file))
    assert done.exit_code == 2, done.output
    assert says in done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "desk").exists()


@pytest.mark.parametrize("text", ["- a\n", "zone: {a: {b: c}}\n", "zone: [\n", ""])
def test_answers_in_a_wrong_form(text: str, tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text(text, encoding="utf-8")
    done = call(str(tmp_path / "desk"), "--blank", "--answers", str(file))
    assert done.exit_code == 2, done.output
    assert "answers.yaml" in done.output


# -- copies


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_ruleset_under_another_name(name: str, tmp_path: Path) -> None:
    original = ROOT / "rules" / name
    done = call(str(tmp_path / "new"), "--from", f"rules/{name}", "--name", "northwind")
    assert done.exit_code == 0, done.output
    ruleset, problems = load(tmp_path / "new" / "northwind.yaml")
    assert ruleset is not None, problems.items
    assert ruleset.name == "northwind"
    copies = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert copies == sorted(
        path.name.replace(f"{name}.", "northwind.") for path in original.iterdir() if path.suffix != ".lock"
    )
    suite = Suite()
    played = [suite.run(file) for file in files_of([tmp_path / "new"])]
    assert all(outcome.passed for one in played for outcome in one.outcomes)
    assert sum(len(one.outcomes) for one in played) > 0
    assert f"rules/{name}" not in (tmp_path / "new" / "northwind.yaml").read_text(encoding="utf-8")


def test_a_copy_without_a_name_is_the_same_files(tmp_path: Path) -> None:
    done = call(str(tmp_path), "--from", "starter")
    assert done.exit_code == 0, done.output
    original = ROOT / "rules" / "starter"
    for path in original.iterdir():
        if path.name != "starter.yaml":
            assert (tmp_path / path.name).read_bytes() == path.read_bytes().replace(b"rules/starter", b".")


def test_a_copy_of_a_path(tmp_path: Path) -> None:
    call(str(tmp_path / "a"), "--blank", "--defaults", "--name", "a")
    (tmp_path / "a" / "other.yaml").write_text("answers: {}\n", encoding="utf-8")
    done = call(str(tmp_path / "b"), "--from", str(tmp_path / "a"), "--name", "b")
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == ["b.test.yaml", "b.yaml"]
    assert assert_sound(tmp_path / "b", "b.yaml") == 1


def test_nothing_is_written_over_without_force(tmp_path: Path) -> None:
    (tmp_path / "support.test.yaml").write_text("mine\n", encoding="utf-8")
    done = call(str(tmp_path), "--blank", "--defaults")
    assert done.exit_code == 2
    assert "support.test.yaml is there already" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["support.test.yaml"]
    assert (tmp_path / "support.test.yaml").read_text(encoding="utf-8") == "mine\n"
    assert call(str(tmp_path), "--blank", "--defaults", "--force").exit_code == 0
    assert assert_sound(tmp_path, "support.yaml") == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "--blank"),
        (("--blank", "--from", "starter"), "--blank"),
        (("--from", "starter", "--zone", "UTC"), "--from goes with"),
        (("--from", "statrer"), "did you mean `starter`?"),
        (("--from", "starter", "--name", "My Desk"), "cannot name a ruleset"),
        (("--from", "starter", "--name", "laed"), "choose another name"),  # its lead
        (("--from", "."), "there is no ruleset in ."),
        (("--blank", "--answers", "none.yaml"), "none.yaml"),
    ],
)
def test_wrong_usage(words: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = call(*words)
    assert done.exit_code == 2
    assert says in done.output
    assert list(tmp_path.iterdir()) == []


def test_a_broken_ruleset_is_not_copied(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("casewarden: 1\nruleset: x\n", encoding="utf-8")
    done = call(str(tmp_path / "y"), "--from", str(tmp_path / "x.yaml"))
    assert done.exit_code == 2
    assert "is not sound itself" in done.output


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = call(str(tmp_path / "file"), "--blank", "--defaults")
    assert done.exit_code == 2
    assert "cannot be written" in done.output


def test_a_policy_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    call(str(tmp_path / "a"), "--from", "starter", "--name", "a")
    (tmp_path / "a" / "promises.md").unlink()
    assert sorted(copied(tmp_path / "a", "b").files) == ["b.test.yaml", "b.yaml", "clauses.yaml"]
