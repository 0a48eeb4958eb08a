"""What a Request Tracker may send that is wrong, and for how long: it is told clearly, and all goes on by itself."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from casewarden.model.event import Json
from casewarden.plugin import AlreadyApplied, Applied, Connector, Retry
from casewarden.plugin.http import HttpError
from casewarden.testing.wire import Reply, Request, json_reply
from support.rt.desks import Desk, attempt, fake_desk
from support.rt.server import FakeRequestTracker

NOTE: dict[str, Json] = {"message": "m", "language": "en", "text": "a note"}
JSON = {"content-type": "application/json; charset=utf-8"}
HTML = b"<!DOCTYPE html><html><head><title>Login</title></head><body>Please log in</body></html>"
ANYWHERE = {
    "500s": (Reply(500, b"", JSON), "500"),
    "an error page": (Reply(502, HTML, {"content-type": "text/html"}), "502"),
    "a login page": (Reply(200, HTML, {"content-type": "text/html"}), "web page"),
    "truncated JSON": (Reply(200, b'{"items": [{"id": "1", "ty', JSON), "no JSON"),
    "a list": (Reply(200, b"[1, 2]", JSON), "object"),
    "nothing": (Reply(200, b"", JSON), "empty"),
    "bytes": (Reply(200, b"\xff\xfe\x00\xd8", JSON), "no JSON"),
    "a page without items": (Reply(200, b'{"count": 1}', JSON), "a list was expected"),
    "a token that has ended": (json_reply({"message": "Unauthorized"}, 401), "401"),
}


@pytest.fixture
def desk() -> Iterator[Desk]:
    with fake_desk() as made:
        yield made


def troubled(desk: Desk, monkeypatch: pytest.MonkeyPatch, reply: Callable[[Request], Reply | None]) -> None:
    """Let requests be answered so; those for which it gives None as they always are."""
    assert isinstance(desk.server, FakeRequestTracker)
    usual = desk.server.answer
    monkeypatch.setattr(desk.server, "answer", lambda request: reply(request) or usual(request))


def advance(desk: Desk, seconds: int) -> None:
    assert isinstance(desk.server, FakeRequestTracker)
    desk.server.advance(seconds)


def events_from(connector: Connector, cursor: Json) -> tuple[list[Any], Json]:
    found: list[Any] = []
    while True:
        page = connector.changes(cursor)
        found, cursor = [*found, *page.events], page.cursor
        if not page.more:
            return found, cursor


@pytest.mark.parametrize("name", ANYWHERE)
def test_an_hour_of_it_is_told_and_is_made_up_for_without_a_person(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    reply, words = ANYWHERE[name]
    ticket, connector = desk.opens(), desk.connect(mapping={"fields": {}})
    _, cursor = events_from(connector, None)
    ours = f"token {desk.server.tokens['casewarden']}"
    with monkeypatch.context() as during:
        troubled(desk, during, lambda request: reply if request.headers.get("authorization") == ours else None)
        for number in range(12):
            desk.writes(ticket, f"comment {number}")
            advance(desk, 300)
            with pytest.raises(HttpError, match=words) as told:
                events_from(connector, cursor)
            assert desk.server.tokens["casewarden"] not in str(told.value)
            assert len(str(told.value)) < 400
            check = connector.check()
            assert not check.is_fit
            assert any(one.fix for one in check.findings if one.level == "error")
            answer = connector.apply(attempt(ticket, "note", NOTE, again=number > 0))
            assert isinstance(answer, Retry), answer
    advance(desk, 300)
    found, _ = events_from(connector, cursor)
    assert {event.data["text"] for event in found if event.kind == "message"} == {f"comment {n}" for n in range(12)}
    assert len({event.key for event in found}) == len(found)
    assert isinstance(connector.apply(attempt(ticket, "note", NOTE, again=True)), Applied)
    assert isinstance(connector.apply(attempt(ticket, "note", NOTE, again=True)), AlreadyApplied)
    assert connector.check().is_fit


def test_a_text_of_ten_megabytes_is_said_to_be_one_and_what_follows_is_read(desk: Desk) -> None:
    ticket = desk.opens()
    desk.writes(ticket, "grüezi 😀 " * 700_000)
    desk.writes(ticket, "after it")
    texts = [str(event.data["text"]) for event in desk.polled(ticket) if event.kind == "message"]
    assert texts == ["Is it down?", "[a text of 9,100,000 bytes, which is not read]", "after it"]


def test_a_field_that_disappears_leaves_the_rest(desk: Desk) -> None:
    assert isinstance(desk.server, FakeRequestTracker)
    ticket, connector = desk.opens(CustomFields={"Core": "down"}), desk.connect()
    _, cursor = events_from(connector, None)
    gone = desk.server.state.fields.pop("2")
    desk.puts(ticket, Priority="50")
    found, _ = events_from(connector, cursor)
    assert {"case.priority": 50} in [event.data.get("facts") for event in found]
    errors = [one.message for one in connector.check().findings if one.level == "error"]
    assert any("has no field `CF.{Core}`" in message for message in errors)
    answer = connector.apply(attempt(ticket, "set", {"path": "case.core", "value": "available"}))
    assert "did not set CF.{Core}" in getattr(answer, "reason", ""), answer
    desk.server.state.fields["2"] = gone
    later = connector.apply(attempt(ticket, "set", {"path": "case.core", "value": "available"}, again=True))
    assert isinstance(later, Applied)


@pytest.mark.parametrize("hidden", [3, 30])
def test_long_runs_of_hidden_comments_are_passed(desk: Desk, hidden: int) -> None:
    """A page whose rows the account may not see is empty, and is not the last."""
    assert isinstance(desk.server, FakeRequestTracker)
    ticket = desk.opens()
    connector = desk.connect(mapping={"fields": {}})
    _, cursor = events_from(connector, None)
    desk.server.hides_comments_from.add("casewarden")
    for number in range(hidden):
        desk.writes(ticket, f"internal {number}", by="alice", how="comment")
    desk.writes(ticket, "public")
    found, cursor = events_from(connector, cursor)
    assert [event.data["text"] for event in found if event.kind == "message"] == ["public"]
    assert not events_from(connector, cursor)[0]


def test_hidden_comments_at_the_end_are_the_end(desk: Desk) -> None:
    assert isinstance(desk.server, FakeRequestTracker)
    ticket = desk.opens()
    connector = desk.connect(mapping={"fields": {}})
    desk.server.hides_comments_from.add("casewarden")
    for number in range(30):
        desk.writes(ticket, f"internal {number}", by="alice", how="comment")
    _, cursor = events_from(connector, None)
    page = connector.changes(cursor)
    assert (page.events, page.more) == ((), False)
    assert page.complete_through is not None


def test_the_clocks_zone_of_the_server_does_not_matter(desk: Desk) -> None:
    """Its own zone is Europe/Zurich; times of answers are in UTC, and say so."""
    ticket = desk.opens()
    (created,) = desk.transactions(f"ObjectId = {ticket} AND Type = 'Create'")
    assert created["Created"].endswith("Z")
    (opened, *_) = desk.polled(ticket)
    assert abs(opened.at - desk.now()) < 1_000_000
