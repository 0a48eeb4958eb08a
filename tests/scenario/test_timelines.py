"""What timelines can say: late news, imports, incomplete histories, links, releases, quotas, other subjects."""

from pathlib import Path

import pytest

from casewarden.report.scenarios import render_file
from casewarden.scenario.suite import Suite

HERE = Path(__file__).resolve().parent


@pytest.mark.parametrize("path", sorted((HERE / "timelines").glob("*.test.yaml")), ids=lambda path: path.stem)
def test_every_scenario_holds_and_plays_the_same_twice(path: Path) -> None:
    first, second = Suite(with_coverage=True).run(path), Suite().run(path)
    assert all(outcome.passed for outcome in first.outcomes), render_file(first)
    assert first.outcomes == second.outcomes
