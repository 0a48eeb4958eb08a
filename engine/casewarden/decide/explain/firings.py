"""What a rule did on a subject, from the log alone: its firings, what set each off, and what became of its actions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from casewarden.decide.compile import Compiled
from casewarden.decide.explain.moments import known_at, state_of
from casewarden.decide.explain.sources import Source, source_of_event
from casewarden.decide.explain.tree import Look, Node, leaf_nodes
from casewarden.decide.state import is_engine
from casewarden.model.event import Event, Json
from casewarden.ruleset.syntax import Rule


@dataclass(frozen=True, slots=True)
class Outcome:
    """One action of a firing. `status` is applied, planned (not delivered yet), withdrawn, rejected or withheld.

    `at` is the instant of that, `why` the reason where it was withheld.
    """

    key: str
    kind: str
    content: Mapping[str, Json]
    status: str
    at: int
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Turned:
    """A leaf that changed with the firing: its words, and its verdicts before and after."""

    words: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Firing:
    """One edge of a rule that counted, as the log keeps it.

    `at` is the instant it belongs to, `decided_at` that of the decision. `events` are those that came in with it, none
    where time alone did it; `turned` the leaves that changed with it; `tree` the condition as it was asked.
    """

    at: int
    decided_at: int
    activation: int
    repetition: int = 0
    late: bool = False
    provisional: bool = False
    silent: bool = False
    baseline: bool = False
    events: tuple[Source, ...] = ()
    turned: tuple[Turned, ...] = ()
    actions: tuple[Outcome, ...] = ()
    tree: Node | None = None
    why_silent: str | None = None


@dataclass(slots=True)
class _Row:
    place: int
    edge: Mapping[str, Json]
    data: Mapping[str, Json] = field(default_factory=dict)


class _Log:
    """A log with its events by what firings ask for."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = events
        self.by_key: dict[str, list[int]] = {}
        self.by_seen: dict[int, list[int]] = {}
        self.answers: dict[str, Event] = {}
        for place, event in enumerate(events):
            self.by_key.setdefault(event.key, []).append(place)
            self.by_seen.setdefault(event.seen_at, []).append(place)
            if event.kind in ("applied", "rejected", "withdrawn"):
                self.answers.setdefault(str(event.data.get("key")), event)


def rising(events: Sequence[Event], rule: str) -> Iterator[tuple[int, Mapping[str, Json]]]:
    """Yield a rule's rising edges with the place in the log of the decision that holds each."""
    for place, event in enumerate(events):
        if event.kind == "decided" and is_engine(event):
            for edge in rows(event.data.get("edges")):
                if edge.get("rule") == rule and edge.get("rises") is True:
                    yield place, edge


def firings(compiled: Compiled, events: Sequence[Event], rule: Rule) -> tuple[Firing, ...]:
    """Return all rising edges of a rule, oldest first; the condition's tree is kept for the last that acted."""
    edges = list(rising(events, rule.name))
    log = _Log(events if edges else ())
    acting = [number for number, (_, edge) in enumerate(edges) if not edge.get("baseline")]
    last = acting[-1] if acting else None
    return tuple(
        _firing(compiled, log, rule, place, edge, with_tree=number == last)
        for number, (place, edge) in enumerate(edges)
    )


def _firing(
    compiled: Compiled, log: _Log, rule: Rule, place: int, edge: Mapping[str, Json], *, with_tree: bool
) -> Firing:
    event = log.events[place]
    at = edge.get("at")
    instant = at if isinstance(at, int) else event.at
    repetition = edge.get("repetition")
    activation = edge.get("activation")
    tree, turned = _as_asked(compiled, log.events, rule, place) if with_tree else (None, ())
    silent = edge.get("silent") is True
    why = None
    if silent:
        held = [row for row in rows(event.data.get("withheld")) if row.get("rule") == rule.name]
        why = next((str(row.get("detail")) for row in held), "its first interval begins")
    return Firing(
        instant,
        event.at,
        activation if isinstance(activation, int) else 0,
        repetition if isinstance(repetition, int) else 0,
        edge.get("late") is True,
        edge.get("provisional") is True,
        silent,
        edge.get("baseline") is True,
        tuple(_came_in(log, place, edge)),
        turned,
        () if silent else tuple(_outcomes(log, place, rule.name, edge)),
        tree,
        why,
    )


def _came_in(log: _Log, place: int, edge: Mapping[str, Json]) -> Iterator[Source]:
    """The events that a firing answers: the occurrence it is for, or whatever became known at its instant."""
    occurrence = edge.get("event")
    if occurrence is not None:
        for earlier in log.by_key.get(str(occurrence), ()):
            if earlier < place:
                yield source_of_event(log.events[earlier])
        return
    for earlier in log.by_seen.get(log.events[place].at, ()):
        event = log.events[earlier]
        if earlier >= place:
            return
        if not is_engine(event):
            yield source_of_event(event)
        elif event.kind == "decided":
            rules = [str(row.get("rule")) for row in rows(event.data.get("edges")) if row.get("rises") is True]
            if rules:
                yield source_of_event(event, ", ".join(rules))


def _as_asked(
    compiled: Compiled, events: Sequence[Event], rule: Rule, place: int
) -> tuple[Node | None, tuple[Turned, ...]]:
    """Return the condition as it was when the decision was taken, and the leaves that were otherwise just before."""
    if rule.when is None:
        return None, ()
    known = known_at(events, place)
    now = events[place].at
    tree = Look(compiled, state_of(compiled, known, now), known, now).tree(rule.when)
    before = tuple(event for event in known if event.at < now and event.seen_at < now)
    if not before:
        return tree, ()
    was = Look(compiled, state_of(compiled, before, now - 1), before, now - 1).tree(rule.when)
    turned = tuple(
        Turned(after.words, str(earlier.verdict), str(after.verdict))
        for earlier, after in zip(leaf_nodes(was), leaf_nodes(tree), strict=True)
        if earlier.verdict is not after.verdict
    )
    return tree, turned


def _outcomes(log: _Log, place: int, rule: str, edge: Mapping[str, Json]) -> Iterator[Outcome]:
    decided = log.events[place]
    base = f"{decided.subject}/{rule}/{edge.get('activation')}/{edge.get('repetition') or 0}/"
    for action in rows(decided.data.get("actions")):
        key = str(action.get("key"))
        if key.startswith(base):
            content = action.get("content")
            yield _answered(log, key, str(action.get("kind")), content if isinstance(content, dict) else {}, decided)
    for row in rows(decided.data.get("withheld")):
        key = str(row.get("key") or "")
        if key.startswith(base):
            why = f"{str(row.get('why')).replace('_', ' ')}: {row.get('detail')}"
            yield Outcome(key, "", {}, "withheld", decided.at, why)


def _answered(log: _Log, key: str, kind: str, content: Mapping[str, Json], decided: Event) -> Outcome:
    event = log.answers.get(key)
    if event is None:
        return Outcome(key, kind, content, "planned", decided.at)
    reason = event.data.get("reason")
    return Outcome(key, kind, content, event.kind, event.at, reason if isinstance(reason, str) else None)


def rows(raw: Json) -> list[dict[str, Json]]:
    """Return the objects of a list in the engine's log; nothing where there is none."""
    return [row for row in raw if isinstance(row, dict)] if isinstance(raw, list) else []
