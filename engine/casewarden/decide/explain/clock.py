"""A clock: its runs, each with the proof of its deadline, or why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from casewarden.decide.clocks import Run
from casewarden.decide.compile import Compiled
from casewarden.decide.credits import credit, lateness
from casewarden.decide.explain.firings import rows
from casewarden.decide.explain.moments import state_of
from casewarden.decide.explain.readings import Sentence
from casewarden.decide.explain.sources import Source, event_of_occurrence
from casewarden.decide.explain.tree import Look, Node
from casewarden.decide.proof import proof
from casewarden.decide.state import State
from casewarden.model.decision import ClockInstance, ClockState, Stretch
from casewarden.model.event import Event
from casewarden.model.subject import Subject
from casewarden.ruleset.syntax import Clock

SHARES = (Fraction(1, 2), Fraction(3, 4), Fraction(1))


@dataclass(frozen=True, slots=True)
class Share:
    """When a share of the target is used up; None where it never is, while a pause lasts, or the stop came before."""

    share: Fraction
    at: int | None


@dataclass(frozen=True, slots=True)
class CreditExplained:
    """What a run earns by one credit: days with their arithmetic; nothing yet where `days` is 0.

    `late` is the time that counts as late, in microseconds; `state` is none, accruing or posted.
    """

    name: str
    state: str
    days: int
    late: int
    arithmetic: str | None
    add_to: str


@dataclass(frozen=True, slots=True)
class RunExplained:
    """One run: how it stands, and the proof.

    `stretches` lead from where it counts to its due instant; their counted parts sum to the budget. Without a due time
    they lead to its stop or to now, and `why` says why there is none. `applies` is the tree of `applies_if`, and
    `pauses` that of `pauses_while`, as they are now.
    """

    instance: ClockInstance
    started_by: Source | None
    stopped_by: Source | None
    stretches: tuple[Stretch, ...]
    used: int | None
    remaining: int | None
    share: Fraction | None
    shares: tuple[Share, ...]
    credits: tuple[CreditExplained, ...]
    why: Sentence
    missed_at: int | None

    @property
    def counted(self) -> int:
        """The sum of what the stretches count, in microseconds."""
        return sum(stretch.counted for stretch in self.stretches)


@dataclass(frozen=True, slots=True)
class ClockExplained:
    """A clock on a subject at an instant; no run while it waits, and `waits` says for what."""

    subject: str
    at: int
    zone: str
    clock: Clock
    runs: tuple[RunExplained, ...]
    waits: Sentence | None
    applies: Node | None
    pauses: Node | None


def explain_clock(compiled: Compiled, subject: Subject, now: int, clock: Clock) -> ClockExplained:
    """Explain a clock on a subject whose log is known up to `now`."""
    events = tuple(event for event in subject.events if event.at <= now)
    state = state_of(compiled, events, now)
    look = Look(compiled, state, events, now)
    runs = tuple(_run(state, events, run, now) for run in state.runs(clock.name))
    return ClockExplained(
        subject.id,
        now,
        state.own_calendar().spec.zone,
        clock,
        runs,
        None if runs else (f"it waits for {clock.starts}, which has not happened",),
        None if clock.applies_if is None else look.tree(clock.applies_if),
        None if clock.pauses_while is None else look.tree(clock.pauses_while),
    )


def _run(state: State, events: Sequence[Event], run: Run, now: int) -> RunExplained:
    instance = run.at(now)
    clock = run.inputs.clock
    applies = instance.state not in (ClockState.NOT_APPLICABLE, ClockState.CANCELLED)
    posted = {str(row.get("key")) for event in events for row in rows(event.data.get("ledger"))}
    return RunExplained(
        instance,
        _occurrence(state, events, (clock.starts, "case_reopened"), instance.started),
        _occurrence(state, events, (clock.stops,), instance.stopped),
        proof(run, now) if applies else (),
        run.used(now) if applies else None,
        run.remaining(now) if applies else None,
        run.share(now) if applies else None,
        tuple(Share(share, run.share_instant(share)) for share in SHARES) if applies and run.budget else (),
        tuple(_credits(state, run, now, posted)) if applies else (),
        _why(run, instance),
        run.missed_at if applies and run.due is not None else None,
    )


def _occurrence(state: State, events: Sequence[Event], names: Sequence[str], at: int | None) -> Source | None:
    if at is None:
        return None
    for name in names:
        for occurrence in state.occurrences.get(name, ()):
            if occurrence.at == at:
                found = event_of_occurrence(events, occurrence)
                if found is not None:
                    return found
    return None


def _credits(state: State, run: Run, now: int, posted: set[str]) -> list[CreditExplained]:
    found: list[CreditExplained] = []
    instance = run.at(now)
    for term in state.compiled.ruleset.credits.values():
        if term.clock != instance.clock or instance.state is not ClockState.MISSED:
            continue
        late = lateness(term, run, now if instance.stopped is None else instance.stopped)
        entry = credit(term, run, now)
        if entry is None:
            found.append(CreditExplained(term.name, "none", 0, late.counted, None, term.add_to.text))
            continue
        word = "posted" if entry.key in posted else entry.state
        found.append(CreditExplained(term.name, word, entry.amount, late.counted, entry.arithmetic, term.add_to.text))
    return found


def _why(run: Run, instance: ClockInstance) -> Sentence:
    """Say in words why the run stands as it does."""
    clock = run.inputs.clock
    match instance.state:
        case ClockState.NOT_APPLICABLE:
            return (f"it does not apply: {_reason(instance.reason)}",)
        case ClockState.CANCELLED:
            return (f"it ended with the case: {instance.reason}",)
        case ClockState.PAUSED:
            since = next((gap.start for gap in reversed(run.gaps) if gap.end is None), None)
            if since is None:
                return ("its `pauses_while` is true, so nothing counts",)
            return "its `pauses_while` has been true since ", since, ", so nothing counts"
        case ClockState.MET if instance.stopped is not None:
            if instance.due is None:
                return f"{clock.stops} stopped it at ", instance.stopped, "; it has no due time and is never missed"
            return f"{clock.stops} stopped it at ", instance.stopped, ", not after it was due at ", instance.due
        case ClockState.MISSED if instance.due is not None:
            if instance.stopped is not None:
                return f"{clock.stops} stopped it at ", instance.stopped, ", after it was due at ", instance.due
            unsure = "" if instance.certain else "; a stop in time may still become known"
            return f"no {clock.stops} up to now, and it was due at ", instance.due, unsure
        case _:
            if instance.due is None:
                return (f"it runs without a due time: {instance.reason}",)
            return f"it waits for {clock.stops}, due at ", instance.due


def _reason(reason: str | None) -> str:
    return {"none": "the target is `none`", "not_covered": "the target is `not_covered`"}.get(
        reason or "", reason or ""
    )
