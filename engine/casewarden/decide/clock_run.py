"""One run of a clock: what it is at an instant, what it used up, what it turned and when.

A run is derived once for a state of the log (`casewarden.decide.clocks`), then answers for any instant from there on.
"""

from decimal import Decimal
from fractions import Fraction

from casewarden.decide.clock_changes import Settled, follow, missed_at, settle
from casewarden.decide.clock_inputs import FOREVER, ClockInputs
from casewarden.decide.clock_terms import ClockTerms, Inapplicable, Numeric, OpenEnded, forward, value_at
from casewarden.decide.course import Course, Gap, leg_of
from casewarden.decide.trilean import Trilean
from casewarden.model.decision import ClockInstance, ClockState
from casewarden.ruleset.terms import Turn


class Run:
    """One run of a clock. Immutable to its users; what is asked often is kept.

    `started` is the instant at which it began to exist, `counted_from` the one from which time counts, `stopped` that
    of its end; `due` None while there is none. `regime` is what holds for it at last. `answers` keeps what conditions
    found of it: since when, until when, and the truth.
    """

    __slots__ = (
        "_instance",
        "_missed_at",
        "_settled",
        "_since",
        "_until",
        "answers",
        "counted_from",
        "due",
        "gaps",
        "inputs",
        "number",
        "regime",
        "release",
        "started",
        "started_by",
        "stopped",
        "terms",
    )

    def __init__(self, inputs: ClockInputs, terms: ClockTerms, number: int, started: tuple[int, str]) -> None:
        self.inputs = inputs
        self.terms = terms
        self.number = number
        self.started, self.started_by = started
        self._since = self._until = 0
        self._missed_at: tuple[int | None] | None = None
        self._settled: Settled | None = None
        self.release: str | None = None
        self.answers: dict[str, tuple[int, int, Trilean]] = {}

    def count(self, origin: int, stopped: int | None, gaps: tuple[Gap, ...]) -> None:
        """Settle how the run counts from an instant to its stop; called once, when it is derived."""
        self.stopped = stopped
        self.gaps = gaps
        around = self.inputs.around
        regime = around.steady_regime(self.inputs.clock, self.terms, self.started, stopped)
        if regime is not None:
            self.counted_from = origin
            self.regime = regime
            measure = regime.measure
            if not gaps and isinstance(measure, Numeric):
                self.due = measure.unpaused(origin)
                return
            legs = (leg_of(origin, regime, origin),)
            settled = settle(legs, gaps, None, self.inputs, self.terms)
        else:
            settled = follow(self.inputs, self.terms, self.started, origin=origin, ended=stopped, gaps=gaps)
        self._settled = settled
        self.counted_from = settled.course.start
        self.regime = settled.course.legs[-1].regime
        self.due = settled.due
        self.release = settled.release

    @property
    def settled(self) -> Settled:
        """How it counts: course, due instant, budget."""
        if self._settled is None:
            leg = leg_of(self.counted_from, self.regime, self.counted_from)
            self._settled = Settled(Course((leg,)), self.due, leg.budget)
        return self._settled

    @property
    def budget(self) -> int | None:
        """The microseconds that count from the start to due; None without a due time."""
        measure = self.regime.measure
        if self._settled is None and isinstance(measure, Numeric) and not measure.days:
            return measure.amount if self.due is not None else None
        return self.settled.budget

    @property
    def missed_at(self) -> int | None:
        """The instant from which it is missed unless stopped before: one counted microsecond after due."""
        if self._missed_at is None:
            measure = self.regime.measure
            if self._settled is None and self.due is not None and isinstance(measure, Numeric):
                self._missed_at = (forward(measure.calendar, self.due, 1),)
            else:
                self._missed_at = (missed_at(self.settled),)
        return self._missed_at[0]

    def at(self, now: int) -> ClockInstance:
        """Return the run as it is at an instant, which must not lie before anything that its inputs tell."""
        if not self._since <= now < self._until:
            self._instance, self._until = self._look(now)
            self._since = now
        return self._instance

    def next_change(self, now: int) -> int | None:
        """Return the first instant after `now` at which `at` may differ although nothing happens; None without one.

        Before due that is one microsecond after it, even where that lies in closed time and changes nothing yet.
        """
        self.at(now)
        return None if self._until == FOREVER else self._until

    def _look(self, now: int) -> tuple[ClockInstance, int]:
        """The instance at an instant, and the instant from which it may be another."""
        around = self.inputs.around
        ended = self.stopped if self.stopped is not None and self.stopped <= now else None
        cancelled = around.cancelled if around.cancelled is not None and around.cancelled[0] <= now else None
        if self.inputs.applies:
            why = value_at(self.inputs.applies, now if ended is None else max(ended, self.started), None)
            if why is not None:
                return self._instance_of(ClockState.NOT_APPLICABLE, ended, why), FOREVER
        measure = self.regime.measure
        if isinstance(measure, Inapplicable):
            return self._instance_of(ClockState.NOT_APPLICABLE, ended, measure.words), FOREVER
        if cancelled is not None and (ended is None or ended > cancelled[0]):
            return self._instance_of(ClockState.CANCELLED, None, cancelled[1]), FOREVER
        if ended is not None:
            if self.due is None or ended <= self.due or self.missed_at is None or ended < self.missed_at:
                return self._instance_of(ClockState.MET, ended, None), FOREVER
            return self._instance_of(ClockState.MISSED, ended, None), FOREVER
        due = self.due
        until = FOREVER
        if due is not None:
            # looked at again right after due, and only then asked when the next microsecond counts
            late = due + 1 if now <= due else self.missed_at
            if late is not None:
                if late <= now:
                    return self._instance_of(ClockState.MISSED, None, None), FOREVER
                until = late
        if self.gaps and any(gap.start <= now and (gap.end is None or now < gap.end) for gap in self.gaps):
            return self._instance_of(ClockState.PAUSED, None, "paused"), FOREVER
        return self._instance_of(ClockState.RUNNING, None, self._why_not_due() if due is None else None), until

    def _why_not_due(self) -> str:
        measure = self.regime.measure
        if isinstance(measure, OpenEnded):
            return measure.reason
        return "the calendar does not open so often" if isinstance(measure, Numeric) else "no release is known"

    def _instance_of(self, state: ClockState, ended: int | None, reason: str | None) -> ClockInstance:
        clock, regime = self.inputs.clock, self.regime
        missed = state is ClockState.MISSED
        applies = state is not ClockState.NOT_APPLICABLE
        return ClockInstance(
            clock.name,
            self.number,
            self.started_by,
            state,
            self.started,
            self.counted_from,
            regime.measure.words,
            self.budget if applies else None,
            self.due if applies and state is not ClockState.PAUSED else None,
            ended,
            missed and ended is None,
            clock.owner,
            regime.commitment,
            regime.severity,
            reason,
            not missed or self.inputs.around.watermark >= (self.missed_at or 0) - 1,
        )

    def used(self, now: int) -> int | None:
        """Return the microseconds of the budget counted up to `now` or the stop; None where there is nothing to count.

        More than the budget once it is missed.
        """
        if self.settled.course.legs[-1].budget is None:
            return None
        return self.settled.course.counted(now if self.stopped is None else min(now, self.stopped))

    def remaining(self, now: int) -> int | None:
        """Return what is left of the budget, never below zero; None without a budget."""
        used, budget = self.used(now), self.budget
        return None if used is None or budget is None else max(0, budget - used)

    def share(self, now: int) -> Fraction | None:
        """Return the share of the target used up at `now` or the stop; None where there is no such share."""
        if self.settled.course.legs[-1].budget is None:
            return None
        return self.settled.course.share(now if self.stopped is None else min(now, self.stopped))

    def share_instant(self, share: Decimal | Fraction) -> int | None:
        """Return the first instant at which the share is used up; None where it never is, or while a pause lasts."""
        if self.settled.course.legs[-1].budget is None:
            return None
        instant = self.settled.course.reach(Fraction(share))
        return None if instant is None or (self.stopped is not None and instant > self.stopped) else instant

    def turns(self, now: int) -> tuple[tuple[int, Turn], ...]:
        """Return what it turned up to `now`, in time order; nothing before it began to exist."""
        end = now if self.stopped is None else min(now, self.stopped)
        found: list[tuple[int, Turn]] = []
        if self.at(now).state is ClockState.NOT_APPLICABLE:
            return ()
        open_end = end + 1 if self.stopped is None or now < self.stopped else end
        for gap in self.gaps:
            begin = max(gap.start, self.started)
            if gap.reason == "paused" and begin < open_end and (gap.end is None or begin < gap.end):
                found.append((begin, Turn.PAUSED))
                if gap.end is not None and gap.end < open_end:
                    found.append((gap.end, Turn.RESUMED))
        if self.due is not None and self.due <= end:
            found.append((max(self.due, self.started), Turn.DUE))
        state = self.at(now).state
        if state is ClockState.MET and self.stopped is not None:
            found.append((max(self.stopped, self.started), Turn.MET))
        if state is ClockState.MISSED:
            found.append((max(self.missed_at or 0, self.started), Turn.MISSED))
        return tuple(sorted(found, key=lambda turn: turn[0]))
