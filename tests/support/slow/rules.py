"""One round of the rules: which conditions changed, what is due again, what each firing asks for.

What was decided before is read from the log's `decided` events, nothing else is remembered.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from casewarden.ruleset.syntax import (
    Ask,
    Assign,
    CatchUp,
    Classify,
    CloseCase,
    FromPath,
    Publish,
    Reopen,
    Repeat,
    Reply,
    Rule,
    SetFact,
    Tag,
)
from casewarden.ruleset.terms import Condition
from support.slow import conditions, events, facts, guards, spans
from support.slow.world import World, moments

WAITING = (CloseCase, Reply, Ask, Publish)  # closing and public messages wait for the watermark


def waits(rule: Rule) -> bool:
    """Whether the rule closes or speaks to the public."""
    return any(isinstance(action, WAITING) for action in rule.then)


@dataclass(frozen=True)
class SlowEdge:
    """A change of a rule's truth, or one more firing. `fires`: its actions are asked for."""

    rule: str
    rises: bool
    activation: int
    at: int
    repetition: int = 0
    baseline: bool = False
    event: str | None = None
    fires: bool = True

    @property
    def told(self) -> tuple[str, bool, int, int, bool]:
        """What the engine's edges are compared by."""
        return (self.rule, self.rises, self.activation, self.repetition, self.baseline)


@dataclass(frozen=True)
class SlowAction:
    """One action asked for, by what its occurrence key is made of, and its word in the language."""

    rule: str
    activation: int
    repetition: int
    position: int
    kind: str
    provisional: bool = False


@dataclass
class Progress:
    """What one decision has come to so far."""

    edges: list[SlowEdge] = field(default_factory=list)
    actions: list[SlowAction] = field(default_factory=list)
    withheld: list[tuple[str, str]] = field(default_factory=list)
    alerts: set[str] = field(default_factory=set)
    rounds: list[dict[str, object]] = field(default_factory=list)

    @property
    def facts(self) -> dict[str, object]:
        """All that was written, the last value at each path."""
        return {path: value for written in self.rounds for path, value in written.items()}


@dataclass(frozen=True)
class Views:
    """The log with absence known up to the watermark, as if known up to now, and as it was at the watermark."""

    strict: World
    complete: World

    def truth(self, rule: Rule) -> tuple[bool | None, bool]:
        """The truth that a rule goes by at the instant of the decision, and whether it is known beyond doubt.

        Where only the missing watermark leaves it open: an internal rule fires by what is known, but is not re-armed by
        it; one that closes or speaks to the public goes by the instant of the watermark, while it still looks true.
        """
        if rule.when is None:
            return True, True
        now = self.strict.now
        known = conditions.holds(self.strict, rule.when, now)
        if known is not None:
            return known, True
        apparent = conditions.holds(self.complete, rule.when, now)
        if apparent is not True:
            return None, False
        if not waits(rule):
            return True, False
        at_watermark = conditions.holds(self.strict, rule.when, self.strict.known_until)
        return (True, False) if at_watermark is True else (None, False)


def recorded(world: World) -> list[SlowEdge]:
    """All edges of earlier decisions, in order."""
    found = []
    for event in world.log:
        told = event.data.get("edges") if event.kind == "decided" else None
        for edge in told if isinstance(told, list) else []:
            assert isinstance(edge, dict)
            at = edge.get("at", event.at)
            found.append(
                SlowEdge(
                    rule=str(edge["rule"]),
                    rises=edge.get("rises", True) is True,
                    activation=int(str(edge["activation"])),
                    at=facts.instant(at),
                    repetition=int(str(edge.get("repetition", 0))),
                    baseline=edge.get("baseline") is True,
                    event=None if edge.get("event") is None else str(edge["event"]),
                )
            )
    return found


def counts_from_opening(world: World, live_from: int | None) -> bool:
    """Whether the case was opened under the engine's eyes, so that all counts as false before its opening."""
    opened = world.opened_at()
    return live_from is None or (opened is not None and opened >= live_from)


def was_true_at_first_sight(views: Views, rule: Rule, live_from: int) -> bool:
    """Whether the rule was true when the engine went live and has not been false since."""
    world = views.strict
    assert rule.when is not None
    since = sorted({live_from} | {at for at in conditions.instants(world, rule.when) if live_from < at <= world.now})
    active = False
    for number, at in enumerate(since):
        holds = conditions.holds(world, rule.when, at)
        if holds is True and number == 0:
            active = True
        elif holds is False:
            active = False
    return active


def round_of(views: Views, progress: Progress, disabled: set[str], live_from: int | None) -> list[SlowEdge]:
    """The edges of one round, all read from the same snapshot."""
    found: list[SlowEdge] = []
    for rule in views.strict.ruleset.rules.values():
        if rule.name not in disabled and rule.about == "case":
            past = [edge for edge in (*recorded(views.strict), *progress.edges) if edge.rule == rule.name]
            edges = each_edges(views, rule, past, live_from) if rule.each else when_edges(views, rule, past, live_from)
            found += edges
    return found


def each_edges(views: Views, rule: Rule, past: list[SlowEdge], live_from: int | None) -> Iterator[SlowEdge]:
    """One firing for every occurrence not yet seen at which the condition is true."""
    assert rule.each is not None
    world = views.strict
    keyed = {edge.event for edge in past}
    unkeyed = [edge.at for edge in past]
    number = max((edge.activation for edge in past), default=0)
    for one in events.occurrences(world, rule.each, world.now):
        if one.entry is not None and one.entry.key in keyed:
            continue
        if one.entry is None and one.at in unkeyed:
            unkeyed.remove(one.at)
            continue
        if live_from is not None and one.at < live_from:
            continue
        if rule.when is not None and not held_when_first_seen(world, rule.each, rule.when, one):
            continue
        number += 1
        name = None if one.entry is None else one.entry.key
        yield SlowEdge(rule.name, rises=True, activation=number, at=one.at, event=name)


def held_when_first_seen(world: World, name: str, when: Condition, one: events.Occurrence) -> bool:
    """Whether the condition was true in the first round at its instant that shows the occurrence."""
    for seen in moments(world, one.at):
        if any(other.identity == one.identity for other in events.occurrences(seen, name, one.at)):
            return conditions.holds(seen, when, one.at) is True
    return False


def when_edges(views: Views, rule: Rule, past: list[SlowEdge], live_from: int | None) -> Iterator[SlowEdge]:
    """A rising or falling edge, or one more firing while the condition stays true."""
    world = views.strict
    truth, known = views.truth(rule)
    active = bool(past) and past[-1].rises
    number = max((edge.activation for edge in past), default=0)
    if truth is False and active:
        yield SlowEdge(rule.name, rises=False, activation=past[-1].activation, at=world.now, fires=False)
    elif truth is True and not active:
        if not past and not counts_from_opening(world, live_from):
            assert live_from is not None
            if was_true_at_first_sight(views, rule, live_from):
                yield SlowEdge(rule.name, rises=True, activation=0, at=world.now, baseline=True, fires=False)
                return
        at_once = rule.repeat is None or begins_at_once(world, rule.repeat, world.now)
        yield SlowEdge(rule.name, rises=True, activation=number + 1, at=world.now, fires=at_once)
    elif truth is True and active and rule.repeat is not None and past[-1].activation > 0:
        told = [edge for edge in past if edge.activation == past[-1].activation]
        yield from repetitions(world, rule, told, world.known_until if not known and waits(rule) else world.now)


def begins_at_once(world: World, repeat: Repeat, t: int) -> bool:
    """Whether an activation at an instant fires then, and not first after an interval or at `from`."""
    return repeat.first == "at_once" and start_of(world, repeat, t) <= t


def start_of(world: World, repeat: Repeat, t: int) -> int:
    """The instant at `from`, where repetitions begin if it lies ahead of the activation."""
    told = None if repeat.start is None else facts.value(world, repeat.start.text, t)
    return 0 if told is None else int(str(told))


def grid(world: World, rule: Rule, rising: SlowEdge) -> Iterator[int]:
    """The instants at which an activation fires again: every span from its beginning, anew after the last reset."""
    repeat = rule.repeat
    assert repeat is not None
    base = start_of(world, repeat, world.now) or rising.at
    resets = [] if repeat.reset_by is None else events.occurrences(world, repeat.reset_by, world.now)
    later = [one.at for one in resets if one.at > base]
    if repeat.first == "at_once" and base > rising.at and not later:
        yield base
    base = max([base, *later])
    own = facts.own_calendar(world, world.now)
    while True:
        base = spans.after(world.ruleset, own, base, repeat.every)
        yield base


def next_repetition(world: World, rule: Rule, past: list[SlowEdge]) -> int:
    """The first instant of the grid after now."""
    return next(at for at in grid(world, rule, past[0]) if at > world.now)


def repetitions(world: World, rule: Rule, past: list[SlowEdge], until: int) -> Iterator[SlowEdge]:
    """What fell due since the last firing, up to an instant, according to the rule's catching up."""
    assert rule.repeat is not None
    last_at = max(edge.at for edge in past)
    due = []
    for at in grid(world, rule, past[0]):
        if at > until:
            break
        if at > last_at:
            due.append(at)
    match rule.repeat.catch_up:
        case CatchUp.NONE:
            due = [at for at in due if at == world.now]
        case CatchUp.LATEST:
            due = due[-1:]
        case CatchUp.ALL:
            pass
    for count, at in enumerate(due, start=1):
        number = max(edge.repetition for edge in past) + count
        yield SlowEdge(rule.name, rises=True, activation=past[-1].activation, at=at, repetition=number)


def within_limit(views: Views, rule: Rule, firing: SlowEdge, progress: Progress) -> bool:
    """Whether the limit lets a firing through: those before it that it let through are counted."""
    if rule.limit is None:
        return True
    world = views.strict
    own = facts.own_calendar(world, world.now)
    passed: list[int] = []
    told = [edge for edge in (*recorded(world), *progress.edges) if edge.rule == rule.name]
    past = [edge for edge in told if is_firing(world, rule, edge)]
    for edge in past:
        if edge == firing:
            break
        if room(world, rule, own, passed, edge.at):
            passed.append(edge.at)
    return room(world, rule, own, passed, firing.at)


def is_firing(world: World, rule: Rule, edge: SlowEdge) -> bool:
    """Whether an edge asks for actions; the activation of a rule that repeats may only begin its interval."""
    if not edge.rises or edge.baseline:
        return False
    return rule.repeat is None or edge.repetition > 0 or begins_at_once(world, rule.repeat, edge.at)


def room(world: World, rule: Rule, own: str, passed: list[int], at: int) -> bool:
    assert rule.limit is not None
    per = rule.limit.per
    if per is not None:
        passed = [one for one in passed if spans.after(world.ruleset, own, one, per) >= at]
    return len(passed) < rule.limit.times


@dataclass(frozen=True)
class Item:
    """One action of a firing with the values that it wants; `held` says why it does not go out."""

    rule: Rule
    action: SlowAction
    writes: tuple[tuple[str, object], ...]
    held: str | None = None


def act(views: Views, edges: list[SlowEdge], progress: Progress) -> None:
    """Ask for the actions of one round's firings, each as far as the one before goes out; write what they set."""
    sequences: list[list[Item]] = []
    for edge in edges:
        rule = views.strict.ruleset.rules[edge.rule]
        if edge.fires and within_limit(views, rule, edge, progress):
            sequences.append(list(until_held(items(views, rule, edge))))
        elif edge.fires:
            progress.withheld.append((rule.name, "limit"))
    lost = losing(sequences, progress)
    written: dict[str, object] = {}
    for sequence in sequences:
        for item in until_held(contested(item, lost) for item in sequence):
            if item.held is not None:
                progress.withheld.append((item.rule.name, item.held))
            else:
                progress.actions.append(item.action)
                written |= dict(item.writes)
    progress.rounds.append(written)


def contested(item: Item, lost: set[tuple[str, str]]) -> Item:
    loses = any((path, item.rule.name) in lost for path, _ in item.writes)
    return replace(item, held="conflict") if item.held is None and loses else item


def until_held(sequence: Iterable[Item]) -> Iterator[Item]:
    """The items up to the first that does not go out, with it."""
    for item in sequence:
        yield item
        if item.held is not None:
            return


def losing(sequences: list[list[Item]], progress: Progress) -> set[tuple[str, str]]:
    """Which rule loses which path: the higher priority wins, different values of equal priority all lose, and alert."""
    wanted: dict[str, dict[str, tuple[int, object]]] = {}
    for sequence in sequences:
        for item in sequence:
            for path, value in item.writes if item.held is None else ():
                wanted.setdefault(path, {})[item.rule.name] = (item.rule.priority, value)
    lost: set[tuple[str, str]] = set()
    for path, by_rule in wanted.items():
        highest = max(priority for priority, _ in by_rule.values())
        top = {value for priority, value in by_rule.values() if priority == highest}
        if len(top) > 1:
            progress.alerts.add("rule_conflict")
        lost |= {
            (path, name)
            for name, (priority, value) in by_rule.items()
            if len(top) > 1 or (priority < highest and value not in top)
        }
    return lost


def items(views: Views, rule: Rule, edge: SlowEdge) -> Iterator[Item]:
    """The rule's actions in order: a guard, a person's determination or an unknown value holds one back."""
    world = views.strict
    provisional = rule.when is not None and conditions.holds(world, rule.when, world.now) is None
    for position, action in enumerate(rule.then):
        kind = {"SetFact": "set", "CloseCase": "close"}.get(type(action).__name__, type(action).__name__.lower())
        held: str | None = None
        writes: dict[str, object] = {}
        match action:
            case SetFact(target, raw):
                writes[target.text] = resolved(world, raw)
                held = "unknown" if writes[target.text] is None else determination(world, rule, target.text)
            case Classify():
                writes["case.severity"] = None
                held = determination(world, rule, "case.severity")
            case CloseCase(raw_reason):
                reason = resolved(world, raw_reason)
                writes |= {"case.status": "closed", "case.close_reason": reason}
                held = "guard" if guards.forbidding(world, "close", str(reason), world.now) else None
            case Reopen():
                writes["case.status"] = "open"
                held = "guard" if guards.forbidding(world, "reopen", None, world.now) else None
            case Assign(person):
                writes["case.assigned_to"] = person
            case Tag(add, remove):
                present = facts.value(world, "case.tags", world.now) or ()
                assert isinstance(present, tuple)
                writes["case.tags"] = tuple(sorted((set(present) | set(add)) - set(remove)))
            case _:
                pass
        asked = SlowAction(rule.name, edge.activation, edge.repetition, position, kind, provisional and not waits(rule))
        yield Item(rule, asked, tuple(writes.items()), held)


def determination(world: World, rule: Rule, path: str) -> str | None:
    """A person's determination outranks rules unless the rule says otherwise."""
    return "determination" if facts.is_determined(world, path, world.now) and not rule.over_person else None


def resolved(world: World, raw: object) -> object:
    return facts.value(world, raw.path.text, world.now) if isinstance(raw, FromPath) else raw
