"""Credits: what a late clock earns, with its arithmetic in words.

Lateness is what `for_each` counts between due and the stop (or now): open time of its own calendar, or plain time, less
what paused the clock or lay between stop and reopening. Only a missed clock earns, and only whole units of days; a
clock without a due time is never late. Whether a later decision reverses an entry is seen by comparing the two.
"""

from dataclasses import dataclass

from casewarden.decide.clock_terms import Numeric, OpenEnded, count, forward, written
from casewarden.decide.clocks import Run
from casewarden.model.decision import ClockState, LedgerEntry
from casewarden.ruleset.syntax import Credit
from casewarden.worktime import NoOpenTime

MINUTE = 60_000_000
DAY = 24 * 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Lateness:
    """`counted` microseconds late, of which `full` units are complete and `started` have begun."""

    counted: int
    full: int
    started: int


def credit(term: Credit, run: Run, now: int) -> LedgerEntry | None:
    """Return the entry that a run earns at an instant: accruing, then posted; None where it earns nothing.

    Posted with the stop, once all before the stop is known.
    """
    instance = run.at(now)
    if instance.state is not ClockState.MISSED:
        return None
    end = now if instance.stopped is None else instance.stopped
    late = lateness(term, run, end)
    units = late.full if term.count == "full" else late.started
    days = units * term.award_days
    if term.cap_days is not None:
        days = min(days, term.cap_days)
    if days == 0:
        return None
    known = instance.stopped is not None and run.inputs.around.watermark >= instance.stopped - 1
    return LedgerEntry(
        key=f"{term.name}/{run.started_by}",
        name=term.name,
        state="posted" if known else "accruing",
        amount=days,
        arithmetic=_words(term, late, units),
        at=end,
        add_to=term.add_to.text,
    )


def lateness(term: Credit, run: Run, end: int) -> Lateness:
    """Return how late a run is at an instant after its due one, in units of the credit's `for_each`."""
    unit = run.terms.numeric(run.inputs.clock, term.for_each, run.regime.own_name or run.terms.default_name)
    if run.due is None or isinstance(unit, OpenEnded):
        return Lateness(0, 0, 0)
    counted = count(unit.calendar, run.due, end, run.settled.course.pauses)
    if not unit.days:
        return Lateness(counted, counted // unit.amount, -(-counted // unit.amount))
    reached = forward(unit.calendar, run.due, counted) if run.settled.course.gaps else end
    full = _full_days(unit, run.due, end if reached is None else reached)
    begun = full
    if counted > 0 and (full == 0 or count(unit.calendar, unit.day(run.due, full * unit.days), reached or end) > 0):
        begun += 1
    return Lateness(counted, full, begun)


def _full_days(unit: Numeric, start: int, end: int) -> int:
    """How many units of days fit between two instants: the greatest number whose end is not after `end`."""
    low, high = 0, 1
    while _fits(unit, start, high, end):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if _fits(unit, start, middle, end):
            low = middle
        else:
            high = middle
    return low


def _fits(unit: Numeric, start: int, number: int, end: int) -> bool:
    try:
        return unit.day(start, number * unit.days) <= end
    except NoOpenTime:
        return False


def _words(term: Credit, late: Lateness, units: int) -> str:
    """`510 business minutes late = 34 full units of 15 business minutes x 1 day = 34 days`."""
    each = term.for_each
    kind = "full" if term.count == "full" else "started"
    days = units * term.award_days
    text = (
        f"{_length(late.counted, each.calendar)} late = {_number(units, f'{kind} unit')} of {written(each)}"
        f" x {_number(term.award_days, 'day')} = {_number(days, 'day')}"
    )
    if term.cap_days is not None and days > term.cap_days:
        text += f", capped at {_number(term.cap_days, 'day')}"
    return text


def _length(microseconds: int, calendar: str) -> str:
    minutes, rest = divmod(microseconds, MINUTE)
    text = _number(minutes, f"{calendar} minute")
    if rest:
        seconds = f"{rest // 1_000_000}.{rest % 1_000_000:06}".rstrip("0").rstrip(".")
        text += f" {seconds} seconds"
    return text


def _number(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
