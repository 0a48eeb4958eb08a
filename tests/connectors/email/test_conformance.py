"""The email connector is held to the conformance kit, beside a real dovecot."""

from collections.abc import Iterator, Mapping

import pytest

from casewarden.model.event import Json
from casewarden.plugin import Factory
from casewarden.testing.kit import ConnectorKit
from casewarden_email.plugin import Email
from support.mail_desk import MailDesk, settings
from support.servers.mail import MailServers


class TestEmail(ConnectorKit):
    skips = {  # noqa: RUF012  # the kit reads it only
        "webhooks": "Mail servers send no webhooks; the mailbox is polled, and listened to by IMAP IDLE.",
        "values-kept": "A mailbox has no fields.",
        "endless-answer": "The size of a mail is asked for before it is read; test_reading_mail.py has large ones.",
        "stale-conflict": "A mail has no version to write against, so `fetch` gives no precondition.",
        "read-back": "A mail that was taken is on its way: nobody can look into the mailbox that it goes to.",
        "slow-down": "A mail server names no time to wait.",
        "slow-down-unsaid": "Notes go into the mailbox, which has no limit; test_sending_mail.py tries SMTP's 4xx.",
    }

    @pytest.fixture
    def helpdesk(self, mail_servers: MailServers) -> Iterator[MailDesk]:
        with MailDesk(mail_servers).at_work() as desk:
            yield desk

    def factory(self, helpdesk: MailDesk) -> Factory:
        return Email(now=helpdesk.now)

    def settings(self, helpdesk: MailDesk) -> Mapping[str, Json]:
        return settings(helpdesk)
