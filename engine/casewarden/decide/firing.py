"""Which rules fire at an instant: rising edges, repetitions, occurrences; with baselines, limits and lateness."""

import bisect
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice

from casewarden.decide.effects import Effects, fire
from casewarden.decide.entries import Occurrence
from casewarden.decide.state import RuleRecord, State
from casewarden.decide.trilean import NEVER, Trilean
from casewarden.model.decision import Edge, Withheld
from casewarden.ruleset.syntax import CatchUp, Repeat, Rule

_MOST_REPETITIONS = 10_000  # in one catch-up: beyond it only the latest is kept


@dataclass(slots=True)
class Round:
    """What one look at all rules found: edges in the rules' order, what they want, when one may change by itself.

    `earlier` names rules that would have risen before now, had all been learnt in time; `late_since` is the instant of
    the first event that was learnt late, None without one. `due`: since when rules that waited for the watermark
    have been true. `fired`: when rules with a limit fired in this round, in order. `awaits`: something waits for the
    watermark still.
    """

    edges: list[Edge] = field(default_factory=list)
    effects: Effects = field(default_factory=Effects)
    wake: int = NEVER
    earlier: AbstractSet[str] = frozenset()
    late_since: int | None = None
    due: Mapping[str, int] = field(default_factory=dict)
    fired: dict[str, list[int]] = field(default_factory=dict)
    awaits: bool = False

    @property
    def is_quiet(self) -> bool:
        """Whether nothing happened."""
        return not (self.edges or self.effects.withheld)


def standing(state: State, out: list[tuple[int, bool]], now: int, found: Round, *, provisional: bool) -> None:
    """Take what the generated function found of the rules that have a condition."""
    for index, is_true in out:
        rule = state.compiled.standing[index]
        record = state.record(rule.name)
        if record.disabled:
            continue
        if not is_true:
            found.edges.append(Edge(rule.name, rises=False, activation=record.activations, at=now))
        elif not record.active:
            _rises(state, rule, record, now, found, provisional=provisional)
        if is_true and rule.repeat is not None and record.active:
            repeats(state, rule, now, found, now, provisional=provisional)


def _rises(state: State, rule: Rule, record: RuleRecord, now: int, found: Round, *, provisional: bool) -> None:
    activation = record.activations + 1
    late = rule.name in found.earlier
    at = now if late else found.due.get(rule.name, now)
    if rule.repeat is not None and not _fires_at_once(state, rule.repeat, at):
        found.edges.append(Edge(rule.name, rises=True, activation=activation, at=at, silent=True))
        found.wake = min(found.wake, _grid(state, rule.repeat, at, at, until=now)[0])
        return
    edge = Edge(rule.name, rises=True, activation=activation, at=at, late=late, provisional=provisional)
    _fires(state, rule, record, edge, now, found, provisional=provisional)
    if rule.repeat is not None:
        found.wake = min(found.wake, _grid(state, rule.repeat, at, at, until=now)[0])


def _fires_at_once(state: State, repeat: Repeat, now: int) -> bool:
    if repeat.first != "at_once":
        return False
    start = None if repeat.start is None else state.fact(repeat.start.text, now)[0]
    return not isinstance(start, int) or start <= now


def repeats(state: State, rule: Rule, now: int, found: Round, known: int | None, *, provisional: bool = False) -> None:
    """Fire the repetitions that fell due since the last one, as far as they are `known` to be right; none where None.

    Say when the next falls due. Where nothing is caught up on, none waits: it goes out at its instant or not at all.
    """
    repeat, record = rule.repeat, state.record(rule.name)
    assert repeat is not None
    risen = record.risen_at if record.risen_at is not None else now
    following, due = _grid(state, repeat, risen, max(risen, record.through), until=now)
    found.wake = min(found.wake, following)
    due = [at for at in due if known is not None and at <= known]
    if repeat.catch_up is CatchUp.LATEST:
        due = due[-1:]
    elif repeat.catch_up is CatchUp.NONE:
        due = [at for at in due if at == now]
    repetition = record.repetitions
    for at in due:
        repetition += 1
        edge = Edge(
            rule.name, rises=True, activation=record.activations, at=at, repetition=repetition, provisional=provisional
        )
        _fires(state, rule, record, edge, now, found, provisional=provisional)


def _grid(state: State, repeat: Repeat, risen: int, after: int, until: int | None = None) -> tuple[int, list[int]]:
    """Return the first due instant after `until` (or after `after`), and those in `(after, until]`.

    Due instants count from the activation, or from the instant at `from`, anew after each reset.
    """
    start = None if repeat.start is None else state.fact(repeat.start.text, after)[0]
    origin = start if isinstance(start, int) and not isinstance(start, bool) else risen
    at_once = repeat.first == "at_once" and repeat.start is not None and origin > risen
    end = after if until is None else until
    if repeat.reset_by is not None:
        resets = state.occurrences.get(repeat.reset_by, ())
        newest = bisect.bisect_right(resets, end, key=_instant) - 1
        if newest >= 0 and resets[newest].at > origin:
            origin, at_once = resets[newest].at, False
    span = state.compiled.spans.of(repeat.every)
    at = origin if at_once else span.later(origin, state.own_calendar)
    if span.microseconds and span.duration.calendar == "elapsed" and at <= after:
        at += (after - at) // span.microseconds * span.microseconds  # plain time: no need to step
    due: list[int] = []
    while at <= end:
        if at > after:
            due.append(at)
            if len(due) > _MOST_REPETITIONS:
                del due[0]
        following = span.later(at, state.own_calendar)
        if following <= at:
            return NEVER, due
        at = following
    return at, due


def _instant(occurrence: Occurrence) -> int:
    return occurrence.at


def _fires(
    state: State, rule: Rule, record: RuleRecord, edge: Edge, now: int, found: Round, *, provisional: bool
) -> None:
    """Fire unless the rule's limit is reached; what that holds back is recorded, never made up."""
    if rule.limit is not None and _at_limit(state, rule, record, edge.at, found):
        per = f" in {rule.limit.per}" if rule.limit.per else ""
        found.effects.withheld.append(Withheld(rule.name, "limit", f"at most {rule.limit.times} times{per}", edge.at))
        found.edges.append(
            Edge(edge.rule, edge.rises, edge.activation, edge.at, edge.repetition, event=edge.event, silent=True)
        )
        return
    found.edges.append(edge)
    if rule.limit is not None:
        bisect.insort(found.fired.setdefault(rule.name, []), edge.at)
    fire(state, rule, edge, now, found.effects, provisional=provisional)


def _at_limit(state: State, rule: Rule, record: RuleRecord, at: int, found: Round) -> bool:
    """Whether the rule fired so often already; the newest firings are looked at first, and no more than needed."""
    assert rule.limit is not None
    here = found.fired.get(rule.name, ())
    if rule.limit.per is None:
        return len(record.fired) + len(here) >= rule.limit.times
    span = state.compiled.spans.of(rule.limit.per)
    recent = 0
    for fired in (record.fired, here):
        for instant in reversed(fired):
            if span.later(instant, state.own_calendar) < at:
                break
            recent += 1
            if recent >= rule.limit.times:
                return True
    return False


def occurrences(state: State, now: int, found: Round, *, provisional: bool) -> None:
    """Fire the rules that wait for events, once for each occurrence at which their condition held."""
    for name, known in state.candidates.items():
        rule = state.compiled.ruleset.rules.get(name)
        if rule is None:  # occurrences that a quota may count
            continue
        record = state.record(name)
        begin = state.settled.get(name, 0)
        if record.disabled or begin == len(known):
            continue
        since = state.rule_since.get(name, state.fresh_since)
        while begin < len(known) and _is_settled(known[begin], record, since):
            begin += 1
        state.settled[name] = begin
        activation = record.activations
        for occurrence, truth in islice(known, begin, None):
            if _is_settled((occurrence, truth), record, since):
                continue
            activation += 1
            late = occurrence.late or (found.late_since is not None and found.late_since <= occurrence.at < now)
            if late and not _still_holds(state, name, now):
                detail = f"{occurrence.key} was learnt of too late, and the condition no longer holds"
                found.effects.withheld.append(Withheld(name, "would_have_fired", detail, occurrence.at))
                found.edges.append(
                    Edge(name, True, activation, occurrence.at, late=True, event=occurrence.key, silent=True)
                )
                continue
            edge = Edge(
                name,
                True,
                activation,
                occurrence.at,
                late=late,
                event=occurrence.key,
                provisional=provisional,
            )
            _fires(state, rule, record, edge, now, found, provisional=provisional)


def _is_settled(candidate: tuple[Occurrence, Trilean], record: RuleRecord, since: int) -> bool:
    """Whether a rule has nothing to do for an occurrence, now and for ever: done, not true then, or a baseline."""
    occurrence, truth = candidate
    return truth is not True or occurrence.at <= since or occurrence.key in record.events


def _still_holds(state: State, name: str, now: int) -> bool:
    ask = state.compiled.each_when.get(name)
    return ask is None or ask(state, now)[0] is True
