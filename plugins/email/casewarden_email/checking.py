"""Whether the connector can work, in plain words."""

import smtplib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final

from casewarden.plugin import Check, Finding
from casewarden_email.boxes import Boxes, MailboxError
from casewarden_email.senders import proof_of
from casewarden_email.sending import Sender
from casewarden_email.settings import MailSettings

_LATEST: Final = 20
_SKEW_S: Final = 120


@dataclass(frozen=True, slots=True)
class Checker:
    """Looks at both servers. Nothing is written, and no mail is sent."""

    said: MailSettings
    boxes: Boxes
    sender: Sender
    now: Callable[[], int]

    def check(self) -> Check:
        """What is fit and what is not, with what would be right."""
        return Check((*self._imap(), *self._smtp()))

    def _imap(self) -> Iterator[Finding]:
        folders = self.said.folders
        try:
            found = self.boxes.standing(folders.inbox)
            if found is None:
                yield Finding("error", f"there is no folder {folders.inbox}", "name it at `folders.inbox`")
                return
            yield Finding("ok", f"IMAP lets us log in; {folders.inbox} is there")
            for name, folder in (("sent", folders.sent), ("notes", folders.notes)):
                if self.boxes.standing(folder) is None:
                    yield Finding(
                        "warning", f"there is no folder {folder}", f"it is made when needed; see folders.{name}"
                    )
            if "IDLE" not in self.boxes.capabilities():
                yield Finding(
                    "warning", "the IMAP server knows no IDLE", "mail is found by polling alone; see poll_every"
                )
            yield from self._latest(found.next_uid)
        except MailboxError as problem:
            yield Finding("error", str(problem), "look at `imap`: host, port, tls, user and password")

    def _latest(self, next_uid: int) -> Iterator[Finding]:
        """What the newest mails tell of the server that delivers them."""
        inbox = self.said.folders.inbox
        heads = self.boxes.heads(inbox, self.boxes.after(inbox, max(0, next_uid - 1 - _LATEST), next_uid, _LATEST))
        ahead = [one for one in heads if one.received > self.now() + _SKEW_S * 1_000_000]
        if ahead:
            yield Finding(
                "error", "mail is in the mailbox from later than now", "set the clocks of the two machines by NTP"
            )
        received = [line for one in heads for line in one.mail.headers("Received")[:1]]
        for line in received[-1:]:
            skew = _skew(line, heads[-1].received)
            if skew is not None and abs(skew) > _SKEW_S:
                yield Finding("warning", f"the newest mail was {skew:,} s on its way within the mail server")
        if self.said.authserv is None:
            message = "`authserv` is not set: what anybody writes into From is believed, and agents are nobody"
            yield Finding("warning", message, "set it to the name in the Authentication-Results of your mail server")
        elif heads and all(proof_of(one.mail, self.said.authserv) == "unsaid" for one in heads):
            message = f"none of the last {len(heads)} mails has Authentication-Results by {self.said.authserv}"
            yield Finding("warning", message, "no customer is believed so; look at the headers of a mail")
        if self.said.plus and heads and not any(self._is_plus(one.mail.headers("Delivered-To")) for one in heads):
            local, _, domain = self.said.address.partition("@")
            fix = f"write to {local}+test@{domain}: where it does not arrive, set `plus: false`"
            yield Finding(
                "warning", "no mail to a plus-address of ours has come lately, so it is not known to work", fix
            )

    def _is_plus(self, values: list[str]) -> bool:
        local, _, domain = self.said.address.partition("@")
        return any(one.casefold().startswith(f"{local}+") and one.casefold().endswith(domain) for one in values)

    def _smtp(self) -> Iterator[Finding]:
        server = self.said.smtp
        where = f"the SMTP server {server.host}:{server.port}"
        try:
            smtp = self.sender.open()
        except smtplib.SMTPAuthenticationError:
            yield Finding("error", f"{where} does not let us log in", "look at `smtp.user` and `smtp.password`")
        except (OSError, smtplib.SMTPException) as problem:
            yield Finding(
                "error", f"{where} cannot be used: {type(problem).__name__}", "look at `smtp`: host, port, tls"
            )
        else:
            try:
                code, said = smtp.mail(self.said.address)
                if code != 250:
                    told = said.decode("utf-8", "replace")[:200]
                    message = f"{where} takes no mail from {self.said.address}: {code} {told}"
                    yield Finding("error", message, "let the account send from `address`")
                else:
                    yield Finding("ok", f"{where} takes mail from {self.said.address}")
            except (OSError, smtplib.SMTPException) as problem:
                message = f"{where} broke off: {type(problem).__name__}"
                yield Finding("error", message, "see what its log says of us, and look at `smtp`: port, tls")
            finally:
                smtp.close()


def _skew(line: str, received: int) -> int | None:
    try:
        said = parsedate_to_datetime(line.rpartition(";")[2].strip())
        return int(received / 1_000_000 - said.timestamp())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
