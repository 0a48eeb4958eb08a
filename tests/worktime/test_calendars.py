"""Calendars: how they are read, what beats what, what never opens, and that they are shared and safe in threads."""

import datetime as dt
import itertools
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.worktime import (
    ALWAYS,
    Boundary,
    Calendar,
    CalendarSpec,
    Holiday,
    NaiveInstant,
    NoOpenTime,
    Reason,
    UnknownRegion,
    UnknownZone,
    WorktimeError,
    to_us,
)
from casewarden.worktime.public_holidays import holiday_set
from casewarden.worktime.read import parse_calendar, read_calendar
from casewarden.worktime.vector import VectorCalendar
from casewarden.worktime.zones import zone, zone_names
from support.calendars import MINUTE, WINDOW_DAYS, pair
from support.minute_reference import Week

WEEK = [[(540, 1020)]] * 5 + [[], []]
STATED = {
    "zone": "Europe/Zurich",
    "open": {"mon-thu": ["08:00-12:00", "13:00-17:00"], "fri": "08:00-16:00"},
    "exceptions": {"2026-12-24": "08:00-12:00", "2026-12-31": "closed", "2026-12-26": "10:00-12:00"},
    "holidays": {
        "country": "CH", "subdivision": "SG", "years": "2026-2027",
        "add": {"2026-08-03": "Company day"}, "remove": ["2026-05-25"],
    },
    "later": [{"from": "2027-01-01", "open": "24x5"}, {"from": "2027-02-01", "holidays": "none"}],
}  # fmt: skip


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


@pytest.mark.states("T3", "T4", "T6")
def test_a_stated_calendar_holds_what_it_says() -> None:
    calendar = Calendar.of(read_calendar(STATED))
    assert not calendar.is_open_at(at("2026-12-24T13:30+01:00"))
    assert calendar.is_open_at(at("2026-12-26T10:00+01:00"))  # an exception beats Saint Stephen's Day
    assert not calendar.is_open_at(at("2026-08-03T10:00+02:00"))
    assert calendar.is_open_at(at("2026-05-25T10:00+02:00"))
    assert not calendar.is_open_at(at("2027-01-01T10:00+01:00"))
    assert calendar.is_open_at(at("2027-01-04T03:00+01:00"))
    assert calendar.is_open_at(at("2027-08-02T23:00+02:00"))
    day = calendar.segments(to_us(at("2026-08-03T00:00+02:00")), to_us(at("2026-08-04T00:00+02:00")))
    assert [(s.reason, s.name, s.region) for s in day] == [(Reason.HOLIDAY, "Company day", None)]
    sunday = calendar.segments(to_us(at("2026-11-01T00:00+01:00")), to_us(at("2026-11-01T12:00+01:00")))
    assert [(s.reason, s.name, s.region) for s in sunday] == [(Reason.HOLIDAY, "All Saints' Day", "CH-SG")]


def test_all_problems_are_told_with_place_and_fix() -> None:
    spec, problems = parse_calendar(
        {
            "zone": "CET",
            "open": {"mon-fry": "08:00-17:00", "tue": "8-17", "wed": ["09:00-13:00", "12:00-17:00"]},
            "holiday": "none",
            "holidays": {"country": "CH", "subdivision": "SX", "years": "2026"},
            "exceptions": {"2026-02-30": "closed"},
            "later": [{"from": "2027-01-01", "zone": "UTC"}, {"open": "24x7"}],
        }
    )
    assert spec is None
    assert ["/".join(map(str, problem.path)) for problem in problems] == [
        "holiday", "zone", "open/mon-fry", "open/tue", "open/wed", "exceptions/2026-02-30", "holidays/subdivision",
        "later/0/zone", "later/1",
    ]  # fmt: skip
    assert all(problem.message and problem.fix for problem in problems)
    assert "Did you mean 'holidays'?" in str(problems[0])


def test_a_day_may_have_its_hours_only_once() -> None:
    _, problems = parse_calendar({**STATED, "open": {"mon-fri": "08:00-17:00", "fri": "08:00-12:00"}})
    assert [problem.path for problem in problems] == [("open", "fri")]


@pytest.mark.parametrize(
    ("country", "subdivision", "years", "hint"),
    [
        ("ch", None, range(2026, 2027), "'CH'"),
        ("germany", None, range(2026, 2027), "'DE'"),
        ("CH", "sg", range(2026, 2027), "'SG'"),
        ("NP", None, range(1990, 2027), "2010"),
    ],
)
def test_unknown_holidays_name_what_is_near(country: str, subdivision: str | None, years: range, hint: str) -> None:
    with pytest.raises(UnknownRegion, match=hint):
        holiday_set(country, subdivision, years)


@pytest.mark.states("T4")
def test_holidays_do_not_depend_on_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    before = holiday_set("CH", "SG", range(2026, 2028))
    for variable in ("LANGUAGE", "LC_ALL", "LANG"):
        monkeypatch.setenv(variable, "fr_FR.UTF-8")
    assert holiday_set("CH", "SG", range(2026, 2028)) == before


@pytest.mark.parametrize("name", ["CET", "PST", "Europe/Zurch", "+5:30", "+24:00", "../UTC", "", "Factory"])
@pytest.mark.states("T2")
def test_what_is_no_zone(name: str) -> None:
    with pytest.raises(UnknownZone):
        zone(name)


def test_equal_calendars_are_one() -> None:
    first = CalendarSpec.of("UTC", [[(540, 600), (600, 1020)]] * 7)
    assert Calendar.of(first) is (kept := Calendar.of(CalendarSpec.of("UTC", [[(540, 1020)]] * 7)))
    assert kept.spec == first


def test_threads_see_one_calendar() -> None:
    calendar = Calendar.of(CalendarSpec.of("America/New_York", WEEK, holidays=[Holiday(dt.date(2026, 1, 1))]))
    starts = [to_us(dt.datetime(1990 + i % 110, 1 + i % 12, 3, 15, tzinfo=dt.UTC)) for i in range(400)]
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda t: (calendar.add_us(t, 10**13), calendar.is_open(t)), starts))
    alone = Calendar(calendar.spec)
    assert got == [(alone.add_us(t, 10**13), alone.is_open(t)) for t in starts]


def test_what_never_opens_or_never_closes() -> None:
    start = to_us(at("2026-07-17T16:40+02:00"))
    never = Calendar.of(CalendarSpec.of("UTC", [[]] * 7, exceptions={dt.date(2026, 7, 1): [(540, 600)]}))
    for boundary in Boundary:
        with pytest.raises(NoOpenTime):
            never.add_us(start, 1, boundary)
    assert never.next_change(start) is None
    assert never.elapsed_us(0, start) == 3600 * 10**6
    assert never.subtract_us(start, 3600 * 10**6) == to_us(at("2026-07-01T09:00Z"))
    with pytest.raises(NoOpenTime):
        never.subtract_us(start, 3600 * 10**6 + 1)
    always = Calendar.of(CalendarSpec.of("Pacific/Apia", ALWAYS))
    assert always.next_change(start) is None
    assert list(always.intervals(0, start)) == [(0, start)]
    assert always.add_us(0, start) == start
    with pytest.raises(NoOpenTime):
        always.add_us(start, 10**30)


@pytest.mark.states("T1")
def test_naive_datetimes_and_negative_lengths_are_refused() -> None:
    calendar = Calendar.of(CalendarSpec.of("UTC", WEEK))
    with pytest.raises(NaiveInstant, match="offset"):
        calendar.add(dt.datetime(2026, 7, 17), dt.timedelta(hours=1))  # noqa: DTZ001
    with pytest.raises(WorktimeError, match="subtract"):
        calendar.add(at("2026-07-17T16:40Z"), dt.timedelta(hours=-1))


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(sorted(name for name in zone_names() if "/" in name and not name.startswith("Etc"))),
    day=st.dates(dt.date(1990, 2, 1), dt.date(2100, 11, 1)),
    hours=st.sampled_from([[(540, 1020)], [(0, 1440)], [(1320, 1800)], [(90, 150), (160, 200)]]),
)
def test_any_zone_from_1990_to_2100(name: str, day: dt.date, hours: list[tuple[int, int]]) -> None:
    both = pair(Week(name, dict.fromkeys(range(7), hours)), day)
    first, last = both.reference.start + 5 * 1440, both.reference.start + (WINDOW_DAYS - 5) * 1440
    got = list(both.calendar.intervals(first * MINUTE, last * MINUTE))
    assert got == [(s * MINUTE, e * MINUTE) for s, e in both.reference.intervals(first, last)]


def test_no_zone_changes_twice_within_three_days() -> None:
    """What the tables rely on, for the zones with the oddest rules and all years that must be right."""
    days = range(dt.date(1990, 1, 1).toordinal(), dt.date(2101, 1, 1).toordinal())
    for name in ("Africa/Casablanca", "America/Sao_Paulo", "Asia/Gaza", "Africa/Cairo", "Pacific/Apia", "Asia/Tehran"):
        place = zone(name)
        changes = [b for a, b in itertools.pairwise(days) if place.offset(a) != place.offset(b)]
        assert all(b - a > 3 for a, b in itertools.pairwise(changes)), name


@settings(max_examples=40, deadline=None)
@given(
    starts=st.lists(st.integers(0, 4 * 10**15), min_size=1, max_size=20),
    amount=st.integers(0, 10**13),
    boundary=st.sampled_from(Boundary),
)
def test_arrays_agree_with_single_instants(starts: list[int], amount: int, boundary: Boundary) -> None:
    calendar = Calendar.of(CalendarSpec.of("Europe/Zurich", [[(480, 720), (780, 1020)]] * 5 + [[(1320, 1800)], []]))
    vector, array = VectorCalendar(calendar), np.array(starts)
    assert vector.add(array, amount, boundary).tolist() == [calendar.add_us(t, amount, boundary) for t in starts]
    assert vector.subtract(array, amount).tolist() == [calendar.subtract_us(t, amount) for t in starts]
    ends = array[::-1]
    assert vector.elapsed(array, ends).tolist() == [
        calendar.elapsed_us(a, b) for a, b in zip(starts, reversed(starts), strict=True)
    ]
    stamps = array.astype("datetime64[us]")
    assert (
        vector.add(stamps, np.array(amount, "timedelta64[us]")) == vector.add(array, amount).astype("datetime64[us]")
    ).all()


def test_results_come_in_the_zone_of_the_calendar() -> None:
    calendar = Calendar.of(CalendarSpec.of("Europe/Zurich", WEEK))
    got = calendar.add(dt.datetime(2026, 7, 17, 8, 0, tzinfo=ZoneInfo("America/New_York")), dt.timedelta(hours=4))
    assert got.isoformat() == "2026-07-20T10:00:00+02:00"
