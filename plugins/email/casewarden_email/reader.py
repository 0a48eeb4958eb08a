"""Reading the mailbox: the inbox, the sent mails and our notes, each from where it was left."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from casewarden.model.event import Event, Json
from casewarden.plugin import Page
from casewarden_email.automatic import is_automatic
from casewarden_email.bounces import bounce_of, returned_ids
from casewarden_email.boxes import Boxes, Stored
from casewarden_email.settings import MailSettings
from casewarden_email.threads import Thread, Threads
from casewarden_email.translate import Translator

PAGE: Final = 100
_SECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Reader:
    """Brings events. A cursor is, for each folder, its UIDVALIDITY and the last UID that was read."""

    said: MailSettings
    boxes: Boxes
    threads: Threads
    translator: Translator
    now: Callable[[], int]

    def changes(self, cursor: Json) -> Page:
        """The events after a cursor, of one folder at a time. MailboxError where the mailbox cannot be read.

        Where UIDVALIDITY changed the folder is read from its beginning: the keys of events are made of the mails.
        """
        places = dict(_places(cursor))
        began = self.now()
        for name, folder in self._folders():
            standing = self.boxes.standing(folder)
            if standing is None:
                continue
            validity, uid = places.get(name, (standing.validity, 0))
            if validity != standing.validity:
                uid = 0
            uids = self.boxes.after(folder, uid, standing.next_uid, PAGE)
            if not uids:
                if uid != standing.next_uid - 1 or validity != standing.validity or name not in places:
                    places[name] = (standing.validity, standing.next_uid - 1)
                continue
            events, refused = self._read(name, folder, uids)
            places[name] = (standing.validity, uids[-1])
            return Page(events, _cursor(places), more=True, refused=refused)
        return Page((), _cursor(places), began - self.said.lag * _SECOND)

    def ticket(self, ticket: str) -> Page:
        """The events of the mails of a case; mail has no version to write against, so there is no precondition."""
        found: list[Event] = []
        by_folder: dict[str, list[int]] = {}
        for folder, uid in self.threads.of_ticket(ticket):
            by_folder.setdefault(folder, []).append(uid)
        for name, folder in self._folders():
            uids = by_folder.get(folder, [])
            for start in range(0, len(uids), PAGE):
                found += self._read(name, folder, uids[start : start + PAGE])[0]
        return Page([event for event in found if event.subject == f"case:{ticket}"], None)

    def _folders(self) -> Iterable[tuple[str, str]]:
        folders = self.said.folders
        return (("inbox", folders.inbox), ("sent", folders.sent), ("notes", folders.notes))

    def _read(self, name: str, folder: str, uids: list[int]) -> tuple[list[Event], list[str]]:
        now, events, refused = self.now(), list[Event](), list[str]()
        page = self.boxes.whole(folder, uids, self.said.most_bytes)
        self.threads.expect(page)
        for stored in page:
            match name:
                case "inbox":
                    found, why = self._received(stored, now)
                    events += found
                    refused += why
                case "sent":
                    thread = self._sent_in(stored)
                    if thread is not None:
                        events.append(self.translator.sent(stored, thread, now))
                case _:
                    note = self.translator.noted(stored, now)
                    if note is not None:
                        events.append(note)
        return events, refused

    def _received(self, stored: Stored, now: int) -> tuple[list[Event], list[str]]:
        mail = stored.mail
        thread = self._returned(stored) or self.threads.of(stored)
        if thread is None:
            return [], []  # another helpdesk's mail, or nobody's
        if thread.is_new and (why := _opens_nothing(stored)):
            return [], [f"mail {mail.id or stored.uid} {why}; it stays in the mailbox"]
        is_known = self.threads.knows(thread, mail.sender)
        return self.translator.received(stored, thread, is_known, now), []

    def _returned(self, stored: Stored) -> Thread | None:
        """The case of the mail of ours that came back."""
        if bounce_of(stored.mail) is None:
            return None
        found = self.translator.seals.in_ids(returned_ids(stored.mail))
        return Thread(found[0].ticket) if found else None

    def _sent_in(self, stored: Stored) -> Thread | None:
        found = next(iter(self.translator.seals.in_ids(stored.mail.id or "")), None)
        return Thread(found.ticket) if found else self.threads.of(stored, sent=True)


def _opens_nothing(stored: Stored) -> str | None:
    """Why a mail begins no case, though it belongs to none."""
    if bounce_of(stored.mail) is not None:
        return "tells of a mail that came back and is not ours"
    submitted = stored.mail.header("Auto-Submitted").casefold()
    if submitted.startswith("auto-replied") and is_automatic(stored.mail):
        return "is an automatic answer to nothing of ours"
    return None


def _places(cursor: Json) -> Mapping[str, tuple[int, int]]:
    if cursor is None:
        return {}
    if not isinstance(cursor, dict):
        raise ValueError("the cursor is none of this connector")  # noqa: TRY004  # like any other that is not ours
    found = {}
    for name, place in cursor.items():
        match place:
            case [int() as validity, int() as uid]:
                found[name] = (validity, uid)
            case _:
                raise ValueError("the cursor is none of this connector")
    return found


def _cursor(places: Mapping[str, tuple[int, int]]) -> Json:
    return {name: [validity, uid] for name, (validity, uid) in places.items()}
