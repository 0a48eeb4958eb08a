"""A subject at an instant: how it came there, and how it would go on, together with all that bears on it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from casewarden.decide import Compiled
from casewarden.model.decision import Decision, PlannedAction
from casewarden.model.event import Event
from casewarden.model.subject import Subject
from casewarden.scenario.linked import LinkedSubjects
from casewarden.scenario.run import Mode, RestlessError, visible


class NotYetError(Exception):
    """A subject of which nothing is known up to the instant that was asked for."""


class Standing:
    """One subject as it stands at an instant, by what was visible then; its log holds what the engine did.

    `name` is the subject, that of its first event if left out; `others` are the logs of the subjects that are decided
    with it, `services` what was observed of watched services. `broken_off` is why deciding was given up before that
    instant, None where it was not. NotYetError where nothing of the subject is visible by then.
    """

    def __init__(
        self,
        compiled: Compiled,
        events: Sequence[Event],
        at: int,
        mode: Mode = Mode.KNOWN,
        *,
        name: str | None = None,
        others: Mapping[str, Iterable[Event]] | None = None,
        services: Iterable[Event] = (),
    ) -> None:
        self.at = at
        self.name = events[0].subject if name is None else name
        logs = {self.name: events, **(others or {})}
        seen = {subject: _seen(log, at, mode) for subject, log in logs.items()}
        known = {subject: log for subject, log in seen.items() if log}
        self._linked = LinkedSubjects(compiled, known, mode, services=_seen(services, at, mode))
        self.decisions = tuple(self._decided(self._linked, at))
        if self.name not in self._linked.times:
            raise NotYetError(self.name)
        self.subject: Subject = self._linked.times[self.name].subject
        self.broken_off: RestlessError | None = self._linked.broken_off.get(self.name)

    def onward(self, more: Sequence[Event], until: int) -> Iterator[Decision]:
        """Decide on from the instant up to `until` as if these events happened; the run ends where it is restless."""
        linked = self._linked.fork()
        if more:
            linked.add(self.name, more)
        yield from self._decided(linked, until)

    def _decided(self, linked: LinkedSubjects, until: int) -> Iterator[Decision]:
        return (decided.decision for decided in linked.decisions(until) if decided.subject == self.name)


def _seen(events: Iterable[Event], at: int, mode: Mode) -> tuple[Event, ...]:
    return tuple(event for event in events if visible(event, mode) <= at)


class Continued:
    """Subjects whose logs hold what the engine did up to an instant, as a store has them, and how one would go on.

    `logs` are theirs, `waiting` the actions that were under way, by subject.
    """

    def __init__(
        self,
        compiled: Compiled,
        logs: Mapping[str, Sequence[Event]],
        name: str,
        at: int,
        waiting: Mapping[str, Iterable[PlannedAction]],
    ) -> None:
        self._name = name
        self._linked = LinkedSubjects(compiled, {})
        for subject, log in logs.items():
            if log:
                self._linked.go_on(subject, log, at, waiting.get(subject, ()))
        for _ in self._linked.decisions(at):
            pass  # what was overdue at the instant

    def onward(self, more: Sequence[Event], until: int) -> Iterator[Decision]:
        """Decide on from the instant up to `until` as if these events happened; the run ends where it is restless."""
        linked = self._linked.fork()
        if more:
            linked.add(self._name, more)
        yield from (one.decision for one in linked.decisions(until) if one.subject == self._name)
