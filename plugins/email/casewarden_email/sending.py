"""Sending by SMTP, one command after the other: what a failure means depends on how far it had come."""

import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from casewarden.model.event import Json
from casewarden.plugin import Applied, Rejected, Retry
from casewarden_email.compose import Letter
from casewarden_email.settings import Server

TIMEOUT_S: Final = 30.0
_FAILS: Final = (OSError, smtplib.SMTPException, ssl.SSLError, EOFError)


class LostError(OSError):
    """The connection ended while the mail was handed over: it is not known whether it was taken."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends by one server."""

    server: Server
    timeout: float = TIMEOUT_S
    greeting: str = field(default="localhost")

    def send(self, letter: Letter) -> Applied | Retry | Rejected:
        """Hand a mail over. LostError where the answer to the mail itself did not come."""
        try:
            smtp = self.open()
        except smtplib.SMTPResponseException as problem:
            return Retry(
                f"the SMTP server does not take us: {_told(problem.smtp_code, problem.smtp_error)}", reached=True
            )
        except _FAILS as problem:
            return Retry(f"the SMTP server {self._where()} cannot be used: {type(problem).__name__}")
        try:
            return self._hand_over(smtp, letter)
        finally:
            _leave(smtp)

    def open(self) -> smtplib.SMTP:
        """A connection, logged in; what smtplib raises where that fails."""
        server = self.server
        smtp: smtplib.SMTP
        context = ssl.create_default_context() if server.tls != "none" else None
        if server.tls == "tls":
            smtp = smtplib.SMTP_SSL(server.host, server.port, self.greeting, timeout=self.timeout, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, self.greeting, timeout=self.timeout)
        try:
            if server.tls == "starttls":
                smtp.starttls(context=context)
            smtp.ehlo_or_helo_if_needed()
            if server.user is not None and server.password is not None:
                smtp.login(server.user, server.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _hand_over(self, smtp: smtplib.SMTP, letter: Letter) -> Applied | Retry | Rejected:
        refused: dict[str, tuple[int, bytes]] = {}
        try:
            code, said = smtp.mail(letter.sender)
            if code != 250:
                return _refused(code, said, "the sender")
            for one in letter.recipients:
                code, said = smtp.rcpt(one)
                if code not in (250, 251):
                    refused[one] = (code, said)
            if len(refused) == len(letter.recipients):
                later = next((told for told in refused.values() if told[0] < 500), None)
                return _refused(*(later or next(iter(refused.values()))), "the recipient")
            code, said = smtp.docmd("DATA")
            if code != 354:
                return _refused(code, said, "the mail")
        except _FAILS as problem:
            return Retry(f"the SMTP server {self._where()} broke off: {type(problem).__name__}")
        try:
            smtp.send(_dotted(letter.body))
            code, said = smtp.getreply()
        except _FAILS as problem:
            raise LostError(
                f"the SMTP server {self._where()} broke off while it was given the mail: {type(problem).__name__}"
            ) from None
        if code != 250:
            return _refused(code, said, "the mail")
        details: dict[str, Json] = {"message_id": letter.id}
        if refused:
            details["refused"] = {one: _told(*told) for one, told in refused.items()}
        return Applied(details, _request(letter))

    def _where(self) -> str:
        return f"{self.server.host}:{self.server.port}"


def _refused(code: int, said: bytes, what: str) -> Retry | Rejected:
    """4xx is not now, 5xx never (RFC 5321, 4.2.1)."""
    reason = f"the SMTP server does not take {what}: {_told(code, said)}"
    return Rejected(reason) if 500 <= code < 600 else Retry(reason, reached=True)


def _told(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return f"{code} {' '.join(text.split())[:300]}"


def _request(letter: Letter) -> Mapping[str, Json]:
    return {"from": letter.sender, "to": list(letter.recipients), "message_id": letter.id}


def _dotted(body: bytes) -> bytes:
    """A mail as DATA carries it (RFC 5321, 4.5.2): lines end with CRLF, and a line of one dot ends nothing."""
    lines = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines) + b"\r\n.\r\n"


def _leave(smtp: smtplib.SMTP) -> None:
    try:
        smtp.quit()
    except _FAILS:
        smtp.close()  # it had ended
