"""What happens at the helpdesk, the same in every run: batches of events at stated instants, some of them learnt late.

What is learnt at one instant may come in any order, in one transaction or in several, and be decided in between. So
that all runs come to one end, a batch holds nothing whose order would matter: a service changes at an instant of its
own, and a customer opens one case. Nor is anything due within a minute of a batch that follows of an earlier one: the
rules count in hours, half hours and one quarter, and batches come four minutes later each hour. So an attempt that
fails has that minute to be made again before something happens that it would hang on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from casewarden.model.event import Event
from casewarden.model.instants import parse_instant

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
START: Final = parse_instant("2026-03-26T08:00:00+01:00")
"""A Thursday."""
END: Final = parse_instant("2026-03-28T12:00:00+01:00")
GO_LIVE: Final = START - DAY
CUSTOMERS: Final = 4


@dataclass(frozen=True, slots=True)
class Batch:
    """What is learnt at one instant: by polling the helpdesk, and of what a monitor sends by HTTP."""

    at: int
    desk: Sequence[Event]
    monitor: Sequence[Event]


def script(seed: int, cases: int = 16) -> Sequence[Batch]:
    """The batches in the order of time."""
    chance = Random(seed)
    story = _Story(chance)
    instants = [START + hour * HOUR for hour in (0, 1, 2, 3, 5, 8, 11, 23, 24, 26, 30)]
    for number, instant in enumerate(instants):
        at = instant + 4 * number * MINUTE
        if chance.random() < 0.5:
            story.service(at - MINUTE)
        story.batch(at, new=chance.randint(1, CUSTOMERS) if len(story.open) < cases else 0)
    return story.batches


class _Story:
    def __init__(self, chance: Random) -> None:
        self.open: list[str] = []
        self.batches: list[Batch] = []
        self._chance = chance
        self._written = 0
        self._down = False

    def batch(self, at: int, new: int) -> None:
        desk: list[Event] = []
        monitor: list[Event] = []
        for case in self.open:
            if self._chance.random() < 0.6:
                desk += self._goes_on(case, self._late(at))
            if self._chance.random() < 0.15:
                monitor.append(self._event(case, "work", self._late(at), "agent", spent=30 * MINUTE))
        desk += [self._opened(at, customer) for customer in self._chance.sample(range(CUSTOMERS), new)]
        self.batches.append(Batch(at, desk, monitor))

    def service(self, at: int) -> None:
        """The monitor tells that the service is down, or available again."""
        self._down = not self._down
        facts = {"service.core.health": "down" if self._down else "available"}
        self.batches.append(Batch(at, [], [self._event("service:core", "observed", at, "automation", facts=facts)]))

    def _late(self, at: int) -> int:
        """When something happened that is learnt of at an instant."""
        return at - self._chance.choice((0, 0, 0, 5 * MINUTE, 39 * MINUTE))

    def _event(self, subject: str, kind: str, at: int, by: str, *who: str, **data: Any) -> Event:
        self._written += 1
        return Event(subject, kind, at, at, by, "desk", f"e-{self._written}", who=who, data=data)

    def _opened(self, at: int, customer: int) -> Event:
        case = f"case:{len(self.open) + 1}"
        self.open.append(case)
        facts = {
            "case.number": f"N-{len(self.open)}",
            "case.plan": self._chance.choice(("basic", "basic", "gold")),
            "case.impact": self._chance.choice(("all", "some", "none")),
            "customer.id": f"c-{customer}",
            "contract.term_end": "2026-12-31T00:00:00+01:00",
        }
        return self._event(case, "opened", at, "customer", facts=facts)

    def _goes_on(self, case: str, at: int) -> Iterator[Event]:
        match self._chance.randrange(8):
            case 0:
                yield self._event(case, "message", at, "customer", text="Is there any news?", public=True)
            case 1:
                yield self._event(case, "message", at, "agent", text="We look into it.", public=True)
                yield self._event(case, "observed", at, "agent", facts={"case.status": "waiting_on_customer"})
            case 2:
                yield self._event(case, "call", at - 30 * MINUTE, "customer", to="on_call", answered=True)
                yield self._event(case, "message", at, "customer", to="on_call", text="I called.", public=True)
            case 3:
                yield self._event(case, "call", at, "agent", answered=True)
            case 4:
                impact = self._chance.choice(("all", "some", "none"))
                yield self._event(case, "observed", at, "agent", facts={"case.impact": impact})
            case 5:
                yield self._event(case, "observed", at, "agent", facts={"case.workaround": False})
            case 6:
                yield self._event(case, "resolved", at, "agent")
            case _:
                yield self._event(case, "observed", at, "agent", facts={"case.urgent": self._chance.random() < 0.5})
