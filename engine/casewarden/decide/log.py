"""What the log remembers of decisions and of what became of their actions: events like any other."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from casewarden.decide.state import State
from casewarden.model.decision import Correction, Decision, Edge, LedgerEntry, PlannedAction, Withheld
from casewarden.model.event import SOURCE_OF_ENGINE, Event, Json

if TYPE_CHECKING:
    from casewarden.decide.compile import Compiled
    from casewarden.decide.firing import Round

# Events of the engine come after all others of their instant.
_AFTER_ALL = 1 << 40


def decided_event(
    state: State,
    now: int,
    found: "Round",
    facts: dict[str, Json],
    posted: Sequence[LedgerEntry],
    corrections: Sequence[Correction],
    *,
    revision: "Compiled | None" = None,
    fresh: bool = False,
    disabled: Sequence[str] = (),
) -> Event:
    """Return the event that keeps one round: edges, wanted facts, planned actions, postings, what was withheld."""
    data: dict[str, Json] = {}
    if revision is not None:
        data["revision"] = revision.ruleset.digest
        data["rules"] = revision.rule_digests  # type: ignore[assignment]  # shared: it is the same for every case
        data["fresh"] = fresh
    if disabled:
        data["disabled"] = list(disabled)
    if found.edges:
        data["edges"] = [_edge(edge) for edge in found.edges]
    if facts:
        data["facts"] = facts
    actions = found.effects.actions
    if actions:
        data["actions"] = [_action(action) for action in actions]
    if found.effects.withheld:
        data["withheld"] = [_withheld(one) for one in found.effects.withheld]
    if posted:
        data["ledger"] = [_posting(entry) for entry in posted]
    if corrections:
        data["corrections"] = [
            {"kind": c.kind, "name": c.name, "before": c.before, "after": c.after, "message": c.message}
            for c in corrections
        ]
    return _engine_event(state.subject, "decided", now, state.engine_events, data)


def _engine_event(subject: str, kind: str, at: int, number: int, data: dict[str, Json]) -> Event:
    return Event(
        subject=subject,
        kind=kind,
        at=at,
        seen_at=at,
        by="ourselves",
        source=SOURCE_OF_ENGINE,
        key=f"{subject}/{kind}/{number + 1}",
        sequence=_AFTER_ALL + number,
        data=data,
    )


def _edge(edge: Edge) -> dict[str, Json]:
    row: dict[str, Json] = {"rule": edge.rule, "rises": edge.rises, "activation": edge.activation, "at": edge.at}
    if edge.repetition:
        row["repetition"] = edge.repetition
    if edge.event is not None:
        row["event"] = edge.event
    for name in ("late", "baseline", "silent", "provisional"):
        if getattr(edge, name):
            row[name] = True
    return row


def _action(action: PlannedAction) -> dict[str, Json]:
    return {"key": action.key, "rule": action.rule, "kind": action.kind, "content": dict(action.content)}


def _withheld(one: Withheld) -> dict[str, Json]:
    return {"rule": one.rule, "why": one.why, "detail": one.detail, "key": one.key}


def _posting(entry: LedgerEntry) -> dict[str, Json]:
    return {
        "key": entry.key,
        "name": entry.name,
        "state": entry.state,
        "amount": entry.amount,
        "arithmetic": entry.arithmetic,
        **entry.details,
    }


def engine_events(decision: Decision) -> tuple[Event, ...]:
    """Return the events that the log must remember of a decision, to be folded in before the next one."""
    return decision.events


def outcome_event(kind: str, action: PlannedAction, subject: str, at: int, number: int, **more: Json) -> Event:
    """Return the event that tells what became of an action: applied, rejected or withdrawn.

    `number` is how many engine events the subject's log has already.
    """
    data: dict[str, Json] = {
        "key": action.key,
        "rule": action.rule,
        "action": action.kind,
        "content": dict(action.content),
    }
    return _engine_event(subject, kind, at, number, {**data, **more})


def engine_count(events: Iterable[Event]) -> int:
    """Return how many events of the engine a log has: the number that `outcome_event` asks for."""
    return sum(1 for event in events if event.source == SOURCE_OF_ENGINE)
