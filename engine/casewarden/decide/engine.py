"""`decide`: the one function. Pure: the same ruleset, subject and instant give the same decision, byte for byte."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from casewarden.decide.accounts import claims, grants
from casewarden.decide.codegen import Recorded
from casewarden.decide.compile import Compiled
from casewarden.decide.credits import credit
from casewarden.decide.effects import is_public, settle
from casewarden.decide.facts import plain
from casewarden.decide.firing import Round, occurrences, standing
from casewarden.decide.late import IN_TIME, Late, learnt_late
from casewarden.decide.log import decided_event
from casewarden.decide.loops import Firings
from casewarden.decide.state import State
from casewarden.decide.take import take
from casewarden.decide.trilean import NEVER, Trilean
from casewarden.decide.waited import due_since
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
    accruing = [entry for entry in _credits(compiled, state, now) if entry.state == "accruing"]
    awaits = bool(state.watermarks) and (gathered.awaits or any(entry.at < now for entry in accruing))
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
        awaits=now if awaits else None,
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
        posted = _posted(compiled, state, now, gathered)
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
    unkept = _Gathered()
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
        posted = _posted(compiled, state, now, unkept)
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
        if state.watermarks and (waiting := _may_have_waited(compiled, state, out)):
            found.due = due_since(compiled, subject, waiting, now, now)
        if out:
            standing(state, out, now, found, provisional=False)
        if state.watermarks and not state.is_absence_known(now):
            _beyond_watermark(compiled, subject, state, now, out, found)
    if state.candidates:
        occurrences(state, now, found, provisional=False)
    return found


def _beyond_watermark(
    compiled: Compiled, subject: Subject, state: State, now: int, certain: list[tuple[int, bool]], found: Round
) -> None:
    """Ask again as if nothing had happened beyond the watermark, where that leaves rules open.

    What a team alone sees fires at once, provisionally. What closes or speaks to the customer waits until it is known
    to have been true at the watermark, and fires then if it still looks true.
    """
    hopeful = state_at(compiled, subject, now, slot="hopeful", assumes_complete=True)
    known = {index for index, _ in certain} | state.active
    hits, again = compiled.matching(hopeful, now)
    found.wake = min(found.wake, again, hopeful.pending)
    rising = [(index, True) for index in hits if index not in known]
    internal = [row for row in rising if not is_public(compiled.standing[row[0]])]
    standing(state, internal, now, found, provisional=True)
    public = [row for row in rising if is_public(compiled.standing[row[0]])]
    if public:
        through = state.complete_through
        sure = state_at(compiled, subject, through, slot="complete")
        was_true = set(compiled.matching(sure, through)[0])
        due = [row for row in public if row[0] in was_true]
        found.awaits = len(due) < len(public)
        if due:
            found.due = due_since(compiled, subject, {index for index, _ in due}, through, now)
            standing(state, due, now, found, provisional=False)


def _may_have_waited(compiled: Compiled, state: State, out: list[tuple[int, bool]]) -> set[int]:
    """Return which of the rules that rise close or speak to the public: those may have had to wait for a watermark."""
    rising = [index for index, is_true in out if is_true and index not in state.active]
    return {index for index in rising if is_public(compiled.standing[index])}


def _posted(compiled: Compiled, state: State, now: int, gathered: _Gathered) -> list[LedgerEntry]:
    """Return what the ledger gets now: credits, claims of the case, grants of the account.

    A posting that what was learnt since makes wrong becomes a correction, for approval.
    """
    found = list(claims(state, now)) if compiled.ruleset.quotas else []
    if state.claims:
        given, corrections = grants(state, now)
        found.extend(given)
        gathered.corrections.extend(corrections)
    if not (compiled.ruleset.credits or state.posted):
        return found
    earned = {entry.key: entry for entry in _credits(compiled, state, now)}
    found.extend(entry for key, entry in earned.items() if entry.state == "posted" and key not in state.posted)
    known = {correction.name for correction in gathered.corrections} | state.corrected
    for key, posted in state.posted.items():
        if posted.get("name") not in compiled.ruleset.credits or key in known:
            continue
        amount, right = posted.get("amount"), earned[key].amount if key in earned else 0
        if right != amount:
            message = f"{posted.get('name')}: {amount} days were posted; as it happened it is {right}"
            gathered.corrections.append(Correction("credit", key, amount, right, message))
    return found


def _credits(compiled: Compiled, state: State, now: int) -> Iterator[LedgerEntry]:
    for term in compiled.ruleset.credits.values():
        for run in state.runs(term.clock):
            entry = credit(term, run, now)
            if entry is not None:
                yield entry


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
