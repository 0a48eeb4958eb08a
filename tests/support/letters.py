"""Mail for tests: written, sent by the real servers, and read as the customer's program shows it."""

import time
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from casewarden.model.event import Event, Json
from casewarden.plugin import Attempt, Connector
from casewarden_email.plugin import Email
from support.servers.mail import PASSWORD, MailServers

SECRET = "a secret of the tests, long enough"


def settings(servers: MailServers, address: str, **more: Any) -> dict[str, Json]:
    """The settings of a connector for a mailbox of the real servers."""
    imap: Json = {"host": "127.0.0.1", "port": servers.imap, "tls": "none", "user": address, "password": PASSWORD}
    smtp: Json = {"host": "127.0.0.1", "port": servers.smtp, "tls": "none"}
    return {"address": address, "name": "The desk", "secret": SECRET, "imap": imap, "smtp": smtp, "lag": 0, **more}


def connect(servers: MailServers, address: str, **more: Any) -> Connector:
    return Email().connect("mail", settings(servers, address, **more))


def letter(subject: str, text: str, *, to: str, by: str = "kim@customer.example", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = by, to, subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def send(servers: MailServers, mail: EmailMessage, *, envelope: str | None = None, to: str | None = None) -> None:
    with servers.smtp_client() as smtp:
        smtp.send_message(mail, from_addr=mail["From"] if envelope is None else envelope, to_addrs=to or mail["To"])


def arrived(servers: MailServers, address: str, subject: str) -> list[EmailMessage]:
    """The mails in somebody's inbox that have this in their subject, as the standard library reads them."""
    found = []
    with servers.imap_client(address) as imap:
        imap.select("INBOX", readonly=True)
        for number in imap.search(None, "HEADER", "Subject", f'"{subject}"')[1][0].split():
            raw: Any = imap.fetch(number.decode(), "(BODY.PEEK[])")[1][0]
            found.append(message_from_bytes(raw[1], policy=default))
    return found


def eventually(ask: Callable[[], Any], patience_s: float = 120) -> Any:
    """What is asked for once it is there; the servers hand mail on in their own time."""
    end = time.monotonic() + patience_s
    while not (found := ask()):
        assert time.monotonic() < end, "it does not come to that"
    return found


def all_events(connector: Connector, cursor: Json = None) -> list[Event]:
    events: list[Event] = []
    while True:
        page = connector.changes(cursor)
        events += page.events
        cursor = page.cursor
        if not page.more:
            return events


def attempt(ticket: str, kind: str, *, key: str = "", again: bool = False, **content: Json) -> Attempt:
    return Attempt(key or f"case:{ticket}/rule/1/0/{kind}", f"case:{ticket}", ticket, kind, content, None, again)
