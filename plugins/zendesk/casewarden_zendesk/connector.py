"""The Zendesk connector: polled by its incremental exports, written by safe updates."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import httpx

from casewarden.model.event import Event, Json
from casewarden.plugin import Answer, Attempt, Check, Connector, Page, Rejected, Spec, WebhookError
from casewarden.plugin.http import Basic, Bounds, Http, HttpError, Login, Pace
from casewarden.plugin.oauth import ClientCredentials
from casewarden_zendesk.bulk import Change, Gatherer
from casewarden_zendesk.checking import Checker
from casewarden_zendesk.known import Known
from casewarden_zendesk.reading import Reader
from casewarden_zendesk.server import Server
from casewarden_zendesk.settings import OAuth, ZendeskSettings, read_settings
from casewarden_zendesk.webhooks import Doorkeeper, Heard, read_hint
from casewarden_zendesk.writing import Writer

_MINUTE: Final = 60.0
_BODY: Final = 100_000_000
"""Bytes of one page of an export: a thousand audits with their comments."""


@dataclass(frozen=True, slots=True)
class ZendeskConnector:
    """One configured instance."""

    about: Spec
    https: tuple[Http, ...] = field(repr=False)
    reader: Reader = field(repr=False)
    writer: Writer = field(repr=False)
    checker: Checker = field(repr=False)
    doorkeeper: Doorkeeper = field(repr=False)
    heard: Heard = field(repr=False, default_factory=Heard)

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
        """See `Connector`: the events of all audits of a ticket, and of those that follow it up."""
        return self.reader.ticket(ticket) if ticket.isdecimal() else Page((), None)

    def apply(self, attempt: Attempt) -> Answer:
        """See `Connector`."""
        if attempt.kind not in self.about.actions:
            return Rejected(f"the Zendesk connector knows no action `{attempt.kind}`")
        return self.writer.apply(attempt)

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> None:
        """See `Connector`."""
        self.doorkeeper.verify(headers, body, now)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Event]:
        """See `Connector`: the events of the ticket that it is about, read from there."""
        hint = read_hint(headers, body)
        if hint is None or self.heard.has(hint.ids):
            return ()
        try:
            events = self.reader.ticket(hint.ticket).events
        except HttpError as problem:
            raise WebhookError(f"what it is about cannot be read now, and polling will find it: {problem}") from None
        self.heard.add(hint.ids)
        return events

    def close(self) -> None:
        """See `Connector`."""
        for http in self.https:
            http.close()


def connect(
    instance: str,
    settings: Mapping[str, Json],
    about: Spec,
    now: Callable[[], int],
    retries: int,
    transport: httpx.BaseTransport | None = None,
) -> Connector:
    """A connector under this name; benches give a `transport`. ValueError says what is wrong with the settings."""
    said = read_settings(settings)
    bounds = Bounds(body=_BODY, retries=retries)
    login, others = _login(said, now, retries, transport)
    http = Http(
        said.url, login=login, pace=Pace(said.calls_per_minute, _MINUTE), bounds=bounds, transport=transport, now=now
    )
    paces = (Pace(said.exports_per_minute, _MINUTE) for _ in range(3))
    server = Server(http, *paces)
    known = Known(server, said.mapping, now)
    reader = Reader(server, said, known, instance, now)
    secrets = tuple(one for one in (said.webhook_secret, said.event_webhook_secret) if one is not None)
    return ZendeskConnector(
        about,
        (http, *others),
        reader,
        Writer(server, said, known, reader.chain, Gatherer(server, _alone(server))),
        Checker(server, said, known),
        Doorkeeper(secrets),
    )


def _alone(server: Server) -> Callable[[Change], None]:
    """How a single ticket is written to."""

    def write(change: Change) -> None:
        server.update(change.ticket, change.body)

    return write


def _login(
    said: ZendeskSettings, now: Callable[[], int], retries: int, transport: httpx.BaseTransport | None
) -> tuple[Login, tuple[Http, ...]]:
    match said.login:
        case OAuth(client_id, client_secret):
            gate = Http(said.url, bounds=Bounds(retries=retries), transport=transport, now=now)
            login = ClientCredentials(gate, "/oauth/tokens", client_id, client_secret, scope="read write", now=now)
            return login, (gate,)
        case legacy:
            return Basic(f"{legacy.email}/token", legacy.token), ()
