"""A case at an instant: how it came there, and how it would go on."""

from collections.abc import Iterator, Sequence

from casewarden.decide import Compiled
from casewarden.model.decision import Decision
from casewarden.model.event import Event
from casewarden.model.subject import Subject
from casewarden.scenario.helpdesk import Helpdesk
from casewarden.scenario.run import Mode, RestlessError, VirtualTime


class Standing:
    """One subject as it stands at an instant, by what was visible then; its log holds what the engine did.

    `broken_off` is why deciding was given up before that instant, None where it was not.
    """

    def __init__(self, compiled: Compiled, events: Sequence[Event], at: int, mode: Mode = Mode.KNOWN) -> None:
        self._compiled = compiled
        self._mode = mode
        self.at = at
        self.events = tuple(event for event in events if self._visible(event) <= at)
        self.broken_off: RestlessError | None = None
        time = self._time()
        decisions: list[Decision] = []
        try:
            decisions.extend(time.decisions(at))
        except RestlessError as problem:
            self.broken_off = problem
        self.subject: Subject = time.subject
        self.decisions = tuple(decisions)

    def onward(self, more: Sequence[Event], until: int) -> Iterator[Decision]:
        """Decide on from the instant up to `until` as if these events happened; the run ends where it is restless."""
        time = self._time()
        try:
            for _ in time.decisions(self.at):
                pass
            time.add(more)
            yield from time.decisions(until)
        except RestlessError:
            return

    def _time(self) -> VirtualTime:
        return VirtualTime(self._compiled, self.events, self._mode, Helpdesk())

    def _visible(self, event: Event) -> int:
        return event.seen_at if self._mode is Mode.KNOWN else event.at
