"""The three support levels of VENDOR: all 24 impacts, every cell of the times, and what the tool itself says."""

import datetime as dt
import re
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from casewarden.cli import app
from casewarden.decide import compile_ruleset, decide
from casewarden.model import Event, Json, fold
from casewarden.model.decision import Decision
from casewarden.ruleset.load import load
from casewarden.ruleset.syntax import Ruleset
from support.rulefiles import ROOT

FOLDER = ROOT / "rules" / "vendor"
FILE = FOLDER / "vendor.yaml"
BERLIN = ZoneInfo("Europe/Berlin")


def ruleset(**readings: str) -> Ruleset:
    found, diagnostics = load(FILE, readings={name.replace("_", "."): reading for name, reading in readings.items()})
    assert found is not None, [item.message for item in diagnostics.items]
    return found


def opened(rules: Ruleset, at: dt.datetime, **facts: Json) -> Decision:
    """What is decided of a case as a customer opens it."""
    micros = int(at.timestamp()) * 1_000_000
    stated: dict[str, Json] = {f"case.{name}": value for name, value in facts.items()}
    event = Event("case:1", "opened", micros, micros, "customer", "test", "1", 1, data={"facts": stated})
    return decide(compile_ruleset(rules), fold([event]), micros)


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_it_is_sound() -> None:
    run("check", "--strict", FILE)


def test_every_clause_is_proven_against_the_text(shared_dir: Path) -> None:
    (text,) = (shared_dir / "policies").glob("001_*.txt")
    said = run("cover", FOLDER, "--policy", text, "--prove", "--jobs", 1)
    assert "29 clauses: 27 enforced, 2 open question; 27 of the 27 enforced ones proven. No problems." in said


def test_the_list_has_the_clauses_of_the_inventory(shared_dir: Path) -> None:
    inventory = (shared_dir / "policies" / "clauses.md").read_text(encoding="utf-8")
    listed = re.findall(r"^(VENDOR-\d\d):", (FOLDER / "clauses.yaml").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert listed == re.findall(r"^\| (VENDOR-\d\d) \|", inventory, flags=re.MULTILINE)


def test_what_the_policy_leaves_open_is_told() -> None:
    said = run("check", "--deep", FILE)
    assert "no row decides 16 of the 24 combinations" in said
    worse = "the targets of `first_response` for the plan professional get worse as severity rises"
    assert worse in said
    assert said.count("get worse as severity rises") == 1


def severity(affected: str, workaround: bool, business: bool, revenue: bool, *, limited_excludes_revenue: bool) -> int:
    """The four definitions, said plainly; 0 where none is met."""
    if affected == "majority":
        if workaround:
            return 2 if revenue else 3
        return 1 if business else 0
    limited = not business and not (revenue and limited_excludes_revenue)
    return 4 if affected == "few" and limited else 0


@pytest.mark.parametrize(
    ("readings", "excludes", "open_ones"), [({}, True, 16), ({"V27_limited": "revenue_aside"}, False, 14)]
)
def test_every_impact_has_the_severity_of_its_definition(
    readings: dict[str, str], excludes: bool, open_ones: int
) -> None:
    rules = ruleset(**readings)
    at = dt.datetime(2026, 7, 15, 14, tzinfo=BERLIN)
    without = 0
    for affected, *hits in product(("majority", "some", "few"), (False, True), (False, True), (False, True)):
        workaround, business, revenue = hits
        wanted = severity(affected, workaround, business, revenue, limited_excludes_revenue=excludes)
        found = opened(rules, at, affected=affected, workaround=workaround, business_hit=business, revenue_hit=revenue)
        assert found.severity == (str(wanted) if wanted else None), (affected, hits)
        by_hand = next(clock for clock in found.clocks if clock.clock == "classify_by_hand")
        assert (by_hand.state.value == "running") is (wanted == 0)
        without += wanted == 0
    assert without == open_ones


HOURS = {
    ("professional", 4): 24,
    ("enterprise", 1): 8, ("enterprise", 2): 16, ("enterprise", 3): 24, ("enterprise", 4): 24,
    ("gold", 1): 8, ("gold", 2): 8, ("gold", 3): 8, ("gold", 4): 24,
}  # fmt: skip
HOLIDAYS = {(4, 3), (4, 6), (5, 1), (5, 14), (5, 25), (10, 3), (12, 25), (12, 26)}
"""The nationwide holidays of Germany from April 2026 on, from the calendar on the wall."""


def due(at: dt.datetime, hours: int) -> dt.datetime:
    """Minute after minute, each counted where the office is open."""
    left, now = hours * 60, at.astimezone(dt.UTC)
    while left:
        local = now.astimezone(BERLIN)
        left -= local.weekday() < 5 and 9 <= local.hour < 17 and (local.month, local.day) not in HOLIDAYS
        now += dt.timedelta(minutes=1)
    return now


@pytest.mark.parametrize(
    "day", [dt.date(2026, 4, 2), dt.date(2026, 7, 15), dt.date(2026, 10, 23), dt.date(2026, 12, 24)]
)
def test_first_responses_are_due_where_counting_minutes_ends(day: dt.date) -> None:
    """Over Easter, in a plain week, over the end of summer time, and over Christmas."""
    rules = ruleset()
    at = dt.datetime.combine(day, dt.time(9, 15), BERLIN)
    for (plan, level), hours in HOURS.items():
        found = opened(rules, at, plan=plan, reported_severity=str(level))
        clock = next(clock for clock in found.clocks if clock.clock == "first_response")
        assert clock.due == int(due(at, hours).timestamp()) * 1_000_000, (plan, level)
