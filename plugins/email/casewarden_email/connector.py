"""The email connector: an inbox that is read by IMAP, mail that is sent by SMTP."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from casewarden.model.event import Event, Json
from casewarden.plugin import Answer, Attempt, Check, Connector, Page, Rejected, Spec, WebhookError
from casewarden_email.boxes import Boxes
from casewarden_email.checking import Checker
from casewarden_email.compose import Composer
from casewarden_email.listening import Listener
from casewarden_email.reader import Reader
from casewarden_email.seals import Seals
from casewarden_email.sending import Sender
from casewarden_email.settings import read_settings
from casewarden_email.threads import Threads
from casewarden_email.translate import Translator
from casewarden_email.writer import Writer

_NO_WEBHOOKS: Final = "mail servers send no webhooks; the mailbox is polled"


@dataclass(frozen=True, slots=True)
class EmailConnector:
    """One configured instance. What reads and what writes have a connection each."""

    about: Spec
    reading: Boxes
    writing: Boxes
    reader: Reader
    writer: Writer
    checker: Checker
    listener: Listener

    def spec(self) -> Spec:
        """See `Connector`."""
        return self.about

    def check(self) -> Check:
        """See `Connector`."""
        return self.checker.check()

    def changes(self, cursor: Json) -> Page:
        """See `Connector`."""
        return self.reader.changes(cursor)

    def fetch(self, ticket: str) -> Page:
        """See `Connector`."""
        return self.reader.ticket(ticket)

    def apply(self, attempt: Attempt) -> Answer:
        """See `Connector`."""
        if attempt.kind not in self.about.actions:
            return Rejected(f"the email connector knows no action `{attempt.kind}`")
        return self.writer.apply(attempt)

    def listen(self, ring: Callable[[], None]) -> None:
        """See `casewarden.plugin.Listening`: by IMAP IDLE."""
        self.listener.listen(ring)

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> NoReturn:  # noqa: ARG002
        """See `Connector`: there are none."""
        raise WebhookError(_NO_WEBHOOKS)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Event]:  # noqa: ARG002
        """See `Connector`: there are none."""
        raise WebhookError(_NO_WEBHOOKS)

    def close(self) -> None:
        """See `Connector`."""
        self.listener.close()
        self.reading.close()
        self.writing.close()


def connect(instance: str, settings: Mapping[str, Json], about: Spec, now: Callable[[], int]) -> Connector:
    """A connector under this name. ValueError says what is wrong with the settings."""
    said = read_settings(settings)
    seals = Seals(said.secret)
    reading, writing = Boxes(said.imap), Boxes(said.imap)
    sender = Sender(said.smtp)
    reader = Reader(said, reading, Threads(said, reading, seals), Translator(said, seals, instance), now)
    writer = Writer(said, writing, Threads(said, writing, seals), Composer(said, seals), sender, now)
    checker = Checker(said, reading, sender, now)
    return EmailConnector(about, reading, writing, reader, writer, checker, Listener(said))
