"""Where values come from: the event of the log that gave a path its present value."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from casewarden.decide.entries import Occurrence
from casewarden.decide.state import State, is_engine
from casewarden.model.event import Event, Json

_LIFE = {"resolved": "case.status", "closed": "case.status", "reopened": "case.status"}
_DERIVED = {
    "case.commitment": "derived from plan and contract",
    "case.scope": "derived by the scope section",
    "case.excluded_as": "derived by the scope section",
    "case.intake": "derived by the intake section",
    "case.missing": "derived by the intake section",
}


@dataclass(frozen=True, slots=True)
class Source:
    """The event that gave a value: what it was, by whom, when it happened and when it was learnt.

    `rule` is the rule whose decision it was, where it was ours; `determined` marks a person's determination, `reason`
    what that person gave as reason.
    """

    kind: str
    by: str
    at: int
    seen_at: int
    key: str
    source: str
    who: tuple[str, ...] = ()
    rule: str | None = None
    determined: bool = False
    reason: str | None = None


def source_of_event(event: Event, rule: str | None = None) -> Source:
    """Return an event as a source."""
    reason = event.data.get("reason")
    return Source(
        event.kind,
        event.by,
        event.at,
        event.seen_at,
        event.key,
        event.source,
        event.who,
        rule,
        event.data.get("determined") is True,
        reason if isinstance(reason, str) else None,
    )


def source_of(state: State, events: Sequence[Event], path: str, now: int) -> Source | None:
    """Return the last event up to `now` that said something of a path; None where none did."""
    for event in reversed(events):
        if event.at <= now:
            rule = _gives(state, event, path)
            if rule is not None:
                return source_of_event(event, rule or None)
    return None


def origin_of(state: State, path: str) -> str | None:
    """Return in words where a value comes from that no event gave: a default, or what the engine derives."""
    if path in _DERIVED:
        return _DERIVED[path]
    if path == "case.severity" and state.compiled.classifier is not None:
        return {"table": "given by the severity table", "reported": "as reported"}.get(
            state.compiled.classifier.by(state) or ""
        )
    if path == "case.status":
        return "new since the opening"
    if path == "case.plan" and state.compiled.ruleset.defaults.plan is not None:
        return "the default plan"
    if path in state.compiled.when_missing:
        return "its `when_missing`"
    return None


def _gives(state: State, event: Event, path: str) -> str | None:
    """Return the rule, or nothing for other sources, where the event says something of the path; None where not."""
    facts = event.data.get("facts")
    base = path.removesuffix(".proposed")
    if isinstance(facts, dict) and base in facts:
        if facts[base] is None and path not in state.seen and path != "case.severity":
            return None  # an empty cell of what was never written says nothing
        if event.kind == "decided":
            if (base in state.compiled.confirmed) is not path.endswith(".proposed"):
                return None
            return _rule_that_wanted(event, base)
        return "" if _may_say(state, event, path) else None
    if event.kind == "applied":
        return _applied(event, path)
    given: Iterable[str] = ()
    match event.kind:
        case "resolved" | "reopened":
            given = (_LIFE[event.kind],)
        case "closed":
            given = ("case.status", "case.closed_at", "case.close_reason")
        case "plan":
            given = ("case.plan",)
        case "opened":
            given = ("case.opened_at", "case.channel") if event.data.get("via") else ("case.opened_at",)
        case "release":
            given = ("release.next_at", "release.next_frozen")
        case _:
            pass
    return "" if path in given else None


def _may_say(state: State, event: Event, path: str) -> bool:
    """A field that needs confirming has its value from those who may confirm it, and a proposal from all others."""
    proposed = path.endswith(".proposed")
    allowed = state.compiled.confirmed.get(path.removesuffix(".proposed"))
    if allowed is None:
        return not proposed
    return (event.by in allowed or not allowed.isdisjoint(event.who)) is not proposed


def _applied(event: Event, path: str) -> str | None:
    action, rule = event.data.get("action"), str(event.data.get("rule") or "")
    if action == "close" and path in ("case.status", "case.closed_at", "case.close_reason"):
        return rule
    return rule if action == "reopen" and path == "case.status" else None


def _rule_that_wanted(event: Event, path: str) -> str:
    """Return the rule whose action wanted the path in this decision, nothing where that is not told."""
    actions = event.data.get("actions")
    statuses = {"close": "case.status", "reopen": "case.status", "tag": "case.tags"}
    found = ""
    for action in actions if isinstance(actions, list) else ():
        if isinstance(action, dict):
            content: Json = action.get("content")
            wanted = content.get("path") if isinstance(content, dict) else None
            if path == (wanted or statuses.get(str(action.get("kind")))):
                found = str(action.get("rule"))
    return found


def event_of_occurrence(events: Sequence[Event], occurrence: Occurrence) -> Source | None:
    """Return the event of the log that an occurrence is; None for what the engine derived."""
    for event in reversed(events):
        if event.key == occurrence.key and event.at == occurrence.at:
            return source_of_event(event, str(event.data.get("rule") or "") if is_engine(event) else None)
    return None
