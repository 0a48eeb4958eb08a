"""What happens at the helpdesk when the sidecar does something there: people read it, and some of them act."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from casewarden.demo.life import AGENT, CUSTOMER, Desk
from casewarden.demo.moments import MINUTE, minutes
from casewarden.demo.ticket import Ticket
from casewarden.model.event import Json

_ABSENT: Final = 0.06


@dataclass(frozen=True, slots=True)
class Reaction:
    """How often a customer answers a message of ours, after how many minutes of its work, and with what words."""

    share: float
    after: float
    words: str = "gives"


class ReactingDesk(Desk):
    """A desk whose people and customers see what rules do."""

    reactions: ClassVar[Mapping[str, Reaction]]
    """By the name of a message, what customers do when they get it."""

    def done(self, ticket: Ticket, kind: str, content: Mapping[str, Json]) -> dict[str, Json]:
        """Carry out an action on a ticket, and plan what comes of it; returns what is to be known of it (`id`)."""
        match kind:
            case "set":
                self.value_set(ticket, str(content.get("path")), content.get("value"))
            case "assign":
                ticket.facts["case.assigned_to"] = content.get("value")
                self.assigned(ticket, str(content.get("value")))
            case "close":
                self.closed(ticket, str(content.get("reason")))
            case "reopen":
                ticket.status = "open"
                self.again(ticket)
            case "reply" | "ask":
                self.customer_reads(ticket, str(content.get("message")), content.get("fields"))
            case "notify":
                self.told(ticket, str(content.get("message")))
            case "link":
                return self.link(ticket, str(content.get("kind")), content)
            case _:  # tags, notes and severities are written down, and nobody acts on them
                pass
        return {}

    def value_set(self, ticket: Ticket, path: str, value: Json) -> None:
        """A rule wrote a value."""
        ticket.facts[path] = value
        if path == "case.status":
            ticket.status = str(value)
            if not ticket.is_over:
                self.again(ticket)

    def assigned(self, ticket: Ticket, who: str) -> None:
        """A rule gave the ticket to somebody."""

    def told(self, ticket: Ticket, message: str) -> None:
        """A rule told somebody of support something about the ticket."""

    def closed(self, ticket: Ticket, reason: str) -> None:
        """A rule closed the ticket; of those that we could not reach, some write when they read that."""
        ticket.status = "closed"
        self.scene.drop(ticket, AGENT)
        self.scene.drop(ticket, CUSTOMER)
        if "unreachable" in reason and ticket.once("returned") and ticket.chance.of(0.35):
            at = self.scene.now + minutes(ticket.chance.between(25, 300))
            self.scene.plan(ticket, CUSTOMER, at, self.customer_writes, ticket, "returns")

    def customer_reads(self, ticket: Ticket, message: str, fields: Json) -> None:
        """The customer gets a message; some answer it, for some a mail server does."""
        if ticket.chance.of(_ABSENT) and ticket.once("absent"):
            self.scene.later(self.scene.now + MINUTE, self.absent, ticket)
        reaction = self.reactions.get(message)
        if reaction is None or ticket.silent or ticket.is_over or not ticket.chance.of(reaction.share):
            return
        at = ticket.customer.at_work.add_us(self.scene.now, minutes(2 + ticket.chance.around(reaction.after)))
        if reaction.words == "thanks":
            self.scene.later(at, self.thanks, ticket)
        else:
            self.scene.plan(ticket, CUSTOMER, at, self.answers, ticket, reaction.words, fields)

    def answers(self, ticket: Ticket, words: str, fields: Json) -> None:
        """A customer does what a message asked for: what was missing is filled in."""
        wanted = [str(path) for path in fields] if isinstance(fields, list) else []
        if wanted:
            said: dict[str, Json] = {path: self.missing_value(path) for path in wanted}
            self.scene.on(ticket, "observed", "customer", who=(ticket.contact.mail,), facts=said)
        self.customer_writes(ticket, words)

    def missing_value(self, path: str) -> Json:  # noqa: ARG002  # desks say more
        """What a customer says where something was missing."""
        return "Since Monday; see the attached picture."

    def thanks(self, ticket: Ticket) -> None:
        """A customer says thank you, which is no reason to open anything again."""
        if not ticket.is_over:
            self.message(ticket, "thanks")

    def link(self, ticket: Ticket, kind: str, content: Mapping[str, Json]) -> dict[str, Json]:
        """A rule linked a ticket, or had one made, whose life begins here."""
        created = content.get("create")
        if not isinstance(created, dict):
            ticket.links[kind, str(content.get("id"))] = ""
            return {}
        number = self.make_linked(ticket, kind, str(created.get("status")))
        self.linked_lives(ticket, kind, number)
        return {"id": number}

    def make_linked(self, ticket: Ticket, kind: str, status: str) -> str:
        """A number for a linked ticket of a kind."""
        self._linked += 1
        number = f"{kind}-{self.letter}{self._linked}"
        ticket.links[kind, number] = status
        return number

    _linked = 0

    def linked_lives(self, ticket: Ticket, kind: str, number: str) -> None:
        """Plan what becomes of a linked ticket."""

    def turn_linked(self, ticket: Ticket, kind: str, number: str, status: str, who: str) -> None:
        """A linked ticket gets another status."""
        if ticket.status == "ended":
            return
        ticket.links[kind, number] = status
        agent = self.team.others[who]
        facts: dict[str, Json] = {"status": status}
        self.scene.on(ticket, "linked", "agent", who=agent.who, kind=kind, id=number, facts=facts)
