"""What is derived at each instant of the log, in the order of who needs whom: named events, spans that hold, pauses.

A step looks at the state at an instant, keeps what it found, and returns when it may have to look again.
"""

from collections.abc import Callable, Sequence

from casewarden.decide.entries import Occurrence
from casewarden.decide.leaves import LeafFunction
from casewarden.decide.spans import Span
from casewarden.decide.state import State, happens
from casewarden.decide.trilean import NEVER
from casewarden.ruleset.terms import Turn

Step = Callable[[State, int], int]


def any_of_events(name: str, parts: tuple[str, ...]) -> Step:
    """With each of the named events; an entry that is several of them counts once."""

    def step(state: State, now: int) -> int:  # noqa: ARG001
        cursors = state.cursors.setdefault(name, [0] * len(parts))
        kept = state.occurrences.setdefault(name, [])
        if state.uncertain and (loose := _loosely(state, name, parts)) is not None:
            _unite(loose, _new_possible(state, parts, state.cursors[f"loose {name}"]))
        _unite(kept, _new_ones(state.occurrences, parts, cursors))
        return NEVER

    return step


def _unite(kept: list[Occurrence], found: list[tuple[Occurrence, int]]) -> None:
    for occurrence, _ in found:
        if not _is_among(kept, occurrence):
            kept.append(occurrence)


def _is_among(kept: list[Occurrence], occurrence: Occurrence) -> bool:
    for known in reversed(kept):
        if known.at != occurrence.at:
            return False
        if known.key == occurrence.key:
            return True
    return False


def _new_ones(
    shelves: dict[str, list[Occurrence]], parts: tuple[str, ...], cursors: list[int]
) -> list[tuple[Occurrence, int]]:
    """Return the occurrences not yet looked at, with the position of their event, in the order of time."""
    found: list[tuple[Occurrence, int]] = []
    for position, part in enumerate(parts):
        known = shelves.get(part)
        if known is None:
            continue
        found.extend((occurrence, position) for occurrence in known[cursors[position] :])
        cursors[position] = len(known)
    if len(found) > 1:
        found.sort(key=lambda row: (row[0].at, row[1], row[0].key))
    return found


def _loosely(state: State, name: str, parts: tuple[str, ...]) -> list[Occurrence] | None:
    """Return the occurrences of an event made of others were every entry that may be a part one; None where none may.

    From the first such entry on the event is followed twice; up to there both ways were one.
    """
    loose = state.loose.get(name)
    if loose is None and any(part in state.uncertain or part in state.loose for part in parts):
        loose = state.loose[name] = list(state.occurrences.get(name, ()))
        state.cursors[f"loose {name}"] = [*state.cursors[name], *[0] * len(parts)]
        state.unused[f"loose {name}"] = [list(shelf) for shelf in state.unused.get(name, ())]
    return loose


def _new_possible(state: State, parts: tuple[str, ...], cursors: list[int]) -> list[tuple[Occurrence, int]]:
    """Return the same as `_new_ones` with the entries that may be a part; `cursors` has those of both shelves."""
    found: list[tuple[Occurrence, int]] = []
    for position, part in enumerate(parts):
        shelf = state.occurrences if part not in state.loose else state.loose
        for place, known in ((position, shelf.get(part)), (position + len(parts), state.uncertain.get(part))):
            if known is not None:
                found.extend((occurrence, position) for occurrence in known[cursors[place] :])
                cursors[place] = len(known)
    found.sort(key=lambda row: (row[0].at, row[1], row[0].key))
    return found


def all_of_events(name: str, parts: tuple[str, ...], within: Span | None, *, ordered: bool) -> Step:
    """With the last of the named events, all lying within the span; the oldest that fit are used, each once."""

    def pair(
        state: State, found: list[tuple[Occurrence, int]], unused: list[list[Occurrence]], kept: list[Occurrence]
    ) -> None:
        for occurrence, position in found:
            unused[position].append(occurrence)
            chosen = _choose(state, unused, occurrence, within, ordered=ordered)
            if chosen is None:
                continue
            for shelf, used in zip(unused, chosen, strict=True):
                shelf.remove(used)
            kept.append(occurrence)

    def step(state: State, now: int) -> int:  # noqa: ARG001
        cursors = state.cursors.setdefault(name, [0] * len(parts))
        unused = state.unused.setdefault(name, [[] for _ in parts])
        kept = state.occurrences.setdefault(name, [])
        if state.uncertain and (loose := _loosely(state, name, parts)) is not None:
            possible = _new_possible(state, parts, state.cursors[f"loose {name}"])
            pair(state, possible, state.unused[f"loose {name}"], loose)
        pair(state, _new_ones(state.occurrences, parts, cursors), unused, kept)
        return NEVER

    return step


def _choose(
    state: State, unused: list[list[Occurrence]], last: Occurrence, within: Span | None, *, ordered: bool
) -> list[Occurrence] | None:
    chosen: list[Occurrence] = []
    for shelf in unused:
        fitting = [
            occurrence
            for occurrence in shelf
            if (within is None or within.later(occurrence.at, state.own_calendar) >= last.at)
            and not (ordered and chosen and occurrence.at < chosen[-1].at)
        ]
        if not fitting:
            return None
        chosen.append(fitting[0])
    return chosen


def becomes(name: str, ask: LeafFunction) -> Step:
    """Each time the condition turns true; unknown neither happens nor re-arms."""

    def step(state: State, now: int) -> int:
        truth, wake = ask(state, now)
        if truth is not None:
            if truth and not state.last_known.get(name):
                happens(state, name, now)
            state.last_known[name] = truth
        return wake

    return step


def clock_turns(name: str, clock: str, turn: Turn) -> Step:
    """When the newest run of the clock turns so."""

    def step(state: State, now: int) -> int:
        run = state.newest(clock)
        if run is None:
            return NEVER
        number, told = state.turned.get(name, (0, 0))
        if run.number != number:
            told = 0
        turned = sum(1 for _, word in run.turns(now) if word is turn)
        for _ in range(turned - told):
            happens(state, name, now)
        state.turned[name] = (run.number, max(turned, told))
        change = run.next_change(now)
        wake = NEVER if change is None else change
        if run.due is not None and run.due > now and run.stopped is None:
            wake = min(wake, run.due)
        return wake

    return step


def held_since(track: int, inner: LeafFunction) -> Step:
    """Keep since when a test has been true without a break; an unknown stretch is a break."""

    def step(state: State, now: int) -> int:
        truth, wake = inner(state, now)
        if truth is not True:
            state.true_since[track] = None
        elif state.true_since[track] is None:
            state.true_since[track] = now
        return wake

    return step


def pauses(clock: str, ask: LeafFunction) -> Step:
    """Keep the stretches in which a clock's `pauses_while` is true."""

    def step(state: State, now: int) -> int:
        truth, wake = ask(state, now)
        stretches = state.pauses.setdefault(clock, [])
        is_open = bool(stretches) and stretches[-1][1] is None
        if truth is True and not is_open:
            stretches.append((now, None))
        elif truth is not True and is_open:
            start = stretches[-1][0]
            stretches.pop()
            if start < now:
                stretches.append((start, now))
        return wake

    return step


def applies(clock: str, ask: LeafFunction) -> Step:
    """Keep what `applies_if` said over time: once a clock has stopped, what it said then stands."""

    def step(state: State, now: int) -> int:
        truth, wake = ask(state, now)
        reason = "its applies_if does not hold" if truth is False else None
        known = state.applies.setdefault(clock, [])
        if not known or known[-1][1] != reason:
            known.append((now, reason))
        return wake

    return step


def scope(reasons: Sequence[tuple[str, LeafFunction]]) -> Step:
    """The case is out of scope when a reason is true; the reasons are kept."""

    def step(state: State, now: int) -> int:
        answers = [(name, *ask(state, now)) for name, ask in reasons]
        excluded = tuple(sorted(name for name, truth, _ in answers if truth is True))
        state.values["case.scope"] = "out" if excluded else "in"
        state.values["case.excluded_as"] = excluded
        return min((again for _, _, again in answers), default=NEVER)

    return step


def candidates(rule: str, event: str, ask: LeafFunction | None, *, own: bool) -> Step:
    """Keep, for each occurrence that a rule waits for, whether its condition held at that instant."""
    cursor = f"each:{rule}"

    def step(state: State, now: int) -> int:
        cursors = state.cursors.setdefault(cursor, [0])
        found = _new_ones(state.occurrences, (event,), cursors)
        if not found:
            return NEVER
        truth, _ = (True, NEVER) if ask is None else ask(state, now)
        kept = state.candidates.setdefault(rule, [])
        kept.extend((occurrence, truth) for occurrence, _ in found if own or not occurrence.own)
        return NEVER

    return step
