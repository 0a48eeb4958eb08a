"""What a Jira must not be able to do to us: a clear word for the operator, nothing lost, all well again by itself."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from casewarden.model.event import Json
from casewarden.plugin import Applied, Page, Retry
from casewarden.plugin.http import HttpError, RefusedError, UnreachableError
from casewarden.testing.helpdesk import Fault
from casewarden.testing.wire import Reply, Request, json_reply
from connectors.jira.conftest import Desk
from support.jira.logins import TOKEN

SEARCHES = ("/rest/api/3/search/jql", "/rest/api/2/search")


def texts(page: Page) -> set[Any]:
    return {event.data.get("text") for event in page.events if event.kind == "message"}


def answer_with(desk: Desk, change: Callable[[Request, Reply], Reply]) -> None:
    """Let each answer of the fake be another one from now on."""
    desk.fake.change_answer = change


def as_nobody(request: Request, reply: Reply) -> Reply:
    """As Jira answers a login that it no longer knows where anybody may ask: with success, and nothing in it."""
    if request.path in SEARCHES:
        return json_reply({"issues": [], "isLast": True, "total": 0, "startAt": 0})
    if request.path.endswith("/mypermissions"):
        return json_reply({"permissions": {"BROWSE_PROJECTS": {"havePermission": False}}})
    if "/issue/" in request.path:
        return json_reply({"errorMessages": ["Issue does not exist or you do not have permission to see it."]}, 404)
    return reply


def test_wrong_credentials_are_told_and_a_right_token_finds_all(desk: Desk) -> None:
    desk.fake.open_ticket("help")
    wrong = desk.connect(token="not-the-token")  # that is the point
    with pytest.raises(RefusedError, match="401") as told:
        desk.poll(wrong)
    assert "not-the-token" not in str(told.value)
    (finding,) = wrong.check().findings
    assert finding.level == "error"
    assert "401" in finding.message
    answer = desk.write(wrong, "reply", "10001", {"text": "hello"})
    assert isinstance(answer, Retry)  # it is the login that is wrong, not the action
    assert len(desk.poll(desk.connect()).events) == 1


def test_a_login_that_ended_is_not_taken_for_quiet(desk: Desk, data_center: Desk) -> None:
    for each in (desk, data_center):
        each.fake.open_ticket("first")
        connector = each.connect()
        page = each.poll(connector)
        answer_with(each, as_nobody)
        each.fake.open_ticket("second")
        with pytest.raises(RefusedError, match="sees nothing of SUP any more"):
            each.poll(connector, page.cursor)
        answer = each.write(each.connect(), "reply", "10001", {"text": "hello"})
        assert isinstance(answer, Retry)  # the issue is not gone, only out of sight
        each.fake.change_answer = None
        assert len(each.poll(connector, page.cursor).events) == 1


def test_a_deleted_issue_that_was_the_newest_does_not_stop_polling(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("first")
    connector = desk.connect()
    page = desk.poll(connector)
    del desk.fake.state.issues[ticket]
    page = desk.poll(connector, page.cursor)
    assert page.complete_through == desk.fake.now() - 120_000_000
    desk.fake.open_ticket("second")
    assert len(desk.poll(connector, page.cursor).events) == 1


def test_a_missing_permission_is_named_with_what_it_is_for(desk: Desk) -> None:
    def may_not(request: Request, reply: Reply) -> Reply:
        if not request.path.endswith("/mypermissions"):
            return reply
        said = json.loads(reply.body)
        said["permissions"]["TRANSITION_ISSUES"] = {"havePermission": False}
        return json_reply(said)

    answer_with(desk, may_not)
    errors = [one for one in desk.connect().check().findings if one.level == "error"]
    assert [one.message for one in errors] == ["in SUP the account may not change statuses"]
    assert "TRANSITION_ISSUES" in str(errors[0].fix)


def test_a_missing_scope_is_tried_again_until_somebody_grants_it(desk: Desk) -> None:
    def without_scope(request: Request) -> Reply | None:
        if request.method == "GET":
            return None
        header = {"www-authenticate": 'Bearer error="insufficient_scope"'}
        return json_reply({"code": 403, "message": "Forbidden; scope does not match"}, 403, **header)

    ticket, connector = desk.fake.open_ticket("help"), desk.connect()
    desk.fake.refuse = without_scope
    answer = desk.write(connector, "reply", ticket, {"text": "hello"})
    assert isinstance(answer, Retry)
    assert "scope" in answer.reason
    desk.fake.refuse = None
    assert isinstance(desk.write(connector, "reply", ticket, {"text": "hello"}, again=True), Applied)


@pytest.mark.parametrize(
    ("fault", "word"), [(Fault.UNAVAILABLE, "503"), (Fault.MALFORMED, "no JSON"), (Fault.REFUSED, "no answer")]
)
def test_an_hour_of_failures_loses_nothing_and_ends_by_itself(desk: Desk, fault: Fault, word: str) -> None:
    connector, ticket = desk.connect(), desk.fake.open_ticket("first")
    page = desk.poll(connector)
    desk.fake.inject(fault, times=1_000)
    for number in range(6):
        desk.fake.advance(600)
        desk.fake.happening.comment(ticket, f"comment {number}", by="customer")
        with pytest.raises(HttpError, match=word) as told:
            connector.changes(page.cursor)
        assert TOKEN not in str(told.value)
        assert "<html" not in str(told.value).casefold()
    desk.fake.clear()
    page = desk.poll(connector, page.cursor)
    assert texts(page) == {f"comment {number}" for number in range(6)}
    assert page.complete_through == desk.fake.now() - 120_000_000


def test_500s_for_an_hour_are_waited_out(desk: Desk) -> None:
    connector, ticket = desk.connect(), desk.fake.open_ticket("first")
    page = desk.poll(connector)
    answer_with(desk, lambda _request, _reply: Reply(500, b"<html>oops</html>", {"content-type": "text/html"}))
    for _ in range(6):
        desk.fake.advance(600)
        with pytest.raises(UnreachableError, match="500"):
            connector.changes(page.cursor)
        assert isinstance(connector.apply(desk.attempt("tag", ticket, {"add": ["a"], "remove": []})), Retry)
    desk.fake.change_answer = None
    desk.fake.comment(ticket, "still there?")
    assert texts(desk.poll(connector, page.cursor)) == {"still there?"}


def test_an_answer_in_another_charset_is_read(desk: Desk) -> None:
    def in_latin(request: Request, reply: Reply) -> Reply:
        if request.path not in SEARCHES:
            return reply
        body = json.dumps(json.loads(reply.body), ensure_ascii=False).encode("latin-1")
        return replace(reply, body=body, headers={"content-type": "application/json; charset=ISO-8859-1"})

    ticket = desk.fake.open_ticket("Grüezi")
    desk.fake.comment(ticket, "Öl läuft aus")
    answer_with(desk, in_latin)
    page = desk.poll(desk.connect())
    assert texts(page) == {"Öl läuft aus"}
    assert page.events[0].data["facts"]["case.subject"] == "Grüezi"  # type: ignore[index,call-overload]


def test_an_issue_of_a_service_project_that_is_no_request_is_read_as_internal(data_center_desk: Desk) -> None:
    def is_none(request: Request, reply: Reply) -> Reply:
        if request.path.startswith("/rest/servicedeskapi/request/10001/"):
            return json_reply({"errorMessage": "The requested issue is not a request"}, 404)
        return reply

    desk = data_center_desk
    ticket = desk.fake.open_ticket("made by an agent")
    desk.fake.comment(ticket, "a word")
    other = desk.fake.open_ticket("a request")
    answer_with(desk, is_none)
    page = desk.poll(desk.connect(slas={"Time to first response": {"state": "case.theirs"}}))
    assert [event.data["public"] for event in page.events if event.kind == "message"] == [False]
    assert f"case:{other}" in {event.subject for event in page.events}


def test_without_knowing_who_we_are_nothing_is_read(desk: Desk) -> None:
    def nameless(request: Request, reply: Reply) -> Reply:
        return json_reply({"displayName": "Casewarden"}) if request.path.endswith("/myself") else reply

    desk.fake.open_ticket("first")
    answer_with(desk, nameless)
    with pytest.raises(UnreachableError, match="who we are"):
        desk.connect().changes(None)


def test_values_never_seen_are_kept_and_told(desk: Desk) -> None:
    values: Json = {"Low": "low", "Medium": "normal"}
    desk.settings["mapping"] = {"fields": {"case.priority": {"field": "Priority", "values": values}}}
    ticket = desk.fake.open_ticket("first")
    desk.fake.advance(1)
    desk.fake.change(ticket, "Blazing")
    desk.fake.state.workflow["Nirvana"] = []
    last = desk.told()[-1]
    assert last.data["facts"]["case.priority"] == "Blazing"  # type: ignore[index,call-overload]


def test_a_server_in_another_zone_whose_clock_is_wrong_loses_nothing(desk: Desk) -> None:
    connector = desk.connect()
    ticket = desk.fake.open_ticket("first")
    ahead = desk.fake.happening.issue("SUP", "imported", by="customer")
    ahead.updated = desk.fake.now() + 86_400_000_000  # as an import leaves it, or a clock that was set back
    page = desk.poll(connector)
    desk.fake.advance(3_600)
    desk.fake.comment(ticket, "lost?")
    page = desk.poll(connector, page.cursor)
    assert texts(page) == {"lost?"}
    assert not desk.poll(connector, page.cursor).events
