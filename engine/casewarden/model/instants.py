"""Instants as text: ISO 8601 with an offset in, UTC out; inside they are int microseconds since the epoch."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def parse_instant(text: str) -> int:
    """Return the microseconds of an ISO 8601 instant; ValueError without an offset or where there is no such date."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no offset: write {text}Z or {text}+01:00")
    return (instant - _EPOCH) // _MICROSECOND


def iso(instant: int) -> str:
    """Return an instant as ISO 8601 in UTC (`2026-07-17T14:40:00Z`), with a fraction only where there is one."""
    text = (_EPOCH + timedelta(microseconds=instant)).isoformat()
    return text.replace("+00:00", "Z")
