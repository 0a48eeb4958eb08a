"""What a firing rule does: its actions resolved to data, checked against guards and persons' determinations."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from casewarden.decide.facts import plain
from casewarden.decide.messages import text_of
from casewarden.decide.state import State
from casewarden.model.decision import Alert, Edge, PlannedAction, Withheld, WithheldWhy
from casewarden.model.event import Json
from casewarden.model.instants import iso
from casewarden.ruleset.catalogue import GIVEN_PATHS
from casewarden.ruleset.syntax import (
    Action,
    Ask,
    Assign,
    Classify,
    CloseCase,
    FieldType,
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
from casewarden.ruleset.terms import Path, Value

# What a customer sees or what cannot be undone: it waits until absence is known.
PUBLIC = (CloseCase, Reply, Ask, Publish)


@dataclass(frozen=True, slots=True)
class Effect:
    """One action as data, and the values that it wants by path; a value None empties the path."""

    action: PlannedAction
    wants: tuple[tuple[str, Json], ...]


@dataclass(slots=True)
class Firing:
    """One firing of a rule: its effects in order, up to the first that was withheld."""

    rule: Rule
    effects: list[Effect] = field(default_factory=list)


@dataclass(slots=True)
class Effects:
    """What one round brought: firings in the order of the rules, and what was withheld of them."""

    firings: list[Firing] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)

    @property
    def actions(self) -> list[PlannedAction]:
        """The actions of all firings, in order."""
        return [effect.action for firing in self.firings for effect in firing.effects]

    @property
    def facts(self) -> dict[str, Json]:
        """The values wanted, by path; of two that one firing wants the later counts."""
        return {path: value for firing in self.firings for effect in firing.effects for path, value in effect.wants}


def is_public(rule: Rule) -> bool:
    """Whether the rule closes, or speaks to the customer or the public."""
    return any(isinstance(action, PUBLIC) for action in rule.then)


def fire(state: State, rule: Rule, edge: Edge, now: int, effects: Effects, *, provisional: bool) -> None:
    """Add what one firing does; where an action is withheld, the rest of its sequence is held with it."""
    deliver_at = _deliver_at(state, rule, now)
    firing = Firing(rule)
    effects.firings.append(firing)
    base = f"{state.subject}/{rule.name}/{edge.activation}/{edge.repetition}"
    for position, action in enumerate(rule.then):
        key = f"{base}/{position}"
        reason = _withheld(state, rule, action, now)
        if reason is not None:
            effects.withheld.append(Withheld(rule.name, reason[0], reason[1], now, key))
            hold_rest(effects, rule, key, now)
            return
        kind, content = _content(state, rule, action, now)
        planned = PlannedAction(
            key,
            rule.name,
            kind,
            content,
            deliver_at=deliver_at,
            provisional=provisional,
            even_if_over=rule.even_if_over,
            late=edge.late,
        )
        firing.effects.append(Effect(planned, tuple(_wants(state, action, content))))


def hold_rest(effects: Effects, rule: Rule, key: str, now: int) -> None:
    """Hold the actions that come after the one with this key."""
    base, _, position = key.rpartition("/")
    for rest in range(int(position) + 1, len(rule.then)):
        effects.withheld.append(Withheld(rule.name, "sequence", f"comes after {key}", now, f"{base}/{rest}"))


def settle(effects: Effects, now: int) -> list[Alert]:
    """Settle who sets what: the highest priority wins; equal ones that differ do nothing, and a person is told.

    An action that loses takes those after it along, which may free another path; so this goes on until all agree.
    """
    alerts: list[Alert] = []
    while True:
        loser = _first_conflict(effects, alerts)
        if loser is None:
            return alerts
        path, rules = loser
        for firing in effects.firings:
            if firing.rule.name in rules:
                _cut(effects, firing, path, now)


def _first_conflict(effects: Effects, alerts: list[Alert]) -> tuple[str, set[str]] | None:
    wanted: dict[str, dict[str, tuple[int, Json]]] = {}
    for firing in effects.firings:
        for effect in firing.effects:
            for path, value in effect.wants:
                wanted.setdefault(path, {})[firing.rule.name] = (firing.rule.priority, value)
    for path, by_rule in wanted.items():
        best = max(priority for priority, _ in by_rule.values())
        winners = {rule: value for rule, (priority, value) in by_rule.items() if priority == best}
        values = list(winners.values())
        losers = {rule for rule, (_, value) in by_rule.items() if rule not in winners and value != values[0]}
        if any(value != values[0] for value in values):
            names = tuple(winners)
            message = f"{' and '.join(names)} set {path} to different values with equal priority; none is set"
            alerts.append(Alert("rule_conflict", message, names))
            losers = set(by_rule)
        if losers:
            return path, losers
    return None


def _cut(effects: Effects, firing: Firing, path: str, now: int) -> None:
    for position, effect in enumerate(firing.effects):
        if any(wanted == path for wanted, _ in effect.wants):
            detail = f"another rule decides {path} in this round"
            key = effect.action.key
            effects.withheld.append(Withheld(firing.rule.name, "conflict", detail, now, key))
            hold_rest(effects, firing.rule, key, now)
            del firing.effects[position:]
            return


def _deliver_at(state: State, rule: Rule, now: int) -> int | None:
    if rule.deliver_in is None:
        return None
    calendar = state.compiled.calendars.get(rule.deliver_in) or state.own_calendar()
    return None if calendar.is_open(now) else calendar.next_opening(now)


def _withheld(state: State, rule: Rule, action: Action, now: int) -> tuple[WithheldWhy, str] | None:
    match action:
        case SetFact(path=path) if path.text in state.determined and not rule.over_person:
            return "person_determined", f"a person determined {path}"
        case Classify() if "case.severity" in state.determined and not rule.over_person:
            return "person_determined", "a person determined the severity"
        case SetFact(value=FromPath(source)) | CloseCase(reason=FromPath(source)) if _is_unknown(state, source, now):
            return "unknown_value", f"{source} is not known"
        case CloseCase(reason=reason):
            return guarded(state, "close", str(_value(state, reason, now)), now)
        case Reopen():
            return guarded(state, "reopen", None, now)
        case _:
            return None


def _is_unknown(state: State, source: Path, now: int) -> bool:
    return state.fact(source.text, now)[0] is None


def guarded(state: State, what: str, reason: str | None, now: int) -> tuple[WithheldWhy, str] | None:
    """Return the guard that forbids closing or reopening, and whether it does so for want of knowledge."""
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


def _written(state: State, path: str, value: Value | FromPath, now: int) -> Json:
    """Return a value as observations carry it, to be read again alike: instants as text."""
    said = _value(state, value, now)
    declared = state.compiled.ruleset.fields.get(path)
    kind = declared.type if declared is not None else GIVEN_PATHS.get(path, (FieldType.TEXT, ()))[0]
    return iso(said) if kind is FieldType.INSTANT and isinstance(said, int) else said


def _content(state: State, rule: Rule, action: Action, now: int) -> tuple[str, dict[str, Json]]:
    match action:
        case SetFact(path, value):
            return "set", {"path": path.text, "value": _written(state, path.text, value, now)}
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
                content["create"] = {
                    name: _written(state, f"links.{kind}.{name}", value, now) for name, value in create
                }
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
        case Classify():
            yield "case.severity", None
        case CloseCase():
            yield "case.status", "closed"
            yield "case.close_reason", content["reason"]
        case Reopen():
            yield "case.status", "open"
        case _:
            return
