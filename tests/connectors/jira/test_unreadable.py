"""What cannot be read of an issue costs itself only: all else comes in, and it is told."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from casewarden.plugin import Page
from casewarden.testing.wire import Reply, Request, json_reply
from connectors.jira.conftest import Desk

SEARCHES = ("/rest/api/3/search/jql", "/rest/api/2/search")


def texts(page: Page) -> set[Any]:
    return {event.data.get("text") for event in page.events if event.kind == "message"}


def answer_with(desk: Desk, change: Callable[[Request, Reply], Reply]) -> None:
    """Let each answer of the fake be another one from now on."""
    desk.fake.change_answer = change


@pytest.mark.parametrize("edition", ["desk", "data_center_desk"])
def test_comments_of_ten_megabytes_come_in_and_cost_no_other(request: pytest.FixtureRequest, edition: str) -> None:
    desk: Desk = request.getfixturevalue(edition)
    ticket = desk.fake.open_ticket("first")
    for letter in "abc":
        desk.fake.comment(ticket, letter * 10_000_000)
    desk.fake.comment(ticket, "short")
    other = desk.fake.open_ticket("second")
    page = desk.poll(desk.connect())
    assert not page.refused
    assert {(text[0], len(text)) for text in texts(page)} == {
        ("a", 10_000_000), ("b", 10_000_000), ("c", 10_000_000), ("s", 5),
    }  # fmt: skip
    assert f"case:{other}" in {event.subject for event in page.events}


@pytest.mark.parametrize("depth", [48, 5_000])
def test_a_document_that_is_nested_without_end_costs_itself_only(desk: Desk, depth: int) -> None:
    ticket = desk.fake.open_ticket("first")
    desk.fake.comment(ticket, "before")
    desk.fake.comment(ticket, "HOSTILE")
    desk.fake.comment(ticket, "after")
    other = desk.fake.open_ticket("second")
    deep = '{"type":"bulletList","content":[' * depth + '{"type":"text","text":"deep"}' + "]}" * depth
    hostile = f'{{"type":"doc","version":1,"content":[{deep}]}}'.encode()
    shown = json.dumps(desk.fake.bodies.text("HOSTILE")).encode()
    answer_with(desk, lambda _request, reply: replace(reply, body=reply.body.replace(shown, hostile)))
    connector = desk.connect()
    page = desk.poll(connector)
    assert {"before", "after"} <= texts(page)
    assert "HOSTILE" not in texts(page)
    (told,) = page.refused
    assert told.startswith("SUP-1: number 2 of the comments is left out")
    assert f"case:{other}" in {event.subject for event in page.events}
    assert page.complete_through is not None
    desk.fake.requests.clear()
    for _ in range(5):  # the page that fails is not fetched each time
        desk.fake.advance(60)
        assert not connector.changes(page.cursor).events
    assert all("expand=changelog" not in one.target for one in desk.fake.requests)
    desk.fake.advance(3_600)
    desk.fake.comment(other, "an hour later")
    page = desk.poll(connector, page.cursor)
    assert "an hour later" in texts(page)
    assert any("expand=changelog" in one.target for one in desk.fake.requests)


def test_a_release_tells_of_its_tickets_though_one_of_them_cannot_be_read_at_once(desk: Desk) -> None:
    fix: dict[str, Any] = {"id": "500", "name": "9.1", "released": False, "project": "ENG"}
    desk.fake.state.versions["500"], desk.fake.bodies.versions["500"] = fix, "9.1"
    for number in range(3):
        defect = desk.fake.happening.issue("ENG", f"Crash {number}", by="dev", kind="Bug", fixVersions=["500"])
        desk.fake.happening.comment(defect.id, "x" * 7_000_000, by="dev")
        desk.fake.happening.change(defect.id, {"status": "Resolved", "resolution": "Done"}, by="dev")
    connector = desk.connect(releases={"projects": ["ENG"], "zone": "UTC"})
    page = desk.poll(connector)
    desk.fake.advance(60)
    fix["released"] = True
    page = desk.poll(connector, page.cursor)
    out = [event.subject for event in page.events if "/released/" in event.key and event.kind == "observed"]
    assert sorted(out) == ["defect:ENG-1", "defect:ENG-2", "defect:ENG-3"]


def test_an_issue_that_is_deleted_while_it_is_read_costs_no_other(desk: Desk) -> None:
    desk.fake.embedded = 0
    gone, other = desk.fake.open_ticket("first"), desk.fake.open_ticket("second")
    for ticket in (gone, other):
        desk.fake.change(ticket, "Low")
    answer_with(
        desk,
        lambda request, reply: (
            json_reply({"errorMessages": ["Issue does not exist"]}, 404)
            if request.path == f"/rest/api/3/issue/{gone}/changelog"
            else reply
        ),
    )
    page = desk.poll(desk.connect())
    assert {event.subject for event in page.events} == {f"case:{other}"}
    assert "gone" in page.refused[0]


def test_a_field_that_disappears_is_told_and_the_rest_goes_on(desk: Desk) -> None:
    def without(request: Request, reply: Reply) -> Reply:
        if request.path not in SEARCHES:
            return reply
        said = json.loads(reply.body)
        for issue in said["issues"]:
            for comment in issue["fields"]["comment"]["comments"][:1]:
                del comment["created"]
        return json_reply(said)

    ticket = desk.fake.open_ticket("first")
    desk.fake.comment(ticket, "one")
    desk.fake.comment(ticket, "two")
    answer_with(desk, without)
    page = desk.poll(desk.connect())
    assert texts(page) == {"two"}
    assert [told for told in page.refused if "created of the comment" in told]
