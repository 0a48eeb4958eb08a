"""Writes to Jira: what stands afterwards, once, and what is never undone."""

from collections.abc import Mapping

import pytest

from casewarden.model.event import Json
from casewarden.plugin import AlreadyApplied, Applied, Conflict, Rejected, Retry
from connectors.jira.conftest import Desk
from support.jira.state import WORKFLOW

CLOSE: Mapping[str, Json] = {"reason": "resolved"}


def test_a_put_of_a_status_would_be_ignored_so_the_status_goes_by_transitions(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    answer = desk.write(desk.connect(), "set", ticket, {"path": "case.status", "value": "waiting_on_customer"})
    assert isinstance(answer, Applied)
    assert answer.details["statuses"] == ["in progress", "waiting for customer"]
    assert desk.fake.state.issues[ticket].fields["status"] == "Waiting for customer"
    puts = [one for one in desk.fake.requests if one.method == "PUT"]
    assert not puts


def test_the_shortest_way_is_gone_where_issues_show_what_statuses_offer(desk: Desk) -> None:
    for status in WORKFLOW:
        desk.fake.happening.issue("SUP", status, by="customer", status=status)
    ticket = desk.fake.open_ticket("help")
    answer = desk.write(desk.connect(), "close", ticket, CLOSE)
    assert isinstance(answer, Applied)
    assert answer.details["statuses"] == ["in progress", "review", "resolved", "closed"]


def test_the_reason_of_a_closing_becomes_the_resolution(desk: Desk) -> None:
    ticket = desk.fake.happening.issue("SUP", "help", by="customer", status="Resolved").id
    desk.write(desk.connect(reasons={"Won't Do": "declined"}), "close", ticket, {"reason": "declined"})
    assert desk.fake.state.issues[ticket].fields["resolution"] == "Won't Do"


def test_a_reason_that_is_no_resolution_is_told_with_those_that_are(desk: Desk) -> None:
    ticket = desk.fake.happening.issue("SUP", "help", by="customer", status="Resolved").id
    answer = desk.write(desk.connect(), "close", ticket, {"reason": "spam"})
    assert isinstance(answer, Rejected)
    assert "takes no resolution `spam` but `Done`, `Fixed`, `Won't Do`" in answer.reason
    assert desk.fake.state.issues[ticket].fields["status"] == "Resolved"


def test_what_is_not_closed_is_not_reopened(desk: Desk) -> None:
    ticket = desk.fake.happening.issue("SUP", "help", by="customer", status="Waiting for customer").id
    assert isinstance(desk.write(desk.connect(), "reopen", ticket, {}), AlreadyApplied)
    assert desk.fake.state.issues[ticket].fields["status"] == "Waiting for customer"
    desk.fake.happening.change(ticket, {"status": "Closed"}, by="lee")
    assert isinstance(desk.write(desk.connect(), "reopen", ticket, {}, key="again"), Applied)
    assert desk.fake.state.issues[ticket].fields["status"] == "In Progress"


def test_no_way_to_an_open_status_leads_through_one_that_is_done(desk: Desk) -> None:
    desk.fake.state.workflow["Open"] = [("11", "Close", "Closed")]
    ticket = desk.fake.open_ticket("help")
    answer = desk.write(desk.connect(), "set", ticket, {"path": "case.status", "value": "open"})
    assert isinstance(answer, Rejected)
    assert desk.fake.state.issues[ticket].fields["status"] == "Open"


def test_a_write_against_a_stale_issue_is_a_conflict_and_our_own_writes_stale_nothing(desk: Desk) -> None:
    ticket, connector = desk.fake.open_ticket("help"), desk.connect()
    seen = connector.fetch(ticket).cursor
    desk.fake.advance(1)
    assert isinstance(desk.write(connector, "reply", ticket, {"text": "one"}, key="1", precondition=seen), Applied)
    desk.fake.advance(1)
    assert isinstance(desk.write(connector, "reply", ticket, {"text": "two"}, key="2", precondition=seen), Applied)
    desk.fake.advance(1)
    desk.fake.comment(ticket, "wait")
    answer = desk.write(connector, "reply", ticket, {"text": "three"}, key="3", precondition=seen)
    assert isinstance(answer, Conflict)
    assert [one["body"] for one in desk.fake.state.issues[ticket].comments] == ["one", "two", "wait"]


def test_labels_are_changed_by_verbs_so_that_others_stay(desk: Desk) -> None:
    ticket = desk.fake.happening.issue("SUP", "help", by="customer", labels=["theirs", "old"]).id
    assert isinstance(desk.write(desk.connect(), "tag", ticket, {"add": ["new"], "remove": ["old"]}), Applied)
    assert desk.fake.state.issues[ticket].fields["labels"] == ["theirs", "new"]
    for bad in ("two words", "two\twords", "two\nlines"):
        assert isinstance(desk.write(desk.connect(), "tag", ticket, {"add": [bad], "remove": []}), Rejected)


@pytest.mark.parametrize(
    ("name", "value", "stands"),
    [
        ("Core service", "down", "Down"),
        ("Seats", 5, 5),
        ("Findings", "one\n\ntwo", "one\n\ntwo"),
        ("Next due", "2026-03-02T12:00:00Z", "2026-03-02T12:00:00.000+0000"),
    ],
)
def test_values_are_written_as_each_field_takes_them_and_read_back(
    desk: Desk, data_center: Desk, name: str, value: Json, stands: Json
) -> None:
    kinds: dict[str, Json] = {
        "Core service": {"field": name, "values": {"Down": "down"}},
        "Seats": {"field": name, "type": "integer"},
        "Findings": {"field": name, "type": "text"},
        "Next due": {"field": name, "type": "instant"},
    }
    for each in (desk, data_center):
        each.settings["mapping"] = {"fields": {"case.x": kinds[name]}}
        ticket, connector = each.fake.open_ticket("help"), each.connect()
        content: dict[str, Json] = {"path": "case.x", "value": value}
        assert isinstance(each.write(connector, "set", ticket, content), Applied)
        assert stands in each.fake.state.issues[ticket].fields.values()
        assert isinstance(each.write(connector, "set", ticket, content), AlreadyApplied)


def test_how_a_case_stands_is_one_put_and_no_event(desk: Desk) -> None:
    desk.settings["mapping"] = {"project": {"*": {"due": "Next due"}, "answer": {"state": "Clock"}}}
    ticket, connector = desk.fake.open_ticket("help"), desk.connect()
    content: dict[str, Json] = {
        "next_due": "2026-03-02T12:00:00Z", "clocks": {"answer": {"state": "running", "due": None, "stopped": None}},
    }  # fmt: skip
    assert isinstance(desk.write(connector, "project", ticket, content), Applied)
    assert len([one for one in desk.fake.requests if one.method == "PUT"]) == 1
    assert desk.fake.state.issues[ticket].fields["customfield_10103"] == "running"
    assert [event.kind for event in desk.told(connector)] == ["opened"]
    assert isinstance(desk.write(connector, "project", ticket, content), AlreadyApplied)


def test_what_we_wrote_comes_back_as_ours(desk: Desk) -> None:
    desk.settings["mapping"] = {"fields": {"case.core": {"field": "Core service", "values": {"Down": "down"}}}}
    ticket, connector = desk.fake.open_ticket("help"), desk.connect()
    desk.fake.advance(1)
    desk.write(connector, "set", ticket, {"path": "case.core", "value": "down"})
    desk.write(connector, "reply", ticket, {"text": "hello"})
    assert {event.by for event in desk.told(connector) if event.kind != "opened"} == {"ourselves"}


def test_an_address_means_the_one_who_has_it_and_nobody_whose_name_begins_so(desk: Desk, data_center: Desk) -> None:
    for each in (desk, data_center):
        each.settings["mapping"] = {"people": {"roles": {"boss": "lee@example.com", "nobody": "no@example.com"}}}
        ticket, connector = each.fake.open_ticket("help"), each.connect()
        each.fake.state.users[:] = ["lee"] if each.fake.is_cloud else ["leeanne", "lee"]
        assert isinstance(each.write(connector, "assign", ticket, {"value": "boss"}), Applied)
        assert each.fake.state.issues[ticket].fields["assignee"] == "lee"
        assert isinstance(each.write(connector, "assign", ticket, {"value": "nobody"}), Rejected)
    data_center.fake.state.users[:] = ["leeanne"]
    assert isinstance(data_center.write(data_center.connect(), "assign", "10001", {"value": "boss"}), Rejected)


@pytest.mark.parametrize(
    ("name", "value"),
    [("Findings", " one\n\n\n\ntwo  \n"), ("Findings", "a \n \n b"), ("Next due", "2026-03-02T12:00:00.123456Z")],
)
def test_what_jira_keeps_in_a_form_of_its_own_is_not_written_again(desk: Desk, name: str, value: str) -> None:
    kind = "text" if name == "Findings" else "instant"
    desk.settings["mapping"] = {"fields": {"case.x": {"field": name, "type": kind}}}
    ticket, connector = desk.fake.open_ticket("help"), desk.connect()
    content: dict[str, Json] = {"path": "case.x", "value": value}
    assert isinstance(desk.write(connector, "set", ticket, content), Applied)
    assert isinstance(desk.write(connector, "set", ticket, content), AlreadyApplied)


def test_hostile_names_stay_within_their_quotes_in_a_search(desk: Desk) -> None:
    from casewarden_jira.jql import of_projects, quoted

    assert quoted('x" OR project = "SECRET') == '"x\\" OR project = \\"SECRET"'
    assert of_projects(['A") OR (project = "B', "C\\"]) == 'project in ("A\\") OR (project = \\"B", "C\\\\")'
    hostile = 'Done" OR project = "SECRET'
    desk.fake.state.workflow["Open"] = [("11", "Start", hostile)]
    ticket = desk.fake.open_ticket("help")
    answer = desk.write(desk.connect(), "close", ticket, CLOSE)
    assert isinstance(answer, Rejected | Retry)
    asked = [one.query("jql") or "" for one in desk.fake.requests if one.path.endswith("/search/jql")]
    assert any('status = "done\\" or project = \\"secret"' in jql for jql in asked)


def test_a_workflow_that_was_changed_is_learnt_anew_within_an_hour(desk: Desk) -> None:
    for status in ("In Progress", "Review", "Resolved"):
        desk.fake.happening.issue("SUP", status, by="customer", status=status)
    connector = desk.connect()
    assert isinstance(desk.write(connector, "close", desk.fake.open_ticket("one"), CLOSE), Applied)
    desk.fake.state.workflow["In Progress"] = [("24", "Done", "Closed")]
    desk.fake.state.workflow["Open"] = [("11", "Start", "In Progress"), ("12", "Look", "Review")]
    desk.fake.state.workflow["Review"] = []
    desk.fake.advance(3_601)
    answer = desk.write(connector, "close", desk.fake.open_ticket("two"), CLOSE)
    assert isinstance(answer, Applied)
    assert answer.details["statuses"] == ["in progress", "closed"]
