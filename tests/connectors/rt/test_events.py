"""What the connector brings of a Request Tracker, the fake and the real one."""

from typing import Any

import pytest

from casewarden.model.event import Event
from casewarden.plugin.events import as_observed
from casewarden.plugin.http import HttpError
from support.rt.desks import FIELDS, KIM, Desk, applied


def _short(events: list[Event]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(event.kind, event.by, dict(event.data)) for event in events]


def test_an_opening_tells_how_the_ticket_was_then_however_late_it_is_read(desk: Desk) -> None:
    ticket = desk.opens(by="alice", Subject="No core", Priority="10", CustomFields={"Core": "down", "Tags": ["a", "b"]})
    desk.puts(ticket, Owner="bob", Priority="50", Subject="Core is back", Requestor=["lee@customer.example"])
    desk.puts(ticket, CustomFields={"Core": "available", "Tags": ["b", "c"], "Plan": "premium"}, Queue=desk.other)
    desk.puts(ticket, Status="resolved", Due="2026-12-05 10:00:00")
    opened = desk.polled(ticket)[0]
    assert (opened.kind, opened.by, opened.data["via"]) == ("opened", "agent", "api")
    assert opened.data["facts"] == {
        "case.number": ticket,
        "case.subject": "No core",
        "case.status": "new",
        "case.assigned_to": None,
        "case.core": "down",
        "case.tags": ["a", "b"],
        "case.plan": None,
        "case.answer_by": None,
        "case.due": None,
        "case.priority": 10,
        "case.queue": desk.queue,
        "case.requestor": KIM,
    }


def test_each_change_is_an_event_of_its_own_with_its_author_and_the_value_after_it(desk: Desk) -> None:
    ticket = desk.opens()
    desk.puts(ticket, Owner="bob")
    desk.puts(ticket, Owner="Nobody")
    desk.puts(ticket, Priority="50")
    desk.puts(ticket, CustomFields={"Core": "down"})
    desk.puts(ticket, CustomFields={"Core": "available"})
    desk.puts(ticket, CustomFields={"Core": None})
    desk.puts(ticket, CustomFields={"Tags": ["b"]})
    desk.puts(ticket, Requestor=["lee@customer.example"])
    desk.puts(ticket, Queue=desk.other)
    desk.puts(ticket, Due="2026-12-05 10:00:00")
    events = desk.polled(ticket)[2:]
    assert {(event.kind, event.by) for event in events} == {("observed", "agent")}
    facts: list[Any] = [event.data["facts"] for event in events]
    assert facts[:7] == [
        {"case.assigned_to": "bob"},
        {"case.assigned_to": None},
        {"case.priority": 50},
        {"case.core": "down"},
        {"case.core": "available"},
        {"case.core": None},
        {"case.tags": ["b"]},
    ]
    requestors = facts[7:-2]  # one comes, one goes, in an order of Request Tracker's own
    assert requestors[-1] == {"case.requestor": "lee@customer.example"}
    assert facts[-2:] == [{"case.queue": desk.other}, {"case.due": "2026-12-05T10:00:00Z"}]
    for event in events:
        assert as_observed(event, "desk") == event
    assert len({event.key for event in events}) == len(events)
    assert [event.sequence for event in events] == sorted(event.sequence for event in events)


def test_messages_are_public_or_internal_with_text_and_files(desk: Desk) -> None:
    file = {"FileName": "log.txt", "FileType": "text/plain", "FileContent": "aGVsbG8="}
    ticket = desk.opens(
        Content="<p>It <b>burns</b> &amp; smokes</p><p>Grüezi 😀</p>", ContentType="text/html", Attachments=[file]
    )
    desk.writes(ticket, "Which version?", by="alice")
    desk.writes(ticket, "ask bob", by="alice", how="comment")
    events = [event for event in desk.polled(ticket) if event.kind == "message"]
    assert _short(events) == [
        (
            "message",
            "customer",
            {"public": True, "via": "api", "text": "It burns & smokes\n\nGrüezi 😀\n\n[attached: log.txt]"},
        ),
        ("message", "agent", {"public": True, "via": "api", "text": "Which version?"}),
        ("message", "agent", {"public": False, "via": "api", "text": "ask bob"}),
    ]


def test_statuses_become_what_they_mean(desk: Desk) -> None:
    ticket = desk.opens()
    for status in ("open", "stalled", "resolved", "open", "resolved", "stalled"):
        desk.puts(ticket, Status=status)
    assert _short(desk.polled(ticket)[2:]) == [
        ("observed", "agent", {"facts": {"case.status": "open"}}),
        ("observed", "agent", {"facts": {"case.status": "waiting_on_customer"}}),
        ("resolved", "agent", {}),
        ("reopened", "agent", {}),
        ("resolved", "agent", {}),
        ("reopened", "agent", {}),
        ("observed", "agent", {"facts": {"case.status": "waiting_on_customer"}}),
    ]


@pytest.mark.parametrize(("status", "reason"), [("rejected", "spam"), ("deleted", "deleted")])
def test_a_ticket_that_is_none_any_more_ends_its_case(desk: Desk, status: str, reason: str) -> None:
    ticket = desk.opens()
    desk.puts(ticket, Status=status)
    events = desk.polled(ticket)
    assert [event.kind for event in events] == ["opened", "message", "ended"]
    assert (events[-1].data["reason"], events[0].data["facts"]) != (None, None)
    facts = events[0].data["facts"]
    assert isinstance(facts, dict)
    assert (events[-1].data["reason"], facts["case.subject"]) == (reason, "A question")


def test_of_a_merge_the_ticket_that_is_gone_ends_and_says_into_which(desk: Desk) -> None:
    one, two = desk.opens(), desk.opens(Subject="The same again", CustomFields={})
    desk.puts(two, MergeInto=int(one))
    desk.writes(two, "More of it", by=KIM)  # it arrives in the ticket that goes on
    events = desk.polled(one, two)
    (ended,) = (event for event in events if event.kind == "ended")
    assert (ended.subject, ended.data["reason"], ended.data["into"]) == (f"case:{two}", "merged", f"case:{one}")
    opened = [event.data["facts"] for event in events if event.kind == "opened"]
    assert [facts["case.subject"] for facts in opened if isinstance(facts, dict)] == ["A question", "The same again"]
    (more,) = (event for event in events if event.data.get("text") == "More of it")
    assert more.subject == f"case:{one}"


def test_people_are_who_the_mapping_says_and_else_who_request_tracker_says(desk: Desk) -> None:
    people = {"bots": ["reader@desk.example"], "roles": {"manager": "bob"}, "assign": {"manager": "bob"}}
    connector = desk.connect(mapping={"fields": FIELDS, "people": people})
    ticket = desk.opens()
    for who in ("alice", "bob", "reader", KIM):
        desk.writes(ticket, f"by {who}", by=who)
    desk.puts(ticket, Owner="bob")
    events = desk.polled(ticket, connector=connector)
    said = {str(event.data["text"]): (event.by, event.who) for event in events if event.kind == "message"}
    assert said["by alice"] == ("agent", ())
    assert said["by bob"] == ("agent", ("manager",))
    assert said["by reader"] == ("automation", ())
    assert said[f"by {KIM}"] == ("customer", ())
    assert events[-1].data["facts"] == {"case.assigned_to": "manager"}
    (opened_by_rule,) = (event for event in events if event.data.get("facts") == {"case.status": "open"})
    assert opened_by_rule.by == "automation"


def test_what_agents_do_means_what_the_mapping_says(desk: Desk) -> None:
    events: dict[str, Any] = {
        "called": {"when": {"tag_added": "called"}, "kind": "call", "data": {"to": "customer", "answered": False}},
        "core_lost": {"when": {"field": "CF.{Core}", "becomes": "down"}, "kind": "observed"},
        "accepted": {"when": {"comment": {"matches": "works", "by": "customer"}}, "kind": "observed"},
    }
    events["core_lost"]["facts"], events["accepted"]["facts"] = {"case.lost": True}, {"case.ok": True}
    connector = desk.connect(tags="Tags", mapping={"fields": {}, "events": events})
    ticket = desk.opens()
    desk.puts(ticket, CustomFields={"Tags": ["Called"]})
    desk.puts(ticket, CustomFields={"Core": "down"})
    desk.writes(ticket, "It works now.")
    found = {event.key.rpartition("/")[2]: event for event in desk.polled(ticket, connector=connector)}
    assert (found["called"].kind, found["called"].by, found["called"].data["answered"]) == ("call", "agent", False)
    assert found["core_lost"].data["facts"] == {"case.lost": True}
    assert found["accepted"].by == "customer"


def test_fields_may_be_named_as_people_name_them(desk: Desk) -> None:
    connector = desk.connect(mapping={"fields": {"case.core": "core", "case.due": {"field": "Due", "type": "instant"}}})
    ticket = desk.opens()
    desk.puts(ticket, CustomFields={"Core": "down"})
    assert desk.polled(ticket, connector=connector)[-1].data["facts"] == {"case.core": "down"}


def test_what_a_person_sets_is_a_determination_where_the_mapping_says_so(desk: Desk) -> None:
    fields = {"case.core": {"field": "CF.{Core}", "type": "choice", "determined": True}}
    connector = desk.connect(mapping={"fields": fields})
    ticket = desk.opens()
    desk.puts(ticket, CustomFields={"Core": "down"})
    applied(connector, ticket, "set", path="case.core", value="available")
    ours, theirs = desk.polled(ticket, connector=connector)[:1:-1]
    assert (theirs.by, dict(theirs.data)) == ("agent", {"facts": {"case.core": "down"}, "determined": True})
    assert (ours.by, dict(ours.data)) == ("ourselves", {"facts": {"case.core": "available"}})


def test_a_value_that_no_table_knows_is_kept_and_told_once(desk: Desk) -> None:
    fields = {"case.core": {"field": "CF.{Core}", "type": "choice", "values": {"down": "lost"}}}
    connector = desk.connect(mapping={"fields": fields}, statuses={"open": "on_hold"})
    ticket = desk.opens()
    desk.puts(ticket, CustomFields={"Core": "degraded"}, Status="open")
    cursor = desk.before(ticket)
    page = connector.changes(cursor)
    facts = [event.data["facts"] for event in page.events if event.kind == "observed"]
    assert {"case.core": "degraded"} in facts
    assert {"case.status": "on_hold"} in facts
    assert len([reason for reason in page.refused if "`degraded`" in reason]) == 1
    assert not [reason for reason in connector.changes(cursor).refused if "`degraded`" in reason]


def test_minutes_that_were_worked_are_an_event(desk: Desk) -> None:
    ticket = desk.opens()
    number = desk.writes(ticket, "looked into it", by="alice", how="comment", TimeTaken=15)
    (work,) = (event for event in desk.polled(ticket) if event.kind == "work")
    assert (work.by, work.key, work.data["spent"]) == ("agent", f"transaction/{number}/work", 15 * 60_000_000)


def test_fetching_gives_what_polling_gives(desk: Desk) -> None:
    ticket = desk.opens()
    desk.puts(ticket, Owner="bob", CustomFields={"Core": "down", "Tags": ["a"]})
    desk.writes(ticket, "It is back.")
    connector = desk.connect()
    page = connector.fetch(ticket)
    assert _short(list(page.events)) == _short(desk.polled(ticket, connector=connector))
    assert page.cursor == desk.version(ticket)
    for nothing in ("999999", "x", ""):
        assert (connector.fetch(nothing).events, connector.fetch(nothing).cursor) == ((), None)


def test_quiet_polls_change_nothing_and_say_up_to_when_all_is_known(desk: Desk) -> None:
    ticket = desk.opens()
    connector = desk.connect()
    cursor = connector.changes(desk.before(ticket)).cursor
    quiet = connector.changes(cursor)
    assert not quiet.more
    asked = desk.now()
    still = connector.changes(quiet.cursor)
    took = desk.now() - asked
    assert (still.cursor, still.events, still.more) == (quiet.cursor, (), False)
    assert still.complete_through is not None
    assert asked - took - 8_000_000 <= still.complete_through <= asked + took - 4_000_000


def test_what_happens_in_queues_that_are_not_watched_is_not_read(desk: Desk) -> None:
    connector = desk.connect(queues=[desk.queue])
    ours, theirs = desk.opens(), desk.opens(Queue=desk.other)
    cursor = desk.before(ours)
    desk.writes(theirs, "of no concern")
    page = connector.changes(cursor)
    while page.more:
        assert {event.subject for event in page.events} == {f"case:{ours}"}
        page = connector.changes(page.cursor)
    desk.writes(theirs, "of no concern either")
    desk.puts(theirs, Queue="Sales")
    still = connector.changes(page.cursor)
    assert (still.cursor, still.events, still.more) == (page.cursor, (), False)


def test_without_the_setting_all_queues_are_read(desk: Desk) -> None:
    one, two = desk.opens(), desk.opens(Queue=desk.other)
    events = desk.polled(one, two, connector=desk.connect(queues=None))
    assert {event.subject for event in events if event.kind == "opened"} == {f"case:{one}", f"case:{two}"}


def test_a_ticket_that_comes_into_a_watched_queue_is_told_with_its_past(desk: Desk) -> None:
    connector = desk.connect(queues=[desk.queue])
    ticket = desk.opens(Queue=desk.other, Subject="Where does it belong?")
    desk.writes(ticket, "said elsewhere")
    page = connector.changes(desk.before(ticket))
    assert (page.events, page.more) == ((), False)
    desk.puts(ticket, Queue=desk.queue)
    page = connector.changes(page.cursor)
    opened, *later = page.events
    assert opened.kind == "opened"
    assert opened.data["facts"]["case.queue"] == desk.other  # type: ignore[index,call-overload]  # JSON
    assert "said elsewhere" in {event.data.get("text") for event in later}
    assert later[-1].data["facts"] == {"case.queue": desk.queue}
    assert not connector.changes(page.cursor).events


def test_a_ticket_that_leaves_the_watched_queues_is_told_up_to_then(desk: Desk) -> None:
    connector = desk.connect(queues=[desk.queue])
    ticket = desk.opens()
    desk.writes(ticket, "said here")
    desk.puts(ticket, Queue=desk.other)
    desk.writes(ticket, "of no concern any more")
    events = desk.polled(ticket, connector=connector)
    assert events[0].kind == "opened"
    assert [event.data["text"] for event in events if event.kind == "message"] == ["Is it down?", "said here"]
    assert events[-1].data["facts"] == {"case.queue": desk.other}
    desk.puts(ticket, Queue=desk.queue)
    texts = {event.data.get("text") for event in desk.polled(ticket, connector=connector)}
    assert "of no concern any more" in texts


def test_a_queue_that_is_not_there_stops_the_reading_and_is_named(desk: Desk) -> None:
    connector = desk.connect(queues=[desk.queue, "Suport"])
    with pytest.raises(HttpError, match="no queue `Suport`"):
        connector.changes(None)
