"""The Jira connector is held to the conformance kit, in each of its editions."""

from collections.abc import Iterator, Mapping

import pytest

from casewarden.model.event import Json
from casewarden.plugin import Factory
from casewarden.testing.kit import ConnectorKit
from casewarden_jira.plugin import JiraConnectors
from support.jira.logins import EMAIL, TOKEN
from support.jira.server import WEBHOOK_SECRET, FakeJira
from support.published_specs import Published


class JiraKit(ConnectorKit):
    """What all editions share; its name is none that pytest collects."""

    edition = "cloud"
    is_desk = False

    @pytest.fixture
    def helpdesk(self, jira_specs: Mapping[str, Published]) -> Iterator[FakeJira]:
        with FakeJira(edition=self.edition, desk=self.is_desk, specs=jira_specs.get(self.edition)) as server:
            yield server

    def factory(self, helpdesk: FakeJira) -> Factory:
        return JiraConnectors(now=helpdesk.now, retries=0)

    def settings(self, helpdesk: FakeJira) -> Mapping[str, Json]:
        login: dict[str, Json] = {"email": EMAIL} if self.edition == "cloud" else {}
        desk: dict[str, Json] = {"service_desk": True} if self.is_desk else {"note_visibility": {"role": "Team"}}
        return {
            "url": helpdesk.url, "edition": self.edition, "token": TOKEN, **login, **desk,
            "projects": ["SUP"],
            "reasons": {"Done": "resolved"},
            "linked": {"defect": {"projects": ["ENG"]}},
            "webhook_secret": WEBHOOK_SECRET,
            "page_size": 1,
            "calls_per_second": 100,
            "mapping": {
                "fields": {
                    "case.priority": {
                        "field": "Priority", "type": "choice",
                        "values": {"Low": "low", "Medium": "normal", "Highest": "urgent"},
                    }
                },
                "people": {"roles": {"lee": "lee"}},
                "project": {"*": {"due": "Next due"}, "first_response": {"state": "Clock"}},
            },
        }  # fmt: skip


class TestCloud(JiraKit):
    pass


class TestServiceManagement(JiraKit):
    is_desk = True


class TestDataCenter(JiraKit):
    edition = "data_center"


class TestDataCenterServiceManagement(JiraKit):
    edition = "data_center"
    is_desk = True
