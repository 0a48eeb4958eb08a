"""The pytest plugin: collects `*.test.yaml` files of scenario tests, and keeps the verdicts of the conformance kit.

Registered as `casewarden`. Nothing of the engine is imported before such a file is found, and files that do not begin
as scenario tests are left to others. `pytest -p no:casewarden` turns it off.
"""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from casewarden.scenario.play import Outcome
    from casewarden.scenario.scenario import Scenario, ScenarioFile
    from casewarden.scenario.suite import Suite
    from casewarden.testing.verdict import Verdict

_SUFFIX = ".test.yaml"
_HEAD = b"casewarden_test:"
_LOOKED_AT = 65_536  # bytes: the head comes first, after comments at most
_VERDICTS = pytest.StashKey[dict[str, tuple[str, "Verdict"]]]()
_OUTCOMES = pytest.StashKey[dict[str, str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the conformance kit."""
    parser.getgroup("casewarden").addoption(
        "--casewarden-verdict",
        action="store_true",
        help="Write kit.json into the package of each connector that keeps all rules of the conformance kit.",
    )


def keep_verdict(session: pytest.Session, test_class: str, package: str, verdict: "Verdict") -> None:
    """Keep what the kit says of a connector until all its rules were tried."""
    if hasattr(session.config, "workerinput"):
        pytest.fail("--casewarden-verdict needs all tests in one process: add `-n 0`", pytrace=False)
    session.config.stash.setdefault(_VERDICTS, {})[test_class] = (package, verdict)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note how each test went, where a verdict is wanted."""
    report = yield
    if item.config.getoption("casewarden_verdict") and (report.when == "call" or report.failed):
        item.config.stash.setdefault(_OUTCOMES, {})[item.nodeid] = report.outcome
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the verdicts on connectors of which every rule was tried and none failed."""
    verdicts = session.config.stash.get(_VERDICTS, {})
    outcomes = session.config.stash.get(_OUTCOMES, {})
    if not verdicts:
        return
    from casewarden.testing.verdict import write  # noqa: PLC0415  # nothing is loaded without a verdict

    for test_class, (package, verdict) in verdicts.items():
        went = {rule: outcomes.get(f"{test_class}::test_rule[{rule}]") for rule in (*verdict.kept, *verdict.left_out)}
        unfit = [rule for rule in verdict.kept if went[rule] != "passed"]
        unfit += [rule for rule in verdict.left_out if went[rule] != "skipped"]
        told = f"not written, for {', '.join(unfit)}" if unfit else f"written to {write(package, verdict)}"
        session.config.get_terminal_writer().line(f"\nverdict on {verdict.connector} {verdict.version}: {told}")


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
