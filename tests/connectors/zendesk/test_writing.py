"""What Zendesk does with writes, each fact by itself."""

import pytest

from casewarden.model.event import Json
from casewarden.plugin import AlreadyApplied, Applied, Conflict, Rejected, Retry
from casewarden.plugin.marks import mark_of
from casewarden.testing.helpdesk import Fault
from connectors.zendesk.conftest import Desk
from support.zendesk.state import AGENT, ROBOT

NOTE: dict[str, Json] = {"message": "m", "language": "en", "text": "a note"}


def puts(desk: Desk) -> list[Json]:
    return [one.json()["ticket"] for one in desk.fake.requests if one.method == "PUT"]


def test_every_write_is_safe_and_marked(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    desk.fake.advance(5)
    attempt = desk.attempt("note", ticket, NOTE)
    stamp = desk.fake.state.tickets[int(ticket)]["updated_at"]
    assert isinstance(desk.connect().apply(attempt), Applied)
    (sent,) = puts(desk)
    assert isinstance(sent, dict)
    assert (sent["safe_update"], sent["updated_stamp"]) == (True, stamp)
    assert sent["metadata"] == {"casewarden": mark_of(attempt.key)}
    assert sent["comment"] == {"body": "a note", "public": False}


@pytest.mark.parametrize(("kind", "is_public"), [("reply", True), ("ask", True), ("note", False), ("notify", False)])
def test_what_customers_see_and_what_not(desk: Desk, kind: str, is_public: bool) -> None:  # a parameter
    ticket = desk.fake.open_ticket("help")
    assert isinstance(desk.write(desk.connect(), kind, ticket, {**NOTE, "who": "lee"}), Applied)
    (sent,) = puts(desk)
    assert isinstance(sent, dict)
    assert isinstance(sent["comment"], dict)
    assert sent["comment"]["public"] is is_public


def test_a_conflict_with_a_body_of_plain_text_is_a_conflict(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    connector = desk.connect()
    desk.fake.advance(1)

    def meanwhile() -> None:
        desk.fake.advance(1)
        desk.fake.comment(ticket, "wait")

    desk.fake.before_update.append(meanwhile)
    assert isinstance(desk.write(connector, "note", ticket, NOTE), Conflict)
    assert desk.fake.standing("a note") == 0
    assert isinstance(desk.write(connector, "note", ticket, NOTE), Applied)


def test_tags_are_written_whole_so_that_those_of_others_stay(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help", tags=["vip", "old"])
    answer = desk.write(desk.connect(), "tag", ticket, {"add": ["Needs Care"], "remove": ["old"]})
    assert isinstance(answer, Applied)
    assert desk.fake.state.tickets[int(ticket)]["tags"] == ["vip", "needs_care"]


def test_a_state_that_stands_is_not_written_again(desk: Desk) -> None:
    desk.settings["mapping"] = {"fields": {"case.urgency": "priority"}}
    ticket = desk.fake.open_ticket("help", priority="high")
    connector = desk.connect()
    content: dict[str, Json] = {"path": "case.urgency", "value": "high"}
    assert isinstance(desk.write(connector, "set", ticket, content), Applied)
    assert isinstance(desk.write(connector, "set", ticket, content, again=True), AlreadyApplied)
    assert puts(desk) == []


def test_priority_status_custom_fields_and_assignees_are_written_by_mapping(desk: Desk) -> None:
    desk.fake.custom_field(3600, "Core", "tagger", ("core_down", "core_up"))
    desk.fake.state.lists["groups"] = [{"id": 71, "name": "Second line"}]
    desk.settings["mapping"] = {
        "fields": {
            "case.core": {"field": "Core", "values": {"core_down": "down", "core_up": "up"}},
            "case.urgency": {"field": "priority", "values": {"urgent": "1", "high": "2"}},
        },
        "people": {"assign": {"lee": "lee@example.com", "second": {"group": "Second line"}}},
    }
    ticket = desk.fake.open_ticket("help")
    connector = desk.connect()
    for kind, content in (
        ("set", {"path": "case.core", "value": "down"}),
        ("set", {"path": "case.urgency", "value": "1"}),
        ("set", {"path": "case.status", "value": "waiting_on_customer"}),
        ("assign", {"path": "case.assigned_to", "value": "lee"}),
    ):
        desk.fake.advance(1)
        assert isinstance(desk.write(connector, kind, ticket, content), Applied)
    row = desk.fake.state.tickets[int(ticket)]
    assert (row["priority"], row["status"], row["assignee_id"]) == ("urgent", "pending", AGENT)
    assert row["custom_fields"] == [{"id": 3600, "value": "core_down"}]
    assert isinstance(desk.write(connector, "assign", ticket, {"value": "second"}), Applied)
    assert (row["group_id"], row["assignee_id"]) == (71, None)
    answer = desk.write(connector, "set", ticket, {"path": "case.core", "value": "sideways"})
    assert isinstance(answer, Rejected)
    assert "sideways" in answer.reason


def test_how_a_case_stands_is_written_in_one_put(desk: Desk) -> None:
    desk.fake.custom_field(3600, "Due")
    desk.fake.custom_field(3601, "Answer", "tagger", ("late", "fine"))
    desk.settings["mapping"] = {
        "project": {"*": {"due": "Due"}, "answer": {"state": {"field": "Answer", "values": {"missed": "late"}}}}
    }
    ticket = desk.fake.open_ticket("help")
    content: dict[str, Json] = {
        "status": "open", "severity": "1", "plan": None, "next_due": "2026-03-02T12:00:00Z", "next_clock": "answer",
        "clocks": {"answer": {"state": "missed", "due": "2026-03-02T12:00:00Z", "target": None, "stopped": None}},
    }  # fmt: skip
    connector = desk.connect()
    assert isinstance(desk.write(connector, "project", ticket, content), Applied)
    assert len(puts(desk)) == 1
    fields = {one["id"]: one["value"] for one in desk.fake.state.tickets[int(ticket)]["custom_fields"]}
    assert fields == {3600: "2026-03-02T12:00:00Z", 3601: "late"}
    told = [event for event in desk.told(connector) if event.kind == "observed" and event.by != "automation"]
    assert told == []


def test_a_write_that_was_carried_out_is_found_by_its_mark(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    connector = desk.connect()
    desk.fake.inject(Fault.LOST_AFTER, on="write", times=1)
    assert isinstance(desk.write(connector, "reply", ticket, NOTE), Retry)
    desk.fake.advance(300)
    desk.fake.comment(ticket, "thanks")
    assert isinstance(desk.write(connector, "reply", ticket, NOTE, again=True), AlreadyApplied)
    assert desk.fake.standing("a note") == 1


def test_a_mark_that_somebody_else_wrote_is_not_ours(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    attempt = desk.attempt("note", ticket, NOTE, again=True)
    forged: dict[str, Json] = {"casewarden": mark_of(attempt.key)}
    desk.fake.update(int(ticket), AGENT, {"comment": {"body": "mine", "public": False}}, mark=forged)
    assert isinstance(desk.connect().apply(attempt), Applied)


def test_own_writes_come_back_as_our_own(desk: Desk) -> None:
    desk.settings["mapping"] = {
        "fields": {"case.urgency": "priority"},
        "events": {"urgent": {"when": {"field": "priority", "becomes": "urgent"}, "kind": "message"}},
    }
    ticket = desk.fake.open_ticket("help")
    connector = desk.connect()
    desk.write(connector, "note", ticket, NOTE)
    desk.fake.advance(1)
    desk.write(connector, "set", ticket, {"path": "case.urgency", "value": "urgent"})
    ours = [event for event in desk.told(connector) if event.by == "ourselves"]
    assert [event.kind for event in ours] == ["message", "observed"]
    assert ours[0].data["text"] == "a note"


def test_closed_is_final_and_to_reopen_is_to_follow_up_once(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    desk.fake.update(int(ticket), AGENT, {"status": "closed"})
    connector = desk.connect()
    assert isinstance(desk.write(connector, "reply", ticket, NOTE), Rejected)
    desk.fake.inject(Fault.LOST_AFTER, on="write", times=1)
    assert isinstance(desk.write(connector, "reopen", ticket, {"mode": "same"}), Retry)
    desk.fake.advance(300)
    answer = desk.write(connector, "reopen", ticket, {"mode": "same"}, again=True)
    assert isinstance(answer, AlreadyApplied)
    assert len(desk.fake.state.tickets) == 2
    assert isinstance(desk.write(connector, "reply", ticket, NOTE), Applied)
    (later,) = desk.fake.state.tickets[int(ticket)]["followup_ids"]
    assert desk.fake.state.audits[-1]["ticket_id"] == later
    assert {event.subject for event in desk.told(connector) if event.subject.startswith("case:")} == {f"case:{ticket}"}


@pytest.mark.parametrize("how", ["closed", "deleted"])
def test_on_a_ticket_that_takes_nothing_any_more_there_is_nothing_to_show(desk: Desk, how: str) -> None:
    desk.fake.custom_field(3600, "Due")
    desk.settings["mapping"] = {"project": {"*": {"due": "Due"}}}
    ticket = desk.fake.open_ticket("help")
    if how == "closed":
        desk.fake.update(int(ticket), AGENT, {"status": "closed"})
    else:
        desk.fake.delete(ticket)
    connector = desk.connect()
    content: dict[str, Json] = {"next_due": "2026-03-02T12:00:00Z", "clocks": {}}
    assert desk.write(connector, "project", ticket, content) == Applied()
    assert puts(desk) == []
    if how == "closed":  # the case goes on in a follow-up, and is shown there
        later = desk.fake.follow_up(ticket)
        assert isinstance(desk.write(connector, "project", ticket, content), Applied)
        assert desk.fake.state.tickets[int(later)]["custom_fields"] == [{"id": 3600, "value": "2026-03-02T12:00:00Z"}]


def test_a_solved_ticket_is_opened_again_as_it_is(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    connector = desk.connect()
    assert isinstance(desk.write(connector, "close", ticket, {"reason": "done"}), Applied)
    assert desk.fake.state.tickets[int(ticket)]["status"] == "solved"
    desk.fake.advance(1)
    assert isinstance(desk.write(connector, "reopen", ticket, {"mode": "same"}), Applied)
    assert desk.fake.state.tickets[int(ticket)]["status"] == "open"
    kinds = [event.kind for event in desk.told(connector) if event.by == "ourselves"]
    assert kinds == ["closed", "reopened"]


def test_the_reason_of_a_closing_goes_into_its_field_in_the_same_put(desk: Desk) -> None:
    desk.fake.custom_field(3700, "Close reason")
    desk.settings["close_reason"] = "Close reason"
    ticket = desk.fake.open_ticket("help")
    assert isinstance(desk.write(desk.connect(), "close", ticket, {"reason": "unreachable"}), Applied)
    (sent,) = puts(desk)
    assert isinstance(sent, dict)
    assert (sent["status"], sent["custom_fields"]) == ("solved", [{"id": 3700, "value": "unreachable"}])


def test_success_that_did_nothing_is_not_applied(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    desk.fake.inject(Fault.IGNORED, on="write", times=1)
    assert isinstance(desk.write(desk.connect(), "close", ticket, {"reason": None}), Rejected)


def test_a_ticket_that_is_gone_is_rejected_with_the_reason(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    desk.fake.delete(ticket)
    answer = desk.write(desk.connect(), "note", ticket, NOTE)
    assert isinstance(answer, Rejected)
    assert "deleted" in answer.reason


@pytest.mark.parametrize(
    "headers",
    [
        {"x-rate-limit": "700", "x-rate-limit-remaining": "0", "ratelimit-limit": "700", "ratelimit-remaining": "0"},
        {"ratelimit-limit": "700", "ratelimit-remaining": "0"},
        {"rate-limit": "700", "rate-limit-remaining": "0", "rate-limit-reset": "17"},
    ],
)
def test_a_rate_that_is_used_up_is_waited_for_in_every_spelling(desk: Desk, headers: dict[str, str]) -> None:
    ticket = desk.fake.open_ticket("help")
    connector = desk.connect()
    desk.fake.headers = {"ratelimit-reset": "17", **headers}
    assert isinstance(desk.write(connector, "note", ticket, NOTE), Retry)
    asked = len(desk.fake.requests)
    answer = desk.write(connector, "note", ticket, NOTE)
    assert isinstance(answer, Retry)
    assert answer.after is not None
    assert 16 <= answer.after <= 17
    assert len(desk.fake.requests) == asked
    desk.fake.headers = {}
    desk.fake.advance(18)
    assert isinstance(desk.write(connector, "note", ticket, NOTE, again=True), Applied)
    assert desk.fake.standing("a note") == 1


def test_the_rate_of_one_endpoint_holds_up_that_endpoint_only(desk: Desk) -> None:
    desk.fake.open_ticket("help")
    connector = desk.connect()
    desk.fake.headers = {"zendesk-ratelimit-tickets-index": "total=100; remaining=0; resets=41"}
    assert connector.check().is_fit


def test_an_expired_token_is_renewed(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    connector = desk.connect()
    desk.write(connector, "note", ticket, NOTE)
    desk.fake.advance(7_200)
    assert isinstance(desk.write(connector, "tag", ticket, {"add": ["x"], "remove": []}), Applied)
    assert len(desk.asked("/oauth/tokens")) == 2
    desk.fake.state.tokens.clear()
    assert isinstance(desk.write(connector, "tag", ticket, {"add": ["y"], "remove": []}), Applied)
    assert desk.fake.state.users[ROBOT]["role"] == "admin"
