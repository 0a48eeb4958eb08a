"""Many tickets, one defect: it is filed once, and each case is told once what becomes of it."""

from collections.abc import Callable

import pytest

from linked.conftest import DEFECT, STATUS
from support.across import Across
from support.zendesk.state import AGENT

CASES = 20


def _release(world: Across) -> None:
    world.jira.state.versions["500"] = {
        "id": "500", "name": "9.1", "released": False, "releaseDate": None, "project": "ENG",
    }  # fmt: skip
    world.jira.bodies.versions["500"] = "9.1"


@pytest.fixture
def crowd(begin: Callable[..., Across]) -> tuple[Across, list[str]]:
    """Twenty tickets; from one the defect is filed, by the others an agent names it."""
    world = begin()
    tickets = [world.zendesk.open_ticket(f"Export fails, told by {number}") for number in range(CASES)]
    world.zendesk.update(int(tickets[0]), AGENT, {"tags": ["product_defect"]})
    world.pass_time(10)
    (defect,) = world.defects
    for ticket in tickets[1:]:
        known = [{"id": DEFECT, "value": defect.key}]
        world.zendesk.update(int(ticket), AGENT, {"tags": ["product_defect"], "custom_fields": known})
    world.pass_time(10)
    return world, tickets


def test_twenty_tickets_have_one_defect_and_each_is_told_once_that_it_is_released(
    crowd: tuple[Across, list[str]],
) -> None:
    world, tickets = crowd
    (defect,) = world.defects
    assert len(defect.remote) == CASES, "the defect points to every ticket"
    assert [world.custom(ticket, STATUS) for ticket in tickets] == ["df_filed"] * CASES
    _release(world)
    fixed = {"status": "Resolved", "resolution": "Done", "fixVersions": ["500"]}
    world.jira.happening.change(defect.id, fixed, by="dev")
    world.pass_time(10)
    assert [world.custom(ticket, STATUS) for ticket in tickets] == ["df_fixed"] * CASES
    assert not any(world.replies(ticket) for ticket in tickets)
    world.jira.state.versions["500"]["released"] = True
    world.pass_time(10)
    world.restart()
    world.pass_time(30)
    assert [len(world.replies(ticket)) for ticket in tickets] == [1] * CASES
    assert [world.custom(ticket, STATUS) for ticket in tickets] == ["df_released"] * CASES
    assert len(world.defects) == 1
    assert world.problems() == []


def test_a_defect_that_is_put_off_shows_in_every_ticket_and_no_customer_is_told(
    crowd: tuple[Across, list[str]],
) -> None:
    world, tickets = crowd
    (defect,) = world.defects
    world.jira.happening.change(defect.id, {"status": "Resolved", "resolution": "Won't Do"}, by="dev")
    world.pass_time(10)
    assert [world.custom(ticket, STATUS) for ticket in tickets] == ["df_deferred"] * CASES
    assert {world.zendesk.state.tickets[int(ticket)]["status"] for ticket in tickets} == {"open"}
    assert not any(world.replies(ticket) for ticket in tickets)


def test_a_ticket_that_joins_late_is_shown_how_its_defect_stands(crowd: tuple[Across, list[str]]) -> None:
    world, _ = crowd
    (defect,) = world.defects
    world.jira.happening.change(defect.id, {"status": "In Progress"}, by="dev")
    world.pass_time(60)
    late = world.zendesk.open_ticket("Export fails here, too")
    world.zendesk.update(int(late), AGENT, {"custom_fields": [{"id": DEFECT, "value": defect.key}]})
    world.pass_time(15)
    assert world.custom(late, STATUS) == "df_in_progress"


def test_a_defect_that_nobody_has_is_put_before_a_person(begin: Callable[..., Across]) -> None:
    world = begin()
    ticket = world.zendesk.open_ticket("Export fails")
    world.zendesk.update(int(ticket), AGENT, {"custom_fields": [{"id": DEFECT, "value": "ENG-999"}]})
    world.pass_time(15)
    assert world.done("link") == [("join_defect", "tracker", "rejected")], world.attempts
