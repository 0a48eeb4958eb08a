"""What a replay came to: as a JSON object, and as tables on the terminal."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from casewarden.model.decision import ClockState
from casewarden.model.instants import iso
from casewarden.report.tally_words import counted, held_back, posted
from casewarden.scenario.replay import Part
from casewarden.scenario.rows import Fate

if TYPE_CHECKING:
    from rich.console import Console

_GOING_ON = (ClockState.RUNNING, ClockState.PAUSED)


@dataclass(frozen=True, slots=True)
class Heading:
    """What was replayed: the ruleset by name and digest, the history by name, how, and up to when; clocks in order."""

    ruleset: str
    digest: str
    history: str
    mode: str
    until: int | None = None
    clocks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClockSum:
    """How the runs of one clock ended; `not_started` counts cases in which it never began, which are no runs."""

    clock: str
    runs: int
    met: int
    missed: int
    going_on: int
    not_applicable: int
    cancelled: int
    not_started: int

    @property
    def share_met(self) -> float | None:
        """The share met of those that were met or missed."""
        done = self.met + self.missed
        return self.met / done if done else None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a clock compares with what the source recorded: counts by what it recorded and what the clock says."""

    recorded: str
    clock: str
    both_met: int
    both_missed: int
    only_recorded_met: int
    only_clock_met: int
    no_answer: int

    @property
    def total(self) -> int:
        """All cases of which the source recorded something."""
        return self.both_met + self.both_missed + self.only_recorded_met + self.only_clock_met + self.no_answer

    @property
    def agree(self) -> int:
        """The cases of which both say the same."""
        return self.both_met + self.both_missed


def in_order(names: Iterable[str], heading: Heading) -> list[str]:
    """Clock names in the order of the ruleset, those that it does not know last."""
    known = {name: place for place, name in enumerate(heading.clocks)}
    return sorted(set(names), key=lambda name: (known.get(name, len(known)), name))


def clock_sums(heading: Heading, part: Part) -> list[ClockSum]:
    """One line a clock, in the order of the ruleset."""
    found: list[ClockSum] = []
    for clock in in_order((name for name, _, _ in part.tally.clocks), heading):
        states = part.tally.states(clock)
        found.append(
            ClockSum(
                clock,
                states.total() - states[ClockState.WAITING],
                states[ClockState.MET],
                states[ClockState.MISSED],
                sum(states[state] for state in _GOING_ON),
                states[ClockState.NOT_APPLICABLE],
                states[ClockState.CANCELLED],
                states[ClockState.WAITING],
            )
        )
    return found


def agreements(part: Part) -> list[Agreement]:
    """One line for each recorded value and clock that it is held against."""
    found: list[Agreement] = []
    counts = part.tally.recorded
    for name, clock in sorted({(name, clock) for name, clock, _, _ in counts}):

        def count(said: str, state: str, pair: tuple[str, str] = (name, clock)) -> int:
            return counts[(*pair, said, state)]

        both_met, both_missed = count("met", "met"), count("missed", "missed")
        only_recorded, only_clock = count("met", "missed"), count("missed", "met")
        total = sum(number for key, number in counts.items() if key[:2] == (name, clock))
        rest = total - both_met - both_missed - only_recorded - only_clock
        found.append(Agreement(name, clock, both_met, both_missed, only_recorded, only_clock, rest))
    return found


def as_json(heading: Heading, part: Part, files: dict[str, str]) -> dict[str, Any]:
    """The summary as a JSON object; `files` names what was written."""
    rows, tally = part.rows, part.tally
    return {
        "ruleset": heading.ruleset,
        "digest": heading.digest,
        "history": heading.history,
        "mode": heading.mode,
        "until": None if heading.until is None else iso(heading.until),
        "rows": {
            "total": rows.total,
            **{fate.name.lower(): rows.fates[fate] for fate in Fate},
            "refused_by": dict(sorted(rows.by_reason.items())),
        },
        "problems": {f"{code} {level.value}": number for (code, level), number in sorted(rows.problems.items())},
        "events": rows.events,
        "subjects": tally.subjects,
        "cases": tally.cases,
        "decisions": tally.decisions,
        "broken_off": tally.broken_off,
        "clocks": [
            {
                "clock": one.clock,
                "runs": one.runs,
                "met": one.met,
                "missed": one.missed,
                "going_on": one.going_on,
                "not_applicable": one.not_applicable,
                "cancelled": one.cancelled,
                "not_started": one.not_started,
            }
            for one in clock_sums(heading, part)
        ],
        "actions": [
            {"rule": rule, "kind": kind, "count": number} for (rule, kind), number in sorted(tally.actions.items())
        ],
        "withheld": [
            {"rule": rule, "why": why, "count": number} for (rule, why), number in sorted(tally.withheld.items())
        ],
        "alerts": dict(sorted(tally.alerts.items())),
        "corrections": dict(sorted(tally.corrections.items())),
        "ledger": [
            {"name": name, "state": state, "amount": amount} for (name, state), amount in sorted(tally.ledger.items())
        ],
        "recorded": [
            {
                "recorded": one.recorded,
                "clock": one.clock,
                "cases": one.total,
                "agree": one.agree,
                "both_met": one.both_met,
                "both_missed": one.both_missed,
                "only_recorded_met": one.only_recorded_met,
                "only_clock_met": one.only_clock_met,
                "no_answer": one.no_answer,
            }
            for one in agreements(part)
        ],
        "files": files,
    }


def print_summary(console: "Console", heading: Heading, part: Part) -> None:
    """The summary as tables."""
    rows, tally = part.rows, part.tally
    until = "" if heading.until is None else f", decided up to {iso(heading.until)}"
    _line(console, f"{heading.ruleset} over {heading.history}, as {heading.mode}{until}")
    fates = ", ".join(f"{rows.fates[fate]:,} {fate.value}" for fate in Fate if rows.fates[fate])
    _line(console, f"{counted(rows.total, 'row')}: {fates or 'none'}")
    counts = ((tally.cases, "case"), (rows.events, "event"), (tally.decisions, "decision"))
    _line(console, ", ".join(counted(number, unit) for number, unit in counts))
    if tally.broken_off:
        _line(console, f"{counted(tally.broken_off, 'case')} cut short (CW815)")
    _print_clocks(console, heading, part)
    _print_actions(console, part)
    _print_rest(console, part)


def _line(console: "Console", text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _print_clocks(console: "Console", heading: Heading, part: Part) -> None:
    from rich.table import Table  # noqa: PLC0415  # heavy, and only for people
    from rich.text import Text  # noqa: PLC0415

    rows = []
    for one in clock_sums(heading, part):
        share = "-" if one.share_met is None else f"{100 * one.share_met:.1f}%"
        counts = (one.runs, one.met, one.missed, one.going_on, one.not_applicable, one.not_started)
        rows.append([one.clock, *(f"{count:,}" for count in counts), share])
    if not rows:
        return
    table = Table(title="Clocks", title_justify="left")
    names = ("clock", "runs", "met", "missed", "running", "n/a", "not begun", "% met")
    for name, cells in zip(names, zip(*rows, strict=True), strict=True):
        if name == "clock":
            table.add_column(name, overflow="fold")
        else:  # in a narrow terminal headings and names are folded, numbers never
            table.add_column(name, justify="right", overflow="fold", min_width=max(map(len, cells)))
    for row in rows:
        table.add_row(
            *(Text(cell, style="red" if place == 3 and cell != "0" else "") for place, cell in enumerate(row))
        )
    console.print(table)


def _print_actions(console: "Console", part: Part) -> None:
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    if not part.tally.actions:
        return
    table = Table(title="Actions by rule", title_justify="left")
    for name in ("rule", "fired", "actions"):
        is_number = name == "fired"
        table.add_column(name, justify="right" if is_number else "left", no_wrap=is_number, overflow="fold")
    for rule in sorted({rule for rule, _ in part.tally.actions}):
        kinds = sorted((kind, number) for (name, kind), number in part.tally.actions.items() if name == rule)
        said = ", ".join(f"{number:,} {kind}" for kind, number in kinds)
        table.add_row(Text(rule), f"{part.tally.firings[rule]:,}", Text(said))
    console.print(table)


def _print_rest(console: "Console", part: Part) -> None:
    tally = part.tally
    withheld = held_back(tally)
    if withheld:
        _line(console, f"held back: {withheld}")
    for what, counts in (("alerts", tally.alerts), ("corrections", tally.corrections)):
        if counts:
            said = ", ".join(f"{number:,} {kind.replace('_', ' ')}" for kind, number in sorted(counts.items()))
            _line(console, f"{what}: {said}")
    for name, state, amount in posted(tally):
        _line(console, f"ledger: {name} {state}, {amount}")
    for one in agreements(part):
        share = 100 * one.agree / one.total
        _line(
            console,
            f"{one.recorded} as recorded against {one.clock}: {one.agree:,} of {one.total:,} agree ({share:.1f}%); "
            f"{one.only_recorded_met:,} only recorded as met, {one.only_clock_met:,} only met by the clock",
        )
