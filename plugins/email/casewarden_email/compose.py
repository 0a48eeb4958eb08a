"""Mail that we send, as bytes: text and HTML, with headers that sign well and that nothing from outside can add to."""

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from casewarden.plugin.marks import HEADER, mark_of
from casewarden_email.mail import Mail
from casewarden_email.seals import Seals
from casewarden_email.settings import MailSettings

_BREAKS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_PLAIN_ID: Final = re.compile(r"<[!-;=?-~]{3,250}>")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to send: its id, the envelope, and its bytes. `sender` is empty for notices, which nothing answers."""

    id: str
    sender: str
    recipients: tuple[str, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Words:
    """What a mail says, in one language."""

    subject: str
    text: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Composer:
    """Writes the mails of one address."""

    said: MailSettings
    seals: Seals

    def reply(self, ticket: str, key: str, to: str, answered: Mail, words: Words, at: int) -> Letter:
        """A mail to the customer, in their thread; it comes back to a sealed address where it is not delivered."""
        mail = self._begin(ticket, key, (to,), words, at)
        mail["Reply-To"] = self._shown(self.address(ticket, to))
        mail["Auto-Submitted"] = "auto-replied"
        chain = [one for one in [*reversed(answered.references), answered.id] if one and _PLAIN_ID.fullmatch(one)]
        if chain:
            mail["In-Reply-To"] = chain[-1]
            mail["References"] = " ".join(chain[-10:])
        _fill(mail, words)
        return Letter(str(mail["Message-ID"]), self.address(ticket, to), (to,), mail.as_bytes())

    def notice(self, ticket: str, key: str, to: tuple[str, ...], words: Words, at: int) -> Letter:
        """A mail to people of ours, which nothing answers: its envelope has no sender."""
        mail = self._begin(ticket, key, to, words, at)
        mail["Auto-Submitted"] = "auto-generated"
        mail["Precedence"] = "bulk"
        mail["List-Id"] = f"Notices of Casewarden <casewarden.{self.said.domain}>"
        mail["List-Unsubscribe"] = f"<mailto:{self.said.address}?subject=unsubscribe>"
        _fill(mail, words)
        return Letter(str(mail["Message-ID"]), "", to, mail.as_bytes())

    def note(self, ticket: str, key: str, words: Words, at: int) -> Letter:
        """A note, which is kept in a folder and sent to nobody."""
        mail = self._begin(ticket, key, (self.said.address,), words, at)
        mail["Auto-Submitted"] = "auto-generated"
        _fill(mail, words)
        return Letter(str(mail["Message-ID"]), "", (), mail.as_bytes())

    def id(self, ticket: str, key: str, to: str) -> str:
        """The Message-ID of the mail of an action."""
        return self.seals.message_id(ticket, to, key, self.said.domain)

    def address(self, ticket: str, to: str) -> str:
        """Where mail about a case is answered to."""
        if not self.said.plus:
            return self.said.address
        local, _, domain = self.said.address.rpartition("@")
        return f"{local}+{self.seals.token(ticket, to)}@{domain}"

    def _begin(self, ticket: str, key: str, to: tuple[str, ...], words: Words, at: int) -> EmailMessage:
        mail = EmailMessage(policy=SMTP)
        token = f" [{self.seals.token(ticket, to[0])}]" if self.said.subject_token else ""
        mail["From"] = self._shown(self.said.address)
        mail["To"] = [Address(addr_spec=one) for one in to]
        mail["Subject"] = f"{one_line(words.subject)[:300]}{token}"
        mail["Date"] = format_datetime(datetime.fromtimestamp(at // 1_000_000, UTC))
        mail["Message-ID"] = self.id(ticket, key, to[0])
        mail[HEADER] = mark_of(key)
        mail["X-Auto-Response-Suppress"] = "All"
        return mail

    def _shown(self, address: str) -> Address:
        return Address(display_name=one_line(self.said.name), addr_spec=address)


def subject_of(answered: str) -> str:
    """The subject of an answer, without the tokens and prefixes that have gathered."""
    plain = re.sub(r"\[[a-z0-9_-]+\.[a-z2-7]{8}\.[a-z2-7]{16}\]", "", answered, flags=re.IGNORECASE)
    plain = re.sub(r"^\s*((re|aw|wg|fwd?|sv|r)\s*:\s*)+", "", plain, flags=re.IGNORECASE)
    return f"Re: {one_line(plain)[:250]}".strip()


def one_line(text: str) -> str:
    """A text that can stand in a header: no break in it can begin another."""
    return _BREAKS.sub(" ", text).encode("utf-8", "replace").decode().strip()


def _fill(mail: EmailMessage, words: Words) -> None:
    text = words.text.encode("utf-8", "replace").decode().rstrip() + "\n"
    language = f' lang="{words.language}"' if words.language and _LANGUAGE.fullmatch(words.language) else ""
    blocks = [block for block in re.split(r"\n{2,}", text.strip()) if block.strip()]
    shown = "\n".join("<p>" + html.escape(block).replace("\n", "<br>\n") + "</p>" for block in blocks)
    mail.set_content(text, charset="utf-8", cte="quoted-printable")
    page = f'<!DOCTYPE html>\n<html{language}><head><meta charset="utf-8"></head><body>\n{shown}\n</body></html>\n'
    mail.add_alternative(page, subtype="html", charset="utf-8", cte="quoted-printable")
    if language:  # after the rest: setting a content takes headers of an earlier one away
        mail["Content-Language"] = words.language
