"""The files connector is held to the conformance kit."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from casewarden.model.event import Json
from casewarden.plugin import Factory
from casewarden.testing.kit import ConnectorKit
from casewarden_files.plugin import Exports, Files
from support.fake_files import FileDesk


class TestFiles(ConnectorKit):
    skips = {  # noqa: RUF012  # the kit reads it only
        "webhooks": "Files send no webhooks; what they say is read from the inbox.",
        "failed-read": "Nothing stands between it and its files; tests/plugins/test_inbox.py takes them away.",
        "endless-answer": "A line of more than 1 MB is refused unread; tests/plugins/test_inbox.py has one.",
        "again-once": "A write has no answer that could be lost; tests/plugins/test_outbox.py kills it in the middle.",
        "failed-write": "There is no server that could fail; tests/plugins/test_outbox.py fills the disk.",
        "stale-conflict": "A file has no version to write against, so `fetch` gives no precondition.",
        "read-back": "A line that was written and synced to the disk is there; nobody accepts it without doing it.",
        "slow-down": "A file does not limit how often it is written.",
        "slow-down-unsaid": "A file does not limit how often it is written.",
        "own-writes": "What is written to the outbox is not read back; whoever reads it says in the inbox what it did.",
    }

    @pytest.fixture
    def helpdesk(self, tmp_path: Path) -> FileDesk:
        return FileDesk(tmp_path)

    def factory(self, helpdesk: FileDesk) -> Factory:
        return Files(now=helpdesk.now)

    def settings(self, helpdesk: FileDesk) -> Mapping[str, Json]:
        return {"inbox": str(helpdesk.inbox), "outbox": str(helpdesk.outbox), "complete": True}


class TestExport(ConnectorKit):
    skips = {  # noqa: RUF012  # the kit reads it only
        "webhooks": "An export sends no webhooks.",
        "writing": "An export is only read; tests/plugins/test_export.py holds it to that.",
        "failed-read": "Nothing stands between it and its files; tests/plugins/test_inbox.py takes them away.",
        "endless-answer": "A line of more than 1 MB is refused unread; tests/plugins/test_inbox.py has one.",
    }

    @pytest.fixture
    def helpdesk(self, tmp_path: Path) -> FileDesk:
        return FileDesk(tmp_path)

    def factory(self, helpdesk: FileDesk) -> Factory:
        return Exports(now=helpdesk.now)

    def settings(self, helpdesk: FileDesk) -> Mapping[str, Json]:
        return {"file": str(helpdesk.inbox)}
