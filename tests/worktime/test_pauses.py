"""Pauses mapped into open time, against a walk along minutes in which a paused minute does not count."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casewarden.worktime import (
    Boundary,
    Calendar,
    CalendarSpec,
    NaiveInstant,
    NoOpenTime,
    Pause,
    WorktimeError,
    in_order,
    plain_add,
    plain_elapsed,
)
from support.calendars import MINUTE, Pair, pairs
from support.minute_reference import MinuteCalendar, Outside

slow = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)
Stretch = tuple[int, int | None]
OFFICE = Calendar.of(CalendarSpec.of("UTC", (((480, 1020),),) * 5 + ((),) * 2))


def is_paused(t: int, pauses: list[Stretch]) -> bool:
    return any(start <= t and (end is None or t < end) for start, end in pauses)


def walk(reference: MinuteCalendar, t: int, minutes: int, pauses: list[Stretch]) -> int:
    """The minute by which so many open, unpaused ones have passed; nothing is added before a pause is over."""
    while not minutes and is_paused(t, pauses):
        t += 1
        reference.is_open(t)  # the window ends somewhere
    while minutes:
        minutes -= reference.is_open(t) and not is_paused(t, pauses)
        t += 1
    return t


@st.composite
def stretches(draw: st.DrawFn, pair: Pair) -> list[Stretch]:
    """Pauses as they come: in any order, touching, overlapping, empty, perhaps one that lasts."""
    points = pair.instants()
    drawn = draw(st.lists(st.tuples(points, points), max_size=4))
    found: list[Stretch] = [(min(ends), max(ends)) for ends in drawn]
    if draw(st.integers(0, 3)) == 0:
        found.insert(draw(st.integers(0, len(found))), (draw(points), None))
    return found


def in_microseconds(pauses: list[Stretch]) -> tuple[Pause, ...]:
    return in_order((start * MINUTE, None if end is None else end * MINUTE) for start, end in pauses)


@slow
@given(pair=pairs(), data=st.data())
@pytest.mark.states("C5")
def test_a_walk_along_the_minutes_agrees(pair: Pair, data: st.DataObject) -> None:
    calendar, reference = pair.calendar, pair.reference
    pauses = data.draw(stretches(pair), label="pauses")
    start, end = sorted(data.draw(st.tuples(pair.instants(), pair.instants()), label="between"))
    mapped = in_microseconds(pauses)
    open_minutes = sum(reference.is_open(t) and not is_paused(t, pauses) for t in range(start, end))
    assert calendar.elapsed_us(start * MINUTE, end * MINUTE, mapped) == open_minutes * MINUTE
    assert calendar.elapsed_us(end * MINUTE, start * MINUTE, mapped) == -open_minutes * MINUTE
    plain_minutes = sum(not is_paused(t, pauses) for t in range(start, end))
    assert plain_elapsed(start * MINUTE, end * MINUTE, mapped) == plain_minutes * MINUTE
    if plain_minutes:
        last = max(t for t in range(start, end) if not is_paused(t, pauses))
        assert plain_add(start * MINUTE, plain_minutes * MINUTE, mapped) == (last + 1) * MINUTE
    amount = data.draw(st.one_of(st.integers(0, 30), st.integers(0, 60).map(lambda n: n * 60)), label="minutes")
    try:
        reached = walk(reference, start, amount, pauses)
        after = reference.next_opening(reached)
    except Outside:
        return
    assert calendar.add_us(start * MINUTE, amount * MINUTE, Boundary.CLOSING, mapped) == reached * MINUTE
    assert calendar.add_us(start * MINUTE, amount * MINUTE, Boundary.NEXT_OPENING, mapped) == after * MINUTE


@given(st.lists(st.tuples(st.integers(0, 40), st.one_of(st.none(), st.integers(0, 40)))))
def test_pauses_in_order_are_the_same_minutes(raw: list[Stretch]) -> None:
    pauses = [(start, end) for start, end in raw if end is None or start <= end]
    found = in_order(pauses)
    assert [is_paused(t, list(found)) for t in range(80)] == [is_paused(t, pauses) for t in range(80)]
    for one, other in pairwise(found):
        assert one[1] is not None
        assert one[1] < other[0]


class TestDatetimes:
    """The same with aware datetimes."""

    def monday(self, hour: int, minute: int = 0) -> datetime:
        return datetime(2026, 7, 20, hour, minute, tzinfo=UTC)

    def test_pauses_in_any_order(self) -> None:
        pauses = [(self.monday(12), self.monday(13)), (self.monday(9), self.monday(10))]
        assert OFFICE.add(self.monday(8), timedelta(hours=4), pauses=pauses) == self.monday(14)
        assert OFFICE.elapsed(self.monday(8), self.monday(14), pauses=iter(pauses)) == timedelta(hours=4)

    def test_while_a_pause_lasts_there_is_no_such_time(self) -> None:
        lasting = [(self.monday(9), None)]
        assert OFFICE.add(self.monday(8), timedelta(hours=1), pauses=lasting) == self.monday(9)
        with pytest.raises(NoOpenTime, match="paused"):
            OFFICE.add(self.monday(8), timedelta(hours=1, microseconds=1), pauses=lasting)
        assert OFFICE.elapsed(self.monday(8), self.monday(16), pauses=lasting) == timedelta(hours=1)

    def test_what_is_no_pause_is_refused(self) -> None:
        with pytest.raises(WorktimeError, match="ends before it starts"):
            OFFICE.add(self.monday(8), timedelta(hours=1), pauses=[(self.monday(10), self.monday(9))])
        with pytest.raises(NaiveInstant):
            OFFICE.elapsed(self.monday(8), self.monday(9), pauses=[(self.monday(8).replace(tzinfo=None), None)])
