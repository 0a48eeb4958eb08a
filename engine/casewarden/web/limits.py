"""What one peer can ask of the doors at most."""

from dataclasses import dataclass
from typing import Final

MAX_EVENTS: Final = 1_000
"""Events in a request."""
MAX_LISTED: Final = 50
"""Problems in an answer; after so many the rest of the request is not looked at."""
MAX_NAME: Final = 512
"""Bytes of a subject's or an event's name: both stand in an index."""
MAX_HEAD: Final = 16_384
"""Bytes of a request's first line and headers."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of size in bytes, of time in seconds.

    `held` is what all bodies that are being read or taken may have together. `head` is how long the first line and the
    headers of a request may take, `body` its body, `idle` how long a connection may stay without a request, `unread`
    how long an answer may wait to be read, `linger` how long the rest of a refused body is read off so that the
    answer arrives, `stop` how long requests have to end when the sidecar stops.
    """

    max_body: int = 1_000_000
    held: int = 16_000_000
    connections: int = 512
    head_seconds: float = 10.0
    body_seconds: float = 20.0
    idle_seconds: int = 15
    unread_seconds: float = 20.0
    linger_seconds: float = 2.0
    linger_bytes: int = 8_000_000
    stop_seconds: int = 3
