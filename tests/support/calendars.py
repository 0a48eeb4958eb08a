"""Random calendars and instants around odd days, for the package and for the minute reference alike."""

import datetime as dt
from dataclasses import dataclass

from hypothesis import strategies as st

from casewarden.worktime import Calendar, CalendarSpec, Holiday
from support.minute_reference import MinuteCalendar, Week

WINDOW_DAYS = 48
MINUTE = 60_000_000

# A zone and a day on which something happens in it; the last ones are years at the ends of what must be right.
ODD_DAYS = (
    ("Europe/Zurich", dt.date(2026, 3, 29)),
    ("Europe/Zurich", dt.date(2026, 10, 25)),
    ("Europe/Zurich", dt.date(1995, 9, 24)),
    ("America/New_York", dt.date(2006, 4, 2)),
    ("America/New_York", dt.date(2007, 11, 4)),
    ("America/Sao_Paulo", dt.date(2018, 2, 18)),
    ("America/Sao_Paulo", dt.date(2018, 11, 4)),
    ("Australia/Lord_Howe", dt.date(2026, 4, 5)),
    ("Australia/Lord_Howe", dt.date(2025, 10, 5)),
    ("Asia/Kathmandu", dt.date(2026, 1, 1)),
    ("Asia/Tehran", dt.date(2021, 3, 22)),
    ("Asia/Tehran", dt.date(2021, 9, 22)),
    ("Pacific/Apia", dt.date(2011, 12, 30)),
    ("Africa/Casablanca", dt.date(2026, 2, 15)),
    ("+05:30", dt.date(2026, 7, 17)),
    ("-08:00", dt.date(2024, 2, 29)),
    ("America/New_York", dt.date(1990, 4, 1)),
    ("Europe/Zurich", dt.date(2100, 10, 31)),
)


@dataclass
class Pair:
    """One calendar twice, and the day around which the window lies."""

    calendar: Calendar
    reference: MinuteCalendar
    day: dt.date

    def instants(self) -> st.SearchStrategy[int]:
        """Minutes since the epoch around the day, with the edges of open time among them."""
        noon = self.reference.start + WINDOW_DAYS * 720
        edges = sorted(
            {t for t in self.reference.owner if t - 1 not in self.reference.owner}
            & set(range(noon - 5000, noon + 5000))
        )
        near = st.integers(noon - 4 * 1440, noon + 4 * 1440)
        paused = sorted(self.reference.broken)
        choices = [near, *(st.sampled_from(some) for some in (edges, paused) if some)]
        return st.one_of(choices)


_pairs = st.tuples(st.integers(0, 95), st.one_of(st.integers(1, 96), st.sampled_from([96, 36, 8]))).map(
    lambda p: (p[0] * 15, p[0] * 15 + p[1] * 15)
)
_fine = st.tuples(st.integers(0, 1439), st.integers(1, 600)).map(lambda p: (p[0], p[0] + p[1]))
_hours = st.one_of(
    st.just([(540, 1020)]),
    st.just([(480, 720), (780, 1020)]),
    st.just([(0, 1440)]),
    st.just([(1320, 1800)]),
    st.just([(150, 480)]),
    st.just([]),
    st.lists(st.one_of(_pairs, _fine), max_size=3),
)


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    zone, day = draw(st.sampled_from(ODD_DAYS))
    dates = st.integers(-9, 9).map(lambda offset: day + dt.timedelta(days=offset))
    near = st.integers(-3, 3).map(lambda offset: day + dt.timedelta(days=offset))
    dated = st.dictionaries(dates, _hours, max_size=3)
    broken = st.lists(st.one_of(_pairs, _fine), min_size=1, max_size=2)
    week = Week(
        zone=zone,
        hours=dict(enumerate(draw(st.lists(_hours, min_size=7, max_size=7)))),
        holidays=frozenset(draw(st.lists(dates, max_size=3))),
        exceptions=draw(dated),
        shifts=draw(dated),
        breaks=draw(st.dictionaries(near, broken, max_size=3)),
    )
    return pair(week, day)


def pair(week: Week, day: dt.date) -> Pair:
    spec = CalendarSpec.of(
        week.zone,
        [week.hours.get(weekday, []) for weekday in range(7)],
        holidays=[Holiday(date, f"Day of {date}", "XX") for date in week.holidays],
        exceptions=week.exceptions,
        shifts=week.shifts,
        breaks=week.breaks,
    )
    first = day - dt.timedelta(days=WINDOW_DAYS // 2)
    return Pair(Calendar.of(spec), MinuteCalendar(week, first, WINDOW_DAYS), day)
