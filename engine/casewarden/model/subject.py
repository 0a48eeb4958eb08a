"""A subject: the fold of its events, nothing else."""

import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field

from casewarden.model.event import Event


@dataclass(slots=True, eq=False)
class Subject:
    """The log of one subject in the order in which things happened, without duplicates.

    A value: operations return new subjects and never change this one. `delayed` are the events that were learnt of
    after they had happened. `memo` holds what deciding derived from the log, by ruleset, so that the next decision
    starts there; it is a cache and carries no meaning.
    """

    id: str
    events: tuple[Event, ...] = ()
    delayed: tuple[Event, ...] = ()
    memo: dict[str, object] = field(default_factory=dict, repr=False)
    _numbers: dict[tuple[str, str], int] = field(default_factory=dict, repr=False)
    """Source and key to the number under which an event came in. Shared along a line of subjects, so that folding one
    event does not copy what is known of all others; only numbers below this subject's own count are its own."""

    @property
    def kind(self) -> str:
        """The kind of subject: case, account, service, defect or release."""
        return self.id.partition(":")[0]

    def with_events(self, events: Iterable[Event]) -> "Subject":
        """Return the subject with these events folded in, each at its place; duplicates change nothing."""
        log, delayed, numbers = list(self.events), list(self.delayed), self._numbers
        if len(numbers) > len(log):  # another subject went on from here
            numbers = {identity: number for identity, number in numbers.items() if number < len(log)}
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
                bisect.insort(log, event, key=lambda known: known.order)
        if len(log) == len(self.events):
            return self
        return Subject(self.id, tuple(log), tuple(delayed), self.memo, numbers)


def fold(events: Iterable[Event]) -> Subject:
    """Return the subject of these events, which must be at least one and of one subject."""
    rest = list(events)
    if not rest:
        raise ValueError("a subject begins with its first event")
    return Subject(rest[0].subject).with_events(rest)
