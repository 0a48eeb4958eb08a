"""The life of linked tickets, and versions as releases."""

import json
from typing import Any

import pytest

from casewarden.model.event import Event
from casewarden.plugin.marks import mark_of, property_of
from connectors.jira.conftest import Desk


def version(
    desk: Desk, id_: str, name: str, *, released: bool = False, day: str | None = "2026-03-03"
) -> dict[str, Any]:
    made = {"id": id_, "name": name, "released": released, "releaseDate": day, "project": "ENG"}
    desk.fake.state.versions[id_] = made
    desk.fake.bodies.versions[id_] = name
    return made


def life(events: list[Event], subject: str) -> list[dict[str, Any]]:
    return [dict(event.data["facts"]) for event in events if event.subject == subject]  # type: ignore[arg-type]


def test_a_defect_is_filed_in_progress_fixed_in_a_version_and_released(desk: Desk) -> None:
    fix = version(desk, "500", "9.1")
    defect = desk.fake.happening.issue("ENG", "Crash", by="dev", kind="Bug")
    connector = desk.connect(releases={"projects": ["ENG"], "zone": "Europe/Zurich"})
    page = desk.poll(connector)
    assert life(list(page.events), "defect:ENG-1") == [{"status": "filed", "title": "Crash"}]
    desk.fake.advance(600)
    desk.fake.happening.change(defect.id, {"status": "In Progress"}, by="dev")
    desk.fake.advance(600)
    desk.fake.happening.change(
        defect.id, {"status": "Resolved", "resolution": "Done", "fixVersions": ["500"]}, by="dev"
    )
    page = desk.poll(connector, page.cursor)
    assert life(list(page.events), "defect:ENG-1")[1:] == [
        {"status": "in_progress"},
        {"status": "fixed", "fixed_in": "9.1"},
    ]
    desk.fake.advance(86_400)
    fix["released"] = True  # which leaves `updated` of the defect as it is
    page = desk.poll(connector, page.cursor)
    assert life(list(page.events), "defect:ENG-1")[-1] == {"status": "released", "fixed_in": "9.1"}
    released = [event for event in page.events if event.kind == "release"]
    assert [(event.subject, event.data["released"], event.data["planned"]) for event in released] == [
        ("release:9.1", True, "2026-03-02T23:00:00Z")
    ]
    assert not desk.poll(connector, page.cursor).events


def test_a_defect_that_is_reopened_after_its_release_and_fixed_again_is_released_again(desk: Desk) -> None:
    version(desk, "500", "9.1", released=True, day="2026-03-02")
    defect = desk.fake.happening.issue("ENG", "Crash", by="dev", kind="Bug")
    connector = desk.connect(releases={"projects": ["ENG"], "zone": "UTC"})
    page = None
    changes: list[dict[str, Any]] = [
        {"status": "Resolved", "resolution": "Done", "fixVersions": ["500"]},
        {"status": "In Progress", "resolution": None},
        {"status": "Resolved", "resolution": "Done"},
    ]
    told: dict[str, Event] = {}
    for change in changes:
        desk.fake.advance(600)
        desk.fake.happening.change(defect.id, change, by="dev")
        page = desk.poll(connector, page.cursor if page else None)
        told |= {event.key: event for event in page.events if event.subject == "defect:ENG-1"}
    lives = life(sorted(told.values(), key=lambda event: event.order), "defect:ENG-1")
    assert [one["status"] for one in lives] == ["filed", "fixed", "released", "in_progress", "fixed", "released"]


def test_a_defect_that_is_put_off_to_another_version_is_released_no_more(desk: Desk) -> None:
    version(desk, "500", "9.1", released=True, day="2026-03-02")
    version(desk, "501", "9.2")
    defect = desk.fake.happening.issue("ENG", "Crash", by="dev", kind="Bug")
    desk.fake.advance(60)
    desk.fake.happening.change(defect.id, {"status": "Resolved", "fixVersions": ["500"]}, by="dev")
    connector = desk.connect(releases={"projects": ["ENG"], "zone": "UTC"})
    page = desk.poll(connector)
    assert life(list(page.events), "defect:ENG-1")[-1]["status"] == "released"
    desk.fake.advance(60)
    desk.fake.happening.change(defect.id, {"fixVersions": ["501"]}, by="dev")
    page = desk.poll(connector, page.cursor)
    assert life(list(page.events), "defect:ENG-1")[-1] == {"status": "fixed", "fixed_in": "9.2"}


def test_a_release_that_is_taken_back_is_told_and_so_is_the_next_one(desk: Desk) -> None:
    fix = version(desk, "500", "9.1")
    defect = desk.fake.happening.issue("ENG", "Crash", by="dev", kind="Bug", fixVersions=["500"])
    desk.fake.advance(60)
    desk.fake.happening.change(defect.id, {"status": "Resolved", "resolution": "Done"}, by="dev")
    connector = desk.connect(releases={"projects": ["ENG"], "zone": "UTC"})
    page = desk.poll(connector)
    keys: set[str] = {event.key for event in page.events}
    for released, status in ((True, "released"), (False, "fixed"), (True, "released")):
        desk.fake.advance(60)
        fix["released"] = released
        page = desk.poll(connector, page.cursor)
        news = [event for event in page.events if event.key not in keys]
        keys |= {event.key for event in news}
        assert [event.data["released"] for event in news if event.kind == "release"] == [released]
        assert life(news, "defect:ENG-1")[-1]["status"] == status
        assert not desk.poll(connector, page.cursor).events


def test_ten_thousand_versions_fit_into_a_cursor(desk: Desk) -> None:
    for number in range(10_000):
        version(desk, str(10_000_000 + number), "a long name of a version " * 8 + str(number))
    page = desk.poll(desk.connect(releases={"projects": ["ENG"], "zone": "UTC"}))
    assert len(page.events) == 10_000
    assert len(json.dumps(page.cursor)) < 900_000


def test_a_defect_that_is_done_without_a_change_is_deferred(desk: Desk) -> None:
    defect = desk.fake.happening.issue("ENG", "Crash", by="dev", kind="Bug")
    desk.fake.advance(60)
    desk.fake.happening.change(defect.id, {"status": "Closed", "resolution": "Won't Do"}, by="dev")
    assert life(desk.told(), "defect:ENG-1")[-1] == {"status": "deferred"}


def test_a_case_is_told_of_links_that_are_made_and_taken_away_and_that_it_was_made_with(desk: Desk) -> None:
    case, defect = desk.fake.open_ticket("help"), desk.fake.happening.issue("ENG", "Crash", by="dev", kind="Bug")
    other = desk.fake.happening.issue("OPS", "not ours", by="dev")
    made_with = desk.fake.happening.issue("ENG", "Old", by="dev", kind="Bug")
    desk.fake.state.issues[case].links.append(("9", made_with.key))
    desk.fake.advance(60)
    desk.fake.happening.link(case, defect.id, by="lee")
    desk.fake.happening.link(case, other.id, by="lee")
    desk.fake.advance(60)
    desk.fake.happening.unlink(case, defect.id, by="lee")
    found = [event for event in desk.told() if event.kind in ("linked", "unlinked")]
    assert [(event.subject, event.kind, event.data["kind"], event.data["id"]) for event in found] == [
        (f"case:{case}", "linked", "defect", "ENG-2"),
        (f"case:{case}", "linked", "defect", "ENG-1"),
        (f"case:{case}", "unlinked", "defect", "ENG-1"),
    ]


def test_a_defect_that_was_moved_is_known_by_each_of_its_keys(desk: Desk) -> None:
    defect = desk.fake.happening.issue("ENG", "Crash", by="dev", kind="Bug")
    desk.fake.advance(60)
    before = {event.key for event in desk.told()}
    desk.fake.happening.moved(defect.id, "CORE", by="dev")
    events = desk.told(desk.connect(linked={"defect": {"projects": ["ENG", "CORE"]}}))
    assert {event.subject for event in events} == {"defect:ENG-1", "defect:CORE-1"}
    assert before <= {event.key for event in events if event.subject == "defect:ENG-1"}


def test_an_issue_that_goes_from_the_cases_to_the_defects_has_a_life_of_its_own_there(desk: Desk) -> None:
    issue = desk.fake.happening.issue("SUP", "Crash", by="customer", kind="Bug")
    desk.fake.advance(60)
    desk.fake.happening.change(issue.id, {"status": "In Progress"}, by="dev")
    connector = desk.connect()
    page = desk.poll(connector)
    desk.fake.advance(60)
    desk.fake.happening.moved(issue.id, "ENG", by="dev")
    after = desk.poll(connector, page.cursor)
    assert {event.key for event in page.events}.isdisjoint(event.key for event in after.events)
    assert life(list(after.events), "defect:ENG-1") == [
        {"status": "filed", "title": "Crash"}, {"status": "in_progress"},
    ]  # fmt: skip


def test_a_link_makes_one_issue_however_often_the_answer_is_lost(desk: Desk) -> None:
    from casewarden.plugin import AlreadyApplied, Applied, Retry
    from casewarden.testing.helpdesk import Fault

    case = desk.fake.open_ticket("help")
    connector = desk.connect()
    content: dict[str, Any] = {"kind": "defect", "create": {"title": "Crash", "description": "It\n\nfell"}}
    desk.fake.inject(Fault.LOST_AFTER, on="write", times=1)
    assert isinstance(desk.write(connector, "link", case, content), Retry)
    desk.fake.clear()
    again = desk.write(connector, "link", case, content, again=True)
    assert isinstance(again, Applied | AlreadyApplied)
    assert again.details["id"] == "ENG-1"
    assert [one.key for one in desk.fake.state.issues.values() if one.project == "ENG"] == ["ENG-1"]
    assert [key for _, key in desk.fake.state.issues[case].links] == ["ENG-1"]
    (made,) = (one for one in desk.fake.state.issues.values() if one.project == "ENG")
    mark = mark_of(desk.attempt("link", case, content).key)
    assert made.fields["labels"] == [mark]  # by which a search finds it
    assert list(made.properties) == [property_of(mark)]  # which nobody changes by hand


def test_the_id_of_a_case_elsewhere_is_not_taken_for_an_issue_that_has_it_here(desk: Desk) -> None:
    from casewarden.plugin import Applied, Rejected

    other = desk.fake.happening.issue("OPS", "not ours", by="dev")
    for more in ({}, {"projects": None}):  # with cases in Jira as well, and with linked tickets alone
        connector = desk.connect(case_url="https://example.zendesk.com/agent/tickets/{id}", **more)
        refused: dict[str, Any] = {"reply": {"text": "hello"}, "close": {}, "tag": {"add": ["x"], "remove": []}}
        for kind, said in refused.items():
            assert isinstance(desk.write(connector, kind, other.id, said, key=kind), Rejected)
        content: dict[str, Any] = {"kind": "defect", "create": {"title": "Crash"}}
        assert isinstance(desk.write(connector, "link", other.id, content, key=f"link{len(more)}"), Applied)
    assert (other.comments, other.links, other.fields["labels"]) == ([], [], [])
    made = [one for one in desk.fake.state.issues.values() if one.project == "ENG"]
    assert [next(iter(one.remote.values()))["url"] for one in made] == [
        f"https://example.zendesk.com/agent/tickets/{other.id}"
    ] * 2


def test_a_jira_of_linked_tickets_alone_is_checked_and_polled(desk: Desk) -> None:
    desk.fake.open_ticket("no case of ours")
    desk.fake.happening.issue("ENG", "Crash", by="dev", kind="Bug")
    connector = desk.connect(projects=None, note_visibility={}, jql="type = Incident")
    assert [one.level for one in connector.check().findings if one.level != "ok"] == []
    assert {event.subject for event in desk.told(connector)} == {"defect:ENG-1"}


def test_what_a_customer_wrote_makes_no_broken_title_and_no_markup(desk: Desk, data_center: Desk) -> None:
    from casewarden.plugin import Applied

    create = {"title": "It\r\nfell\t\0 over " * 30, "description": "call [~ceo] {panel}"}
    for each in (desk, data_center):
        case = each.fake.open_ticket("help")
        assert isinstance(each.write(each.connect(), "link", case, {"kind": "defect", "create": dict(create)}), Applied)
        (made,) = (one for one in each.fake.state.issues.values() if one.project == "ENG")
        assert made.fields["summary"].startswith("It fell over It fell over")
        assert len(made.fields["summary"]) == 255
        shown = "call [~ceo] {panel}" if each.fake.is_cloud else "call \\[\\~ceo\\] \\{panel\\}"
        assert made.fields["description"] == shown


@pytest.mark.parametrize("id_", ["OPS-1", "10001", "x"])
def test_what_is_no_ticket_of_the_kind_is_not_linked(desk: Desk, id_: str) -> None:
    from casewarden.plugin import Rejected

    case = desk.fake.open_ticket("help")
    desk.fake.happening.issue("OPS", "not ours", by="dev")
    assert isinstance(desk.write(desk.connect(), "link", case, {"kind": "defect", "id": id_}), Rejected)
    assert not desk.fake.state.issues[case].links


def test_where_the_search_may_not_show_yet_what_was_made_a_link_waits(desk: Desk) -> None:
    from casewarden.plugin import Applied, Retry

    case, connector = desk.fake.open_ticket("help"), desk.connect()
    content: dict[str, Any] = {"kind": "defect", "create": {"title": "Crash"}}
    first = desk.write(connector, "link", case, content, again=True)
    assert isinstance(first, Retry)
    assert first.after == 120
    desk.fake.advance(121)
    assert isinstance(desk.write(connector, "link", case, content, again=True), Applied)


def test_a_defect_of_a_case_elsewhere_points_to_it_once(desk: Desk) -> None:
    connector = desk.connect(case_url="https://example.zendesk.com/agent/tickets/{id}")
    content: dict[str, Any] = {"kind": "defect", "create": {"title": "Crash"}}
    desk.write(connector, "link", None, content)
    (made,) = (one for one in desk.fake.state.issues.values() if one.project == "ENG")
    assert list(made.remote) == ["casewarden=case:1"]


def test_a_status_of_a_linked_ticket_is_set_by_its_meaning(desk: Desk) -> None:
    from casewarden.plugin import AlreadyApplied, Applied

    case, defect = desk.fake.open_ticket("help"), desk.fake.happening.issue("ENG", "Crash", by="dev", kind="Bug")
    desk.fake.happening.link(case, defect.id, by="lee")
    connector = desk.connect()
    content: dict[str, Any] = {"path": "links.defect.status", "value": "in_progress"}
    assert isinstance(desk.write(connector, "set", case, content), Applied)
    assert defect.fields["status"] == "In Progress"
    assert isinstance(desk.write(connector, "set", case, content), AlreadyApplied)
