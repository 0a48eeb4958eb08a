"""Each system is away for hours while the others go on: nothing is lost or doubled, and all catch up."""

from collections.abc import Callable

import pytest

from linked.conftest import CORE, STATUS
from support.across import Across, Letterbox
from support.zendesk.state import AGENT


@pytest.mark.parametrize("away", ["desk", "tracker", "mail"])
def test_a_system_that_is_away_for_hours_catches_up(
    begin: Callable[..., Across], letters: Letterbox, away: str
) -> None:
    world = begin()
    zendesk, jira = world.zendesk, world.jira
    known = zendesk.open_ticket("Export fails")
    zendesk.update(int(known), AGENT, {"tags": ["product_defect"]})
    world.pass_time(10)
    (defect,) = world.defects

    world.goes_down(away)
    jira.happening.change(defect.id, {"status": "In Progress"}, by="dev")
    zendesk.update(int(known), AGENT, {"custom_fields": [{"id": CORE, "value": "core_down"}]})
    new = zendesk.open_ticket("Import fails")
    zendesk.update(int(new), AGENT, {"tags": ["product_defect"]})
    world.pass_time(60, every=15)
    zendesk.comment(new, "Are you there?")
    world.restart()
    world.pass_time(120, every=15)
    if away != "desk":
        # What needs the other two only goes on meanwhile
        assert (world.custom(known, STATUS) == "df_in_progress") is (away == "mail")
        assert (len(world.defects) == 2) is (away == "mail")
    assert not letters.taken

    world.comes_back()
    world.pass_time(120, every=15)
    assert world.custom(known, STATUS) == "df_in_progress"
    assert world.custom(new, STATUS) == "df_filed"
    assert sorted(one.fields["summary"] for one in world.defects) == ["Export fails", "Import fails"]
    assert defect.fields["priority"] == "Highest"
    assert [one.content["who"] for one in letters.taken.values()] == ["engineering"]
    assert [event.data["text"] for event in world.log(f"case:{new}") if event.kind == "message"] == [
        "Import fails",
        "Are you there?",
    ]
    assert {state for *_, state in world.done("set", "link", "notify")} == {"applied"}
    assert world.problems() == []
