"""Tests of a ruleset played on variations of it: opened once, changed, compiled, and the wanted tests played.

Deleting what a clause cites, mutating comparisons and other readings all ask the same: which tests would notice?
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from casewarden.decide import Compiled, compile_ruleset
from casewarden.ruleset.diagnostics import Diagnostic, Diagnostics, Level
from casewarden.ruleset.document import Document, read_file
from casewarden.ruleset.load import NOTHING, Result, load_document, open_file
from casewarden.ruleset.readings import other_readings, with_reading
from casewarden.ruleset.variation import Edit, varied
from casewarden.scenario.fitting import fitted
from casewarden.scenario.play import Outcome, play
from casewarden.scenario.scenario import Scenario, ScenarioFile
from casewarden.worktime.zones import zone


class RefusedError(Exception):
    """The checker refuses the ruleset as it is varied; `problem` is the first error that it tells."""

    def __init__(self, problem: Diagnostic) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Trial:
    """One test of one file."""

    file: ScenarioFile
    scenario: Scenario


def trials(files: Iterable[ScenarioFile]) -> tuple[Trial, ...]:
    """All tests of these files, in order."""
    return tuple(Trial(file, scenario) for file in files for scenario in file.scenarios)


@dataclass(frozen=True, slots=True)
class Base:
    """A ruleset that was opened, to be varied; it can be handed to other processes."""

    document: Document
    path: Path

    @staticmethod
    def open(path: Path) -> "tuple[Base | None, Diagnostics]":
        """Open a ruleset's file with all that it includes; None where that cannot be done."""
        diagnostics = Diagnostics()
        document = open_file(path, read_file, diagnostics)
        return (None if document is None else Base(document, path)), diagnostics

    def load(self, edits: Iterable[Edit], readings: Mapping[str, str] = NOTHING) -> Result:
        """The ruleset with the edits made, read as by `load`; the edits are of what the readings leave."""
        document = self.document
        for reading in other_readings(self.document):
            if readings.get(reading.interpretation) == reading.key.text:
                document = with_reading(document, reading)
        return load_document(varied(document, edits), self.path, read_file, Diagnostics())

    def varied(self, edits: Iterable[Edit]) -> "Base":
        """The base with edits made, to be varied further."""
        return Base(varied(self.document, edits), self.path)

    def compiled(self, edits: Iterable[Edit], readings: Mapping[str, str] = NOTHING) -> Compiled:
        """The ruleset with the edits made, ready to decide; RefusedError where the checker refuses it."""
        ruleset, found = self.load(edits, readings)
        if ruleset is None:
            raise RefusedError(next(item for item in found.items if item.level is Level.ERROR))
        return compile_ruleset(ruleset)


@dataclass(slots=True)
class Variation:
    """A base with edits: compiled once for each reading that tests ask for, when the first test asks for it."""

    base: Base
    edits: tuple[Edit, ...]
    _compiled: dict[tuple[tuple[str, str], ...], Compiled] = field(default_factory=dict)

    def compiled(self, readings: Mapping[str, str] = NOTHING) -> Compiled:
        """The ruleset as it is varied, ready to decide; RefusedError where the checker refuses it."""
        key = tuple(sorted(readings.items()))
        ready = self._compiled.get(key)
        if ready is None:
            ready = self._compiled[key] = self.base.compiled(self.edits, readings)
        return ready

    def play(self, trial: Trial) -> Outcome:
        """Play one test, read for the ruleset as it is, on the variation.

        What it expects of elements that the variation lacks is among the mismatches. RefusedError as above.
        """
        compiled = self.compiled(trial.scenario.reading)
        here = zone(trial.file.zone)
        fit = fitted(trial.scenario, compiled.ruleset, here)
        outcome = play(compiled, fit.scenario, here)
        mismatches = tuple(sorted((*fit.missing, *outcome.mismatches), key=lambda one: one.place))
        return replace(outcome, scenario=trial.scenario, mismatches=mismatches)

    def outcomes(self, tests: Iterable[Trial]) -> Iterator[Outcome]:
        """Play tests one after the other, as far as the caller goes; RefusedError as above."""
        return map(self.play, tests)
