"""How long to wait after an attempt that failed."""

import random
from typing import Final

from casewarden.service.budget import SECOND

LONGEST_WAIT: Final = 1_800 * SECOND


def wait_after(attempts: int, chance: random.Random) -> int:
    """Twice as long after each attempt, up to half an hour, and by chance up to half of it shorter; microseconds."""
    longest = min(LONGEST_WAIT, SECOND << min(attempts, 20))
    return int(longest * (0.5 + chance.random() / 2))
