"""The present time for connectors: they take it from here, so that one module reads it for all."""

from casewarden import clock
from casewarden.worktime import to_us


def now() -> int:
    """Return the present instant in microseconds since the epoch, UTC."""
    return to_us(clock.now())
