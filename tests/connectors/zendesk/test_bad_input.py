"""What Zendesk may send that is wrong, and for how long: it is told clearly, and all goes on by itself afterwards."""

import json
from collections.abc import Callable

import pytest

from casewarden.model.event import Json
from casewarden.plugin import AlreadyApplied, Applied, Retry
from casewarden.plugin.http import HttpError
from casewarden.testing.wire import Reply, Request, json_reply
from connectors.zendesk.conftest import Desk
from support.zendesk.state import AGENT, CUSTOMER, SECRET

NOTE: dict[str, Json] = {"message": "m", "language": "en", "text": "a note"}
JSON = {"content-type": "application/json; charset=utf-8"}
HTML = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in</body></html>"
ANYWHERE = {
    "500s": (Reply(500, b'{"error": "InternalError"}', JSON), "500"),
    "an error page": (Reply(502, HTML, {"content-type": "text/html"}), "502"),
    "a login page": (Reply(200, HTML, {"content-type": "text/html"}), "web page"),
    "truncated JSON": (Reply(200, b'{"tickets": [{"id": 1, "sub', JSON), "no JSON"),
    "a list": (Reply(200, b"[1, 2]", JSON), "object"),
    "nothing": (Reply(200, b"", JSON), "empty"),
    "bytes": (Reply(200, b"\xff\xfe\x00\xd8", JSON), "no JSON"),
    "a charset that is none": (
        Reply(200, b'{"x": "\xe9"}', {"content-type": "application/json; charset=x-?"}),
        "a list was expected",
    ),
    "a missing scope": (json_reply({"error": "invalid_scope", "description": "needs tickets:write"}, 403), "403"),
    "a revoked login": (json_reply({"error": "Couldn't authenticate you"}, 401), "401"),
    "a suspended account": (json_reply({"error": "account suspended"}, 402), "402"),
}


def troubled(desk: Desk, monkeypatch: pytest.MonkeyPatch, reply: Callable[[Request], Reply | None]) -> None:
    """Let requests be answered so; those for which it gives None as they always are."""
    usual = desk.fake.answer
    monkeypatch.setattr(desk.fake, "answer", lambda request: reply(request) or usual(request))


@pytest.mark.parametrize("name", ANYWHERE)
def test_an_hour_of_it_is_told_and_is_made_up_for_without_a_person(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    reply, words = ANYWHERE[name]
    ticket = desk.fake.open_ticket("help")
    connector = desk.connect()
    cursor = desk.poll(connector).cursor
    with monkeypatch.context() as during:
        troubled(desk, during, lambda request: reply if request.path.startswith("/api/") else None)
        for number in range(12):
            desk.fake.comment(ticket, f"comment {number}")
            desk.fake.advance(300)
            with pytest.raises(HttpError, match=words) as told:
                connector.changes(cursor)
            assert SECRET not in str(told.value)
            assert len(str(told.value)) < 400
            check = connector.check()
            assert not check.is_fit
            assert any(one.fix for one in check.findings if one.level == "error")
            answer = desk.write(connector, "note", ticket, NOTE, again=number > 0)
            assert isinstance(answer, Retry), answer
    found = desk.poll(connector, cursor)
    assert {event.data["text"] for event in found.events if event.kind == "message"} >= {
        f"comment {number}" for number in range(12)
    }
    assert isinstance(desk.write(connector, "note", ticket, NOTE, again=True), Applied)
    assert isinstance(desk.write(connector, "note", ticket, NOTE, again=True), AlreadyApplied)
    assert desk.fake.standing("a note") == 1
    assert connector.check().is_fit


def test_wrong_credentials_are_told_without_repeating_them(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    for login in ({"client_secret": "wrong-0a1b2c"}, {"client_id": "somebody", "client_secret": "wrong-0a1b2c"}):
        connector = desk.connect(**login)
        with pytest.raises(HttpError, match="401") as told:
            connector.changes(None)
        assert "wrong-0a1b2c" not in str(told.value)
        (error,) = (one for one in connector.check().findings if one.level == "error")
        assert error.fix is not None
        assert isinstance(desk.write(connector, "note", ticket, NOTE), Retry)


def test_a_token_that_ends_in_the_middle_of_a_round_is_renewed(desk: Desk) -> None:
    desk.fake.page = 2
    for number in range(7):
        desk.fake.open_ticket(f"ticket {number}")
        desk.fake.advance(1)
    desk.fake.advance(120)
    connector, cursor, opened = desk.connect(), None, set[str]()
    for _ in range(20):
        page = connector.changes(cursor)
        cursor = page.cursor
        opened |= {event.subject for event in page.events if event.kind == "opened"}
        desk.fake.state.tokens.clear()
        if not page.more:
            break
    assert len(opened) == 7
    assert len(desk.asked("/oauth/tokens")) > 2


def test_a_comment_of_ten_megabytes_is_no_end_of_the_reading(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    desk.fake.comment(ticket, "grüezi 😀 " * 1_000_000)
    desk.fake.advance(1)
    desk.fake.comment(ticket, "after it")
    texts = [str(event.data["text"]) for event in desk.told() if event.kind == "message"]
    assert "after it" in texts
    assert max(map(len, texts)) == len("grüezi 😀 ") * 1_000_000


def test_a_field_that_disappears_is_told_and_the_rest_goes_on(desk: Desk) -> None:
    desk.fake.custom_field(3600, "Core", "tagger", ("down", "up"))
    desk.settings["mapping"] = {"fields": {"case.core": "Core", "case.urgency": "priority"}}
    ticket = desk.fake.open_ticket("help", custom_fields={3600: "down"})
    connector = desk.connect()
    cursor = desk.poll(connector).cursor
    gone = desk.fake.state.fields.pop()
    for row in desk.fake.state.tickets.values():
        row["custom_fields"] = []
    desk.fake.advance(1_000)  # what was known of the fields is old by now
    desk.fake.change(ticket, "urgent")
    page = desk.poll(connector, cursor)
    assert {"case.urgency": "urgent"} in [event.data.get("facts") for event in page.events]
    assert any("no field `Core`" in one.message for one in connector.check().findings if one.level == "error")
    answer = desk.write(connector, "set", ticket, {"path": "case.core", "value": "up"})
    assert "Core" in getattr(answer, "reason", ""), answer
    desk.fake.state.fields.append(gone)
    desk.fake.state.tickets[int(ticket)]["custom_fields"] = [{"id": 3600, "value": None}]
    desk.fake.advance(1_000)
    assert isinstance(desk.write(connector, "set", ticket, {"path": "case.core", "value": "up"}), Applied)


def test_times_of_a_server_in_another_zone_are_the_same_instants(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = desk.fake.open_ticket("help")
    desk.fake.update(int(ticket), CUSTOMER, {"comment": {"body": "more"}})
    connector = desk.connect()
    usual = {event.key: event.at for event in connector.fetch(ticket).events}
    answer = desk.fake.answer

    def in_kathmandu(request: Request) -> Reply:
        reply = answer(request)
        return Reply(reply.status, _shifted(reply.body), reply.headers)

    monkeypatch.setattr(desk.fake, "answer", in_kathmandu)
    assert {event.key: event.at for event in connector.fetch(ticket).events} == usual


def test_a_status_never_seen_is_kept_and_told(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    desk.fake.advance(1)
    desk.fake.update(int(ticket), AGENT, {"status": "awaiting_parts"})
    page = desk.poll(desk.connect())
    assert {"case.status": "awaiting_parts"} in [event.data.get("facts") for event in page.events]
    assert any("awaiting_parts" in reason for reason in page.refused)


def _shifted(body: bytes) -> bytes:
    """The same answer with all its times by the clock of Kathmandu."""
    from datetime import datetime, timedelta, timezone

    zone = timezone(timedelta(hours=5, minutes=45))

    def moved(value: Json) -> Json:
        match value:
            case dict():
                return {
                    name: datetime.fromisoformat(str(one)).astimezone(zone).isoformat()
                    if name.endswith("_at") and one is not None
                    else moved(one)
                    for name, one in value.items()
                }
            case list():
                return [moved(one) for one in value]
            case _:
                return value

    return json.dumps(moved(json.loads(body))).encode()
