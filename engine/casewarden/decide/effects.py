"""What a firing rule does: its actions resolved to data, checked against guards and persons' determinations."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from casewarden.decide.facts import plain
from casewarden.decide.messages import text_of
from casewarden.decide.state import State
from casewarden.model.decision import Edge, PlannedAction, Withheld
from casewarden.model.event import Json
from casewarden.ruleset.syntax import (
    Action,
    Ask,
    Assign,
    Classify,
    CloseCase,
    FromPath,
    Link,
    Note,
    Notify,
    Publish,
    Reopen,
    Reply,
    Rule,
    SetFact,
    Tag,
)
from casewarden.ruleset.terms import Value

# What a customer sees or what cannot be undone: it waits until absence is known.
PUBLIC = (CloseCase, Reply, Ask, Publish)


@dataclass(slots=True)
class Effects:
    """What the firings of one round want: values by path with who wants them, and actions in order."""

    wanted: dict[str, list[tuple[int, str, Json]]] = field(default_factory=dict)
    actions: list[PlannedAction] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    classify: bool = False


def is_public(rule: Rule) -> bool:
    """Whether the rule closes, or speaks to the customer or the public."""
    return any(isinstance(action, PUBLIC) for action in rule.then)


def fire(state: State, rule: Rule, edge: Edge, now: int, effects: Effects, *, provisional: bool) -> None:
    """Add what one firing does; where an action is withheld, the rest of its sequence is held with it."""
    deliver_at = _deliver_at(state, rule, now)
    for position, action in enumerate(rule.then):
        key = f"{state.subject}/{rule.name}/{edge.activation}/{edge.repetition}/{position}"
        reason = _withheld(state, rule, action, now)
        if reason is not None:
            why, detail = reason
            effects.withheld.append(Withheld(rule.name, why, detail, now, key))
            for rest in range(position + 1, len(rule.then)):
                later = f"{key.rpartition('/')[0]}/{rest}"
                effects.withheld.append(Withheld(rule.name, "sequence", f"waits for {key}", now, later))
            return
        kind, content = _content(state, rule, action, now)
        effects.actions.append(
            PlannedAction(
                key,
                rule.name,
                kind,
                content,
                deliver_at=deliver_at,
                provisional=provisional,
                even_if_over=rule.even_if_over,
                late=edge.late,
            )
        )
        if isinstance(action, Classify):
            effects.classify = True
        for path, value in _wants(state, action, content):
            effects.wanted.setdefault(path, []).append((rule.priority, rule.name, value))


def _deliver_at(state: State, rule: Rule, now: int) -> int | None:
    if rule.deliver_in is None:
        return None
    calendar = state.compiled.calendars.get(rule.deliver_in) or state.own_calendar()
    return None if calendar.is_open(now) else calendar.next_opening(now)


def _withheld(state: State, rule: Rule, action: Action, now: int) -> tuple[str, str] | None:
    match action:
        case SetFact(path=path) if path.text in state.determined and not rule.over_person:
            return "person_determined", f"a person determined {path}"
        case CloseCase(reason=reason):
            return _guarded(state, "close", str(_value(state, reason, now)), now)
        case Reopen():
            return _guarded(state, "reopen", None, now)
        case _:
            return None


def _guarded(state: State, what: str, reason: str | None, now: int) -> tuple[str, str] | None:
    for name, guard in state.compiled.ruleset.guards.items():
        if guard.forbids != what or reason in guard.except_reasons:
            continue
        truth, _ = state.compiled.guards[name](state, now)
        if truth is not False:
            why = "forbids it" if truth else "cannot be decided yet, so it forbids"
            return "guard", f"{name} {why}"
    return None


def _value(state: State, value: Value | FromPath, now: int) -> Json:
    if isinstance(value, FromPath):
        return plain(state.fact(value.path.text, now)[0])
    return plain(value)


def _content(state: State, rule: Rule, action: Action, now: int) -> tuple[str, dict[str, Json]]:
    match action:
        case SetFact(path, value):
            return "set", {"path": path.text, "value": _value(state, value, now)}
        case Classify():
            return "classify", {"path": "case.severity"}
        case Assign(person):
            return "assign", {"path": "case.assigned_to", "value": person}
        case Tag(add, remove):
            return "tag", {"add": list(add), "remove": list(remove)}
        case CloseCase(reason):
            return "close", {"reason": _value(state, reason, now)}
        case Reopen(mode):
            return "reopen", {"mode": mode}
        case Reply(message):
            return "reply", {**text_of(state, message, now), "via": plain(state.values.get("case.channel"))}
        case Note(message):
            return "note", text_of(state, message, now)
        case Ask(fields, message):
            wanted = state.values.get("case.missing") if fields == "missing" else tuple(path.text for path in fields)
            return "ask", {**text_of(state, message, now), "fields": plain(wanted) or []}
        case Notify(who, message):
            return "notify", {**text_of(state, message, now), "who": _owner(state, rule) if who == "owner" else who}
        case Publish(message, service):
            return "publish", {**text_of(state, message, now), "service": service}
        case Link(kind, create, to):
            content: dict[str, Json] = {"kind": kind}
            if to is not None:
                content["id"] = _value(state, FromPath(to), now)
            else:
                content["create"] = {name: _value(state, value, now) for name, value in create}
            return "link", content


def _owner(state: State, rule: Rule) -> str | None:
    for name in state.compiled.clocks_of.get(rule.name, ()):
        owner = state.compiled.ruleset.clocks[name].owner
        if owner is not None:
            return owner
    return None


def _wants(state: State, action: Action, content: dict[str, Json]) -> Iterator[tuple[str, Json]]:
    """Yield the values that stand at once, as wanted, until the helpdesk answers."""
    match action:
        case SetFact() | Assign():
            yield str(content["path"]), content["value"]
        case Tag(add, remove):
            known = state.values.get("case.tags")
            tags = set(known) if isinstance(known, tuple) else set()
            yield "case.tags", sorted((tags | set(add)) - set(remove))  # type: ignore[misc]
        case CloseCase():
            yield "case.status", "closed"
        case Reopen():
            yield "case.status", "open"
        case _:
            return
