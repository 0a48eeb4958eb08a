"""What an operator reads of a case over several systems."""

from collections.abc import Callable

from click.testing import CliRunner

from casewarden.cli import app
from support.across import Across
from support.zendesk.state import AGENT


def test_why_a_case_shows_how_its_defect_stands_is_told_with_the_defect_and_its_source(
    begin: Callable[..., Across],
) -> None:
    world = begin()
    ticket = world.zendesk.open_ticket("Export fails")
    world.zendesk.update(int(ticket), AGENT, {"tags": ["product_defect"]})
    world.pass_time(10)
    (defect,) = world.defects
    world.jira.happening.change(defect.id, {"status": "In Progress"}, by="dev")
    world.pass_time(10)

    def told(*command: str) -> str:
        came = CliRunner().invoke(app, [*command, "--config", str(world.file)], env=world.environ)
        assert came.exit_code in (0, 1), came.output
        return came.output

    why = told("explain", ticket, "--rule", "show_in_progress")
    assert "status of ENG-1 is in_progress, linked by agent" in why
    assert "set case.defect_status to in_progress: applied" in why
    whole = told("explain", ticket)
    assert "link defect (a new ticket): applied" in whole
    assert "status of ENG-1 is in_progress" in whole
    assert "watches defect:ENG-1" in told("case", ticket)
    assert "tracker can work" in told("connector", "check", "tracker")
