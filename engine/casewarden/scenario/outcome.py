"""What came of one case at its end, and in words what came otherwise under another ruleset or another reading."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from casewarden.decide.work_order import Standing
from casewarden.model.decision import ClockInstance, ClockState, Decision, PlannedAction
from casewarden.scenario.times import shown
from casewarden.worktime.zones import Zone

RunName = tuple[str, int]
"""A run of a clock: the clock's name and the run's number."""

_DERIVED: Final = ("case.scope", "case.excluded_as", "case.intake", "case.commitment", "case.plan")
_DETAIL: Final = ("message", "kind", "who", "reason")


class Weight(IntEnum):
    """What differs, by how much it matters to a customer."""

    ACTION = 1
    FACT = 2
    DUE = 3
    SEVERITY = 4
    STATE = 5
    CREDIT = 6


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that comes out otherwise: what it is, and its two values, in words.

    `element` is the clock, credit or rule that it is about, where it is about one.
    """

    weight: Weight
    what: str
    before: str
    after: str
    unit: str = ""
    element: str | None = None


@dataclass(slots=True)
class CaseOutcome:
    """What came of one case: hand it every decision in order.

    `due` is the last due instant that each run had; `actions` those decided, with when they go out, by key;
    `posted` the credits by key: name, days; `bound` whether the revision binds the case, where somebody asked;
    `place` what the queue sorts the case by when it is first looked at.
    """

    last: Decision | None = None
    due: dict[RunName, int] = field(default_factory=dict)
    actions: dict[str, tuple[int, PlannedAction]] = field(default_factory=dict)
    firings: list[tuple[str, int]] = field(default_factory=list)
    posted: dict[str, tuple[str, int]] = field(default_factory=dict)
    bound: bool | None = None
    place: Standing | None = None

    def take(self, decision: Decision) -> None:
        """Take note of one decision."""
        self.last = decision
        for clock in decision.clocks:
            if clock.due is not None:
                self.due[clock.clock, clock.number] = clock.due
        for edge in decision.edges:
            if edge.rises and not (edge.baseline or edge.silent):
                self.firings.append((edge.rule, edge.at))
        for action in decision.actions:
            at = decision.at if action.deliver_at is None else action.deliver_at
            self.actions.setdefault(action.key, (at, action))
        for entry in decision.ledger:
            if entry.state == "posted":
                self.posted[entry.key] = (entry.name, entry.amount)

    @property
    def clocks(self) -> dict[RunName, ClockInstance]:
        """Every run at the end."""
        return {} if self.last is None else {(clock.clock, clock.number): clock for clock in self.last.clocks}

    @property
    def credit_days(self) -> Counter[str]:
        """Days of credit: posted ones, and what accrues at the end."""
        days: Counter[str] = Counter()
        for name, amount in self.posted.values():
            days[name] += amount
        for entry in self.last.ledger if self.last is not None else ():
            if entry.state == "accruing":
                days[entry.name] += entry.amount
        return days

    @property
    def done(self) -> dict[tuple[str, str], list[int]]:
        """What rules did: by rule and action in words, when."""
        found: dict[tuple[str, str], list[int]] = {}
        for at, action in self.actions.values():
            details = (action.content.get(key) for key in _DETAIL)
            detail = next((str(one) for one in details if one is not None), "")
            found.setdefault((action.rule, f"{action.kind} {detail}".rstrip()), []).append(at)
        return found


def differences(before: CaseOutcome, after: CaseOutcome, local: Zone) -> Iterator[Difference]:
    """What comes otherwise, what matters most to the customer first; instants are told in the zone."""
    yield from _credits(before, after)
    if before.bound != after.bound:
        words = {None: "unknown", True: "binds the case", False: "does not bind the case"}
        yield Difference(Weight.STATE, "the revision", words[before.bound], words[after.bound])
    yield from _states(before, after)
    yield from _severity(before, after)
    yield from _due(before, after, local)
    yield from _facts(before, after)
    if before.place != after.place:
        yield Difference(
            Weight.FACT, "its place in the queue, by", _place(before.place, local), _place(after.place, local)
        )
    yield from _actions(before, after, local)


def _place(place: Standing | None, local: Zone) -> str:
    def word(value: bool | str | int | None) -> str:
        if value is None or isinstance(value, bool):
            return "none" if value is None else "yes" if value else "no"
        return value if isinstance(value, str) else shown(value, local)

    return "nothing" if place is None else ", ".join(word(value) for value in place)


def _credits(before: CaseOutcome, after: CaseOutcome) -> Iterator[Difference]:
    mine, theirs = before.credit_days, after.credit_days
    for name in sorted(mine.keys() | theirs.keys()):
        if mine[name] != theirs[name]:
            what, unit = f"credit `{name}`", " days of credit"
            yield Difference(Weight.CREDIT, what, str(mine[name]), str(theirs[name]), unit, name)


def _states(before: CaseOutcome, after: CaseOutcome) -> Iterator[Difference]:
    mine, theirs = before.clocks, after.clocks
    for run in dict.fromkeys((*mine, *theirs)):
        state, other = _state(mine.get(run)), _state(theirs.get(run))
        if state != other:
            yield Difference(Weight.STATE, _run_text(run), state, other, element=run[0])


def _state(clock: ClockInstance | None) -> str:
    if clock is None:
        return "not started"
    return "not applicable" if clock.state is ClockState.NOT_APPLICABLE else clock.state.value


def _run_text(run: RunName) -> str:
    return f"clock `{run[0]}`" if run[1] == 1 else f"clock `{run[0]}`, run {run[1]}"


def _severity(before: CaseOutcome, after: CaseOutcome) -> Iterator[Difference]:
    mine, theirs = (None if one.last is None else one.last.severity for one in (before, after))
    if mine != theirs:
        yield Difference(Weight.SEVERITY, "severity at the end", mine or "none", theirs or "none")


def _due(before: CaseOutcome, after: CaseOutcome, local: Zone) -> Iterator[Difference]:
    mine, theirs = before.clocks, after.clocks
    for run in dict.fromkeys((*mine, *theirs)):
        due, other = before.due.get(run), after.due.get(run)
        if due != other:
            texts = _due_text(mine.get(run), due, local), _due_text(theirs.get(run), other, local)
            yield Difference(Weight.DUE, f"{_run_text(run)} due", *texts, element=run[0])
        elif due is None and run in mine and run in theirs and mine[run].target != theirs[run].target:
            target, another = ((clocks[run].target or "unknown").replace("_", " ") for clocks in (mine, theirs))
            yield Difference(Weight.DUE, f"{_run_text(run)} target", target, another, element=run[0])


def _due_text(clock: ClockInstance | None, due: int | None, local: Zone) -> str:
    if due is not None:
        return shown(due, local)
    return "never" if clock is None or clock.target is None else f"no due time ({clock.target.replace('_', ' ')})"


def _facts(before: CaseOutcome, after: CaseOutcome) -> Iterator[Difference]:
    for path in _DERIVED:
        mine, theirs = (None if one.last is None else one.last.derived.get(path) for one in (before, after))
        if mine != theirs:
            yield Difference(Weight.FACT, f"`{path}` at the end", _word(mine), _word(theirs))


def _word(value: object) -> str:
    match value:
        case None:
            return "unknown"
        case list():
            return ", ".join(str(item) for item in value) or "none"
        case _:
            return str(value)


def _actions(before: CaseOutcome, after: CaseOutcome, local: Zone) -> Iterator[Difference]:
    mine, theirs = before.done, after.done
    for rule, what in dict.fromkeys((*mine, *theirs)):
        ats, others = mine.get((rule, what), []), theirs.get((rule, what), [])
        text = f"rule `{rule}`: {what}"
        if len(ats) != len(others):
            yield Difference(Weight.ACTION, text, _times(len(ats)), _times(len(others)), element=rule)
        elif ats != others:
            at, other = next((a, b) for a, b in zip(ats, others, strict=True) if a != b)
            yield Difference(Weight.ACTION, f"{text} at", shown(at, local), shown(other, local), element=rule)


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")
