"""A fake Jira with a connector beside it, and the published specifications where they are beside the checkout."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from casewarden.model.event import Event, Json
from casewarden.plugin import Answer, Attempt, Connector, Page
from casewarden.testing.factories import attempt
from casewarden_jira.plugin import JiraConnectors
from conftest import SHARED
from support.jira.logins import EMAIL, TOKEN
from support.jira.server import WEBHOOK_SECRET, FakeJira
from support.published_specs import Published, jira


@dataclass
class Desk:
    """A fake Jira, and connectors with the settings that a test wants."""

    fake: FakeJira
    settings: dict[str, Json] = field(default_factory=dict)
    made: list[Connector] = field(default_factory=list)

    def connect(self, **more: Json) -> Connector:
        """A connector as after a start; None leaves a setting out."""
        base: dict[str, Json] = {
            "url": self.fake.url,
            "edition": self.fake.edition,
            "token": TOKEN,
            "projects": ["SUP"],
            "reasons": {"Done": "resolved"},
            "linked": {"defect": {"projects": ["ENG"]}},
            "webhook_secret": WEBHOOK_SECRET,
            "calls_per_second": 100,
        }
        base |= {"email": EMAIL} if self.fake.is_cloud else {}
        base |= {"service_desk": True} if self.fake.desk else {"note_visibility": {"role": "Team"}}
        said = {name: value for name, value in {**base, **self.settings, **more}.items() if value is not None}
        connector = JiraConnectors(now=self.fake.now, retries=0).connect("desk", said)
        self.made.append(connector)
        return connector

    def poll(self, connector: Connector, cursor: Json = None) -> Page:
        """All pages as one."""
        events: list[Event] = []
        refused: list[str] = []
        for _ in range(1_000):
            page = connector.changes(cursor)
            events += page.events
            refused += page.refused
            cursor = page.cursor
            if not page.more:
                return Page(events, cursor, page.complete_through, False, refused)
        raise AssertionError("there are always more pages")

    def told(self, connector: Connector | None = None) -> list[Event]:
        """All events, each once, in the order of their instants."""
        found = self.poll(connector or self.connect()).events
        return sorted({event.key: event for event in found}.values(), key=lambda event: event.order)

    def write(
        self, connector: Connector, kind: str, ticket: str | None, content: Mapping[str, Json], **more: Any
    ) -> Answer:
        """Attempt an action."""
        return connector.apply(self.attempt(kind, ticket, content, **more))

    @staticmethod
    def attempt(kind: str, ticket: str | None, content: Mapping[str, Json], **more: Any) -> Attempt:
        return attempt(kind, f"case:{ticket or 1}", ticket, content, **more)


@pytest.fixture(scope="session")
def jira_specs() -> Mapping[str, Published]:
    """The specifications by edition; empty where the shared folder is not there, so that requests go unjudged."""
    folder = SHARED / "specs"
    if not folder.is_dir():
        return {}
    return {edition: jira(folder, edition) for edition in ("cloud", "data_center")}


@pytest.fixture
def desk(jira_specs: Mapping[str, Published]) -> Iterator[Desk]:
    """A Cloud without Service Management."""
    yield from _desk(jira_specs, "cloud")


@pytest.fixture
def service_desk(jira_specs: Mapping[str, Published]) -> Iterator[Desk]:
    """A Cloud with Service Management."""
    yield from _desk(jira_specs, "cloud", is_desk=True)


@pytest.fixture
def data_center(jira_specs: Mapping[str, Published]) -> Iterator[Desk]:
    """A Data Center."""
    yield from _desk(jira_specs, "data_center")


@pytest.fixture
def data_center_desk(jira_specs: Mapping[str, Published]) -> Iterator[Desk]:
    """A Data Center with Service Management."""
    yield from _desk(jira_specs, "data_center", is_desk=True)


def _desk(specs: Mapping[str, Published], edition: str, *, is_desk: bool = False) -> Iterator[Desk]:
    with FakeJira(edition=edition, desk=is_desk, page=100, specs=specs.get(edition)) as fake:
        found = Desk(fake)
        yield found
        for connector in found.made:
            connector.close()
