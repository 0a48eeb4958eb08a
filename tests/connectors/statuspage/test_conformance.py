"""The statuspage connector is held to the conformance kit."""

from collections.abc import Iterator, Mapping

import pytest

from casewarden.model.event import Json
from casewarden.plugin import Factory
from casewarden.testing.kit import ConnectorKit
from casewarden_statuspage.plugin import Statuspages
from support.fake_statuspage import TOKEN, FakeStatuspage


class TestStatuspage(ConnectorKit):
    skips = {  # noqa: RUF012  # the kit reads it only
        "webhooks": "A status page sends none; those of Alertmanager are tried in test_statuspage.py.",
        "writing": "A status page is of somebody else, and is only read.",
        "fetch-same-keys": "A page shows how a service is now; each look at it is an observation of its own.",
        "late-shown": "A page shows how things are now, so nothing of before can come late.",
        "texts-kept": "Nobody writes messages on a status page.",
    }

    @pytest.fixture
    def helpdesk(self) -> Iterator[FakeStatuspage]:
        with FakeStatuspage() as server:
            yield server

    def factory(self, helpdesk: FakeStatuspage) -> Factory:
        return Statuspages(now=helpdesk.now, retries=0, a_minute=6_000)

    def settings(self, helpdesk: FakeStatuspage) -> Mapping[str, Json]:
        values: Json = {"operational": "available", "major_outage": "down"}
        services: Json = {"core": {"components": ["Core API"], "values": values}}
        return {"url": helpdesk.url, "token": TOKEN, "services": services, "confirm_every": 10_000_000}
