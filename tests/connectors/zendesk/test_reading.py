"""What the exports of Zendesk are like, each fact by itself."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from casewarden.model.event import Event
from casewarden.model.instants import iso
from casewarden.plugin.http import RefusedError
from connectors.zendesk.conftest import MINUTE, Desk
from support.zendesk.state import ACME, AGENT, CUSTOMER, ROBOT


def of(events: list[Event], kind: str) -> list[Event]:
    return [event for event in events if event.kind == kind]


def facts(events: list[Event], path: str) -> list[object]:
    """All values of a fact in the order of what happened."""
    told = [event.data.get("facts") for event in sorted(events, key=lambda one: one.order)]
    return [one[path] for one in told if isinstance(one, dict) and path in one]


def test_start_time_is_sent_on_the_first_page_only(desk: Desk) -> None:
    desk.fake.page = 2
    for number in range(7):
        desk.fake.open_ticket(f"ticket {number}")
    connector = desk.connect()
    page = desk.poll(connector)
    desk.poll(connector, page.cursor)
    asked = desk.asked("/api/v2/incremental/tickets/cursor")
    assert len(asked) > 4
    assert asked[0].query("start_time") == "0"
    assert asked[0].query("cursor") is None
    assert all(one.query("start_time") is None and one.query("cursor") for one in asked[1:])


def test_the_last_minute_is_left_out_and_comes_later(desk: Desk) -> None:
    connector = desk.connect()
    first = desk.poll(connector)
    ticket = desk.fake.open_ticket("just now")
    assert of(list(desk.poll(connector, first.cursor, settle=False).events), "opened") == []
    found = desk.poll(connector, first.cursor)
    assert [event.subject for event in of(list(found.events), "opened")] == [f"case:{ticket}"]


def test_the_watermark_stays_behind_the_minute_that_is_left_out(desk: Desk) -> None:
    page = desk.poll(desk.connect())
    assert page.complete_through is not None
    assert page.complete_through <= desk.fake.now() - MINUTE


@pytest.mark.parametrize("ahead", [-400, 0, 400])
def test_another_clock_moves_the_watermark_to_the_safe_side_only(desk: Desk, ahead: int) -> None:
    desk.fake.ahead = ahead
    page = desk.poll(desk.connect())
    assert page.complete_through is not None
    assert page.complete_through <= desk.fake.now() + min(0, ahead) * 1_000_000 - MINUTE


def test_rows_that_look_older_than_asked_are_taken(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("old")
    connector = desk.connect()
    page = desk.poll(connector)
    row = desk.fake.state.tickets[int(ticket)]
    row["updated_at"] = "2020-01-01T00:00:00Z"
    row |= {"status": "deleted", "generated_timestamp": desk.fake.now() // 1_000_000}
    desk.fake.state.moved(int(ticket))
    (ended,) = of(list(desk.poll(connector, page.cursor).events), "ended")
    assert ended.data["reason"] == "deleted"


def test_the_cursor_of_the_end_is_kept(desk: Desk) -> None:
    desk.fake.open_ticket("one")
    connector = desk.connect()
    page = desk.poll(connector)
    again = desk.poll(connector, page.cursor)
    assert again.cursor == page.cursor
    desk.fake.open_ticket("two")
    assert len(of(list(desk.poll(connector, again.cursor).events), "opened")) >= 1


def test_comments_and_changes_come_with_their_own_times(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    times = [desk.fake.now()]
    desk.fake.advance(37)
    times.append(desk.fake.now())
    desk.fake.comment(ticket, "more")
    desk.fake.advance(37)
    times.append(desk.fake.now())
    desk.fake.change(ticket, "urgent")
    desk.settings["mapping"] = {"fields": {"case.urgency": "priority"}}
    found = desk.told()
    assert [event.at for event in of(found, "opened")] == [times[0]]
    assert [event.at for event in of(found, "message")] == times[:2]
    assert [event.at for event in of(found, "observed") if event.subject == f"case:{ticket}"] == [times[2]]


def test_fetch_gives_the_very_events_of_polling(desk: Desk) -> None:
    desk.fake.custom_field(3600, "Core", "tagger", ("down", "up"))
    desk.settings["mapping"] = {"fields": {"case.core": "Core", "case.urgency": "priority"}}
    ticket = desk.fake.open_ticket("help", custom_fields={3600: "down"}, tags=["vip"])
    desk.fake.advance(5)
    desk.fake.update(
        int(ticket), AGENT, {"status": "pending", "tags": ["a"], "comment": {"body": "ok", "public": True}}
    )
    desk.fake.update(int(ticket), AGENT, {"assignee_id": AGENT, "custom_fields": [{"id": 3600, "value": "up"}]})
    connector = desk.connect()
    polled = {event.key: event for event in desk.told(connector) if event.subject == f"case:{ticket}"}
    fetched = {event.key: event for event in connector.fetch(ticket).events}
    assert fetched.keys() == polled.keys()
    for key, event in fetched.items():
        known = polled[key]
        assert (event.kind, event.at, event.by, event.who) == (known.kind, known.at, known.by, known.who)
        assert {**event.data, "via": None} == {**known.data, "via": None}


def test_the_opening_tells_how_the_ticket_was_then_and_not_how_it_is(desk: Desk) -> None:
    desk.settings["mapping"] = {"fields": {"case.urgency": "priority"}}
    ticket = desk.fake.open_ticket("help", priority="low")
    desk.fake.change(ticket, "urgent")
    (opened,) = of(desk.told(), "opened")
    assert isinstance(opened.data["facts"], dict)
    assert opened.data["facts"]["case.urgency"] == "low"
    assert opened.data["facts"]["customer.id"] == str(ACME)
    assert opened.data["facts"]["case.language"] == "en"


def test_what_a_trigger_makes_of_a_comment_is_automation_and_not_the_customers_doing(desk: Desk) -> None:
    desk.settings["mapping"] = {"fields": {"case.urgency": "priority"}}
    ticket = desk.fake.open_ticket("help")
    desk.fake.update(int(ticket), CUSTOMER, {"comment": {"body": "it burns"}}, rule={"priority": "urgent"})
    found = desk.told()
    assert [event.by for event in of(found, "message")] == ["customer", "customer"]
    assert [event.by for event in of(found, "observed") if event.subject == f"case:{ticket}"] == ["automation"]


def test_nulls_and_values_that_nobody_knows_are_kept(desk: Desk) -> None:
    desk.settings["mapping"] = {"fields": {"case.urgency": {"field": "priority", "values": {"urgent": "p1"}}}}
    ticket = desk.fake.open_ticket("help")
    for value in ("urgent", None, "burning"):
        desk.fake.advance(1)
        desk.fake.change(ticket, value)
    page = desk.poll(desk.connect())
    assert facts(list(page.events), "case.urgency") == ["p1", None, "burning"]
    assert any("burning" in reason for reason in page.refused)


def test_a_custom_status_means_what_is_said_of_it_and_else_its_category(desk: Desk) -> None:
    desk.settings["statuses"] = {"77": "on_hold"}
    ticket = desk.fake.open_ticket("help")
    for change in ({"status": "open", "custom_status_id": 77}, {"status": "pending", "custom_status_id": 78}):
        desk.fake.advance(1)
        desk.fake.update(int(ticket), AGENT, change)
    assert facts(desk.told(), "case.status") == ["new", "on_hold", "waiting_on_customer"]


def test_solved_closed_and_open_again(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    for status in ("open", "solved", "open", "solved", "closed"):
        desk.fake.advance(1)
        desk.fake.update(int(ticket), AGENT, {"status": status})
    kinds = [
        event.kind for event in sorted(desk.told(), key=lambda one: one.order) if event.subject == f"case:{ticket}"
    ]
    assert kinds == ["opened", "message", "observed", "resolved", "reopened", "resolved", "closed"]


def test_a_deleted_ticket_ends(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("spam")
    connector = desk.connect()
    page = desk.poll(connector)
    desk.fake.delete(ticket)
    (ended,) = of(list(desk.poll(connector, page.cursor).events), "ended")
    assert (ended.subject, ended.data["reason"]) == (f"case:{ticket}", "deleted")
    assert connector.fetch(ticket).events == ()


def test_a_merged_ticket_ends_in_the_one_that_goes_on(desk: Desk) -> None:
    one, other = desk.fake.open_ticket("first"), desk.fake.open_ticket("second")
    desk.fake.advance(1)
    desk.fake.merge(other, one)
    ended = of(desk.told(), "ended")
    assert {(event.subject, event.data["reason"], event.data["into"]) for event in ended} == {
        (f"case:{other}", "merged", f"case:{one}")
    }


def test_a_follow_up_is_the_same_case_opened_again(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    for status in ("solved", "closed"):
        desk.fake.advance(1)
        desk.fake.update(int(ticket), AGENT, {"status": status})
    desk.fake.advance(60)
    later = desk.fake.follow_up(desk.fake.follow_up(ticket))
    desk.fake.comment(later, "still broken")
    connector = desk.connect()
    found = desk.told(connector)
    assert {event.subject for event in found if event.subject.startswith("case:")} == {f"case:{ticket}"}
    assert len(of(found, "opened")) == 1
    assert len(of(found, "reopened")) == 2
    assert "still broken" in [event.data.get("text") for event in found]
    assert {event.key for event in connector.fetch(ticket).events} == {
        event.key for event in found if event.subject == f"case:{ticket}"
    }


def test_a_follow_up_that_comes_after_a_start_is_still_of_its_case(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    desk.fake.update(int(ticket), AGENT, {"status": "closed"})
    page = desk.poll(desk.connect())
    later = desk.fake.follow_up(ticket)
    desk.fake.advance(600)
    page = desk.poll(desk.connect(), page.cursor)
    desk.fake.comment(later, "and again")
    found = desk.poll(desk.connect(), page.cursor).events
    assert {event.subject for event in found if event.subject.startswith("case:")} == {f"case:{ticket}"}


def test_organizations_are_customers_with_plans(desk: Desk) -> None:
    desk.fake.state.organization_fields = [
        {"id": 1, "key": "support_plan", "title": "Plan", "type": "text"},
        {"id": 2, "key": "term_start", "title": "Start", "type": "date"},
        {"id": 3, "key": "tier", "title": "Tier", "type": "text"},
    ]
    desk.settings |= {
        "organizations": {"plan": "support_plan", "plans": {"gold": "premium"}, "term_start": "term_start"},
        "mapping": {"fields": {"customer.tier": "organization.tier"}},
    }
    fields = {"support_plan": "gold", "term_start": "2026-01-01T00:00:00+00:00", "tier": "A"}
    desk.fake.organization(ACME, "Acme", fields)
    desk.fake.advance(1)
    desk.fake.open_ticket("help")
    found = desk.told()
    (plan,) = of(found, "plan")
    assert (plan.subject, plan.data["change"], plan.data["plan"]) == (f"account:{ACME}", "started", "premium")
    assert facts(found, "customer.tier") == ["A", "A"]
    (opened,) = of(found, "opened")
    assert isinstance(opened.data["facts"], dict)
    assert opened.data["facts"]["case.plan"] == "premium"


def test_a_plan_starts_once_however_often_the_organization_is_exported(desk: Desk) -> None:
    desk.settings["organizations"] = {"plan": "support_plan"}
    desk.fake.organization(ACME, "Acme", {"support_plan": "gold"})
    connector = desk.connect()
    page = desk.poll(connector)
    desk.fake.organization(ACME, "Acme Ltd", {})
    plans = of([*page.events, *desk.poll(connector, page.cursor).events], "plan")
    assert len({event.key for event in plans}) == 1


def _with_plan(desk: Desk, **fields: object) -> None:
    desk.fake.organization(ACME, "Acme", dict(fields))


def _plans(events: list[Event]) -> list[tuple[object, ...]]:
    found = {event.key: event for event in of(events, "plan")}.values()
    return [(one.data["change"], one.data["plan"], iso(one.at)) for one in sorted(found, key=lambda one: one.order)]


def test_a_plan_ends_after_the_last_day_of_its_term_without_any_change_of_the_organization(desk: Desk) -> None:
    desk.settings["organizations"] = {
        "plan": "plan", "term_start": "start", "term_end": "end", "zone": "Europe/Zurich",
    }  # fmt: skip
    today = datetime.fromtimestamp(desk.fake.now() // 1_000_000, ZoneInfo("Europe/Zurich")).date()
    first, last = today - timedelta(30), today + timedelta(1)
    _with_plan(desk, plan="gold", start=f"{first}T00:00:00+00:00", end=str(last))
    connector = desk.connect()
    page = desk.poll(connector)
    events, cursor = [*page.events], page.cursor
    started = ("started", "gold", iso(_midnight(first)))
    assert _plans(events) == [started]
    assert set(facts(events, "contract.term_end")) == {iso(_midnight(last + timedelta(1)))}
    for _ in range(3):
        desk.fake.advance(86_400)
        page = desk.poll(connector, cursor)
        events, cursor = [*events, *page.events], page.cursor
    assert _plans(events) == [started, ("ended", "gold", iso(_midnight(last + timedelta(1))))]


def test_a_plan_that_lies_ahead_starts_on_its_day_and_a_renewed_one_starts_again(desk: Desk) -> None:
    desk.settings["organizations"] = {"plan": "plan", "term_start": "start", "term_end": "end"}
    today = datetime.fromtimestamp(desk.fake.now() // 1_000_000, UTC).date()
    ahead, last = today + timedelta(2), today + timedelta(3)
    _with_plan(desk, plan="gold", start=str(ahead), end=str(last))
    connector = desk.connect()
    page = desk.poll(connector)
    assert _plans(list(page.events)) == []
    events, cursor = list[Event](), page.cursor
    for day in range(7):
        desk.fake.advance(86_400)
        if day == 4:
            _with_plan(desk, plan="gold", start=str(last + timedelta(1)), end=None)
        page = desk.poll(connector, cursor)
        events, cursor = [*events, *page.events], page.cursor
    begun, ended = (iso(_utc(one)) for one in (ahead, last + timedelta(1)))
    assert _plans(events) == [("started", "gold", begun), ("ended", "gold", ended), ("started", "gold", ended)]


def test_a_plan_that_is_not_named_any_more_is_unknown_from_then_on(desk: Desk) -> None:
    desk.settings["organizations"] = {"plan": "plan"}
    _with_plan(desk, plan="gold")
    connector = desk.connect()
    page = desk.poll(connector)
    _with_plan(desk, plan=None)
    later = desk.poll(connector, page.cursor)
    assert facts(list(page.events), "case.plan") == []
    assert None in facts(list(later.events), "case.plan")
    assert _plans(list(later.events)) == []


def test_a_case_outside_of_the_term_has_no_plan_of_the_organization(desk: Desk) -> None:
    desk.settings["organizations"] = {"plan": "plan", "term_start": "start", "term_end": "end"}
    today = datetime.fromtimestamp(desk.fake.now() // 1_000_000, UTC).date()
    _with_plan(desk, plan="gold", start=str(today - timedelta(9)), end=str(today))
    desk.fake.open_ticket("within")
    desk.fake.advance(2 * 86_400)
    desk.fake.open_ticket("after it")
    told: list[Any] = [event.data["facts"] for event in of(desk.told(), "opened")]
    opened = {one["case.subject"]: one for one in told}
    assert opened["within"]["case.plan"] == "gold"
    assert "case.plan" not in opened["after it"]


def test_organizations_from_before_our_time_tell_their_plans(desk: Desk) -> None:
    _with_plan(desk, plan="gold")
    desk.fake.advance(86_400)
    desk.settings |= {"since": iso(desk.fake.now()), "organizations": {"plan": "plan"}}
    assert [plan for _, plan, _ in _plans(desk.told())] == ["gold"]


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Europe/Zurich")).timestamp()) * 1_000_000


def _utc(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000


def test_a_comment_that_was_generated_says_so(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    desk.fake.update(int(ticket), CUSTOMER, {"comment": {"body": "I am away"}}, channel="email", flags=(4,))
    messages = {event.data["text"]: event.data.get("automatic") for event in of(desk.told(), "message")}
    assert messages == {"help": None, "I am away": True}


def test_internal_and_public_comments_are_told_apart(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    desk.fake.update(int(ticket), AGENT, {"comment": {"body": "inside", "public": False}})
    desk.fake.update(int(ticket), AGENT, {"comment": {"body": "outside", "public": True}})
    told = {event.data["text"]: (event.by, event.data["public"]) for event in of(desk.told(), "message")}
    assert told == {"help": ("customer", True), "inside": ("agent", False), "outside": ("agent", True)}


def test_what_another_program_writes_by_our_account_is_automation(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    desk.fake.update(int(ticket), ROBOT, {"comment": {"body": "from a script"}}, channel="api")
    assert [event.by for event in of(desk.told(), "message")] == ["customer", "automation"]


def test_a_ticket_from_before_our_time_is_told_from_its_beginning(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("long ago")
    opened_at = desk.fake.now()
    desk.fake.advance(86_400)
    since = desk.fake.now()
    desk.fake.advance(60)
    desk.fake.comment(ticket, "any news?")
    desk.settings["since"] = iso(since)
    found = desk.told()
    assert [event.at for event in of(found, "opened")] == [opened_at]
    assert [event.data["text"] for event in sorted(of(found, "message"), key=lambda one: one.at)] == [
        "long ago",
        "any news?",
    ]


def test_exports_are_for_admins_only(desk: Desk) -> None:
    desk.fake.role = "agent"
    with pytest.raises(RefusedError, match="403"):
        desk.connect().changes(None)


def test_agents_habits_become_events(desk: Desk) -> None:
    desk.fake.state.lists["macros"] = [{"id": 55, "title": "Customer called", "active": True, "actions": []}]
    desk.settings["mapping"] = {
        "events": {
            "called": {"when": {"macro": "Customer called"}, "kind": "call", "by": "agent", "data": {"via": "phone"}},
            "diagnosis": {"when": {"tag_added": "diagnosis"}, "kind": "work", "data": {"spent": "1 minute"}},
            "escalated": {"when": {"comment": {"matches": "#escalate", "by": "agent"}}, "kind": "message"},
        }
    }
    ticket = desk.fake.open_ticket("help")
    desk.fake.update(
        int(ticket), AGENT, {"macro": (55, "Customer called"), "comment": {"body": "rang", "public": False}}
    )
    desk.fake.update(int(ticket), AGENT, {"tags": ["diagnosis"]})
    desk.fake.update(int(ticket), AGENT, {"comment": {"body": "please #escalate", "public": False}})
    connector = desk.connect()
    names = {event.key.rpartition("/")[2] for event in desk.told(connector)}
    assert {"called", "diagnosis", "escalated"} <= names
    assert {"called", "diagnosis", "escalated"} <= {
        event.key.rpartition("/")[2] for event in connector.fetch(ticket).events
    }


def test_a_page_of_one_second_does_not_hold_up_the_rest(desk: Desk) -> None:
    desk.fake.page = 2
    for number in range(9):
        desk.fake.open_ticket(f"ticket {number}")
    desk.fake.advance(1)
    desk.fake.open_ticket("after")
    assert len(of(desk.told(), "opened")) == 10
