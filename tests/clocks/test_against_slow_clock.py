"""Clocks agree with a slow clock that goes step by step, on random histories."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.decide.clock_terms import ClockTerms, ContractTerms
from casewarden.decide.clocks import Circumstances, ClockInputs, Run, runs
from casewarden.decide.proof import proof
from casewarden.model.decision import ClockState
from casewarden.ruleset.syntax import Changes, Clock, OnChange, TargetTable
from casewarden.ruleset.terms import Duration, NoDueTime, Target, Unit, Within
from casewarden.worktime import Boundary, CalendarSpec, Holiday
from support import slow_clock
from support.clock_cases import clock, terms
from support.slow_clock import STEP, STEPS, SlowCalendar, SlowRun, SlowTarget, Story, slow_runs, to_instant

HOLIDAY = date(2026, 3, 19)
CALENDARS = {
    "office": SlowCalendar((((9, 17),),) * 5 + ((),) * 2, (HOLIDAY,)),
    "split": SlowCalendar((((8, 12), (13, 17)),) * 4 + (((8, 12),), (), ())),
    "weekdays": SlowCalendar((((0, 24),),) * 5 + ((),) * 2),
    "always": SlowCalendar((((0, 24),),) * 7),
}
EVENTS = 12 * slow_clock.DAY  # all that happens, happens in two weeks
LATEST = EVENTS + 7 * slow_clock.DAY


def spec(calendar: SlowCalendar) -> CalendarSpec:
    week = [[(a * 60, b * 60) for a, b in hours] for hours in calendar.week]
    return CalendarSpec.of(
        "Europe/Zurich", week, holidays=[Holiday(day, "Saint Joseph", "CH-SG") for day in calendar.holidays]
    )


def fast_target(target: SlowTarget) -> Target:
    if target.word:
        return NoDueTime(target.word)
    if target.days:
        return Within(Duration(target.days, Unit.DAYS, target.calendar))
    return Within(Duration(target.steps, Unit.HOURS, target.calendar))


steps = st.integers(0, EVENTS)
words = st.sampled_from(["business", "elapsed", *CALENDARS])
targets = st.one_of(
    st.builds(SlowTarget, steps=st.integers(1, 40), calendar=words),
    st.builds(SlowTarget, days=st.integers(1, 5), calendar=words),
    st.just(SlowTarget(word="best_effort")),
)
remainders = st.one_of(
    st.builds(SlowTarget, steps=st.integers(1, 40), calendar=words),
    st.builds(SlowTarget, days=st.integers(1, 3), calendar=words),
)
modes = st.sampled_from(["keep", "retarget", "restart", "segments"])


def history(values: Sequence[str | None]) -> st.SearchStrategy[list[tuple[int, str | None]]]:
    entry = st.tuples(steps, st.sampled_from(values))
    return st.lists(entry, max_size=4, unique_by=lambda e: e[0]).map(lambda found: sorted(found, key=lambda e: e[0]))


def stretches(points: list[int], *, lasting: bool) -> list[tuple[int, int | None]]:
    points = sorted(set(points))
    pairs: list[tuple[int, int | None]] = [(points[i], points[i + 1]) for i in range(0, len(points) - 1, 2)]
    if lasting and len(points) % 2:
        pairs.append((points[-1], None))
    return pairs


@st.composite
def stories(draw: st.DrawFn) -> tuple[Story, Mapping[tuple[str, str], SlowTarget]]:
    cells = {(plan, severity): draw(targets) for plan in "ab" for severity in "12"}
    severities: list[str | None] = ["1", "2", None] if draw(st.booleans()) else ["1", "2"]
    plans: list[str | None] = ["a", "b", None] if draw(st.booleans()) else ["a", "b"]
    first = draw(st.integers(0, 4 * slow_clock.DAY))
    given_: dict[slow_clock.Dimension, list[tuple[int, str | None]]] = {
        "severity": draw(history(severities)),
        "plan": draw(history(plans)),
        "contract": draw(history(["silent", "night"])),
    }
    for dimension, value in (("severity", "1"), ("plan", "a")):
        if draw(st.integers(0, 3)):  # mostly known from the beginning
            rest = [entry for entry in given_[dimension] if entry[0] > 0]  # type: ignore[index]
            given_[dimension] = [(0, value), *rest]  # type: ignore[index]

    def of(plan: str | None, severity: str | None) -> SlowTarget | None:
        return None if plan is None or severity is None else cells[plan, severity]

    story = Story(
        calendars=CALENDARS,
        default="office",
        plans={"a": "office", "b": draw(st.sampled_from(sorted(CALENDARS)))},
        target=of,
        modes={"severity": draw(modes), "plan": draw(modes), "contract": draw(modes)},
        given=given_,
        contract_calendars={"night": "always"},
        classified=draw(st.none() | st.integers(0, EVENTS)) if None not in severities else None,
        starts=sorted({first, *draw(st.lists(steps, max_size=3))}),
        stops=sorted(set(draw(st.lists(steps, max_size=3)))),
        counts_from=draw(st.none() | st.lists(steps, max_size=2).map(sorted)),
        reopens=sorted(set(draw(st.lists(steps, max_size=3)))),
        pauses=stretches(draw(st.lists(steps, max_size=5)), lasting=draw(st.booleans())),
        each_time=draw(st.booleans()),
        on_reopen=draw(st.sampled_from(["stay", "resume", "restart"])),
        next_opening=draw(st.booleans()),
        remainder=draw(st.none() | remainders),
    )
    return story, cells


def the_clock(story: Story, cells: Mapping[tuple[str, str], SlowTarget]) -> Clock:
    rows: dict[str | None, dict[str | None, Target]] = {"a": {}, "b": {}}
    for (plan, severity), target in cells.items():
        rows[plan][severity] = fast_target(target)
    severity, plan, contract = (OnChange(story.modes[d]) for d in slow_clock.DIMENSIONS)
    least = fast_target(story.remainder) if story.remainder else None
    changes = Changes(severity, plan, contract, least.duration if isinstance(least, Within) else None)
    return clock(TargetTable(rows), changes=changes, each_time=story.each_time, on_reopen=story.on_reopen)


def the_inputs(story: Story, cells: Mapping[tuple[str, str], SlowTarget], **more: Any) -> ClockInputs:
    contracts = {"silent": ContractTerms(), "night": ContractTerms(calendar="always"), None: None}
    around = Circumstances(
        severity=[(to_instant(at), value) for at, value in story.given["severity"]],
        plan=[(to_instant(at), value) for at, value in story.given["plan"]],
        contract=[(to_instant(at), contracts[value]) for at, value in story.given["contract"]],
        classified=() if story.classified is None else ((to_instant(story.classified), True),),
        reopens=[(to_instant(at), f"reopened-{at}") for at in story.reopens],
    )
    fields: dict[str, Any] = {
        "clock": the_clock(story, cells),
        "around": around,
        "starts": [(to_instant(at), f"start-{at}") for at in story.starts],
        "stops": [(to_instant(at), f"stop-{at}") for at in story.stops],
        "counts_from": None if story.counts_from is None else [to_instant(at) for at in story.counts_from],
        "pauses": [(to_instant(a), None if b is None else to_instant(b)) for a, b in story.pauses],
    }
    return ClockInputs(**{**fields, **more})


def the_terms(story: Story) -> ClockTerms:
    boundary = Boundary.NEXT_OPENING if story.next_opening else Boundary.CLOSING
    calendars = {name: spec(calendar) for name, calendar in CALENDARS.items()}
    return terms(calendars, boundary=boundary, plans=story.plans)


def state(run: SlowRun, now: int, story: Story) -> ClockState:
    end = now if run.stopped is None else run.stopped
    late = run.missed is not None and run.missed <= to_instant(end)
    if run.stopped is not None:
        return ClockState.MISSED if late else ClockState.MET
    if late:
        return ClockState.MISSED
    paused = any(begin <= now and (last is None or now < last) for begin, last in story.pauses)
    return ClockState.PAUSED if paused else ClockState.RUNNING


@settings(max_examples=150, deadline=None)
@given(stories(), st.integers(EVENTS, LATEST))
def test_runs_agree_with_the_slow_clock(told: tuple[Story, Mapping[tuple[str, str], SlowTarget]], now: int) -> None:
    story, cells = told
    fast, slow = runs(the_inputs(story, cells), the_terms(story)), slow_runs(story)
    assert [run.started for run in fast] == [to_instant(run.started) for run in slow]
    for ours, theirs in zip(fast, slow, strict=True):
        assert ours.counted_from == to_instant(theirs.origin)
        assert ours.stopped == (None if theirs.stopped is None else to_instant(theirs.stopped))
        assert ours.due == theirs.due
        assert ours.missed_at == theirs.missed
        assert ours.at(to_instant(now)).state == state(theirs, now, story)
        assert ours.used(to_instant(now)) == slow_clock.used(story, theirs, now)
        prove(ours, to_instant(now))


def prove(run: Run, now: int) -> None:
    """A proof is consecutive, from the counting start to due, and its counted segments sum to the budget."""
    segments = proof(run, now)
    if run.due is None:
        return
    assert run.budget is not None
    assert sum(segment.counted for segment in segments) == run.budget
    if segments:
        assert segments[0].start == run.counted_from
        assert segments[-1].end == run.due
    else:
        assert run.due <= run.counted_from
    for one, other in pairwise(segments):
        assert one.end == other.start
    assert all(segment.counted in (0, segment.end - segment.start) for segment in segments)


assert STEPS * STEP > LATEST
