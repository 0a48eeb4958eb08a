"""Instants as people write them: ISO 8601 with an offset, in the years that calendars know."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LOOKS_LIKE_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}", re.ASCII)


class InstantError(ValueError):
    """A text that is no instant; `code` is the diagnostic code that says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def read_instant(text: str) -> int:
    """Microseconds since the epoch of an ISO 8601 instant with its offset; InstantError otherwise."""
    if not _LOOKS_LIKE_DATE.match(text):
        raise InstantError("CW807", f"`{text[:40]}` is not an instant like 2026-03-02T16:40:00+01:00")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InstantError("CW807", f"`{text[:40]}` is not an instant: {error}") from None
    if moment.tzinfo is None:
        raise InstantError("CW806", f"`{text[:40]}` has no offset")
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise InstantError("CW807", f"`{text[:40]}` lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return (moment - _EPOCH) // _MICROSECOND
