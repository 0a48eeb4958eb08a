"""A helpdesk that does what it is told: actions come back as `applied`, at once or when they may be delivered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from casewarden.decide import outcome_event
from casewarden.model.decision import Edge, PlannedAction
from casewarden.model.event import Event, Json


@dataclass(slots=True)
class Helpdesk:
    """The simulated other end for one subject, in virtual time.

    Actions of one firing are a sequence: each goes out when the one before it was applied. What waits for its hours is
    withdrawn when its rule is no longer true, unless it says `even_if_over`.
    """

    queues: dict[str, list[PlannedAction]] = field(default_factory=dict)

    def fork(self) -> "Helpdesk":
        """One that goes on by itself from here."""
        return Helpdesk({firing: list(queue) for firing, queue in self.queues.items()})

    def take(self, actions: Iterable[PlannedAction]) -> None:
        """Accept planned actions; those of one firing keep their order."""
        for action in actions:
            self.queues.setdefault(_firing(action), []).append(action)

    def deliver(self, subject: str, now: int, number: int) -> list[Event]:
        """Apply whatever may go out at this instant, and answer with what became of it.

        `number` is how many events of the engine the subject's log has; the answers are numbered on from there.
        """
        answers: list[Event] = []
        for firing in list(self.queues):
            queue = self.queues[firing]
            while queue and _time(queue[0]) <= now:
                answers.append(self._apply(queue.pop(0), subject, now, number + len(answers)))
            if not queue:
                del self.queues[firing]
        return answers

    def _apply(self, action: PlannedAction, subject: str, now: int, number: int) -> Event:
        more: dict[str, Json] = {}
        if action.kind == "link" and "id" not in action.content:
            more["id"] = f"{action.content.get('kind')}-{number + 1}"
        return outcome_event("applied", action, subject, now, number, **more)

    def settle(self, edges: Sequence[Edge], subject: str, now: int, number: int) -> list[Event]:
        """Withdraw what waits for its hours though its rule has turned false."""
        over = {edge.rule for edge in edges if not edge.rises}
        answers: list[Event] = []
        for firing in list(self.queues) if over else ():
            kept: list[PlannedAction] = []
            for action in self.queues[firing]:
                if action.rule in over and not action.even_if_over:
                    answers.append(outcome_event("withdrawn", action, subject, now, number + len(answers)))
                else:
                    kept.append(action)
            if kept:
                self.queues[firing] = kept
            else:
                del self.queues[firing]
        return answers

    def withdraw_all(self, subject: str, now: int, number: int) -> list[Event]:
        """Withdraw whatever waits, `even_if_over` or not: its case has ended."""
        waiting = [action for queue in self.queues.values() for action in queue]
        self.queues.clear()
        return [
            outcome_event("withdrawn", action, subject, now, number + place) for place, action in enumerate(waiting)
        ]

    @property
    def next_delivery(self) -> int | None:
        """The earliest instant at which something that waits may go out."""
        return min((_time(queue[0]) for queue in self.queues.values()), default=None)


def _time(action: PlannedAction) -> int:
    """When it may go out; an action without a hold may at once."""
    return -(2**63) if action.deliver_at is None else action.deliver_at


def _firing(action: PlannedAction) -> str:
    """The firing an action belongs to: its key without the position at the end."""
    return action.key.rpartition("/")[0]
