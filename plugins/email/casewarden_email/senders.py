"""Who sent a mail: From is what anybody can write, so what counts is what our own mail server found (RFC 8601)."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from casewarden_email.mail import Mail

_COMMENT: Final = re.compile(r"\([^()]{0,1000}\)")
_RESULT: Final = re.compile(r"^(dmarc|spf|dkim)[ \t]*=[ \t]*([a-z]+)", re.IGNORECASE)
_DOMAIN: Final = re.compile(
    r"(?:header\.(?:d|i|from)|smtp\.mailfrom)[ \t]*=[ \t]*\"?(?:[^\s;\"@]*@)?([a-z0-9.-]+)", re.IGNORECASE
)

Proof = Literal["authentic", "forged", "unsaid"]


@dataclass(frozen=True, slots=True)
class Results:
    """What a mail server found of one mail: method, result and the domain that it is about."""

    found: tuple[tuple[str, str, str], ...]

    def prove(self, domain: str) -> Proof:
        """Whether the domain in From sent it."""
        if not self.found:
            return "unsaid"
        for method, result, about in self.found:
            if result != "pass":
                continue
            if method == "dmarc" and about in ("", domain):
                return "authentic"
            if method in ("dkim", "spf") and about and is_aligned(about, domain):
                return "authentic"
        return "forged"


def is_aligned(about: str, domain: str) -> bool:
    """Whether one domain speaks for another (RFC 7489): the same, or one below the other with two labels in common."""
    if about == domain:
        return True
    longer, shorter = sorted((about, domain), key=len, reverse=True)
    return longer.endswith(f".{shorter}") and shorter.count(".") >= 1


def proof_of(mail: Mail, authserv: str | None) -> Proof:
    """Whether the sender is proved, by the headers of our own server alone.

    Only the first of them counts: servers write on top, so those below may have come with the mail.
    """
    if authserv is None:
        return "unsaid"
    for value in mail.headers("Authentication-Results"):
        name, _, rest = _COMMENT.sub(" ", value).partition(";")
        words = name.split()
        if words and words[0].casefold() == authserv:
            return _results(rest).prove(mail.sender.rpartition("@")[2])
    return "unsaid"


def _results(text: str) -> Results:
    found = []
    for piece in text.split(";")[:50]:
        match = _RESULT.match(piece.strip())
        if match:
            about = _DOMAIN.search(piece)
            found.append((match[1].casefold(), match[2].casefold(), about[1].casefold() if about else ""))
    return Results(tuple(found))
