"""`decide`: the one function. Pure: the same ruleset, subject and instant give the same decision, byte for byte."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from casewarden.decide.codegen import Recorded
from casewarden.decide.compile import Compiled
from casewarden.decide.effects import settle
from casewarden.decide.facts import plain
from casewarden.decide.firing import Round, occurrences, standing
from casewarden.decide.late import IN_TIME, Late, learnt_late
from casewarden.decide.log import decided_event
from casewarden.decide.loops import Firings
from casewarden.decide.postings import earned_by_now, postings
from casewarden.decide.state import State
from casewarden.decide.take import take
from casewarden.decide.trilean import NEVER, Trilean
from casewarden.decide.waited import beyond_watermark, due_since, may_have_waited
from casewarden.decide.walk import derived, state_at, step
from casewarden.model.decision import (
    Alert,
    ClockInstance,
    Correction,
    Decision,
    Edge,
    LedgerEntry,
    PlannedAction,
    Withheld,
)
from casewarden.model.event import Event, Json
from casewarden.model.subject import Subject

MOST_ROUNDS = 16
_NONE: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Gathered:
    """What the rounds of one decision brought."""

    edges: list[Edge] = field(default_factory=list)
    actions: list[PlannedAction] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    ledger: list[LedgerEntry] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    facts: dict[str, Json] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    rounds: int = 0
    awaits: bool = False


@dataclass(frozen=True, slots=True)
class Trace:
    """What was said on the way: for every standing rule its truth and its leaves' truths, as of the first round."""

    state: State
    rules: Mapping[str, Recorded]


def decide(compiled: Compiled, subject: Subject, now: int, *, trace: bool = False) -> Decision:
    """Return all that the ruleset says of a subject at an instant (microseconds since the epoch, UTC).

    Events later than `now` are not looked at. The decision's `events` are what the log must remember of it.
    """
    compiled = compiled.about(subject.kind, subject.id)
    state = state_at(compiled, subject, now)
    said = _recorded(compiled, state, now) if trace else None
    if compiled.governs is not None:
        applies, wake = compiled.governs(state, now)
        if applies is not True:
            return _not_governed(compiled, state, now, wake, said)
    gathered, wake = _Gathered(), NEVER
    if state.ended is None:  # spam, or merged into another: no rule looks at it any more
        state, gathered, wake = _rounds(compiled, subject, state, now)
    if said is not None and gathered.events:
        said = Trace(state_at(compiled, subject, now), said.rules)  # the one looked at went along with the rounds
    clocks, next_wakeup = _clocks(compiled, state, now, wake)
    accruing = [entry for entry in earned_by_now(compiled, state, now) if entry.state == "accruing"]
    if state.ended is not None:
        next_wakeup = None
    return Decision(
        subject=subject.id,
        at=now,
        ruleset=compiled.ruleset.digest,
        facts=gathered.facts,
        severity=_text(state.values.get("case.severity")),
        severity_by=compiled.classifier.by(state) if compiled.classifier is not None else None,
        clocks=clocks,
        edges=tuple(gathered.edges),
        actions=tuple(gathered.actions),
        withheld=tuple(gathered.withheld),
        ledger=(*gathered.ledger, *accruing),
        alerts=tuple(gathered.alerts),
        corrections=tuple(gathered.corrections),
        rounds=gathered.rounds,
        next_wakeup=next_wakeup,
        awaits=now if gathered.awaits else None,
        derived=derived(state),
        events=tuple(gathered.events),
        trace=said,
    )


def _not_governed(compiled: Compiled, state: State, now: int, wake: int, said: Trace | None) -> Decision:
    """Return the decision where `applies_to` does not hold for the case: nothing, and when to ask again."""
    wake = min(wake, state.pending)
    return Decision(
        subject=state.subject,
        at=now,
        ruleset=compiled.ruleset.digest,
        facts={},
        severity=None,
        severity_by=None,
        clocks=(),
        edges=(),
        actions=(),
        withheld=(),
        ledger=(),
        alerts=(),
        corrections=(),
        rounds=0,
        next_wakeup=None if wake >= NEVER else wake,
        trace=said,
    )


def truths(compiled: Compiled, subject: Subject, now: int) -> dict[str, Trilean]:
    """Return the truth of every standing rule's condition at an instant."""
    compiled = compiled.about(subject.kind, subject.id)
    said = _recorded(compiled, state_at(compiled, subject, now), now)
    return {name: truth for name, (truth, _) in said.rules.items()}


def _recorded(compiled: Compiled, state: State, now: int) -> Trace:
    said: dict[int, Recorded] = {}
    compiled.recording(state, now, _ignored, said)
    return Trace(state, {compiled.standing[index].name: record for index, record in said.items()})


def _ignored(_: int) -> None:
    """Nothing is done about rules that are only looked at."""


def _rounds(compiled: Compiled, subject: Subject, state: State, now: int) -> tuple[State, _Gathered, int]:
    """Ask all rules until nothing changes; a loop disables its rules, and all is asked again without them.

    The state goes along with what is decided, and stands as soon as the log has that: nothing is copied. Whoever asks
    the log without it is given a state derived anew (see `continues`).
    """
    disabled: set[str] = set()
    while True:
        gathered = _Gathered()
        wake, looping = _ask_until_quiet(compiled, subject, state, now, gathered, disabled)
        if not looping:
            return state, gathered, wake
        disabled |= looping
        state = state_at(compiled, subject, now)


def _ask_until_quiet(
    compiled: Compiled, subject: Subject, state: State, now: int, gathered: _Gathered, disabled: set[str]
) -> tuple[int, AbstractSet[str]]:
    known = state.known_rules is compiled.rule_digests or state.known_rules == compiled.rule_digests
    if not (state.decided_before and known) or disabled:
        _begin(compiled, state, now, gathered, disabled)
    late = learnt_late(compiled, subject, state, now)
    firings = Firings()
    first = True
    while True:
        found = _ask(compiled, subject, state, now, late if first else IN_TIME)
        if first:
            found.effects.withheld.extend(late.withheld)
            gathered.corrections.extend(late.corrections)
        gathered.awaits = found.awaits
        posted, corrections = postings(compiled, state, now, {one.name for one in gathered.corrections})
        gathered.corrections.extend(corrections)
        if found.is_quiet and not posted and not (first and gathered.corrections):
            return found.wake, _NONE
        first = False
        gathered.awaits = False
        gathered.rounds += 1
        firings.take(found)
        if gathered.rounds > MOST_ROUNDS:
            gathered.rounds = MOST_ROUNDS  # a mere chain goes on with the next decision
            return now + 1, _loop(compiled, subject, state.fork(), now, found, posted, firings)
        alerts = settle(found.effects, now)
        facts = found.effects.facts
        event = decided_event(state, now, found, facts, posted, gathered.corrections if gathered.rounds == 1 else ())
        take(state, event)
        step(state, now)
        if state.watermarks:
            subject = subject.with_events((event,))  # what is asked of the log beside the state knows of this round
        gathered.events.append(event)
        gathered.edges.extend(found.edges)
        gathered.actions.extend(found.effects.actions)
        gathered.withheld.extend(found.effects.withheld)
        gathered.ledger.extend(posted)
        gathered.alerts.extend(alerts)
        gathered.facts.update(facts)


def _loop(
    compiled: Compiled,
    subject: Subject,
    state: State,
    now: int,
    found: Round,
    posted: list[LedgerEntry],
    firings: Firings,
) -> AbstractSet[str]:
    """Return the rules that would go on for ever; none where the rounds, asked on, come to an end by themselves.

    What the further rounds bring is kept nowhere. Where no rule goes round, each round uses up firings of some rule, so
    there are few of them.
    """
    for _ in range(4 * len(compiled.ruleset.rules)):
        if firings.loop:
            break
        settle(found.effects, now)
        event = decided_event(state, now, found, found.effects.facts, posted, ())
        take(state, event)
        step(state, now)
        if state.watermarks:
            subject = subject.with_events((event,))
        found = _ask(compiled, subject, state, now, IN_TIME)
        posted, _ = postings(compiled, state, now)
        if found.is_quiet and not posted:
            break
        firings.take(found)
    return firings.loop


def _begin(compiled: Compiled, state: State, now: int, gathered: _Gathered, disabled: set[str]) -> None:
    """Let this revision take the case over: for rules that the log does not know, what is true already is no edge."""
    fresh = not state.decided_before and (state.went_live is None or state.opened_at >= state.went_live)
    edges: list[Edge] = []
    new = {name for name, digest in compiled.rule_digests.items() if state.known_rules.get(name) != digest}
    if not fresh:
        now_true = {compiled.standing[index].name for index in compiled.matching(state, now)[0]}
        for name in sorted(new):
            if compiled.ruleset.rules[name].each is not None:
                continue
            if name in now_true or state.record(name).active:
                edges.append(Edge(name, name in now_true, state.record(name).activations, now, baseline=True))
    alerts = []
    if disabled:
        names = tuple(sorted(disabled))
        message = (
            f"these rules undo each other without end and are switched off for {state.subject}: {', '.join(names)}"
        )
        alerts.append(Alert("rule_loop", message, names))
        gathered.alerts.extend(alerts)
    event = decided_event(
        state, now, Round(edges=edges), {}, (), (), revision=compiled, fresh=fresh, disabled=tuple(sorted(disabled))
    )
    take(state, event)
    step(state, now)
    gathered.events.append(event)
    gathered.edges.extend(edges)


def _ask(compiled: Compiled, subject: Subject, state: State, now: int, late: Late) -> Round:
    """Look at all rules once, on one snapshot; what rose or occurred before now by what was learnt late is late."""
    found = Round(earlier=late.earlier, late_since=late.since)
    if compiled.standing:
        out, found.wake = compiled.ask_rules(state, now, state.active)
        if state.watermarks and (waiting := may_have_waited(compiled, state, out)):
            found.due = due_since(compiled, subject, waiting, now, now)
        if out:
            standing(state, out, now, found, provisional=False)
    else:
        out = []
    if state.watermarks and not state.is_absence_known(now):
        beyond_watermark(compiled, subject, state, now, out, found)
    if state.candidates:
        occurrences(state, now, found, provisional=False)
    return found


def _clocks(compiled: Compiled, state: State, now: int, wake: int) -> tuple[tuple[ClockInstance, ...], int | None]:
    """Return every run as it is now, and the first instant, not after `wake`, at which something may change."""
    found: list[ClockInstance] = []
    wake = min(wake, state.pending)
    for name in compiled.ruleset.clocks:
        runs = state.runs(name)
        if not runs:
            found.append(compiled.waiting[name])
        for run in runs:
            found.append(run.at(now))
            change = run.next_change(now)
            if change is not None and change < wake:
                wake = change
    return tuple(found), None if wake >= NEVER else wake


def _text(value: object) -> str | None:
    return None if value is None else str(plain(value))  # type: ignore[arg-type]
