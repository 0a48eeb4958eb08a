"""The world of the demonstration: customers, agents and outages in virtual time, which react to what the sidecar does.

Pure and seeded: the same seed and the same calls give the same events, byte for byte. It reads no clock; whoever owns
it says how far time has come.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from casewarden.demo.backlog import unfold
from casewarden.demo.cast import Customer
from casewarden.demo.customers import STARTER, WORKATO, ZITADEL
from casewarden.demo.desks.starter import StarterDesk
from casewarden.demo.desks.workato import WorkatoDesk
from casewarden.demo.desks.zitadel import ZitadelDesk
from casewarden.demo.moments import HOUR, minutes
from casewarden.demo.outages import Outages
from casewarden.demo.reactions import ReactingDesk
from casewarden.demo.scene import Scene
from casewarden.model.event import Event, Json
from casewarden.model.instants import parse_instant
from casewarden.plugin import AlreadyApplied, Answer, Applied, Attempt, Conflict, Rejected

START: Final = parse_instant("2026-03-03T12:00:00+01:00")
"""A Tuesday at noon in Berlin: soon there is an outage, at five cases are closed, then America begins to work."""
SOURCE: Final = "demonstration"
KINDS: Final = frozenset(
    {"set", "classify", "assign", "tag", "close", "reopen", "reply", "note", "ask", "notify", "publish", "link"}
)
DESKS: Final[Mapping[str, tuple[type[ReactingDesk], tuple[Customer, ...]]]] = {
    "starter": (StarterDesk, STARTER),
    "zitadel": (ZitadelDesk, ZITADEL),
    "workato": (WorkatoDesk, WORKATO),
}
"""The desks by the rulesets that govern their cases."""


class World:
    """A helpdesk with some of the desks, from an instant on.

    `source` is the source of its events. What happened before `start` is told at `start`.
    """

    def __init__(
        self, seed: int, start: int = START, *, desks: Sequence[str] = tuple(DESKS), source: str = SOURCE
    ) -> None:
        unknown = [name for name in desks if name not in DESKS]
        if unknown or not desks:
            raise ValueError(f"the demonstration has the desks {', '.join(DESKS)}, not {', '.join(unknown) or 'none'}")
        self._scene = Scene(seed, start, source)
        self._applied: dict[str, dict[str, Json]] = {}
        self._outages = Outages(self._scene, self._notice_outage)
        self._desks: dict[str, ReactingDesk] = {}
        for name in DESKS:
            if name in desks:
                make, customers = DESKS[name]
                self._desks[name] = make(self._scene, customers)
        self._begin()

    def _begin(self) -> None:
        for desk in self._desks.values():
            for customer in desk.customers:
                self._tell_account(customer)
        self._outages.begin()
        for desk in self._desks.values():
            unfold(desk)
            desk.begin()

    def _tell_account(self, customer: Customer) -> None:
        """Tell what is known of a customer: its plan since the term began, and what its contract says."""
        scene = self._scene
        facts = customer.contract(scene.start)
        begun = facts.get("contract.term_start")
        at = min(scene.start, parse_instant(begun)) if isinstance(begun, str) else scene.start
        if customer.allowed:
            facts["contract.quotas"] = dict(customer.allowed)
        if facts.get("contract.chat") is True:
            facts["customer.private_channel"] = "open"
        scene.tell(
            f"account:{customer.id}", "plan", "automation", at=at, change="started", plan=customer.plan, facts=facts
        )

    def _notice_outage(self) -> None:
        for desk in self._desks.values():
            desk.notices_outage()

    # Time

    @property
    def now(self) -> int:
        """How far time has come."""
        return self._scene.now

    def next_at(self) -> int | None:
        """The next instant at which something may happen by itself; None where nothing ever will."""
        return self._scene.next_at()

    def advance(self, to: int) -> list[Event]:
        """Let time pass up to and including an instant; returns what was learnt since, in order, each event once.

        An instant that has passed already changes nothing.
        """
        self._scene.run(to)
        told, self._scene.told = self._scene.told, []
        return told

    # What the sidecar does

    def version(self, ticket: str) -> int | None:
        """How often others than the sidecar changed a ticket; None where there is none of this number."""
        found = self._scene.tickets.get(ticket)
        return None if found is None else found.version

    def apply(self, attempt: Attempt) -> Answer:
        """Carry out an action at the instant that time has come to; one with the same key is carried out once."""
        if attempt.key in self._applied:
            return AlreadyApplied(self._applied[attempt.key])
        if attempt.kind not in KINDS:
            return Rejected(f"the demonstration knows no action `{attempt.kind}`")
        kind, _, name = attempt.subject.partition(":")
        if kind == "case" or attempt.ticket is not None:
            return self._apply_to_ticket(attempt, attempt.ticket or name)
        if kind == "account":
            self._apply_to_account(name, attempt)
        self._applied[attempt.key] = {}
        return Applied()

    def _apply_to_ticket(self, attempt: Attempt, number: str) -> Answer:
        ticket = self._scene.tickets.get(number)
        if ticket is None:
            return Rejected(f"there is no ticket {number}")
        if ticket.status == "ended":
            return Rejected(f"the ticket {number} was removed as spam")
        if attempt.precondition is not None and attempt.precondition != ticket.version:
            return Conflict(f"the ticket {number} has changed since version {attempt.precondition}")
        details = self._desks[ticket.desk].done(ticket, attempt.kind, attempt.content)
        self._applied[attempt.key] = details
        return Applied(details)

    def _apply_to_account(self, account: str, attempt: Attempt) -> None:
        """What is told about an account is done within hours: a private channel is opened or closed."""
        done = {"open_channel": "open", "close_channel": "closed"}.get(str(attempt.content.get("message")))
        if done is None:
            return
        self._scene.later(self._scene.now + minutes(25) + HOUR, self._set_channel, account, done)

    def _set_channel(self, account: str, state: str) -> None:
        facts: dict[str, Json] = {"customer.private_channel": state}
        self._scene.tell(f"account:{account}", "observed", "agent", who=("esther", "support"), facts=facts)
