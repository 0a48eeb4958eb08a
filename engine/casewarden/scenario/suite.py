"""Running files of tests: each ruleset compiled once, each test played, what it exercised kept."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from casewarden.decide import Compiled, compile_ruleset
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.files import is_folder
from casewarden.ruleset.syntax import Ruleset
from casewarden.scenario.coverage import Coverage
from casewarden.scenario.play import Outcome, play
from casewarden.scenario.read_scenario import SUFFIX, load_scenarios
from casewarden.scenario.scenario import Scenario, ScenarioFile
from casewarden.worktime.zones import zone


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What came of one file: its tests' outcomes, or none where it could not be read."""

    path: Path
    file: ScenarioFile | None
    outcomes: tuple[Outcome, ...] = ()


@dataclass(slots=True)
class Suite:
    """Plays files of tests one after the other; several files may test one ruleset.

    `diagnostics` collects what is wrong with the files themselves, `coverage` what the tests exercised, by the
    ruleset's file.
    """

    with_coverage: bool = False
    diagnostics: Diagnostics = field(default_factory=Diagnostics)
    coverage: dict[Path, Coverage] = field(default_factory=dict)
    _compiled: dict[tuple[str, ...], Compiled] = field(default_factory=dict)

    def run(self, path: Path, wanted: Callable[[Scenario], bool] = lambda _: True) -> FileOutcome:
        """Play the wanted tests of a file."""
        file, diagnostics = load_scenarios(path)
        self.diagnostics.extend(diagnostics)
        if file is None:
            return FileOutcome(path, None)
        outcomes = tuple(self.play(file, scenario) for scenario in file.scenarios if wanted(scenario))
        return FileOutcome(path, file, outcomes)

    def play(self, file: ScenarioFile, scenario: Scenario) -> Outcome:
        """Play one test of a file; what a reading not chosen exercises does not count for coverage."""
        compiled = self._ready(file.ruleset_of(scenario))
        if not self.with_coverage or scenario.reading:
            return play(compiled, scenario, zone(file.zone))
        place = file.ruleset_path.resolve()
        coverage = self.coverage.get(place)
        if coverage is None:
            coverage = self.coverage[place] = Coverage(compiled)
        return play(compiled, scenario, zone(file.zone), coverage.watch)

    def _ready(self, ruleset: Ruleset) -> Compiled:
        key = (ruleset.digest, *ruleset.files)  # places differ between files that say the same
        compiled = self._compiled.get(key)
        if compiled is None:
            compiled = self._compiled[key] = compile_ruleset(ruleset)
        return compiled


def files_of(paths: Iterable[Path]) -> Iterator[Path]:
    """The files of tests at these paths: a file is taken whatever its name, of a folder all `*.test.yaml`, sorted."""
    seen: set[Path] = set()
    for path in paths:
        found = sorted(path.rglob(f"*{SUFFIX}")) if is_folder(path) else [path]
        for file in found:
            if file not in seen:
                seen.add(file)
                yield file
