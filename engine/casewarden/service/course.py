"""One subject on its way: what it learnt and when it wakes, decided instant by instant; all in memory.

The same steps as `casewarden.scenario.run.VirtualTime` takes, with an outbox in place of a helpdesk that does at once
what it is told.
"""

import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final, NamedTuple

from casewarden.decide import Compiled, decide, engine_events, outcome_event
from casewarden.decide.accounts import CLAIMED, GRANTED, claim_event, grant_event
from casewarden.decide.delivery import firing_of
from casewarden.decide.takeover import baseline
from casewarden.model.compact import compact
from casewarden.model.decision import ClockState, Decision, Edge, PlannedAction
from casewarden.model.event import Event, Json
from casewarden.scenario.linked import account_of
from casewarden.scenario.record import decision_json as decision_form
from casewarden.scenario.record import decision_line
from casewarden.scenario.run import MOST_WAKEUPS, SAME_INSTANT
from casewarden.service.held import Held, planned
from casewarden.service.lanes import is_trial
from casewarden.service.moved import moved
from casewarden.service.writes import Letter, Writes
from casewarden.store.outbox import EVEN_IF_OVER, LATE, PROVISIONAL, OpenAction
from casewarden.store.sealing import Sealer
from casewarden.telemetry.catalogue import DecisionOutcome
from casewarden.telemetry.traces import Decided, Seen, Tracer

_encode: Final = compact()
_LEFT_OUT: Final = frozenset({"clocks", "facts", "actions", "at", "derived", "ruleset", "subject"})
_SILENT: Final = 8
_DONE: Final = frozenset({"resolved", "closed"})
_RUNS: Final = frozenset({ClockState.RUNNING, ClockState.PAUSED, ClockState.MISSED})


class RestlessError(Exception):
    """A subject that does not come to rest: it is parked until a person has looked at it."""


class Destination(NamedTuple):
    """Where an action goes: the connector's instance and the ticket there, None where the case has none."""

    connector: str
    ticket: str | None


@dataclass(frozen=True, slots=True)
class Manner:
    """What holds for all subjects of an owner.

    `compiled` gives the ruleset of a subject at an instant, `operations` the revision whose rules it has. `destination`
    says where an action goes. `shadow` says of an action whether it is only recorded. `digest_key` keys the digests of
    decisions, so that nobody can try out what a person may have written. `decided` hears of every decision, and of its
    outcome, `recorded` of every action that was only recorded. `shows` names the connector whose helpdesk is to show
    how a case stands, None where there is none.
    """

    compiled: Callable[[Held, int], Compiled]
    operations: Callable[[Held, int], str]
    destination: Callable[[Held, PlannedAction], Destination]
    shadow: Callable[[Held, PlannedAction], bool]
    digest_key: bytes
    decided: Callable[[Held, Decision, DecisionOutcome], None]
    tracer: Tracer | None = None
    shows: Callable[[Held], str | None] = lambda _: None
    recorded: Callable[[OpenAction], None] = lambda _: None


class Course:
    """Takes one subject from instant to instant, and gathers what has to be written.

    `is_behind`: something that came before has still to be decided, so what is learnt now waits for that.
    """

    def __init__(self, held: Held, manner: Manner, writes: Writes, *, is_behind: bool = False) -> None:
        self.held = held
        self.writes = writes
        self.is_behind = is_behind
        self._manner = manner
        self._edges: tuple[Edge, ...] = ()

    def step(self, at: int, fresh: Sequence[tuple[int | None, Event]]) -> Decision:
        """Learn of events at an instant (each with its row, None for our own), decide, and go on until it is quiet.

        `at` must not lie before what was decided last. RestlessError where it does not come to rest.
        """
        tracer = self._manner.tracer
        if tracer is None:
            return self._step(at, fresh)
        seen = [Seen(event.subject, event.seen_at, event.source, event.key) for _, event in fresh]
        with tracer.decide(Decided(self.held.lane, self.held.name, at), seen):
            return self._step(at, fresh)

    def _step(self, at: int, fresh: Sequence[tuple[int | None, Event]]) -> Decision:
        held = self.held
        news = self.take_in(fresh)
        if any(event.kind not in ("applied", "watermark") and event.by != "ourselves" for event in news):
            held.woken = 0
        elif not news:
            held.woken += 1
            if held.woken > MOST_WAKEUPS:
                raise RestlessError(f"woke up by itself {MOST_WAKEUPS:,} times; {self._often()}")
        if any(event.kind == "ended" for event in news):
            self.withdraw(held.open, at, "the case has ended")
        return self.go_on(at)

    def taken_over(self, at: int, fresh: Sequence[tuple[int | None, Event]]) -> Decision:
        """Go on by other rules, which take the subject over now; `fresh` is what they have it know besides."""
        self.take_in(fresh)
        _, event = baseline(self._manner.compiled(self.held, at), self.held.subject, at)
        self.take_in([] if event is None else [(None, event)])
        return self.go_on(at)

    def go_on(self, at: int) -> Decision:
        """Decide with all that the log has by now, until it is quiet; RestlessError where it does not become so."""
        held = self.held
        for _ in range(SAME_INSTANT):
            decision = self._decide(at)
            self.take_in([(None, event) for event in engine_events(decision)])
            quiet_length = held.length
            self._settle(decision.edges, at)
            self._take(decision, at)
            self._route(decision, at)
            if held.length == quiet_length:
                break
        else:
            raise RestlessError(f"brings something new {SAME_INSTANT} times over at one instant; {self._often()}")
        self._summarise(decision)
        return decision

    def answer(self, action: OpenAction, kind: str, at: int, **more: Json) -> tuple[int | None, Event]:
        """Return the event that tells the log what became of an action."""
        held = self.held
        event = outcome_event(kind, planned(action), held.name, max(at, held.decided_at), held.own, **more)
        return None, event

    # -- learning

    def take_in(self, fresh: Iterable[tuple[int | None, Event]]) -> list[Event]:
        """Enter events into the log, leaving out what it has already."""
        held, news = self.held, []
        for row, event in fresh:
            before = len(held.subject.events)
            held.learn([(held.length + 1, event)])
            if len(held.subject.events) == before:
                continue
            self.writes.enter(held, event, row)
            news.append(event)
        return news

    # -- deciding

    def _decide(self, at: int) -> Decision:
        held = self.held
        compiled = self._manner.compiled(held, at)
        length = held.length
        decision = decide(compiled, held.subject, at)
        if decision.next_wakeup is not None and decision.next_wakeup <= at:
            raise RestlessError("asks to be woken at an instant that has passed: this is a mistake in Casewarden")
        held.decided_at = at
        held.wants_wakeup = decision.next_wakeup
        before, held.operations = held.operations, self._manner.operations(held, at)
        held.awaits = decision.awaits
        self._edges = decision.edges or self._edges
        outcome = outcome_of(decision)
        self.writes.subjects[held.id] = held
        self.writes.decisions.append(
            {
                "subject": held.id,
                "at": at,
                "length": length,
                "revision": decision.ruleset,
                "digest": decision_digest(decision, self._manner.digest_key),
                "outcome": outcome,
                "body": None if outcome == "dull" else _encode(_body(decision)),
            }
        )
        rising = (edge for edge in decision.edges if edge.rises and not edge.baseline)
        self.writes.activations.extend(_activation(held, edge, at) for edge in rising)
        self._manner.decided(held, decision, outcome)
        self._tell(decision, at)
        if before is not None and before != held.operations:
            self._tell_moved(decision, at, held.operations, before)
        return decision

    def _tell(self, decision: Decision, at: int) -> None:
        """Put before a person what needs one."""
        held = self.held
        for alert in decision.alerts:
            key = f"{held.lane}/{held.name}/{alert.kind}/{'+'.join(alert.rules)}/{decision.ruleset[:12]}"
            self.writes.oblige("alert", key, alert.message, at, held, {"rules": list(alert.rules)})
        for one in decision.corrections:
            key = f"{held.lane}/{held.name}/correction/{one.kind}/{one.name}/{_encode(one.after)}"
            details = {"kind": one.kind, "name": one.name, "before": one.before, "after": one.after}
            self.writes.oblige("correction", key, one.message, at, held, details)

    def _tell_moved(self, decision: Decision, at: int, revision: str, instead_of: str) -> None:
        """Put before a person what another revision moved of what was promised."""
        held = self.held
        for one in moved(held.clocks, decision.clocks):
            key = f"{held.lane}/{held.name}/correction/deadline/{one.name}/{revision[:12]}/{at}"
            details = one.details(revision, instead_of)
            self.writes.oblige("correction", key, one.message(revision, instead_of), at, held, details)

    def compiled(self, at: int) -> Compiled:
        """What decides on the subject at an instant."""
        return self._manner.compiled(self.held, at)

    # -- actions

    def _settle(self, edges: Sequence[Edge], at: int) -> None:
        """Withdraw what waits though its rule has turned false."""
        over = {edge.rule for edge in edges if not edge.rises and edge.event is None}
        gone = [
            action
            for action in self.held.open
            if action.rule in over and action.state in ("waiting", "asking") and not action.flags & EVEN_IF_OVER
        ]
        self.withdraw(gone, at, "its condition no longer holds")

    def withdraw(self, actions: Sequence[OpenAction], at: int, why: str) -> None:
        """Withdraw open actions; one that is being sent right now cannot be called back."""
        for action in [one for one in actions if one.state in ("waiting", "asking")]:
            action.settle("withdrawn", at, why)
            self.writes.actions.append(action)
            self.tell_of_doubt(action, at)
            self.take_in([self.answer(action, "withdrawn", at, reason=why)])
        self.held.open = [action for action in self.held.open if action.is_open]

    def tell_of_doubt(self, action: OpenAction, at: int) -> None:
        """Put before a person what is withdrawn though an attempt at it may have been carried out: nobody knows."""
        if not action.again:
            return
        held = self.held
        message = (
            f"{action.kind} of {action.rule} on {held.name} was withdrawn after an attempt that may have been carried "
            "out: look whether it was, and undo it where it must not stand"
        )
        self.writes.oblige("ambiguous", f"ambiguous/{action.lane}/{action.key}", message, at, held, {"key": action.key})

    def withdraw_rest(self, action: OpenAction, at: int) -> None:
        """Withdraw what comes after an action in its sequence."""
        rest = [one for one in self.held.open if one.firing == action.firing and one.position > action.position]
        self.withdraw(rest, at, f"comes after {action.key}")

    def _take(self, decision: Decision, at: int) -> None:
        held = self.held
        for action in decision.actions:
            goes_to = self._manner.destination(held, action)
            opened = OpenAction(
                0,
                held.id,
                held.slot,
                held.lane,
                action.key,
                firing_of(action.key),
                int(action.key.rpartition("/")[2]),
                action.rule,
                action.kind,
                action.content,
                _flags(action),
                goes_to.connector,
                goes_to.ticket,
                at,
                held.length,
                held.next_due if held.next_due is not None else decision_due(decision),
                "waiting",
                action.deliver_at if action.deliver_at is not None else at,
                is_new=True,
            )
            self.writes.actions.append(opened)
            if self._manner.shadow(held, action):
                opened.settle("shadow", at, "recorded only")
                self._manner.recorded(opened)
                self.take_in([self.answer(opened, "applied", at, shadow=True)])
            else:
                held.open.append(opened)

    def _route(self, decision: Decision, at: int) -> None:
        """Bring claims to the account, and grants to the case; write both into the ledger."""
        held = self.held
        for entry in decision.ledger:
            if entry.state not in ("posted", CLAIMED, GRANTED):
                continue
            if held.account is None and held.kind == "case":
                held.account = account_of(held.subject.events)
            account = held.name if held.kind == "account" else held.account
            self.writes.postings.append(
                {
                    "subject": held.id,
                    "key": entry.key,
                    "name": entry.name,
                    "state": entry.state,
                    "amount": entry.amount,
                    "arithmetic": entry.arithmetic,
                    "at": entry.at,
                    "account": account,
                    "details": _encode(dict(entry.details)),
                }
            )
            if entry.state == CLAIMED and held.account is not None:
                event = claim_event(entry, held.account, decision.derived.get("case.plan"), 0)
                self.writes.letters.append(Letter(_seen(event, at), held.lane))
            elif entry.state == GRANTED:
                self.writes.letters.append(Letter(_seen(grant_event(entry, 0), at), held.lane))

    # -- what is shown

    def _show(self) -> None:
        held = self.held
        connector = None if is_trial(held.lane) else self._manner.shows(held)
        if connector is not None:
            self.writes.shown[held.id] = {"subject": held.id, "slot": held.slot, "connector": connector}

    def _summarise(self, decision: Decision) -> None:
        held = self.held
        if held.kind != "case":
            return
        before = (held.status, held.severity, held.plan, held.next_due, held.clocks)
        derived = decision.derived
        status, plan = derived.get("case.status"), derived.get("case.plan")
        held.status = status if isinstance(status, str) else None
        held.plan = plan if isinstance(plan, str) else None
        held.severity = decision.severity
        held.next_due = decision_due(decision)
        if held.account is None and held.names_customer:
            held.account = account_of(held.subject.events)
        if decision.clocks != held.seen_clocks:
            held.seen_clocks = decision.clocks
            shown = [_clock(run) for run in decision.clocks if run.state is not ClockState.WAITING]
            held.clocks = _encode(shown)
        if before != (held.status, held.severity, held.plan, held.next_due, held.clocks):
            self._show()
        if held.state in ("open", "done"):
            held.state = "done" if held.status in _DONE else "open"
        ended = next((event for event in reversed(held.subject.events) if event.kind == "ended"), None)
        if ended is not None and held.state != "ended":
            held.state, held.state_detail = "ended", str(ended.data.get("reason") or "ended")
            held.merged_into = _merged_into(ended)
            held.wants_wakeup = held.awaits = None
            self.writes.unwatched.append(held.id)

    def _often(self) -> str:
        names = sorted({edge.rule for edge in self._edges})
        return f"look at {', '.join(names)}" if names else "no rule fired"


def digest_key(sealer: Sealer) -> bytes:
    """Return the key of decisions' digests, the same for ever, whatever the sidecar's own key is."""
    return sealer.key_for(b"decisions")


def decision_digest(decision: Decision, key: bytes) -> bytes:
    """Return what tells one decision from every other, to whoever has the key."""
    return hmac.digest(key, sha256(decision_line(decision).encode()).digest(), "sha256")


def outcome_of(decision: Decision) -> DecisionOutcome:
    """Return the word by which decisions are kept: what is dull goes first."""
    if decision.alerts:
        return "alerted"
    if decision.corrections:
        return "corrected"
    if decision.actions:
        return "acted"
    if any(entry.state != "accruing" for entry in decision.ledger):
        return "posted"
    if decision.withheld:
        return "withheld"
    return "acted" if decision.edges else "dull"


def decision_due(decision: Decision) -> int | None:
    """Return the earliest due time of a clock that has not stopped, one that has passed as well."""
    return min(
        (run.due for run in decision.clocks if run.due is not None and run.stopped is None and run.state in _RUNS),
        default=None,
    )


def _body(decision: Decision) -> dict[str, Any]:
    """What came of a decision, without what persons wrote: texts stand in the log and the outbox only, sealed."""
    form = {name: value for name, value in decision_form(decision).items() if name not in _LEFT_OUT}
    if decision.actions:
        form["actions"] = [{"key": action.key, "rule": action.rule, "kind": action.kind} for action in decision.actions]
    if decision.facts:
        form["facts"] = sorted(decision.facts)
    return form


def _activation(held: Held, edge: Edge, at: int) -> dict[str, Any]:
    flags = (PROVISIONAL if edge.provisional else 0) | (LATE if edge.late else 0) | (_SILENT if edge.silent else 0)
    return {
        "subject": held.id,
        "rule": edge.rule,
        "activation": edge.activation,
        "repetition": edge.repetition,
        "at": edge.at,
        "decided_at": at,
        "flags": flags,
    }


def _merged_into(ended: Event) -> str | None:
    """The case in which one that ended goes on; None where it was not merged, or nobody said into which."""
    into = ended.data.get("into")
    merged = ended.data.get("reason") == "merged" and isinstance(into, str) and into.startswith("case:")
    return str(into) if merged and into != ended.subject else None


def _flags(action: PlannedAction) -> int:
    return (
        (PROVISIONAL if action.provisional else 0)
        | (EVEN_IF_OVER if action.even_if_over else 0)
        | (LATE if action.late else 0)
    )


def _clock(run: Any) -> dict[str, Json]:
    return {
        "clock": run.clock,
        "number": run.number,
        "state": run.state.value,
        "started": run.started,
        "target": run.target,
        "due": run.due,
        "stopped": run.stopped,
        "overdue": run.overdue,
        "owner": run.owner,
        "reason": run.reason,
    }


def _seen(event: Event, at: int) -> Event:
    return event if event.seen_at >= at else replace(event, seen_at=at)
