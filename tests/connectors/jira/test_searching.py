"""Jira's search: behind, in minutes, in pages; nothing is lost to it, and no instant is called complete too early."""

import pytest

from casewarden.model.event import Json
from connectors.jira.conftest import Desk

CORE: Json = {"fields": {"case.core": "Core service", "case.priority": "priority"}}


def opened(desk: Desk, count: int) -> list[str]:
    """So many tickets, each in a minute of its own."""
    made: list[str] = []
    for number in range(count):
        desk.fake.advance(90)
        made.append(desk.fake.open_ticket(str(number)))
    return made


def test_a_minute_is_not_lost_where_the_asker_is_in_another_zone(desk: Desk) -> None:
    connector = desk.connect()
    desk.fake.open_ticket("first")
    page = desk.poll(connector)
    desk.fake.advance(20)  # in the same minute as the first
    second = desk.fake.open_ticket("second")
    assert f"case:{second}" in {event.subject for event in desk.poll(connector, page.cursor).events}
    asked = [one.query("jql") for one in desk.fake.requests if one.path.endswith("/search/jql")]
    assert all("updated >= 17" in (jql or "") for jql in asked[1:])  # milliseconds, which have no zone


def test_what_the_search_shows_late_is_found_by_the_overlap(desk: Desk) -> None:
    from casewarden.testing.helpdesk import Fault

    connector = desk.connect()
    desk.fake.open_ticket("first")
    page = desk.poll(connector)
    desk.fake.inject(Fault.LATE, times=1)
    late = desk.fake.open_ticket("late")
    desk.fake.advance(100)
    desk.fake.open_ticket("soon")
    page = desk.poll(connector, page.cursor)
    assert f"case:{late}" not in {event.subject for event in page.events}
    desk.fake.clear()
    assert f"case:{late}" in {event.subject for event in desk.poll(connector, page.cursor).events}


def test_two_changes_within_one_millisecond_are_both_seen(desk: Desk, data_center: Desk, service_desk: Desk) -> None:
    for each in (desk, data_center, service_desk):
        connector, ticket = each.connect(), each.fake.open_ticket("first")
        each.fake.comment(ticket, "one")
        page = each.poll(connector)
        each.fake.comment(ticket, "two")  # `updated` stays as it is
        page = each.poll(connector, page.cursor)
        assert "two" in {event.data.get("text") for event in page.events}
        each.fake.happening.change(ticket, {"summary": "changed"}, by="lee")
        assert "observed" in {event.kind for event in each.poll(connector, page.cursor).events}


def test_the_watermark_stays_behind_what_the_search_may_not_show_yet(desk: Desk) -> None:
    desk.fake.open_ticket("first")
    page = desk.poll(desk.connect(shown_within=300))
    assert page.complete_through is not None
    assert page.complete_through <= desk.fake.now() - 300_000_000


def test_what_was_just_written_is_asked_for_by_its_id(desk: Desk) -> None:
    connector = desk.connect()
    ticket = desk.fake.open_ticket("first")
    desk.write(connector, "reply", ticket, {"text": "hello"})
    desk.poll(connector)
    asked = [one.query("reconcileIssues") for one in desk.fake.requests if one.path.endswith("/search/jql")]
    assert asked[-1] == ticket
    desk.fake.advance(3_600)
    desk.poll(connector)
    assert desk.fake.requests[-1].query("reconcileIssues") is None


@pytest.mark.parametrize("wrong", ["missing", "repeated", "expired"])
def test_a_search_stops_at_a_token_that_is_missing_or_repeated_or_has_ended_and_loses_nothing(
    desk: Desk, wrong: str
) -> None:
    tickets = {f"case:{ticket}" for ticket in opened(desk, 5)}
    connector = desk.connect(page_size=1, shown_within=10)
    first = connector.changes(None)
    desk.fake.tokens = wrong
    second = connector.changes(first.cursor)
    third = connector.changes(second.cursor)
    assert not (wrong == "missing" and second.more)
    desk.fake.tokens = None
    rest = desk.poll(connector, third.cursor)
    came = [*first.events, *second.events, *third.events, *rest.events]
    assert {event.subject for event in came} == tickets
    assert [*second.refused, *third.refused]
    assert rest.complete_through is not None


@pytest.mark.parametrize("wrong", ["missing", "repeated"])
def test_a_search_that_breaks_off_is_complete_through_no_instant(desk: Desk, wrong: str) -> None:
    opened(desk, 5)
    connector = desk.connect(page_size=1, shown_within=10)
    first = connector.changes(None)
    desk.fake.tokens = wrong
    second = connector.changes(first.cursor)
    assert not second.more
    assert (first.complete_through, second.complete_through) == (None, None)


def test_the_watermark_is_of_when_the_search_began_and_not_of_its_last_page(desk: Desk, data_center: Desk) -> None:
    for each in (desk, data_center):
        opened(each, 3)
        connector, begun = each.connect(page_size=1), each.fake.now()
        page = connector.changes(None)
        while page.more:
            each.fake.advance(600)
            page = connector.changes(page.cursor)
        assert page.complete_through == begun - 120_000_000


def test_a_search_asks_for_the_fields_that_are_read_and_no_more_and_within_projects(desk: Desk) -> None:
    desk.settings["mapping"] = CORE
    connector = desk.connect(jql="issuetype = Incident")
    desk.fake.open_ticket("first")
    desk.poll(connector, desk.poll(connector).cursor)
    asked = [one for one in desk.fake.requests if one.path.endswith("/search/jql")]
    for one in asked:
        assert "fields=customfield_10101" in one.target
        assert "*all" not in one.target
        assert (one.query("jql") or "").startswith('project in ("SUP", "ENG") AND (project in ("ENG") OR ')


def test_at_most_fifty_issues_are_asked_for_by_id(desk: Desk) -> None:
    connector = desk.connect()
    for ticket in opened(desk, 60):
        desk.write(connector, "tag", ticket, {"add": ["a"], "remove": []})
    desk.fake.requests.clear()
    connector.changes(None)
    (asked,) = [one for one in desk.fake.requests if one.path.endswith("/search/jql")]
    assert 0 < asked.target.count("reconcileIssues=") <= 50


def test_keys_of_projects_are_taken_in_any_case(desk: Desk) -> None:
    desk.fake.open_ticket("first")
    assert len(desk.told(desk.connect(projects=["sup"], linked={"defect": {"projects": ["eng"]}}))) == 1


def test_data_center_counts_and_an_issue_that_changes_meanwhile_moves_none_over_the_edge_of_a_page(
    data_center: Desk,
) -> None:
    fake = data_center.fake
    tickets = opened(data_center, 6)
    connector = data_center.connect(page_size=2, shown_within=10)
    first = connector.changes(None)
    fake.comment(tickets[0], "again")  # it goes to the end, and all others move up
    rest = data_center.poll(connector, first.cursor)
    came = {event.subject for event in (*first.events, *rest.events)}
    assert came == {f"case:{ticket}" for ticket in tickets}
    assert "again" in {event.data.get("text") for event in rest.events}
