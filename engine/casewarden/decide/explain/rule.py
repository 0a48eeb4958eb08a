"""Why a rule fired, why it did not, and when it would."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from casewarden.decide.compile import Compiled
from casewarden.decide.entries import Occurrence
from casewarden.decide.explain.changes import Change, Changer, placed
from casewarden.decide.explain.failing import Need, first_failing, smallest_sets
from casewarden.decide.explain.firings import Firing, firings
from casewarden.decide.explain.moments import Spell, spells, state_of
from casewarden.decide.explain.readings import Sentence
from casewarden.decide.explain.sources import Source, event_of_occurrence
from casewarden.decide.explain.tree import LeafNode, Look, Node, leaf_nodes
from casewarden.decide.state import State
from casewarden.decide.trilean import Trilean
from casewarden.model.decision import Decision
from casewarden.model.event import Event
from casewarden.model.subject import Subject
from casewarden.ruleset.able import Instead
from casewarden.ruleset.syntax import Rule

# What comes after the instant explained: decisions at all later instants up to a last one, if these events happen.
Onward = Callable[[Sequence[Event], int], Iterator[Decision]]

_MOST_TRIED: Final = 16
_MOST_TOLD: Final = 4
_MOST_OCCURRENCES: Final = 20


@dataclass(frozen=True, slots=True)
class WhyNot:
    """What keeps a condition from being true: the first leaf that fails, and when all the others held.

    `others_held` is the last spell up to the instant explained in which the condition would have been true if only
    that leaf had been as wanted; None: there was none.
    """

    need: Need
    leaf: LeafNode
    others_held: Spell | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Changes, right after the instant explained, with which the rule fires: tried out, so `fires_at` is what happens.

    `fires_at` is None where one of the changes cannot be tried from here: then the condition needs them, and no more
    is said. `at_once` marks a firing at the changes themselves.
    """

    changes: tuple[Change, ...]
    fires_at: int | None
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """An occurrence that a rule with `each` waits for: what its condition was then, and whether the rule fired."""

    at: int
    source: Source | None
    truth: Trilean
    fired: bool
    own: bool = False


@dataclass(frozen=True, slots=True)
class RuleExplained:
    """A rule on a subject at an instant.

    `tree` is its condition now; `why_not` is there while that is not true; `blocked` says what else keeps the rule
    from firing. `by_time` is the instant at which it fires if nothing else happens, looked for up to `horizon`.
    `instead` is there where the sidecar has it do its `if_unsupported`, by what the connectors of now can do.
    """

    subject: str
    at: int
    zone: str
    rule: Rule
    words: str | None
    active: bool
    tree: Node | None
    firings: tuple[Firing, ...]
    why_not: WhyNot | None
    blocked: Sentence | None
    occurrences: tuple[Seen, ...]
    by_time: int | None
    horizon: int
    suggestions: tuple[Suggestion, ...]
    instead: Instead | None = None

    @property
    def fired(self) -> tuple[Firing, ...]:
        """The firings that acted."""
        return tuple(firing for firing in self.firings if not (firing.silent or firing.baseline))


def explain_rule(
    compiled: Compiled, subject: Subject, now: int, rule: Rule, onward: Onward, horizon: int
) -> RuleExplained:
    """Explain a rule on a subject whose log is known up to `now`; `horizon` is the last instant looked at ahead."""
    compiled = compiled.about(subject.kind, subject.id)
    events = tuple(event for event in subject.events if event.at <= now)
    state = state_of(compiled, events, now)
    look = Look(compiled, state, events, now)
    tree = None if rule.when is None else look.tree(rule.when)
    record = state.record(rule.name)
    by_time = _fires(rule.name, onward((), horizon))
    done = firings(compiled, events, rule)
    return RuleExplained(
        subject.id,
        now,
        state.own_calendar().spec.zone,
        rule,
        None if rule.when is None else look.words.condition(rule.when),
        record.active,
        tree,
        done,
        None if tree is None or rule.when is None else _why_not(compiled, events, rule, tree, now),
        _blocked(state, rule, tree, done),
        _occurrences(state, events, rule),
        by_time,
        horizon,
        () if record.disabled or record.active else _suggestions(look, rule, tree, onward, horizon),
    )


def _why_not(compiled: Compiled, events: Sequence[Event], rule: Rule, tree: Node, now: int) -> WhyNot | None:
    need = first_failing(tree)
    if need is None or rule.when is None:
        return None
    found = spells(compiled, events, rule.when, {need.place: need.wanted}, now)
    return WhyNot(need, list(leaf_nodes(tree))[need.place], found[-1] if found else None)


def _blocked(state: State, rule: Rule, tree: Node | None, done: Sequence[Firing]) -> Sentence | None:
    """What keeps a rule from firing although its condition does not."""
    record = state.record(rule.name)
    if state.ended is not None:
        at, reason = state.ended
        return "the case ended at ", at, f" ({reason}), and no rule fires on it any more"
    if record.disabled:
        return ("it is switched off for this subject, because it was part of a loop",)
    if rule.limit is not None and _counted(state, rule) >= rule.limit.times:
        per = "" if rule.limit.per is None else f" in {rule.limit.per}"
        times = "one firing" if rule.limit.times == 1 else f"{rule.limit.times} firings"
        return (f"its limit of {times}{per} is reached",)
    if record.active:
        last = done[-1] if done else None
        since = record.risen_at if record.risen_at is not None else state.opened_at
        if last is not None and last.baseline:
            return "it was true already at first sight at ", since, ", which is no edge; it fires after it was false"
        if rule.repeat is not None:
            return (
                "it has been active since ",
                since,
                f" and fires again every {str(rule.repeat.every).removeprefix('1 ')}",
            )
        return "it fired at ", since, " and does so again only after its condition was false"
    if tree is not None and tree.truth is True and rule.each is None:
        return ("its condition is true, and it has not been decided since",)
    return None


def _counted(state: State, rule: Rule) -> int:
    """How many firings count against the rule's limit at present."""
    fired = state.record(rule.name).fired
    if rule.limit is None or rule.limit.per is None:
        return len(fired)
    span = state.compiled.spans.of(rule.limit.per)
    return sum(span.later(instant, state.own_calendar) >= state.time for instant in fired)


def _occurrences(state: State, events: Sequence[Event], rule: Rule) -> tuple[Seen, ...]:
    if rule.each is None:
        return ()
    asked = {occurrence.key: truth for occurrence, truth in state.candidates.get(rule.name, ())}
    fired = state.record(rule.name).events

    def seen(occurrence: Occurrence) -> Seen:
        key = occurrence.key
        source = event_of_occurrence(events, occurrence)
        return Seen(occurrence.at, source, asked.get(key), key in fired, occurrence.own and key not in asked)

    return tuple(seen(one) for one in state.occurrences.get(rule.each, ())[-_MOST_OCCURRENCES:])


def _fires(rule: str, decisions: Iterator[Decision]) -> int | None:
    """Return when a rule fires first in what comes."""
    for decision in decisions:
        if any(edge.rule == rule and edge.rises and not (edge.silent or edge.baseline) for edge in decision.edges):
            return decision.at
    return None


def _suggestions(look: Look, rule: Rule, tree: Node | None, onward: Onward, horizon: int) -> tuple[Suggestion, ...]:
    """Try the smallest sets of changes; told are those with which the rule fires, smallest first."""
    found: list[Suggestion] = []
    untried: list[Suggestion] = []
    known: list[frozenset[int]] = []
    for wanted in _alternatives(look, rule, tree):
        places = frozenset(change.place for change in wanted)
        changes = tuple({change.words: change for change in wanted}.values())  # one event may serve several leaves
        events = placed(changes, look)
        if events == [] or any(tried == places for tried in known):
            continue  # time alone is told apart; one way to make the same leaves true is enough
        if events is None:
            untried.append(Suggestion(changes, None))
            continue
        fires_at = _fires(rule.name, onward(events, horizon))
        if fires_at is not None:
            known.append(places)
            found.append(Suggestion(changes, fires_at, at_once=fires_at == events[0].at))
        if len(found) >= _MOST_TOLD:
            break
    tried = {frozenset(change.place for change in one.changes) for one in found}
    rest = [one for one in untried if frozenset(change.place for change in one.changes) not in tried]
    return (*found, *rest[: max(0, _MOST_TOLD - len(found))])


def _alternatives(look: Look, rule: Rule, tree: Node | None) -> list[tuple[Change, ...]]:
    """Return sets of changes that would do, those with the fewest first."""
    changer = Changer(look)
    each: tuple[Change, ...] = ()
    if rule.each is not None:
        each = (Change(f"{rule.each} happens", changer.happening(rule.each), place=1 << 30),)
    if tree is None or tree.truth is True:
        return [each] if each else []
    leaves = list(leaf_nodes(tree))
    found: list[tuple[Change, ...]] = []
    for needs in smallest_sets(tree):
        ways: list[tuple[Change, ...]] = [()]
        for need in needs:
            options = changer.changes(leaves[need.place], need)
            ways = [(*way, option) for way in ways for option in options][:_MOST_TRIED]
        found += [(*way, *each) for way in ways]
    found.sort(key=lambda changes: sum(change.events != () for change in changes))
    return found[: _MOST_TRIED * 2]
