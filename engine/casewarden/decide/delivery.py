"""Asking again before an action goes out whether its rule still holds and no guard forbids it by now.

What the firing did itself is no objection: a rule that closes a waiting case makes its own condition false. Nor is what
another rule did in the same decision, since a round reads one snapshot; a guard that it set off is.
"""

from dataclasses import replace

from casewarden.decide.compile import Compiled
from casewarden.decide.effects import guarded
from casewarden.decide.state import State
from casewarden.decide.trilean import Trilean
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
    over = not (just_decided or action.even_if_over) and not _holds(compiled, rule, subject, now)
    against = _forbidden(_as_it_looks(compiled, subject, now), action, now)
    if not over and against is None:
        return None
    before = _without(subject, firing_of(action.key))
    if before is not None:
        over = over and not _holds(compiled, rule, before, now)
        against = against and _forbidden(_as_it_looks(compiled, before, now), action, now)
    return ("withdrawn", "its condition no longer holds") if over else against


def _as_it_looks(compiled: Compiled, subject: Subject, now: int) -> State:
    """The state as if nothing had happened beyond the watermark: what waits for that has waited already."""
    state = state_at(compiled, subject, now)
    return state_at(compiled, subject, now, slot="hopeful", assumes_complete=True) if state.watermarks else state


def _holds(compiled: Compiled, rule: Rule, subject: Subject, now: int) -> bool:
    """Whether the rule is true by what is known and, where that leaves it open, as it looks."""
    truth = _truth(compiled, rule, state_at(compiled, subject, now), now)
    if truth is None:
        truth = _truth(compiled, rule, _as_it_looks(compiled, subject, now), now)
    return truth is True


def _truth(compiled: Compiled, rule: Rule, state: State, now: int) -> Trilean:
    if rule.each is None:
        return compiled.truth(compiled.standing_index[rule.name], state, now)
    ask = compiled.each_when.get(rule.name)
    return True if ask is None else ask(state, now)[0]


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
