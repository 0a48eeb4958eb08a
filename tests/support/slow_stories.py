"""Stories of the slow clock told as logs and rulesets, so that `decide` as a whole is held against it.

What the slow clock gives is worked out from the same story, cut off where the decision is made; lateness and credits
are added up step by step.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from hypothesis import strategies as st

from casewarden.model.event import Event, Json
from casewarden.ruleset.syntax import (
    CalendarDecl,
    Changes,
    Clock,
    Commitment,
    Credit,
    OnChange,
    OnReopen,
    Plan,
    Ruleset,
    TargetTable,
)
from casewarden.ruleset.terms import Duration, NoDueTime, Path, Target, Unit, Within
from casewarden.worktime import Boundary, CalendarSpec, DayMode, DayOrigin, DayRule
from support import slow_clock
from support.slow.samples import CITED, Log, is_, ruleset
from support.slow_clock import STEP, STEPS, SlowCalendar, SlowRun, SlowTarget, Story, opens, to_instant

CALENDARS = {
    "office": SlowCalendar((((9, 17),),) * 5 + ((),) * 2),
    "split": SlowCalendar((((8, 12), (13, 17)),) * 4 + (((8, 12),), (), ())),
    "always": SlowCalendar((((0, 24),),) * 7),
}
LAST = 10 * slow_clock.DAY  # the step of the last event
CLOCK = "work"
NEVER = STEPS  # no step of the story


@dataclass(frozen=True)
class Lateness:
    """A credit: `award` days for each full or started `each`."""

    each: SlowTarget
    count: Literal["full", "started"]
    cap: int | None


@dataclass(frozen=True, repr=False)
class Told:
    """A story, what its clock promises by plan and severity, and its credit. `stand_in`: the reported level."""

    story: Story
    cells: Mapping[tuple[str, str], SlowTarget]
    credit: Lateness
    stand_in: str | None

    def __repr__(self) -> str:
        return f"Told({self.story!r}, {dict(self.cells)!r}, {self.credit!r}, stand_in={self.stand_in!r})"


STEPS_IN = st.integers(0, LAST)
WORDS = st.sampled_from(["business", "elapsed", *CALENDARS])
TARGETS = st.one_of(
    st.builds(SlowTarget, steps=st.integers(1, 30), calendar=WORDS),
    st.builds(SlowTarget, days=st.integers(1, 3), calendar=WORDS),
    st.just(SlowTarget(word="best_effort")),
)
MODES = st.sampled_from(["keep", "retarget", "restart", "segments"])


@st.composite
def histories(draw: st.DrawFn, values: list[str | None]) -> list[tuple[int, str | None]]:
    """A few values with the steps from which they hold; mostly one is there from the beginning."""
    steps = draw(st.lists(STEPS_IN, max_size=3, unique=True).map(sorted))
    if draw(st.integers(0, 3)):
        steps = sorted({0, *steps})
    return [(step, draw(st.sampled_from(values))) for step in steps]


def times(most: int) -> st.SearchStrategy[list[int]]:
    return st.lists(STEPS_IN, max_size=most, unique=True).map(sorted)


@st.composite
def told_stories(draw: st.DrawFn) -> Told:
    """Stories on whole hours of ten days."""
    cells = {(plan, level): draw(TARGETS) for plan in "ab" for level in "12"}
    stand_in = draw(st.none() | st.none() | st.sampled_from("12"))
    severity = draw(histories(["1", "2"] if stand_in else ["1", "2", None]))
    classified = None
    if stand_in is not None:
        classified = severity[0][0] if severity else NEVER
        severity = severity if classified == 0 else [(0, stand_in), *severity]
    points = draw(times(4))
    pauses = [(a, b) for a, b in zip(points[::2], [*points[1::2], None], strict=False)]

    def of(plan: str | None, level: str | None) -> SlowTarget | None:
        return None if plan is None or level is None else cells[plan, level]

    story = Story(
        calendars=CALENDARS,
        default="office",
        plans={"a": "office", "b": draw(st.sampled_from(sorted(CALENDARS)))},
        target=of,
        modes={"severity": draw(MODES), "plan": draw(MODES), "contract": draw(MODES)},
        given={
            "severity": severity,
            "plan": draw(histories(["a", "b", None])),
            "contract": draw(histories(["silent", "night"])),
        },
        contract_calendars={"night": "always"},
        classified=classified,
        starts=draw(st.lists(STEPS_IN, min_size=1, max_size=3, unique=True).map(sorted)),
        stops=draw(times(3)),
        counts_from=draw(st.none() | times(2)),
        reopens=draw(times(3)),
        pauses=pauses,
        each_time=draw(st.booleans()),
        on_reopen=draw(st.sampled_from(["stay", "resume", "restart"])),
        next_opening=draw(st.booleans()),
    )
    each = SlowTarget(steps=draw(st.integers(1, 5)), calendar=draw(WORDS))
    credit = Lateness(each, draw(st.sampled_from(["full", "started"])), draw(st.none() | st.integers(1, 6)))
    return Told(story, cells, credit, stand_in)


def target_of(target: SlowTarget) -> Target:
    if target.word is not None:
        return NoDueTime(target.word)
    if target.days:
        return Within(Duration(target.days, Unit.DAYS, target.calendar))
    return Within(Duration(target.steps, Unit.HOURS, target.calendar))


def ruleset_of(told: Told) -> Ruleset:
    """The ruleset with the one clock and the credit."""
    story = told.story
    rows: dict[str | None, dict[str | None, Target]] = {"a": {}, "b": {}}
    for (plan, level), target in told.cells.items():
        rows[plan][level] = target_of(target)
    days = DayRule(DayMode.END_OF_DAY, DayOrigin.DATE)
    severity, plan_, contract = (OnChange(story.modes[one]) for one in slow_clock.DIMENSIONS)
    clock = Clock(
        CLOCK,
        CITED,
        "customer_message",
        "agent_reply",
        TargetTable(rows),
        Changes(severity, plan_, contract),
        days,
        counts_from=None if story.counts_from is None else "customer_call",
        pauses_while=is_("case.core", "down"),
        each_time=story.each_time,
        on_reopen=OnReopen(story.on_reopen),
    )
    boundary = Boundary.NEXT_OPENING if story.next_opening else Boundary.CLOSING
    base = ruleset(clocks=[clock], days=days, boundary=boundary)
    specs = {name: spec_of(calendar) for name, calendar in CALENDARS.items()}
    each = target_of(told.credit.each)
    assert isinstance(each, Within)
    credit = Credit(
        "late", CITED, CLOCK, 2, each.duration, told.credit.count, told.credit.cap, Path("contract.term_end")
    )
    assert base.severity is not None
    return replace(
        base,
        calendars={name: CalendarDecl(name, CITED, spec) for name, spec in specs.items()},
        plans={name: Plan(name, CITED, calendar, Commitment.SLO) for name, calendar in story.plans.items()},
        defaults=replace(base.defaults, plan=None),
        severity=replace(base.severity, table=()),
        credits={"late": credit},
    )


def spec_of(calendar: SlowCalendar) -> CalendarSpec:
    return CalendarSpec.of("Europe/Zurich", [[(a * 60, b * 60) for a, b in hours] for hours in calendar.week])


def log_of(told: Told) -> list[Event]:
    """The story as a helpdesk would tell it, in order."""
    story = told.story
    rows: list[tuple[int, str, str, dict[str, Json]]] = []
    opening: dict[str, Json] = {"case.reported_severity": told.stand_in}
    rows.append((0, "opened", "customer", {"facts": opening}))

    def observed(step: int, path: str, value: Json, **more: Json) -> None:
        rows.append((step, "observed", "agent", {"facts": {path: value}, **more}))

    real = 0 if story.classified is None else story.classified
    for step, level in story.given["severity"]:
        if step >= real:
            observed(step, "case.severity", level, determined=True)
    for step, plan in story.given["plan"]:
        observed(step, "case.plan", plan)
    for step, contract in story.given["contract"]:
        observed(step, "contract.calendar", story.contract_calendars.get(contract or ""))
    for begin, end in story.pauses:
        observed(begin, "case.core", "down")
        if end is not None:
            observed(end, "case.core", "available")
    public: dict[str, Json] = {"public": True}
    rows += [(step, "message", "customer", public) for step in story.starts]
    rows += [(step, "message", "agent", public) for step in story.stops]
    rows += [(step, "call", "customer", {}) for step in story.counts_from or ()]
    rows += [(step, "reopened", "agent", {}) for step in story.reopens]
    log = Log()
    for step, kind, by, data in sorted(rows, key=lambda row: (row[0], row[1] != "opened")):
        log.add(kind, to_instant(step), by, **data)
    return log.events


def until(told: Told, now: int) -> Story:
    """The story as far as it happened by a step."""
    story = told.story
    return replace(
        story,
        given={name: [(step, value) for step, value in told_ if step <= now] for name, told_ in story.given.items()},
        classified=NEVER if story.classified is not None and story.classified > now else story.classified,
        starts=[step for step in story.starts if step <= now],
        stops=[step for step in story.stops if step <= now],
        counts_from=None if story.counts_from is None else [step for step in story.counts_from if step <= now],
        reopens=[step for step in story.reopens if step <= now],
        pauses=[(a, b if b is not None and b <= now else None) for a, b in story.pauses if a <= now],
    )


def state_of(story: Story, run: SlowRun, now: int) -> str:
    """Missed once one more counted microsecond has passed; a finished clock stays as it finished."""
    end = max(now, run.started) if run.stopped is None else run.stopped  # a stop may lie before the start
    if run.missed is not None and run.missed <= to_instant(end):
        return "missed"
    if run.stopped is not None:
        return "met"
    return "paused" if any(a <= now and (b is None or now < b) for a, b in story.pauses) else "running"


def days_earned(told: Told, story: Story, run: SlowRun, now: int) -> int:
    """The days that lateness earns: what the credit's calendar counts between due and the end, less what is idle."""
    if run.due is None or state_of(story, run, now) != "missed":
        return 0
    end = now if run.stopped is None else run.stopped
    word = told.credit.each.calendar
    plan, contract = run.labels["plan"][-1], run.labels["contract"][-1]
    own = story.contract_calendars.get(contract or "") or story.plans.get(plan or "") or story.default
    open_steps = opens(None if word == "elapsed" else CALENDARS[own if word == "business" else word])
    counted = sum(
        min(STEP, to_instant(step + 1) - run.due)
        for step in range(end)
        if open_steps[step] and not run.idle[step] and to_instant(step + 1) > run.due
    )
    unit = told.credit.each.steps * STEP
    units = counted // unit if told.credit.count == "full" else -(-counted // unit)
    earned = units * 2
    return earned if told.credit.cap is None else min(earned, told.credit.cap)
