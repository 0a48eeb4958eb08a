"""Kissflow's support: the times of defects against a walk over minutes, pairs of defects, what the tool itself says."""

import datetime as dt
import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise, product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.cli import app
from casewarden.decide import Compiled, compile_ruleset, decide
from casewarden.model import Event, Json, fold
from casewarden.ruleset.load import load
from support.rulefiles import ROOT

FOLDER = ROOT / "rules" / "kissflow"
FILE = FOLDER / "kissflow.yaml"
INDIA = ZoneInfo("Asia/Kolkata")
MINUTE = dt.timedelta(minutes=1)

TIMES = {
    ("system", "defect_response"): "4 hours", ("system", "workaround"): "4 hours", ("system", "fix"): "48 hours",
    ("module", "defect_response"): "4 hours", ("module", "workaround"): "24 hours", ("module", "fix"): "5 days",
    ("feature", "defect_response"): "8 hours", ("feature", "workaround"): "3 days", ("feature", "fix"): None,
    ("annoyance", "defect_response"): "48 hours", ("annoyance", "workaround"): None, ("annoyance", "fix"): None,
}  # fmt: skip


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_it_is_sound() -> None:
    run("check", "--strict", FILE)
    assert "get worse as severity rises" not in run("check", "--deep", FILE)


def test_every_clause_is_proven_against_the_text(shared_dir: Path) -> None:
    (text,) = (shared_dir / "policies").glob("002_*.txt")
    said = run("cover", FOLDER, "--policy", text, "--prove", "--jobs", 1)
    assert "29 clauses: 29 enforced; 29 of the 29 enforced ones proven. No problems." in said


def test_the_list_has_the_clauses_of_the_inventory(shared_dir: Path) -> None:
    inventory = (shared_dir / "policies" / "clauses.md").read_text(encoding="utf-8")
    listed = re.findall(r"^(KISSFLOW-\d\d):", (FOLDER / "clauses.yaml").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert listed == re.findall(r"^\| (KISSFLOW-\d\d) \|", inventory, flags=re.MULTILINE)


@cache
def compiled(**readings: str) -> Compiled:
    named = {name.replace("_", ".", 1): reading for name, reading in readings.items()}
    found, diagnostics = load(FILE, readings=named)
    assert found is not None, [item.message for item in diagnostics.items]
    return compile_ruleset(found)


def micros(at: dt.datetime) -> int:
    return round(at.timestamp()) * 1_000_000


def log(report: dt.datetime, confirmation: dt.datetime, extent: str) -> list[Event]:
    """A chat, and a specialist who finds a defect in it."""
    found: dict[str, Json] = {"case.finding": "new_defect", "case.extent": extent}
    first, second = micros(report), micros(confirmation)
    return [
        Event("case:1", "opened", first, first, "customer", "test", "1", 1, data={"via": "chat", "facts": {}}),
        Event("case:1", "observed", second, second, "agent", "test", "2", 2, ("specialist",), {"facts": found}),
    ]


def dues(rules: Compiled, events: list[Event]) -> dict[str, int | None]:
    return {clock.clock: clock.due for clock in decide(rules, fold(events), events[-1].at).clocks}


def hours_later(start: dt.datetime, hours: int, zone: dt.tzinfo, first: int, last: int) -> dt.datetime:
    """Minute after minute, each counted on weekdays of the zone between two full hours."""
    at, left = start, hours * 60
    while left:
        local = at.astimezone(zone)
        left -= local.weekday() < 5 and first <= local.hour < last
        at += MINUTE
    return at


def days_later(start: dt.datetime, days: int) -> dt.datetime:
    """The same time so many weekdays on; what begins on a weekend begins on Monday at midnight."""
    at = start
    while at.weekday() > 4:
        at = at.replace(hour=0, minute=0) + dt.timedelta(days=1)
    for _ in range(days):
        at += dt.timedelta(days=3 if at.weekday() == 4 else 1)
    return at


def later(start: dt.datetime, time: str) -> dt.datetime:
    count, unit = time.split()
    return hours_later(start, int(count), INDIA, 0, 24) if unit == "hours" else days_later(start, int(count))


STARTS = st.integers(0, 365 * 24 * 12 - 1).map(lambda n: dt.datetime(2026, 1, 1, tzinfo=INDIA) + n * 5 * MINUTE)


@settings(max_examples=25, deadline=None)
@given(STARTS, st.sampled_from(["system", "module", "feature", "annoyance"]), st.integers(0, 72 * 12))
def test_times_of_defects_are_due_where_a_walk_over_weekdays_ends(report: dt.datetime, extent: str, wait: int) -> None:
    confirmation = report + wait * 5 * MINUTE
    events = log(report, confirmation, extent)
    chosen, other = dues(compiled(), events), dues(compiled(A13="from_the_report"), events)
    for clock in ("defect_response", "workaround", "fix"):
        time = TIMES[extent, clock]
        for found, start in ((chosen, confirmation), (other, report)):
            expected = None if time is None else micros(later(start, time))
            assert found[clock] == expected, (clock, start)


@settings(max_examples=12, deadline=None)
@given(STARTS)
def test_chats_are_answered_where_a_walk_over_open_minutes_ends(report: dt.datetime) -> None:
    """V6 at any time of the year, in the four readings, and with other weekends."""
    event = log(report, report, "system")[:1]
    weekdays = hours_later(report, 24, INDIA, 0, 24)
    assert dues(compiled(), event)["answer"] == micros(weekdays)
    assert dues(compiled(A5_answer="office_hours"), event)["answer"] == micros(hours_later(report, 24, INDIA, 9, 18))
    assert dues(compiled(A5_answer="by_the_wall_clock"), event)["answer"] == micros(report + dt.timedelta(hours=24))
    promised = dues(compiled(A5_answer="nothing_for_weekends"), event)["answer"]
    assert promised == (micros(report + dt.timedelta(hours=24)) if report.weekday() < 5 else None)
    pacific = ZoneInfo("America/Los_Angeles")
    assert dues(compiled(A2="utc"), event)["answer"] == micros(hours_later(report, 24, dt.UTC, 0, 24))
    assert dues(compiled(A2="us_pacific"), event)["answer"] == micros(hours_later(report, 24, pacific, 0, 24))


VECTORS = [
    ("17 22:00", "system", "workaround", {}, "20 02:00"),
    ("17 22:00", "system", "workaround", {"A5_hours": "office_hours"}, "20 13:00"),
    ("17 22:00", "system", "workaround", {"A2": "utc"}, "18 02:00"),
    ("17 22:00", "system", "workaround", {"A2": "us_pacific"}, "18 02:00"),
    ("17 15:00", "module", "fix", {}, "24 15:00"),
    ("17 15:00", "module", "fix", {"A5_week": "seven_times_24_hours"}, "28 15:00"),
    ("17 15:00", "system", "answer", {}, "20 15:00"),
    ("17 15:00", "system", "answer", {"A5_answer": "office_hours"}, "22 12:00"),
    ("17 15:00", "system", "answer", {"A5_answer": "by_the_wall_clock"}, "18 15:00"),
]


@pytest.mark.parametrize(("start", "extent", "clock", "readings", "end"), VECTORS)
def test_worked_vectors(start: str, extent: str, clock: str, readings: dict[str, str], end: str) -> None:
    """V4, V5 and V6 in July 2026."""
    at, wanted = (
        dt.datetime.strptime(f"2026-07-{one}", "%Y-%m-%d %H:%M").replace(tzinfo=INDIA) for one in (start, end)
    )
    assert dues(compiled(**readings), log(at, at, extent))[clock] == micros(wanted)


def test_graver_defects_are_due_no_later() -> None:
    at = dt.datetime(2026, 7, 17, 15, tzinfo=INDIA)
    found = [dues(compiled(), log(at, at, extent)) for extent in ("system", "module", "feature", "annoyance")]
    for graver, lighter in pairwise(found):
        for clock in ("defect_response", "workaround", "fix"):
            assert (graver[clock] or 2**63) <= (lighter[clock] or 2**63), clock


def conversation(number: str, at: int, states: Sequence[str]) -> list[Event]:
    """One that has two defects, which other conversations have as well."""
    subject, facts = f"case:{number}", {"case.number": number}
    found = [Event(subject, "opened", at, at, "customer", "test", "1", 1, data={"via": "chat", "facts": dict(facts)})]
    for n, state in enumerate(states, 2):
        link: dict[str, Json] = {"kind": "defect", "id": f"D-{n}", "facts": {"status": state}}
        found.append(Event(subject, "linked", at, at, "agent", "test", f"{n}", n, data=link))
    return found


def test_two_defects_hold_and_free_all_their_conversations() -> None:
    """Closing is wanted only once both are resolved; each deferral is told, and told first."""
    at = micros(dt.datetime(2026, 7, 13, 9, tzinfo=INDIA))
    for states in product(("filed", "in_progress", "fixed", "released", "verified", "deferred"), repeat=2):
        for number in ("K-1", "K-2"):
            actions = decide(compiled(), fold(conversation(number, at, states)), at).actions
            assert [one.rule for one in actions if one.kind == "close"] == (
                ["close_resolved"] if {*states} <= {"released", "verified"} else []
            ), states
            assert ("tell_of_deferral" in {one.rule for one in actions}) is ("deferred" in states), states
