"""A helpdesk that does what it is told: actions come back as `applied`, at once or when they may be delivered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from casewarden.decide import outcome_event
from casewarden.decide.delivery import firing_of
from casewarden.model.decision import Edge, PlannedAction, Withheld, WithheldWhy
from casewarden.model.event import Event, Json


@dataclass(frozen=True, slots=True)
class Rejection:
    """What a helpdesk refuses: actions of a kind (None: all) of a rule (None: of all)."""

    rule: str | None
    action: str | None
    reason: str

    def concerns(self, action: PlannedAction) -> bool:
        """Whether the action is one of them."""
        return self.rule in (None, action.rule) and self.action in (None, action.kind)


@dataclass(slots=True)
class Helpdesk:
    """The simulated other end for one subject, in virtual time.

    Actions of one firing are a sequence: each goes out when the one before it was applied. What waits for its hours is
    withdrawn when its rule is no longer true, unless it says `even_if_over`; the condition and the guards are asked
    again before anything goes out. `rejections` is what it refuses to do; `withheld` all that did not go out, and why.
    The tickets that it creates are called by their kind, the first `defect-1`; `created` counts them.
    """

    queues: dict[str, list[PlannedAction]] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    created: dict[str, int] = field(default_factory=dict)

    def fork(self) -> "Helpdesk":
        """One that goes on by itself from here."""
        queues = {firing: list(queue) for firing, queue in self.queues.items()}
        return Helpdesk(queues, list(self.rejections), list(self.withheld), dict(self.created))

    def take(self, actions: Iterable[PlannedAction]) -> None:
        """Accept planned actions; those of one firing keep their order."""
        for action in actions:
            self.queues.setdefault(firing_of(action.key), []).append(action)

    def ready(self, now: int) -> PlannedAction | None:
        """The next action that may go out at an instant."""
        return next((queue[0] for queue in self.queues.values() if _time(queue[0]) <= now), None)

    def answer(
        self, action: PlannedAction, against: tuple[WithheldWhy, str] | None, subject: str, now: int, number: int
    ) -> list[Event]:
        """Apply or reject the action that is ready, unless something speaks against it; tell what became of it.

        What does not go out takes the rest of its sequence along. `number` is how many events of the engine the
        subject's log has; the answers are numbered on from there.
        """
        firing = firing_of(action.key)
        queue = self.queues[firing]
        del queue[0]
        rejection = next((one for one in self.rejections if one.concerns(action)), None)
        if against is None and rejection is None:
            if not queue:
                del self.queues[firing]
            return [self._apply(action, subject, now, number)]
        del self.queues[firing]
        kind = "rejected" if against is None else "withdrawn"
        more: dict[str, Json] = {"reason": rejection.reason} if against is None and rejection is not None else {}
        why, detail = against or ("rejected", str(more["reason"]))
        answers = [outcome_event(kind, action, subject, now, number, **more)]
        self.withheld.append(Withheld(action.rule, why, detail, now, action.key))
        for place, later in enumerate(queue, 1):
            answers.append(outcome_event("withdrawn", later, subject, now, number + place))
            self.withheld.append(Withheld(later.rule, "sequence", f"comes after {action.key}", now, later.key))
        return answers

    def _apply(self, action: PlannedAction, subject: str, now: int, number: int) -> Event:
        more: dict[str, Json] = {}
        if action.kind == "link" and "id" not in action.content:
            kind = str(action.content.get("kind"))
            self.created[kind] = self.created.get(kind, 0) + 1
            more["id"] = f"{kind}-{self.created[kind]}"
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
                    detail = "its condition no longer holds"
                    self.withheld.append(Withheld(action.rule, "withdrawn", detail, now, action.key))
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

    def taken_withheld(self) -> list[Withheld]:
        """What did not go out since this was asked last."""
        found, self.withheld = self.withheld, []
        return found

    @property
    def next_delivery(self) -> int | None:
        """The earliest instant at which something that waits may go out."""
        return min([_time(queue[0]) for queue in self.queues.values()]) if self.queues else None


def _time(action: PlannedAction) -> int:
    """When it may go out; an action without a hold may at once."""
    return -(2**63) if action.deliver_at is None else action.deliver_at
