"""Mail as events. Pure: what a mail's case is was found before."""

from dataclasses import dataclass

from casewarden.model.event import Event, Json
from casewarden_email.automatic import is_automatic
from casewarden_email.bounces import bounce_of, returned_ids
from casewarden_email.boxes import Stored
from casewarden_email.mail import Mail
from casewarden_email.seals import Seals
from casewarden_email.senders import proof_of
from casewarden_email.settings import MailSettings
from casewarden_email.threads import Thread
from casewarden_email.words import said_in

UNPROVED = "unauthenticated"
STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Translator:
    """Turns mails into events of one instance."""

    said: MailSettings
    seals: Seals
    source: str

    def received(self, stored: Stored, thread: Thread, is_known: bool, now: int) -> list[Event]:
        """The events of a mail in the inbox: the opening where it begins a case, and what it says."""
        mail, at = stored.mail, min(stored.received, now)
        by, who = self._actor(mail, thread, is_known)
        data: dict[str, Json] = {"via": "email", "public": self._is_seen(mail, by), "text": said_in(mail)}
        automatic = is_automatic(mail)
        if automatic is not False:
            data["automatic"] = automatic
        bounce = bounce_of(mail)
        if bounce is not None:
            by, who = "automation", ()
            data |= {"automatic": True, "bounced": bounce.is_final, "to": ", ".join(bounce.recipients)[:500]}
            if bounce.reason:
                data["text"] = bounce.reason
            about = next(
                (one.mark for one in self.seals.in_ids(returned_ids(mail)) if one.ticket == thread.ticket), None
            )
            if about is not None:
                data["about"] = ours(about)
        name, number = f"case:{thread.ticket}", stored.uid * 2
        message = Event(name, "message", at, now, by, self.source, f"in-{mail.digest[:40]}", number + 1, who, data)
        if not thread.is_new:
            return [message]
        facts = self._facts(mail, thread, is_proved=by != "automation")
        opened: dict[str, Json] = {"via": "email", "facts": facts}
        return [
            Event(name, "opened", at, now, by, self.source, f"open-{mail.digest[:40]}", number, who, opened),
            message,
        ]

    def sent(self, stored: Stored, thread: Thread, now: int) -> Event:
        """The event of a mail in the folder of sent ones: what we sent, or what an agent did."""
        mail, at = stored.mail, min(stored.received, now)
        mine = self.mark(mail)
        to = mail.addresses("To", "Cc")
        data: dict[str, Json] = {"via": "email", "public": True, "to": "customer", "text": said_in(mail)}
        if to and all(self._is_of_us(one) for one in to):  # a notice
            data = {"via": "email", "public": False, "text": said_in(mail)}
        by, key = ("ourselves", ours(mine)) if mine else ("agent", f"out-{mail.digest[:40]}")
        return Event(f"case:{thread.ticket}", "message", at, now, by, self.source, key, stored.uid * 2, (), data)

    def noted(self, stored: Stored, now: int) -> Event | None:
        """The event of a note of ours; None where it is none."""
        found = next(iter(self.seals.in_ids(stored.mail.id or "")), None)
        if found is None or found.mark is None:
            return None
        data: dict[str, Json] = {"via": "email", "public": False, "text": said_in(stored.mail)}
        name, at = f"case:{found.ticket}", min(stored.received, now)
        return Event(name, "message", at, now, "ourselves", self.source, f"note-{found.mark}", stored.uid, (), data)

    def mark(self, mail: Mail) -> str | None:
        """The mark of the action of ours by which a mail was sent. Asked only of what lies in our own folder."""
        return next((one.mark for one in self.seals.in_ids(mail.id or "")), None)

    def _actor(self, mail: Mail, thread: Thread, is_known: bool) -> tuple[str, tuple[str, ...]]:
        """Who wrote. What may come from anybody is nobody's word: it answers, reopens and escalates nothing."""
        sender = mail.sender
        proof = proof_of(mail, self.said.authserv)
        if not sender or (self.said.authserv is not None and proof != "authentic"):
            return "automation", (UNPROVED,)
        if self.said.is_own(sender):
            return "automation", (UNPROVED,)
        if self.said.is_agent(sender):
            return ("agent", (sender,)) if proof == "authentic" else ("automation", (UNPROVED,))
        if not thread.is_new and not is_known:
            return "automation", (STRANGER,)
        return "customer", (sender,)

    def _is_seen(self, mail: Mail, by: str) -> bool:
        """Whether customers see a mail that came in: not what an agent writes to us alone, such as to a notice."""
        return by != "agent" or any(not self._is_of_us(one) for one in mail.addresses("To", "Cc"))

    def _is_of_us(self, address: str) -> bool:
        return self.said.is_own(address) or self.said.is_agent(address)

    def _facts(self, mail: Mail, thread: Thread, *, is_proved: bool) -> dict[str, Json]:
        facts: dict[str, Json] = {"case.number": thread.ticket, "case.subject": mail.header("Subject")[:500]}
        if is_proved and not self.said.is_agent(mail.sender):
            facts["contact.email"] = mail.sender
            label = next((label for label, _ in mail.named("From")), "")
            if label:
                facts["contact.name"] = label[:200]
        return facts


def ours(mark: str) -> str:
    """The key of the event of a mail that we sent."""
    return f"sent-{mark}"
