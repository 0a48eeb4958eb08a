"""Every operation against the minute-by-minute reference, around days on which clocks or calendars do odd things."""

import datetime as dt
import itertools
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from casewarden.worktime import Boundary, DayMode, DayOrigin, DayRule, FirstDay, NoOpenTime
from support.calendars import MINUTE, WINDOW_DAYS, Pair, pair, pairs
from support.minute_reference import Outside, Week

RULES = [DayRule(*parts) for parts in itertools.product(DayMode, DayOrigin, FirstDay)]
slow = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)


def microsecond(minutes: Fraction) -> int:
    exact = minutes * MINUTE
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


@slow
@given(pair=pairs(), data=st.data())
@pytest.mark.states("T3", "T17")
def test_lengths_of_open_time(pair: Pair, data: st.DataObject) -> None:
    calendar, reference = pair.calendar, pair.reference
    start = data.draw(pair.instants(), label="start")
    other = data.draw(pair.instants(), label="end")
    amount = data.draw(st.one_of(st.integers(0, 30), st.integers(0, 60).map(lambda n: n * 60)), label="minutes")
    a, b = sorted((start, other))
    assert calendar.elapsed_us(a * MINUTE, b * MINUTE) == reference.elapsed(a, b) * MINUTE
    assert calendar.elapsed_us(b * MINUTE, a * MINUTE) == -reference.elapsed(a, b) * MINUTE
    for boundary in Boundary:
        try:
            expected = reference.add(start, amount, boundary)
        except Outside:
            continue
        assert calendar.add_us(start * MINUTE, amount * MINUTE, boundary) == expected * MINUTE, boundary
    try:
        expected = reference.subtract(start, amount)
    except Outside:
        return
    assert calendar.subtract_us(start * MINUTE, amount * MINUTE) == expected * MINUTE


def test_a_break_that_ends_on_a_skipped_date_is_as_much_later() -> None:
    week = Week(
        "Pacific/Apia", {day: [(480, 1020)] for day in range(7)}, breaks={dt.date(2011, 12, 29): [(1005, 2445)]}
    )
    both = pair(week, dt.date(2011, 12, 30))
    a, b = both.reference.start + 5 * 1440, both.reference.end - 5 * 1440
    expected = both.reference.intervals(a, b)
    assert list(both.calendar.intervals(a * MINUTE, b * MINUTE)) == [(s * MINUTE, e * MINUTE) for s, e in expected]


def test_yesterdays_hours_may_all_lie_ahead() -> None:
    sunday = dt.date(2026, 3, 29)
    hours = {day: [(540, 1020)] for day in range(7)}
    week = Week("Europe/Zurich", hours, shifts={sunday: [(1320, 1800)]}, breaks={sunday: [(841, 1441)]})
    both = pair(week, sunday)
    midnight = both.reference.when(sunday, 1440)
    rule = DayRule(DayMode.OPEN_HOURS, DayOrigin.DATE, FirstDay.DAY_AFTER)
    assert both.calendar.add_days(midnight * MINUTE, 1, rule) == both.reference.when(sunday, 1800) * MINUTE


def test_a_break_on_a_date_that_the_zone_skips_closes_nothing() -> None:
    skipped = dt.date(2011, 12, 30)
    night_before = [(1320, 1800)]  # its last hours are those of the date after the skipped one
    for hours in ([(0, 1440)], night_before):
        week = Week("Pacific/Apia", dict.fromkeys(range(7), hours), breaks={skipped: [(105, 120), (600, 1500)]})
        both = pair(week, skipped)
        a, b = both.reference.start + 5 * 1440, both.reference.end - 5 * 1440
        expected = both.reference.intervals(a, b)
        assert list(both.calendar.intervals(a * MINUTE, b * MINUTE)) == [(s * MINUTE, e * MINUTE) for s, e in expected]
        assert {segment.reason for segment in both.calendar.segments(a * MINUTE, b * MINUTE)} <= {"open", "closed"}


@slow
@given(pair=pairs(), data=st.data())
def test_openings_and_closings(pair: Pair, data: st.DataObject) -> None:
    calendar, reference = pair.calendar, pair.reference
    t = data.draw(pair.instants(), label="instant")
    assert calendar.is_open(t * MINUTE) == reference.is_open(t)
    assert calendar.is_open(t * MINUTE + MINUTE - 1) == reference.is_open(t)
    try:
        assert calendar.next_change(t * MINUTE) == reference.next_change(t) * MINUTE
        assert calendar.next_opening(t * MINUTE) == reference.next_opening(t) * MINUTE
        assert calendar.previous_closing(t * MINUTE) == reference.previous_closing(t) * MINUTE
    except Outside:
        reject()


@slow
@given(pair=pairs(), data=st.data())
def test_intervals_and_segments(pair: Pair, data: st.DataObject) -> None:
    calendar, reference = pair.calendar, pair.reference
    a, b = reference.start + 5 * 1440, reference.end - 5 * 1440
    found = list(calendar.intervals(a * MINUTE, b * MINUTE))
    assert found == [(s * MINUTE, e * MINUTE) for s, e in reference.intervals(a, b)]
    a, b = sorted(data.draw(st.tuples(pair.instants(), pair.instants()), label="between"))
    got = list(calendar.intervals(a * MINUTE, b * MINUTE))
    assert got == [(s * MINUTE, e * MINUTE) for s, e in reference.intervals(a, b)]
    segments = calendar.segments(a * MINUTE, b * MINUTE)
    assert [s.start for s in segments] + [b * MINUTE] == [a * MINUTE] + [s.end for s in segments] or a == b
    assert [s for segment in segments for s in [segment.reason] * ((segment.end - segment.start) // MINUTE)] == [
        reference.reason(t) for t in range(a, b)
    ]
    for segment in segments:
        assert segment.open == (segment.reason == "open")
        if segment.reason == "holiday":
            shown = reference.shown[segment.start // MINUTE - reference.start][0]
            assert (segment.name, segment.region) == (f"Day of {shown}", "XX")
        else:
            assert (segment.name, segment.region) == (None, None)


@slow
@given(pair=pairs(), data=st.data(), days=st.integers(1, 6))
@pytest.mark.states("T9", "T10", "T11", "T12")
def test_business_days_forward(pair: Pair, data: st.DataObject, days: int) -> None:
    start = data.draw(pair.instants(), label="start")
    for rule, boundary in itertools.product(RULES, Boundary):
        try:
            expected = pair.reference.add_days(start, days, rule.mode, rule.origin, rule.first_day, boundary)
        except Outside:
            continue
        got = pair.calendar.add_days(start * MINUTE, days, rule, boundary)
        assert got == microsecond(expected), (rule, boundary)


@slow
@given(pair=pairs(), data=st.data(), days=st.integers(1, 6))
def test_business_days_backward(pair: Pair, data: st.DataObject, days: int) -> None:
    start = data.draw(pair.instants(), label="start")
    for rule in RULES:
        try:
            expected = pair.reference.subtract_days(start, days, rule.mode, rule.origin, rule.first_day)
        except Outside:
            continue
        assert pair.calendar.subtract_days(start * MINUTE, days, rule) == microsecond(expected), rule


@slow
@given(pair=pairs(), data=st.data())
def test_open_dates_between(pair: Pair, data: st.DataObject) -> None:
    a, b = sorted(data.draw(st.tuples(pair.instants(), pair.instants()), label="between"))
    first, last = pair.reference.own_date(a)[0], pair.reference.own_date(b)[0]
    expected = sum(first < date <= last for date in pair.reference.open_dates)
    assert pair.calendar.open_days_between(a * MINUTE, b * MINUTE) == expected


@slow
@given(pair=pairs(), data=st.data(), amount=st.integers(1, 10**12), boundary=st.sampled_from(Boundary))
def test_adding_and_measuring_are_inverse_to_the_microsecond(
    pair: Pair, data: st.DataObject, amount: int, boundary: Boundary
) -> None:
    start = data.draw(pair.instants()) * MINUTE + data.draw(st.integers(0, MINUTE - 1))
    try:
        end = pair.calendar.add_us(start, amount, boundary)
        begin = pair.calendar.subtract_us(start, amount)
    except NoOpenTime:
        reject()
    assert pair.calendar.elapsed_us(start, end) == amount
    assert pair.calendar.elapsed_us(begin, start) == amount
    assert pair.calendar.is_open(begin)
    assert pair.calendar.is_open(end - 1 if boundary is Boundary.CLOSING else end)
    assert pair.calendar.elapsed_us(pair.calendar.subtract_us(end, amount), start) == 0


def test_a_pause_in_a_night_past_midnight_belongs_to_the_date_of_the_night() -> None:
    day = dt.date(2026, 3, 17)  # a Tuesday
    both = pair(Week("Europe/Zurich", {key: [(1320, 1800)] for key in range(5)}, breaks={day: [(120, 180)]}), day)
    midnight = both.reference.start + WINDOW_DAYS * 720
    for start, rule, boundary in itertools.product(range(midnight, midnight + 720, 15), RULES, Boundary):
        expected = both.reference.add_days(start, 2, rule.mode, rule.origin, rule.first_day, boundary)
        assert both.calendar.add_days(start * MINUTE, 2, rule, boundary) == microsecond(expected)
        back = both.reference.subtract_days(start, 2, rule.mode, rule.origin, rule.first_day)
        assert both.calendar.subtract_days(start * MINUTE, 2, rule) == microsecond(back)
