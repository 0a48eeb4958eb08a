"""Actions by mail: answers in the thread, notices to people, notes into a folder."""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from casewarden.model.event import Json
from casewarden.plugin import AlreadyApplied, Answer, Applied, Attempt, Rejected, Retry
from casewarden_email.automatic import is_automatic
from casewarden_email.boxes import Boxes, MailboxError
from casewarden_email.compose import Composer, Letter, Words, subject_of
from casewarden_email.schema import ADDRESS
from casewarden_email.searches import imap_day
from casewarden_email.sending import Sender
from casewarden_email.settings import MailSettings
from casewarden_email.threads import Threads

CLOSED: Final = "CasewardenClosed"
"""The IMAP keyword of mails that began a case which is closed."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Applies actions. Two mails of one thread are not written at once, so that the cap is counted rightly."""

    said: MailSettings
    boxes: Boxes
    threads: Threads
    composer: Composer
    sender: Sender
    now: Callable[[], int]
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def apply(self, attempt: Attempt) -> Answer:
        """Carry out one action. MailboxError where the mailbox cannot be read; LostError as in `Sender.send`."""
        ticket = attempt.ticket
        if ticket is None and not self.said.cases and attempt.subject.startswith("case:"):
            ticket = attempt.subject.removeprefix("case:")  # another helpdesk's, whose mail comes here as well
        if ticket is None:
            return Rejected(f"{attempt.subject} has no thread in the mailbox")
        match attempt.kind:
            case "reply" | "ask":
                with self._lock:
                    return self._reply(attempt, ticket)
            case "notify":
                return self._notify(attempt, ticket)
            case "note":
                return self._note(attempt, ticket)
            case "close" | "reopen" if self.said.cases:
                return self._show(attempt, ticket, closed=attempt.kind == "close")
            case "close" | "reopen":
                return Rejected("the case is another helpdesk's, and mail closes and reopens nothing there")
            case _:
                return Rejected(f"the email connector knows no action `{attempt.kind}`")

    def _reply(self, attempt: Attempt, ticket: str) -> Answer:
        root = self.threads.root(ticket)
        if root is None:
            return Rejected(f"nobody is known to write to: the mailbox has no mail of case {ticket}")
        to = root.mail.sender
        if not re.fullmatch(ADDRESS, to) or not to.isascii() or self.said.is_own(to):
            return Rejected(f"the mail of case {ticket} names no sender that can be answered, or us")
        id_ = self.composer.id(ticket, attempt.key, to)
        if attempt.again and (found := self._sent(self.said.folders.sent, id_)):
            return found
        if is_automatic(root.mail):
            return Rejected(f"a machine sent the mail of case {ticket}; it is not answered by another")
        word = f'"<cw.{self.composer.seals.token(ticket, "").partition(".")[0]}."'
        if self._sent_lately("HEADER", "Message-ID", word) >= self.said.most_a_day:
            return Rejected(f"{self.said.most_a_day} mails were sent in this thread within a day; it may be a loop")
        if self._sent_lately("TO", f'"{to}"') >= self.said.most_to_one:
            return Rejected(f"{self.said.most_to_one} mails were sent to {to} within a day; it may be a loop")
        words = _words(attempt.content, subject_of(root.mail.header("Subject")))
        return self._send(self.composer.reply(ticket, attempt.key, to, root.mail, words, self.now()))

    def _notify(self, attempt: Attempt, ticket: str) -> Answer:
        who = attempt.content.get("who")
        found = self.said.people.get(who, ()) if isinstance(who, str) else ()
        to = tuple(one for one in found if not self.said.is_own(one))
        if not to:
            return Rejected(f"`people` has no address for `{who}`, to which a mail could go")
        id_ = self.composer.id(ticket, attempt.key, to[0])
        if attempt.again and (known := self._sent(self.said.folders.sent, id_)):
            return known
        words = _words(attempt.content, f"Case {ticket}")
        return self._send(self.composer.notice(ticket, attempt.key, to, words, self.now()))

    def _note(self, attempt: Attempt, ticket: str) -> Answer:
        words = _words(attempt.content, f"Note on case {ticket}")
        letter = self.composer.note(ticket, attempt.key, words, self.now())
        folder = self.said.folders.notes
        if attempt.again and (found := self._sent(folder, letter.id)):
            return found
        self._keep(folder, letter)
        if self._sent(folder, letter.id) is None:
            return Retry("the note was taken, and is not in the folder", reached=True)
        return Applied({"message_id": letter.id}, {"folder": folder})

    def _show(self, attempt: Attempt, ticket: str, *, closed: bool) -> Answer:
        """Let the mail that began a case have a keyword while it is closed; what counts is the case's log."""
        root, inbox = self.threads.root(ticket), self.said.folders.inbox
        if root is None:
            return AlreadyApplied() if attempt.again else Applied()
        found = self.boxes.by_id(inbox, root.mail.id) if root.mail.id is not None else root
        uid = root.uid if found is None else found.uid
        if attempt.again and self.boxes.is_tagged(inbox, uid, CLOSED) == closed:
            return AlreadyApplied()
        is_shown = self.boxes.tag(inbox, uid, CLOSED, on=closed)
        return Applied({"keyword": CLOSED if is_shown else None}, {"folder": inbox})

    def _send(self, letter: Letter) -> Answer:
        answer = self.sender.send(letter)
        if isinstance(answer, Applied):
            try:
                self._keep(self.said.folders.sent, letter)
            except MailboxError as problem:  # it has gone out: it must not go again for want of a copy
                return Applied({**answer.details, "not_kept": str(problem)[:200]}, answer.request)
        return answer

    def _keep(self, folder: str, letter: Letter) -> None:
        self.boxes.append(folder, letter.body, "\\Seen", datetime.fromtimestamp(self.now() / 1_000_000, UTC))

    def _sent(self, folder: str, id_: str) -> AlreadyApplied | None:
        if self.boxes.standing(folder) is None:
            return None
        return AlreadyApplied({"message_id": id_}) if self.boxes.by_id(folder, id_) else None

    def _sent_lately(self, *words: str) -> int:
        """How many of certain mails lie in the folder of sent ones since this time yesterday."""
        now = datetime.fromtimestamp(self.now() / 1_000_000, UTC)
        since = now - timedelta(days=1)
        folder = self.said.folders.sent
        # SINCE goes by the server's own days, so it is asked for one more.
        uids = self.boxes.search(folder, "SINCE", imap_day(since - timedelta(days=1)), *words)
        return sum(one.received > since.timestamp() * 1_000_000 for one in self.boxes.heads(folder, uids[-1000:]))


def _words(content: Mapping[str, Json], subject: str) -> Words:
    said, language = content.get("subject"), content.get("language")
    return Words(
        said if isinstance(said, str) and said.strip() else subject,
        str(content.get("text") or ""),
        language if isinstance(language, str) else None,
    )
