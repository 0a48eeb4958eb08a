"""A ruleset made ready to decide: readers, matchers, steps in order, and one generated function for its rules."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import islice

from casewarden.decide import leaves, steps
from casewarden.decide.accounts import quota_candidates
from casewarden.decide.clock_inputs import Circumstances, ClockInputs
from casewarden.decide.clock_terms import ClockTerms
from casewarden.decide.clocks import Run, runs
from casewarden.decide.codegen import Generator, RecordingFunction, RulesFunction, leaves_of
from casewarden.decide.contract import contract_terms
from casewarden.decide.enforced import enforced
from casewarden.decide.entries import Marks, Matcher, matcher, names_own
from casewarden.decide.facts import Reader, reader
from casewarden.decide.leaves import LeafFunction
from casewarden.decide.severity import Classifier
from casewarden.decide.spans import Span, Spans
from casewarden.decide.state import State
from casewarden.decide.trilean import NEVER, Trilean
from casewarden.model.decision import ClockInstance, ClockState
from casewarden.model.event import Json
from casewarden.ruleset.catalogue import GIVEN_EVENTS, GIVEN_PATHS
from casewarden.ruleset.syntax import Clock, FieldType, QueueWord, Rule, Ruleset
from casewarden.ruleset.terms import (
    AllOf,
    AnyOf,
    Becomes,
    ClockTurns,
    Condition,
    Entry,
    EventTerm,
    FactTest,
    Given,
    Happened,
    InstantOf,
    Leaf,
    LinksTest,
    Moment,
    NoClock,
    NoDueTime,
    Since,
    Target,
    Until,
    Value,
)
from casewarden.worktime import Calendar

_CLOCK_MOMENTS = (Moment.DUE, Moment.STARTED, Moment.STOPPED)


class Compiled:
    """One ruleset ready to decide. Made once, shared by all cases; nothing in it changes afterwards."""

    def __init__(self, ruleset: Ruleset, speaks_of: str = "case") -> None:
        self.ruleset = ruleset = enforced(ruleset)
        self._parts: dict[str, Compiled] = {}
        self.terms = ClockTerms(ruleset)
        self.calendars = self.terms.calendars
        self.spans = Spans(self.calendars, self.terms.zone, ruleset.defaults.days, ruleset.defaults.boundary)
        self._readers = self._make_readers()
        self._aliases = {
            alias: plan.name for plan in ruleset.plans.values() for alias in (plan.name, *plan.also_called)
        }
        self.fresh: dict[str, Span] = {
            path: self.spans.of(field.fresh_for) for path, field in ruleset.fields.items() if field.fresh_for
        }
        self.confirmed = {
            path: frozenset(field.confirmed_by) for path, field in ruleset.fields.items() if field.confirmed_by
        }
        self.when_missing: dict[str, Value] = {
            path: field.when_missing for path, field in ruleset.fields.items() if field.when_missing is not None
        }
        if ruleset.defaults.plan is not None:
            self.when_missing["case.plan"] = ruleset.defaults.plan

        self.events = self._all_terms()
        self.tracks = 0
        self._track_of: dict[Leaf, int] = {}
        self._generator = Generator(self.leaf, frozenset(self.fresh))
        self._visited: set[str] = set()
        self.steps: list[steps.Step] = []
        self.classifier = Classifier(ruleset.severity, frozenset(self.fresh)) if ruleset.severity else None
        self.matchers: dict[str, list[tuple[str, Matcher, bool]]] = {}

        self.rules: tuple[Rule, ...] = tuple(rule for rule in ruleset.rules.values() if rule.about == speaks_of)
        self.rule_digests = {rule.name: digest_of(rule) for rule in self.rules}
        self.conditions = tuple((rule, rule.when) for rule in self.rules if rule.each is None and rule.when is not None)
        self.standing = tuple(rule for rule, _ in self.conditions)
        self.repeating = frozenset(index for index, rule in enumerate(self.standing) if rule.repeat is not None)
        self._single: dict[int, LeafFunction] = {}
        self.clocks_of = {rule.name: _clocks_of(rule) for rule in self.rules}
        self.standing_index = {rule.name: index for index, rule in enumerate(self.standing)}
        self.scope = tuple((name, self.condition(reason.when)) for name, reason in ruleset.scope.items())
        if self.scope:  # after the events and clocks that it rests on, before all that may ask for it
            self.steps.append(steps.scope(self.scope))
        self._order_steps(speaks_of)
        applies = ruleset.applies_to if speaks_of == "case" else None
        self.governs = None if applies is None else self.condition(applies)
        self.guards = {name: self.condition(guard.condition) for name, guard in ruleset.guards.items()}
        self.work_order: tuple[QueueWord | LeafFunction, ...] = tuple(
            item if isinstance(item, str) else self.condition(item)
            for item in (() if ruleset.queue is None else ruleset.queue.order)
        )
        self.clock_events = {name: (c.starts, c.stops, c.counts_from) for name, c in ruleset.clocks.items()}
        self.waiting = {
            name: ClockInstance(name, 0, None, ClockState.WAITING, owner=clock.owner)
            for name, clock in ruleset.clocks.items()
        }

    def about(self, kind: str, subject: str) -> "Compiled":
        """Return the part of the ruleset that speaks of this kind of subject: cases, customers or a service."""
        if kind == "case":
            return self
        word = "customer" if kind == "account" else f"service.{subject.partition(':')[2]}"
        part = self._parts.get(word)
        if part is None:
            part = self._parts[word] = Compiled(_part(self.ruleset, word), word)
        return part

    # -- functions of conditions

    @cached_property
    def _rules(self) -> RulesFunction:
        return self._generator.rules([condition for _, condition in self.conditions])

    @cached_property
    def recording(self) -> RecordingFunction:
        """The generated function that also notes what each standing rule and leaf said."""
        return self._generator.recording([condition for _, condition in self.conditions])

    def matching(self, state: State, now: int) -> tuple[list[int], int]:
        """Return the indices of the standing rules that are true, and when one of them can change by itself."""
        hits: list[int] = []
        wake = self._rules(state, now, hits.append)
        hits.sort()
        return hits, wake

    def ask_rules(self, state: State, now: int, active: set[int]) -> tuple[list[tuple[int, bool]], int]:
        """Return the standing rules that have something to do, by index, and when one of them can change by itself.

        (index, True): it turned true, or is true and repeats; (index, False): it was active and turned false.
        """
        hits, wake = self.matching(state, now)
        out = [(index, True) for index in hits if index not in active or index in self.repeating]
        if active:
            out.extend((index, False) for index in active.difference(hits) if self.truth(index, state, now) is False)
            out.sort()
        return out, wake

    def truth(self, index: int, state: State, now: int) -> Trilean:
        """Return what the condition of one standing rule says."""
        ask = self._single.get(index)
        if ask is None:
            ask = self._single[index] = self._generator.condition(self.conditions[index][1])
        return ask(state, now)[0]

    @cached_property
    def each_when(self) -> dict[str, LeafFunction]:
        """The conditions of rules that wait for events."""
        return {rule.name: self.condition(rule.when) for rule in self.rules if rule.each and rule.when}

    def track_of(self, leaf: FactTest) -> int | None:
        """Return where the state keeps since when a test that must hold for a span has been true."""
        return self._track_of.get(_unplaced(leaf))

    def condition(self, condition: Condition) -> LeafFunction:
        """Return the function of a condition; the spans that it must hold are tracked from now on."""
        self._visit_condition(condition)
        return self._generator.condition(condition)

    def follows(self, leaf: Leaf) -> bool:
        """Whether states made so far know since when a leaf holds, where it must hold for a span."""
        return not isinstance(leaf, FactTest) or leaf.held is None or _unplaced(leaf) in self._track_of

    def leaf(self, leaf: Leaf) -> LeafFunction:
        """Return the function of a leaf that needs asking."""
        match leaf:
            case Since():
                return leaves.since(leaf, self.spans)
            case Until():
                return leaves.until(leaf, self.spans)
            case Happened():
                return leaves.happened(leaf, self.spans)
            case LinksTest():
                return leaves.links(leaf)
            case FactTest():
                inner = self._inner(leaf)
                return (
                    inner
                    if leaf.held is None
                    else leaves.held(leaf, inner, self.spans, self._track_of[_unplaced(leaf)])
                )

    def _inner(self, leaf: FactTest) -> LeafFunction:
        parts = leaf.path.text.split(".")
        match parts[0]:
            case "clock":
                return leaves.clock_used(leaf) if len(parts) == 3 else leaves.clock_state(leaf)
            case "guard":
                return leaves.asked(leaf, lambda state, now: self.guard_word(state, parts[1], now))
            case "channel":
                return leaves.asked(leaf, lambda state, now: (self.channel_word(state, parts[1]), NEVER))  # noqa: ARG005
            case "quota":
                return leaves.asked(leaf, self._quota(parts))
            case _:
                return leaves.fact(leaf, self.spans)

    # -- what the state asks

    def read(self, path: str, raw: Json) -> Value | None:
        """Return the typed value of an observed one; None where it does not fit the declared type."""
        if raw is None:
            return None
        if path == "case.plan" and isinstance(raw, str):
            return self._aliases.get(raw)
        known = self._readers.get(path)
        if known is None:
            return raw if isinstance(raw, str | bool | int) else None
        return known(raw)

    def own_calendar(self, contract: str | None, plan: Value | None, severity: Value | None) -> Calendar:
        """Return what `business` stands for: the contract's calendar, else the plan's, else the default."""
        if contract is not None:
            return self.calendars[contract]
        known = self.ruleset.plans.get(str(plan)) if plan is not None else None
        if known is None:
            return self.terms.default
        if isinstance(known.calendar, str):
            return self.calendars[known.calendar]
        return self.calendars[known.calendar.get(str(severity), self.ruleset.defaults.calendar)]

    def contract_changed(self, state: State, at: int) -> None:
        """Read the contract's own terms anew."""
        state.contract_history.append((at, contract_terms(self.ruleset, state.contract_facts)))

    def derive_runs(self, state: State, name: str) -> tuple[Run, ...]:
        """Return the runs of a clock from what the log says."""
        clock = self.ruleset.clocks[name]
        found = state.occurrences
        inputs = ClockInputs(
            clock=clock,
            around=self.circumstances(state),
            starts=[(o.at, o.key) for o in islice(found.get(clock.starts, ()), None if clock.each_time else 1)],
            counts_from=None if clock.counts_from is None else [o.at for o in found.get(clock.counts_from, ())],
            stops=Marks(found.get(clock.stops, ())),
            pauses=state.pauses.get(name, ()),
            applies=state.applies.get(name, ()),
        )
        return runs(inputs, self.terms)

    def circumstances(self, state: State) -> Circumstances:
        """Return what is known of a case around its clocks."""
        return Circumstances(
            severity=state.severity_history,
            plan=state.plan_history,
            contract=state.contract_history,
            classified=state.classified,
            reopens=state.reopens,
            releases=state.releases,
            over=self.quota_target(state),
            cancelled=state.ended,
            watermark=state.complete_through,
        )

    def guard_word(self, state: State, name: str, now: int) -> tuple[Value | None, int]:
        """Return forbids, allows, or None while the guard's condition is not known."""
        truth, wake = self.guards[name](state, now)
        return (None if truth is None else "forbids" if truth else "allows"), wake

    def channel_word(self, state: State, name: str) -> Value | None:
        """Return whether the case's plan includes the channel; None where the cell is not known."""
        included = self.ruleset.channels[name].included
        if included == "all":
            return "included"
        if included == "unknown":
            return None
        if included == "per_contract":
            return _contracted_channel(state, name)
        plan = state.values.get("case.plan")
        if plan is None:
            return None
        if not isinstance(included, Mapping):
            return "included" if plan in included else "not_included"
        match included[str(plan)]:
            case "yes":
                return "included"
            case "no":
                return "not_included"
            case "per_contract":
                return _contracted_channel(state, name)
            case "unknown":
                return None

    def _quota(self, parts: list[str]) -> "leaves.AskState":
        name = parts[1]
        if len(parts) == 3:
            return lambda state, now: self._granted(state, name, "left", now)
        return lambda state, now: self._granted(state, name, "word", now)

    @staticmethod
    def _granted(state: State, name: str, what: str, now: int) -> tuple[Value | None, int]:
        granted = state.granted.get(name)
        if granted is None:
            return None, NEVER
        value, ends = granted.get(what), granted.get("window_ends")
        wake = ends if what == "left" and isinstance(ends, int) else NEVER
        if not isinstance(value, str | int) or now >= wake:
            return None, NEVER
        return value, wake

    def quota_target(self, state: State) -> Target | None:
        """Return the word that replaces the targets of a case beyond its quota, if any."""
        for name, quota in self.ruleset.quotas.items():
            granted = state.granted.get(name)
            if granted is not None and granted.get("word") == "over" and quota.over != "unchanged":
                return NoDueTime(quota.over) if quota.over == "best_effort" else NoClock(quota.over)
        return None

    # -- order

    def _all_terms(self) -> dict[str, EventTerm]:
        return {**GIVEN_EVENTS, **{name: decl.term for name, decl in self.ruleset.events.items()}}

    def _order_steps(self, speaks_of: str) -> None:
        for clock in self.ruleset.clocks.values():
            self._visit_clock(clock.name)
        for credit_clock in self.ruleset.credits.values():
            self._visit_clock(credit_clock.clock)
        for quota in self.ruleset.quotas.values() if speaks_of == "case" else ():
            self._visit_event(quota.counts)
            ask = None if quota.counts_if is None else self.condition(quota.counts_if)
            self.steps.append(steps.candidates(quota_candidates(quota.name), quota.counts, ask, own=True))
        for rule in self.rules:
            if rule.when is not None:
                self._visit_condition(rule.when)
            if rule.repeat is not None and rule.repeat.reset_by is not None:
                self._visit_event(rule.repeat.reset_by)
        for rule in self.rules:
            if rule.each is not None:
                self._visit_event(rule.each)
                ask = None if rule.when is None else self.condition(rule.when)
                own = self._speaks_of_own(rule.each)
                self.steps.append(steps.candidates(rule.name, rule.each, ask, own=own))

    def _speaks_of_own(self, name: str) -> bool:
        match self.events[name]:
            case Entry() as entry:
                return names_own(entry)
            case AnyOf(parts) | AllOf(names=parts):
                return any(self._speaks_of_own(part) for part in parts)
            case _:
                return True

    def _visit_event(self, name: str) -> None:
        if name in self._visited:
            return
        self._visited.add(name)
        term = self.events[name]
        match term:
            case Entry(kinds):
                for kind in kinds:
                    self.matchers.setdefault(kind, []).append((name, matcher(term), names_own(term)))
            case AnyOf(parts):
                for part in parts:
                    self._visit_event(part)
                self.steps.append(steps.any_of_events(name, parts))
            case AllOf(parts, within, ordered):
                for part in parts:
                    self._visit_event(part)
                span = None if within is None else self.spans.of(within)
                self.steps.append(steps.all_of_events(name, parts, span, ordered=ordered))
            case Becomes(condition):
                self.steps.append(steps.becomes(name, self.condition(condition)))
            case ClockTurns(clock, turn):
                self._visit_clock(clock)
                self.steps.append(steps.clock_turns(name, clock, turn))
            case Given():
                pass  # the classifier gives them

    def _visit_clock(self, name: str) -> None:
        if f"clock {name}" in self._visited:
            return
        self._visited.add(f"clock {name}")
        clock: Clock = self.ruleset.clocks[name]
        for event in (clock.starts, clock.stops, clock.counts_from):
            if event is not None:
                self._visit_event(event)
        if clock.pauses_while is not None:
            self.steps.append(steps.pauses(name, self.condition(clock.pauses_while)))
        if clock.applies_if is not None:
            self.steps.append(steps.applies(name, self.condition(clock.applies_if)))

    def _visit_condition(self, condition: Condition) -> None:
        for leaf in leaves_of(condition):
            for kind, name in _names(leaf):
                if kind == "event":
                    self._visit_event(name)
                elif kind == "clock":
                    self._visit_clock(name)
                else:
                    self._visit_condition(self.ruleset.guards[name].condition)
            if isinstance(leaf, FactTest) and leaf.held is not None:
                key = _unplaced(leaf)
                if key not in self._track_of:
                    self._track_of[key] = self.tracks
                    self.tracks += 1
                    self.steps.append(steps.held_since(self._track_of[key], self._inner(leaf)))

    def _make_readers(self) -> dict[str, Reader]:
        found = {path: reader(kind, of) for path, (kind, of) in GIVEN_PATHS.items()}
        levels = tuple(self.ruleset.severity.levels) if self.ruleset.severity else ()
        if levels:
            found["case.severity"] = found["case.reported_severity"] = reader(FieldType.CHOICE, levels)
        found["case.commitment"] = reader(FieldType.TEXT)
        for path, field in self.ruleset.fields.items():
            found[path] = reader(field.type, field.of)
        return found


def _part(ruleset: Ruleset, word: str) -> Ruleset:
    """The ruleset without what only cases have; an account keeps the quotas, which it grants."""
    quotas = ruleset.quotas if word == "customer" else {}
    return replace(
        ruleset,
        severity=None,
        clocks={},
        credits={},
        quotas=quotas,
        guards={},
        scope={},
        intake={},
        channels={},
        queue=None,
    )


def _clocks_of(rule: Rule) -> tuple[str, ...]:
    """The clocks that a rule speaks of, in the order of its condition."""
    found = leaves_of(rule.when) if rule.when is not None else []
    return tuple(name for leaf in found for kind, name in _names(leaf) if kind == "clock")


def _unplaced(leaf: FactTest) -> Leaf:
    return FactTest(leaf.path, leaf.test, leaf.held)


def _names(leaf: Leaf) -> Iterator[tuple[str, str]]:
    """What a leaf speaks of: events, clocks and guards, by name."""
    match leaf:
        case Happened(event=event, since=start):
            yield "event", event
            if start is not None:
                yield from _of_instant(start)
        case Since(instant=instant) | Until(instant=instant):
            yield from _of_instant(instant)
        case FactTest(path=path):
            if path.root in ("clock", "guard"):
                yield path.root, path.text.split(".")[1]
        case LinksTest():
            pass


def _of_instant(instant: InstantOf) -> Iterator[tuple[str, str]]:
    if instant.moment in _CLOCK_MOMENTS:
        yield "clock", instant.name
    elif instant.moment is not Moment.AT:
        yield "event", instant.name


def digest_of(rule: Rule) -> str:
    """Return the identity of what a rule asks: a rule with another condition begins anew, with a baseline."""
    return hashlib.sha256(repr((rule.name, rule.when, rule.each, rule.about)).encode()).hexdigest()[:16]


def compile_ruleset(ruleset: Ruleset) -> Compiled:
    """Return the ruleset ready to decide."""
    return Compiled(ruleset)


def _contracted_channel(state: State, name: str) -> Value | None:
    """Whether the contract includes a channel; None where it says nothing of channels."""
    said = state.contract_facts.get("contract.channels")
    return None if not isinstance(said, list) else "included" if name in said else "not_included"
