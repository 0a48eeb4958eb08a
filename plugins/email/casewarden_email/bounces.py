"""Mail that comes back: RFC 3464 first, then the habits of servers that do not keep to it (flufl.bounce)."""

import logging
import re
from dataclasses import dataclass
from email.message import Message
from typing import Any, Final

from flufl.bounce import all_failures

from casewarden_email.automatic import has_null_sender, is_report
from casewarden_email.mail import Mail, clean

_FIELD: Final = re.compile(
    r"^(action|status|final-recipient|original-recipient|diagnostic-code):[ \t]*(.*)$", re.IGNORECASE
)
_DAEMON: Final = re.compile(r"(mailer-daemon|postmaster)@")


@dataclass(frozen=True, slots=True)
class Bounce:
    """What did not arrive: the recipients, whether for good, and the server's words."""

    recipients: tuple[str, ...]
    is_final: bool
    reason: str


def bounce_of(mail: Mail) -> Bounce | None:
    """What a mail reports as undelivered, None where it reports nothing of the kind."""
    found = _by_standard(mail)
    if found is not None:
        return found if found.recipients else None
    if not (is_report(mail) or has_null_sender(mail) or _DAEMON.match(mail.sender)):
        return None
    return _by_habit(mail)


def returned_ids(mail: Mail) -> str:
    """The text in which the headers of the mail that came back stand: its ids are looked for there."""
    texts = [part.body[:65_536] for part in mail.parts() if part.type in _RETURNED]
    return b"\n".join(texts).decode("latin-1")


_RETURNED: Final = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")


def _by_standard(mail: Mail) -> Bounce | None:
    for part in mail.parts():
        if part.type not in ("message/delivery-status", "message/global-delivery-status"):
            continue
        final, delayed, reasons = [], [], []
        for block in re.split(r"\r?\n[ \t]*\r?\n", part.body[:65_536].decode("utf-8", "replace")):
            fields = dict(_fields(block))
            who = _address(fields.get("original-recipient", "")) or _address(fields.get("final-recipient", ""))
            action = fields.get("action", "").strip().casefold()
            if who and action == "failed":
                final.append(who)
            elif who and action == "delayed":
                delayed.append(who)
            else:
                continue
            reasons.append(f"{fields.get('status', '').strip()} {fields.get('diagnostic-code', '').strip()}".strip())
        reason = clean("; ".join(filter(None, reasons)))[:1_000]
        return Bounce(tuple(dict.fromkeys(final or delayed)), bool(final), reason)
    return None


def _fields(block: str) -> list[tuple[str, str]]:
    unfolded = re.sub(r"\r?\n[ \t]+", " ", block)
    return [(match[1].casefold(), match[2]) for line in unfolded.splitlines() if (match := _FIELD.match(line))]


def _address(said: str) -> str:
    text = said.partition(";")[2] or said
    found = re.search(r"[^\s<>;]+@[^\s<>;]+", text)
    return clean(found[0]).casefold() if found else ""


def _by_habit(mail: Mail) -> Bounce | None:
    message: Message[Any, Any] = mail.message
    logging.getLogger("flufl.bounce").disabled = True  # it logs what a mail says with every mail that it cannot read
    try:
        temporary, permanent = all_failures(message)
    except Exception:  # noqa: BLE001  # its detectors raise anything on mail that is not as they expect
        return None
    found = permanent or temporary
    if not found:
        return None
    recipients = tuple(sorted(clean(bytes(one).decode("latin-1")).casefold() for one in found))
    return Bounce(recipients, bool(permanent), "")
