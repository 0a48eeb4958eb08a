"""The Zendesk connector passes the kit."""

from collections.abc import Iterator, Mapping

import pytest

from casewarden.model.event import Json
from casewarden.plugin import Factory
from casewarden.testing.kit import ConnectorKit
from casewarden_zendesk.plugin import Zendesk
from support.published_specs import Published
from support.zendesk.server import FakeZendesk
from support.zendesk.state import CLIENT, EVENT_SECRET, SECRET, WEBHOOK_SECRET


class TestZendesk(ConnectorKit):
    @pytest.fixture
    def helpdesk(self, published: Published | None) -> Iterator[FakeZendesk]:
        with FakeZendesk(published=published) as server:
            server.custom_field(3600, "Due")
            yield server

    def factory(self, helpdesk: FakeZendesk) -> Factory:
        return Zendesk(now=helpdesk.now, retries=0)

    def settings(self, helpdesk: FakeZendesk) -> Mapping[str, Json]:
        return {
            "url": helpdesk.url,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "webhook_secret": WEBHOOK_SECRET,
            "event_webhook_secret": EVENT_SECRET,
            "calls_per_minute": 100_000,
            "exports_per_minute": 100_000,
            "mapping": {
                "fields": {
                    "case.priority": {"field": "priority", "type": "text"},
                },
                "people": {"assign": {"lee": "lee@example.com"}},
                "project": {"answer": {"due": "Due"}},
            },
        }
