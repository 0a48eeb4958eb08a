"""What the kit asks of a fake helpdesk: that things happen in it, that it fails, and to be told what stands in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, Protocol

from casewarden.model.event import Json

RETRY_AFTER: Final = 30
"""Seconds that `Fault.TOO_MANY_FOR` tells to wait."""

REST: Final = 300.0
"""Seconds after which a connector that was told to wait may be expected to ask again."""

Happens = Literal["ticket", "comment", "change"]
On = Literal["read", "write", "any"]


class Fault(StrEnum):
    """How a helpdesk fails. The ones of the first part do nothing, those of the second have done it all the same."""

    REFUSED = "no connection is accepted"
    LOST_BEFORE = "the connection ends before anything is done"
    TOO_MANY = "429 without Retry-After"
    TOO_MANY_FOR = "429 with Retry-After"
    UNAVAILABLE = "503 with a page of HTML"
    IGNORED = "success is answered, and nothing is done"

    LOST_AFTER = "it is done, and the connection ends without an answer"
    MALFORMED = "the answer is cut short"
    CHARSET = "the answer names a charset that nobody knows"
    OVERSIZED = "the answer has no end"
    SLOW = "the answer comes byte by byte, and not to its end"
    LATE = "what happens next is not shown until `clear`, while what happens after it is"


@dataclass(frozen=True, slots=True)
class Choice:
    """A field of tickets whose changes are brought: the path of its fact, and the fact for each of its known values.

    There are at least two values. `can_be_empty`: the helpdesk lets it be emptied.
    """

    path: str
    values: Mapping[str, Json]
    can_be_empty: bool = True


@dataclass(frozen=True, slots=True)
class Webhook:
    """One delivery: header names in lower case."""

    headers: Mapping[str, str]
    body: bytes


class FakeHelpdesk(Protocol):
    """A helpdesk in the test's own process, with a clock that only the test moves."""

    @property
    def happens(self) -> frozenset[Happens]:
        """What can happen in it. At least one."""
        ...

    @property
    def faults(self) -> frozenset[Fault]:
        """In which ways it can fail."""
        ...

    @property
    def page(self) -> int:
        """So many happenings fill a page; 0 where it only shows how things are now, such as a status page."""
        ...

    @property
    def choice(self) -> Choice | None:
        """The field that `change` changes; None where nothing of the kind is there."""
        ...

    def now(self) -> int:
        """The instant by its clock, in microseconds."""
        ...

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        ...

    def open_ticket(self, text: str) -> str:
        """Let a customer open a ticket now; its id. Without `ticket` in `happens`: one that is there."""
        ...

    def comment(self, ticket: str, text: str) -> None:
        """Let the customer write to a ticket now."""
        ...

    def change(self, ticket: str, value: str | None) -> None:
        """Let a person change the field `choice` now, to a value of the helpdesk's own, None to empty it."""
        ...

    def subject(self, ticket: str) -> str:
        """The subject of a ticket's events."""
        ...

    def writes(self) -> int:
        """How many writes of the connector it has carried out."""
        ...

    def standing(self, text: str) -> int:
        """How many comments, mails, tickets or incidents that the connector made have this text in them."""
        ...

    def inject(self, fault: Fault, *, on: On = "any", times: int = 1) -> None:
        """Let the next requests of a kind fail; `REFUSED` and `LATE` hold until `clear`."""
        ...

    def clear(self) -> None:
        """Let all be well again."""
        ...

    def webhooks(self, *, at: int | None = None, secret: str | None = None) -> Sequence[Webhook]:
        """What happened as webhooks, in order, signed at an instant (now) with a secret (the right one)."""
        ...

    def connections(self) -> int:
        """How many connections to it are open; those that are being closed are waited for."""
        ...

    def swallowed(self) -> int:
        """How many bytes of an endless answer were taken from it at most."""
        ...

    def recorded(self) -> str:
        """All requests and answers so far, as a cassette keeps them; empty where it has none."""
        ...


@dataclass(slots=True)
class Clock:
    """A clock that stands until a test moves it; instants are microseconds."""

    instant: int = 1_772_445_600_000_000
    """2 March 2026, 10:00 UTC: a Monday."""

    def now(self) -> int:
        """The instant that it shows."""
        return self.instant

    def advance(self, seconds: float) -> None:
        """Move it on."""
        self.instant += round(seconds * 1_000_000)
