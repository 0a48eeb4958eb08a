"""A condition as a tree of what was asked, what was there, and what came of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from casewarden.decide.compile import Compiled
from casewarden.decide.explain.readings import Reading, Sentence, read, read_fact
from casewarden.decide.explain.words import Words
from casewarden.decide.leaves import LeafFunction
from casewarden.decide.state import State
from casewarden.decide.trilean import NEVER, Trilean, all_of, any_of, negated
from casewarden.decide.walk import advance
from casewarden.model.event import Event
from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.terms import All, Any, Condition, FactTest, Leaf, Not, SameAs

_MOST_LOOKS = 128  # at a leaf that is asked again and again and stays as it is


class Verdict(StrEnum):
    """What came of asking: the three truths, and what keeps a leaf unknown where that is known."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"
    STALE = "stale"
    NOT_YET_KNOWN = "not yet known"


@dataclass(frozen=True, slots=True)
class LeafNode:
    """One leaf: its words, its truth, what was read for it, and when it changes if nothing happens.

    `changes_at` is None where time alone changes nothing (or not soon); `becomes` is what it is then. `stale_since` is
    the instant from which a stale value no longer counts.
    """

    words: str
    truth: Trilean
    verdict: Verdict
    why: Sentence | None
    readings: tuple[Reading, ...]
    changes_at: int | None
    becomes: Verdict | None
    stale_since: int | None
    leaf: Leaf
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class GroupNode:
    """`all`, `any` or `not` over its parts."""

    word: Literal["all", "any", "not"]
    truth: Trilean
    parts: "tuple[Node, ...]"
    place: Place | None = None

    @property
    def verdict(self) -> Verdict:
        """The truth as a word."""
        return verdict_of(self.truth)


Node = GroupNode | LeafNode


def leaf_nodes(node: Node) -> Iterator[LeafNode]:
    """Yield the leaves in the order in which they are written."""
    match node:
        case GroupNode(parts=parts):
            for part in parts:
                yield from leaf_nodes(part)
        case LeafNode():
            yield node


class Look:
    """Looks at conditions on one state; the state and its log are never changed.

    `events` is the log that the state was derived from, none of it after `now`.
    """

    def __init__(self, compiled: Compiled, state: State, events: Sequence[Event], now: int) -> None:
        self.compiled = compiled
        self.state = state
        self.events = events
        self.now = now
        self.words = Words(compiled.ruleset)
        self._functions: dict[Leaf, LeafFunction] = {}

    def tree(self, condition: Condition) -> Node:
        """Return the tree of a condition."""
        match condition:
            case All(parts, place):
                nodes = tuple(self.tree(part) for part in parts)
                return GroupNode("all", all_of(node.truth for node in nodes), nodes, place)
            case Any(parts, place):
                nodes = tuple(self.tree(part) for part in parts)
                return GroupNode("any", any_of(node.truth for node in nodes), nodes, place)
            case Not(part, place):
                node = self.tree(part)
                return GroupNode("not", negated(node.truth), (node,), place)
            case _:
                return self._leaf(condition)

    def reading(self, path: str) -> Reading:
        """Return the present value of a path with its source and age."""
        return read_fact(self.state, self.events, path, self.now, self.words)

    def ask(self, leaf: Leaf, state: State, now: int) -> tuple[Trilean, int]:
        """Return the truth of a leaf on a state, and when it has to be asked again."""
        function = self._functions.get(leaf)
        if function is None:
            function = self._functions[leaf] = self.compiled.condition(leaf)
        return function(state, now)

    def _leaf(self, leaf: Leaf) -> LeafNode:
        truth, wake = self.ask(leaf, self.state.fork(), self.now)
        verdict, why, stale_since = self._verdict(leaf, truth)
        readings, noted = read(self.state, self.events, leaf, self.now, self.words)
        changes_at, becomes = self._change(leaf, verdict, wake)
        return LeafNode(
            self.words.leaf(leaf),
            truth,
            verdict,
            why or (noted if truth is not True else None),
            readings,
            changes_at,
            becomes,
            stale_since,
            leaf,
            leaf.place,
        )

    def _verdict(self, leaf: Leaf, truth: Trilean) -> tuple[Verdict, Sentence | None, int | None]:
        if truth is not None:
            return verdict_of(truth), None, None
        return unknown_verdict(self.state, leaf, self.ask(leaf, hopeful(self.state), self.now)[0], self.now)

    def _change(self, leaf: Leaf, verdict: Verdict, wake: int) -> tuple[int | None, Verdict | None]:
        """Return when the leaf's verdict changes if nothing happens, and to what."""
        ahead: State | None = None
        for _ in range(_MOST_LOOKS):
            # what the leaf rests on may happen by itself too: an event that becomes so, a clock that such one starts
            wake = min(wake, (ahead or self.state).pending)
            if wake >= NEVER:
                return None, None
            ahead = ahead or self.state.fork()
            advance(ahead, self.events, wake)
            ahead.time = wake
            truth, following = self.ask(leaf, ahead, wake)
            then = verdict_of(truth)
            if truth is None:
                then = unknown_verdict(ahead, leaf, self.ask(leaf, hopeful(ahead), wake)[0], wake)[0]
            if then is not verdict:
                return wake, then
            wake = following
        return None, None


def hopeful(state: State) -> State:
    """Return the state as if nothing had happened beyond the watermarks."""
    fork = state.fork()
    fork.watermarks = {}
    return fork


def verdict_of(truth: Trilean) -> Verdict:
    """Return a truth as a word."""
    return Verdict.UNKNOWN if truth is None else Verdict.TRUE if truth else Verdict.FALSE


def unknown_verdict(
    state: State, leaf: Leaf, otherwise: Trilean, now: int
) -> tuple[Verdict, Sentence | None, int | None]:
    """Return why a leaf is unknown; `otherwise` is what it would be if nothing had happened beyond the watermarks."""
    if otherwise is not None:
        behind = sorted((through, source) for source, through in state.watermarks.items() if through < now)
        said: list[str | int] = []
        for through, source in behind:
            said += [", " if said else "", f"`{source}` is known completely only up to ", through]
        said.append(f"; as far as is known it is {'true' if otherwise else 'false'}")
        return Verdict.NOT_YET_KNOWN, tuple(said), None
    for path in _paths(leaf):
        if state.is_stale(path, now):
            return Verdict.STALE, (f"the last value of {path} is too old to count",), state.stale_at[path]
    return Verdict.UNKNOWN, None, None


def _paths(leaf: Leaf) -> tuple[str, ...]:
    match leaf:
        case FactTest(path, SameAs(other)):
            return (path.text, other.text)
        case FactTest(path):
            return (path.text,)
        case _:
            return ()
