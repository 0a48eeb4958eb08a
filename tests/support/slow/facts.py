"""What a path holds at an instant, by reading every observation and every write of ours up to it."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from casewarden.model.event import Event
from casewarden.ruleset.catalogue import GIVEN_PATHS
from casewarden.ruleset.syntax import FieldType
from casewarden.ruleset.terms import Value
from support.slow import conditions, severity, spans
from support.slow.world import World, kept, once

OBSERVING = ("opened", "observed", "plan")


@dataclass(frozen=True)
class Write:
    """One observation of a path, or one value that a rule of ours wants there; None: emptied."""

    at: int
    value: Value | None
    ours: bool
    determined: bool
    actors: frozenset[str]


def instant(raw: object) -> int:
    """Microseconds of an instant as text with its offset, or as they are."""
    if isinstance(raw, int):
        return raw
    assert isinstance(raw, str)
    return spans.us(dt.datetime.fromisoformat(raw))


def type_of(world: World, path: str) -> FieldType:
    declared = world.ruleset.fields.get(path)
    return declared.type if declared is not None else GIVEN_PATHS[path][0]


def typed(kind: FieldType, raw: object) -> Value | None:
    """A JSON value as a value of a type; None where it is no value of that type."""
    match kind, raw:
        case ((FieldType.TEXT | FieldType.CHOICE | FieldType.VERSION), str()):
            return raw
        case FieldType.YES_NO, bool():
            return raw
        case ((FieldType.INTEGER | FieldType.DURATION), int()) if not isinstance(raw, bool):
            return raw
        case FieldType.NUMBER, (int() | float() | str()) if not isinstance(raw, bool):
            return Decimal(str(raw))
        case FieldType.SET, list():
            return tuple(sorted({str(part) for part in raw}))
        case FieldType.SET, tuple():
            return tuple(sorted({str(part) for part in raw}))
        case FieldType.INSTANT, (int() | str()) if not isinstance(raw, bool):
            return instant(raw)
        case _:
            return None


def observed_facts(event: Event) -> dict[str, object]:
    """The facts that an event tells, by path."""
    facts = event.data.get("facts")
    told: dict[str, object] = dict(facts) if isinstance(facts, dict) and event.kind in (*OBSERVING, "decided") else {}
    if event.kind == "decided" and event.data.get("classify") is True:
        told["case.severity"] = None
    if event.kind == "plan" and event.data.get("change") in ("started", "renewed") and "plan" in event.data:
        told.setdefault("case.plan", event.data["plan"])
    return told


@kept
def writes(world: World, path: str) -> tuple[Write, ...]:
    """All that was ever written at a path, in order."""
    kind = type_of(world, path)
    found = []
    for event in world.log:
        told = observed_facts(event)
        if path in told:
            ours = event.kind == "decided"
            determined = event.data.get("determined") is True
            actors = frozenset((event.by, *event.who))
            found.append(Write(event.at, typed(kind, told[path]), ours, determined, actors))
    return tuple(found)


def in_force(told: list[Write]) -> Write | None:
    """Our last write stands until an observation newer than it; observations not newer than it are history."""
    ours = [write for write in told if write.ours]
    if not ours:
        return told[-1] if told else None
    newer = [write for write in told if not write.ours and write.at > ours[-1].at]
    return newer[-1] if newer else ours[-1]


def is_determined(world: World, path: str, t: int) -> bool:
    """Whether the value in force is a person's determination: set by one, or observed again unchanged since."""
    told = [write for write in writes(world, path) if write.at <= t]
    last = in_force(told)
    if last is None or last.ours:
        return False
    for write in reversed(told):
        if write.ours or write.value != last.value:
            return False
        if write.determined:
            return True
    return False


def own_calendar(world: World, t: int) -> str:
    """The name of the case's own calendar: its plan's, else the default."""
    plan = plan_at(world, t)
    if plan is None:
        return world.ruleset.defaults.calendar
    return calendar_of_plan(world, plan, severity.in_force(world, t).level)


def calendar_of_plan(world: World, plan: str | None, level: str | None) -> str:
    if plan is None:
        return world.ruleset.defaults.calendar
    named = world.ruleset.plans[plan].calendar
    if isinstance(named, str):
        return named
    return named.get(level or "", world.ruleset.defaults.calendar)


def plan_at(world: World, t: int) -> str | None:
    """The plan by its own name; the default where none was ever written; None for one that the ruleset has not."""
    told = [write for write in writes(world, "case.plan") if write.at <= t]
    last = in_force(told)
    if not any(write.value is not None for write in told):
        return world.ruleset.defaults.plan
    if last is None or last.value is None:
        return None
    for plan in world.ruleset.plans.values():
        if last.value == plan.name or last.value in plan.also_called:
            return plan.name
    return None


def declared_value(world: World, path: str, t: int) -> tuple[Value | None, str]:
    """The value of an observed path at an instant and, without one, why: missing, empty, unconfirmed or stale."""
    declared = world.ruleset.fields.get(path)
    everything = [write for write in writes(world, path) if write.at <= t]
    counting = everything
    if declared is not None and declared.confirmed_by:
        counting = [w for w in everything if not w.ours and w.actors & set(declared.confirmed_by)]
    last = in_force(counting)
    if last is None or last.value is None:
        if not any(write.value is not None for write in everything):
            return (None if declared is None else declared.when_missing), "missing"
        return None, "unconfirmed" if last is None else "empty"
    if declared is None:
        return last.value, "known"
    if declared.fresh_for is not None:
        fresh_until = spans.after(world.ruleset, own_calendar(world, t), last.at, declared.fresh_for)
        if t > fresh_until:
            return None, "stale"
    if declared.of and isinstance(last.value, str) and last.value not in declared.of:
        return None, "not a value of the field"
    return last.value, "known"


def stale_instants(world: World, path: str) -> set[int]:
    """When values at a path would turn stale, on whatever calendar the case's own may be by then."""
    declared = world.ruleset.fields.get(path)
    if declared is None or declared.fresh_for is None:
        return set()
    span = declared.fresh_for
    return {
        spans.after(world.ruleset, own, write.at, span) + 1
        for write in writes(world, path)
        for own in world.ruleset.calendars
    }


@once(1)
def value(world: World, path: str, t: int) -> Value | None:
    """The value of any path of facts at an instant; None: unknown."""
    match path:
        case "case.severity":
            return severity.in_force(world, t).level
        case "case.plan":
            return plan_at(world, t)
        case "case.commitment":
            plan = plan_at(world, t)
            return None if plan is None else world.ruleset.plans[plan].commitment.value
        case "case.opened_at":
            return world.opened_at()
        case "case.closed_at":
            closings = [event.at for event in world.log if event.kind == "closed" and event.at <= t]
            return closings[-1] if closings else None
        case "case.scope":
            return "out" if excluded_as(world, t) else "in"
        case "case.excluded_as":
            return excluded_as(world, t)
        case "case.intake":
            missing = missing_at(world, t)
            return None if missing is None else "incomplete" if missing else "complete"
        case "case.missing":
            return missing_at(world, t)
        case _ if path.endswith(".proposed"):
            told = [write for write in writes(world, path.removesuffix(".proposed")) if write.at <= t]
            last = in_force(told)
            return None if last is None else last.value
        case _:
            return declared_value(world, path, t)[0]


def excluded_as(world: World, t: int) -> tuple[str, ...]:
    """The reasons that are true: what acts needs true."""
    reasons = world.ruleset.scope.values()
    return tuple(sorted(reason.name for reason in reasons if conditions.holds(world, reason.when, t) is True))


def missing_at(world: World, t: int) -> tuple[str, ...] | None:
    """What the type of request requires and is not there; None while the type is none of the declared."""
    request_type = value(world, "case.type", t)
    if request_type is None:
        return None
    needed = world.ruleset.intake.get(str(request_type))
    if needed is None:
        return None
    return tuple(sorted(path.text for path in needed.required if value(world, path.text, t) is None))


@dataclass(frozen=True)
class Linked:
    """A linked ticket with the fields last told of it, each with the instant."""

    id: str
    fields: tuple[tuple[str, object, int], ...]


def links_at(world: World, kind: str, t: int) -> list[Linked]:
    """The tickets linked at an instant, oldest link first; our own wanted values apply to all of them."""
    linked: dict[str, dict[str, tuple[object, int]]] = {}
    for event in world.log:
        if event.at > t:
            break
        told = observed_facts(event)
        if event.kind == "decided":
            for path, raw in told.items():
                if path.startswith(f"links.{kind}."):
                    for fields in linked.values():
                        fields[path.removeprefix(f"links.{kind}.")] = (raw, event.at)
        elif event.kind == "linked" and event.data.get("kind") == kind:
            facts = event.data.get("facts")
            fields = linked.setdefault(str(event.data["id"]), {})
            for name, raw in (facts if isinstance(facts, dict) else {}).items():
                fields[name] = (raw, event.at)
        elif event.kind == "unlinked" and event.data.get("kind") == kind:
            linked.pop(str(event.data["id"]), None)
    return [Linked(id_, tuple((name, raw, at) for name, (raw, at) in fields.items())) for id_, fields in linked.items()]


def link_value(world: World, kind: str, link: Linked, name: str, t: int) -> Value | None:
    """The value of one field of one linked ticket; None: unknown."""
    declared = world.ruleset.fields[f"links.{kind}.{name}"]
    for told, raw, at in link.fields:
        if told == name:
            if declared.fresh_for is not None:
                fresh_until = spans.after(world.ruleset, own_calendar(world, t), at, declared.fresh_for)
                if t > fresh_until:
                    return None
            return typed(declared.type, raw)
    return declared.when_missing
