"""An export as a helpdesk that is only read: for trials beside a real history, and for demonstrations."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NoReturn

from casewarden.model.event import Event, Json
from casewarden.plugin import Answer, Attempt, Check, Page, Rejected, Spec, WebhookError
from casewarden.plugin.events import read_recorded
from casewarden_files.checking import check_inbox
from casewarden_files.inbox import Inbox
from casewarden_files.settings import as_path

WEEK: Final = 7 * 86_400_000_000
_INBOX: Final = "inbox"
_MOVED: Final = "moved_by"


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """The settings, checked. `as_if_now`: it is played as if it had begun within the last week."""

    file: Path
    as_if_now: bool = False


def read_export_settings(settings: Mapping[str, Json]) -> ExportSettings:
    """The settings of one instance; ValueError says in plain words what is wrong with them."""
    known = ("file", "as_if_now")
    for name in settings:
        if name not in known:
            raise ValueError(f"there is no setting `{name}`; known are {', '.join(known)}")
    as_if_now = settings.get("as_if_now", False)
    if not isinstance(as_if_now, bool):
        raise ValueError("`as_if_now` is true or false")  # noqa: TRY004 - the contract names ValueError
    return ExportSettings(as_path(settings, "file"), as_if_now)


def connect(instance: str, settings: Mapping[str, Json], spec: Spec, now: Callable[[], int]) -> "ExportConnector":
    """Make the connector of one instance; ValueError says in plain words what is wrong with its settings."""
    said = read_export_settings(settings)
    return ExportConnector(said, Inbox(said.file, instance, now, complete=True, read=read_recorded), spec, now)


@dataclass(frozen=True, slots=True)
class ExportConnector:
    """One configured instance: everything in it has happened, so all of it is known up to the present."""

    settings: ExportSettings
    inbox: Inbox
    spec_: Spec
    now: Callable[[], int]

    def spec(self) -> Spec:
        """See `Connector`."""
        return self.spec_

    def check(self) -> Check:
        """See `Connector`."""
        return Check(tuple(check_inbox(self.settings.file)))

    def changes(self, cursor: Json) -> Page:
        """See `Connector`. OSError where the file cannot be read.

        What is played as if it were now keeps its weekdays and times: it is moved by whole weeks, found at the first
        look and kept in the cursor.
        """
        if not self.settings.as_if_now:
            return self.inbox.changes(cursor)
        before = cursor if isinstance(cursor, dict) else {}
        moved_by = before.get(_MOVED)
        if not isinstance(moved_by, int):
            first = self.inbox.first()
            if first is None:  # nothing in it is an event: then there is nothing that could be moved
                return replace(self.inbox.changes(before.get(_INBOX)), complete_through=None)
            moved_by = max(0, self.now() - first) // WEEK * WEEK
        page = replace(self.inbox, moved_by=moved_by).changes(before.get(_INBOX))
        return replace(page, cursor={_INBOX: page.cursor, _MOVED: moved_by})

    def fetch(self, ticket: str) -> Page:
        """See `Connector`: a subject's events in the export; nobody writes to it, so there is no precondition."""
        events = () if self.settings.as_if_now else self.inbox.of_subject(ticket if ":" in ticket else f"case:{ticket}")
        return Page(events, None)

    def apply(self, attempt: Attempt) -> Answer:
        """See `Connector`: nothing is ever written."""
        return Rejected(f"`{attempt.kind}` cannot be done: {self.settings.file.name} is an export, which is only read")

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> NoReturn:  # noqa: ARG002
        """See `Connector`: an export sends none."""
        raise WebhookError("an export sends no webhooks")

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Event]:  # noqa: ARG002
        """See `Connector`: an export sends none."""
        raise WebhookError("an export sends no webhooks")

    def close(self) -> None:
        """See `Connector`: no file is kept open between calls."""
