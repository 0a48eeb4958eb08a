"""`Sharing`: what of the work is this process' own: everything on SQLite, its share on PostgreSQL."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from time import monotonic
from typing import TYPE_CHECKING, Final

import structlog

from casewarden.config.settings import Settings
from casewarden.service.holds import Hold, hold_free
from casewarden.service.owner import Owner
from casewarden.sidecar.assembly import StartError
from casewarden.sidecar.doors import STUCK
from casewarden.sidecar.polling import Polls
from casewarden.store.database import Database
from casewarden.store.slots import ALL_SLOTS

if TYPE_CHECKING:
    from casewarden.sidecar.jobs import Duty
    from casewarden.sidecar.membership import Member

_IDLE: Final = 5.0
"""Seconds after which PostgreSQL ends a transaction of a process that hangs in it: others wait for what it holds."""
_LEAST_RATE: Final = 0.01
_log = structlog.get_logger("casewarden.sidecar")


class Sharing:
    """Gives partitions to the owner and takes them away, begins and ends polls: those of `work_through`.

    `owned` are the partitions that it has.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self.partitions = 1 if database.is_sqlite else settings.partitions
        self.owned: list[range] = []
        self._settings = settings
        self._member: Member | None = None if database.is_sqlite else self._membership(database)
        self._owner: Owner
        self._polls: Polls

    @property
    def at_first(self) -> Sequence[range]:
        """The partitions that are its own from the beginning."""
        return [ALL_SLOTS] if self._member is None else ()

    @property
    def hold(self) -> Hold:
        """How partitions are held for a transaction."""
        return hold_free if self._member is None else self._member.hold

    def is_ours(self) -> bool:
        """Whether what it has is its own still: the others know that it lives."""
        return self._member is None or self._member.is_ours()

    def work_through(self, owner: Owner, polls: Polls) -> None:
        """Say who does the work."""
        self._owner, self._polls = owner, polls

    def begin(self) -> list[threading.Thread]:
        """Take the share; the threads that run from now on. StartError."""
        if self._member is not None:
            self._member.start()
            return [self._member.thread]
        for name in self._polls.names:
            self._polls.begin(name)
        return []

    def end(self) -> None:
        """Give everything back, as soon as it has come to rest."""
        if self._member is None:
            self._polls.end_all()
        else:
            self._member.leave()

    def owns(self, parts: Sequence[range]) -> None:
        """Hear which partitions it has; its part of each connector's rate is that of all partitions."""
        self.owned[:] = parts
        if self._member is None:
            return
        _log.info("owns", count=len(parts))
        for one in self._settings.connectors:
            rate = one.rate * len(parts) / self.partitions
            self._owner.deliverer.budgets[one.name].limit(max(_LEAST_RATE, rate))

    def of_one(self, chore: Callable[[int], bool]) -> Callable[[int], bool]:
        """A chore that one process does for all: the one that owns the first partition."""
        return lambda now: bool(self.owned) and self.owned[0].start == 0 and chore(now)

    def _membership(self, database: Database) -> "Member":
        try:
            from casewarden.sidecar.membership import Member  # noqa: PLC0415  # the extra may be missing
        except ImportError as missing:
            raise StartError(f"PostgreSQL needs {missing.name}", "pip install 'casewarden[postgres]'") from None
        database.end_idle_transactions(_IDLE)
        return Member(
            database,
            self.partitions,
            [one.name for one in self._settings.connectors],
            begin=self._begin,
            end=self._end,
            mail=self._ring,
            turns=self._turns,
        )

    def _ring(self) -> None:
        self._owner.ring()

    def _begin(self, duty: "Duty") -> None:
        part = duty.part(self.partitions)
        if part is None:
            self._polls.begin(duty.name)
        else:
            self._owner.adopt(part)

    def _end(self, duty: "Duty") -> "Future[None]":
        part = duty.part(self.partitions)
        return self._polls.end(duty.name) if part is None else self._owner.release(part)

    def _turns(self) -> bool:
        turned = self._owner.turned
        return turned is None or monotonic() - turned < STUCK
