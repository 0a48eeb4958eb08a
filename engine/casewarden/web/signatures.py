"""Signed requests: HMAC-SHA256 over the time of signing and the body, under a secret of the source."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers

from casewarden.web.problems import Problem

TIMESTAMP: Final = "X-Casewarden-Timestamp"
SIGNATURE: Final = "X-Casewarden-Signature"
WINDOW: Final = 300
"""Seconds that the time of signing may differ from ours, in either direction."""
MAX_SIGNATURES: Final = 8

_SECOND: Final = 1_000_000
_DIGITS: Final = re.compile(r"[0-9]{1,12}")
_VERSION_1: Final = re.compile(r"v1=([0-9a-fA-F]{64})")
_NOBODY: Final = bytes(32)
_CHALLENGE: Final = {"WWW-Authenticate": "Casewarden-Signature"}


@dataclass(frozen=True, slots=True)
class Signed:
    """What the headers of a request claim: the time as it was signed, and signatures as hex digits."""

    timestamp: str
    signatures: Sequence[str]


def sign(secret: bytes, timestamp: int | str, body: bytes) -> str:
    """The signature of a body, as the header has it: `v1=` and 64 hex digits. `timestamp` in Unix seconds."""
    return f"v1={_digest(secret, str(timestamp), body)}"


def read_signature(headers: Headers, now: int) -> Signed:
    """The claim of a request, before its body is read. Problem (401) where there is none, or its time is past."""
    times, signatures = headers.getlist(TIMESTAMP), headers.getlist(SIGNATURE)
    if not times or not signatures:
        missing = SIGNATURE if times else TIMESTAMP
        raise Problem(401, f"the request is not signed: it has no {missing}", "sign it", headers=_CHALLENGE)
    if len(times) > 1 or not _DIGITS.fullmatch(times[0]):
        raise Problem(401, f"{TIMESTAMP} is one number of Unix seconds", headers=_CHALLENGE)
    if abs(int(times[0]) - now // _SECOND) > WINDOW:
        raise Problem(
            401,
            f"{TIMESTAMP} differs by more than {WINDOW} seconds from the time here",
            "set the sender's clock; sign anew for every attempt",
            headers=_CHALLENGE,
        )
    given = [word.strip() for line in signatures for word in line.split(",")]
    if len(given) > MAX_SIGNATURES:
        raise Problem(401, f"{SIGNATURE} has more than {MAX_SIGNATURES} signatures", headers=_CHALLENGE)
    known = [match[1].lower() for match in map(_VERSION_1.fullmatch, given) if match]
    if not known:
        fix = "write v1= and the 64 hex digits of the HMAC"
        raise Problem(401, f"{SIGNATURE} has no signature of version 1", fix, headers=_CHALLENGE)
    return Signed(times[0], known)


def verify(signed: Signed, secret: bytes | None, body: bytes) -> None:
    """Accept a body as signed by who has the secret. Problem (401) otherwise.

    A source that nobody knows has no secret; it costs the same and is told the same as a wrong signature.
    """
    right = _digest(secret or _NOBODY, signed.timestamp, body)
    matches = sum(hmac.compare_digest(right, given) for given in signed.signatures)
    if not secret or not matches:
        raise Problem(401, "no known source signed this", headers=_CHALLENGE)


def _digest(secret: bytes, timestamp: str, body: bytes) -> str:
    signing = hmac.new(secret, timestamp.encode("ascii") + b".", hashlib.sha256)
    signing.update(body)
    return signing.hexdigest()
