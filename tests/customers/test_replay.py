"""Replays and explanations with a directory: accounts and cases know what it says, on one core as on several."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from casewarden.cli import app

ROOT = Path(__file__).parents[2]
STORIES = Path(__file__).parent / "stories"
EXAMPLES = ROOT / "examples"
STARTER = ROOT / "rules" / "starter" / "starter.yaml"


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def replay(history: Path, out: Path, *more: object, ruleset: Path = STORIES / "support.yaml") -> Result:
    customers = STORIES / "customers.yaml"
    given = ("--customers", customers) if "--customers" not in more else ()
    return run("replay", "--ruleset", ruleset, "--history", history, "--out", out, *given, *more)


def decisions(out: Path, subject: str) -> list[dict[str, Any]]:
    lines = (out / "decisions.jsonl").read_text(encoding="utf-8").splitlines()
    return [found for found in map(json.loads, lines) if found["subject"] == subject]


def event(subject: str, kind: str, at: str, by: str = "customer", **more: Any) -> dict[str, Any]:
    return {"subject": subject, "kind": kind, "at": at, "by": by, "key": f"{kind}-{at}", **more}


def opened(case: str, at: str, *, who: str | None = None, facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    names: dict[str, Any] = {} if who is None else {"who": [who]}
    return event(f"case:{case}", "opened", at, data={"via": "email", "facts": dict(facts or {})}, **names)


def history(folder: Path, *events: dict[str, Any]) -> Path:
    path = folder / "history.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in events), encoding="utf-8")
    return path


LAST = event("case:z", "opened", "2026-10-31T12:00:00Z", "agent")
"""So that the history goes on until then."""


def test_the_shipped_directory_fits_the_shipped_history(tmp_path: Path) -> None:
    shipped = ("--customers", EXAMPLES / "customers.yaml")
    for jobs in (1, 2):
        found = replay(EXAMPLES / "history.jsonl", tmp_path / str(jobs), "--jobs", jobs, *shipped, ruleset=STARTER)
        assert (found.exit_code, found.stderr) == (0, "")
    one, two = ((tmp_path / jobs / "decisions.jsonl").read_bytes() for jobs in "12")
    assert one == two
    lines = [json.loads(line) for line in one.splitlines()]
    renewals = [line["at"] for line in lines if line["subject"] == "account:c16"]
    assert renewals == ["2026-01-12T05:08:28Z", "2026-01-31T23:00:00Z"]
    clocks = [clock for line in lines for clock in line.get("clocks", ()) if clock["clock"] == "first_response"]
    assert "90 business minutes" in {clock.get("target") for clock in clocks}, "the target in one customer's contract"


def test_a_plan_that_starts_fires_rules_about_the_customer(tmp_path: Path) -> None:
    found = replay(history(tmp_path, opened("a", "2026-06-01T09:00:00Z"), LAST), tmp_path / "out")
    assert (found.exit_code, found.stderr) == (0, "")
    log = decisions(tmp_path / "out", "account:private_chat")
    edges = [(edge["rule"], edge["at"]) for one in log for edge in one.get("edges", ()) if not edge.get("baseline")]
    assert edges == [("open_channel", "2026-06-30T22:00:00Z"), ("close_channel", "2026-09-30T22:00:00Z")]


@pytest.mark.parametrize("mode", ["known", "happened"])
def test_what_began_before_the_history_is_no_news(tmp_path: Path, mode: str) -> None:
    replay(history(tmp_path, opened("a", "2026-08-03T09:00:00Z"), LAST), tmp_path / "out", "--mode", mode)
    log = decisions(tmp_path / "out", "account:private_chat")
    assert [one["at"] for one in log] == ["2026-08-03T09:00:00Z", "2026-09-30T22:00:00Z"]
    assert not any(edge["rises"] and not edge.get("baseline") for one in log for edge in one.get("edges", ()))


def test_cases_of_one_customer_share_its_account_whoever_wrote(tmp_path: Path) -> None:
    rows = history(
        tmp_path,
        opened("a", "2026-06-01T09:00:00Z", who="anna@listed.example"),
        opened("b", "2026-06-02T09:00:00Z", who="MARC@listed.example"),
        opened("c", "2026-06-03T09:00:00Z", facts={"customer.id": "listed"}),
    )
    replay(rows, tmp_path / "out")
    granted = [
        (entry["key"], entry["arithmetic"].partition(" from")[0])
        for one in decisions(tmp_path / "out", "account:listed")
        for entry in one.get("ledger", ())
        if entry["name"] == "incidents"
    ]
    assert [words for _, words in granted] == ["1 of 2", "2 of 2", "3 of 2"]


def test_a_case_hears_only_of_services_that_its_customer_uses(tmp_path: Path) -> None:
    down = {"data": {"facts": {"service.edge.health": "down"}}}
    rows = history(
        tmp_path,
        opened("a", "2026-06-01T09:00:00Z", who="anna@listed.example"),
        opened("b", "2026-06-01T09:00:00Z", facts={"customer.id": "switcher"}),
        event("service:edge", "observed", "2026-06-01T10:00:00Z", "automation", **down),
    )
    replay(rows, tmp_path / "out")
    fired = {
        case: [e["rule"] for one in decisions(tmp_path / "out", f"case:{case}") for e in one.get("edges", ())]
        for case in "ab"
    }
    assert "edge_is_down" not in fired["a"]
    assert "edge_is_down" in fired["b"]


def test_what_the_history_says_stands_and_the_difference_is_told(tmp_path: Path) -> None:
    facts = {"customer.id": "billed_annually", "case.plan": "monthly", "contract.term_end": "2027-01-15T00:00:00+01:00"}
    rows = history(tmp_path, opened("a", "2026-06-01T09:00:00Z", facts=facts))
    found = replay(rows, tmp_path / "out")
    assert found.exit_code == 0
    assert found.stderr.count("warning[") == 1
    assert "warning[CW840]: `case:a`: at its opening the history says `case.plan` is `monthly`" in found.stderr
    assert decisions(tmp_path / "out", "case:a")[0]["derived"]["case.plan"] == "monthly"


def test_other_names_of_a_plan_are_no_difference(tmp_path: Path) -> None:
    facts = {"customer.id": "billed_annually", "case.plan": "Premier"}
    found = replay(history(tmp_path, opened("a", "2026-06-01T09:00:00Z", facts=facts)), tmp_path / "out")
    assert (found.exit_code, found.stderr) == (0, "")


def test_plan_events_of_the_history_are_compared_at_their_instants(tmp_path: Path) -> None:
    facts = {"customer.id": "switcher"}
    started = {"data": {"change": "started", "plan": "annual"}}
    rows = history(
        tmp_path,
        opened("a", "2026-03-01T09:00:00Z", facts=facts),
        event("case:a", "plan", "2026-03-15T00:00:00Z", "automation", **started),
        opened("b", "2026-03-01T09:00:00Z", facts=facts),
        event("case:b", "plan", "2026-04-15T00:00:00Z", "automation", **started),
    )
    found = replay(rows, tmp_path / "out")
    assert (
        "`case:a`: from 2026-03-15T00:00:00Z on the history says `case.plan` is `annual`, the directory" in found.stderr
    )
    assert "case:b" not in found.stderr


def test_a_customer_that_is_not_in_the_directory_is_told(tmp_path: Path) -> None:
    rows = history(tmp_path, opened("a", "2026-06-01T09:00:00Z", facts={"customer.id": "lister"}))
    found = replay(rows, tmp_path / "out")
    assert found.exit_code == 0
    assert "warning[CW841]: `case:a`: the customer `lister` is not in" in found.stderr


@pytest.mark.parametrize("command", ["replay", "explain"])
def test_a_directory_with_errors_is_refused(tmp_path: Path, command: str) -> None:
    (tmp_path / "customers.yaml").write_text("casewarden_customers: 1\ncustomers: {a: {nmae: A}}\n", encoding="utf-8")
    rows = history(tmp_path, opened("a", "2026-06-01T09:00:00Z"))
    more = ("--out", tmp_path / "out") if command == "replay" else ("a",)
    files = ("--ruleset", STORIES / "support.yaml", "--history", rows, "--customers", tmp_path / "customers.yaml")
    found = run(command, *files, *more)
    assert found.exit_code == 2
    assert "CW202" in found.stderr
    assert "Traceback" not in found.output


def test_explanations_know_the_directory(tmp_path: Path) -> None:
    rows = history(tmp_path, opened("a", "2026-06-01T09:00:00Z", who="end.user@listed.example"))
    files = ("--ruleset", STORIES / "support.yaml", "--history", rows, "--customers", STORIES / "customers.yaml")
    assert "true  case.scope: out" in run("explain", "a", *files, "--rule", "turn_away").stdout
    assert "At Mon 1 Jun 2026 11:00." in run("explain", "a", *files).stdout, "not when something ends in the future"
    account = run("explain", "account:private_chat", *files, "--at", "2026-07-02T00:00:00Z")
    assert account.exit_code == 0
    assert "open_channel" in account.stdout
    assert run("explain", "account:switcher", *files).stdout.startswith("account:switcher\nAt Mon 1 Jun 2026 11:00.")


def test_a_history_may_state_a_contracts_own_targets(tmp_path: Path) -> None:
    terms = {"contract.targets": {"answer": {"2": "5 business hours"}}, "contract.quotas": {"seats": 3}}
    facts = {"case.plan": "annual", "case.reported_severity": "2", **terms}
    rows = history(tmp_path, opened("a", "2026-06-01T07:00:00Z", facts=facts))
    found = replay(rows, tmp_path / "out")
    assert (found.exit_code, found.stderr) == (0, "")
    assert decisions(tmp_path / "out", "case:a")[0]["clocks"][0]["target"] == "5 business hours"
    wrong = {"contract.targets": {"answer": 5}}
    rows = history(tmp_path, opened("a", "2026-06-01T07:00:00Z", facts=wrong))
    assert "CW804" in replay(rows, tmp_path / "out").stderr
