"""Jira's limit of writes to one issue, kept by ourselves: a 429 costs more than a moment.

Source: developer.atlassian.com, Rate limiting, `jira-per-issue-on-write`: 20 writes in 2 seconds, 100 in 30 seconds.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

from casewarden.plugin.http import LimitedError

_SECOND: Final = 1_000_000
LIMITS: Final = ((20, 2 * _SECOND), (100, 30 * _SECOND))
_MOST_ISSUES: Final = 10_000


class IssuePace:
    """Counts the writes to each issue by a clock in microseconds."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._writes: OrderedDict[str, deque[int]] = OrderedDict()

    def take(self, issue: str) -> None:
        """Count one write; LimitedError where it would be one too many, and nothing is to be sent."""
        now = self._now()
        with self._lock:
            times = self._writes.setdefault(issue, deque(maxlen=LIMITS[-1][0]))
            self._writes.move_to_end(issue)
            if len(self._writes) > _MOST_ISSUES:
                self._writes.popitem(last=False)
            for most, length in LIMITS:
                if len(times) >= most and now - times[-most] < length:
                    after = (times[-most] + length - now) / _SECOND
                    raise LimitedError(f"one issue takes {most} writes in {length // _SECOND} seconds", after)
            times.append(now)
