"""Writes to Jira: what stands afterwards, once, and what is never undone."""

from collections.abc import Mapping

import pytest

from casewarden.model.event import Json
from casewarden.plugin import AlreadyApplied, Applied, Conflict, Rejected, Retry
from casewarden.plugin.marks import mark_of, property_of
from casewarden.testing.helpdesk import Fault
from connectors.jira.conftest import Desk
from support.jira.state import WORKFLOW

CLOSE: Mapping[str, Json] = {"reason": "resolved"}


def test_a_comment_carries_its_mark_as_a_property_and_not_in_its_text(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    attempt = desk.attempt("reply", ticket, {"text": "Hello\nyou\n\nSee https://example.com/a."})
    assert isinstance(desk.connect().apply(attempt), Applied)
    (comment,) = desk.fake.state.issues[ticket].comments
    assert comment["body"] == "Hello\nyou\n\nSee https://example.com/a."
    assert list(comment["properties"]) == [property_of(mark_of(attempt.key))]


def test_a_note_is_internal_in_service_management_and_restricted_elsewhere(desk: Desk, service_desk: Desk) -> None:
    for each in (desk, service_desk):
        ticket = each.fake.open_ticket("help")
        assert isinstance(each.write(each.connect(), "note", ticket, {"text": "psst"}), Applied)
        assert [one["public"] for one in each.fake.state.issues[ticket].comments] == [False]


def test_a_note_that_customers_would_see_is_not_written(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    answer = desk.write(desk.connect(note_visibility={}), "note", ticket, {"text": "psst"})
    assert isinstance(answer, Rejected)
    assert "note_visibility" in answer.reason
    assert not desk.fake.state.issues[ticket].comments


def test_a_comment_whose_mark_was_lost_is_found_by_its_text_and_not_written_twice(service_desk: Desk) -> None:
    ticket = service_desk.fake.open_ticket("help")
    service_desk.fake.inject(Fault.LOST_AFTER, on="write", times=1)  # it is there, without its mark
    assert isinstance(service_desk.write(service_desk.connect(), "reply", ticket, {"text": "hello"}), Retry)
    service_desk.fake.clear()
    again = service_desk.write(service_desk.connect(), "reply", ticket, {"text": "hello"}, again=True)
    assert isinstance(again, AlreadyApplied)
    assert len(service_desk.fake.state.issues[ticket].comments) == 1


def test_the_same_text_by_another_action_is_another_comment(desk: Desk) -> None:
    ticket, connector = desk.fake.open_ticket("help"), desk.connect()
    desk.write(connector, "reply", ticket, {"text": "hello"}, key="first")
    answer = desk.write(connector, "reply", ticket, {"text": "hello"}, key="second", again=True)
    assert isinstance(answer, Applied)
    assert len(desk.fake.state.issues[ticket].comments) == 2


def test_a_customer_who_quotes_us_has_not_written_our_comment(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    desk.fake.comment(ticket, "hello")
    assert isinstance(desk.write(desk.connect(), "reply", ticket, {"text": "hello"}, again=True), Applied)


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
    refused = desk.write(desk.connect(), "tag", ticket, {"add": ["two words"], "remove": []})
    assert isinstance(refused, Rejected)


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


def test_an_issue_is_not_written_to_faster_than_jira_allows(desk: Desk) -> None:
    ticket, connector = desk.fake.open_ticket("help"), desk.connect()
    answers = [desk.write(connector, "reply", ticket, {"text": str(n)}, key=str(n)) for n in range(21)]
    assert all(isinstance(one, Applied) for one in answers[:20])
    last = answers[20]
    assert isinstance(last, Retry)
    assert last.reached
    assert last.after == 2
    assert len(desk.fake.state.issues[ticket].comments) == 20
    desk.fake.advance(2)
    assert isinstance(desk.write(connector, "reply", ticket, {"text": "20"}, key="20"), Applied)


def test_what_we_wrote_comes_back_as_ours(desk: Desk) -> None:
    desk.settings["mapping"] = {"fields": {"case.core": {"field": "Core service", "values": {"Down": "down"}}}}
    ticket, connector = desk.fake.open_ticket("help"), desk.connect()
    desk.fake.advance(1)
    desk.write(connector, "set", ticket, {"path": "case.core", "value": "down"})
    desk.write(connector, "reply", ticket, {"text": "hello"})
    assert {event.by for event in desk.told(connector) if event.kind != "opened"} == {"ourselves"}


def test_data_center_takes_texts_and_not_documents(data_center: Desk) -> None:
    ticket = data_center.fake.open_ticket("help")
    assert isinstance(data_center.write(data_center.connect(), "reply", ticket, {"text": "a\n\nb"}), Applied)
    assert data_center.fake.state.issues[ticket].comments[0]["body"] == "a\n\nb"
