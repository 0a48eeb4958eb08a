"""Worked examples: support clauses as their readers understood them, each reading with its result."""

import datetime as dt

import pytest

from casewarden.worktime import (
    ALWAYS,
    WORKING_WEEK,
    Calendar,
    CalendarSpec,
    DayMode,
    DayOrigin,
    DayRule,
    FirstDay,
    Holiday,
    add_elapsed_days,
    from_us,
    to_us,
)
from casewarden.worktime.public_holidays import holiday_set


def office(zone: str, opens: int, closes: int, holidays: tuple[Holiday, ...] = ()) -> Calendar:
    week = [[(opens * 60, closes * 60)]] * 5 + [[], []]
    return Calendar.of(CalendarSpec.of(zone, week, holidays=holidays))


def weekdays(zone: str) -> Calendar:
    return Calendar.of(CalendarSpec.of(zone, WORKING_WEEK))


def always(zone: str) -> Calendar:
    return Calendar.of(CalendarSpec.of(zone, ALWAYS))


def canton(code: str) -> Calendar:
    return office("Europe/Zurich", 8, 17, holiday_set("CH", code, range(2026, 2028)))


HOUR = dt.timedelta(hours=1)

# (name, calendar, start, hours of open time, due)
HOURS = [
    ("V1 summer time", office("Europe/Berlin", 9, 17), "2026-07-15T09:15+02:00", 8, "2026-07-16T09:15+02:00"),
    ("V1 fixed offset", office("+01:00", 9, 17), "2026-07-15T09:15+02:00", 8, "2026-07-15T18:00+02:00"),
    ("V2 open hours", office("Europe/Berlin", 9, 17), "2026-07-15T14:00+02:00", 56, "2026-07-24T14:00+02:00"),
    ("V3 nine to five", office("UTC", 9, 17), "2026-07-13T10:00Z", 16, "2026-07-15T10:00Z"),
    ("V3 nine to six", office("UTC", 9, 18), "2026-07-13T10:00Z", 16, "2026-07-14T17:00Z"),
    ("V3 round the clock", weekdays("UTC"), "2026-07-13T10:00Z", 16, "2026-07-14T02:00Z"),
    ("V4 weekdays there", weekdays("Asia/Kolkata"), "2026-07-17T22:00+05:30", 4, "2026-07-20T02:00+05:30"),
    ("V4 office", office("Asia/Kolkata", 9, 18), "2026-07-17T22:00+05:30", 4, "2026-07-20T13:00+05:30"),
    ("V4 weekdays in UTC", weekdays("UTC"), "2026-07-17T22:00+05:30", 4, "2026-07-18T02:00+05:30"),
    ("V4 in the west", weekdays("America/Los_Angeles"), "2026-07-17T22:00+05:30", 4, "2026-07-18T02:00+05:30"),
    ("V5 less weekends", weekdays("Asia/Kolkata"), "2026-07-17T15:00+05:30", 168, "2026-07-28T15:00+05:30"),
    ("V6 weekdays", weekdays("Asia/Kolkata"), "2026-07-17T15:00+05:30", 24, "2026-07-20T15:00+05:30"),
    ("V6 nine-hour days", office("Asia/Kolkata", 9, 18), "2026-07-17T15:00+05:30", 24, "2026-07-22T12:00+05:30"),
    ("V6 plain", always("Asia/Kolkata"), "2026-07-17T15:00+05:30", 24, "2026-07-18T15:00+05:30"),
    ("V8 St. Gallen", canton("SG"), "2026-04-30T15:00+02:00", 9, "2026-05-01T15:00+02:00"),
    ("V8 Zurich", canton("ZH"), "2026-04-30T15:00+02:00", 9, "2026-05-04T15:00+02:00"),
    ("V8b St. Gallen", canton("SG"), "2027-10-29T12:00+02:00", 12, "2027-11-02T15:00+01:00"),
    ("V8b Zurich", canton("ZH"), "2027-10-29T12:00+02:00", 12, "2027-11-01T15:00+01:00"),
    ("V10 plain", always("America/Los_Angeles"), "2026-07-17T16:30-07:00", 8, "2026-07-18T00:30-07:00"),
    ("V10 office", office("America/Los_Angeles", 8, 17), "2026-07-17T16:30-07:00", 8, "2026-07-20T15:30-07:00"),
    ("V12 48 hours", always("America/Los_Angeles"), "2026-03-06T10:00-08:00", 48, "2026-03-08T11:00-07:00"),
    (
        "V12 18 office hours",
        office("America/Los_Angeles", 8, 17),
        "2026-03-06T10:00-08:00",
        18,
        "2026-03-10T10:00-07:00",
    ),
    ("ZITADEL severity 1", office("Europe/Zurich", 8, 17), "2026-07-17T16:40+02:00", 1, "2026-07-20T08:40+02:00"),
]


@pytest.mark.parametrize(
    ("calendar", "start", "hours", "due"), [row[1:] for row in HOURS], ids=[row[0] for row in HOURS]
)
def test_hours(calendar: Calendar, start: str, hours: int, due: str) -> None:
    begin, end = dt.datetime.fromisoformat(start), dt.datetime.fromisoformat(due)
    assert calendar.add(begin, hours * HOUR) == end
    assert calendar.elapsed(begin, end) == hours * HOUR
    assert calendar.subtract(end, hours * HOUR) == begin or not calendar.is_open_at(begin)


BERLIN, KOLKATA = office("Europe/Berlin", 9, 17), office("Asia/Kolkata", 9, 18)
WEDNESDAY = "2026-07-15T14:00+02:00"
SATURDAY = "2026-07-18T10:00+02:00"
DAYS = [
    ("V2 open hours", BERLIN, WEDNESDAY, 7, ("open_hours", "date", "day_after"), "2026-07-24T14:00+02:00"),
    ("V2 end of the day", BERLIN, WEDNESDAY, 7, ("end_of_day", "date", "day_after"), "2026-07-24T17:00+02:00"),
    ("V2 report day is one", BERLIN, WEDNESDAY, 7, ("end_of_day", "date", "start_day"), "2026-07-23T17:00+02:00"),
    (
        "V5 working days",
        KOLKATA,
        "2026-07-17T15:00+05:30",
        5,
        ("same_time", "date", "day_after"),
        "2026-07-24T15:00+05:30",
    ),
    ("Saturday is Monday", BERLIN, SATURDAY, 1, ("same_time", "date", "day_after"), "2026-07-20T10:00+02:00"),
    ("Saturday is Tuesday", BERLIN, SATURDAY, 1, ("same_time", "next_opening", "day_after"), "2026-07-21T09:00+02:00"),
    ("by the end of Monday", BERLIN, SATURDAY, 1, ("end_of_day", "date", "day_after"), "2026-07-20T17:00+02:00"),
    (
        "by the end of Tuesday",
        BERLIN,
        SATURDAY,
        1,
        ("end_of_day", "next_opening", "day_after"),
        "2026-07-21T17:00+02:00",
    ),
]


@pytest.mark.parametrize(
    ("calendar", "start", "number", "rule", "due"), [row[1:] for row in DAYS], ids=[row[0] for row in DAYS]
)
@pytest.mark.states("T9", "T10", "T11")
def test_days(calendar: Calendar, start: str, number: int, rule: tuple[str, str, str], due: str) -> None:
    mode, origin, first_day = rule
    counted = DayRule(DayMode(mode), DayOrigin(origin), FirstDay(first_day))
    got = calendar.add_days(to_us(dt.datetime.fromisoformat(start)), number, counted)
    assert from_us(got) == dt.datetime.fromisoformat(due)


@pytest.mark.parametrize(("zone", "early", "late"), [("America/Los_Angeles", True, False), ("-08:00", False, True)])
@pytest.mark.states("T2")
def test_v9_pacific_time_or_its_standard_offset(zone: str, early: bool, late: bool) -> None:
    calendar = office(zone, 8, 17)
    assert calendar.is_open_at(dt.datetime.fromisoformat("2026-07-15T08:15-07:00")) is early
    assert calendar.is_open_at(dt.datetime.fromisoformat("2026-07-15T17:30-07:00")) is late


@pytest.mark.states("T17")
def test_v12_two_elapsed_days_keep_the_local_time() -> None:
    start = to_us(dt.datetime.fromisoformat("2026-03-06T10:00-08:00"))
    assert from_us(add_elapsed_days("America/Los_Angeles", start, 2)) == dt.datetime.fromisoformat(
        "2026-03-08T10:00-07:00"
    )


@pytest.mark.states("T16")
def test_elapsed_days_into_a_gap_shift_forward_and_into_a_fold_take_the_first() -> None:
    into_gap = to_us(dt.datetime.fromisoformat("2026-03-28T02:30+01:00"))
    assert from_us(add_elapsed_days("Europe/Zurich", into_gap, 1)) == dt.datetime.fromisoformat(
        "2026-03-29T03:30+02:00"
    )
    into_fold = to_us(dt.datetime.fromisoformat("2026-10-24T02:30+02:00"))
    assert from_us(add_elapsed_days("Europe/Zurich", into_fold, 1)) == dt.datetime.fromisoformat(
        "2026-10-25T02:30+02:00"
    )
    assert from_us(add_elapsed_days("Europe/Zurich", into_fold, -1)) == dt.datetime.fromisoformat(
        "2026-10-23T02:30+02:00"
    )
