"""Each connector before its fake, with so many tickets that were opened and changed once, or as near as it knows."""

import imaplib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from casewarden.model.event import Json
from casewarden.model.instants import iso
from casewarden.plugin import Connector
from casewarden.plugin.http import Bounds, Http, Pace
from casewarden.plugin.manager import load_plugins
from casewarden_email.connector import connect as connect_email
from casewarden_email.plugin import SPEC as EMAIL
from casewarden_jira.api import Jira
from casewarden_jira.connector import JiraConnector
from casewarden_jira.settings import read_settings as read_jira
from casewarden_rt.connector import connect as connect_rt
from casewarden_rt.plugin import SPEC as RT
from casewarden_statuspage.connector import StatuspageConnector
from casewarden_statuspage.settings import read_settings as read_statuspage
from casewarden_zendesk.connector import connect as connect_zendesk
from casewarden_zendesk.plugin import SPEC as ZENDESK
from connector_fakes import NOW, SECOND, Export, Search, StatusPage
from connector_mailbox import mailbox
from connector_sampled import Sampled
from connector_tracker import Tracker

COMPONENTS: Final = 100
CASES_IN_MAILBOX: Final = 2_000
_FAST: Final = 100_000
_URGENCY: Final[dict[str, Json]] = {"fields": {"case.urgency": "priority"}}
_CUSTOM: Final[dict[str, Json]] = {"fields": {"case.urgency": "CF.{Urgency}"}}


@dataclass(frozen=True)
class Stand:
    """A connector and what it will find: `looks` times it is asked, or else until there is no more.

    `asked` has a part of the requests that it made; `peer` does no more than to read the same otherwise.
    """

    connector: Connector
    changes: int
    asked: Sampled | None = None
    peer: Callable[[], None] | None = None
    looks: int | None = None


@contextmanager
def zendesk(tickets: int) -> Iterator[Stand]:
    settings: dict[str, Json] = {
        "url": "https://example.zendesk.com",
        "client_id": "bench",
        "client_secret": "bench-secret",
        "webhook_secret": "bench-webhook",
        "calls_per_minute": _FAST,
        "exports_per_minute": _FAST,
        "mapping": _URGENCY,
    }
    asked = Sampled(Export(tickets))
    yield Stand(connect_zendesk("desk", settings, ZENDESK, lambda: NOW, 0, asked), 2 * tickets, asked)


@contextmanager
def jira(tickets: int) -> Iterator[Stand]:
    settings: dict[str, Json] = {
        "url": "https://example.atlassian.net",
        "email": "a@example.com",
        "token": "bench-token",
        "projects": ["SUP"],
        "page_size": 100,
        "calls_per_second": _FAST,
        "mapping": _URGENCY,
    }
    told, asked = read_jira(settings), Sampled(Search(tickets))
    site = Jira.of(told, lambda: NOW, Bounds(), asked)
    yield Stand(JiraConnector("desk", told, site, lambda: NOW), 2 * tickets, asked)


@contextmanager
def rt(tickets: int) -> Iterator[Stand]:
    settings: dict[str, Json] = {
        "url": "https://rt.example.com",
        "token": f"1-14-{'0a' * 16}",
        "calls_per_second": 1_000,
        "mapping": _CUSTOM,
    }
    asked = Sampled(Tracker(tickets, NOW // SECOND - 86_400 - tickets))
    yield Stand(connect_rt("desk", settings, RT, lambda: NOW, asked), 2 * tickets, asked)


@contextmanager
def statuspage(tickets: int) -> Iterator[Stand]:
    """As many changes as of so many tickets, a hundred of them at every look."""
    looks = 2 * tickets // COMPONENTS
    services: dict[str, Json] = {f"s{number}": {"components": [f"c{number}"]} for number in range(COMPONENTS)}
    told = read_statuspage({"url": "https://status.example.com", "services": services})
    page = StatusPage(COMPONENTS)
    asked = Sampled(page)

    def now() -> int:
        return NOW + 60 * SECOND * page.looks

    http = Http(told.url, pace=Pace(_FAST), transport=asked, now=now)
    yield Stand(StatuspageConnector("page", told, http, now), looks * COMPONENTS, asked, looks=looks)


@contextmanager
def email(tickets: int) -> Iterator[Stand]:
    """A real Dovecot, each case a mail and an answer to it; its peer fetches the mails by imaplib.

    Of the cases no more than a mailbox has in life: a search takes Dovecot the longer the more mails there are.
    """
    tickets = min(tickets, CASES_IN_MAILBOX)
    with mailbox(tickets, NOW // SECOND - 86_400 - 2 * tickets) as settings:
        connector = connect_email("mail", settings, EMAIL, lambda: NOW)
        yield Stand(connector, 2 * tickets, peer=lambda: _fetch(settings["imap"], 2 * tickets))


def _fetch(imap: Json, mails: int) -> None:
    assert isinstance(imap, Mapping)
    with imaplib.IMAP4(str(imap["host"]), int(str(imap["port"]))) as client:
        client.login(str(imap["user"]), str(imap["password"]))
        client.select("INBOX", readonly=True)
        for first in range(1, mails + 1, 100):
            client.uid("FETCH", f"{first}:{first + 99}", "(UID INTERNALDATE BODY.PEEK[])")


@contextmanager
def files(tickets: int) -> Iterator[Stand]:
    """An inbox on the disk, each case its opening with a message, and a change; its peer reads the lines as JSON."""
    with _history(tickets) as inbox:
        settings: dict[str, Json] = {"inbox": str(inbox), "outbox": str(inbox.with_name("outbox.jsonl"))}
        connector = load_plugins()["files"].connect("desk", settings)
        yield Stand(connector, 2 * tickets, peer=lambda: _parse(inbox))


@contextmanager
def export(tickets: int) -> Iterator[Stand]:
    """The same file as a helpdesk that is only read."""
    with _history(tickets) as file:
        connector = load_plugins()["export"].connect("desk", {"file": str(file)})
        yield Stand(connector, 2 * tickets, peer=lambda: _parse(file))


@contextmanager
def _history(tickets: int) -> Iterator[Path]:
    with TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as name:
        file = Path(name) / "inbox.jsonl"
        with file.open("w", encoding="utf-8") as stream:
            stream.writelines(f"{json.dumps(one)}\n" for number in range(tickets) for one in _told(number, tickets))
        yield file


def _told(number: int, tickets: int) -> Iterator[dict[str, Json]]:
    at, who = NOW - 86_400 * SECOND - (tickets - number) * SECOND, [f"person{number % 5_000}@customer.example"]
    said: dict[str, Json] = {"subject": f"case:{number}", "at": iso(at), "seen_at": iso(at), "by": "customer"}
    opened: Json = {"via": "email", "facts": {"case.number": str(number), "case.urgency": "low"}}
    yield {**said, "kind": "opened", "key": f"o{number}", "who": list(who), "data": opened}
    yield {
        **said,
        "kind": "message",
        "key": f"m{number}",
        "who": list(who),
        "data": {"public": True, "text": "x" * 500},
    }
    yield {**said, "kind": "observed", "key": f"c{number}", "data": {"facts": {"case.urgency": "high"}}}


def _parse(inbox: Path) -> None:
    with inbox.open("rb") as stream:
        for line in stream:
            json.loads(line)


STANDS: Final[Mapping[str, Callable[[int], AbstractContextManager[Stand]]]] = {
    "zendesk": zendesk,
    "jira": jira,
    "rt": rt,
    "email": email,
    "statuspage": statuspage,
    "files": files,
    "export": export,
}
