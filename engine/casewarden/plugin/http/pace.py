"""Our own rate, below what the other end allows: a bucket of tokens, shared by all threads of a connector."""

import threading
import time
from collections.abc import Callable
from typing import Final

from pyrate_limiter import AbstractClock, Rate, RateItem, StateBucket, TokenBucket

from casewarden.plugin.http.problems import LimitedError

PATIENCE: Final = 15.0


class Pace:
    """At most `calls` in `seconds`, `burst` of them at once (all, if nothing is said).

    Who comes too early waits, but no longer than `patience` seconds: then it is LimitedError, and nothing was sent.
    """

    def __init__(
        self,
        calls: int,
        seconds: float = 1.0,
        *,
        burst: int | None = None,
        patience: float = PATIENCE,
        clock: AbstractClock | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._bucket = StateBucket([Rate(calls, max(1, round(seconds * 1000)), burst)], TokenBucket(), clock=clock)
        self._lock = threading.Lock()
        self._patience = patience
        self._sleep = sleep

    def wait_turn(self) -> None:
        """Return when it is this call's turn. LimitedError where that is further away than patience lasts."""
        waited = 0.0
        while True:
            needed = self._needed()
            if needed is None:
                return
            if waited + needed > self._patience:
                raise LimitedError("our own rate is used up", after=needed)
            self._sleep(needed)
            waited += needed

    def _needed(self) -> float | None:
        """Take a token; the seconds until there is one where there is none."""
        with self._lock:
            at = self._bucket.now()  # type: ignore[no-untyped-call]  # the library states no type
            assert isinstance(at, int)  # the clock of a bucket in memory is none to be awaited
            item = RateItem("call", at)
            if self._bucket.put(item) is True:
                return None
            wait = self._bucket.waiting(item)
        assert isinstance(wait, int)
        return max(wait, 1) / 1000
