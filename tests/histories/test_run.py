"""Virtual time: order of events and wake-ups, horizons, both modes, actions that come back, and the shipped example."""

import importlib.util
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from casewarden.cli import app
from casewarden.decide import Compiled, compile_ruleset
from casewarden.model.decision import Decision
from casewarden.model.event import Event
from casewarden.model.instants import iso, parse_instant
from casewarden.ruleset.load import load_text
from casewarden.scenario.record import decision_json, decision_line
from casewarden.scenario.run import Mode, RestlessError, Run, run
from casewarden.scenario.wire import event_of

ROOT = Path(__file__).parents[2]
RULESET = """\
casewarden: 1
ruleset: tiny
revision: {from: 2020-01-01, binds: all_cases}
defaults:
  calendar: office
  language: en
  days: {mode: end_of_day, origin: date}
  boundary: closing
  on_change: {severity: keep, plan: keep, contract: keep}
people: [desk]
close_reasons: [silent]
calendars: {office: {zone: UTC, open: {mon-fri: 09:00-17:00}, holidays: none}}
clocks:
  response: {clause: [T-1], starts: case_opened, stops: agent_reply, target: 4 business hours}
rules:
  remind:
    clause: [T-2]
    when: {clock.response: missed, case.status: {not: [resolved, closed]}}
    repeat: {every: 1 elapsed day, first: at_once}
    then: [notify: {who: desk, message: late}]
  close_silent:
    clause: [T-3]
    when: {case.status: waiting_on_customer, since: {last: agent_reply, at_least: 2 elapsed days}}
    then: [reply: bye, close: silent]
  greet_in_hours:
    clause: [T-4]
    each: case_opened
    deliver: {in_hours: office}
    then: [reply: hello]
messages: {late: {en: late}, bye: {en: bye}, hello: {en: hello}}
"""


@pytest.fixture(scope="module")
def tiny() -> Compiled:
    ruleset, found = load_text(RULESET)
    assert ruleset is not None, found.items
    return compile_ruleset(ruleset)


def event(key: str, at: str, kind: str, by: str = "agent", **more: Any) -> Event:
    return event_of({"subject": "case:1", "key": key, "at": at, "kind": kind, "by": by} | more)


OPENED = event("1", "2026-03-02T10:00:00Z", "opened", "customer")
REPLY = event("2", "2026-03-03T09:30:00Z", "message", data={"public": True})
WAITING = event("3", "2026-03-03T09:30:00Z", "observed", data={"facts": {"case.status": "waiting_on_customer"}})


def lines(decisions: Sequence[Decision]) -> list[str]:
    return [decision_line(decision) for decision in decisions]


def fired(course: Run) -> list[tuple[str, str]]:
    """The rules that rose, with their instants."""
    return [
        (edge.rule, iso(one.at)) for one in course.decisions for edge in one.edges if edge.rises and not edge.silent
    ]


def until(text: str) -> int:
    return parse_instant(text)


def test_wake_ups_between_events_are_decided_at_their_instant(tiny: Compiled) -> None:
    course = run(tiny, [OPENED, REPLY, WAITING], until("2026-03-06T00:00:00Z"))
    assert ("remind", "2026-03-02T14:00:00.000001Z") in fired(course)
    assert ("close_silent", "2026-03-05T09:30:00Z") in fired(course)
    assert course.last is not None
    assert course.last.derived["case.status"] == "closed"


def test_actions_come_back_as_applied_in_their_order(tiny: Compiled) -> None:
    course = run(tiny, [OPENED, REPLY, WAITING], until("2026-03-06T00:00:00Z"))
    applied = [one for one in course.subject.events if one.kind == "applied"]
    closing = [str(one.data["action"]) for one in applied if iso(one.at) == "2026-03-05T09:30:00Z"]
    assert closing == ["reply", "close"]


def test_a_held_message_goes_out_when_its_hours_begin(tiny: Compiled) -> None:
    night = event("1", "2026-03-02T20:00:00Z", "opened", "customer")
    course = run(tiny, [night], until("2026-03-03T12:00:00Z"))
    assert [iso(one.at) for one in course.subject.events if one.kind == "applied"] == ["2026-03-03T09:00:00Z"]


def test_nothing_is_decided_after_the_end(tiny: Compiled) -> None:
    end = until("2026-03-04T00:00:00Z")
    decisions = run(tiny, [OPENED], end).decisions
    assert all(decision.at <= end for decision in decisions)
    longer = run(tiny, [OPENED], until("2026-03-09T00:00:00Z")).decisions
    assert lines(decisions) == lines(longer[: len(decisions)])


def test_a_rule_that_repeats_for_ever_is_broken_off(tiny: Compiled) -> None:
    course = run(tiny, [OPENED], most=200)
    assert isinstance(course.broken_off, RestlessError)
    assert len({decision.at for decision in course.decisions}) == 201, "200 wake-ups after the opening"
    assert course.last is not None
    assert course.broken_off.at > course.last.at
    assert "times for the rule `remind` (" in str(course.broken_off)
    assert "let `remind` repeat less often" in course.broken_off.fix


def test_what_is_observed_of_a_subject_is_not_counted_as_waking_up(tiny: Compiled) -> None:
    start = OPENED.at
    told = [replace(OPENED, kind="work", key=f"w{n}", at=start + n, seen_at=start + n, data={}) for n in range(1, 300)]
    course = run(tiny, [OPENED, *told], start + 300, most=10)
    assert course.broken_off is None
    assert len({decision.at for decision in course.decisions}) == 300


def test_what_is_learnt_late_counts_late_as_known_and_in_time_as_happened(tiny: Compiled) -> None:
    late = event("2", "2026-03-02T11:00:00Z", "message", data={"public": True}, seen_at="2026-03-02T16:00:00Z")
    end = until("2026-03-02T16:30:00Z")
    known, happened = run(tiny, [OPENED, late], end), run(tiny, [OPENED, late], end, Mode.HAPPENED)
    assert "remind" in dict(fired(known))
    assert "remind" not in dict(fired(happened))
    for course in (known, happened):
        assert course.last is not None
        assert course.last.clocks[0].state.value == "met"


def test_the_order_in_which_events_are_handed_in_makes_no_difference(tiny: Compiled) -> None:
    end = until("2026-03-06T00:00:00Z")
    events = [OPENED, REPLY, WAITING]
    assert lines(run(tiny, events, end).decisions) == lines(run(tiny, events[::-1], end).decisions)


def test_a_line_is_the_canonical_json_of_its_decision(tiny: Compiled) -> None:
    for decision in run(tiny, [OPENED, REPLY, WAITING], until("2026-03-06T00:00:00Z")).decisions:
        form = json.dumps(decision_json(decision), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert decision_line(decision) == form + "\n"


def test_the_example_history_is_what_the_generator_writes() -> None:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "examples" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["generate"] = module
    spec.loader.exec_module(module)
    assert module.history() == (ROOT / "examples" / "history.jsonl").read_text(encoding="utf-8")


def test_the_example_history_is_read_without_a_problem(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(RULESET, encoding="utf-8")
    history = ROOT / "examples" / "history.jsonl"
    arguments = [
        "--ruleset",
        str(tmp_path / "r.yaml"),
        "--history",
        str(history),
        "--out",
        str(tmp_path),
        "--jobs",
        "1",
    ]
    result = CliRunner().invoke(app, ["replay", *arguments, "--format", "json"])
    assert result.exit_code == 0, result.output
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["cases"] == 340
    assert summary["rows"]["used"] == summary["rows"]["total"]
    kinds = {code.split()[0] for code in summary["problems"]}
    assert kinds <= {"CW811"}
