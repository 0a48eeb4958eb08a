"""The Request Tracker connector: polled by transactions, written by REST 2."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

import httpx

from casewarden.model.event import Event, Json
from casewarden.plugin import Answer, Attempt, Check, Connector, Page, Rejected, Spec, WebhookError
from casewarden.plugin.http import Http, Pace
from casewarden_rt.binding import Binding
from casewarden_rt.checking import Checker
from casewarden_rt.reading import Reader
from casewarden_rt.server import Server
from casewarden_rt.settings import read_settings
from casewarden_rt.writing import Writer

_NO_WEBHOOKS: Final = "Request Tracker sends no webhooks; it is polled"


@dataclass(frozen=True, slots=True)
class RtConnector:
    """One configured instance."""

    about: Spec
    http: Http
    reader: Reader
    writer: Writer
    checker: Checker

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
        """See `Connector`: the events of all transactions of a ticket; its version is that of its newest one."""
        return self.reader.ticket(ticket) if ticket.isdecimal() else Page((), None)

    def apply(self, attempt: Attempt) -> Answer:
        """See `Connector`."""
        if attempt.kind not in self.about.actions:
            return Rejected(f"the Request Tracker connector knows no action `{attempt.kind}`")
        return self.writer.apply(attempt)

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> NoReturn:  # noqa: ARG002
        """See `Connector`: there are none."""
        raise WebhookError(_NO_WEBHOOKS)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Event]:  # noqa: ARG002
        """See `Connector`: there are none."""
        raise WebhookError(_NO_WEBHOOKS)

    def close(self) -> None:
        """See `Connector`."""
        self.http.close()


def connect(
    instance: str,
    settings: Mapping[str, Json],
    about: Spec,
    now: Callable[[], int],
    transport: httpx.BaseTransport | None = None,
) -> Connector:
    """A connector under this name; benches give a `transport`. ValueError says what is wrong with the settings."""
    said = read_settings(settings)
    pace, certificates = Pace(said.calls_per_second), said.certificates
    http = Http(said.url, login=said.login, pace=pace, certificates=certificates, transport=transport, now=now)
    server = Server(http)
    binding = Binding(server, said)
    reader = Reader(server, binding, instance, now)
    return RtConnector(about, http, reader, Writer(server, binding, lambda: reader.own), Checker(server, said, binding))
