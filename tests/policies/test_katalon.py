"""Katalon's support: response times against a walk over minutes, all kinds of trouble, one request at a time."""

import datetime as dt
import re
from functools import cache
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.cli import app
from casewarden.decide import Compiled, compile_ruleset, decide
from casewarden.decide.work_order import in_order, taken_up
from casewarden.model import Event, Json, fold
from casewarden.ruleset.load import load
from support.rulefiles import ROOT

FOLDER = ROOT / "rules" / "katalon"
FILE = FOLDER / "katalon.yaml"
SEAT = ZoneInfo("America/New_York")
MINUTE = dt.timedelta(minutes=1)
HOURS = {"monthly": {"critical": 16, "high": 36, "medium": 60}, "annual": {"critical": 16, "high": 24, "medium": 48}}
OPEN = {None: (9, 17), "nine_to_six": (9, 18), "weekdays_round_the_clock": (0, 24)}
MONDAY = dt.datetime(2026, 7, 13, 10, tzinfo=SEAT)


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_it_is_sound() -> None:
    run("check", "--strict", FILE)


def test_every_clause_is_proven_against_the_text(shared_dir: Path) -> None:
    (text,) = (shared_dir / "policies").glob("000_*.txt")
    said = run("cover", FOLDER, "--policy", text, "--prove", "--jobs", 1)
    assert "36 clauses: 36 enforced; 36 of the 36 enforced ones proven. No problems." in said


def test_the_list_has_the_clauses_of_the_inventory(shared_dir: Path) -> None:
    inventory = (shared_dir / "policies" / "clauses.md").read_text(encoding="utf-8")
    listed = re.findall(r"^(KATALON-\d\d):", (FOLDER / "clauses.yaml").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert listed == re.findall(r"^\| (KATALON-\d\d) \|", inventory, flags=re.MULTILINE)


@cache
def compiled(question: str = "A2", reading: str | None = None) -> Compiled:
    found, diagnostics = load(FILE, readings={} if reading is None else {question: reading})
    assert found is not None, [item.message for item in diagnostics.items]
    return compile_ruleset(found)


def micros(at: dt.datetime) -> int:
    return round(at.timestamp()) * 1_000_000


def opened(at: dt.datetime, subject: str = "case:1", **facts: Json) -> Event:
    stated: dict[str, Json] = {name.replace("__", "."): value for name, value in facts.items()}
    return Event(subject, "opened", micros(at), micros(at), "customer", "test", "1", 1, data={"facts": stated})


def due(rules: Compiled, at: dt.datetime, plan: str, severity: str) -> int | None:
    event = opened(at, case__plan=plan, case__reported_severity=severity)
    (clock,) = [one for one in decide(rules, fold([event]), micros(at)).clocks if one.clock == "first_response"]
    return clock.due


def walked(at: dt.datetime, hours: int, opens: int, closes: int) -> int:
    """The end of so many open hours, a minute at a time: the weekday's hours on the wall, no holidays."""
    left, here = hours * 60, at.astimezone(dt.UTC)
    while left:
        local = here.astimezone(SEAT)
        left -= local.weekday() < 5 and opens <= local.hour < closes
        here += MINUTE
    return micros(here)


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (None, dt.datetime(2026, 7, 15, 10, tzinfo=SEAT)),
        ("nine_to_six", dt.datetime(2026, 7, 14, 17, tzinfo=SEAT)),
        ("weekdays_round_the_clock", dt.datetime(2026, 7, 14, 2, tzinfo=SEAT)),
    ],
)
def test_sixteen_business_hours_from_monday_at_ten(reading: str | None, expected: dt.datetime) -> None:
    """The worked vector V3."""
    assert due(compiled(reading=reading), MONDAY, "annual", "critical") == micros(expected)


@settings(max_examples=40, deadline=None)
@given(
    minute=st.integers(0, 365 * 24 * 60 - 1),
    plan=st.sampled_from(["monthly", "annual"]),
    severity=st.sampled_from(["critical", "high", "medium"]),
    reading=st.sampled_from(list(OPEN)),
)
def test_response_times_are_as_walked(minute: int, plan: str, severity: str, reading: str | None) -> None:
    at = (dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + minute * MINUTE).astimezone(SEAT)
    expected = walked(at, HOURS[plan][severity], *OPEN[reading])
    assert due(compiled(reading=reading), at, plan, severity) == expected


def named(function: str, trouble: str, workaround: str) -> str | None:
    """The severity by the three definitions as a person reads them; None where none of them fits."""
    if function == "minor" or trouble in ("slow", "appearance"):
        return "medium"
    if workaround == "effective":
        return "high"
    return "critical" if trouble == "inoperable" else None


def test_every_kind_of_trouble_has_the_severity_that_its_definition_names() -> None:
    kinds = list(product(("major", "minor"), ("inoperable", "error", "slow", "appearance"), ("missing", "effective")))
    for function, trouble, workaround in kinds:
        found: dict[str, Json] = {"case.function": function, "case.trouble": trouble, "case.workaround": workaround}
        at = micros(MONDAY)
        seen = Event("case:1", "observed", at, at, "agent", "test", "2", 2, ("support",), {"facts": found})
        decision = decide(compiled(), fold([opened(MONDAY, case__plan="annual"), seen]), at)
        assert decision.severity == named(function, trouble, workaround), (
            function,
            trouble,
            workaround,
        )
    assert sum(named(*kind) is None for kind in kinds) == 1


def test_one_request_of_a_customer_is_worked_on_at_a_time() -> None:
    cases = [
        (1, "acme", "medium"),
        (2, "acme", "high"),
        (3, "beta", "medium"),
        (4, "acme", "critical"),
        (5, "beta", "medium"),
    ]
    subjects = [
        fold(
            [
                opened(
                    MONDAY + number * MINUTE,
                    f"case:{number}",
                    customer__id=who,
                    case__plan="annual",
                    case__reported_severity=level,
                )
            ]
        )
        for number, who, level in cases
    ]
    now = micros(MONDAY) + 3_600_000_000
    ids = [subject.id for subject in in_order(compiled(), subjects, now)]
    assert ids == ["case:4", "case:2", "case:1", "case:3", "case:5"]
    assert [subject.id for subject in taken_up(compiled(), subjects, now)] == ["case:4", "case:3"]
    first_come = compiled("K14", "first_come")
    assert [subject.id for subject in taken_up(first_come, subjects, now)] == ["case:1", "case:3"]
