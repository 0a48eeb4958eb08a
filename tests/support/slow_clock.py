"""A slow, obvious clock: time goes in steps of an hour, and each step is asked whether it counts.

The independent truth for the tests of clocks. It knows nothing of the package: calendars are lists of yes and no, one
for each step; what is in force is written on each step; shares are added up step by step.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from math import ceil, lcm
from typing import Literal
from zoneinfo import ZoneInfo

STEP = 3600 * 1_000_000
FIRST = datetime(2026, 3, 16, tzinfo=UTC)  # a Monday; Zurich's clocks go forward on the 29th
DAY = 24
STEPS = 8 * 7 * DAY
NEVER = 1 << 62
ZONE = ZoneInfo("Europe/Zurich")

Hours = tuple[tuple[int, int], ...]
Dimension = Literal["severity", "plan", "contract"]
DIMENSIONS: tuple[Dimension, ...] = ("severity", "plan", "contract")


def to_instant(step: int) -> int:
    """The instant, in microseconds since the epoch, at which a step begins."""
    return round(FIRST.timestamp()) * 1_000_000 + step * STEP


@lru_cache
def local(step: int) -> datetime:
    """The wall time at which a step begins."""
    return (FIRST + step * timedelta(hours=1)).astimezone(ZONE)


@dataclass(frozen=True)
class SlowCalendar:
    """Open hours (in whole hours of the day) by weekday, less holidays."""

    week: tuple[Hours, ...]
    holidays: tuple[date, ...] = ()

    def is_open(self, step: int) -> bool:
        """Whether a step is open."""
        wall = local(step)
        return wall.date() not in self.holidays and any(a <= wall.hour < b for a, b in self.week[wall.weekday()])


@lru_cache
def opens(calendar: SlowCalendar | None) -> tuple[bool, ...]:
    """For each step whether it counts on a calendar; on None all do."""
    return tuple(calendar is None or calendar.is_open(step) for step in range(STEPS))


@dataclass(frozen=True)
class SlowTarget:
    """So many steps, or days, on a calendar word; or a word instead of a number."""

    steps: int = 0
    days: int = 0
    calendar: str = "elapsed"
    word: str | None = None


@dataclass
class Story:
    """What happened to a case, in steps."""

    calendars: Mapping[str, SlowCalendar]
    default: str
    plans: Mapping[str, str]
    target: Callable[[str | None, str | None], SlowTarget | None]
    modes: Mapping[Dimension, str]
    given: Mapping[Dimension, Sequence[tuple[int, str | None]]]
    contract_calendars: Mapping[str, str]
    classified: int | None
    starts: Sequence[int]
    stops: Sequence[int]
    counts_from: Sequence[int] | None
    reopens: Sequence[int]
    pauses: Sequence[tuple[int, int | None]]
    each_time: bool
    on_reopen: str
    next_opening: bool = False
    remainder: SlowTarget | None = None


@dataclass
class SlowRun:
    """One run; `due` and `missed` in microseconds since the epoch, `counted` the steps that count by calendar."""

    started: int
    origin: int
    stopped: int | None
    due: int | None = None
    missed: int | None = None
    idle: list[bool] = field(default_factory=list)
    labels: dict[Dimension, list[str | None]] = field(default_factory=dict)


def slow_runs(story: Story) -> list[SlowRun]:
    """Walk through the steps: a run opens at a start while none is open, ends at a stop, and may be reopened."""
    found: list[SlowRun] = []
    for step in range(STEPS):
        newest = found[-1] if found else None
        idle = newest is not None and newest.stopped is not None and max(newest.stopped, newest.started) < step
        ended = newest is None or (newest.stopped is not None and newest.stopped <= step and newest.started < step)
        if step in story.starts and (story.each_time or not found) and ended:
            froms = [at for at in story.counts_from or () if at <= step]
            found.append(_begin(story, step, froms[-1] if froms else step))
        elif idle and newest is not None and step in story.reopens:
            if story.on_reopen == "restart":
                found.append(_begin(story, step, step))
            elif story.on_reopen == "resume" and newest.stopped is not None:
                for closed in range(newest.stopped, step):
                    newest.idle[closed] = True
                newest.stopped = _stop(story, step)
    for run in found:
        _settle(story, run)
    return found


def _begin(story: Story, step: int, origin: int) -> SlowRun:
    return SlowRun(step, origin, _stop(story, origin), idle=[False] * STEPS)


def _stop(story: Story, step: int) -> int | None:
    return next((at for at in sorted(story.stops) if at >= step), None)


def _given(story: Story, dimension: Dimension, step: int) -> str | None:
    past = [value for at, value in story.given[dimension] if at <= step]
    if not past:
        return "silent" if dimension == "contract" else None
    return past[-1]


def _settle(story: Story, run: SlowRun) -> None:
    """Write on each step what is in force for the run, change by change, then see where the whole is used up."""
    closed = list(run.idle)
    for begin, end in story.pauses:
        last = STEPS if end is None else end
        for step in range(begin, last if run.stopped is None else min(last, run.stopped)):
            run.idle[step] = True
    told = {d: _told(story, run, d) for d in DIMENSIONS}
    now = {d: told[d][run.started] for d in DIMENSIONS}
    known = dict(now)
    run.labels = {d: [now[d]] * STEPS for d in DIMENSIONS}
    holes: dict[Dimension, list[str | None] | None] = dict.fromkeys(DIMENSIONS)
    floor: int | None = None
    _finish(story, run, floor)
    for step in range(run.started + 1, STEPS if run.stopped is None else run.stopped):
        if run.missed is not None and run.missed < to_instant(step):
            break
        if closed[step] or all(told[d][step] == now[d] for d in DIMENSIONS):
            continue
        before = _meaning(story, run)
        changed = restart = retargeted = False
        for d in DIMENSIONS:
            value = told[d][step]
            if value == now[d]:
                continue
            now[d] = value
            if value is None:
                holes[d] = list(run.labels[d])
                run.labels[d][step:] = [None] * (STEPS - step)
                continue
            kept = holes[d]
            if kept is not None:
                run.labels[d], holes[d] = kept, None
            if value == known[d] or story.modes[d] == "keep":
                known[d] = value
                continue
            known[d] = value
            since = 0 if story.modes[d] == "retarget" else step
            run.labels[d][since:] = [value] * (STEPS - since)
            changed = True
            restart = restart or story.modes[d] == "restart"
            retargeted = retargeted or story.modes[d] == "retarget"
        if restart:
            run.origin = step
            floor = None
            for d in DIMENSIONS:
                run.labels[d] = [run.labels[d][step]] * STEPS
        elif changed and _meaning(story, run) != before:
            floor = _left(story, run, step) if retargeted else to_instant(step)
        _finish(story, run, floor)


def _left(story: Story, run: SlowRun, change: int) -> int:
    """The instant at which so much of the minimum remainder was counted after a change; the change without one."""
    severity, plan, contract = (run.labels[d][change] for d in DIMENSIONS)
    least = story.remainder
    number = (
        None if least is None else _number(replace(story, target=lambda *_: least), severity, plan, contract, change)
    )
    if number is None:
        return to_instant(change)
    left, calendar = number
    for step in range(change, STEPS):
        left -= opens(calendar)[step] and not run.idle[step]
        if not left:
            reached = to_instant(step + 1)
            return _opening([number] * STEPS, reached) if story.next_opening else reached
    return NEVER


def _told(story: Story, run: SlowRun, dimension: Dimension) -> list[str | None]:
    """What is given on each step, the first determination from the start on, if it came before the end."""
    found = [_given(story, dimension, step) for step in range(STEPS)]
    real = run.started
    if dimension == "severity" and story.classified is not None:
        real = max(real, story.classified)
    if dimension == "contract" or (real == run.started and found[real] is not None):
        return found
    first = next((step for step in range(real, STEPS) if found[step] is not None), STEPS)
    if first == STEPS or (run.stopped is not None and first > run.stopped):
        return found
    return [found[first]] * first + found[first:]


def _resolved(story: Story, run: SlowRun, step: int) -> tuple[int, SlowCalendar | None] | None:
    """How many counted steps make a whole under what is in force at a step, and on which calendar; None: no number."""
    severity, plan, contract = (run.labels[d][step] for d in DIMENSIONS)
    return _number(story, severity, plan, contract, run.origin)


def _number(
    story: Story, severity: str | None, plan: str | None, contract: str | None, origin: int
) -> tuple[int, SlowCalendar | None] | None:
    target = story.target(plan, severity)
    if target is None or target.word is not None:
        return None
    word = target.calendar
    if word == "business":
        own = story.contract_calendars.get(contract or "")
        if own is None and plan is None and story.plans:
            all_of_them = set(story.plans.values())
            if len(all_of_them) > 1:
                return None
            own = all_of_them.pop()
        word = own or story.plans.get(plan or "") or story.default
    calendar = None if word == "elapsed" else story.calendars[word]
    if not target.days:
        return target.steps, calendar
    return sum(opens(calendar)[origin : _days_later(calendar, origin, target.days)]), calendar


@lru_cache
def _days_later(calendar: SlowCalendar | None, origin: int, days: int) -> int:
    """Plain days: the same wall time so many dates on. Else: the closing of the nth open date after the start's own."""
    begin = local(origin)
    if calendar is None:
        wanted = datetime.combine(begin.date() + timedelta(days=days), begin.time())
        return next(step for step in range(STEPS) if local(step).replace(tzinfo=None) >= wanted)
    dates: dict[date, int] = {}
    for step in range(STEPS):
        if local(step).date() > begin.date() and opens(calendar)[step]:
            dates[local(step).date()] = step + 1
    return list(dates.values())[days - 1]


def _meaning(story: Story, run: SlowRun) -> list[object]:
    """What each step from the start on means."""
    cache: dict[tuple[str | None, ...], object] = {}
    found: list[object] = []
    for step in range(run.origin, STEPS):
        key = tuple(run.labels[d][step] for d in DIMENSIONS)
        if key not in cache:
            cache[key] = (story.target(key[1], key[0]), _number(story, key[0], key[1], key[2], run.origin))
        found.append(cache[key])
    return found


def _finish(story: Story, run: SlowRun, floor: int | None) -> None:
    """Add up the shares, step by step; due where they make a whole, missed where the next step counts."""
    run.due = run.missed = None
    cache: dict[tuple[str | None, ...], tuple[int, SlowCalendar | None] | None] = {}
    numbers: list[tuple[int, SlowCalendar | None] | None] = []
    for step in range(STEPS):
        key = tuple(run.labels[d][step] for d in DIMENSIONS)
        if key not in cache:
            cache[key] = _resolved(story, run, step)
        numbers.append(cache[key])
    last = numbers[-1]
    if last is None:
        return
    whole = lcm(*(number[0] for number in cache.values() if number is not None))
    total = 0
    for step in range(run.origin, STEPS):
        number = numbers[step]
        if number is None or run.idle[step] or not opens(number[1])[step]:
            continue
        part = whole // number[0]
        if total + part >= whole:
            run.due = to_instant(step) + ceil(Fraction(whole - total, part) * STEP)
            break
        total += part
    if run.due is None:
        return
    if story.next_opening:
        run.due = _opening(numbers, run.due)
    if floor is not None:
        run.due = max(run.due, floor)
    if run.due == NEVER:
        run.due = None
        return
    for step in range(run.origin, STEPS):
        number = numbers[step]  # late time counts like any other: by what is in force then
        if number is None or run.idle[step] or not opens(number[1])[step]:
            continue
        if to_instant(step + 1) > run.due:
            run.missed = max(run.due, to_instant(step)) + 1
            break


def _opening(numbers: list[tuple[int, SlowCalendar | None] | None], due: int) -> int:
    """The first step that is open from the due instant on, by the calendar that is in force on it."""
    for step, number in enumerate(numbers):
        if to_instant(step + 1) > due and number is not None and opens(number[1])[step]:
            return max(due, to_instant(step))
    return due


def used(story: Story, run: SlowRun, until: int) -> int | None:
    """Microseconds that count up to a step (or to the stop)."""
    end = until if run.stopped is None else min(until, run.stopped)
    if _resolved(story, run, STEPS - 1) is None:
        return None
    total = 0
    for step in range(run.origin, end):
        number = _resolved(story, run, step)
        if number is not None and not run.idle[step] and opens(number[1])[step]:
            total += STEP
    return total
