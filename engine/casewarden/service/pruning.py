"""`Pruning`: what need not be kept is deleted beside the sidecar's work, once a day, a step in each of its turns."""

from collections.abc import Iterator
from typing import Final

import structlog

from casewarden.store.database import Database
from casewarden.store.prune import Keep, Pruned, pruning

_DAY: Final = 86_400_000_000
_log = structlog.get_logger("casewarden.pruning")


class Pruning:
    """A chore of one owner: begins with its first turn and then every day anew."""

    def __init__(self, database: Database, keep: Keep) -> None:
        self._database = database
        self._keep = keep
        self._steps: Iterator[Pruned] | None = None
        self._next: int | None = None
        self._gone = Pruned()

    def __call__(self, now: int) -> bool:
        """Do a step, if there is one to do; whether there may be another."""
        if self._steps is None:
            if self._next is not None and now < self._next:
                return False
            self._steps, self._next, self._gone = pruning(self._database, self._keep, now), now + _DAY, Pruned()
        step = next(self._steps, None)
        if step is not None:
            self._gone += step
            return True
        self._steps = None
        _log.info(
            "pruned",
            dull_decisions=self._gone.dull_decisions,
            decisions=self._gone.decisions,
            delivered=self._gone.delivered,
            of_trials=self._gone.of_trials,
        )
        return False

    def begin(self) -> None:
        """Let it begin at the next turn, whenever it was done last; one that is under way goes on."""
        self._next = None
