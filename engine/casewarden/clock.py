"""The only reader of the present time; everything else is given its instants."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present instant in UTC, with microseconds."""
    return datetime.now(UTC)  # noqa: TID251
