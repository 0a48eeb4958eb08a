"""The course of one clock run: what counts from when on, what is left out, and when a share of it is used up.

Shares are of a whole: a leg with a budget of B microseconds uses up 1/B of it with each microsecond that it counts. So
a run whose target changed on the way (`segments`) has one course like any other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Literal

from casewarden.decide.clock_terms import Numeric, Regime, count, forward
from casewarden.worktime import Boundary, Calendar, Pause, plain_elapsed

WHOLE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch that does not count; `end` None: it still lasts."""

    start: int
    end: int | None
    reason: Literal["paused", "reopened"]


@dataclass(frozen=True, slots=True)
class Leg:
    """From `start` on (to the next leg) time counts on `calendar`, of which `budget` microseconds are a whole.

    Without a budget nothing is consumed. `unpaused` is the due instant of a run that had this leg alone.
    """

    start: int
    regime: Regime
    calendar: Calendar | None = None
    budget: int | None = None
    unpaused: int | None = None


def leg_of(start: int, regime: Regime, origin: int) -> Leg:
    """Return the leg of a regime from `start` on, its budget reckoned from the run's `origin`."""
    measure = regime.measure
    if not isinstance(measure, Numeric):
        return Leg(start, regime)
    unpaused = measure.unpaused(origin)
    if unpaused is None:
        return Leg(start, regime)
    budget = count(measure.calendar, origin, unpaused) if measure.days else measure.amount
    return Leg(start, regime, measure.calendar, budget, unpaused)


@dataclass(frozen=True, slots=True)
class Course:
    """At least one leg, in time order, and the gaps, in time order and apart from each other."""

    legs: tuple[Leg, ...]
    gaps: tuple[Gap, ...] = ()

    @property
    def start(self) -> int:
        """The instant from which it counts."""
        return self.legs[0].start

    @property
    def is_uniform(self) -> bool:
        """Whether one target counts all along, under whatever severities."""
        return all(leg.regime.measure == self.legs[0].regime.measure for leg in self.legs)

    def stretches(self) -> Iterator[tuple[int, int | None, Leg, Gap | None]]:
        """Consecutive stretches from the start on, each in one leg and in one gap or none; the last has no end."""
        for number, leg in enumerate(self.legs):
            end = self.legs[number + 1].start if number + 1 < len(self.legs) else None
            at: int | None = leg.start
            for gap in self.gaps:
                if at is None or (end is not None and max(gap.start, at) >= end):
                    break
                if gap.end is not None and gap.end <= at:
                    continue
                if gap.start > at:
                    yield at, gap.start, leg, None
                until = end if gap.end is None else gap.end if end is None else min(gap.end, end)
                yield max(at, gap.start), until, leg, gap
                at = until
            if at is not None and (end is None or at < end):
                yield at, end, leg, None

    @property
    def pauses(self) -> tuple[Pause, ...]:
        """The gaps as business time takes them."""
        return tuple([(gap.start, gap.end) for gap in self.gaps])

    def _numeric(self) -> Iterator[tuple[int, int | None, Calendar | None, int]]:
        """Yield the legs that consume something: start, end (None: the last), calendar, budget."""
        for number, leg in enumerate(self.legs):
            if leg.budget is not None:
                end = self.legs[number + 1].start if number + 1 < len(self.legs) else None
                yield leg.start, end, leg.calendar, leg.budget

    def counted(self, until: int) -> int:
        """Return the microseconds that count from the start until an instant."""
        pauses = self.pauses
        return sum(
            count(calendar, start, until if end is None else min(end, until), pauses)
            for start, end, calendar, _ in self._numeric()
        )

    def share(self, until: int) -> Fraction:
        """Return the share of the whole that is used up at an instant."""
        total = Fraction(0)
        pauses = self.pauses
        for start, end, calendar, budget in self._numeric():
            if start >= until:
                break
            last = until if end is None else min(end, until)
            if budget:
                total += Fraction(count(calendar, start, last, pauses), budget)
            elif plain_elapsed(start, last, pauses):
                return WHOLE
        return total

    def reach(self, share: Fraction = WHOLE, boundary: Boundary = Boundary.CLOSING) -> int | None:
        """Return the first instant at which a share of the whole is used up; None where it never is, or not known.

        With `next_opening` an instant on a closing moves to the opening after it, on the calendar that counts then.
        """
        left = share
        pauses = self.pauses
        for start, end, calendar, budget in self._numeric():
            need = ceil(left * budget)
            if need <= 0:
                begin = forward(None, start, 0, pauses=pauses)
                if begin is None or end is None or begin < end:
                    return begin
                continue
            if end is not None:
                there = count(calendar, start, end, pauses)
                if there < need:
                    left -= Fraction(there, budget)
                    continue
            reached = forward(calendar, start, need, boundary, pauses)
            if boundary is Boundary.CLOSING or end is None or (reached is not None and reached < end):
                return reached
            return self._opening(end)
        return None

    def _opening(self, instant: int) -> int | None:
        """Return the first opening from the beginning of a leg on, each leg on its own calendar."""
        for start, end, calendar, _ in self._numeric():
            if start < instant:
                continue
            opening = forward(calendar, start, 0, Boundary.NEXT_OPENING, self.pauses)
            if end is None or (opening is not None and opening < end):
                return opening
        return None

    def onward(self, instant: int, amount: int) -> int | None:
        """Return the instant at which `amount` more has been counted after an instant; None where it never is."""
        left = amount
        pauses = self.pauses
        for start, end, calendar, _ in self._numeric():
            if end is not None and end <= instant:
                continue
            begin = max(start, instant)
            if end is not None:
                there = count(calendar, begin, end, pauses)
                if there < left:
                    left -= there
                    continue
            return forward(calendar, begin, left, pauses=pauses)
        return None

    def due(self, boundary: Boundary) -> int | None:
        """Return the instant at which the whole is used up; None while the target in force has no such instant."""
        last = self.legs[-1]
        if last.budget is None:
            return None
        first = self.legs[0]
        if last.unpaused is not None and self.is_uniform:
            gap = self.gaps[0] if self.gaps else None
            # what is left out after the due instant, or in closed time, moves nothing
            if gap is None or gap.start >= last.unpaused or self.counted(last.unpaused) == last.budget:
                return last.unpaused
        return first.start if first.budget == 0 else self.reach(WHOLE, boundary)
