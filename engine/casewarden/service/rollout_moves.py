"""What moves of one subject when it is decided by other rules, the sums of it, and why."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from casewarden.decide import Compiled
from casewarden.decide.explain import ClockExplained, RuleExplained, explain_clock, explain_rule
from casewarden.model.decision import ClockInstance, ClockState, Decision
from casewarden.model.event import Event
from casewarden.model.subject import Subject
from casewarden.report.live.rollout_plan import Act, CaseMoves, Counted, Days, Deadline, Level, Moved, Run
from casewarden.scenario.outcome import CaseOutcome, differences
from casewarden.worktime.zones import zone


@dataclass(slots=True)
class Sums:
    """What moves, counted over all subjects; `terms` how many cases each revision binds, `moved` every subject."""

    cases: int = 0
    others: int = 0
    deadlines: Counter[tuple[str, str]] = field(default_factory=Counter)
    runs: Counter[Run] = field(default_factory=Counter)
    severities: Counter[Level] = field(default_factory=Counter)
    true_already: Counter[str] = field(default_factory=Counter)
    at_once: Counter[Act] = field(default_factory=Counter)
    not_taken: Counter[Act] = field(default_factory=Counter)
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    terms: Counter[str] = field(default_factory=Counter)
    moved: list[CaseMoves] = field(default_factory=list)

    def take(self, kind: str, terms: str, moves: CaseMoves) -> None:
        """Add what moves of one subject of a kind, which a revision binds."""
        if kind == "case":
            self.cases += 1
            self.terms[terms] += 1
        else:
            self.others += 1
        if moves.is_nothing:
            return
        self.moved.append(moves)
        for one in moves.deadlines:
            self.deadlines[one.clock, "otherwise" if one.by is None else "later" if one.by > 0 else "earlier"] += 1
        self.runs.update(moves.runs)
        if moves.severity is not None:
            self.severities[moves.severity] += 1
        self.true_already.update(moves.true_already)
        self.at_once.update(moves.at_once)
        self.not_taken.update(moves.not_taken)
        for days in moves.credits:
            self.before[days.credit] += days.before
            self.after[days.credit] += days.after

    def deadlines_moved(self) -> tuple[Moved, ...]:
        """How many runs of each clock move, and which way."""
        ways = ("earlier", "later", "otherwise")
        clocks = sorted({clock for clock, _ in self.deadlines})
        return tuple(Moved(clock, *(self.deadlines[clock, way] for way in ways)) for clock in clocks)

    def days(self) -> tuple[Days, ...]:
        """Days of each credit that changes, of the cases in which it does."""
        return tuple(Days(name, self.before[name], self.after[name]) for name in sorted({*self.before, *self.after}))


def counted(counts: Counter[str] | Counter[Run] | Counter[Level] | Counter[Act]) -> tuple[Counted, ...]:
    """Counts as rows, the most frequent first."""
    rows: Iterable[tuple[str | Run | Level | Act, int]] = counts.items()
    return tuple(Counted(number, of) for of, number in sorted(rows, key=lambda row: (-row[1], str(row[0]))))


def moves(subject: str, before: Decision, after: Decision, true: Iterable[str], local: str) -> CaseMoves:
    """What comes otherwise in one decision than in another, on the same subject at the same instant.

    `true` are the rules that are true only by the later revision, and so do nothing.
    """
    was, is_ = CaseOutcome(), CaseOutcome()
    was.take(before)
    is_.take(after)
    done, other = _actions(before), _actions(after)
    days, other_days = was.credit_days, is_.credit_days
    return CaseMoves(
        subject,
        before.at,
        deadlines=tuple(_deadlines(was, is_)),
        runs=tuple(_runs(was, is_)),
        severity=None if before.severity == after.severity else Level(before.severity, after.severity),
        true_already=tuple(dict.fromkeys(true)),
        at_once=tuple(other[key] for key in other if key not in done),
        not_taken=tuple(done[key] for key in done if key not in other),
        credits=tuple(
            Days(name, days[name], other_days[name])
            for name in sorted(days.keys() | other_days.keys())
            if days[name] != other_days[name]
        ),
        words=tuple(differences(was, is_, zone(local))),
    )


def _deadlines(was: CaseOutcome, is_: CaseOutcome) -> Iterator[Deadline]:
    for run, clock in was.clocks.items():
        if run in is_.clocks and clock.due != is_.clocks[run].due:
            before, after = clock.due, is_.clocks[run].due
            yield Deadline(*run, before, after, None if before is None or after is None else after - before)


def _runs(was: CaseOutcome, is_: CaseOutcome) -> Iterator[Run]:
    for run in dict.fromkeys((*was.clocks, *is_.clocks)):
        before, after = _state(was.clocks.get(run)), _state(is_.clocks.get(run))
        if before != after:
            yield Run(run[0], before, after)


def _state(run: ClockInstance | None) -> str:
    return "not begun" if run is None or run.state is ClockState.WAITING else run.state.value.replace("_", " ")


def _actions(decision: Decision) -> dict[str, Act]:
    return {action.key: Act(action.rule, action.kind) for action in decision.actions}


def explained(compiled: Compiled, subject: Subject, moves: CaseMoves) -> ClockExplained | RuleExplained | None:
    """Why it comes so: the clock that moves most, else the rule; None where this revision has neither."""
    ruleset = compiled.ruleset
    for name in [*(one.element for one in moves.words if one.element is not None), *moves.true_already]:
        clock = ruleset.credits[name].clock if name in ruleset.credits else name
        if clock in ruleset.clocks:
            return explain_clock(compiled, subject, moves.at, ruleset.clocks[clock])
        if name in ruleset.rules:
            return explain_rule(compiled, subject, moves.at, ruleset.rules[name], _nothing_more, moves.at)
    return None


def _nothing_more(events: Sequence[Event], until: int) -> Iterator[Decision]:  # noqa: ARG001
    """What comes after now is not looked at."""
    return iter(())
