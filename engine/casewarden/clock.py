"""The only reader of the present time; everything else is given its instants."""

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime


def now() -> datetime:
    """Return the present instant in UTC, with microseconds."""
    return datetime.now(UTC)  # noqa: TID251


def scaled(start: int, speed: float, ticks: Callable[[], int] = time.monotonic_ns) -> Callable[[], int]:
    """Return a clock that shows `start` (microseconds) at first and runs `speed` times as fast as the real one.

    It never goes back. `ticks` are nanoseconds of real time that passed since whenever; ValueError for a speed that is
    no number above zero.
    """
    if not (math.isfinite(speed) and speed > 0):
        raise ValueError(f"a clock runs at a speed above zero, not at {speed}")
    begun = ticks()
    pace, unit = float(speed).as_integer_ratio()  # exact: a clock that runs for days must not lose microseconds

    def now() -> int:
        return start + (ticks() - begun) * pace // (unit * 1000)

    return now
