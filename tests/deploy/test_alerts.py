"""The alerts ask for metrics that there are, say what to do, and are raised by what they are for, by nothing else."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from support.known_metrics import faults, metrics
from support.pages import CHECKOUT

FOLDER = CHECKOUT / "deploy" / "prometheus"
RULES = FOLDER / "casewarden.rules.yaml"
TESTS = FOLDER / "casewarden.rules.test.yaml"
RUNBOOKS = CHECKOUT / "docs" / "operations" / "runbooks.md"
NEEDS_PROMTOOL = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not on PATH")


def read(file: Path) -> Any:
    return YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))


ALERTS: dict[str, dict[str, Any]] = {
    rule["alert"]: rule for group in read(RULES)["groups"] for rule in group["rules"] if "alert" in rule
}


def headings() -> dict[str, str]:
    """The runbooks by their anchors: what stands below each heading of an alert."""
    parts = re.split(r"^## (\w+)$", RUNBOOKS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {name.lower(): text for name, text in zip(parts[1::2], parts[2::2], strict=True)}


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_is_complete(name: str) -> None:
    alert = ALERTS[name]
    assert re.fullmatch(r"Casewarden[A-Z][A-Za-z]+", name)
    assert set(alert) == {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"\d+[mh]", alert["for"])
    assert alert["labels"] in ({"severity": "critical"}, {"severity": "warning"})
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
    assert not alert["annotations"]["summary"].endswith(".")
    assert alert["annotations"]["description"].endswith(".")
    assert alert["annotations"]["runbook_url"] == f"/operations/runbooks/#{name.lower()}"


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_asks_for_what_there_is(name: str) -> None:
    assert faults(ALERTS[name]["expr"]) == []


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_mentions_labels_that_its_series_have(name: str) -> None:
    alert = ALERTS[name]
    for label in re.findall(r"\$labels\.(\w+)", str(alert["annotations"])):
        assert faults(f"sum by ({label}) ({alert['expr']})") == []


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_has_a_runbook(name: str) -> None:
    text = headings()[name.lower()]
    for part in ("**Means.**", "**Look at.**", "**Do.**"):
        assert text.count(part) == 1, f"{name} has no {part}"


def test_there_is_no_runbook_without_an_alert() -> None:
    assert set(headings()) == {name.lower() for name in ALERTS}


def test_every_alert_is_seen_to_fire_and_not_to_fire() -> None:
    tests = read(TESTS)["tests"]
    fired = {
        match
        for test in tests
        for case in test["promql_expr_test"]
        for sample in case["exp_samples"]
        for match in re.findall(r'alertname="(\w+)"', sample["labels"])
    }
    assert fired == set(ALERTS)
    well = {re.split(r"[{ ]", series["series"])[0] for series in tests[0]["input_series"]}
    assert not any(case["exp_samples"] for case in tests[0]["promql_expr_test"])
    asked = set().union(*(metrics(alert["expr"]) for alert in ALERTS.values()))
    assert {name.removesuffix("_bucket") for name in well} == asked | {"up"}


def test_the_series_of_the_tests_exist() -> None:
    series = {each["series"] for test in read(TESTS)["tests"] for each in test["input_series"]}
    assert [fault for each in sorted(series) for fault in faults(each)] == []


@NEEDS_PROMTOOL
@pytest.mark.parametrize("command", [["check", "rules", RULES.name], ["test", "rules", TESTS.name]], ids=" ".join)
def test_promtool_agrees(command: list[str]) -> None:
    done = subprocess.run(["promtool", *command], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
