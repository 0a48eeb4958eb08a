"""Many tickets in one request: `update_many` takes a hundred, and answers with a job that is asked for afterwards.

A job that completed may hold rows that failed, so each row is read. What is written at once by several threads within a
moment goes together: how cases stand is shown after each change, and one request for each would use up the rate.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from casewarden.model.event import Json
from casewarden.plugin.http import UnreachableError, as_array, as_object
from casewarden_zendesk.records import id_of, text_or_empty
from casewarden_zendesk.server import MANY, Server

MOMENT_S: Final = 0.02
"""Seconds for which the first of several waits for others."""
_LOOKS: Final = 40
_PAUSE_S: Final = 0.5
_ENDED: Final = frozenset({"completed", "failed", "killed"})


@dataclass(frozen=True, slots=True)
class Change:
    """One ticket, and what of it is written."""

    ticket: str
    body: Mapping[str, Json]


def update_many(
    server: Server, changes: Sequence[Change], sleep: Callable[[float], None] = time.sleep
) -> dict[str, str | None]:
    """Write to at most a hundred tickets; for each what went wrong, None where nothing did.

    HttpError where the job as a whole is not to be had: then it is not known what was written.
    """
    assert len(changes) <= MANY
    body: list[Json] = [{"id": int(one.ticket), **one.body} for one in changes]
    job = server.update_many(body)
    for _ in range(_LOOKS):
        if text_or_empty(job.get("status")) in _ENDED:
            return _outcomes(job, changes)
        sleep(_PAUSE_S)
        job = server.job(str(job.get("id")))
    raise UnreachableError(f"the job {job.get('id')} of {len(changes)} tickets is not done in time")


def _outcomes(job: Mapping[str, Json], changes: Sequence[Change]) -> dict[str, str | None]:
    """What became of each ticket by the rows of the job; a ticket without a row was not written to."""
    said = text_or_empty(job.get("message")) or "nothing"
    found: dict[str, str | None] = {one.ticket: f"the job says nothing of it; it said: {said}" for one in changes}
    results = job.get("results")
    for row in as_array(results, "`results` of a job") if isinstance(results, list) else ():
        raw = as_object(row, "a row of a job")
        ticket, index = id_of(raw.get("id")), raw.get("index")
        if ticket not in found and isinstance(index, int) and 0 <= index < len(changes):
            ticket = changes[index].ticket
        if ticket not in found:
            continue
        error = text_or_empty(raw.get("error"))
        is_well = not error and raw.get("success") is not False
        found[ticket] = None if is_well else f"{error} {text_or_empty(raw.get('details'))}".strip() or "it failed"
    return found


@dataclass(slots=True)
class Gatherer:
    """Lets writes of several threads go together. A single one goes by itself, as `alone` does it."""

    server: Server
    alone: Callable[[Change], str | None]
    sleep: Callable[[float], None] = time.sleep
    _waiting: list[tuple[Change, Future[str | None]]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, change: Change) -> str | None:
        """Write to a ticket: None, or what went wrong. HttpError."""
        mine: Future[str | None] = Future()
        with self._lock:
            is_first = not self._waiting
            self._waiting.append((change, mine))
        if is_first:
            self.sleep(MOMENT_S)
            with self._lock:
                some, self._waiting = self._waiting, []
            self._go(some)
        return mine.result()

    def _go(self, some: Sequence[tuple[Change, Future[str | None]]]) -> None:
        for begin in range(0, len(some), MANY):
            part = some[begin : begin + MANY]
            try:
                if len(part) == 1:
                    (change, mine) = part[0]
                    mine.set_result(self.alone(change))
                    continue
                outcomes = update_many(self.server, [change for change, _ in part], self.sleep)
                for change, mine in part:
                    mine.set_result(outcomes[change.ticket])
            except BaseException as problem:  # noqa: BLE001  # each of the threads that wait is told
                for _, mine in part:
                    if not mine.done():
                        mine.set_exception(problem)
