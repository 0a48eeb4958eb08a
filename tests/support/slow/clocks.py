"""Every run of a clock as of an instant: what it counts, by walking from its start through every pause.

A running clock keeps its target (`on_change: keep`); what the other modes do is another reference's matter.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from casewarden.ruleset.syntax import Clock, OnChange
from casewarden.ruleset.terms import (
    BUSINESS,
    Bounds,
    Duration,
    NextRelease,
    NoClock,
    NoDueTime,
    PerContract,
    Target,
    Test,
    Unit,
    Within,
)
from casewarden.worktime import Boundary, CalendarSpec
from support.slow import conditions, events, facts, severity, spans
from support.slow.world import World, listed, once


@dataclass(frozen=True)
class Run:
    """One run: when it begins to exist, and the instant it counts from."""

    number: int
    begins: int
    counts_from: int
    started_by: str | None


@dataclass(frozen=True)
class Seen:
    """A run as of an instant. `used` and `budget` count microseconds on its calendar."""

    number: int
    state: str
    started: int
    due: int | None
    stopped: int | None
    budget: int | None
    used: int | None


def stop_of(world: World, clock: Clock, counts_from: int, t: int) -> int | None:
    """The first stop at or after the instant it counts from, as far as known at `t`."""
    return next((one.at for one in events.occurrences(world, clock.stops, t) if one.at >= counts_from), None)


@once(1)
def runs(world: World, name: str, t: int) -> tuple[Run, ...]:
    """The runs that exist at an instant: the first start makes one, with `each_time` each one while none is open."""
    clock = world.ruleset.clocks[name]
    found: list[Run] = []
    for start in events.occurrences(world, clock.starts, t):
        if found:
            last_stop = stop_of(world, clock, found[-1].counts_from, t)
            if not clock.each_time or last_stop is None or last_stop > start.at or found[-1].begins == start.at:
                continue
        counts_from = start.at
        if clock.counts_from is not None:
            earlier = [one.at for one in events.occurrences(world, clock.counts_from, t) if one.at <= start.at]
            counts_from = earlier[-1] if earlier else start.at
        found.append(Run(len(found) + 1, start.at, counts_from, start.identity[-1]))
    return tuple(found)


def target_at(world: World, clock: Clock, run: Run, t: int) -> tuple[Target | None, str]:
    """The target in force and the case's own calendar with it: those of the start, or of the first determination.

    While the severity is not determined, what holds until it is classified gives the target.
    """
    assert clock.on_change.severity is OnChange.KEEP, "the other modes are another reference's"
    assert clock.on_change.plan is OnChange.KEEP, "the other modes are another reference's"
    instants = [run.begins, *sorted(at for at in severity.instants(world) if run.begins < at <= t)]
    plan = next((plan for plan in (facts.plan_at(world, at) for at in instants) if plan is not None), None)
    determined = [severity.in_force(world, at).determined for at in instants]
    level = next((one for one in determined if one is not None), severity.in_force(world, t).level)
    target = clock.targets.at(plan, level)
    if is_open_question(world, clock, plan, target, t) and not was_missed_before(
        world, clock, run, plan, target, instants
    ):
        target = None
    return target, facts.calendar_of_plan(world, plan, level)


def was_missed_before(
    world: World, clock: Clock, run: Run, plan: str | None, target: Target | None, instants: list[int]
) -> bool:
    """Whether the clock was missed when the plan or severity became unknown: then it stays missed."""
    opened = None
    for at in reversed(instants):
        if not is_open_question(world, clock, plan, target, at):
            break
        opened = at
    return (
        opened is not None and opened > run.begins and look(world, clock.name, run.number, opened - 1).state == "missed"
    )


def is_open_question(world: World, clock: Clock, plan: str | None, target: Target | None, t: int) -> bool:
    """While plan or severity is unknown, and the target rests on it, there is none, also under a running clock."""
    cells = clock.targets.cells
    row = cells.get(None) or cells.get(plan) or {}
    span = target.duration if isinstance(target, Within) else None
    plan_matters = None not in cells or (span is not None and span.calendar == BUSINESS)
    level_matters = None not in row
    return (plan_matters and facts.plan_at(world, t) is None) or (
        level_matters and severity.in_force(world, t).level is None
    )


def paused(world: World, clock: Clock, t: int) -> bool:
    """Only what is true pauses."""
    return clock.pauses_while is not None and conditions.holds(world, clock.pauses_while, t) is True


def stretches(world: World, clock: Clock, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """`[start, end)` cut wherever the pause may change: each part with whether it is paused; always at least one."""
    cuts = [start]
    if clock.pauses_while is not None:
        cuts += sorted(at for at in conditions.instants(world, clock.pauses_while) if start < at < end)
    for a, b in zip(cuts, [*cuts[1:], end], strict=True):
        yield a, b, paused(world, clock, a)


@dataclass(frozen=True)
class Sum:
    """What a span comes to: its calendar (None: plain time), its length in counted microseconds, its unpaused end."""

    spec: CalendarSpec | None
    budget: int
    unpaused_due: int


def sum_of(world: World, clock: Clock, run: Run, span: Duration, own: str) -> Sum:
    spec = spans.spec_of(world.ruleset, span.calendar, own)
    due = spans.after(world.ruleset, own, run.counts_from, span, clock.days)
    if spec is None or span.unit is Unit.DAYS:
        return Sum(spec, spans.elapsed(spec, run.counts_from, due), due)
    return Sum(spec, span.count * spans.LENGTHS[span.unit], due)


def used_at(world: World, clock: Clock, run: Run, spec: CalendarSpec | None, t: int) -> int:
    """The counted microseconds in `[start, t)` that were not paused."""
    parts = stretches(world, clock, run.counts_from, t)
    return sum(spans.elapsed(spec, a, b) for a, b, is_paused in parts if not is_paused)


def plus(world: World, spec: CalendarSpec | None, start: int, length: int) -> int:
    """`start` plus counted microseconds."""
    return start + length if spec is None else spans.add_open(spec, start, length, world.ruleset.defaults.boundary)


def due_at(world: World, clock: Clock, run: Run, whole: Sum, t: int, *, stopped: bool) -> int | None:
    """When the budget was or will be used up, if nothing changes after `t`; None while the clock is paused.

    A clock that stopped in a pause shows when it would have been due had the pause ended then.
    """
    rest = whole.budget
    never_paused = True
    for a, b, is_paused in stretches(world, clock, run.counts_from, t):
        if is_paused:
            never_paused = False
            continue
        counted = spans.elapsed(whole.spec, a, b)
        if rest <= counted:
            return whole.unpaused_due if never_paused else plus(world, whole.spec, a, rest)
        rest -= counted
    if paused(world, clock, t) and not stopped:
        return None
    return whole.unpaused_due if never_paused else plus(world, whole.spec, t, rest)


@once(2)
def look(world: World, name: str, number: int, t: int) -> Seen:
    """One run as of an instant."""
    clock = world.ruleset.clocks[name]
    run = runs(world, name, t)[number - 1]
    stopped = stop_of(world, clock, run.counts_from, t)
    ends = t if stopped is None else stopped
    as_of = max(ends, run.begins)
    target, own = target_at(world, clock, run, as_of)
    applies = clock.applies_if is None or conditions.holds(world, clock.applies_if, as_of) is not False
    if not applies or isinstance(target, NoClock):
        return Seen(number, "not_applicable", run.counts_from, None, stopped, None, None)
    span: Duration | None
    match target:
        case Within(duration):
            span = duration
        case PerContract(otherwise):
            span = otherwise
        case None | NoDueTime() | NextRelease():
            span = None
    if span is None:
        state = "met" if stopped is not None else "paused" if paused(world, clock, t) else "running"
        return Seen(number, state, run.counts_from, None, stopped, None, None)
    whole = sum_of(world, clock, run, span, own)
    used = used_at(world, clock, run, whole.spec, ends)
    due = due_at(world, clock, run, whole, ends, stopped=stopped is not None)
    if used > whole.budget:
        state = "missed"
    elif stopped is not None:
        state = "met"
    else:
        state = "paused" if paused(world, clock, t) else "running"
    if state == "paused":
        due = None
    return Seen(number, state, run.counts_from, due, stopped, whole.budget, used)


def newest(world: World, name: str, t: int) -> Seen | None:
    """The newest run as of an instant."""
    there = runs(world, name, t)
    return look(world, name, there[-1].number, t) if there else None


def newest_state(world: World, name: str, t: int) -> str:
    seen = newest(world, name, t)
    return "waiting" if seen is None else seen.state


def is_known(world: World, name: str, t: int) -> bool:
    """A clock is known to be missed once its sources are known up to its due instant."""
    seen = newest(world, name, t)
    return seen is None or seen.state != "missed" or seen.due is None or seen.due <= world.known_until


def share(world: World, name: str, t: int) -> Fraction | None:
    """The share of the budget of the newest run; None without a due time."""
    seen = newest(world, name, t)
    return None if seen is None or not seen.budget or seen.used is None else Fraction(seen.used, seen.budget)


@listed
def base_instants(world: World, name: str) -> set[int]:
    """When the clock may start, stop, pause, resume, apply or get a target."""
    clock = world.ruleset.clocks[name]
    found = set(world.instants) | severity.instants(world)
    for event in (clock.starts, clock.stops, clock.counts_from):
        if event is not None:
            found |= events.instants(world, event)
    for condition in (clock.applies_if, clock.pauses_while):
        if condition is not None:
            found |= conditions.instants(world, condition)
    return found


def reached(world: World, name: str, share_: Fraction) -> set[int]:
    """The instants at which each run has used up a share of its budget, were nothing to change, and one open later."""
    clock = world.ruleset.clocks[name]
    bases = base_instants(world, name)
    found: set[int] = set()
    for run in runs(world, name, max(bases, default=world.now)):
        for base in bases:
            if base < run.begins:
                continue
            seen = look(world, name, run.number, base)
            if seen.budget is None or seen.used is None or seen.stopped is not None:
                continue
            if seen.due is not None:
                found.add(seen.due)
            target, own = target_at(world, clock, run, base)
            span = target.duration if isinstance(target, Within) else target.otherwise  # type: ignore[union-attr]
            assert span is not None
            spec = spans.spec_of(world.ruleset, span.calendar, own)
            wanted = math.ceil(share_ * seen.budget)
            for length in (wanted - seen.used, wanted - seen.used + 1):
                if length >= 0:
                    found.add(base + length if spec is None else spans.add_open(spec, base, length, Boundary.CLOSING))
    return found


@listed
def instants(world: World, name: str) -> set[int]:
    """Every instant, past or ahead, at which a run of the clock may change its state or its due instant."""
    return base_instants(world, name) | reached(world, name, Fraction(1))


def share_instants(world: World, name: str, test: Test) -> set[int]:
    """When a share that a test asks for may be reached."""
    bounds = [test.at_least, test.at_most, test.more_than, test.less_than] if isinstance(test, Bounds) else []
    return set[int]().union(*(reached(world, name, Fraction(bound)) for bound in bounds if bound is not None))
