"""What would have to happen for a leaf to be as wanted: in words, and where possible as events to try it with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from casewarden.decide.explain.failing import Need
from casewarden.decide.explain.tree import LeafNode, Look
from casewarden.decide.facts import plain
from casewarden.decide.leaves import instant_of
from casewarden.model.event import Event, Json
from casewarden.model.instants import iso
from casewarden.ruleset.catalogue import DERIVED_PATHS, GIVEN_PATHS
from casewarden.ruleset.syntax import FieldType
from casewarden.ruleset.terms import (
    AllOf,
    AnyOf,
    Bounds,
    Contains,
    Duration,
    Entry,
    FactTest,
    Happened,
    Has,
    InHours,
    InstantOf,
    Is,
    Known,
    LinksTest,
    Moment,
    SameAs,
    SetMode,
    Since,
    Test,
    Until,
    Value,
)
from casewarden.worktime.errors import WorktimeError

SOURCE = "what-if"
_MOST_REPORTS = 200


@dataclass(frozen=True, slots=True)
class Change:
    """Something that would have to happen. `events` try it out; None where that cannot be tried from here.

    Without events nothing but time has to pass. The instants of the events count from the one explained.
    """

    words: str
    events: tuple[Event, ...] | None
    place: int = 0


class Changer:
    """Finds the changes that a leaf needs, on the state and log that a `Look` looks at."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.state = look.state
        self.ruleset = look.compiled.ruleset

    def changes(self, node: LeafNode, need: Need) -> list[Change]:
        """Return ways to make a leaf as wanted, the most natural first."""
        leaf = node.leaf
        found: list[Change]
        match leaf:
            case FactTest():
                found = self._fact(leaf, need.wanted)
            case Happened():
                found = self._happened(leaf, need.wanted)
            case Since(instant, _, reached):
                found = self._instant(instant, wants_later=reached is need.wanted, node=node)
            case Until(instant, _, near):
                found = self._instant(instant, wants_later=near is need.wanted, node=node)
            case LinksTest():
                found = self._links(leaf, need.wanted)
        if not found:
            found = [Change(f"`{node.words}` is {'true' if need.wanted else 'false'}", None)]
        return [replace(change, place=need.place) for change in found]

    # -- facts

    def _fact(self, leaf: FactTest, wanted: bool) -> list[Change]:
        path = leaf.path.text
        match leaf.path.root:
            case "now":
                return [Change(f"`{self.look.words.leaf(leaf)}` is {'true' if wanted else 'false'}", ())]
            case "clock":
                return self._clock(leaf, wanted)
            case "guard" | "quota" | "channel" | "release":
                return []
            case _:
                pass
        found: list[Change] = []
        if leaf.held is not None and wanted and self._holds_now(leaf):
            kept = self._kept(path, plain(self.state.values.get(path)), leaf.held)
            again = ", being reported again before it turns stale" if kept else ""
            return [Change(f"{path} stays as it is for {leaf.held}{again}", kept)]
        for value in self.values(path, leaf.test, wanted):
            said = "is emptied" if value is None else f"becomes {self._shown(path, value)}"
            event = self._observation(path, value)
            events: tuple[Event, ...] | None = None if event is None else (event,)
            if leaf.held is not None and wanted:
                kept = self._kept(path, value, leaf.held)
                again = ", being reported again before it turns stale" if kept else ""
                said += f" and stays so for {leaf.held}{again}"
                events = None if events is None else (*events, *kept)
            found.append(Change(f"{path} {said}", events))
        return found

    def _kept(self, path: str, value: Json, held: Duration) -> tuple[Event, ...]:
        """Return the observations that keep a value fresh for a span from now on; none for a path that stays fresh.

        Their instants count from the present one.
        """
        fresh = self.look.compiled.fresh.get(path)
        event = self._observation(path, value)
        if fresh is None or event is None:
            return ()
        own = self.state.own_calendar
        end = self.look.compiled.spans.of(held).later(self.look.now, own)
        found: list[Event] = []
        at = fresh.later(self.look.now, own)
        while at < end and len(found) < _MOST_REPORTS:
            found.append(replace(event, at=at - self.look.now))
            at = fresh.later(at, own)
        return tuple(found)

    def _holds_now(self, leaf: FactTest) -> bool:
        track = self.look.compiled.track_of(leaf)
        return track is not None and self.state.true_since[track] is not None

    def _shown(self, path: str, value: Json) -> str:
        read = self.look.compiled.read(path.removesuffix(".proposed"), value)
        return str(value) if read is None else self.look.words.value(path, read)

    def values(self, path: str, test: Test, wanted: bool) -> list[Json]:
        """Return values for a path with which a test is as wanted; None empties it."""
        match test:
            case Is(values, negated):
                if negated is not wanted:
                    return [plain(value) for value in values]
                return [plain(value) for value in self._domain(path) if value not in values]
            case Known(known):
                return [plain(value) for value in self._domain(path)[:1]] if known is wanted else [None]
            case Bounds():
                return _around(test, wanted, whole=self.look.words.type_of(path) is not FieldType.NUMBER)
            case Contains(text) if wanted:
                return [text]
            case Has(mode, members):
                return [list(found) for found in _sets(mode, members, wanted)]
            case SameAs(other) if wanted:
                value, _ = self.state.fact(other.text, self.look.now)
                return [] if value is None else [plain(value)]
            case InHours(calendar):
                return self._instants(calendar, wanted)
            case _:
                return []

    def _domain(self, path: str) -> list[Value]:
        base = path.removesuffix(".proposed")
        field = self.ruleset.fields.get(base)
        kind = self.look.words.type_of(base)
        if field is not None and field.of:
            return [(value,) for value in field.of] if kind is FieldType.SET else list(field.of)
        if kind is FieldType.YES_NO:
            return [True, False]
        if base in ("case.severity", "case.reported_severity") and self.ruleset.severity is not None:
            return list(self.ruleset.severity.levels)
        if base == "case.plan":
            return list(self.ruleset.plans)
        if base in GIVEN_PATHS and GIVEN_PATHS[base][1]:
            return list(GIVEN_PATHS[base][1])
        match kind:
            case FieldType.INTEGER | FieldType.NUMBER | FieldType.DURATION:
                return [0, 1]
            case FieldType.TEXT:
                return ["something", "something else"]
            case _:
                return []

    def _instants(self, calendar: str, wanted: bool) -> list[Json]:
        found = self.look.compiled.calendars.get(calendar) or self.state.own_calendar()
        now = self.look.now
        try:
            if found.is_open(now) is wanted:
                return [iso(now)]
            change = found.next_change(now)
        except WorktimeError:
            return []
        return [] if change is None else [iso(change)]

    def _observation(self, path: str, value: Json) -> Event | None:
        base = path.removesuffix(".proposed")
        if base in DERIVED_PATHS or base in ("case.opened_at", "case.commitment"):
            return None
        allowed = sorted(self.look.compiled.confirmed.get(base, ()))
        who = () if path.endswith(".proposed") else tuple(allowed[:1])
        data: dict[str, Json] = {"facts": {base: value}}
        if base == "case.severity":
            data["determined"] = True
        return self._event("observed", "agent", who, data)

    def _event(self, kind: str, by: str, who: Sequence[str], data: dict[str, Json]) -> Event:
        return Event(self.state.subject, kind, 0, 0, by, SOURCE, kind, 0, tuple(who), data)

    # -- happenings

    def _happened(self, leaf: Happened, wanted: bool) -> list[Change]:
        if not wanted:
            return [] if leaf.in_last is None else [Change(f"no {leaf.event} for {leaf.in_last}", ())]
        if leaf.apart is not None or leaf.different is not None:
            return [Change(f"more {leaf.event} happen, as `{self.look.words.leaf(leaf)}` asks", None)]
        begin = self.state.opened_at
        if leaf.since is not None:
            begin = instant_of(leaf.since)(self.state, self.look.now) or begin
        there = [o for o in self.state.occurrences.get(leaf.event, ()) if o.at >= begin]
        if leaf.in_last is not None:
            span = self.look.compiled.spans.of(leaf.in_last)
            there = [o for o in there if span.later(o.at, self.state.own_calendar) >= self.look.now]
        more = max(1, leaf.times - len(there))
        one = self.happening(leaf.event)
        words = f"{leaf.event} happens" if more == 1 else f"{leaf.event} happens {more} more times"
        return [Change(words, None if one is None else one * more)]

    def happening(self, name: str) -> tuple[Event, ...] | None:
        """Return events that make a named event happen; None where that cannot be tried from here."""
        term = self.look.compiled.events[name]
        match term:
            case Entry():
                event = self._entry(term)
                return None if event is None else (event,)
            case AnyOf(names):
                return next((found for part in names if (found := self.happening(part)) is not None), None)
            case AllOf(names=names):
                parts = [self.happening(part) for part in names]
                if any(part is None for part in parts):
                    return None
                return tuple(event for part in parts if part is not None for event in part)
            case _:
                return None

    def _entry(self, term: Entry) -> Event | None:
        by, who = "agent", tuple[str, ...]()
        data: dict[str, Json] = {}
        for name, test in term.tests:
            match test:
                case Is(values, False):
                    value = plain(values[0])
                case Contains(text):
                    value = text
                case _:
                    return None
            if name == "by":
                by, who = (str(value), ()) if value in ("customer", "agent") else ("agent", (str(value),))
                if value == "automation":
                    by = "automation"
            else:
                data[name] = value
        kind = term.kinds[0]
        return None if kind == "opened" else self._event(kind, by, who, data)

    def _instant(self, instant: InstantOf, *, wants_later: bool, node: LeafNode) -> list[Change]:
        there = any(reading.instant is not None for reading in node.readings)
        if there and wants_later:
            return [Change(f"`{node.words}` comes true with time", ())]
        match instant.moment:
            case Moment.FIRST | Moment.LAST:
                if there and instant.moment is Moment.FIRST:
                    return []
                return [Change(f"{instant.name} happens", self.happening(instant.name))]
            case Moment.AT:
                return []
            case Moment.STOPPED:
                return self._by_clock(instant.name, "stops")
            case Moment.DUE | Moment.STARTED:
                return [] if there else self._by_clock(instant.name, "starts")

    def _by_clock(self, name: str, word: str) -> list[Change]:
        clock = self.ruleset.clocks[name]
        event = clock.stops if word == "stops" else clock.starts
        return [Change(f"{event} happens, with which the clock {name} {word}", self.happening(event))]

    def _clock(self, leaf: FactTest, wanted: bool) -> list[Change]:
        name = leaf.path.text.split(".")[1]
        run = self.state.newest(name)
        if leaf.path.text.endswith(".used"):
            more = isinstance(leaf.test, Bounds) and (leaf.test.at_least is not None or leaf.test.more_than is not None)
            if run is None:
                return self._by_clock(name, "starts")
            return [Change(f"the clock {name} goes on", ())] if more is wanted and run.stopped is None else []
        states = leaf.test.values if isinstance(leaf.test, Is) else ()
        positive = isinstance(leaf.test, Is) and leaf.test.negated is not wanted
        found: list[Change] = []
        if run is None and (not positive or "running" in states):
            found += self._by_clock(name, "starts")
        if run is not None and run.stopped is None:
            if run.due is not None and (not positive or "missed" in states):
                found.append(Change(f"the clock {name} is not stopped in time", ()))
            if not positive or "met" in states:
                found += self._by_clock(name, "stops")
        return found

    # -- linked tickets

    def _links(self, leaf: LinksTest, wanted: bool) -> list[Change]:
        if not wanted or leaf.none or leaf.count is not None:
            return []
        facts: dict[str, Json] = {}
        for name, test in (*leaf.some, *leaf.every):
            values = self.values(f"links.{leaf.kind}.{name}", test, wanted=True)
            if not values:
                return []
            facts[name] = values[0]
        tickets = self.state.links_of(leaf.kind) or ["new"]
        said = ", ".join(f"{name} {value}" for name, value in facts.items())
        events = [
            self._event("linked", "agent", (), {"kind": leaf.kind, "id": ticket, "facts": dict(facts)})
            for ticket in (tickets if leaf.every else tickets[:1])
        ]
        which = f"each linked {leaf.kind}" if leaf.every else f"a linked {leaf.kind}"
        return [Change(f"{which} has {said}", tuple(events))]


def _around(test: Bounds, wanted: bool, *, whole: bool) -> list[Json]:
    """Values within bounds, or just outside them."""
    step: int | Decimal = 1 if whole else Decimal("0.1")
    found: list[int | Decimal] = []
    rows = ((test.at_least, 0, -1), (test.more_than, 1, 0), (test.at_most, 0, 1), (test.less_than, -1, 0))
    for bound, inside, outside in rows:
        if bound is not None:
            found.append(bound + step * (inside if wanted else outside))
    return [plain(value if not whole else int(value)) for value in found]


def _sets(mode: SetMode, members: tuple[str, ...], wanted: bool) -> list[tuple[str, ...]]:
    match mode:
        case SetMode.ANY:
            return [members[:1]] if wanted else [()]
        case SetMode.ALL:
            return [members] if wanted else [()]
        case SetMode.NONE:
            return [()] if wanted else [members[:1]]


def placed(changes: Sequence[Change], look: Look) -> list[Event] | None:
    """Return the events of changes as they would happen now; None where one cannot be tried.

    All happen at once: at the instant looked at, or a microsecond later where the log has something at it already.
    """
    found: list[Event] = []
    taken = bool(look.events) and look.events[-1].at == look.now
    for change in changes:
        if change.events is None:
            return None
        for event in change.events:
            number = len(found) + 1
            at = look.now + taken + event.at
            key = f"{SOURCE}-{number}"
            found.append(replace(event, subject=look.state.subject, at=at, seen_at=at, key=key, sequence=number))
    return found
