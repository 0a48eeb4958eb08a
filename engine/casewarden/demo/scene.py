"""The stage: virtual time with an agenda, the tickets, and the events that are told of what happens."""

import heapq
from collections.abc import Callable
from typing import Final

from casewarden.demo.ticket import Ticket
from casewarden.model.event import Event, Json

_STATUS: Final = {"resolved": "resolved", "closed": "closed", "reopened": "open", "ended": "ended"}


class Scene:
    """What all that takes part shares. Instants are microseconds; `now` moves with `run` alone.

    `health` is the present state of each service. `told` are the events that nobody has taken yet, in the order in
    which they were learnt.
    """

    def __init__(self, seed: int, start: int, source: str) -> None:
        self.seed = seed
        self.start = start
        self.now = start
        self.source = source
        self.tickets: dict[str, Ticket] = {}
        self.health: dict[str, str] = {}
        self.told: list[Event] = []
        self._agenda: list[tuple[int, int]] = []
        self._steps: dict[int, tuple[Callable[..., None], tuple[object, ...], Ticket | None, str]] = {}
        self._planned = 0
        self._numbers: dict[str, int] = {}

    # Time

    def later(self, at: int, step: Callable[..., None], *args: object) -> None:
        """Do something at an instant; one that has passed is a moment from now."""
        self._put(at, step, args, None, "")

    def plan(self, ticket: Ticket, role: str, at: int, step: Callable[..., None], *args: object) -> None:
        """Let the customer or support (`role`) do something next; what it was about to do before is void."""
        ticket.planned[role] = self._put(at, step, args, ticket, role)

    def drop(self, ticket: Ticket, role: str) -> None:
        """Let the customer or support do nothing of what it was about to do."""
        ticket.planned.pop(role, None)

    def _put(
        self, at: int, step: Callable[..., None], args: tuple[object, ...], ticket: Ticket | None, role: str
    ) -> int:
        self._planned += 1
        self._steps[self._planned] = (step, args, ticket, role)
        heapq.heappush(self._agenda, (max(at, self.now + 1), self._planned))
        return self._planned

    def next_at(self) -> int | None:
        """The next instant at which something may happen; None where nothing is planned."""
        while self._agenda:
            at, number = self._agenda[0]
            _, _, ticket, role = self._steps[number]
            if ticket is None or ticket.planned.get(role) == number:
                return at
            heapq.heappop(self._agenda)
            del self._steps[number]
        return None

    def run(self, to: int) -> None:
        """Do all that is planned up to and including an instant, in order."""
        while (at := self.next_at()) is not None and at <= to:
            _, number = heapq.heappop(self._agenda)
            step, args, ticket, role = self._steps.pop(number)
            if ticket is not None:
                ticket.planned.pop(role)
            self.now = at
            step(*args)
        self.now = max(self.now, to)

    # What is told

    def tell(
        self, subject: str, kind: str, by: str, /, *, at: int | None = None, who: tuple[str, ...] = (), **data: Json
    ) -> None:
        """Tell of something on a subject; `at` where it happened before it is told. What is None is left out."""
        number = self._numbers.get(subject, 0) + 1
        self._numbers[subject] = number
        self.told.append(
            Event(
                subject=subject,
                kind=kind,
                at=self.now if at is None else at,
                seen_at=self.now,
                by=by,
                source=self.source,
                key=f"{subject}/{number}",
                sequence=number,
                who=who,
                data={name: value for name, value in data.items() if value is not None},
            )
        )

    def on(
        self, ticket: Ticket, kind: str, by: str, /, *, at: int | None = None, who: tuple[str, ...] = (), **data: Json
    ) -> None:
        """Tell of something on a ticket, and write it down there."""
        ticket.version += 1
        ticket.status = _STATUS.get(kind, ticket.status)
        facts = data.get("facts")
        if kind in ("opened", "observed") and isinstance(facts, dict):
            ticket.facts.update(facts)
            ticket.status = str(facts.get("case.status", ticket.status))
        self.tell(ticket.subject, kind, by, at=at, who=who, **data)
