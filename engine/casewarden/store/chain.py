"""The chain of a subject's log: each entry's hash takes in the one before, and commits to an event without showing it.

The commitment is to the whole event with what persons wrote in it, under a random salt. Once a person's texts are
erased, and the salt with them, nobody can test a guess at them against the commitment; the chain still shows that no
entry was changed, added or taken out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from casewarden.model.compact import compact
from casewarden.model.event import Event

SALT_BYTES: Final = 16
GENESIS: Final = bytes(32)
"""What stands before the first entry of every log."""

_COMMITMENT: Final = b"\x00"
_ENTRY: Final = b"\x01"
_encode: Final = compact(in_order=True, allow_nan=False)


def canonical_event(event: Event) -> bytes:
    """Return the whole event as JSON in ASCII, keys sorted: the same event, the same bytes, whatever kept it meanwhile.

    ValueError where a number in it is infinite or none.
    """
    data = event.data
    return _encode(
        {
            "at": event.at,
            "by": event.by,
            "data": data if type(data) is dict else dict(data),
            "key": event.key,
            "kind": event.kind,
            "seen_at": event.seen_at,
            "sequence": event.sequence,
            "source": event.source,
            "subject": event.subject,
            "who": event.who,
        }
    ).encode("ascii")


def commitment(salt: bytes, event: bytes) -> bytes:
    """Return the 32 bytes that bind to a canonical event and, without the salt, tell nothing of it."""
    return sha256(_COMMITMENT + salt + event).digest()


def entry_hash(previous: bytes, commitment: bytes) -> bytes:
    """Return the hash of an entry: of the hash of the one before it (`GENESIS` for the first) and its commitment."""
    return sha256(_ENTRY + previous + commitment).digest()


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a log as stored; `event` is its canonical event, None where parts of it were erased."""

    number: int
    salt: bytes
    commitment: bytes
    chain: bytes
    event: bytes | None


def first_broken(entries: Iterable[Entry], head: bytes) -> int | None:
    """Return the number of the first entry that is not what was entered, None where all are and end in `head`.

    `entries` are all of one log, in order and numbered without a gap. Where the log as a whole is shorter or longer
    than its head says, that is the number after its last entry.
    """
    previous, expected = GENESIS, None
    for entry in entries:
        if expected is not None and entry.number != expected:
            return expected
        if entry.chain != entry_hash(previous, entry.commitment):
            return entry.number
        if entry.event is not None and entry.commitment != commitment(entry.salt, entry.event):
            return entry.number
        previous, expected = entry.chain, entry.number + 1
    if previous == head:
        return None
    return 0 if expected is None else expected
