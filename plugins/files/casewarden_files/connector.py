"""The files connector: an inbox that is read, an outbox that is written."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from casewarden.model.event import Event, Json
from casewarden.model.instants import iso
from casewarden.plugin import (
    AlreadyApplied,
    Answer,
    Applied,
    Attempt,
    Check,
    Page,
    Rejected,
    Retry,
    Spec,
    WebhookError,
)
from casewarden_files.checking import check
from casewarden_files.inbox import Inbox
from casewarden_files.outbox import NotWrittenError, Outbox
from casewarden_files.settings import FilesSettings, read_settings


def connect(instance: str, settings: Mapping[str, Json], spec: Spec, now: Callable[[], int]) -> "FilesConnector":
    """Make the connector of one instance; ValueError says in plain words what is wrong with its settings."""
    said = read_settings(settings)
    return FilesConnector(said, Inbox(said.inbox, instance, now, said.complete), Outbox(said.outbox), now, spec)


@dataclass(frozen=True, slots=True)
class FilesConnector:
    """One configured instance. Whether it states a watermark is up to its settings (`complete`)."""

    settings: FilesSettings
    inbox: Inbox
    outbox: Outbox
    now: Callable[[], int]
    spec_: Spec

    def spec(self) -> Spec:
        """See `Connector`."""
        return self.spec_

    def check(self) -> Check:
        """See `Connector`."""
        return check(self.settings)

    def changes(self, cursor: Json) -> Page:
        """See `Connector`. OSError where the inbox cannot be read."""
        return self.inbox.changes(cursor)

    def fetch(self, ticket: str) -> Page:
        """See `Connector`: a subject's events in the inbox; a ticket is a case's id, or a subject's whole name.

        A file has no version to write against, so there is no precondition.
        """
        return Page(self.inbox.of_subject(ticket if ":" in ticket else f"case:{ticket}"), None)

    def apply(self, attempt: Attempt) -> Answer:
        """See `Connector`: one line in the outbox, whatever its ticket was like before."""
        if attempt.kind not in self.spec_.actions:
            return Rejected(f"the files connector knows no action `{attempt.kind}`")
        details = _made(attempt)
        line: dict[str, Json] = {
            "subject": attempt.subject,
            "ticket": attempt.ticket,
            "kind": attempt.kind,
            "content": dict(attempt.content),
            "at": iso(self.now()),
            **details,
        }
        try:
            appended = self.outbox.append(attempt.key, line, search=attempt.again)
        except NotWrittenError as error:
            return Retry(f"the outbox {self.settings.outbox} cannot be written: {error}")
        return Applied(details, {"key": attempt.key, **line}) if appended else AlreadyApplied(details)

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> NoReturn:  # noqa: ARG002
        """See `Connector`: files send none."""
        raise WebhookError("files send no webhooks; what they say is read from the inbox")

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Event]:  # noqa: ARG002
        """See `Connector`: files send none."""
        raise WebhookError("files send no webhooks; what they say is read from the inbox")

    def close(self) -> None:
        """See `Connector`: no file is kept open between calls."""


def _made(attempt: Attempt) -> dict[str, Json]:
    """The id of a ticket that a link makes: out of the key, so that every attempt gives the same."""
    if attempt.kind != "link" or "id" in attempt.content:
        return {}
    digest = hashlib.sha256(attempt.key.encode()).hexdigest()
    return {"id": f"{attempt.content.get('kind')}-{digest[:12]}"}
