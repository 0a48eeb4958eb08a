"""`casewarden explain` as its users see it: texts as they stand, JSON, HTML, and what is refused."""

import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from casewarden.cli import app

HERE = Path(__file__).parent
RULESET = HERE.parents[1] / "rules" / "zitadel" / "zitadel.yaml"
HISTORY = HERE / "history.jsonl"
FRIDAY, MONDAY, TUESDAY = "2026-07-17T17:00:00+02:00", "2026-07-20T15:00:00+02:00", "2026-07-21T09:36:00+02:00"
SNAPSHOTS = {
    "case_on_friday": ["--at", FRIDAY],
    "case_on_tuesday": [],
    "response_running": ["--clock", "initial_response", "--at", FRIDAY],
    "response_missed": ["--clock", "initial_response", "--at", MONDAY],
    "response_credited": ["--clock", "initial_response"],
    "escalation_waiting": ["--clock", "urgent_escalation"],
    "warning_to_come": ["--rule", "warn_before_response_is_due", "--at", FRIDAY],
    "warning_given": ["--rule", "warn_before_response_is_due", "--at", MONDAY],
    "not_lowered_on_stale_health": ["--rule", "lower_severity_when_core_recovers", "--at", MONDAY],
    "lowered": ["--rule", "lower_severity_when_core_recovers", "--at", TUESDAY],
}


def explain(*args: str, case: str = "ZD-1042", history: Path = HISTORY, ruleset: Path = RULESET) -> Result:
    # relative paths, so that the places in the texts are the same in every checkout
    files = ["--history", os.path.relpath(history), "--ruleset", os.path.relpath(ruleset)]
    return CliRunner().invoke(app, ["explain", case, *files, *args], prog_name="casewarden")


def output(*args: str) -> str:
    result = explain(*args)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(autouse=True)
def _in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE.parents[1])
    monkeypatch.setenv("COLUMNS", "110")


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_texts_are_as_they_were(name: str) -> None:
    """Written anew with CASEWARDEN_UPDATE_SNAPSHOTS=1, to be read before they are committed.

    Without the numbers of lines, since the ruleset is one that ships and grows.
    """
    text = re.sub(r"(\.yaml):[0-9]+", r"\1:LINE", output(*SNAPSHOTS[name]))
    kept = HERE / "snapshots" / f"{name}.txt"
    if os.environ.get("CASEWARDEN_UPDATE_SNAPSHOTS") == "1":
        kept.write_text(text, encoding="utf-8")
    assert text == kept.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_json_says_instants_in_utc(name: str) -> None:
    told: dict[str, Any] = json.loads(output("--format", "json", *SNAPSHOTS[name]))
    assert told["subject"] == "case:ZD-1042"
    assert told["zone"] == "Europe/Zurich"
    assert told["at"].endswith("Z")


def test_json_of_the_proof_sums_to_the_budget() -> None:
    told = json.loads(output("--format", "json", "--clock", "initial_response"))
    (run,) = told["runs"]
    assert run["instance"]["due"] == "2026-07-20T06:40:00Z"
    assert sum(stretch["counted"] for stretch in run["stretches"]) == run["instance"]["budget"] == 3_600_000_000
    assert [share["at"] for share in run["shares"]] == [
        "2026-07-20T06:10:00Z", "2026-07-20T06:25:00Z", "2026-07-20T06:40:00Z"
    ]  # fmt: skip
    assert run["credits"][0]["days"] == 34


def test_json_of_a_rule_that_waits() -> None:
    told = json.loads(output("--format", "json", "--rule", "warn_before_response_is_due", "--at", FRIDAY))
    assert told["by_time"] == "2026-07-20T06:25:00Z"
    assert told["tree"]["condition"] == "until: {due: initial_response, at_most: 15 minutes}"
    assert told["tree"]["changes_at"] == told["by_time"]


class Page(HTMLParser):
    """Checks that elements close in order and that nothing comes from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "link", "img", "iframe")
        assert not any(name in ("src", "href") or name.startswith("on") for name, _ in attrs)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_html_is_one_page_of_its_own(name: str) -> None:
    page = Page()
    page.feed(output("--format", "html", *SNAPSHOTS[name]))
    page.close()
    assert page.open == []
    assert "prefers-color-scheme:dark" in page.text
    assert "Times are in Europe/Zurich." in page.text


def test_what_a_history_says_is_no_markup(tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    evil = "<script>alert(1)</script>\u001b[31m"
    event = {
        "subject": "case:1", "kind": "opened", "at": "2026-07-17T16:40:00+02:00", "by": "customer", "key": "a",
        "data": {"facts": {"case.number": evil}},
    }  # fmt: skip
    history.write_text(json.dumps(event) + "\n", encoding="utf-8")
    page = explain("--format", "html", case="1", history=history)
    assert page.exit_code == 0
    assert "<script" not in page.stdout
    text = explain(case="1", history=history)
    assert "\x1b" not in text.stdout


def test_colour_is_for_terminals_that_want_it() -> None:
    from casewarden.cli.explain import explained_of
    from casewarden.report.explain import render_text

    told = explained_of("ZD-1042", HISTORY, None, RULESET, None, "initial_response", None, 90)
    assert "\x1b[" in render_text(told, colour=True)
    assert "\x1b[" not in render_text(told, colour=False)


def test_it_writes_to_a_file(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    result = explain("--format", "html", "--out", str(out))
    assert result.exit_code == 0
    assert result.stdout == ""
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert explain("--out", str(tmp_path)).exit_code == 2


@pytest.mark.parametrize(
    ("args", "case", "message", "fix"),
    [
        (["--rule", "warn_before_response_is_du"], "ZD-1042", "has no rule", "mean `warn_before_response_is_due`"),
        (["--clock", "initial"], "ZD-1042", "has no clock", "its clocks: initial_response, resolution"),
        ([], "ZD1042", "has no case", "did you mean `ZD-1042`?"),
        (["--at", "2026-07-20T15:00"], "ZD-1042", "has no offset", "write 2026-07-20T15:00Z"),
        (["--at", "Monday"], "ZD-1042", "is not an instant", ""),
        (["--at", "2020-01-01T00:00Z"], "ZD-1042", "is not known yet", "choose one from 2026-07-17T14:40:00Z on"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused_with_the_fix(args: list[str], case: str, message: str, fix: str) -> None:
    result = explain(*args, case=case)
    assert result.exit_code == 2
    assert message in result.stderr
    assert fix in result.stderr
    assert "Traceback" not in result.output


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    assert explain(history=tmp_path / "none.jsonl").exit_code == 2
    assert explain(ruleset=tmp_path / "none.yaml").exit_code == 2
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"subject": "case:1", "kind": "opened"}\nnot json\n', encoding="utf-8")
    result = explain(case="1", history=broken)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    both = explain("--rule", "x", "--clock", "y")
    assert both.exit_code == 2
