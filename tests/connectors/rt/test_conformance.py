"""The Request Tracker connector is held to the conformance kit."""

from collections.abc import Iterator, Mapping

import pytest

from casewarden.model.event import Json
from casewarden.plugin import Factory
from casewarden.testing.kit import ConnectorKit
from casewarden_rt.plugin import RequestTracker
from support.rt.server import FakeRequestTracker


class TestRequestTracker(ConnectorKit):
    skips = {"webhooks": "Request Tracker sends no webhooks; it is polled."}  # noqa: RUF012  # the kit reads it only

    @pytest.fixture
    def helpdesk(self) -> Iterator[FakeRequestTracker]:
        with FakeRequestTracker() as server:
            yield server

    def factory(self, helpdesk: FakeRequestTracker) -> Factory:
        return RequestTracker(now=helpdesk.now)

    def settings(self, helpdesk: FakeRequestTracker) -> Mapping[str, Json]:
        return {
            "url": helpdesk.url,
            "token": helpdesk.tokens["casewarden"],
            "calls_per_second": 1000,
            "tags": "Tags",
            "mapping": {
                "fields": {"case.core": {"field": "CF.{Core}", "type": "choice"}},
                "people": {"assign": {"lee": "bob"}},
                "project": {"answer": {"due": "Answer due", "state": "CF.{Severity}"}},
            },
        }
