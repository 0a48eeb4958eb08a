"""Deadline proofs: the consecutive segments from where a run starts counting to its due instant, each with its reason.

The counted segments sum to the budget exactly. Shown as data; words for it are found when it is printed.
"""

from collections.abc import Iterator

from casewarden.decide.clock_terms import Numeric, OpenEnded, Release
from casewarden.decide.clocks import Run
from casewarden.decide.course import Leg
from casewarden.model.decision import Stretch


def proof(run: Run, now: int) -> tuple[Stretch, ...]:
    """Return the segments of a run up to its due instant; without one, up to its stop or `now`: what counted so far."""
    end = run.due
    if end is None:
        end = now if run.stopped is None else min(now, run.stopped)
    found: list[Stretch] = []
    for start, until, leg, gap in run.settled.course.stretches():
        if start >= end:
            break
        stop = end if until is None else min(until, end)
        if gap is not None:
            found.append(_stretch(run, leg, start, stop, gap.reason))
        else:
            found += _counted(run, leg, start, stop)
    return tuple(found)


def _counted(run: Run, leg: Leg, start: int, end: int) -> Iterator[Stretch]:
    """The segments of a stretch that no gap takes out."""
    measure = leg.regime.measure
    if leg.budget is None:
        reason = measure.reason if isinstance(measure, OpenEnded) else measure.words
        yield _stretch(run, leg, start, end, "no_target", detail=reason)
    elif isinstance(measure, Release):
        yield _stretch(run, leg, start, end, "elapsed", counted=end - start, detail=run.release)
    elif leg.calendar is None:
        yield _stretch(run, leg, start, end, "elapsed", counted=end - start)
    else:
        for part in leg.calendar.segments(start, end):
            detail = f"{part.name} ({part.region})" if part.name and part.region else part.name or part.region
            counted = part.end - part.start if part.open else 0
            yield _stretch(run, leg, part.start, part.end, part.reason.value, counted=counted, detail=detail)


def _stretch(
    run: Run, leg: Leg, start: int, end: int, reason: str, *, counted: int = 0, detail: str | None = None
) -> Stretch:
    measure = leg.regime.measure
    calendar = measure.calendar_name if isinstance(measure, Numeric) else None
    return Stretch(start, end, counted, reason, detail, leg.regime.severity, calendar, run.terms.revision)
