"""Clock runs, derived from the log alone: when each started, counts, pauses, is due, and ended.

`runs` derives the runs of a clock once for a state of the log; a run then answers for any `now` from there on. Nothing
is accumulated: deriving again gives the same. All instants are microseconds since the epoch in UTC.

Readings, where the language leaves room:

- Missed means that one counted microsecond has passed after due, so a clock due at a closing instant is missed with the
  first microsecond of the next opening, and a stop in the closed time between still meets it.
- A run whose counting starts before it exists (`counts_from`) may be met or missed as soon as it exists.
- A start at the very instant at which the run before ended opens a new run, which the same stop ends.
- `on_reopen` speaks of the newest run, once it has finished. A run that resumes is the same run; what counts as closed
  is the time from its stop to the reopening. A run that restarts counts from the reopening.
- A pause that lasts when the clock stops ends there: a finished clock stays as it finished.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from casewarden.decide.clock_inputs import FOREVER, Circumstances, ClockInputs
from casewarden.decide.clock_run import Run
from casewarden.decide.clock_terms import ClockTerms, ContractTerms, Regime
from casewarden.decide.course import Gap
from casewarden.model.decision import ClockInstance, ClockState
from casewarden.ruleset.syntax import OnReopen

_NO_GAPS: tuple[Gap, ...] = ()


def runs(inputs: ClockInputs, terms: ClockTerms) -> tuple[Run, ...]:
    """Return the runs of a clock, oldest first; none while it waits."""
    if not inputs.starts:
        return ()
    clock = inputs.clock
    end = FOREVER if inputs.around.cancelled is None else inputs.around.cancelled[0]
    if not clock.each_time and clock.on_reopen is not OnReopen.RESTART:
        start = inputs.starts[0]
        if start[0] >= end:
            return ()
        only = Run(inputs, terms, 1, start)
        _derive(only, _counting_start(inputs, start[0]))
        return (only,)
    found: list[Run] = []
    for at, key, reopened in _beginnings(inputs):
        if at >= end:
            break
        if found:
            last = found[-1]
            if last.stopped is None or at < last.stopped or at <= last.started or (reopened and at == last.stopped):
                continue
        elif reopened:
            continue
        run = Run(inputs, terms, len(found) + 1, (at, key))
        _derive(run, at if reopened else _counting_start(inputs, at))
        found.append(run)
    return tuple(found)


def _beginnings(inputs: ClockInputs) -> Sequence[tuple[int, str, bool]]:
    """Where runs may begin, in time order: instant, event key, whether by a reopening."""
    starts = inputs.starts if inputs.clock.each_time else inputs.starts[:1]
    found = [(at, key, False) for at, key in starts]
    if inputs.clock.on_reopen is OnReopen.RESTART and inputs.around.reopens:
        found += [(at, key, True) for at, key in inputs.around.reopens]
        found.sort(key=lambda begin: (begin[0], begin[2]))
    return found


def _counting_start(inputs: ClockInputs, started: int) -> int:
    if not inputs.counts_from:
        return started
    place = bisect_right(inputs.counts_from, started)
    return inputs.counts_from[place - 1] if place else started


def _derive(run: Run, origin: int) -> None:
    """Find the run's stop and gaps, and settle how it counts."""
    inputs = run.inputs
    stopped = _stop(inputs, origin)
    if inputs.clock.on_reopen is not OnReopen.RESUME and not inputs.pauses:
        run.count(origin, stopped, _NO_GAPS)
        return
    closed: list[Gap] = []
    if inputs.clock.on_reopen is OnReopen.RESUME:
        again = FOREVER
        while stopped is not None:
            finished = max(stopped, run.started)
            if inputs.clock.each_time:
                again = next((at for at, _ in inputs.starts if at >= stopped and at > run.started), FOREVER)
            reopened = next((at for at, _ in inputs.around.reopens if at > finished), None)
            if reopened is None or again <= reopened:
                break
            closed.append(Gap(stopped, reopened, "reopened"))
            stopped = _stop(inputs, reopened)
    run.count(origin, stopped, _gaps(inputs.pauses, closed, origin, stopped))


def _stop(inputs: ClockInputs, since: int) -> int | None:
    if not inputs.stops:
        return None
    place = bisect_left(inputs.stops, since, key=lambda stop: stop[0])
    return inputs.stops[place][0] if place < len(inputs.stops) else None


def _gaps(
    pauses: Sequence[tuple[int, int | None]], closed: Sequence[Gap], origin: int, stopped: int | None
) -> tuple[Gap, ...]:
    """Pauses and closed stretches, apart from each other; none before the counting starts, no pause after the stop."""
    found = list(closed)
    for begin, end in pauses:
        start, until = max(begin, origin), FOREVER if end is None else end
        if stopped is not None:
            until = min(until, stopped)
        for gap in closed:
            assert gap.end is not None
            if start < gap.start and gap.start < until:
                found.append(Gap(start, gap.start, "paused"))
            if gap.start < until and start < gap.end:
                start = gap.end
        if start < until:
            found.append(Gap(start, None if until == FOREVER else until, "paused"))
    return tuple(sorted(found, key=lambda gap: gap.start))


def waiting(inputs: ClockInputs) -> ClockInstance:
    """Return the instance of a clock that has not started."""
    return ClockInstance(inputs.clock.name, 0, None, ClockState.WAITING, owner=inputs.clock.owner)


def derive(inputs: ClockInputs, terms: ClockTerms, now: int) -> tuple[ClockInstance, ...]:
    """Return the instances of a clock at an instant, oldest first; the waiting one while it has not started."""
    return tuple(run.at(now) for run in runs(inputs, terms)) or (waiting(inputs),)


__all__ = [
    "Circumstances",
    "ClockInputs",
    "ClockTerms",
    "ContractTerms",
    "Regime",
    "Run",
    "derive",
    "runs",
    "waiting",
]
