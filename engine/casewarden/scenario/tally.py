"""What many runs come to, as counts that add up: bounded in size whatever the number of cases."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Final

from casewarden.decide.accounts import CLAIMED, GRANTED
from casewarden.model.decision import ClockInstance, ClockState
from casewarden.ruleset.syntax import Ruleset
from casewarden.scenario.hours import calendar_name, open_time
from casewarden.scenario.run import Run
from casewarden.worktime import Calendar

QUARTER: Final = 15 * 60 * 1_000_000
MOST_QUARTERS: Final = 4 * 24 * 400
Compared = Mapping[str, tuple[str, ...]]
"""The clocks that each recorded value is held against."""

STOPPED: Final = frozenset({ClockState.MET, ClockState.MISSED})


@dataclass(slots=True)
class Tally:
    """Counts over runs; `merge` adds two up.

    - `clocks`: (clock, month of its start as YYYY-MM, state at the end), runs of the clock
    - `by_severity`: (clock, severity in force or "-", state at the end)
    - `lengths`: (clock, met or missed, open quarters of an hour to the stop), pauses left out
    - `targets`: (clock, target in words), runs
    - `firings`: rule; `actions`: (rule, kind); `withheld`: (rule, why); `alerts`: kind; `corrections`: kind
    - `ledger`: (name, state), days of credits, and how often quotas were claimed and granted
    - `recorded`: (name, clock, what the source recorded, what the clock's last run says)
    """

    subjects: int = 0
    cases: int = 0
    decisions: int = 0
    broken_off: int = 0
    clocks: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    by_severity: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    lengths: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    targets: Counter[tuple[str, str]] = field(default_factory=Counter)
    firings: Counter[str] = field(default_factory=Counter)
    actions: Counter[tuple[str, str]] = field(default_factory=Counter)
    withheld: Counter[tuple[str, str]] = field(default_factory=Counter)
    alerts: Counter[str] = field(default_factory=Counter)
    corrections: Counter[str] = field(default_factory=Counter)
    ledger: Counter[tuple[str, str]] = field(default_factory=Counter)
    recorded: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)

    def merge(self, other: "Tally") -> None:
        """Add another tally."""
        for part in fields(self):
            mine, theirs = getattr(self, part.name), getattr(other, part.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            else:
                setattr(self, part.name, mine + theirs)

    def states(self, clock: str) -> Counter[str]:
        """The states at the end of all runs of a clock."""
        found: Counter[str] = Counter()
        for (name, _, state), count in self.clocks.items():
            if name == clock:
                found[state] += count
        return found


class Counting:
    """Counts runs under one ruleset."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._ruleset = ruleset
        self._calendar = Calendar.of(ruleset.calendars[ruleset.defaults.calendar].spec)

    def count(
        self, run: Run, recorded: Mapping[str, str], compared: Mapping[str, tuple[str, ...]], tally: Tally
    ) -> None:
        """Add one run. `compared` names the clocks that each recorded value is held against."""
        tally.subjects += 1
        tally.cases += run.subject.kind == "case"
        tally.decisions += len(run.decisions)
        tally.broken_off += run.broken_off is not None
        self._happenings(run, tally)
        last = run.last
        if last is None:
            return
        name = calendar_name(self._ruleset, last)
        calendar = Calendar.of(self._ruleset.calendars[name].spec)
        newest: dict[str, ClockInstance] = {}
        for clock in last.clocks:
            self._clock(run, clock, calendar, tally)
            newest[clock.clock] = clock
        for source, said in sorted(recorded.items()):
            for wanted in compared.get(source, ()):
                clock_run = newest.get(wanted)
                state = "not started" if clock_run is None else clock_run.state.value
                tally.recorded[(source, wanted, said, state)] += 1

    def _happenings(self, run: Run, tally: Tally) -> None:
        planned: set[str] = set()
        posted: dict[str, tuple[str, str, int]] = {}
        for decision in run.decisions:
            for edge in decision.edges:
                if edge.rises and not (edge.baseline or edge.silent):
                    tally.firings[edge.rule] += 1
            for action in decision.actions:
                if action.key not in planned:
                    planned.add(action.key)
                    tally.actions[(action.rule, action.kind)] += 1
            for one in decision.withheld:
                tally.withheld[(one.rule, one.why)] += 1
            for alert in decision.alerts:
                tally.alerts[alert.kind] += 1
            for correction in decision.corrections:
                tally.corrections[correction.kind] += 1
            for entry in decision.ledger:
                of_quota = entry.state in (CLAIMED, GRANTED)  # a grant's amount is the place in its window
                posted[entry.key] = (entry.name, entry.state, 1 if of_quota else entry.amount)
        for name, state, amount in posted.values():
            tally.ledger[(name, state)] += amount

    def _clock(self, run: Run, clock: ClockInstance, calendar: Calendar, tally: Tally) -> None:
        state = clock.state.value
        month = "-" if clock.started is None else self._month(clock.started)
        tally.clocks[(clock.clock, month, state)] += 1
        tally.by_severity[(clock.clock, clock.severity or "-", state)] += 1
        if clock.target is not None:
            tally.targets[(clock.clock, clock.target)] += 1
        took = open_time(run, clock, calendar) if clock.state in STOPPED else None
        if took is not None:
            tally.lengths[(clock.clock, state, min(took // QUARTER, MOST_QUARTERS))] += 1

    def _month(self, at: int) -> str:
        return f"{datetime.fromtimestamp(at // 1_000_000, UTC).astimezone(self._calendar.tz):%Y-%m}"
