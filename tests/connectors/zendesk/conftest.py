"""A fake Zendesk with a connector beside it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from casewarden.model.event import Event, Json
from casewarden.plugin import Answer, Attempt, Connector, Page
from casewarden.testing.factories import attempt
from casewarden_zendesk.plugin import Zendesk
from conftest import SHARED
from support.published_specs import Published
from support.zendesk.server import FakeZendesk
from support.zendesk.specs import zendesk
from support.zendesk.state import CLIENT, EVENT_SECRET, SECRET, WEBHOOK_SECRET

MINUTE = 60_000_000


@cache
def _published(path: Path) -> Published:
    return zendesk(path)


@pytest.fixture(scope="session")
def published() -> Published | None:
    """What Zendesk publishes, where it is beside this checkout: every request of these tests is held against it."""
    path = SHARED / "specs" / "zendesk-support.json"
    return _published(path) if path.is_file() else None


@dataclass
class Desk:
    """A fake Zendesk, and a connector with the settings that a test wants."""

    fake: FakeZendesk
    settings: dict[str, Json] = field(default_factory=dict)
    made: list[Connector] = field(default_factory=list)

    def connect(self, **more: Json) -> Connector:
        """A connector as after a start."""
        base: dict[str, Json] = {
            "url": self.fake.url,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "webhook_secret": WEBHOOK_SECRET,
            "event_webhook_secret": EVENT_SECRET,
            "calls_per_minute": 100_000,
            "exports_per_minute": 100_000,
        }
        connector = Zendesk(now=self.fake.clock.now, retries=0).connect("desk", {**base, **self.settings, **more})
        self.made.append(connector)
        return connector

    def poll(self, connector: Connector, cursor: Json = None, *, settle: bool = True) -> Page:
        """All pages as one; time passes before, so that nothing is held back."""
        if settle:
            self.fake.advance(120)
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
        """All events, each once."""
        found = self.poll(connector or self.connect()).events
        return list({event.key: event for event in found}.values())

    def write(self, connector: Connector, kind: str, ticket: str, content: Mapping[str, Json], **more: Any) -> Answer:
        """Attempt an action."""
        return connector.apply(self.attempt(kind, ticket, content, **more))

    @staticmethod
    def attempt(kind: str, ticket: str, content: Mapping[str, Json], **more: Any) -> Attempt:
        return attempt(kind, f"case:{ticket}", ticket, content, **more)

    def asked(self, path: str) -> list[Any]:
        """The requests to a path."""
        return [one for one in self.fake.requests if one.path == path]


@pytest.fixture
def desk(published: Published | None) -> Iterator[Desk]:
    with FakeZendesk(page=100, published=published) as fake:
        found = Desk(fake)
        yield found
        for connector in found.made:
            connector.close()


@pytest.fixture
def at() -> Callable[[Desk], int]:
    return lambda desk: desk.fake.now()
