"""The plugin that `casewarden connector new` writes passes the kit."""

from collections.abc import Iterator, Mapping

import pytest

from casewarden.model.event import Json
from casewarden.plugin import Factory
from casewarden.testing.kit import ConnectorKit
from casewarden.testing.scaffold.acme.fake import TOKEN, WEBHOOK_SECRET, FakeAcme
from casewarden.testing.scaffold.acme.plugin import Acme


class TestAcme(ConnectorKit):
    @pytest.fixture
    def helpdesk(self) -> Iterator[FakeAcme]:
        with FakeAcme() as server:
            yield server

    def factory(self, helpdesk: FakeAcme) -> Factory:
        return Acme(now=helpdesk.now, retries=0)

    def settings(self, helpdesk: FakeAcme) -> Mapping[str, Json]:
        return {"url": helpdesk.url, "token": TOKEN, "webhook_secret": WEBHOOK_SECRET}
