"""The rules of reading from a helpdesk that fails, tried."""

from collections.abc import Callable
from typing import Final

from casewarden.plugin import Page
from casewarden.testing.helpdesk import Fault
from casewarden.testing.listener import ENDLESS
from casewarden.testing.rules import BrokenError, UntriedError
from casewarden.testing.trial import Trial

_MANY: Final = 1_000


def late_shown(trial: Trial) -> None:
    """Let the helpdesk show something later than what happened after it."""
    require_faults(trial, Fault.LATE)
    connector = trial.connect()
    trial.happen()
    trial.settle()
    first = trial.poll(connector)
    trial.helpdesk.inject(Fault.LATE)
    trial.happen()
    trial.happen()
    trial.settle()
    second = trial.poll(connector, first.cursor)
    trial.helpdesk.clear()
    trial.settle()
    third = trial.poll(connector, second.cursor)
    trial.require_all([*first.events, *second.events, *third.events])


def failed_read(trial: Trial) -> None:
    """Let polling and fetching fail in every way that the helpdesk can."""
    ways = (
        Fault.REFUSED,
        Fault.LOST_BEFORE,
        Fault.TOO_MANY,
        Fault.UNAVAILABLE,
        Fault.MALFORMED,
        Fault.CHARSET,
    )
    there = require_faults(trial, *ways)
    connector = trial.connect()
    came = trial.poll(connector)
    events, cursor = came.events, came.cursor
    for fault in there:
        ticket = trial.happen()
        trial.helpdesk.inject(fault, on="read", times=_MANY)
        page = in_words(lambda at=cursor: connector.changes(at), fault)  # type: ignore[misc]
        if page is not None:
            events, cursor = [*events, *page.events], page.cursor
        in_words(lambda of=ticket: connector.fetch(of), fault)  # type: ignore[misc]
        trial.helpdesk.clear()
        trial.settle()
        polled = trial.poll(connector, cursor)
        events, cursor = [*events, *polled.events], polled.cursor
        trial.require_all(events)


def in_words(call: Callable[[], Page], fault: Fault) -> Page | None:
    """What a call gives, or None where it raised an error that says something; BrokenError where that says nothing."""
    try:
        return call()
    except Exception as problem:  # noqa: BLE001  # the contract lets it raise anything
        said = str(problem)
        if len(said.split()) < 3 or "<html" in said.lower():
            raise BrokenError(f"{fault.value}: what is raised tells an operator nothing: {problem!r}"[:300]) from None
        return None


def endless_answer(trial: Trial) -> None:
    """Let an answer have no end."""
    require_faults(trial, Fault.OVERSIZED)
    ticket = trial.happen()
    connector = trial.connect()
    trial.helpdesk.inject(Fault.OVERSIZED, times=_MANY)
    in_words(lambda: connector.changes(None), Fault.OVERSIZED)
    in_words(lambda: connector.fetch(ticket), Fault.OVERSIZED)
    trial.helpdesk.clear()
    if trial.helpdesk.swallowed() >= ENDLESS:
        raise BrokenError(f"it read {trial.helpdesk.swallowed():,} bytes, and would have gone on")


def require_faults(trial: Trial, *wanted: Fault) -> list[Fault]:
    """Those of the faults that the helpdesk can have; UntriedError where it has none."""
    there = [fault for fault in wanted if fault in trial.helpdesk.faults]
    if not there:
        raise UntriedError(f"the helpdesk cannot fail like this: {', '.join(wanted)}")
    return there
