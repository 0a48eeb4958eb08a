"""Business time against its peers, in one run: adding and measuring on a calendar of Monday to Friday, 9 to 17, Zurich.

Every figure is operations a second; `ratio` is ours through the public API with aware datetimes over theirs. Each peer
gets what it asks for (aware or naive datetimes, its own duration type), made before the clock starts. Results that a
peer gets wrong or cannot give are said in its row.
"""

import argparse
import json
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from datetime import time as clock_time
from functools import partial
from itertools import accumulate
from operator import add
from typing import Any
from zoneinfo import ZoneInfo

from casewarden.worktime import Calendar, CalendarSpec, to_us

ZURICH = ZoneInfo("Europe/Zurich")
START = datetime(2016, 3, 2, 10, 30, tzinfo=ZURICH)
SPANS = {"1 day": 1, "30 days": 30, "1 year": 364, "10 years": 3654}
WEEK = [[(540, 1020)]] * 5 + [[], []]
BUDGET = 0.25  # seconds for a figure
MICROSECOND = timedelta(microseconds=1)
DAY = 86_400 * 10**6

Call = Callable[[], object]
Cases = dict[tuple[str, str], tuple[Call, object]]  # by operation and span: what to call, what it must give


@dataclass(frozen=True)
class Row:
    """One figure; `per_second` is None where the peer is not installed or cannot do it, which `remark` says."""

    who: str
    operation: str
    span: str
    per_second: float | None
    ratio: float | None
    remark: str = ""


CALENDAR = Calendar.of(CalendarSpec.of("Europe/Zurich", WEEK))
ENDS = {name: START + timedelta(days=days) for name, days in SPANS.items()}
LENGTHS = {name: CALENDAR.elapsed(START, end) for name, end in ENDS.items()}
DUE = {name: CALENDAR.add(START, length) for name, length in LENGTHS.items()}


def rate(call: Call) -> float:
    """Calls a second of processor time: the best of three rounds, after one call that fills caches."""
    call()
    best, count = 0.0, 1
    for _ in range(3):
        while True:
            begun = time.process_time()
            for _ in range(count):
                call()
            spent = time.process_time() - begun
            if spent > BUDGET / 3 or count > 10**7:
                break
            count = max(count * 2, int(count * BUDGET / 3 / max(spent, 1e-9)))
        best = max(best, count / spent)
        if spent > BUDGET:
            break
    return best


def ours() -> Cases:
    cases: Cases = {}
    for span, end in ENDS.items():
        cases["add", span] = partial(CALENDAR.add, START, LENGTHS[span]), DUE[span]
        cases["elapsed", span] = partial(CALENDAR.elapsed, START, end), LENGTHS[span]
    return cases


def integers() -> Cases:
    """The limit for Python: two bisections of tuples of integers, without datetimes, years or growth."""
    intervals = list(CALENDAR.intervals(to_us(START) - 10**13, to_us(START) + 4000 * DAY))
    starts, ends = tuple(opens for opens, _ in intervals), tuple(closes for _, closes in intervals)
    before = (0, *accumulate(e - s for s, e in intervals))

    def position(t: int) -> int:
        i = bisect_right(starts, t) - 1
        end = ends[i]
        return before[i] + (min(end, t)) - starts[i]

    def plus(t: int, amount: int) -> int:
        wanted = position(t) + amount
        i = bisect_left(before, wanted) - 1
        return starts[i] + wanted - before[i]

    def elapsed(a: int, b: int) -> int:
        return position(b) - position(a)

    cases: Cases = {}
    for span, end in ENDS.items():
        length = LENGTHS[span] // MICROSECOND
        cases["add", span] = partial(plus, to_us(START), length), to_us(DUE[span])
        cases["elapsed", span] = partial(elapsed, to_us(START), to_us(end)), length
    return cases


def bizcal() -> Cases:
    from django_bizcal import WorkingCalendar

    calendar = WorkingCalendar(tz="Europe/Zurich", weekly_schedule={day: [("09:00", "17:00")] for day in range(5)})
    cases: Cases = {}
    for span, end in ENDS.items():
        cases["add", span] = partial(calendar.add_business_time, START, LENGTHS[span]), DUE[span]
        cases["elapsed", span] = partial(calendar.business_time_between, START, end), LENGTHS[span]
    return cases


def timedeltas() -> Cases:
    from businesstimedelta import BusinessTimeDelta, Rules, WorkDayRule, pytz

    zone = pytz.timezone("Europe/Zurich")
    rules = Rules(
        [WorkDayRule(start_time=clock_time(9), end_time=clock_time(17), working_days=[0, 1, 2, 3, 4], tz=zone)]
    )
    start = START.astimezone(zone)

    def elapsed(end: datetime) -> object:
        return rules.difference(start, end).timedelta

    cases: Cases = {}
    for span, end in ENDS.items():
        cases["add", span] = partial(add, start, BusinessTimeDelta(rules, timedelta=LENGTHS[span])), DUE[span]
        cases["elapsed", span] = partial(elapsed, end.astimezone(zone)), LENGTHS[span]
    return cases


def durations() -> Cases:
    from business_duration import businessDuration

    cases: Cases = {}
    start, hours = START.replace(tzinfo=None), (clock_time(9), clock_time(17))
    for span, end in ENDS.items():
        call = partial(businessDuration, start, end.replace(tzinfo=None), *hours, unit="sec")
        cases["elapsed", span] = call, LENGTHS[span].total_seconds()
    return cases


def pandas_hours() -> Cases:
    import pandas as pd

    cases: Cases = {}
    start = pd.Timestamp(START)
    for span, length in LENGTHS.items():
        hours = pd.offsets.CustomBusinessHour(n=length // timedelta(hours=1), start="09:00", end="17:00")
        cases["add", span] = partial(add, start, hours), pd.Timestamp(DUE[span])
    return cases


def arrays() -> Cases:
    """A million at a time; the rate counts elements."""
    import numpy as np

    from casewarden.worktime.vector import VectorCalendar

    calendar = VectorCalendar(CALENDAR)
    starts = np.random.default_rng(1).integers(to_us(START), to_us(START) + 300 * DAY, ARRAY)
    starts[0] = to_us(START)
    cases: Cases = {}
    for span, end in ENDS.items():
        length = LENGTHS[span] // MICROSECOND
        cases["add", span] = partial(calendar.add, starts, length), to_us(DUE[span])
        cases["elapsed", span] = partial(calendar.elapsed, starts, starts + (to_us(end) - to_us(START))), length
    return cases


ARRAY = 1_000_000
WHO: dict[str, Callable[[], Cases]] = {
    "casewarden": ours,
    "integers only (the limit)": integers,
    "casewarden, arrays": arrays,
    "django-bizcal": bizcal,
    "businesstimedelta": timedeltas,
    "business-duration": durations,
    "pandas CustomBusinessHour": pandas_hours,
}


def measure() -> list[Row]:
    rows: list[Row] = []
    base: dict[tuple[str, str], float] = {}
    for who, prepare in WHO.items():
        try:
            cases = prepare()
        except ImportError as error:
            rows.append(Row(who, "", "", None, None, f"not installed: {error.name}"))
            continue
        for operation in ("add", "elapsed"):
            if not any(key[0] == operation for key in cases):
                rows.append(Row(who, operation, "", None, None, "not offered"))
            for span in SPANS:
                if (operation, span) not in cases:
                    continue
                call, right = cases[operation, span]
                got: Any = call()
                remark = "" if (got[0] if hasattr(got, "shape") else got) == right else "another result"
                speed = rate(call) * (ARRAY if who.endswith("arrays") else 1)
                base.setdefault((operation, span), speed)
                rows.append(Row(who, operation, span, speed, base[operation, span] / speed, remark))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    asked = parser.parse_args()
    rows = measure()
    if asked.json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
        return
    print(f"{'':28}{'':9}{'span':10}{'a second':>14}{'ours / theirs':>15}")
    for row in rows:
        figures = "" if row.per_second is None else f"{row.per_second:14,.0f}{row.ratio:15,.2f}"
        print(f"{row.who:28}{row.operation:9}{row.span:10}{figures}  {row.remark}".rstrip())


if __name__ == "__main__":
    main()
