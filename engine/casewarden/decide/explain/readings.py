"""What was read for a leaf: values with their sources and ages, instants with what they come from, counts."""

from collections.abc import Sequence
from dataclasses import dataclass

from casewarden.decide.explain.sources import Source, event_of_occurrence, origin_of, source_of, source_of_event
from casewarden.decide.explain.words import Words, instant_words
from casewarden.decide.facts import plain
from casewarden.decide.leaves import instants_of
from casewarden.decide.state import State
from casewarden.decide.trilean import NEVER
from casewarden.model.event import Event, Json
from casewarden.ruleset.syntax import FieldType
from casewarden.ruleset.terms import (
    FactTest,
    Happened,
    InstantOf,
    Leaf,
    LinksTest,
    Moment,
    SameAs,
    Since,
    Until,
    Value,
)

_MOST_OCCURRENCES = 8

# Texts and instants in turn, so that whoever prints it says the instants in a zone.
Sentence = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that was read. `instant` is set where the value is one; `value` is in the author's words otherwise.

    `age` is how long ago it was last observed, in microseconds; `origin` says where a value comes from that no event
    gave; `note` what stands in the way of its counting, or what follows from it.
    """

    name: str
    value: str | None = None
    raw: Json = None
    instant: int | None = None
    source: Source | None = None
    origin: str | None = None
    age: int | None = None
    note: str | None = None


def read(
    state: State, events: Sequence[Event], leaf: Leaf, now: int, words: Words
) -> tuple[tuple[Reading, ...], Sentence | None]:
    """Return what a leaf rests on, and why it is not true where the readings alone do not say it."""
    reader = _Reader(state, events, now, words)
    match leaf:
        case FactTest(path, SameAs(other)):
            return (reader.fact(path.text), reader.fact(other.text)), None
        case FactTest():
            return reader.test(leaf)
        case LinksTest():
            return reader.links(leaf)
        case Happened():
            return reader.happened(leaf)
        case Since(instant, span):
            return reader.threshold(instant, f"{span} after that", leaf)
        case Until(instant, span):
            return reader.threshold(instant, f"{span} before that", leaf)


def read_fact(state: State, events: Sequence[Event], path: str, now: int, words: Words) -> Reading:
    """Return the present value of a path, or what there is instead."""
    return _Reader(state, events, now, words).fact(path)


def read_quota(state: State, events: Sequence[Event], path: str, now: int, words: Words) -> Reading:
    """Return what the account answered to the claim of a quota, or that it did not answer yet."""
    return _Reader(state, events, now, words).quota(path)


def read_linked(state: State, events: Sequence[Event], now: int, words: Words) -> list[Reading]:
    """Return what is known of the tickets that a case is linked to, kind by kind and ticket by ticket."""
    reader = _Reader(state, events, now, words)
    return [
        reader.linked(kind, ticket, name)
        for kind in sorted(state.links)
        for ticket in state.links_of(kind)
        for name in sorted(state.links[kind][ticket])
    ]


class _Reader:
    """Reads on one state at one instant."""

    def __init__(self, state: State, events: Sequence[Event], now: int, words: Words) -> None:
        self.state = state
        self.events = events
        self.now = now
        self.words = words

    def test(self, leaf: FactTest) -> tuple[tuple[Reading, ...], Sentence | None]:
        path = leaf.path.text
        match leaf.path.root:
            case "now":
                rows: tuple[Reading, ...] = (Reading("now", instant=self.now),)
            case "clock":
                rows = self._clock(path)
            case "guard":
                word, _ = self.state.compiled.guard_word(self.state, path.split(".")[1], self.now)
                rows = (Reading(path, self._text(path, word), plain(word)),)
            case "channel":
                word = self.state.compiled.channel_word(self.state, path.split(".")[1])
                note = None if word is not None else "not known for the case's plan or contract"
                rows = (Reading(path, self._text(path, word), plain(word), note=note), self.fact("case.plan"))
            case "quota":
                rows = (self.quota(path),)
            case _:
                rows = (self.fact(path),)
        return rows, self._held(leaf)

    def fact(self, path: str) -> Reading:
        """The present value of a path, or what there is instead."""
        state = self.state
        value, stale = state.fact(path, self.now)
        is_stale = state.is_stale(path, self.now)
        if is_stale:
            value = state.values[path]
        source = None if self._is_derived(path) else source_of(state, self.events, path, self.now)
        age = None if source is None else self.now - state.seen.get(path, source.at)
        note = self._missing(path) if value is None else None
        if is_stale:
            note = "stale"
        elif value is not None and stale < NEVER:
            note = "fresh"
        instant = value if self.words.type_of(path) is FieldType.INSTANT and isinstance(value, int) else None
        return Reading(
            path,
            None if instant is not None else self._text(path, value),
            plain(value),
            instant,
            source,
            origin_of(state, path) if source is None and value is not None else None,
            age,
            note,
        )

    def _is_derived(self, path: str) -> bool:
        if path == "case.severity":
            classifier = self.state.compiled.classifier
            return classifier is not None and self.state.hand is None
        return False

    def _missing(self, path: str) -> str:
        state = self.state
        if path in state.unfit:
            return f"observed as {state.unfit[path]!r}, which does not fit its declared type"
        if path in state.compiled.confirmed:
            who = " or ".join(sorted(state.compiled.confirmed[path]))
            proposed = state.values.get(f"{path}.proposed")
            if proposed is not None:
                return f"proposed as {self.words.value(path, proposed)}, but not confirmed by {who}"
            return f"not confirmed by {who}"
        return "emptied" if path in state.seen else "never observed"

    def _text(self, path: str, value: Value | None) -> str | None:
        return None if value is None else self.words.value(path, value)

    def _clock(self, path: str) -> tuple[Reading, ...]:
        name = path.split(".")[1]
        run = self.state.newest(name)
        if run is None:
            clock = self.state.compiled.ruleset.clocks[name]
            return (Reading(f"clock.{name}", "waiting", "waiting", note=f"no {clock.starts} so far"),)
        instance = run.at(self.now)
        rows = [Reading(f"clock.{name}", instance.state.value, instance.state.value, note=instance.reason)]
        if path.endswith(".used"):
            share = run.share(self.now)
            text = None if share is None else f"{float(share) * 100:.4g}%"
            note = "there is no due time" if share is None else None
            rows.append(Reading(path, text, None if share is None else float(share), note=note))
        if instance.due is not None:
            rows.append(Reading(f"due: {name}", instant=instance.due))
        return tuple(rows)

    def quota(self, path: str) -> Reading:
        """The answer of the account."""
        name = path.split(".")[1]
        granted = self.state.granted.get(name)
        if granted is None:
            return Reading(path, note="the account has not answered yet")
        raw = granted.get("left" if path.endswith(".left") else "word")
        text = None if raw is None else str(raw)
        return Reading(path, text, raw, source=source_of_kind(self.events, "granted", "quota", name, self.now))

    def _held(self, leaf: FactTest) -> Sentence | None:
        """Since when a test that must hold for a span has held."""
        if leaf.held is None:
            return None
        track = self.state.compiled.track_of(leaf)
        since = None if track is None else self.state.true_since[track]
        if since is None:
            return ("it does not hold now, so its span has not begun",)
        full = self.state.compiled.spans.of(leaf.held).later(since, self.state.own_calendar)
        return "held since ", since, ", its span is full at ", full

    def links(self, leaf: LinksTest) -> tuple[tuple[Reading, ...], Sentence | None]:
        names = sorted({name for tests in (leaf.some, leaf.every, leaf.none) for name, _ in tests})
        tickets = self.state.links_of(leaf.kind)
        rows = [Reading(f"links.{leaf.kind}", f"{len(tickets)} linked", len(tickets))]
        rows += [self.linked(leaf.kind, ticket, name) for ticket in tickets for name in names]
        return tuple(rows), None

    def linked(self, kind: str, ticket: str, name: str) -> Reading:
        """The present value of one field of a linked ticket."""
        path = f"links.{kind}.{name}"
        value, _ = self.state.link_fact(kind, ticket, name, self.now)
        seen = self.state.link_seen.get((kind, ticket, name))
        stale = value is None and name in self.state.links.get(kind, {}).get(ticket, {})
        note = "stale" if stale else "never observed" if seen is None else None
        source = source_of_kind(self.events, "linked", "id", ticket, self.now)
        age = None if seen is None else self.now - seen
        return Reading(f"{name} of {ticket}", self._text(path, value), plain(value), None, source, age=age, note=note)

    def happened(self, leaf: Happened) -> tuple[tuple[Reading, ...], Sentence | None]:
        state = self.state
        rows: list[Reading] = []
        begin = state.opened_at
        if leaf.since is not None:
            found = [at for at in instants_of(leaf.since)(state, self.now) if at is not None]
            begin = found[0] if found else state.opened_at
            rows.append(self._instant(leaf.since, found[0] if found else None))
        span = None if leaf.in_last is None else state.compiled.spans.of(leaf.in_last)
        counted = [
            o
            for o in state.occurrences.get(leaf.event, ())
            if o.at >= begin and (span is None or span.later(o.at, state.own_calendar) >= self.now)
        ]
        maybe = [o for o in state.unsure(leaf.event) if o.at >= begin]
        place = len(rows)
        for occurrence in counted[-_MOST_OCCURRENCES:]:
            source = event_of_occurrence(self.events, occurrence)
            rows.append(Reading(leaf.event, instant=occurrence.at, source=source, age=self.now - occurrence.at))
        for occurrence in maybe[-_MOST_OCCURRENCES:]:
            source = event_of_occurrence(self.events, occurrence)
            note = "not certain that it is one: an attribute that decides is not known"
            rows.append(Reading(leaf.event, None, None, occurrence.at, source, None, self.now - occurrence.at, note))
        rows.insert(place, Reading(f"number of {leaf.event}", str(len(counted)), len(counted)))
        why: Sentence | None = None
        if len(counted) < leaf.times:
            why = (f"{len(counted)} of {leaf.times} so far",)
        elif leaf.apart is not None:
            why = (f"fewer than {leaf.times} of them lie at least {leaf.apart} apart",)
        return tuple(rows), why

    def threshold(
        self, instant: InstantOf, words: str, leaf: Since | Until
    ) -> tuple[tuple[Reading, ...], Sentence | None]:
        state = self.state
        found = [at for at in instants_of(instant)(state, self.now) if at is not None]
        if not found:
            return (self._instant(instant, None),), None
        span = state.compiled.spans.of(leaf.span)
        move = span.later if isinstance(leaf, Since) else span.earlier
        rows = [self._instant(instant, found[0])]
        rows.append(Reading(words, instant=move(found[0], state.own_calendar)))
        if len(found) > 1:
            rows.append(Reading(instant_words(instant), note="other entries may be it too, which would decide"))
        return tuple(rows), None

    def _instant(self, instant: InstantOf, at: int | None) -> Reading:
        words = instant_words(instant)
        if at is None:
            return Reading(words, note=self._no_instant(instant))
        if instant.moment in (Moment.FIRST, Moment.LAST):
            for occurrence in self.state.occurrences.get(instant.name, ()):
                if occurrence.at == at:
                    source = event_of_occurrence(self.events, occurrence)
                    return Reading(words, None, None, at, source, None, self.now - at)
        if instant.moment is Moment.AT:
            fact = self.fact(instant.name)
            return Reading(words, None, None, at, fact.source, fact.origin, fact.age, fact.note)
        return Reading(words, instant=at)

    def _no_instant(self, instant: InstantOf) -> str:
        match instant.moment:
            case Moment.FIRST | Moment.LAST:
                return "it has not happened"
            case Moment.AT:
                return self._missing(instant.name)
            case _:
                run = self.state.newest(instant.name)
                if run is None:
                    return "the clock has not started"
                state = run.at(self.now)
                return f"the clock is {state.state.value}" + (f" ({state.reason})" if state.reason else "")


def source_of_kind(events: Sequence[Event], kind: str, key: str, value: str, now: int) -> Source | None:
    """Return the last event of a kind whose data has this value."""
    for event in reversed(events):
        if event.kind == kind and event.at <= now and event.data.get(key) == value:
            return source_of_event(event)
    return None
