"""Time as rulesets say it: zones, calendars, durations, boundaries; business time is proven in tests/worktime."""

import pytest

from casewarden.model.event import Json
from casewarden.model.instants import iso, parse_instant
from casewarden.ruleset.load import load_text
from support.small import Log, clocks, codes, decided, ruleset, say, text_of

CLOCK = "clocks:\n  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: %s}\n"
CALENDARS = """
calendars:
  office: {zone: Europe/Zurich, open: {mon-fri: 08:00-17:00}, holidays: none}
  always: {zone: Europe/Zurich, open: 24x7, holidays: none}
"""
DAYS = """
defaults:
  calendar: office
  language: en
  plan: basic
  days: {mode: %s, origin: %s, first_day: %s}
  boundary: %s
  on_change: {severity: keep, plan: keep, contract: keep}
"""


def due(sections: str, opened: str = "mon 09:00", **facts: str) -> str | None:
    """When the one clock of a ruleset is due for a case that is opened then."""
    log = Log().opened(opened, {f"case.{name}": value for name, value in facts.items()})
    (clock,) = decided(ruleset(sections), log, opened).clocks
    return say(clock.due)


@pytest.mark.states("T1")
def test_instants_keep_their_microseconds_and_a_date_without_a_zone_is_refused() -> None:
    assert iso(parse_instant("2026-03-02T09:00:00.000001+01:00")) == "2026-03-02T08:00:00.000001Z"
    with pytest.raises(ValueError, match="has no offset"):
        parse_instant("2026-03-02T09:00:00")
    bound = "rules:\n  probe:\n    clause: [S]\n    when: {case.core: down}\n    then: [set: {case.planned: %s}]\n"
    assert codes(bound % "2026-03-02T09:00") == ["CW408"]
    assert codes(bound % "2026-03-02T09:00+01:00") == []


@pytest.mark.states("T2")
@pytest.mark.parametrize(
    ("zone", "refused"),
    [("CET", True), ("PST", True), ("EST", True), ("Europe/Zurich", False), ('"+01:00"', False), ("UTC", False)],
)
def test_abbreviations_of_zones_do_not_compile(zone: str, refused: bool) -> None:
    sections = CALENDARS.replace("office: {zone: Europe/Zurich", f"office: {{zone: {zone}")
    assert codes(sections) == (["CW406"] if refused else [])


@pytest.mark.states("T5")
def test_the_calendar_follows_plan_and_severity_and_the_contract_beats_both() -> None:
    sections = """
plans:
  basic: {calendar: office, commitment: slo}
  gold: {calendar: {1: always, 2: office}, commitment: slo}
severity:
  clause: [S]
  levels: {1: High, 2: Low}
  until_classified: reported
  hit: first
  otherwise: 2
  table:
    - {when: {case.core: down}, gives: 1}
"""
    sections += CLOCK % "12 business hours"
    assert due(sections, plan="basic", core="down") == "tue 12:00"
    assert due(sections, plan="gold", core="down") == "mon 21:00"
    assert due(sections, plan="gold", core="degraded") == "tue 12:00"
    log = Log().opened("mon 09:00", {"case.plan": "basic", "case.core": "down", "contract.calendar": "always"})
    assert clocks(decided(ruleset(sections), log, "mon 09:00")) == ["answer running mon 21:00"]
    by_severity: dict[str, Json] = {"case.plan": "gold", "case.core": "down", "contract.calendar": {"1": "office"}}
    log = Log().opened("mon 09:00", by_severity)  # severity 2, which it leaves out, has the plan's
    assert clocks(decided(ruleset(sections), log, "mon 09:00")) == ["answer running tue 12:00"]
    log = Log().opened("mon 09:00", {**by_severity, "case.core": "degraded", "contract.calendar": {"1": "always"}})
    assert clocks(decided(ruleset(sections), log, "mon 09:00")) == ["answer running tue 12:00"]
    log = Log().opened("mon 09:00", {**by_severity, "case.core": "degraded", "contract.calendar": {"2": "always"}})
    assert clocks(decided(ruleset(sections), log, "mon 09:00")) == ["answer running mon 21:00"]


@pytest.mark.states("T6")
def test_hours_that_change_on_a_date_count_from_that_date_on() -> None:
    later = "holidays: none, later: [{from: 2026-03-03, open: {mon-fri: 06:00-17:00}}]"
    assert due(CALENDARS.replace("holidays: none", later, 1) + CLOCK % "9 business hours") == "tue 07:00"
    assert due(CLOCK % "9 business hours") == "tue 09:00"


@pytest.mark.states("T8")
@pytest.mark.parametrize(
    ("duration", "code"),
    [("4", "CW400"), ("4 hours", "CW401"), ("1.5 business hours", "CW402"), ("2 business weeks", "CW403")],
)
def test_a_duration_without_its_unit_or_its_calendar_word_is_refused(duration: str, code: str) -> None:
    assert codes(CLOCK % duration) == [code]


@pytest.mark.states("T9", "T11", "T12")
@pytest.mark.parametrize(
    ("mode", "first_day", "expected"),
    [
        ("open_hours", "day_after", "wed 12:00"),
        ("same_time", "day_after", "wed 12:00"),
        ("end_of_day", "day_after", "wed 17:00"),
        ("end_of_day", "start_day", "tue 17:00"),
    ],
)
def test_two_business_days_from_monday_noon_in_each_mode(mode: str, first_day: str, expected: str) -> None:
    assert due(DAYS % (mode, "date", first_day, "closing") + CLOCK % "2 business days", "mon 12:00") == expected


@pytest.mark.states("T10")
@pytest.mark.parametrize(("origin", "expected"), [("date", "mon+1 17:00"), ("next_opening", "tue+1 17:00")])
def test_saturday_plus_one_day_is_monday_or_tuesday(origin: str, expected: str) -> None:
    assert (
        due(DAYS % ("end_of_day", origin, "day_after", "closing") + CLOCK % "1 business day", "sat 10:00") == expected
    )


@pytest.mark.states("T12")
def test_in_open_hours_a_short_date_counts_as_one_and_parts_of_dates_as_shares() -> None:
    """Monday 10:00 is a quarter into its eight hours; a quarter of Friday's four hours is 09:00."""
    short = """
calendars:
  office: {zone: Europe/Zurich, open: {mon-thu: 08:00-16:00, fri: 08:00-12:00}, holidays: none}
  always: {zone: Europe/Zurich, open: 24x7, holidays: none}
"""
    days = DAYS % ("open_hours", "date", "day_after", "closing")
    assert due(short + days + CLOCK % "4 business days", "mon 10:00") == "fri 09:00"
    assert due(short + days + CLOCK % "5 business days", "mon 10:00") == "mon+1 10:00"


@pytest.mark.states("T13")
@pytest.mark.parametrize(
    "left_out", ["calendar: office", "days", "boundary: closing", "on_change", "mode: end_of_day, "]
)
def test_a_ruleset_states_its_defaults(left_out: str) -> None:
    lines = (DAYS % ("end_of_day", "date", "day_after", "closing")).splitlines(keepends=True)
    whole = "".join(line for line in lines if not line.strip().startswith(left_out)).replace(left_out, "")
    found = load_text(text_of(whole))[1]
    assert "CW202" in [item.code for item in found.items]


@pytest.mark.states("T14", "T15")
@pytest.mark.parametrize(("boundary", "expected"), [("closing", "mon 17:00"), ("next_opening", "tue 08:00")])
def test_a_deadline_on_a_closing_instant_in_both_readings_is_missed_one_open_microsecond_after(
    boundary: str, expected: str
) -> None:
    sections = DAYS % ("end_of_day", "date", "day_after", boundary) + CLOCK % "8 business hours"
    assert due(sections) == expected
    log = Log().opened("mon 09:00")
    states = [decided(ruleset(sections), log, now).clocks[0].state.value for now in ("tue 08:00", "tue 08:00+1")]
    assert states == ["running", "missed"]


@pytest.mark.states("T16", "T17")
def test_an_elapsed_day_over_a_change_of_the_clocks_is_a_day_on_the_wall_and_hours_are_hours() -> None:
    """On Sunday 29 March 2026 Zurich goes from 02:00 to 03:00."""
    assert due(CLOCK % "1 elapsed day", "sat+3 10:00") == "sun+3 10:00"
    assert due(CLOCK % "24 elapsed hours", "sat+3 10:00") == "sun+3 11:00"
    assert due(CLOCK % "1 elapsed day", "sat+3 02:30") == "sun+3 03:30"
