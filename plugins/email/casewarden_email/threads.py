"""Which case a mail belongs to, and who takes part in it: the mail itself says it sealed, or the mailbox remembers it.

Nothing is stored beside the mailbox. A case's id is made of the mail that began it, so it is the same whenever that is
read: the day of its Date header (by which it is found again), and a digest.
"""

import re
from base64 import b32encode
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from casewarden_email.boxes import Boxes, Stored
from casewarden_email.mail import Mail
from casewarden_email.seals import Sealed, Seals
from casewarden_email.searches import imap_day
from casewarden_email.senders import proof_of
from casewarden_email.settings import MailSettings

T = TypeVar("T")
_OWN: Final = re.compile(r"(\d{6})-([a-z2-7]{10})")
_MOST_LOOKED: Final = 10
"""Ids of a mail's references that are looked for in the mailbox, the nearest first."""
_MOST_EXPECTED: Final = 2
"""Of those the ids that are looked for at once for all mails of a page."""
_MOST_DEEP: Final = 8
_KEPT: Final = 20_000
_ADDRESSED: Final = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")


@dataclass(frozen=True, slots=True)
class Thread:
    """The case, and whose answers are the customer's: addresses, or digests of them. `is_new`: this mail begins it."""

    ticket: str
    people: frozenset[str] = frozenset()
    persons: frozenset[str] = frozenset()
    is_new: bool = False


@dataclass(slots=True)
class Threads:
    """Finds cases of mails, and mails of cases."""

    said: MailSettings
    boxes: Boxes
    seals: Seals
    _known: OrderedDict[str, Thread] = field(default_factory=OrderedDict)
    _roots: OrderedDict[str, Stored] = field(default_factory=OrderedDict)
    _looked: dict[tuple[str, str], Stored | None] = field(default_factory=dict)

    def of(self, stored: Stored, *, sent: bool = False) -> Thread | None:
        """The case of a mail; None where it is of none."""
        return self._of(stored, sent, 0)

    def expect(self, page: Sequence[Stored]) -> None:
        """Look at once for what these mails answer: they are the next to be asked for."""
        self._looked = {}
        ids = [
            id_
            for stored in page
            if self._sealed(stored.mail) is None
            for id_ in stored.mail.references[:_MOST_EXPECTED]
            if id_ != stored.mail.id and id_ not in self._known
        ]
        wanted = list(dict.fromkeys(ids))
        for folder in (self.said.folders.inbox, self.said.folders.sent):
            if wanted:
                found = self.boxes.by_ids(folder, wanted)
                self._looked |= {(folder, id_): stored for id_, stored in found.items()}
                wanted = [id_ for id_ in wanted if found.get(id_) is None]

    def knows(self, thread: Thread, address: str) -> bool:
        """Whether somebody takes part in a thread."""
        return bool(address) and (address in thread.people or self.seals.person(address) in thread.persons)

    def root(self, ticket: str) -> Stored | None:
        """The headers of the mail that began a case here, or of the newest one in a case of another helpdesk."""
        if ticket not in self._roots:
            found = self._looked_up(ticket) if _OWN.fullmatch(ticket) else self._newest(ticket)
            if found is None:
                return None
            if not _OWN.fullmatch(ticket):
                return found
            _keep(self._roots, ticket, found)
        return self._roots[ticket]

    def of_ticket(self, ticket: str) -> list[tuple[str, int]]:
        """The mails of a case as folder and UID, as far as the server's search finds them."""
        root = self.root(ticket)
        found: list[tuple[str, int]] = []
        words = [f"cw.{self._written(ticket)}.", f"+{self._written(ticket)}."]
        if root is not None and root.mail.id is not None and _is_plain(root.mail.id):
            words.append(root.mail.id)
        inbox, sent = self.said.folders.inbox, self.said.folders.sent
        for folder in (inbox, sent):
            uids: set[int] = set()
            for word in words:
                for name in ("Message-ID", "References", "In-Reply-To", "To", "Delivered-To", "Subject"):
                    uids.update(self.boxes.search(folder, "HEADER", name, f'"{word.lstrip("+")}"'))
            if folder == inbox and root is not None:
                uids.add(root.uid)
            found += [(folder, uid) for uid in sorted(uids)]
        return found

    def _of(self, stored: Stored, sent: bool, depth: int) -> Thread | None:
        mail = stored.mail
        found = self._sealed(mail) or self._referred(mail, depth)
        if found is not None:
            if sent or (self.knows(found, mail.sender) and self._may_speak(mail)):
                return replace(found, people=found.people | self._named(mail))
            return found
        if sent or not self.said.cases:
            return None
        ticket = case_id(stored)
        _keep(self._roots, ticket, replace(stored, mail=Mail(mail.raw[:65_536])))
        return Thread(ticket, self._named(mail) | ({mail.sender} if self._may_speak(mail) else set()), is_new=True)

    def _may_speak(self, mail: Mail) -> bool:
        return bool(mail.sender) and (self.said.authserv is None or proof_of(mail, self.said.authserv) == "authentic")

    def _named(self, mail: Mail) -> frozenset[str]:
        return frozenset(one for one in mail.addresses("From", "To", "Cc") if not self.said.is_own(one))

    def _sealed(self, mail: Mail) -> Thread | None:
        """The case that a mail names itself: by address, then by our ids, then by the subject."""
        addressed = " ".join(f"{value} " for name in _ADDRESSED for value in mail.headers(name))
        answered = " ".join([*mail.headers("In-Reply-To"), *mail.headers("References")])
        for found in (
            self.seals.in_addresses(addressed),
            self.seals.in_ids(answered),
            self.seals.in_subject(mail.header("Subject")),
        ):
            if found:
                return _thread(found)
        return None

    def _referred(self, mail: Mail, depth: int) -> Thread | None:
        if depth >= _MOST_DEEP:
            return None
        for id_ in mail.references[:_MOST_LOOKED]:
            if id_ == mail.id:
                continue
            found = self._known.get(id_) or self._remembered(id_, depth)
            if found is not None:
                _keep(self._known, id_, found)
                return found
        return None

    def _remembered(self, id_: str, depth: int) -> Thread | None:
        for folder in (self.said.folders.inbox, self.said.folders.sent):
            known = (folder, id_) in self._looked
            stored = self._looked[folder, id_] if known else self.boxes.by_id(folder, id_)
            if stored is not None:
                thread = self._of(stored, folder == self.said.folders.sent, depth + 1)
                if thread is not None:
                    return replace(thread, is_new=False)
        return None

    def _looked_up(self, ticket: str) -> Stored | None:
        """The mail that began a case, by the day that its id names."""
        day = datetime.strptime(ticket[:6], "%y%m%d").replace(tzinfo=UTC)
        inbox = self.said.folders.inbox
        before, after = day - timedelta(days=1), day + timedelta(days=2)
        for words in (("SENTON", imap_day(day)), ("SINCE", imap_day(before), "BEFORE", imap_day(after))):
            for start in self.boxes.heads(inbox, self.boxes.search(inbox, *words)):
                if case_id(start) == ticket:
                    return start
        return None

    def _newest(self, ticket: str) -> Stored | None:
        """The newest mail that somebody wrote in a case of another helpdesk to whom we had written."""
        inbox = self.said.folders.inbox
        uids = [uid for folder, uid in self.of_sealed(ticket) if folder == inbox]
        for stored in reversed(self.boxes.heads(inbox, uids[-50:])):
            thread = self._sealed(stored.mail)
            if thread is not None and thread.ticket == ticket and self.knows(thread, stored.mail.sender):
                return stored
        return None

    def of_sealed(self, ticket: str) -> list[tuple[str, int]]:
        """The mails in the inbox that name a case by our seal."""
        inbox, word = self.said.folders.inbox, f"{self._written(ticket)}."
        uids: set[int] = set()
        for name in ("References", "In-Reply-To", "To", "Delivered-To", "Subject"):
            uids.update(self.boxes.search(inbox, "HEADER", name, f'"{word}"'))
        return [(inbox, uid) for uid in sorted(uids)]

    def _written(self, ticket: str) -> str:
        return self.seals.token(ticket, "").partition(".")[0]


def case_id(stored: Stored) -> str:
    """The id of the case that a mail begins: `261201-k3m4p7qrst`."""
    day = stored.mail.day or datetime.fromtimestamp(stored.received / 1_000_000, UTC).strftime("%y%m%d")
    return f"{day}-{b32encode(bytes.fromhex(stored.mail.digest[:20])).decode('ascii').casefold()[:10]}"


def _thread(found: tuple[Sealed, ...]) -> Thread:
    ticket = found[0].ticket
    return Thread(ticket, persons=frozenset(one.person for one in found if one.ticket == ticket))


def _is_plain(id_: str) -> bool:
    return id_.isascii() and not any(sign in id_ for sign in '"\\')


def _keep(shelf: OrderedDict[str, T], name: str, value: T) -> None:
    shelf[name] = value
    if len(shelf) > _KEPT:
        shelf.popitem(last=False)
