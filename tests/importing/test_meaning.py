"""What imported rules do, against times and outcomes worked out by hand from the vendor's own words."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from casewarden.cli import app

MONDAY = "2026-03-02"  # the office below is open from 9 to 17 in UTC


def imported(kind: str, export: object, folder: Path) -> str:
    """The name of the ruleset that comes of an export, written into a folder."""
    file = folder / "export.json"
    file.write_text(json.dumps(export), encoding="utf-8")
    arguments = ["import", kind, str(file), "--out", str(folder), "--from", "2026-01-01", "--force"]
    told = CliRunner().invoke(app, [*arguments, "--calendar", "UTC mon-fri 09:00-17:00"])
    assert told.exit_code in (0, 1), told.output
    return f"{kind.replace('-', '_')}.yaml"


def played(folder: Path, ruleset: str, timeline: str, given: str = "") -> Result:
    """What `casewarden test` says of one story."""
    lines = [
        "casewarden_test: 1",
        f"ruleset: {ruleset}",
        "zone: UTC",
        "tests:",
        "  story:",
        *([f"    given: {given}"] if given else []),
        "    timeline:",
        *(f"      - {_dated(line.strip())}" for line in timeline.strip().splitlines()),
    ]
    test = folder / "story.test.yaml"
    test.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return CliRunner().invoke(app, ["test", str(test)])


def _dated(line: str) -> str:
    return line.replace("MON ", f"Mon {MONDAY} ").replace("TUE ", "Tue 2026-03-03 ")


def policy(metric: str, minutes: int, *, business: bool) -> object:
    target = {"priority": "urgent", "metric": metric, "target": minutes, "business_hours": business}
    empty: dict[str, list[object]] = {"all": [], "any": []}
    return {"sla_policies": [{"id": 1, "title": "P", "position": 1, "filter": empty, "policy_metrics": [target]}]}


@pytest.mark.parametrize(
    ("metric", "business", "timeline"),
    [
        (
            "first_reply_time",
            True,
            """
            {at: MON 16:30, opened: {by: customer}, expect: {clocks: {CLOCK: {due: TUE 09:30}}}}
            {at: TUE 09:31, message: {by: agent}, expect: {clocks: {CLOCK: missed}}}
            """,
        ),
        (
            "first_reply_time",
            False,
            "{at: MON 16:30, opened: {by: customer}, expect: {clocks: {CLOCK: {due: MON 17:30}}}}",
        ),
        (
            "next_reply_time",
            True,
            """
            {at: MON 10:00, opened: {by: customer}}
            {at: MON 10:01, message: {by: customer}, expect: {clocks: {CLOCK: waiting}}}
            {at: MON 10:10, message: {by: agent}, expect: {clocks: {CLOCK: waiting}}}
            {at: MON 11:00, message: {by: customer}, expect: {clocks: {CLOCK: {due: MON 12:00}}}}
            {at: MON 11:30, message: {by: customer}, expect: {clocks: {CLOCK: {due: MON 12:00}}}}
            {at: MON 11:40, message: {by: agent}, expect: {clocks: {CLOCK: met}}}
            """,
        ),
        (
            "periodic_update_time",
            True,
            """
            {at: MON 10:00, opened: {by: customer}}
            {at: MON 16:30, message: {by: agent}}
            {at: MON 16:40, expect: {clocks: {CLOCK: {due: TUE 09:30}}}}
            {at: TUE 09:10, message: {by: agent}}
            {at: TUE 09:20, expect: {clocks: {CLOCK: {run: 2, due: TUE 10:10}}}}
            {at: TUE 09:30, resolved: {by: agent}, expect: {clocks: {CLOCK: met}}}
            """,
        ),
        (
            "pausable_update_time",
            False,
            """
            {at: MON 10:00, opened: {by: customer}}
            {at: MON 11:00, message: {by: agent}}
            {at: MON 11:20, observed: {case.status: waiting_on_customer}}
            {at: MON 11:50, observed: {case.status: open}, expect: {clocks: {CLOCK: {due: MON 12:30}}}}
            """,
        ),
        (
            "requester_wait_time",
            False,
            """
            {at: MON 10:00, opened: {by: customer}}
            {at: MON 10:10, observed: {case.status: waiting_on_customer}}
            {at: MON 10:20, observed: {case.status: on_hold}, expect: {clocks: {CLOCK: {due: MON 11:10}}}}
            {at: MON 10:30, resolved: {by: agent}}
            {at: MON 12:30, reopened: {by: customer}, expect: {clocks: {CLOCK: {due: MON 13:10}}}}
            """,
        ),
        (
            "agent_work_time",
            False,
            """
            {at: MON 10:00, opened: {by: customer}}
            {at: MON 10:10, observed: {case.status: on_hold}}
            {at: MON 10:30, observed: {case.status: open}, expect: {clocks: {CLOCK: {due: MON 11:20}}}}
            """,
        ),
        (
            "total_resolution_time",
            False,
            """
            {at: MON 10:00, opened: {by: customer}}
            {at: MON 10:10, observed: {case.status: waiting_on_customer}}
            {at: MON 10:30, observed: {case.status: open}, expect: {clocks: {CLOCK: {due: MON 11:00}}}}
            """,
        ),
    ],
)
def test_each_metric_runs_as_the_vendor_says(metric: str, business: bool, timeline: str, tmp_path: Path) -> None:
    ruleset = imported("zendesk-slas", policy(metric, 60, business=business), tmp_path)
    told = played(tmp_path, ruleset, timeline.replace("CLOCK", f"p_{metric}"), "{case.priority: urgent}")
    assert told.exit_code == 0, told.output


def test_the_first_policy_that_fits_holds(tmp_path: Path) -> None:
    def one(number: int, kind: str | None, minutes: int) -> object:
        wanted = [] if kind is None else [{"field": "type", "operator": "is", "value": kind}]
        target = {"priority": "urgent", "metric": "first_reply_time", "target": minutes, "business_hours": False}
        conditions = {"all": wanted, "any": []}
        return {
            "id": number,
            "title": f"P{number}",
            "position": number,
            "filter": conditions,
            "policy_metrics": [target],
        }

    ruleset = imported("zendesk-slas", {"sla_policies": [one(2, None, 60), one(1, "incident", 30)]}, tmp_path)
    for given, first, second in (
        ("{case.priority: urgent, case.ticket_type: incident}", "running", "not_applicable"),
        ("{case.priority: urgent, case.ticket_type: task}", "not_applicable", "running"),
        ("{case.priority: urgent}", "not_applicable", "running"),
    ):
        expect = f"{{clocks: {{p1_first_reply_time: {first}, p2_first_reply_time: {second}}}}}"
        told = played(
            tmp_path, ruleset, f"{{at: Mon {MONDAY} 10:00, opened: {{by: customer}}, expect: {expect}}}", given
        )
        assert told.exit_code == 0, told.output


@pytest.mark.parametrize(
    ("operator", "acts_at", "not_before"),
    [
        ("is", "Mon 2026-03-02 12:00", "Mon 2026-03-02 11:59"),
        ("greater_than", "Mon 2026-03-02 12:00", "Mon 2026-03-02 11:59"),
        ("is_business_hours", "Mon 2026-03-02 12:00", "Mon 2026-03-02 11:59"),
    ],
)
def test_hours_since_a_status_are_exact(operator: str, acts_at: str, not_before: str, tmp_path: Path) -> None:
    rule = {
        "id": 1,
        "title": "Ping",
        "active": True,
        "position": 1,
        "conditions": {"all": [{"field": "PENDING", "operator": operator, "value": "2"}], "any": []},
        "actions": [{"field": "priority", "value": "high"}],
    }
    ruleset = imported("zendesk-automations", {"automations": [rule]}, tmp_path)
    timeline = f"""
    {{at: Mon {MONDAY} 09:00, opened: {{by: customer}}}}
    {{at: Mon {MONDAY} 10:00, observed: {{case.status: waiting_on_customer}}}}
    {{at: {not_before}, expect: {{nothing_else: yes}}}}
    {{at: {acts_at}, expect: {{actions: [{{rule: ping, set: {{case.priority: high}}}}], nothing_else: yes}}}}
    {{at: Mon {MONDAY} 16:00, expect: {{nothing_else: yes}}}}
    """
    told = played(tmp_path, ruleset, timeline)
    assert told.exit_code == 0, told.output


def test_what_has_no_equal_keeps_a_rule_from_acting(tmp_path: Path) -> None:
    rule = {
        "title": "Close",
        "conditions": {"all": [{"field": "updated_at", "operator": "greater_than", "value": "1"}], "any": []},
        "actions": [{"field": "status", "value": "closed"}],
    }
    ruleset = imported("zendesk-automations", {"automations": [rule]}, tmp_path)
    timeline = "{at: MON 09:00, opened: {by: customer}}\n{at: Fri 2026-03-27 09:00, expect: {nothing_else: yes}}"
    assert played(tmp_path, ruleset, timeline).exit_code == 0


def test_the_later_trigger_has_the_last_word(tmp_path: Path) -> None:
    def rule(position: int, priority: str) -> object:
        conditions = {"all": [{"field": "type", "operator": "is", "value": "task"}], "any": []}
        actions = [{"field": "priority", "value": priority}]
        return {"title": priority, "position": position, "conditions": conditions, "actions": actions}

    ruleset = imported("zendesk-triggers", {"triggers": [rule(2, "low"), rule(1, "high")]}, tmp_path)
    timeline = f"{{at: Mon {MONDAY} 09:00, opened: {{by: customer}}, expect: {{case.priority: low}}}}"
    told = played(tmp_path, ruleset, timeline, "{case.ticket_type: task}")
    assert told.exit_code == 0, told.output
