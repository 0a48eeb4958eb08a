"""What an account must grant, found by walking from date to date: windows, places in them, what is carried over."""

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

ZURICH = ZoneInfo("Europe/Zurich")


@dataclass(frozen=True)
class SlowQuota:
    """`every` and `starting` as in the language; `allowed` by plan."""

    every: str
    starting: str
    allowed: dict[str, int]
    carry_over: bool


def us(date: dt.date) -> int:
    """The instant of a local midnight."""
    wall = dt.datetime.combine(date, dt.time(), tzinfo=ZURICH)
    return round(wall.timestamp()) * 1_000_000


def date_of(instant: int) -> dt.date:
    return dt.datetime.fromtimestamp(instant // 1_000_000, ZURICH).date()


def begins(quota: SlowQuota, date: dt.date, anchor: dt.date | None) -> bool:
    """Whether a window begins on a date."""
    last = calendar.monthrange(date.year, date.month)[1]
    day = 1 if anchor is None else min(anchor.day, last)
    month = 1 if anchor is None else anchor.month
    match quota.every:
        case "day":
            return True
        case "week":
            return date.weekday() == (0 if anchor is None else anchor.weekday())
        case "month":
            return date.day == day
        case _:
            return date.day == day and date.month == month


def window(quota: SlowQuota, at: int, terms: Sequence[int]) -> int:
    """The beginning of the window in which an instant lies; `terms` in the order in which they were told."""
    term = next((start for start in reversed(terms) if start <= at), None)
    if quota.every == "term" and term is not None:
        return term
    anchor = date_of(term) if term is not None and quota.starting == "anniversary" else None
    date = date_of(at)
    while not begins(quota, date, anchor):
        date -= dt.timedelta(days=1)
    return us(date)


def granted(quota: SlowQuota, claims: Sequence[tuple[int, str, int]], terms: Sequence[int]) -> list[tuple[int, str]]:
    """For each claim (instant, plan, amount), in order: how much of its window is used with it, and the word."""
    found = []
    for number, (at, plan, _) in enumerate(claims):
        start = window(quota, at, terms)
        earlier = claims[: number + 1]
        used = sum(amount for when, _, amount in earlier if window(quota, when, terms) == start)
        allowed = quota.allowed[plan]
        if quota.carry_over and not (terms and start <= min(terms)):
            before = window(quota, start - 1, terms)
            spent = sum(amount for when, _, amount in earlier if window(quota, when, terms) == before)
            allowed += max(0, quota.allowed[plan] - spent)
        found.append((used, "within" if used <= allowed else "over"))
    return found
