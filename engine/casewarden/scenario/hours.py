"""The open hours that a case lives by, and how much of them a clock run took."""

from collections.abc import Iterator

from casewarden.model.decision import ClockInstance, ClockState, Decision
from casewarden.ruleset.syntax import Ruleset
from casewarden.scenario.run import Run
from casewarden.worktime import Calendar


def calendar_name(ruleset: Ruleset, last: Decision) -> str:
    """The calendar of the case's plan (for its severity) as it is in a decision, else the default one."""
    plan = last.derived.get("case.plan") or ruleset.defaults.plan
    declared = ruleset.plans.get(str(plan))
    if declared is None:
        return ruleset.defaults.calendar
    if isinstance(declared.calendar, str):
        return declared.calendar
    return declared.calendar.get(last.severity or "", ruleset.defaults.calendar)


def spans(run: Run, end: int) -> Iterator[tuple[Decision, int]]:
    """The last decision of each instant with the instant of the next one; the last lasts until `end`."""
    held: Decision | None = None
    for decision in run.decisions:
        if held is not None and decision.at > held.at:
            yield held, decision.at
        held = decision
    if held is not None:
        yield held, max(held.at, end)


def open_time(run: Run, clock: ClockInstance, calendar: Calendar) -> int | None:
    """The open time on a calendar from a run's start to its stop, less the stretches in which it was paused."""
    begin = clock.started if clock.counted_from is None else clock.counted_from
    if begin is None or clock.stopped is None:
        return None
    total = calendar.elapsed_us(begin, clock.stopped)
    if not any(_is_paused(decision, clock) for decision in run.decisions):
        return max(total, 0)
    for decision, until in spans(run, clock.stopped):
        start, stop = max(begin, decision.at), min(until, clock.stopped)
        if stop > start and _is_paused(decision, clock):
            total -= calendar.elapsed_us(start, stop)
    return max(total, 0)


def _is_paused(decision: Decision, clock: ClockInstance) -> bool:
    for one in decision.clocks:
        if one.state is ClockState.PAUSED and one.number == clock.number and one.clock == clock.clock:
            return True
    return False
