"""Asking again before an action goes out whether its rule still holds and no guard forbids it by now.

What the firing did itself is no objection: a rule that closes a waiting case makes its own condition false. Nor is what
another rule did in the same decision, since a round reads one snapshot; a guard that it set off is.
"""

from dataclasses import replace

from casewarden.decide.compile import Compiled
from casewarden.decide.effects import guarded
from casewarden.decide.state import State
from casewarden.decide.walk import state_at
from casewarden.model.decision import PlannedAction, WithheldWhy
from casewarden.model.event import Event, Json
from casewarden.model.subject import Subject
from casewarden.ruleset.syntax import Rule

_WRITES = {"close": ("case.status", "case.close_reason"), "reopen": ("case.status",), "tag": ("case.tags",)}


def firing_of(key: str) -> str:
    """The firing to which an action belongs: its key without the position at the end."""
    return key.rpartition("/")[0]


def objection(
    compiled: Compiled, subject: Subject, action: PlannedAction, now: int, *, just_decided: bool = False
) -> tuple[WithheldWhy, str] | None:
    """Return why a planned action must not go out at an instant; None where it may.

    Of an action that was `just_decided`, since when nothing happened but what the same decision brought, only the
    guards are asked: that rules answer each other within a decision is no reason to take back what they did.
    """
    compiled = compiled.about(subject.kind, subject.id)
    rule = compiled.ruleset.rules.get(action.rule)
    if rule is None:
        return "withdrawn", f"there is no rule {action.rule} any more"
    state = _hopeful(state_at(compiled, subject, now))
    over = not (just_decided or action.even_if_over) and not _holds(compiled, rule, state, now)
    against = _forbidden(state, action, now)
    if not over and against is None:
        return None
    before = _without(subject, firing_of(action.key))
    if before is not None:
        state = _hopeful(state_at(compiled, before, now))
        over = over and not _holds(compiled, rule, state, now)
        against = against and _forbidden(state, action, now)
    return ("withdrawn", "its condition no longer holds") if over else against


def _hopeful(state: State) -> State:
    """The state as if nothing had happened beyond the watermark: what waits for that has waited already."""
    if not state.watermarks:
        return state
    state = state.fork()
    state.watermarks = {}
    return state


def _holds(compiled: Compiled, rule: Rule, state: State, now: int) -> bool:
    if rule.each is not None:
        ask = compiled.each_when.get(rule.name)
        return ask is None or ask(state, now)[0] is True
    return compiled.standing_index[rule.name] in compiled.matching(state, now)[0]


def _forbidden(state: State, action: PlannedAction, now: int) -> tuple[WithheldWhy, str] | None:
    if action.kind not in ("close", "reopen"):
        return None
    reason = action.content.get("reason")
    return guarded(state, action.kind, reason if isinstance(reason, str) else None, now)


def _without(subject: Subject, firing: str) -> Subject | None:
    """Return the subject without what one firing wanted and what was done of it; None where it did nothing so far."""
    events: list[Event] = []
    did_something = False
    for event in subject.events:
        if event.kind == "applied" and firing_of(str(event.data.get("key"))) == firing:
            did_something = True
            continue
        written = _written(event, firing) if event.kind == "decided" else set()
        facts = event.data.get("facts")
        if not written or not isinstance(facts, dict):
            events.append(event)
            continue
        did_something = True
        kept = {path: value for path, value in facts.items() if path not in written}
        events.append(replace(event, data={**event.data, "facts": kept}))
    if not did_something:
        return None
    return Subject(subject.id).with_events(events)


def _written(event: Event, firing: str) -> set[str]:
    """The paths that a firing wanted in a decision."""
    found: set[str] = set()
    rows = event.data.get("actions")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and firing_of(str(row.get("key"))) == firing:
            content: Json = row.get("content")
            path = content.get("path") if isinstance(content, dict) else None
            found.update((path,) if isinstance(path, str) else _WRITES.get(str(row.get("kind")), ()))
    return found
