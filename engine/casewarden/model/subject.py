"""A subject: the fold of its events, nothing else."""

import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import overload

from casewarden.model.event import Event

_LONG = 256  # events; up to there copying a log costs less than looking through a layer


@dataclass(slots=True, eq=False)
class Subject:
    """The log of one subject in the order in which things happened, without duplicates.

    A value: operations return new subjects and never change this one. `delayed` are the events that were learnt of
    after they had happened. `memo` holds what deciding derived from the log, by ruleset, so that the next decision
    starts there; it is a cache and carries no meaning.
    """

    id: str
    events: Sequence[Event] = ()
    delayed: Sequence[Event] = ()
    memo: dict[str, object] = field(default_factory=dict, repr=False)
    _numbers: dict[tuple[str, str], int] = field(default_factory=dict, repr=False)
    """Source and key to the number under which an event came in. Shared along a line of subjects, so that folding one
    event does not copy what is known of all others; only numbers below this subject's own count are its own."""

    @property
    def kind(self) -> str:
        """The kind of subject: case, account, service, defect or release."""
        return self.id.partition(":")[0]

    def has(self, event: Event) -> bool:
        """Whether the log has an event of this source and key."""
        number = self._numbers.get((event.source, event.key))
        return number is not None and number < len(self.events)

    def with_events(self, events: Iterable[Event]) -> "Subject":
        """Return the subject with these events folded in, each at its place; duplicates change nothing."""
        known, numbers = len(self.events), self._numbers
        log = _open(self.events)
        begun = len(log)
        delayed: list[Event] = []
        if len(numbers) > known:  # another subject went on from here
            numbers = {identity: number for identity, number in numbers.items() if number < known}
        for event in events:
            if event.subject != self.id:
                raise ValueError(f"event {event.key!r} is of {event.subject!r}, not of {self.id!r}")
            identity = (event.source, event.key)
            if identity in numbers:
                continue
            numbers[identity] = len(log)
            if event.seen_at > event.at:
                delayed.append(event)
            if not log or log[-1].order <= event.order:
                log.append(event)
            else:
                log = list(log)  # earlier subjects may look at the one that was open
                bisect.insort(log, event, key=lambda known: known.order)
        if len(log) == begun:
            return self
        late = self.delayed if not delayed else _closed([*self.delayed, *delayed])
        return Subject(self.id, _closed(log), late, self.memo, numbers)


class LongLog(Sequence[Event]):
    """The first so many events of a list that may grow behind them: so a long log is not copied for each new event."""

    __slots__ = ("_length", "_shared")

    def __init__(self, shared: list[Event]) -> None:
        self._shared = shared
        self._length = len(shared)

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | Sequence[Event]:
        if isinstance(index, slice):
            places = range(self._length)[index]
            if places.step == 1:
                return self._shared[places.start : places.stop]
            return [self._shared[place] for place in places]
        if not -self._length <= index < self._length:
            raise IndexError(index)
        return self._shared[index if index >= 0 else index + self._length]

    def __iter__(self) -> Iterator[Event]:
        return islice(self._shared, self._length)

    def open(self) -> list[Event]:
        """The list to append to: the shared one, or where another log went on from here one of its own."""
        return self._shared if len(self._shared) == self._length else self._shared[: self._length]


def _open(log: Sequence[Event]) -> list[Event]:
    return log.open() if isinstance(log, LongLog) else list(log)


def _closed(log: list[Event]) -> Sequence[Event]:
    return tuple(log) if len(log) < _LONG else LongLog(log)


def fold(events: Iterable[Event]) -> Subject:
    """Return the subject of these events, which must be at least one and of one subject."""
    rest = list(events)
    if not rest:
        raise ValueError("a subject begins with its first event")
    return Subject(rest[0].subject).with_events(rest)
