"""What Jira tells, read: each fact that has cost somebody data has a test of its own."""

from typing import Any

from casewarden.model.event import Event, Json
from casewarden.model.instants import iso
from connectors.jira.conftest import Desk

CORE: Json = {"fields": {"case.core": "Core service", "case.priority": "priority"}}


def of(events: list[Event], kind: str) -> list[Event]:
    return [event for event in events if event.kind == kind]


def facts(event: Event) -> dict[str, Any]:
    found = event.data["facts"]
    assert isinstance(found, dict)
    return found


def test_the_opening_has_the_fields_as_they_were_then(desk: Desk) -> None:
    desk.settings["mapping"] = CORE
    issue = desk.fake.happening.issue("SUP", "It is down", by="customer", customfield_10101=None)
    desk.fake.advance(60)
    desk.fake.happening.change(issue.id, {"customfield_10101": "Down", "priority": "Highest"}, by="lee")
    desk.fake.advance(60)
    desk.fake.happening.change(issue.id, {"summary": "Core is down", "labels": ["vip", "eu"]}, by="lee")
    begun, first, second = desk.told()
    assert facts(begun)["case.core"] is None
    assert facts(begun)["case.priority"] == "Medium"
    assert facts(begun)["case.subject"] == "It is down"
    assert facts(begun)["case.tags"] == []
    assert facts(first) == {"case.core": "Down", "case.priority": "Highest"}
    assert facts(second) == {"case.subject": "Core is down", "case.tags": ["eu", "vip"]}
    assert (first.at - begun.at, second.at - first.at) == (60_000_000, 60_000_000)
    assert (begun.by, first.by) == ("customer", "agent")


def test_a_change_is_known_by_the_id_of_its_history_however_it_came(desk: Desk) -> None:
    desk.settings["mapping"] = CORE
    ticket = desk.fake.open_ticket("first")
    desk.fake.advance(1)
    desk.fake.change(ticket, "Highest")
    (history,) = desk.fake.state.issues[ticket].histories
    connector = desk.connect()
    page = desk.poll(connector)
    again = desk.poll(connector)
    keys = [event.key for event in page.events]
    assert f"history/{history['id']}/fields" in keys
    assert keys == [event.key for event in again.events] == [event.key for event in connector.fetch(ticket).events]


def test_an_option_below_another_reads_the_same_in_the_history_and_in_the_issue() -> None:
    from casewarden_jira.fields import Fields, plain_of

    known = Fields.of([{"id": "customfield_1", "name": "Device", "schema": {"type": "option-with-child"}}])
    one = "Parent values: Hardware (old)(10100)Level 1 values: Laptop(10101)"
    item: Json = {"field": "Device", "fromString": "Parent values: Hardware (old)(10100)", "toString": one}
    (change,) = known.changes([item])
    assert change.field == "customfield_1"
    assert (change.before, change.after) == ("Hardware (old)", "Hardware (old) - Laptop")
    assert plain_of({"value": "Hardware (old)", "child": {"value": "Laptop"}}) == change.after


def test_a_history_that_is_not_all_embedded_is_read_page_by_page(desk: Desk) -> None:
    desk.fake.embedded = 2
    desk.settings["mapping"] = CORE
    ticket = desk.fake.open_ticket("first")
    for number in range(120):
        desk.fake.advance(60)
        desk.fake.change(ticket, ("Low", "Highest")[number % 2])
    assert len(of(desk.told(), "observed")) == 120


def test_comments_that_are_not_all_embedded_are_read_page_by_page(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("first")
    for number in range(130):
        desk.fake.advance(1)
        desk.fake.comment(ticket, f"comment {number}")
    assert [event.data["text"] for event in of(desk.told(), "message")] == [f"comment {n}" for n in range(130)]


def test_a_field_of_data_center_is_known_by_its_name_in_the_history(data_center: Desk) -> None:
    data_center.settings["mapping"] = CORE
    ticket = data_center.fake.open_ticket("first")
    data_center.fake.advance(1)
    data_center.fake.happening.change(ticket, {"customfield_10101": "Down"}, by="lee")
    assert facts(of(data_center.told(), "observed")[0]) == {"case.core": "Down"}


def test_statuses_become_the_life_of_a_case(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("first")
    way: list[dict[str, Any]] = [
        {"status": "In Progress"},
        {"status": "Waiting for customer"},
        {"status": "Resolved", "resolution": "Fixed"},
        {"status": "Closed"},
        {"status": "In Progress", "resolution": None},
    ]
    for change in way:
        desk.fake.advance(60)
        desk.fake.happening.change(ticket, change, by="lee")
    events = desk.told(desk.connect(reasons={"Fixed": "resolved"}))
    assert [(event.kind, event.data.get("reason"), event.data.get("facts")) for event in events[1:]] == [
        ("observed", None, {"case.status": "open"}),
        ("observed", None, {"case.status": "waiting_on_customer"}),
        ("resolved", "resolved", None),
        ("closed", None, None),
        ("reopened", None, None),
    ]
    assert facts(events[0])["case.status"] == "new"


def test_sets_of_options_and_numbers_read_the_same_in_the_history_and_in_the_issue(desk: Desk) -> None:
    desk.settings["mapping"] = {
        "fields": {
            "case.products": {"field": "Products", "type": "set"},
            "case.seats": {"field": "Seats", "type": "integer"},
        }
    }
    ticket = desk.fake.happening.issue("SUP", "x", by="customer", customfield_10106=["Mail"], customfield_10105=5).id
    desk.fake.advance(1)
    desk.fake.happening.change(ticket, {"customfield_10106": ["Mail", "Fax"], "customfield_10105": 7}, by="lee")
    begun, changed = desk.told()
    assert (facts(begun)["case.products"], facts(begun)["case.seats"]) == (["Mail"], 5)
    assert facts(changed) == {"case.products": ["Fax", "Mail"], "case.seats": 7}


def test_a_case_keeps_its_identity_when_its_issue_is_moved(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("first")
    desk.fake.advance(1)
    desk.fake.happening.moved(ticket, "HELP", by="lee")
    begun, moved = desk.told(desk.connect(projects=["SUP", "HELP"]))
    assert begun.subject == moved.subject == f"case:{ticket}"
    assert (facts(begun)["case.number"], facts(moved)["case.number"]) == ("SUP-1", "HELP-1")


def test_public_and_internal_comments_of_service_management_are_told_apart(service_desk: Desk) -> None:
    ticket = service_desk.fake.open_ticket("first")
    service_desk.fake.comment(ticket, "help")
    service_desk.fake.happening.comment(ticket, "only us", by="lee", public=False)
    said = {event.data["text"]: (event.data["public"], event.by) for event in of(service_desk.told(), "message")}
    assert said == {"help": (True, "customer"), "only us": (False, "agent")}


def test_where_jira_does_not_say_who_is_a_customer_the_agents_of_the_mapping_are_the_agents(
    data_center_desk: Desk,
) -> None:
    desk = data_center_desk
    ticket = desk.fake.open_ticket("first")
    for name in ("customer", "other", "lee"):
        desk.fake.happening.comment(ticket, name, by=name)
    assert {event.data["text"]: event.by for event in of(desk.told(), "message")} == {
        "customer": "customer", "other": "agent", "lee": "agent",
    }  # fmt: skip
    desk.settings["mapping"] = {"people": {"agents": ["lee"]}}
    assert {event.data["text"]: event.by for event in of(desk.told(), "message")} == {
        "customer": "customer", "other": "customer", "lee": "agent",
    }  # fmt: skip


def test_service_managements_own_clocks_are_facts_for_comparison(service_desk: Desk) -> None:
    fake = service_desk.fake
    ticket = fake.open_ticket("first")
    now = fake.now() // 1000
    fake.state.issues[ticket].slas = [
        {
            "id": "1",
            "name": "Time to first response",
            "completedCycles": [
                {"startTime": {"epochMillis": now}, "stopTime": {"epochMillis": now + 5000}, "breached": True}
            ],
            "ongoingCycle": {"startTime": {"epochMillis": now + 6000}, "breachTime": {"epochMillis": now + 9000}},
        }
    ]
    fake.advance(10)
    slas: Json = {"Time to first response": {"state": "case.theirs", "due": "case.theirs_due"}}
    found = [facts(event) for event in service_desk.told(service_desk.connect(slas=slas)) if "/sla/" in event.key]
    due = iso((now + 9000) * 1000)
    assert found == [
        {"case.theirs": "missed", "case.theirs_due": None},
        {"case.theirs": "running", "case.theirs_due": due},
    ]


def test_a_clock_that_is_paused_and_goes_on_is_told_each_time(service_desk: Desk) -> None:
    fake, connector = (
        service_desk.fake,
        service_desk.connect(slas={"Time to first response": {"state": "case.theirs", "due": "case.theirs_due"}}),
    )
    ticket = fake.open_ticket("first")
    running = {"startTime": {"epochMillis": fake.now() // 1000}, "breachTime": {"epochMillis": 1_772_500_000_000}}
    paused = {"startTime": running["startTime"], "paused": True}
    told, page = [], None
    for status, cycle in (
        ("In Progress", running), ("Waiting for customer", paused),
        ("In Progress", running), ("Waiting for customer", paused), ("In Progress", running),
    ):  # fmt: skip
        fake.advance(60)
        fake.state.issues[ticket].slas = [{"id": "1", "name": "Time to first response", "ongoingCycle": cycle}]
        fake.happening.change(ticket, {"status": status}, by="lee")
        page = service_desk.poll(connector, page.cursor if page else None)
        told += [event for event in page.events if "/sla/" in event.key]
    assert len({event.key for event in told}) == 5
    assert [facts(event)["case.theirs"] for event in sorted(told, key=lambda event: event.order)] == [
        "running", "paused", "running", "paused", "running",
    ]  # fmt: skip


def test_nulls_and_shapes_that_nobody_lists_do_not_stop_the_rest(desk: Desk) -> None:
    desk.settings["mapping"] = CORE
    issue = desk.fake.happening.issue("SUP", "odd", by="customer", priority=None, assignee=None)
    for id_ in ("77", "9" * 30, "9" * 5_000):  # no store takes the last as a number
        issue.histories.append({"id": id_, "created": desk.fake.now(), "author": None, "items": []})
    issue.fields["reporter"] = None
    issue.creator = None  # type: ignore[assignment]  # an account that was erased
    desk.fake.open_ticket("good")
    page = desk.poll(desk.connect())
    assert {event.subject for event in page.events} == {"case:10001", "case:10002"}
    assert next(event for event in page.events if event.subject == "case:10001").by == "automation"


def test_fetch_reads_the_issue_and_not_the_index(desk: Desk) -> None:
    from casewarden.testing.helpdesk import Fault

    desk.fake.inject(Fault.LATE, times=1)
    ticket = desk.fake.open_ticket("late")
    connector = desk.connect()
    assert not desk.poll(connector).events
    assert [event.kind for event in connector.fetch(ticket).events] == ["opened"]
    desk.fake.clear()
