"""The mailbox by IMAP: one connection, used by one caller at a time, made anew where it has ended."""

import imaplib
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeVar

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from casewarden_email.mail import Mail
from casewarden_email.searches import any_of, can_be_sought, lines
from casewarden_email.settings import Server

TIMEOUT_S: Final = 30.0
HEAD: Final = 65_536
"""Bytes of a mail that are read where only its headers are asked for."""
_WINDOW: Final = 20_000
"""UIDs that are asked for at once: an answer is one line, and imaplib reads lines of a million bytes at most."""
_MOST_AT_ONCE: Final = 10_000_000
_MOST_OF_ONE: Final = 20
"""Mails that are looked at for one id."""
_UID: Final = re.compile(rb"\bUID (\d+)")
_SIZE: Final = re.compile(rb"\bRFC822\.SIZE (\d+)")
_DATE: Final = re.compile(rb'\bINTERNALDATE "([^"]{10,40})"')
_FAILS: Final = (OSError, imaplib.IMAP4.error, ImapToolsError, ssl.SSLError, EOFError)
T = TypeVar("T")


class MailboxError(OSError):
    """The mailbox cannot be used; the reason holds no secret."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A mail in a folder: its UID, when the server received it (microseconds), and as much of it as was read."""

    uid: int
    received: int
    mail: Mail


@dataclass(frozen=True, slots=True)
class Standing:
    """How a folder is: the UIDs are good while `validity` stays; all are below `next_uid`."""

    validity: int
    next_uid: int


@dataclass(slots=True)
class Boxes:
    """The folders of a mailbox."""

    server: Server
    timeout: float = TIMEOUT_S
    _box: BaseMailBox | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def standing(self, folder: str) -> Standing | None:
        """How a folder is; None where there is none."""
        return self._call(lambda box: _standing(box, folder))

    def after(self, folder: str, uid: int, until: int, most: int) -> list[int]:
        """The UIDs above one and below another, at most so many, ascending."""

        def ask(box: BaseMailBox) -> list[int]:
            box.folder.set(folder, readonly=True)
            found: list[int] = []
            start = uid + 1
            while start < until and len(found) < most:
                end = min(start + _WINDOW, until) - 1
                found += sorted(one for one in _search(box, "UID", f"{start}:{end}") if start <= one <= end)
                start = end + 1
            return found[:most]

        return self._call(ask)

    def search(self, folder: str, *words: str) -> list[int]:
        """The UIDs of what the server finds, the newest last. The words are IMAP's own, none from outside."""

        def ask(box: BaseMailBox) -> list[int]:
            if not box.folder.exists(folder):
                return []
            box.folder.set(folder, readonly=True)
            return sorted(_search(box, *words))

        return self._call(ask)

    def by_id(self, folder: str, id_: str) -> Stored | None:
        """The first mail with this Message-ID, by its headers; None where there is none."""
        if not can_be_sought(id_):
            return None
        uids = self.search(folder, *any_of([id_]))
        return next((one for one in self.heads(folder, uids[:_MOST_OF_ONE]) if one.mail.id == id_), None)

    def by_ids(self, folder: str, ids: Sequence[str]) -> dict[str, Stored | None]:
        """As `by_id` for many at once: a search reads the whole folder, whatever it asks. Some may be left out."""
        found: dict[str, Stored | None] = {}
        for some in lines(ids):
            uids = self.search(folder, *any_of(some))
            if len(uids) > _MOST_OF_ONE * len(some):
                continue  # somebody sent one id many times: that keeps nobody else's from being found
            found |= dict.fromkeys(some)
            for stored in reversed(self.heads(folder, uids)):
                if stored.mail.id in found:
                    found[stored.mail.id] = stored
        return found

    def heads(self, folder: str, uids: Sequence[int]) -> list[Stored]:
        """The headers of mails."""
        return [
            one for part in _chunks(uids, 100) for one in self._fetched(folder, part, f"BODY.PEEK[HEADER]<0.{HEAD}>")
        ]

    def whole(self, folder: str, uids: Sequence[int], most: int) -> list[Stored]:
        """Mails, each read to so many bytes, in the order of their UIDs; those that are gone are left out."""
        found: list[Stored] = []
        sizes = self._call(lambda box: _sizes(box, folder, uids)) if uids else {}
        waiting: list[int] = []
        room = _MOST_AT_ONCE
        for uid in uids:
            size = min(sizes.get(uid, 0), most)
            if waiting and size > room:
                found += self._fetched(folder, waiting, f"BODY.PEEK[]<0.{most}>", most)
                waiting, room = [], _MOST_AT_ONCE
            waiting.append(uid)
            room -= size
        if waiting:
            found += self._fetched(folder, waiting, f"BODY.PEEK[]<0.{most}>", most)
        return sorted(found, key=lambda one: one.uid)

    def append(self, folder: str, mail: bytes, flags: str, at: datetime) -> None:
        """Put a mail into a folder, which is made where it is not there."""

        def put(box: BaseMailBox) -> None:
            if not box.folder.exists(folder):
                box.folder.create(folder)
            box.append(mail, folder, dt=at, flag_set=flags)

        self._call(put, is_repeatable=False)

    def tag(self, folder: str, uid: int, keyword: str, *, on: bool) -> bool:
        """Put a keyword on a mail, or take it away; whether it is as wanted then: some servers keep no keywords."""

        def put(box: BaseMailBox) -> bool:
            box.folder.set(folder, readonly=False)
            box.flag([str(uid)], keyword, on)
            return bool(_search(box, "UID", str(uid), "KEYWORD" if on else "UNKEYWORD", keyword))

        return self._call(put)

    def is_tagged(self, folder: str, uid: int, keyword: str) -> bool:
        """Whether a mail has a keyword."""
        return bool(self.search(folder, "UID", str(uid), "KEYWORD", keyword))

    def capabilities(self) -> frozenset[str]:
        """What the server can do, by IMAP's names."""
        return self._call(lambda box: frozenset(box.client.capabilities))

    def close(self) -> None:
        """Let the connection go."""
        with self._lock:
            box, self._box = self._box, None
        if box is not None:
            _end(box)

    def _fetched(self, folder: str, uids: Sequence[int], what: str, most: int = 0) -> list[Stored]:
        return self._call(lambda box: _fetch(box, folder, uids, what, most)) if uids else []

    def _call(self, do: Callable[[BaseMailBox], T], *, is_repeatable: bool = True) -> T:
        """Do something by a connection; once more by a new one where the one that was there had ended."""
        with self._lock:
            was_there = self._box is not None
            try:
                return self._once(do)
            except MailboxError:
                if not was_there or not is_repeatable:
                    raise
                return self._once(do)

    def _once(self, do: Callable[[BaseMailBox], T]) -> T:
        try:
            if self._box is None:
                self._box = open_box(self.server, self.timeout)
            return do(self._box)
        except _FAILS as problem:
            box, self._box = self._box, None
            if box is not None:
                _end(box)
            raise MailboxError(f"the mailbox at {self.server.host}:{self.server.port}: {_told(problem)}") from None


def open_box(server: Server, timeout: float) -> BaseMailBox:
    """A connection, logged in. MailboxError, or what imaplib raises, where that fails."""
    box: BaseMailBox
    match server.tls:
        case "tls":
            box = MailBox(server.host, server.port, timeout=timeout, ssl_context=ssl.create_default_context())
        case "starttls":
            box = MailBoxStartTls(server.host, server.port, timeout=timeout, ssl_context=ssl.create_default_context())
        case "none":
            box = MailBoxUnencrypted(server.host, server.port, timeout=timeout)
    try:
        box.login(server.user or "", server.password or "", initial_folder=None)
    except (imaplib.IMAP4.abort, OSError):
        _end(box)
        raise
    except (imaplib.IMAP4.error, ImapToolsError):
        _end(box)
        raise MailboxError("it does not let us log in; look at user and password") from None
    return box


def _end(box: BaseMailBox) -> None:
    try:
        box.client.shutdown()
    except _FAILS:
        return  # it had ended


def _told(problem: BaseException) -> str:
    return (
        str(problem)[:200] if isinstance(problem, MailboxError) else f"{type(problem).__name__}: {str(problem)[:200]}"
    )


def _standing(box: BaseMailBox, folder: str) -> Standing | None:
    """As the folder is opened anew: of one that is open already STATUS may tell how it was then (RFC 3501, 6.3.10)."""
    if not box.folder.exists(folder):
        return None
    box.folder.set(folder, readonly=True)
    return Standing(_number(box, "UIDVALIDITY"), _number(box, "UIDNEXT"))


def _number(box: BaseMailBox, name: str) -> int:
    """What the server said of the folder that it has just opened."""
    _, said = box.client.response(name)
    value = said[-1] if said else None
    if not isinstance(value, bytes) or not value.isdigit():
        raise MailboxError(f"it does not tell {name} of a folder")
    return int(value)


def _search(box: BaseMailBox, *words: str) -> list[int]:
    typ, data = box.client.uid("SEARCH", *words)
    if typ != "OK":
        raise MailboxError("it does not search")
    return [int(one) for line in data if isinstance(line, bytes) for one in line.split() if one.isdigit()]


def _sizes(box: BaseMailBox, folder: str, uids: Sequence[int]) -> dict[int, int]:
    box.folder.set(folder, readonly=True)
    found = {}
    for told, _ in _answers(box, uids, "(UID RFC822.SIZE)"):
        uid, size = _UID.search(told), _SIZE.search(told)
        if uid and size:
            found[int(uid[1])] = int(size[1])
    return found


def _fetch(box: BaseMailBox, folder: str, uids: Sequence[int], what: str, most: int) -> list[Stored]:
    box.folder.set(folder, readonly=True)
    found = []
    for told, body in _answers(box, uids, f"(UID INTERNALDATE RFC822.SIZE {what})"):
        uid, date, size = _UID.search(told), _DATE.search(told), _SIZE.search(told)
        if uid and date and body is not None:
            is_cut = most > 0 and size is not None and int(size[1]) > most
            found.append(Stored(int(uid[1]), _instant(date[1]), Mail(body, is_cut)))
    return found


def _answers(box: BaseMailBox, uids: Sequence[int], what: str) -> Iterator[tuple[bytes, bytes | None]]:
    """What FETCH answered for each mail: its words, and the literal where there is one."""
    typ, data = box.client.uid("FETCH", ",".join(map(str, uids)), what)
    if typ != "OK":
        raise MailboxError("it does not give what is in the folder")
    told, body = b"", None
    for item in data:
        if isinstance(item, tuple):
            if body is not None:
                yield told, body
            told, body = item[0], item[1]
        elif isinstance(item, bytes):
            if body is not None:
                yield told + b" " + item, body
            else:
                yield item, None
            told, body = b"", None
    if body is not None:
        yield told, body


def _instant(said: bytes) -> int:
    """INTERNALDATE in microseconds. MailboxError where it is none: RFC 3501 fixes its form."""
    try:
        at = datetime.strptime(said.decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z")
    except ValueError:
        raise MailboxError("it gives a date that is none") from None
    return int(at.astimezone(UTC).timestamp()) * 1_000_000


def _chunks(uids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), size):
        yield uids[start : start + size]
