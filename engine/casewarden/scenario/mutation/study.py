"""What the tests of a ruleset exercise, so that each mutant meets first the test that is most likely to notice it."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from casewarden.decide import Compiled, compile_ruleset
from casewarden.decide.leaves import LeafFunction
from casewarden.ruleset.syntax import CalendarDecl, Cited, Ruleset
from casewarden.ruleset.terms import Leaf
from casewarden.scenario.exercise import Exercise
from casewarden.scenario.mutation.amounts import of_amounts
from casewarden.scenario.mutation.calendars import of_calendars
from casewarden.scenario.mutation.conditions import of_conditions
from casewarden.scenario.mutation.mutant import Mutant
from casewarden.scenario.mutation.tables import of_tables
from casewarden.scenario.play import play
from casewarden.scenario.variation import Base, Trial
from casewarden.worktime import Calendar
from casewarden.worktime.spec import Hours
from casewarden.worktime.zones import zone

_DAY = 86_400 * 1_000_000


class _Element(Protocol):
    @property
    def cited(self) -> Cited: ...


@dataclass(frozen=True, slots=True)
class Studied:
    """One test: its number among all, the elements that it exercises, and how often the engine decided in it."""

    number: int
    trial: Trial
    elements: frozenset[str]
    decisions: int
    passed: bool

    @property
    def name(self) -> str:
        """Its name."""
        return self.trial.scenario.name


def study(tests: Sequence[Trial]) -> list[Studied]:
    """Play every test once on the ruleset as it is."""
    ready: dict[tuple[str, ...], Compiled] = {}
    probes: dict[tuple[int, Leaf], LeafFunction] = {}
    found: list[Studied] = []
    for number, trial in enumerate(tests):
        ruleset = trial.file.ruleset_of(trial.scenario)
        key = (ruleset.digest, *ruleset.files)
        compiled = ready.get(key)
        if compiled is None:
            compiled = ready[key] = compile_ruleset(ruleset)
        exercise = Exercise(compiled, trial.scenario, probes)
        outcome = play(compiled, trial.scenario, zone(trial.file.zone), exercise.watch)
        found.append(Studied(number, trial, frozenset(exercise.ids), outcome.decisions, outcome.passed))
    return found


def exercising(studied: Sequence[Studied], mutant: Mutant) -> list[Studied]:
    """The tests that exercise what the mutant is about."""
    return [one for one in studied if mutant.element in one.elements]


def in_order(studied: Sequence[Studied], mutant: Mutant) -> list[int]:
    """The numbers of all tests, those first that exercise the element, and the short ones first among equals."""
    ordered = sorted(studied, key=lambda one: (mutant.element not in one.elements, one.decisions, one.number))
    return [one.number for one in ordered]


def mutants_of(base: Base, ruleset: Ruleset, studied: Sequence[Studied]) -> list[Mutant]:
    """Every mutant of a ruleset, by its place; each id once. What rests on an open reading has none."""
    idle = _not_enforced(ruleset)
    holidays = {name: dict(_holidays(decl, name, studied)) for name, decl in ruleset.calendars.items()}
    days = {name: set(_first_days(decl, name, studied)) for name, decl in ruleset.calendars.items()}
    document = base.document
    found: dict[str, Mutant] = {}
    for source in (
        of_conditions(document),
        of_amounts(document),
        of_tables(document),
        of_calendars(document, holidays, days),
    ):
        for mutant in source:
            if mutant.element not in idle:
                found.setdefault(mutant.id, mutant)
    order: Mapping[str, int] = {file: number for number, file in enumerate(ruleset.files)}
    return sorted(found.values(), key=lambda one: (order.get(one.place.file, 0), one.place, one.id))


def _not_enforced(ruleset: Ruleset) -> frozenset[str]:
    """The elements that rest on a reading that is still open."""
    sections: dict[str, Mapping[str, _Element]] = {
        "rules": ruleset.rules,
        "clocks": ruleset.clocks,
        "credits": ruleset.credits,
        "quotas": ruleset.quotas,
        "guards": ruleset.guards,
        "scope": ruleset.scope,
        "intake": ruleset.intake,
        "channels": ruleset.channels,
    }
    found = {
        f"{section}/{name}"
        for section, elements in sections.items()
        for name, element in elements.items()
        if ruleset.is_open(element.cited)
    }
    if ruleset.severity is not None and ruleset.is_open(ruleset.severity.cited):
        found.add("severity")
    return frozenset(found)


def _instants(trial: Trial) -> list[int]:
    return [step.at for step in trial.scenario.timeline if step.at is not None]


def _holidays(decl: CalendarDecl, name: str, studied: Sequence[Studied]) -> Iterator[tuple[dt.date, Hours]]:
    """The holidays that close a weekday within a test that uses the calendar, each with that weekday's hours."""
    here = zone(decl.spec.zone)
    for one in studied:
        instants = _instants(one.trial)
        if f"calendars/{name}" not in one.elements or not instants:
            continue
        first, last = here.local(instants[0]).date(), here.local(instants[-1]).date()
        for holiday in decl.spec.holidays:
            if first <= holiday.date <= last and holiday.region and decl.spec.weekly[holiday.date.weekday()]:
                yield holiday.date, decl.spec.weekly[holiday.date.weekday()]


def _first_days(decl: CalendarDecl, name: str, studied: Sequence[Studied]) -> Iterator[dt.date]:
    """The open days on which tests begin that use the calendar."""
    calendar = Calendar.of(decl.spec)
    here = zone(decl.spec.zone)
    for one in studied:
        instants = _instants(one.trial)
        if f"calendars/{name}" in one.elements and instants:
            date = here.local(instants[0]).date()
            begin = here.instant(date.toordinal(), 0) * 1_000_000
            if any(calendar.intervals(begin, begin + _DAY)):
                yield date
