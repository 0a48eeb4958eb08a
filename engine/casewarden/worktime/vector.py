"""Business time over arrays, for backtests: the same results as `Calendar`, millions a second. Needs numpy.

Install `casewarden[vector]`. Arrays are int64 microseconds since the epoch, or datetime64, which count as UTC and are
taken to the microsecond; results are of the kind that was given.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from casewarden.worktime.calendar import Calendar
from casewarden.worktime.counting import Boundary
from casewarden.worktime.errors import NoOpenTime, WorktimeError
from casewarden.worktime.span import Span, Years

Ints = NDArray[np.int64]
_TOO_LONG = 1 << 58  # microseconds: nine thousand years, and sums with instants still fit into 64 bits


class VectorCalendar:
    """A calendar's open intervals as arrays, which grow with the years asked for. Not to be shared by threads."""

    __slots__ = ("_before", "_ends", "_span", "_starts", "_years")

    def __init__(self, calendar: Calendar) -> None:
        self._years: Years = calendar.years
        self._span: Span | None = None
        self._starts: Ints = np.zeros(0, dtype=np.int64)
        self._ends = self._before = self._starts

    def add(
        self, start: NDArray[Any], amount: NDArray[Any] | int, boundary: Boundary = Boundary.CLOSING
    ) -> NDArray[Any]:
        """As `Calendar.add_us`, element by element; amounts in microseconds, or timedelta64."""
        starts, amounts = _pairs(start, amount)
        if starts.size == 0:
            return _like(starts, start)
        self._cover(starts)
        position = self._position(starts) + amounts
        if boundary is Boundary.NEXT_OPENING:
            self._use(self._years.up_to(int(position.max())))
            return _like(self._latest(position), start)
        self._use(self._years.up_to(int(position.max()) - 1))
        return _like(np.where(amounts == 0, starts, self._earliest(position)), start)

    def subtract(self, start: NDArray[Any], amount: NDArray[Any] | int) -> NDArray[Any]:
        """As `Calendar.subtract_us`, element by element."""
        starts, amounts = _pairs(start, amount)
        if starts.size == 0:
            return _like(starts, start)
        self._cover(starts)
        position = self._position(starts) - amounts
        self._use(self._years.down_to(int(position.min()) + 1))
        return _like(np.where(amounts == 0, starts, self._latest(position)), start)

    def elapsed(self, start: NDArray[Any], end: NDArray[Any]) -> Ints:
        """As `Calendar.elapsed_us`, element by element: microseconds."""
        starts, ends = _instants(start), _instants(end)
        for instants in (starts, ends):
            if instants.size:
                self._cover(instants)
        return self._position(ends) - self._position(starts)

    def _cover(self, instants: Ints) -> None:
        self._years.around(int(instants.min()))
        self._use(self._years.around(int(instants.max())))

    def _use(self, span: Span) -> None:
        """Takes the intervals of a span, and one without length before them, so that every search finds something."""
        if span is self._span:
            return
        starts = [np.array([span.cuts[0]], dtype=np.int64)]
        ends = [starts[0]]
        before = [np.array([span.open_before[0]], dtype=np.int64)]
        for year, cut, base in zip(span.years, span.cuts, span.open_before, strict=False):
            starts.append(np.array(year.starts, dtype=np.int64) + cut)
            ends.append(np.array(year.ends, dtype=np.int64) + cut)
            before.append(np.array(year.before, dtype=np.int64) + base)
        self._span = span
        self._starts, self._ends, self._before = np.concatenate(starts), np.concatenate(ends), np.concatenate(before)

    def _position(self, instants: Ints) -> Ints:
        at = np.searchsorted(self._starts, instants, side="right") - 1
        open_until: Ints = np.minimum(instants, self._ends[at])
        return open_until - (self._starts - self._before)[at]

    def _earliest(self, position: Ints) -> Ints:
        at = np.maximum(np.searchsorted(self._before, position, side="left") - 1, 0)
        found: Ints = position + (self._starts - self._before)[at]
        return found

    def _latest(self, position: Ints) -> Ints:
        at = np.searchsorted(self._before, position, side="right") - 1
        found: Ints = position + (self._starts - self._before)[at]
        return found


def _instants(values: NDArray[Any]) -> Ints:
    array = np.asarray(values)
    if array.dtype.kind == "M":
        array = array.astype("datetime64[us]").view(np.int64)
    if array.dtype.kind not in "iu":
        raise WorktimeError("Instants are whole microseconds or datetime64.", "Convert them first.")
    return array.astype(np.int64, copy=False)


def _pairs(start: NDArray[Any], amount: NDArray[Any] | int) -> tuple[Ints, Ints]:
    lengths = np.asarray(amount)
    if lengths.dtype.kind == "m":
        lengths = lengths.astype("timedelta64[us]").view(np.int64)
    if lengths.dtype.kind not in "iu":
        raise WorktimeError("Lengths are whole microseconds or timedelta64.", "Convert them first.")
    if lengths.size and int(lengths.min()) < 0:
        raise WorktimeError("A length is not negative.", "Subtract instead of adding, or add instead of subtracting.")
    if lengths.size and int(lengths.max()) > _TOO_LONG:
        raise NoOpenTime("There is not so much time in the years that can be computed.")
    starts, amounts = np.broadcast_arrays(_instants(start), lengths.astype(np.int64, copy=False))
    return starts, amounts


def _like(found: Ints, given: NDArray[Any]) -> NDArray[Any]:
    return found.astype("datetime64[us]") if np.asarray(given).dtype.kind == "M" else found
