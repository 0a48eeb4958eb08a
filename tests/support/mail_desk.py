"""A mailbox as the conformance kit's helpdesk: a real dovecot behind a door that fails when told, and an SMTP server.

Mails are put into the mailbox with the instant of the kit's clock as the one at which they were received. Of a mail
that was handed over twice under one Message-ID there is one: receivers go by that.
"""

import imaplib
import re
import socket
import socketserver
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any, Final

from casewarden.testing.helpdesk import Choice, Clock, Fault, Happens, On, Webhook
from casewarden.testing.listener import THREADS
from casewarden_email.boxes import Stored
from casewarden_email.mail import Mail
from casewarden_email.threads import case_id
from support.servers.mail import PASSWORD, MailServers

CUSTOMER: Final = "kim@customer.example"
CLOSED: Final = "CasewardenClosed"
_NOTES: Final = "Casewarden"
_PATIENCE: Final = 30.0
_WRITES: Final = frozenset({"APPEND", "STORE"})
_NEUTRAL: Final = frozenset({"LOGIN", "LOGOUT", "CAPABILITY", "NOOP"})
_LITERAL: Final = re.compile(rb"\{(\d+)\+?\}\r\n$")


@dataclass
class _Armed:
    """The failure that comes next, to whom, and how often."""

    fault: Fault | None = None
    on: On = "any"
    times: int = 0

    def strikes(self, kind: On) -> Fault | None:
        if self.fault in (None, Fault.LATE) or self.times <= 0 or self.on not in (kind, "any"):
            return None
        if self.fault is not Fault.REFUSED:
            self.times -= 1
        return self.fault


@dataclass
class MailDesk:
    """One mailbox. `imap` and `smtp` are the ports that the connector is given."""

    servers: MailServers
    clock: Clock = field(default_factory=Clock)
    happens: frozenset[Happens] = frozenset({"ticket", "comment"})
    faults: frozenset[Fault] = frozenset(
        {Fault.REFUSED, Fault.LOST_BEFORE, Fault.UNAVAILABLE, Fault.LOST_AFTER, Fault.MALFORMED, Fault.LATE}
    )
    page: int = 100
    choice: Choice | None = None
    imap: int = 0
    smtp: int = 0
    armed: _Armed = field(default_factory=_Armed)
    taken: list[bytes] = field(default_factory=list)
    open: set[socket.socket] = field(default_factory=set)
    changed: threading.Condition = field(default_factory=threading.Condition)
    roots: dict[str, str] = field(default_factory=dict)
    _mails: int = 0
    _last: bytes = b""
    _held: list[tuple[bytes, datetime]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.address = self.servers.new_mailbox()
        self._box = self.servers.imap_client(self.address)

    @contextmanager
    def at_work(self) -> Iterator["MailDesk"]:
        """Open its doors."""
        with _serving(_Imap, self) as self.imap, _serving(_Smtp, self) as self.smtp:
            try:
                yield self
            finally:
                self._box.logout()

    # -- what happens

    def now(self) -> int:
        return self.clock.now()

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def open_ticket(self, text: str) -> str:
        mail, id_ = self._mail(text)
        ticket = case_id(Stored(0, self.now(), Mail(mail)))
        self.roots[ticket] = id_
        self._arrives(mail)
        return ticket

    def comment(self, ticket: str, text: str) -> None:
        self._arrives(self._mail(text, self.roots[ticket])[0])

    def change(self, ticket: str, value: str | None) -> None:
        raise AssertionError("a mailbox has no fields")

    def comes_again(self) -> None:
        """The last mail arrives a second time, as by a list or a server that lost an answer."""
        self._put(self._last, self._moment())

    def subject(self, ticket: str) -> str:
        return f"case:{ticket}"

    def _mail(self, text: str, root: str | None = None) -> tuple[bytes, str]:
        self._mails += 1
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"], mail["Subject"] = CUSTOMER, self.address, f"Trouble {self._mails}"
        mail["Message-ID"] = id_ = f"<mail-{self._mails}@customer.example>"
        mail["Date"] = format_datetime(self._moment())
        if root is not None:
            mail["In-Reply-To"] = mail["References"] = root
        mail.set_content(text.encode("utf-8", "surrogatepass"), "text", "plain", params={"charset": "utf-8"})
        self._last = mail.as_bytes()
        return self._last, id_

    def _moment(self) -> datetime:
        return datetime.fromtimestamp(self.now() // 1_000_000, UTC)

    def _arrives(self, mail: bytes) -> None:
        if self.armed.fault is Fault.LATE and not self._held:
            self._held.append((mail, self._moment()))
        else:
            self._put(mail, self._moment())

    def _put(self, mail: bytes, at: datetime) -> None:
        said, _ = self._box.append("INBOX", "", imaplib.Time2Internaldate(at), mail)
        assert said == "OK"

    # -- what stands

    def writes(self) -> int:
        closed = self._found("INBOX", "KEYWORD", CLOSED)
        return len(self.taken) + len(self._found(_NOTES, "ALL")) + len(closed)

    def standing(self, text: str) -> int:
        notes = [self._raw(_NOTES, uid) for uid in self._found(_NOTES, "TEXT", f'"{text}"')]
        mails = [mail for mail in self.taken if text in _plain(mail)]
        return len({message_from_bytes(mail)["Message-ID"] for mail in (*notes, *mails)})

    def _found(self, folder: str, *words: str) -> list[bytes]:
        if self._box.select(folder, readonly=True)[0] != "OK":
            return []
        self._box.noop()
        found: Any = self._box.uid("SEARCH", *words)[1][0]
        return list((found or b"").split())

    def _raw(self, folder: str, uid: bytes) -> bytes:
        self._box.select(folder, readonly=True)
        told: Any = self._box.uid("FETCH", uid.decode(), "(BODY.PEEK[])")[1]
        return bytes(told[0][1])

    # -- how it fails

    def inject(self, fault: Fault, *, on: On = "any", times: int = 1) -> None:
        self.armed = _Armed(fault, on, times)

    def clear(self) -> None:
        self.armed = _Armed()
        for mail, at in self._held:
            self._put(mail, at)
        self._held.clear()

    def webhooks(self, *, at: int | None = None, secret: str | None = None) -> Sequence[Webhook]:
        return []

    def connections(self) -> int:
        """How many are open; those whose end is under way are waited for."""
        with self.changed:
            self.changed.wait_for(lambda: not self.open, _PATIENCE)
            return len(self.open)

    def swallowed(self) -> int:
        return 0

    def recorded(self) -> str:
        return ""


def _plain(mail: bytes) -> str:
    body = message_from_bytes(mail, policy=SMTP).get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


@contextmanager
def _serving(handler: type[socketserver.StreamRequestHandler], desk: MailDesk) -> Iterator[int]:
    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True
        request_queue_size = 64

    with Server(("127.0.0.1", 0), handler) as server:
        server.desk = desk  # type: ignore[attr-defined]  # what the handler reads
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


class _Door(socketserver.StreamRequestHandler):
    """A connection of the connector's."""

    @property
    def desk(self) -> MailDesk:
        found: MailDesk = self.server.desk  # type: ignore[attr-defined]
        return found

    def handle(self) -> None:
        threading.current_thread().name = THREADS
        with self.desk.changed:
            self.desk.open.add(self.connection)
        try:
            if self.desk.armed.strikes("any") is not Fault.REFUSED or self.desk.armed.on != "any":
                with suppress(OSError):
                    self.talk()
        finally:
            with self.desk.changed:
                self.desk.open.discard(self.connection)
                self.desk.changed.notify_all()

    def talk(self) -> None:
        raise NotImplementedError


class _Imap(_Door):
    """Dovecot's connection, command by command."""

    def talk(self) -> None:
        with socket.create_connection(("127.0.0.1", self.desk.servers.imap)) as upstream:
            self._upstream = upstream
            self._answers = upstream.makefile("rb")
            self._give(self._answers.readline())
            while (command := self._command()) is not None:
                if not self._pass_on(command):
                    return

    def _command(self) -> bytes | None:
        line = self.rfile.readline()
        return line or None

    def _give(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()

    def _pass_on(self, line: bytes) -> bool:
        """Let a command through, with its literals and its answer; whether the connection goes on."""
        tag, _, rest = line.partition(b" ")
        words = rest.split()
        word = (words[1] if words[0].upper() == b"UID" else words[0]).decode().upper() if words else ""
        kind: On = "write" if word in _WRITES else "any" if word in _NEUTRAL else "read"
        fault = self.desk.armed.strikes(kind) if kind != "any" else None
        if fault in (Fault.REFUSED, Fault.LOST_BEFORE):
            return False
        if fault is Fault.UNAVAILABLE:
            self._give(tag + b" NO [UNAVAILABLE] the server has too much to do\r\n")
            return True
        self._upstream.sendall(line)
        while (literal := _LITERAL.search(line)) is not None:
            if b"+}" not in literal.group():
                self._give(self._answers.readline())
            self._upstream.sendall(self.rfile.read(int(literal.group(1))))
            line = self.rfile.readline()
            self._upstream.sendall(line)
        answer = self._answer(tag)
        if fault is Fault.LOST_AFTER:
            return False
        if fault is Fault.MALFORMED:
            self._give(answer[: len(answer) // 2])
            return False
        self._give(answer)
        return word != "LOGOUT"

    def _answer(self, tag: bytes) -> bytes:
        """All that is answered to a command, to its last line."""
        found = bytearray()
        while line := self._answers.readline():
            found += line
            if (literal := _LITERAL.search(line)) is not None:
                found += self._answers.read(int(literal.group(1)))
            elif line.startswith(tag + b" "):
                return bytes(found)
        raise ConnectionResetError


class _Smtp(_Door):
    """A server that takes every mail."""

    def talk(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline():
            word = line.split()[0].upper().decode() if line.split() else ""
            fault = self.desk.armed.strikes("write") if word == "MAIL" else None
            if fault in (Fault.REFUSED, Fault.LOST_BEFORE):
                return
            if fault is Fault.UNAVAILABLE:
                self._say("421 4.3.2 the server has too much to do")
                return
            self._then = fault or (None if word != "DATA" else self._then)
            if word == "DATA":
                if not self._take():
                    return
                continue
            self._say("221 bye" if word == "QUIT" else "250 fine")
            if word == "QUIT":
                return

    _then: Fault | None = None

    def _take(self) -> bool:
        self._say("354 go on")
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        self.desk.taken.append(b"".join(lines))
        if self._then is Fault.LOST_AFTER:
            return False
        if self._then is Fault.MALFORMED:
            self.wfile.write(b"25")
            return False
        self._say("250 taken")
        return True

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
        self.wfile.flush()


def settings(desk: MailDesk) -> dict[str, Any]:
    """The settings of a connector beside it."""
    login = {"host": "127.0.0.1", "tls": "none", "user": desk.address, "password": PASSWORD}
    return {
        "address": desk.address,
        "secret": "a secret of the kit's, long enough",
        "imap": {**login, "port": desk.imap},
        "smtp": {"host": "127.0.0.1", "tls": "none", "port": desk.smtp},
        "people": {"lee": ["lee@desk.example"]},
        "most_a_day": 1_000,
        "most_to_one": 10_000,
    }
