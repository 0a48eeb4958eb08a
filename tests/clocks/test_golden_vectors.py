"""The worked vectors of the policies' clause inventory: both readings of each."""

from datetime import date

import pytest

from casewarden.decide.clocks import Circumstances, ClockInputs, runs
from casewarden.worktime import CalendarSpec, DayMode, DayOrigin, DayRule, FirstDay, Holiday
from support.clock_cases import always, clock, instant, office, terms, weekdays

BERLIN, KOLKATA, ZURICH, PACIFIC = "Europe/Berlin", "Asia/Kolkata", "Europe/Zurich", "America/Los_Angeles"
END_OF_DAY = DayRule(DayMode.END_OF_DAY, DayOrigin.DATE)


def due(calendar: CalendarSpec, target: str, start: int, days: DayRule = END_OF_DAY) -> int | None:
    inputs = ClockInputs(clock(target, days=days), Circumstances(), starts=[(start, "opened")])
    (run,) = runs(inputs, terms({"office": calendar}))
    return run.due


@pytest.mark.parametrize(("zone", "expected"), [(BERLIN, "2026-07-16 09:15"), ("+01:00", "2026-07-15 18:00")])
def test_v1_a_zone_and_a_fixed_offset_lie_fifteen_hours_apart(zone: str, expected: str) -> None:
    start = instant("2026-07-15 09:15", BERLIN)
    assert due(office(zone), "8 business hours", start) == instant(expected, BERLIN)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (DayRule(DayMode.OPEN_HOURS, DayOrigin.DATE), "2026-07-24 14:00"),
        (END_OF_DAY, "2026-07-24 17:00"),
        (DayRule(DayMode.END_OF_DAY, DayOrigin.DATE, FirstDay.START_DAY), "2026-07-23 17:00"),
    ],
)
@pytest.mark.states("T9", "T11")
def test_v2_seven_business_days_in_three_readings(days: DayRule, expected: str) -> None:
    start = instant("2026-07-15 14:00", BERLIN)
    assert due(office(BERLIN), "7 business days", start, days) == instant(expected, BERLIN)


@pytest.mark.parametrize(
    ("calendar", "expected"),
    [
        (office(BERLIN, 9, 17), "2026-07-15 10:00"),
        (office(BERLIN, 9, 18), "2026-07-14 17:00"),
        (weekdays(BERLIN), "2026-07-14 02:00"),
    ],
)
def test_v3_sixteen_business_hours_hang_on_the_hours(calendar: CalendarSpec, expected: str) -> None:
    assert due(calendar, "16 business hours", instant("2026-07-13 10:00", BERLIN)) == instant(expected, BERLIN)


@pytest.mark.parametrize(
    ("calendar", "expected"),
    [
        (weekdays(KOLKATA), "2026-07-20 02:00"),
        (office(KOLKATA, 9, 18), "2026-07-20 13:00"),
        (weekdays("UTC"), "2026-07-18 02:00"),
        (weekdays(PACIFIC), "2026-07-18 02:00"),
    ],
)
def test_v4_four_hours_over_a_weekend_hang_on_the_zone(calendar: CalendarSpec, expected: str) -> None:
    assert due(calendar, "4 business hours", instant("2026-07-17 22:00", KOLKATA)) == instant(expected, KOLKATA)


def test_v5_a_week_without_weekends_in_two_readings() -> None:
    start = instant("2026-07-17 15:00", KOLKATA)
    same_time = DayRule(DayMode.SAME_TIME, DayOrigin.DATE)
    assert due(weekdays(KOLKATA), "5 business days", start, same_time) == instant("2026-07-24 15:00", KOLKATA)
    assert due(weekdays(KOLKATA), "168 business hours", start) == instant("2026-07-28 15:00", KOLKATA)


@pytest.mark.parametrize(
    ("calendar", "target", "expected"),
    [
        (weekdays(KOLKATA), "24 business hours", "2026-07-20 15:00"),
        (office(KOLKATA, 9, 18), "24 business hours", "2026-07-22 12:00"),
        (office(KOLKATA, 9, 18), "24 elapsed hours", "2026-07-18 15:00"),
    ],
)
def test_v6_twenty_four_hours_in_three_readings(calendar: CalendarSpec, target: str, expected: str) -> None:
    assert due(calendar, target, instant("2026-07-17 15:00", KOLKATA)) == instant(expected, KOLKATA)


def test_v7_severity_one_on_friday_afternoon_is_due_on_monday() -> None:
    assert due(office(ZURICH, 8), "1 business hour", instant("2026-07-17 16:40")) == instant("2026-07-20 08:40")


SAINT_GALLEN = (Holiday(date(2027, 11, 1), "All Saints' Day", "CH-SG"),)
ZURICH_CANTON = (Holiday(date(2026, 5, 1), "Labour Day", "CH-ZH"),)


@pytest.mark.parametrize(
    ("holidays", "expected"), [(SAINT_GALLEN, "2026-05-01 15:00"), (ZURICH_CANTON, "2026-05-04 15:00")]
)
@pytest.mark.states("T4")
def test_v8_the_first_of_may_is_a_holiday_in_one_canton(holidays: tuple[Holiday, ...], expected: str) -> None:
    assert due(office(ZURICH, 8, 17, holidays), "9 business hours", instant("2026-04-30 15:00")) == instant(expected)


@pytest.mark.parametrize(
    ("holidays", "expected"), [(SAINT_GALLEN, "2027-11-02 15:00"), (ZURICH_CANTON, "2027-11-01 15:00")]
)
def test_v8b_all_saints_is_a_holiday_in_the_other(holidays: tuple[Holiday, ...], expected: str) -> None:
    # reported in summer time; the clocks go back on the Sunday between
    assert due(office(ZURICH, 8, 17, holidays), "12 business hours", instant("2027-10-29 12:00")) == instant(expected)


@pytest.mark.states("T3")
def test_v10_eight_hours_on_a_calendar_or_through_the_night() -> None:
    start = instant("2026-07-17 16:30", PACIFIC)
    assert due(office(PACIFIC, 8), "8 elapsed hours", start) == instant("2026-07-18 00:30", PACIFIC)
    assert due(office(PACIFIC, 8), "8 business hours", start) == instant("2026-07-20 15:30", PACIFIC)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("48 elapsed hours", "2026-03-08 11:00"),
        ("2 elapsed days", "2026-03-08 10:00"),
        ("18 business hours", "2026-03-10 10:00"),
    ],
)
@pytest.mark.states("T16")
def test_v12_two_days_when_the_clocks_go_forward(target: str, expected: str) -> None:
    assert due(office(PACIFIC, 8), target, instant("2026-03-06 10:00", PACIFIC)) == instant(expected, PACIFIC)


def test_v10_and_v12_on_a_calendar_that_never_closes() -> None:
    start = instant("2026-03-06 10:00", PACIFIC)
    assert due(always(PACIFIC), "48 business hours", start) == instant("2026-03-08 11:00", PACIFIC)
