"""Readings that differ in the order of work alone are told by what the queue sorts a case by."""

from pathlib import Path

from click.testing import CliRunner

from casewarden.cli import app
from support.small import text_of

QUEUE = """
severity: {clause: [S], levels: {1: High, 2: Low}, until_classified: reported, hit: first, otherwise: person,
           table: [{when: {case.core: down}, gives: 1}]}
queue: {clause: [S], interpretation: [O], order: [severity, opened]}
interpretations:
  O: {reading: graver first, by: lead, decided: 2026-01-12, reason: the lead said so,
      others: {first_come: {queue/order: [opened]}}}
"""


def test_another_order_of_work_is_told(tmp_path: Path) -> None:
    (tmp_path / "alone.yaml").write_text(text_of(QUEUE))
    (tmp_path / "alone.test.yaml").write_text(
        "casewarden_test: 1\nruleset: alone.yaml\nzone: Europe/Zurich\ntests:\n  down:\n    given: {case.core: down}\n"
        "    timeline: [{at: Wed 2026-07-15 16:00, opened: {by: customer}, expect: {case.severity: 1}}]\n"
    )
    result = CliRunner().invoke(app, ["lint", str(tmp_path), "--diverge"])
    assert "its place in the queue, by: 1, Wed 2026-07-15 16:00 or Wed 2026-07-15 16:00" in result.output
