"""Instants as whole microseconds since 1970-01-01T00:00Z, and back, without rounding."""

from datetime import UTC, datetime, timedelta
from typing import Final

from casewarden.worktime.errors import NaiveInstant

MICROSECONDS: Final = 1_000_000
DAY: Final = 86_400 * MICROSECONDS
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL: Final = EPOCH.toordinal()


def to_us(instant: datetime) -> int:
    """Microseconds since the epoch of an aware datetime; a naive one raises NaiveInstant."""
    try:
        since = instant - EPOCH
    except TypeError:
        raise NaiveInstant(f"{instant!s} has no offset.", f"Write one, such as {instant!s}+00:00.") from None
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_us(instant: int) -> datetime:
    """The UTC datetime of a number of microseconds since the epoch; OverflowError outside the years 1 to 9999."""
    return EPOCH + timedelta(0, 0, instant)


def length_us(length: timedelta) -> int:
    """A timedelta in microseconds."""
    return (length.days * 86_400 + length.seconds) * 1_000_000 + length.microseconds
