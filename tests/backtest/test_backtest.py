"""Two versions over one history: what a backtest counts is what two replays, apart from each other, come to."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from casewarden.cli.backtest import command
from casewarden.cli.replay import command as replay_command

ROOT = Path(__file__).resolve().parents[2]
STARTER = ROOT / "rules" / "starter" / "starter.yaml"
HISTORY = ROOT / "examples" / "history.jsonl"


def backtest(base: Path, head: Path, *more: str, history: Path = HISTORY) -> Result:
    paths = ["--base", str(base), "--head", str(head), "--history", str(history)]
    return CliRunner().invoke(command, [*paths, "--jobs", "1", *more])


def told(base: Path, head: Path) -> Any:
    result = backtest(base, head, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter ruleset with a longer objective, credits for started hours, and a rule that is gone."""
    folder = tmp_path_factory.mktemp("head")
    text = STARTER.read_text()
    changed = text.replace("major: 4 business hours", "major: 6 business hours").replace(
        "count: full", "count: started"
    )
    begin = changed.index("  report_on_critical:")
    end = changed.index("\n  ", begin + 1)
    while changed[end + 3] == " ":
        end = changed.index("\n  ", end + 1)
    changed = changed[:begin] + changed[end + 1 :]
    changed = "".join(
        line for line in changed.splitlines(keepends=True) if not line.startswith(("clauses:", "policy:"))
    )
    assert changed.count("\n") < text.count("\n")
    file = folder / "head.yaml"
    file.write_text(changed)
    return file


@pytest.fixture(scope="module")
def found(head: Path) -> Any:
    """The starter ruleset against that one, over the whole history."""
    return told(STARTER, head)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first rows of the history."""
    file = tmp_path_factory.mktemp("short") / "short.jsonl"
    file.write_text("\n".join(HISTORY.read_text().splitlines()[:700]) + "\n")
    return file


def replayed(ruleset: Path, out: Path) -> tuple[Any, list[Any]]:
    """The summary and all decisions of a replay of its own."""
    arguments = ["--ruleset", str(ruleset), "--history", str(HISTORY), "--out", str(out), "--jobs", "1"]
    result = CliRunner().invoke(replay_command, arguments)
    assert result.exit_code == 0, result.output
    lines = (out / "decisions.jsonl").read_text().splitlines()
    return json.loads((out / "summary.json").read_text()), [json.loads(line) for line in lines]


def test_a_version_against_itself_differs_in_nothing(short: Path) -> None:
    same = json.loads(backtest(STARTER, STARTER, "--format", "json", history=short).stdout)
    assert (same["changed"], same["samples"], same["severities"]) == (0, [], [])
    assert all(row["only_base"] == row["only_head"] == row["moved"] == 0 for row in same["rules"])
    result = backtest(STARTER, STARTER, history=short)
    assert "0 cases come out otherwise (0.0%)" in result.stdout


def test_the_counts_are_those_of_two_replays(found: Any, head: Path, tmp_path: Path) -> None:
    before, decided_before = replayed(STARTER, tmp_path / "before")
    after, decided_after = replayed(head, tmp_path / "after")
    assert found["cases"] == before["cases"] == after["cases"]
    assert found["decisions"] == before["decisions"] + after["decisions"]
    for side, summary in (("base", before), ("head", after)):
        missed = {row["clock"]: row["missed"] for row in summary["clocks"]}
        assert {row["clock"]: row["both"] + row[f"only_{side}"] for row in found["breaches"]} == missed
        posted: Counter[str] = Counter()
        for row in summary["ledger"]:
            posted[row["name"]] += row["amount"] if row["state"] in ("posted", "accruing") else 0
        assert {row["credit"]: row[f"{side}_days"] for row in found["credits"]} == dict(posted)
        acted: Counter[str] = Counter()
        for row in summary["actions"]:
            if row["kind"] in ("reply", "ask", "note", "notify", "publish"):
                acted[f"{row['rule']}: {row['kind']}"] += row["count"]
        counted: Counter[str] = Counter()
        for row in found["messages"]:
            rule, what = row["message"].split(": ")
            counted[f"{rule}: {what.split()[0]}"] += row["both"] + row["moved"] + row[f"only_{side}"]
        assert {name: number for name, number in counted.items() if number} == dict(acted)
    ends = (
        {line["subject"]: line["clocks"] for line in lines if "clocks" in line}
        for lines in (decided_before, decided_after)
    )
    one, other = ends
    others = {subject for subject in one if _said(one[subject]) != _said(other[subject])}
    assert found["changed"] >= len(others) > 0
    gone = next(row for row in found["rules"] if row["rule"] == "report_on_critical")
    assert gone["only_base"] > 0 == gone["both"] == gone["only_head"]


def _said(clocks: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    return [(clock["clock"], clock["number"], clock["state"], clock.get("due")) for clock in clocks]


def test_samples_are_the_most_telling_and_say_why(found: Any, head: Path, short: Path) -> None:
    assert len(found["samples"]) == 10
    first = found["samples"][0]
    assert first["differences"][0]["what"] == "credit `late_response`"
    assert first["base"]["clock"]["name"] == first["head"]["clock"]["name"] == "first_response"
    text = backtest(STARTER, head, history=short).stdout
    assert " sample case" in text
    assert "under the base:" in text
    assert "under the head:" in text
    assert "clock `first_response` due: " in text


def test_one_process_or_two_give_the_same_bytes(found: Any, head: Path) -> None:
    several = backtest(STARTER, head, "--format", "json", "--jobs", "2")
    assert json.loads(several.stdout) == found


def test_the_page_stands_alone(head: Path, short: Path, tmp_path: Path) -> None:
    result = backtest(STARTER, head, "--format", "html", "--out", str(tmp_path / "page.html"), history=short)
    assert result.exit_code == 0
    page = (tmp_path / "page.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert page.count("Why, under the base") == page.count("Why, under the head") > 0
    unwritable = backtest(STARTER, head, "--format", "html", "--out", str(tmp_path / "no" / "page.html"), history=short)
    assert unwritable.exit_code == 2
    assert "cannot be written" in unwritable.output


def test_what_cannot_be_read_is_told(head: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("casewarden: 1\n")
    result = backtest(STARTER, broken)
    assert result.exit_code == 2
    assert "broken.yaml" in result.output
    missing = backtest(STARTER, head, history=tmp_path / "missing.jsonl")
    assert missing.exit_code == 2
    assert "missing.jsonl" in missing.output
    rows = tmp_path / "rows.jsonl"
    rows.write_text(HISTORY.read_text().splitlines()[0] + "\nnot a row\n")
    some = backtest(STARTER, head, history=rows)
    assert some.exit_code == 1
    assert "rows.jsonl:2" in some.output
    assert "1 cases" not in some.output


def test_customers_come_from_a_directory(short: Path, tmp_path: Path) -> None:
    known = backtest(STARTER, STARTER, "--customers", str(ROOT / "examples" / "customers.yaml"), history=short)
    assert known.exit_code == 0
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        "casewarden_customers: 1\nruleset: starter.yaml\nzone: Europe/Zurich\ncustomers: {acme: {plam: gold}}\n"
    )
    refused = backtest(STARTER, STARTER, "--customers", str(bad), history=short)
    assert refused.exit_code == 2
    assert "bad.yaml:4" in refused.output
