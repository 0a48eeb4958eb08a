"""How a mail names its case so that nobody else can: the ticket, whom we wrote to, and a seal over both.

`261201-k3m4p7qrst.abcdefgh.abcdefghijklmnop`, in the address that is answered to, in our message ids, in subjects. The
person is a digest of the address that we wrote to: who answers from elsewhere is told apart without a store.
"""

import hmac
import re
from base64 import b32decode, b32encode
from dataclasses import dataclass, field
from typing import Final

from casewarden.plugin.marks import PREFIX, is_sealed, mark_of, sealed_mark

_TOKEN: Final = r"([a-z0-9_-]{1,120})\.([a-z2-7]{8})\.([a-z2-7]{16})"  # noqa: S105  # no secret: a form
_IN_ADDRESS: Final = re.compile(rf"\+{_TOKEN}@", re.IGNORECASE)
_IN_ID: Final = re.compile(rf"<cw\.{_TOKEN}\.([a-z2-7]{{16}})@[^<>@\s]+>", re.IGNORECASE)
_IN_SUBJECT: Final = re.compile(rf"\[{_TOKEN}\]", re.IGNORECASE)
_PLAIN: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed name that is genuine. `mark` is that of the action, where it stood in a message id."""

    ticket: str
    person: str
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Seals:
    """Makes and proves sealed names."""

    secret: bytes = field(repr=False)

    def person(self, address: str) -> str:
        """Eight letters for an address; two addresses share them once in 10^12."""
        digest = hmac.digest(self.secret, b"person/" + address.casefold().encode("utf-8", "replace"), "sha256")
        return b32encode(digest).decode("ascii").casefold()[:8]

    def token(self, ticket: str, address: str) -> str:
        """The sealed name of a case for somebody to whom we write."""
        written, person = _written(ticket), self.person(address)
        return f"{written}.{person}.{sealed_mark(f'{written}/{person}', self.secret).removeprefix(PREFIX)}"

    def message_id(self, ticket: str, address: str, key: str, domain: str) -> str:
        """The id of the mail of an action: the same at every attempt."""
        return f"<cw.{self.token(ticket, address)}.{mark_of(key).removeprefix(PREFIX)}@{domain}>"

    def in_addresses(self, text: str) -> tuple[Sealed, ...]:
        """The genuine names in plus-addresses."""
        return self._proved(_IN_ADDRESS, text)

    def in_ids(self, text: str) -> tuple[Sealed, ...]:
        """The genuine names in message ids."""
        return self._proved(_IN_ID, text)

    def in_subject(self, text: str) -> tuple[Sealed, ...]:
        """The genuine names in a subject."""
        return self._proved(_IN_SUBJECT, text)

    def _proved(self, pattern: re.Pattern[str], text: str) -> tuple[Sealed, ...]:
        found = []
        for match in pattern.finditer(text[:100_000]):
            written, person, seal, *mark = (part.casefold() for part in match.groups())
            ticket = _read(written)
            if ticket is not None and is_sealed(f"{PREFIX}{seal}", f"{written}/{person}", self.secret):
                found.append(Sealed(ticket, person, mark[0] if mark else None))
        return tuple(dict.fromkeys(found))


def _written(ticket: str) -> str:
    """A ticket's id as an address can carry it: addresses are not told apart by capitals."""
    if _PLAIN.fullmatch(ticket):
        return ticket
    return "_" + b32encode(ticket.encode()).decode("ascii").casefold().rstrip("=")


def _read(written: str) -> str | None:
    if not written.startswith("_"):
        return written
    text = written[1:].upper()
    try:
        return b32decode(text + "=" * (-len(text) % 8)).decode()
    except ValueError:
        return None
