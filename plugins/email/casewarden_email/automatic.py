"""Which mail a machine sent: RFC 3834 first, then what others write into headers.

Some systems mark what people wrote: so only what says it by the standard is automatic for certain.
"""

import re
from typing import Final

from casewarden_email.mail import Mail

_DAEMONS: Final = re.compile(r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?|daemon|root|notifications?)")
_LOOKS: Final = (
    "X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply-From", "X-Mail-Autoreply", "X-FC-MachineGenerated",
    "X-POST-MessageClass", "Feedback-ID", "List-Id", "List-Unsubscribe", "X-Loop",
)  # fmt: skip


def is_automatic(mail: Mail) -> bool | None:
    """Whether a machine sent it; None where it only looks so."""
    submitted = mail.header("Auto-Submitted").partition(";")[0].strip().casefold()
    if submitted and submitted != "no":
        return True
    if is_report(mail) or has_null_sender(mail):
        return True
    if mail.header("X-Casewarden-Mark"):
        return True
    return None if _looks_automatic(mail, submitted) else False


def is_report(mail: Mail) -> bool:
    """Whether it is a report of a mail server (RFC 6522)."""
    return mail.header("Content-Type").strip().casefold().startswith("multipart/report")


def has_null_sender(mail: Mail) -> bool:
    """Whether its envelope had no sender, as the server that delivered it wrote down."""
    found = mail.headers("Return-Path")
    return bool(found) and found[0].replace(" ", "") == "<>"


def _looks_automatic(mail: Mail, submitted: str) -> bool:
    precedence = mail.header("Precedence").strip().casefold()
    if precedence in ("bulk", "junk", "auto_reply", "list"):
        return True
    suppress = mail.header("X-Auto-Response-Suppress").casefold()
    if submitted != "no" and any(word in suppress for word in ("all", "oof", "autoreply")):
        return True
    if any(mail.header(name) for name in _LOOKS):
        return True
    return _DAEMONS.fullmatch(mail.sender.partition("@")[0].partition("+")[0]) is not None
