"""One case through its life in Zendesk, Jira and mail, by the example's own configuration and rules."""

from collections.abc import Callable

from linked.conftest import CORE, STATUS
from support.across import Across, Letterbox
from support.zendesk.state import AGENT


def test_a_case_is_filed_raised_fixed_released_and_its_customer_told_once(
    begin: Callable[..., Across], letters: Letterbox
) -> None:
    world = begin(judged=True)
    zendesk, jira = world.zendesk, world.jira
    ticket = zendesk.open_ticket("Export fails")
    world.pass_time(10)
    assert world.defects == []

    zendesk.update(int(ticket), AGENT, {"tags": ["product_defect"]})
    world.pass_time(10)
    (defect,) = world.defects
    assert defect.fields["summary"] == "Export fails"
    assert world.custom(ticket, STATUS) == "df_filed"
    assert list(defect.remote) == [f"casewarden=case:{ticket}"]

    zendesk.update(int(ticket), AGENT, {"custom_fields": [{"id": CORE, "value": "core_down"}]})
    world.pass_time(10)
    assert defect.fields["priority"] == "Highest"
    assert [one.content["who"] for one in letters.taken.values()] == ["engineering"]

    jira.happening.change(defect.id, {"status": "In Progress"}, by="dev")
    world.pass_time(10)
    assert world.custom(ticket, STATUS) == "df_in_progress"

    jira.state.versions["500"] = {"id": "500", "name": "9.1", "released": False, "releaseDate": None, "project": "ENG"}
    jira.bodies.versions["500"] = "9.1"
    fixed = {"status": "Resolved", "resolution": "Done", "fixVersions": ["500"]}
    jira.happening.change(defect.id, fixed, by="dev")
    world.pass_time(10)
    assert world.custom(ticket, STATUS) == "df_fixed"
    assert world.replies(ticket) == []

    jira.state.versions["500"]["released"] = True
    world.pass_time(10)
    assert world.custom(ticket, STATUS) == "df_released"
    assert len(world.replies(ticket)) == 1
    assert zendesk.state.tickets[int(ticket)]["status"] == "pending"

    world.restart()
    world.pass_time(60)
    assert len(world.replies(ticket)) == 1
    assert len(world.defects) == 1
    assert {state for *_, state in world.done("set", "link", "reply", "notify")} == {"applied"}
    assert world.problems() == []
