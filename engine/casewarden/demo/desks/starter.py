"""The first desk speaks the words of the starter ruleset: a core service, a workaround, a lead."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from casewarden.demo import teams
from casewarden.demo.cast import Agent, Team
from casewarden.demo.life import AGENT
from casewarden.demo.moments import HOUR, minutes
from casewarden.demo.reactions import ReactingDesk, Reaction
from casewarden.demo.ticket import Sort, Ticket

_AVAILABLE = {"case.core": "available"}


class StarterDesk(ReactingDesk):
    """Cases are critical while the core is down, and those that slip through go to the lead."""

    name = "starter"
    letter = "S"
    zone = "Europe/Berlin"
    team: ClassVar[Team] = teams.STARTER
    looks_after = 50
    sorts: ClassVar[tuple[Sort, ...]] = (
        Sort("outage", 0, 40, {"case.core": "down"}, grave=True, words="outage"),
        Sort("down", 0.04, 90, {"case.core": "down"}, asks=0.2, grave=True, words="outage"),
        Sort("trouble", 0.24, 120, {"case.core": "degraded", "case.workaround": False}, words="trouble"),
        Sort("limping", 0.14, 90, {"case.core": "degraded", "case.workaround": True}, words="slow"),
        Sort("bug", 0.16, 80, _AVAILABLE, words="bug"),
        Sort("question", 0.22, 20, _AVAILABLE, asks=0.45, words="question"),
        Sort("billing", 0.10, 25, _AVAILABLE, words="billing"),
        Sort("notice", 0.04, 2, {"case.core": "available", "case.reported_by": "monitoring"}, words="notice"),
        Sort("spam", 0.06, words="spam"),
    )
    arrivals: ClassVar[Mapping[range, float]] = MappingProxyType(
        {range(7): 0.1, range(7, 9): 1.0, range(9, 12): 1.8, range(12, 17): 1.5, range(17, 24): 0.3}
    )
    reactions: ClassVar[Mapping[str, Reaction]] = MappingProxyType(
        {
            "closing_soon": Reaction(0.45, 80),
            "core_recovered": Reaction(0.45, 12, "thanks"),
            "still_working": Reaction(0.08, 15, "thanks"),
        }
    )

    def look(self, ticket: Ticket, agent: Agent) -> None:
        """What a machine sent is read and put away."""
        if ticket.sort.name == "notice" and not ticket.is_over:
            self.scene.on(ticket, "closed", "agent", who=agent.who, reason="no_answer_needed")
            return
        super().look(ticket, agent)

    def reply(self, ticket: Ticket, agent: Agent) -> None:
        """A few find a workaround when they look closer."""
        super().reply(ticket, agent)
        if ticket.sort.name == "trouble" and ticket.answers == 1 and ticket.chance.of(0.4):
            at = agent.shift.add_us(self.scene.now, minutes(ticket.chance.around(70)))
            self.scene.later(at, self.finds_workaround, ticket, agent)

    def finds_workaround(self, ticket: Ticket, agent: Agent) -> None:
        """A person determines that there is a way around the trouble."""
        if ticket.is_over:
            return
        self.scene.on(
            ticket,
            "observed",
            "agent",
            who=agent.who,
            facts={"case.workaround": True},
            determined=True,
            reason="a workaround was found",
        )

    def after_resolving(self, ticket: Ticket, agent: Agent) -> None:
        """Small things are closed at once, and some come back all the same; the rest is closed days later."""
        if ticket.sort.name in ("question", "billing") and ticket.chance.of(0.6):
            self.scene.on(ticket, "closed", "agent", who=agent.who, reason="solved")
            if ticket.chance.of(0.3) and ticket.once("back"):
                at = ticket.customer.at_work.add_us(self.scene.now, minutes(ticket.chance.around(100)))
                self.scene.plan(ticket, "customer", at, self.customer_writes, ticket, "not_yet")
            return
        super().after_resolving(ticket, agent)
        at = agent.shift.add_us(self.scene.now, 24 * HOUR)  # three of its shifts
        self.scene.plan(ticket, AGENT, at, self.put_away, ticket)

    def put_away(self, ticket: Ticket) -> None:
        """The helpdesk closes what has been resolved for some days."""
        if ticket.status == "resolved":
            self.scene.on(ticket, "closed", "automation", reason="solved")

    def assigned(self, ticket: Ticket, who: str) -> None:
        """The lead takes over, mostly within the two hours."""
        if who == "lead" and not ticket.is_over:
            lead, at = self.team.other("lead", self.scene.now, minutes(ticket.chance.around(70, 0.5)))
            self.scene.plan(ticket, AGENT, at, self.look, ticket, lead)

    def told(self, ticket: Ticket, message: str) -> None:
        """Who is on call answers most of what would be late."""
        overlooked = ticket.answers > 0 or "overlooked" in ticket.marks
        if message == "response_due" and not overlooked and ticket.chance.of(0.6):
            agent, at = self.team.other("on_call", self.scene.now, minutes(ticket.chance.between(4, 24)))
            self.scene.plan(ticket, AGENT, at, self.look, ticket, agent)
