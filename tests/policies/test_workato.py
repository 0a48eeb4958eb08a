"""Workato's support plans: every objective at any time of the year, the weekend of reports, and what the tool says."""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.cli import app
from casewarden.decide import Compiled, compile_ruleset, decide
from casewarden.decide.work_order import in_order
from casewarden.model import Event, Json, fold
from casewarden.model.decision import ClockInstance
from casewarden.model.subject import Subject
from casewarden.ruleset.load import load
from casewarden.scenario.run import Mode
from casewarden.scenario.run import run as play
from support.rulefiles import ROOT

FOLDER = ROOT / "rules" / "workato"
FILE = FOLDER / "workato.yaml"
PACIFIC = ZoneInfo("America/Los_Angeles")
HOURS = {"premium": (24, 24, 24, 48), "professional": (8, 24, 24, 48)}
DAYS = {"premium": (3, 5, None, None), "professional": (2, 3, 7, None)}


def compiled(**readings: str) -> Compiled:
    found, diagnostics = load(FILE, readings={name.replace("_", "."): reading for name, reading in readings.items()})
    assert found is not None, [item.message for item in diagnostics.items]
    return compile_ruleset(found)


AS_CHOSEN = compiled()


def micros(at: dt.datetime) -> int:
    return int(at.timestamp()) * 1_000_000


def opening(at: dt.datetime, subject: str = "case:1", **facts: Json) -> Event:
    stated: dict[str, Json] = {f"case.{name}": value for name, value in facts.items()}
    return Event(subject, "opened", micros(at), micros(at), "customer", "test", "1", 1, data={"facts": stated})


def clocks(rules: Compiled, at: dt.datetime, plan: str, severity: int) -> dict[str, ClockInstance]:
    event = opening(at, plan=plan, reported_severity=str(severity))
    return {clock.clock: clock for clock in decide(rules, fold([event]), micros(at)).clocks}


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_it_is_sound() -> None:
    run("check", "--strict", FILE)


def test_every_clause_is_proven_against_the_text(shared_dir: Path) -> None:
    (text,) = (shared_dir / "policies").glob("004_*.txt")
    said = run("cover", FOLDER, "--policy", text, "--prove", "--jobs", 1)
    assert "34 clauses: 34 enforced; 34 of the 34 enforced ones proven. No problems." in said


def test_the_list_has_the_clauses_of_the_inventory(shared_dir: Path) -> None:
    inventory = (shared_dir / "policies" / "clauses.md").read_text(encoding="utf-8")
    listed = re.findall(r"^(WORKATO-\d\d):", (FOLDER / "clauses.yaml").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert listed == re.findall(r"^\| (WORKATO-\d\d) \|", inventory, flags=re.MULTILINE)


minutes_of_2026 = st.integers(0, 365 * 24 * 60 - 1).map(
    lambda minute: (dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=minute)).astimezone(PACIFIC)
)


@settings(max_examples=60, deadline=None)
@given(minutes_of_2026, st.sampled_from(sorted(HOURS)), st.integers(1, 4))
def test_every_objective_by_hand(at: dt.datetime, plan: str, severity: int) -> None:
    """Hours are added to the instant, days to the wall time; neither looks at nights or weekends."""
    found = clocks(AS_CHOSEN, at, plan, severity)
    if not (at.weekday() < 5 and dt.time(8) <= at.time() < dt.time(17)):
        assert [found[name].state.value for name in ("respond", "resolve")] == ["not_applicable", "not_applicable"]
        return
    respond = at.astimezone(dt.UTC) + dt.timedelta(hours=HOURS[plan][severity - 1])
    assert found["respond"].due == micros(respond)
    days = DAYS[plan][severity - 1]
    assert found["resolve"].due == (None if days is None else micros(at + dt.timedelta(days=days)))


@pytest.mark.parametrize(
    ("reading", "at", "due"),
    [
        ({}, (2026, 7, 17, 16, 30), (2026, 7, 18, 0, 30)),
        ({"W1_hours": "business_hours"}, (2026, 7, 17, 16, 30), (2026, 7, 20, 15, 30)),
    ],
)
def test_eight_hours_from_friday_evening(reading: dict[str, str], at: tuple[int, ...], due: tuple[int, ...]) -> None:
    found = clocks(compiled(**reading), local(*at), "professional", 1)
    assert found["respond"].due == micros(local(*due))


@pytest.mark.parametrize(
    ("reading", "due"),
    [
        ({}, (2026, 3, 8, 10)),
        ({"W1_days": "days_of_24_hours"}, (2026, 3, 8, 11)),
        ({"W1_days": "business_days"}, (2026, 3, 10, 10)),
    ],
)
def test_two_days_over_the_change_of_clocks(reading: dict[str, str], due: tuple[int, ...]) -> None:
    found = clocks(compiled(**reading), local(2026, 3, 6, 10), "professional", 1)
    assert found["resolve"].due == micros(local(*due))


@pytest.mark.parametrize(
    ("reading", "in_hours"), [({}, (True, False)), ({"A1": "standard_time_all_year"}, (False, True))]
)
def test_a_quarter_past_eight_and_half_past_five_in_july(reading: dict[str, str], in_hours: tuple[bool, bool]) -> None:
    rules = compiled(**reading)
    states = [
        clocks(rules, local(2026, 7, 15, *time), "premium", 1)["respond"].state.value for time in ((8, 15), (17, 30))
    ]
    assert tuple(state == "running" for state in states) == in_hours


@pytest.mark.parametrize(("reading", "reports"), [({}, 65), ({"A14_hours": "office_hours"}, 2)])
def test_reports_over_a_weekend(reading: dict[str, str], reports: int) -> None:
    begin, end = local(2026, 7, 17, 16, 30), local(2026, 7, 20, 10)
    resolved = Event("case:1", "resolved", micros(end), micros(end), "agent", "test", "2", 2)
    events = [opening(begin, plan="premium", reported_severity="1"), resolved]
    played = play(compiled(**reading), events, micros(end + dt.timedelta(days=1)), Mode.KNOWN)
    assert sum(action.rule == "hourly_report" for one in played.decisions for action in one.actions) == reports


def test_work_is_taken_up_by_severity_and_then_by_due_time() -> None:
    def subjects() -> Iterator[Subject]:
        for name, hour, plan, severity in (
            ("case:low", 9, "professional", "4"),
            ("case:high_at_ten", 10, "premium", "2"),
            ("case:high_at_nine", 9, "premium", "2"),
            ("case:critical_without_objective", 11, "free", "1"),
            ("case:critical", 11, "professional", "1"),
        ):
            at = local(2026, 7, 14, hour)
            yield fold([opening(at, name, plan=plan, reported_severity=severity, effect=None)])

    order = [subject.id for subject in in_order(AS_CHOSEN, subjects(), micros(local(2026, 7, 14, 11)))]
    assert order == [
        "case:critical",
        "case:critical_without_objective",
        "case:high_at_nine",
        "case:high_at_ten",
        "case:low",
    ]


def local(*wall: int) -> dt.datetime:
    return dt.datetime(*wall, tzinfo=PACIFIC)  # type: ignore[misc, arg-type]
