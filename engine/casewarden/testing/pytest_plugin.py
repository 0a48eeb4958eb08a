"""The pytest plugin: collects `*.test.yaml` files of scenario tests, one item for each test.

Registered as `casewarden`. Nothing of the engine is imported before such a file is found, and files that do not begin
as scenario tests are left to others. `pytest -p no:casewarden` turns it off.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from casewarden.scenario.play import Outcome
    from casewarden.scenario.scenario import Scenario, ScenarioFile
    from casewarden.scenario.suite import Suite

_SUFFIX = ".test.yaml"
_HEAD = b"casewarden_test:"
_LOOKED_AT = 65_536  # bytes: the head comes first, after comments at most


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "ScenarioTestFile | None":
    """Take files that say in their first lines that they are scenario tests."""
    if not file_path.name.endswith(_SUFFIX) or not _is_ours(file_path):
        return None
    return ScenarioTestFile.from_parent(parent, path=file_path)


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return any(line.startswith(_HEAD) for line in stream.read(_LOOKED_AT).splitlines())
    except OSError:
        return False


class ScenarioTestFile(pytest.File):
    """One file of scenario tests."""

    def collect(self) -> Iterator["ScenarioItem"]:
        """Yield an item for each test; a file that cannot be read is an error of collection with its diagnostics."""
        from casewarden.report.diagnostics import render_text  # noqa: PLC0415  # nothing is loaded without such files
        from casewarden.scenario.read_scenario import load_scenarios  # noqa: PLC0415
        from casewarden.scenario.suite import Suite  # noqa: PLC0415

        file, diagnostics = load_scenarios(self.path)
        if file is None:
            raise self.CollectError(render_text(diagnostics))
        suite = Suite()
        for scenario in file.scenarios:
            yield ScenarioItem.from_parent(self, name=scenario.name, file=file, scenario=scenario, suite=suite)


class ScenarioItem(pytest.Item):
    """One scenario test."""

    def __init__(self, *, file: "ScenarioFile", scenario: "Scenario", suite: "Suite", **rest: Any) -> None:
        super().__init__(**rest)
        self._file = file
        self._scenario = scenario
        self._suite = suite

    def runtest(self) -> None:
        """Play the test."""
        outcome = self._suite.play(self._file, self._scenario)
        if not outcome.passed:
            raise ScenarioFailed(outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show expected against actual as `casewarden test` does; anything else is a mistake of ours."""
        from casewarden.report.scenarios import render_failure  # noqa: PLC0415

        if isinstance(excinfo.value, ScenarioFailed):
            return render_failure(excinfo.value.outcome)
        return super().repr_failure(excinfo, style=style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The test's place: file, line from 0, and name."""
        return self.path, self._scenario.place.line - 1, self.name


class ScenarioFailed(Exception):  # noqa: N818  # it is not an error: the test says no
    """A scenario test whose expectations do not all hold."""

    def __init__(self, outcome: "Outcome") -> None:
        super().__init__(outcome.scenario.name)
        self.outcome = outcome
