"""ZITADEL's support: due times and credits against a walk over minutes, all impacts, and what the tool itself says."""

import datetime as dt
import re
from functools import cache
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import holidays
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.cli import app
from casewarden.decide import Compiled, compile_ruleset, decide
from casewarden.model import Event, Json, fold
from casewarden.model.decision import Decision
from casewarden.ruleset.load import load
from support.rulefiles import ROOT

FOLDER = ROOT / "rules" / "zitadel"
FILE = FOLDER / "zitadel.yaml"
ZURICH = ZoneInfo("Europe/Zurich")
MINUTE = dt.timedelta(minutes=1)
FRIDAY = dt.datetime(2026, 7, 17, 16, 40, tzinfo=ZURICH)


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_it_is_sound() -> None:
    run("check", "--strict", FILE)


def test_every_clause_is_proven_against_the_text(shared_dir: Path) -> None:
    (text,) = (shared_dir / "policies").glob("003_*.txt")
    said = run("cover", FOLDER, "--policy", text, "--prove", "--jobs", 1)
    assert "58 clauses: 58 enforced; 58 of the 58 enforced ones proven. No problems." in said


def test_the_list_has_the_clauses_of_the_inventory(shared_dir: Path) -> None:
    inventory = (shared_dir / "policies" / "clauses.md").read_text(encoding="utf-8")
    listed = re.findall(r"^(ZITADEL-\d\d):", (FOLDER / "clauses.yaml").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert listed == re.findall(r"^\| (ZITADEL-\d\d) \|", inventory, flags=re.MULTILINE)


@cache
def compiled(reading: str | None = None) -> Compiled:
    found, diagnostics = load(FILE, readings={} if reading is None else {"A11": reading})
    assert found is not None, [item.message for item in diagnostics.items]
    return compile_ruleset(found)


def micros(at: dt.datetime) -> int:
    return round(at.timestamp()) * 1_000_000


def opened(at: dt.datetime, **facts: Json) -> Event:
    stated: dict[str, Json] = {f"case.{name}": value for name, value in facts.items()}
    when = micros(at)
    return Event("case:1", "opened", when, when, "customer", "test", "1", 1, data={"facts": stated})


def answered(at: dt.datetime) -> Event:
    when = micros(at)
    return Event("case:1", "message", when, when, "agent", "test", "2", 2, data={"public": True})


@cache
def is_holiday(date: dt.date) -> bool:
    return date in holidays.country_holidays("CH", subdiv="SG", years=date.year)


def is_open(at: dt.datetime) -> bool:
    return at.weekday() < 5 and 8 <= at.hour < 17 and not is_holiday(at.date())


def minutes_between(start: dt.datetime, end: dt.datetime) -> int:
    at, open_ones = start, 0
    while at < end:
        open_ones += is_open(at)
        at += MINUTE
    return open_ones


def minutes_later(start: dt.datetime, minutes: int) -> dt.datetime:
    at = start
    while minutes:
        minutes -= is_open(at)
        at += MINUTE
    return at


def due(decision: Decision, clock: str) -> int | None:
    return next(one.due for one in decision.clocks if one.clock == clock)


STARTS = st.integers(0, 3 * 365 * 20 * 12).map(
    lambda n: dt.datetime(2026, 1, 1, 4, tzinfo=ZURICH) + dt.timedelta(days=n // 240, minutes=n % 240 * 5)
)
HOURS = {"1": 1, "2": 2, "3": 12, "4": 24}


@settings(max_examples=30, deadline=None)
@given(STARTS, st.sampled_from("1234"))
def test_objectives_are_due_where_a_walk_over_open_minutes_ends(start: dt.datetime, severity: str) -> None:
    event = opened(start, plan="extended_sla", reported_severity=severity)
    found = due(decide(compiled(), fold([event]), micros(start)), "initial_response")
    assert found == micros(minutes_later(start, HOURS[severity] * 60))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9 * 24 * 60))
def test_credits_are_the_quarters_of_a_walk_over_minutes(wait: int) -> None:
    """V7 at any time of answering, in the four readings."""
    objective, answer = minutes_later(FRIDAY, 60), FRIDAY.astimezone(dt.UTC) + wait * MINUTE
    answer = answer.astimezone(ZURICH)
    log = fold([opened(FRIDAY, plan="extended_sla", core="down"), answered(answer)])
    open_ones, plain = minutes_between(objective, answer), max(0, (answer - objective) // MINUTE)
    expected = {
        None: open_ones // 15,
        "started_quarters": -(-open_ones // 15),
        "capped": min(30, open_ones // 15),
        "wall_clock": plain // 15 if open_ones else 0,  # missed only once an open minute has begun after it was due
    }
    for reading, days in expected.items():
        ledger = decide(compiled(reading), log, micros(answer)).ledger
        assert sum(entry.amount for entry in ledger if entry.name == "late_response") == days, reading


@pytest.mark.parametrize(("answer", "whole", "started", "plain"), [("21 08:10", 34, 34, 94), ("20 09:30", 3, 4, 3)])
def test_the_worked_vector_of_credits(answer: str, whole: int, started: int, plain: int) -> None:
    at = dt.datetime.strptime(f"2026-07-{answer}", "%Y-%m-%d %H:%M").replace(tzinfo=ZURICH)
    log = fold([opened(FRIDAY, plan="extended_sla", core="down"), answered(at)])
    for reading, days in ((None, whole), ("started_quarters", started), ("wall_clock", plain)):
        (entry,) = decide(compiled(reading), log, micros(at)).ledger
        assert (entry.name, entry.amount, entry.state) == ("late_response", days, "posted")


def level(core: str, impact: str, workaround: str) -> str:
    """The four definitions, said plainly."""
    if core != "available":
        return "1" if core == "down" else "3" if workaround == "viable" else "2"
    return "3" if impact in ("partial", "major_defect") else "4"


def test_every_impact_has_its_severity() -> None:
    impacts = ("partial", "major_defect", "minor_defect", "performance", "question", "feature")
    for core, impact, workaround in product(("down", "degraded", "available"), impacts, ("missing", "viable")):
        start = micros(FRIDAY)
        told = Event(
            "case:1", "observed", start, start, "agent", "test", "2", 2,
            data={"facts": {"case.workaround": workaround}}, who=("support",),
        )  # fmt: skip
        decision = decide(compiled(), fold([opened(FRIDAY, plan="custom", core=core, impact=impact), told]), start)
        assert decision.severity == level(core, impact, workaround), (core, impact, workaround)
