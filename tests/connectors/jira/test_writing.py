"""Writes to Jira: what stands afterwards, once, and what is never undone."""

from collections.abc import Mapping

import pytest

from casewarden.model.event import Json
from casewarden.plugin import AlreadyApplied, Applied, Conflict, Rejected, Retry
from casewarden.plugin.http import LimitedError
from casewarden.plugin.marks import mark_of, property_of
from casewarden.testing.helpdesk import Fault
from casewarden.testing.wire import json_reply
from connectors.jira.conftest import Desk
from support.jira.server import ME
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


HOSTILE = "See [~ceo] and !https://evil.example.com/x.png! {panel} *now* -gone- a_b C:\\temp\\*.* [in|https://evil.example.com]"


def test_values_of_customers_are_no_markup_where_texts_are(data_center: Desk) -> None:
    ticket, connector = data_center.fake.open_ticket("help"), data_center.connect()
    assert isinstance(data_center.write(connector, "reply", ticket, {"text": HOSTILE}), Applied)
    body = data_center.fake.state.issues[ticket].comments[0]["body"]
    for markup in ("[~", " !http", " {panel", " *now", " -gone", "[in|"):
        assert markup not in body
    assert "\\[\\~ceo\\]" in body
    (said,) = [event.data["text"] for event in data_center.told(connector) if event.kind == "message"]
    assert str(said).startswith("See [~ceo] and !https://evil.example.com/x.png")


def test_addresses_stay_addresses(data_center: Desk) -> None:
    text = "See https://example.com/a_b-c~d/?e=f_g&h=*[~x]."
    ticket = data_center.fake.open_ticket("help")
    assert isinstance(data_center.write(data_center.connect(), "reply", ticket, {"text": text}), Applied)
    (comment,) = data_center.fake.state.issues[ticket].comments
    assert comment["body"] == "See https://example.com/a_b-c~d/?e=f_g&h=%2A%5B~x\\]."


@pytest.mark.parametrize("text", ["Hello *you*, see {code} and a_b!", "👍", HOSTILE])
def test_what_looks_like_markup_is_found_again_and_not_written_twice(service_desk: Desk, text: str) -> None:
    ticket = service_desk.fake.open_ticket("help")
    service_desk.fake.inject(Fault.LOST_AFTER, on="write", times=1)  # it is there, without its mark
    assert isinstance(service_desk.write(service_desk.connect(), "reply", ticket, {"text": text}), Retry)
    service_desk.fake.clear()
    again = service_desk.write(service_desk.connect(), "reply", ticket, {"text": text}, again=True)
    assert isinstance(again, AlreadyApplied)
    (comment,) = service_desk.fake.state.issues[ticket].comments
    assert comment["body"] == text


def test_another_text_of_ours_without_a_mark_is_not_taken_for_it(service_desk: Desk) -> None:
    ticket = service_desk.fake.open_ticket("help")
    service_desk.fake.happening.comment(ticket, "by hand, with our login", by=ME)
    assert isinstance(service_desk.write(service_desk.connect(), "reply", ticket, {"text": "👍"}, again=True), Applied)
    assert len(service_desk.fake.state.issues[ticket].comments) == 2


def test_an_address_means_the_one_who_has_it_and_nobody_whose_name_begins_so(desk: Desk, data_center: Desk) -> None:
    for each in (desk, data_center):
        each.settings["mapping"] = {"people": {"roles": {"boss": "lee@example.com", "nobody": "no@example.com"}}}
        ticket, connector = each.fake.open_ticket("help"), each.connect()
        each.fake.state.users[:] = ["lee"] if each.fake.is_cloud else ["leeanne", "lee"]
        assert isinstance(each.write(connector, "assign", ticket, {"value": "boss"}), Applied)
        assert each.fake.state.issues[ticket].fields["assignee"] == "lee"
        assert isinstance(each.write(connector, "assign", ticket, {"value": "nobody"}), Rejected)
    data_center.fake.state.users[:] = ["leeanne"]
    assert isinstance(data_center.write(data_center.connect(), "assign", ticket, {"value": "boss"}), Rejected)


def test_a_notice_for_somebody_whom_jira_does_not_know_names_them(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    content: dict[str, Json] = {"who": "management", "text": "It burns"}
    assert isinstance(desk.write(desk.connect(), "notify", ticket, content), Applied)
    assert desk.fake.state.issues[ticket].comments[0]["body"] == "For management:\n\nIt burns"


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


def test_an_issue_takes_a_hundred_writes_in_thirty_seconds() -> None:
    from casewarden_jira.pacing import IssuePace

    now = 0
    pace = IssuePace(lambda: now)
    for number in range(100):
        now = number * 200_000
        pace.take("10001")
    with pytest.raises(LimitedError, match="100 writes in 30 seconds") as told:
        pace.take("10001")
    assert told.value.after == 30 - 19.8
    pace.take("10002")
    now = 30_000_000
    pace.take("10001")


def limited(desk: Desk, path: str, **headers: str) -> None:
    """Let Jira refuse requests of a path, as too many."""
    desk.fake.change_answer = lambda request, reply: (
        json_reply({"errorMessages": ["Rate limit exceeded"]}, 429, **headers) if path in request.path else reply
    )


def test_a_limit_of_one_issue_is_none_of_the_others(desk: Desk) -> None:
    one, other, connector = desk.fake.open_ticket("one"), desk.fake.open_ticket("other"), desk.connect()
    limited(desk, f"/issue/{one}/comment", retry_after="7", ratelimit_reason="jira-per-issue-on-write")
    answer = desk.write(connector, "reply", one, {"text": "hello"})
    assert isinstance(answer, Retry)
    assert answer.after == 7
    assert isinstance(desk.write(connector, "reply", other, {"text": "hello"}), Applied)


def test_a_limit_of_the_account_lets_everything_rest_until_it_ends(desk: Desk) -> None:
    ticket, connector = desk.fake.open_ticket("one"), desk.connect()
    limited(desk, "/search", retry_after="30", ratelimit_reason="jira-quota-based")
    with pytest.raises(LimitedError):
        connector.changes(None)
    desk.fake.change_answer, asked = None, len(desk.fake.requests)
    answer = desk.write(connector, "reply", ticket, {"text": "hello"})
    assert isinstance(answer, Retry)
    assert answer.after == 30
    assert len(desk.fake.requests) == asked  # which would count against us
    desk.fake.advance(30)
    assert isinstance(desk.write(connector, "reply", ticket, {"text": "hello"}), Applied)


def test_data_center_says_with_its_bucket_when_to_come_again(data_center: Desk) -> None:
    connector = data_center.connect()
    limited(
        data_center, "/search", x_ratelimit_limit="10", x_ratelimit_remaining="0", x_ratelimit_interval_seconds="5",
        x_ratelimit_fillrate="1",
    )  # fmt: skip
    with pytest.raises(LimitedError) as told:
        connector.changes(None)
    assert told.value.after == 5


def test_a_limit_without_a_time_is_left_to_the_sidecars_back_off(desk: Desk) -> None:
    ticket, connector = desk.fake.open_ticket("one"), desk.connect()
    limited(desk, "/comment", ratelimit_reason="jira-burst-based")
    answer = desk.write(connector, "reply", ticket, {"text": "hello"})
    assert isinstance(answer, Retry)
    assert (answer.after, answer.reached) == (None, True)


def test_data_center_takes_texts_and_not_documents(data_center: Desk) -> None:
    ticket = data_center.fake.open_ticket("help")
    assert isinstance(data_center.write(data_center.connect(), "reply", ticket, {"text": "a\n\nb"}), Applied)
    assert data_center.fake.state.issues[ticket].comments[0]["body"] == "a\n\nb"
