"""Walking a log: events in order, and between them every instant at which something derived can change by itself."""

from collections.abc import Sequence

from casewarden.decide.compile import Compiled
from casewarden.decide.facts import plain
from casewarden.decide.state import MICROSECOND, State, continues, is_engine
from casewarden.decide.take import take
from casewarden.decide.trilean import NEVER
from casewarden.model.event import Event, Json
from casewarden.model.subject import Subject


def state_at(
    compiled: Compiled, subject: Subject, now: int, slot: str = "now", *, assumes_complete: bool = False
) -> State:
    """Return the state of a subject at an instant; what was derived before is gone on from where it still stands.

    Each `slot` goes forward by itself. `assumes_complete`: what is not in the log has not happened, whatever the
    watermarks say.
    """
    key = f"{compiled.ruleset.digest}/{slot}"
    known = subject.memo.get(key)
    if not isinstance(known, State) or known.compiled is not compiled or not continues(known, subject.events, now):
        known = State(compiled, subject.events)
        known.assumes_complete = assumes_complete
        subject.memo[key] = known
    elif known.log is not subject.events:
        known.look_ahead(subject.events)
    advance(known, subject.events, now)
    return known


def advance(state: State, events: Sequence[Event], now: int) -> None:
    """Take the events up to and at `now`, and step through the instants between them."""
    while state.consumed < len(events) and events[state.consumed].at <= now:
        while state.pending < events[state.consumed].at:
            step(state, state.pending)
        take_next(state, events)
    while state.pending <= now:
        step(state, state.pending)


def take_next(state: State, events: Sequence[Event]) -> None:
    """Take the next event; all that others told at one instant is taken in before anything is asked."""
    at, end = state.consumed, len(events)
    first = events[at]
    take(state, first)
    if not is_engine(first):
        at += 1
        while at < end and events[at].at == first.at and not is_engine(events[at]):
            take(state, events[at])
            at += 1
    step(state, first.at)


def step(state: State, now: int) -> None:
    """Derive all that can be derived at one instant, in the order of who needs whom."""
    compiled = state.compiled
    state.time = now
    state.version += 1
    wake = NEVER
    if compiled.classifier is not None and state.opened_at <= now and state.opened_at != -NEVER:
        wake = compiled.classifier.step(state, now)
    plan = state.values.get("case.plan")
    history = state.plan_history
    if not history or history[-1][1] != plan:
        history.append((now, None if plan is None else str(plan)))
    _commitment(state, plan)
    wake = min(wake, _release(state, now))
    if compiled.ruleset.intake:
        wake = min(wake, _intake(state, now))
    for derive in compiled.steps:
        again = derive(state, now)
        wake = min(wake, again)
    if compiled.steps and now <= state.complete_through < NEVER:
        wake = min(wake, state.complete_through + MICROSECOND)  # from then on absence is not known
    state.version += 1  # what was derived on the way may be more than what clocks were asked with
    if wake <= now:
        raise AssertionError(f"a wake-up of {compiled.ruleset.name} at {wake} is not after {now}")
    state.pending = wake


def _commitment(state: State, plan: object) -> None:
    contract = state.contract_history[-1][1] if state.contract_history else None
    known = state.compiled.ruleset.plans.get(str(plan)) if plan is not None else None
    level = (contract.commitment if contract else None) or (known.commitment if known else None)
    if level is not None:
        state.values["case.commitment"] = level.value


def _release(state: State, now: int) -> int:
    """The next release that is planned, until its instant has come."""
    if not state.releases:
        return NEVER
    latest = {release.name: release for release in state.releases}
    coming = [r for r in latest.values() if r.released_at is None and r.planned is not None and r.planned > now]
    following = min(coming, key=lambda r: (r.planned or 0, r.name), default=None)
    if following is None or following.planned is None:
        state.values.pop("release.next_at", None)
        state.values.pop("release.next_frozen", None)
        return NEVER
    state.values["release.next_at"] = following.planned
    state.values["release.next_frozen"] = following.frozen
    return following.planned


def _intake(state: State, now: int) -> int:
    """What the type of request requires and the case has not; not known while the type is none of the declared."""
    wanted = state.compiled.ruleset.intake.get(str(state.values.get("case.type")))
    if wanted is None:
        state.values.pop("case.missing", None)
        state.values.pop("case.intake", None)
        return NEVER
    found = [(path.text, *state.fact(path.text, now)) for path in wanted.required]
    missing = tuple(sorted(path for path, value, _ in found if value is None))
    state.values["case.missing"] = missing
    state.values["case.intake"] = "incomplete" if missing else "complete"
    return min((stale for _, _, stale in found), default=NEVER)


def derived(state: State) -> dict[str, Json]:
    """Return the derived facts of a case for the decision, in JSON form."""
    paths = (
        "case.plan",
        "case.status",
        "case.commitment",
        "case.scope",
        "case.excluded_as",
        "case.intake",
        "case.missing",
    )
    return {path: plain(state.values[path]) for path in paths if path in state.values}
