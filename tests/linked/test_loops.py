"""Something in a helpdesk undoes what a rule did, each time: it is noticed, counted, stopped, and told."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner

from casewarden.cli import app
from support.across import Across
from support.zendesk.state import AGENT, ROBOT

HOLDS = {
    "rules:\n": "rules:\n"
    "  hold: {clause: [LK-4], priority: -1, when: {case.status: [new, open], links.defect: {some: {status: filed}}}, "
    "then: [{set: {case.status: on_hold}}]}\n"
}
BEGINS = {
    "        fields:\n          links.defect": "        people: {bots: [app]}\n        fields:\n          links.defect",
    "rules:\n": "rules:\n"
    "  begin: {clause: [LK-4], when: {links.defect: {every: {status: filed}}}, "
    "then: [{set: {links.defect.status: in_progress}}]}\n",
}


def _filed(world: Across) -> str:
    ticket = world.zendesk.open_ticket("Export fails")
    world.zendesk.update(int(ticket), AGENT, {"tags": ["product_defect"]})
    return ticket


@pytest.mark.parametrize("minutes", [5, 60])
def test_an_automation_of_zendesk_that_sets_back_what_a_rule_set_is_stopped(
    begin: Callable[..., Across], minutes: int
) -> None:
    world = begin(change=HOLDS)
    ticket, undone = _filed(world), 0
    for _ in range(12):
        world.pass_time(minutes, every=min(15, minutes))
        if world.zendesk.state.tickets[int(ticket)]["status"] == "hold":
            world.zendesk.advance(90)
            world.zendesk.update(int(ticket), ROBOT, {}, rule={"status": "open"})
            undone += 1
    assert undone == 5, "as often as `caps.ping_pong` says"
    observed = [event for event in world.log(f"case:{ticket}") if event.kind == "observed"]
    by = [event.by for event in observed if "case.status" in str(event.data["facts"])]
    assert by.count("ourselves") == 5
    assert by.count("automation") == 5
    (problem,) = world.problems()
    assert problem[0] == "ping_pong"
    assert f"hold changed case:{ticket} 5 times" in problem[1]
    assert "something changes it back each time" in problem[1]


def test_an_automation_of_jira_that_reopens_what_a_rule_began_is_stopped(begin: Callable[..., Across]) -> None:
    world = begin(change=BEGINS)
    ticket, undone = _filed(world), 0
    for _ in range(10):
        world.pass_time(10)
        (defect,) = world.defects
        if defect.fields["status"] == "In Progress":
            world.jira.happening.change(defect.id, {"status": "Open"}, by="app")
            undone += 1
    assert undone == 5
    assert {kind for kind, _ in world.problems()} == {"ping_pong"}
    assert f"begin changed case:{ticket} 5 times" in world.problems()[0][1]
    known = [event for event in world.log(f"case:{ticket}") if event.kind == "linked"]
    assert {event.by for event in known} == {"ourselves", "automation"}


def test_a_trigger_of_zendesk_that_sets_it_back_in_the_same_moment_is_told_at_the_first_write(
    begin: Callable[..., Across],
) -> None:
    world = begin(change=HOLDS)
    world.zendesk.trigger = {"status": "open"}
    _filed(world)
    world.pass_time(60)
    stopped = [message for kind, message in world.problems() if kind in ("rejected", "ping_pong")]
    assert "did not set status" in stopped[0]
    assert len(stopped) <= 6


def test_an_operator_sees_what_goes_round_and_where_it_says_what_to_do(begin: Callable[..., Across]) -> None:
    world = begin(change=HOLDS)
    ticket = _filed(world)
    for _ in range(8):
        world.pass_time(10)
        if world.zendesk.state.tickets[int(ticket)]["status"] == "hold":
            world.zendesk.advance(90)
            world.zendesk.update(int(ticket), ROBOT, {}, rule={"status": "open"})
    assert "casewarden_ping_pong_stops_total 1.0" in world.metrics.exposition().decode()
    told = CliRunner().invoke(app, ["status", "--config", str(world.file)], env=world.environ)
    assert told.exit_code == 1, told.output
    assert "1 rule and a helpdesk undo each other: casewarden obligations" in " ".join(told.output.split())
    listed = CliRunner().invoke(
        app, ["obligations", "--format", "json", "--config", str(world.file)], env=world.environ
    )
    assert "something changes it back each time" in listed.output
