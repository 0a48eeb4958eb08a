"""Pauses mapped into open time: stretches in which nothing counts, whatever a calendar says.

A pause is `[start, end)` in microseconds; end None: it still lasts. Functions want pauses in time order and apart from
each other, which `in_order` brings about. Only what a calendar counts of a pause moves anything: one that lies in
closed time moves nothing.
"""

from collections.abc import Callable, Iterable

from casewarden.worktime.errors import NoOpenTime, WorktimeError

Pause = tuple[int, int | None]
Elapsed = Callable[[int, int], int]  # what counts between two instants


def in_order(pauses: Iterable[Pause]) -> tuple[Pause, ...]:
    """The same stretches in time order, those that touch or overlap as one; an end before its start is an error."""
    found: list[Pause] = []
    for start, end in sorted(pauses, key=lambda pause: pause[0]):
        if end is not None and end < start:
            raise WorktimeError("A pause ends before it starts.", "Give the earlier instant first.")
        if not found or (found[-1][1] is not None and found[-1][1] < start):
            found.append((start, end))
            continue
        before, until = found[-1]
        found[-1] = before, None if until is None or end is None else max(until, end)
    return tuple(found)


def paused(elapsed: Elapsed, start: int, end: int, pauses: Iterable[Pause]) -> int:
    """How much of what counts in [start, end) lies in pauses."""
    total = 0
    for begins, ends in pauses:
        if begins >= end:
            break
        if ends is None:
            return total + elapsed(max(begins, start), end)
        if ends > start:
            total += elapsed(max(begins, start), min(ends, end))
    return total


def past_pauses(elapsed: Elapsed, start: int, amount: int, pauses: Iterable[Pause]) -> tuple[int, int]:
    """From where on, and how much of the amount, is counted without any further pause; NoOpenTime while one lasts."""
    for begins, ends in pauses:
        if ends is not None and ends <= start:
            continue
        if begins > start:
            before = elapsed(start, begins)
            if before >= amount:
                break
            amount -= before
        if ends is None:
            raise NoOpenTime("The time is paused, and nobody knows until when.")
        start = ends
    return start, amount


def plain_elapsed(start: int, end: int, pauses: Iterable[Pause] = ()) -> int:
    """The plain time in [start, end) outside of pauses."""
    return end - start - paused(_plain, start, end, pauses)


def plain_add(start: int, amount: int, pauses: Iterable[Pause] = ()) -> int:
    """The instant by which `amount` of plain time has passed outside of pauses; NoOpenTime while one lasts."""
    start, amount = past_pauses(_plain, start, amount, pauses)
    return start + amount


def _plain(start: int, end: int) -> int:
    return end - start
