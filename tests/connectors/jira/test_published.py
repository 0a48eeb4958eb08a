"""The fake Jira itself: what it answers is what Atlassian publishes, where that is right."""

import pytest

from casewarden.model.event import Json
from casewarden.plugin import Applied
from connectors.jira.conftest import Desk

EVERYTHING: list[tuple[str, Json]] = [
    ("reply", {"text": "hello"}),
    ("note", {"text": "psst"}),
    ("tag", {"add": ["new"], "remove": []}),
    ("set", {"path": "case.core", "value": "down"}),
    ("project", {"next_due": "2026-03-02T12:00:00Z", "clocks": {}}),
    ("assign", {"value": "manager"}),
    ("set", {"path": "case.status", "value": "waiting_on_customer"}),
    ("close", {"reason": "resolved"}),
    ("link", {"kind": "defect", "create": {"title": "Crash"}}),
]


@pytest.mark.parametrize("edition", ["desk", "service_desk", "data_center", "data_center_desk"])
def test_the_fake_answers_as_is_published(request: pytest.FixtureRequest, edition: str) -> None:
    desk: Desk = request.getfixturevalue(edition)
    desk.fake.is_judged = True
    desk.fake.embedded = 0
    desk.settings["mapping"] = {
        "fields": {"case.core": {"field": "Core service", "values": {"Down": "down", "Fine": "available"}}},
        "people": {"roles": {"manager": "lee@example.com"}},
        "project": {"*": {"due": "Next due"}},
    }
    desk.settings["releases"] = {"projects": ["ENG"], "zone": "UTC"}
    if desk.fake.desk:
        desk.settings["slas"] = {"Time to first response": {"state": "case.theirs"}}
    ticket = desk.fake.open_ticket("help")
    desk.fake.happening.change(ticket, {"customfield_10101": "Fine", "labels": ["old"]}, by="lee")
    desk.fake.comment(ticket, "still")
    connector = desk.connect(case_url="https://example.com/{id}")
    assert connector.check().is_fit
    for number, (kind, content) in enumerate(EVERYTHING):
        assert isinstance(content, dict)
        answer = desk.write(connector, kind, ticket, content, key=str(number))
        assert isinstance(answer, Applied), answer
        desk.fake.advance(2)
    elsewhere = desk.write(connector, "link", None, {"kind": "defect", "create": {"title": "Crash"}}, key="there")
    assert isinstance(elsewhere, Applied)
    assert not desk.poll(connector).refused
    assert connector.fetch(ticket).events
