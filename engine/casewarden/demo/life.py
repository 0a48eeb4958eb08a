"""The life of a ticket at any desk: customers write, agents look, answer, ask and resolve; some customers never answer.

A desk speaks the words of one policy: its plans, its fields, its roles. What is special about it is in its own module
under `desks`; it changes the life told here by overriding steps.
"""

from collections.abc import Mapping
from typing import ClassVar, Final

from casewarden.demo.cast import Agent, Customer, Team
from casewarden.demo.chance import Chance
from casewarden.demo.moments import MINUTE, minutes
from casewarden.demo.outages import CORE
from casewarden.demo.scene import Scene
from casewarden.demo.texts import answer, opening
from casewarden.demo.ticket import Sort, Ticket
from casewarden.model.event import Json
from casewarden.worktime import zone

AGENT: Final = "agent"
CUSTOMER: Final = "customer"
_WEEKEND: Final = 0.15
"""How many cases come on a day of the weekend, for each of another day."""


class Desk:
    """One desk: its customers, its people, and how it lives through a case."""

    name: ClassVar[str]
    """The name of the ruleset that governs its cases; they have it as `case.brand`."""
    letter: ClassVar[str]
    """With what its ticket numbers begin."""
    zone: ClassVar[str]
    team: ClassVar[Team]
    sorts: ClassVar[tuple[Sort, ...]]
    arrivals: ClassVar[Mapping[range, float]]
    """How many cases come in an hour, by the hours of the day in its zone."""
    line: ClassVar[str | None] = None
    """The number that customers call to open a case; None where the opening by telephone says it all."""
    looks_after: ClassVar[float] = 26
    """After how many minutes of work somebody looks at a new case, in the median."""
    forgets: ClassVar[float] = 0.1
    """How often a case slips through until somebody asks for it."""

    def __init__(self, scene: Scene, customers: tuple[Customer, ...]) -> None:
        self.scene = scene
        self.customers = customers
        self.chance = Chance(f"{scene.seed}/{self.name}")
        self._opened = 1000
        self._overlooks = 0

    # A case comes in

    def _comes(self, sort: Sort, customer: Customer) -> None:
        """A customer opens a ticket; somebody of support will look at it."""
        ticket = self.make(sort, customer)
        words = opening(sort.words, ticket.language, ticket.chance)
        self.tell_opening(ticket, words.subject, words.text, self.scene.now)
        self.await_look(ticket)

    def make(self, sort: Sort, customer: Customer) -> Ticket:
        """A ticket with the next number, of which nothing was told yet."""
        self._opened += 1
        number = f"{self.letter}-{self._opened}"
        chance = Chance(f"{self.scene.seed}/{number}")
        contact, channel = chance.pick(customer.contacts), chance.pick(customer.channels)
        ticket = Ticket(number, self.name, customer, contact, sort, channel, chance)
        self.scene.tickets[number] = ticket
        return ticket

    def tell_opening(self, ticket: Ticket, subject: str, text: str, at: int) -> None:
        """Tell that a ticket was opened, with all that is known of it, and the first message."""
        customer = ticket.customer
        ticket.opened_at = at
        known: dict[str, Json] = {
            "case.number": ticket.number,
            "case.subject": subject,
            "case.brand": self.name,
            "case.plan": customer.plan,
            "case.language": ticket.contact.language,
            "case.reported_by": "customer",
            "customer.id": customer.id,
            "customer.name": customer.name,
            "customer.services": list(customer.services),
            **customer.contract(self.scene.start),
            **ticket.sort.facts,
            **self.opening_facts(ticket),
        }
        who = (ticket.contact.mail,)
        self.scene.on(ticket, "opened", "customer", at=at, who=who, via=ticket.channel, facts=known)
        if ticket.channel != "phone":
            self.scene.on(ticket, "message", "customer", at=at, who=who, via=ticket.channel, public=True, text=text)
        elif self.line is not None:
            self.scene.on(ticket, "call", "customer", at=at, who=who, via="phone", to=self.line, answered=True)

    def opening_facts(self, ticket: Ticket) -> dict[str, Json]:  # noqa: ARG002  # desks say more
        """What else this desk knows of a case as it is opened."""
        return {}

    def await_look(self, ticket: Ticket) -> None:
        """Plan when somebody first looks at a ticket; some slip through for a working day and more."""
        if ticket.sort.name == "outage" and self._overlooks > 0:
            self._overlooks -= 1
            ticket.marks.add("overlooked")
            agent, at = self.team.other("on_call", self.scene.now, minutes(ticket.chance.between(130, 200)))
        elif ticket.sort.grave:
            agent, at = self.team.other("on_call", self.scene.now, minutes(ticket.chance.around(22, 0.5)))
        elif ticket.chance.of(self.forgets):
            agent, at = self.takes(ticket, ticket.chance.between(9 * 60, 16 * 60))
        else:
            agent, at = self.takes(ticket, ticket.chance.around(self.looks_after, 0.8))
        self.scene.plan(ticket, AGENT, at, self.look, ticket, agent)

    def takes(self, ticket: Ticket, work: float) -> tuple[Agent, int]:
        """Who of the agents has got round to a ticket after so many minutes of work, and when."""
        return self.team.takes(self.scene.now, max(MINUTE, minutes(work)), ticket.chance)

    # Support

    def look(self, ticket: Ticket, agent: Agent) -> None:
        """Somebody of support looks at the ticket: sorts it out, and answers."""
        if ticket.is_over:
            return
        if ticket.sort.name == "spam":
            self.scene.on(ticket, "ended", "agent", who=agent.who, reason="spam")
            return
        self.triage(ticket, agent)
        self.reply(ticket, agent)

    def triage(self, ticket: Ticket, agent: Agent) -> None:
        """Write down what support makes of the case, once."""
        facts = self.judgement(ticket)
        if facts and ticket.once("triage"):
            self.observe(ticket, agent, **facts)

    def judgement(self, ticket: Ticket) -> dict[str, Json]:  # noqa: ARG002  # desks say more
        """What support makes of a case, as this desk says it."""
        return {}

    def reply(self, ticket: Ticket, agent: Agent) -> None:
        """Answer the customer in public, and go on: ask for something, wait for the service, or work on it."""
        if ticket.status == "new":
            self.observe(ticket, agent, **{"case.status": "open", "case.assigned_to": agent.name})
        waits = ticket.sort.name == "outage" and self.scene.health.get(CORE) != "available"
        self.write(ticket, agent, "known" if waits else "first" if ticket.answers == 0 else "still")
        if waits or (ticket.sort.name == "outage" and ticket.answers == 1):
            at = self.scene.now + minutes(ticket.chance.between(40, 75))
            self.scene.plan(ticket, AGENT, at, self.after_outage, ticket, agent)
        elif ticket.chance.of(ticket.sort.asks / ticket.answers):
            self.ask(ticket, agent)
        else:
            self.work_on(ticket, agent)

    def write(self, ticket: Ticket, agent: Agent, words: str, *, via: str | None = None) -> None:
        """A public message by somebody of support."""
        text = answer(words, ticket.language)
        channel = via or ("email" if ticket.channel == "phone" else ticket.channel)
        self.scene.on(ticket, "message", "agent", who=agent.who, via=channel, public=True, text=text)
        ticket.answers += 1

    def observe(self, ticket: Ticket, agent: Agent, **facts: Json) -> None:
        """Somebody of support writes something into the ticket."""
        self.scene.on(ticket, "observed", "agent", who=agent.who, facts=facts)

    def ask(self, ticket: Ticket, agent: Agent) -> None:
        """Wait for the customer, who answers after a while, or never."""
        self.observe(ticket, agent, **{"case.status": "waiting_on_customer"})
        self.scene.drop(ticket, AGENT)
        if ticket.chance.of(ticket.customer.silence):
            ticket.silent = True
            self.unanswered(ticket, agent)
            return
        work = minutes(60 * ticket.chance.around(ticket.customer.patience))
        at = ticket.customer.at_work.add_us(self.scene.now, work)
        self.scene.plan(ticket, CUSTOMER, at, self.customer_writes, ticket, "gives")

    def unanswered(self, ticket: Ticket, agent: Agent) -> None:
        """What support does where no answer comes: by itself nothing, the rules see to it."""

    def work_on(self, ticket: Ticket, agent: Agent) -> None:
        """Work until it is solved."""
        at = agent.shift.add_us(self.scene.now, minutes(5 + ticket.chance.around(ticket.sort.work)))
        self.scene.plan(ticket, AGENT, at, self.resolve, ticket, agent)

    def after_outage(self, ticket: Ticket, agent: Agent) -> None:
        """Look whether the service is back: if so, finish soon; if not, say that we are at it now and then."""
        if ticket.is_over:
            return
        if self.scene.health.get(CORE) == "available":
            at = self.scene.now + minutes(ticket.chance.between(45, 150))
            self.scene.plan(ticket, AGENT, at, self.resolve, ticket, agent)
            return
        if ticket.chance.of(0.4):
            self.write(ticket, agent, "still")
        at = self.scene.now + minutes(ticket.chance.between(25, 60))
        self.scene.plan(ticket, AGENT, at, self.after_outage, ticket, agent)

    def resolve(self, ticket: Ticket, agent: Agent) -> None:
        """Say that it is solved; the customer may come back."""
        if ticket.is_over:
            return
        self.write(ticket, agent, "done")
        self.scene.on(ticket, "resolved", "agent", who=agent.who, via=ticket.channel)
        self.after_resolving(ticket, agent)

    def after_resolving(self, ticket: Ticket, agent: Agent) -> None:  # noqa: ARG002  # desks do more
        """Some customers come back before the helpdesk closes the ticket some days later."""
        if ticket.chance.of(0.12) and ticket.once("back"):
            at = ticket.customer.at_work.add_us(self.scene.now, minutes(ticket.chance.around(150)))
            self.scene.plan(ticket, CUSTOMER, at, self.customer_writes, ticket, "not_yet")

    # The customer

    def customer_writes(self, ticket: Ticket, words: str) -> None:
        """A message of the customer: a waiting or resolved ticket is open again, a closed one if the rules say so."""
        if ticket.status == "ended":
            return
        before = ticket.status
        self.message(ticket, words)
        ticket.silent = False
        if before == "waiting_on_customer":
            self.scene.on(ticket, "observed", "automation", facts={"case.status": "open"})
        elif before == "resolved":
            self.comes_back(ticket)
        if not ticket.is_over and words != "thanks":
            self.again(ticket)

    def message(self, ticket: Ticket, words: str, *, automatic: bool | None = None) -> None:
        """The bare message of a customer."""
        text, who = answer(words, ticket.language), (ticket.contact.mail,)
        via = "email" if ticket.channel == "phone" else ticket.channel
        self.scene.on(ticket, "message", "customer", who=who, via=via, public=True, automatic=automatic, text=text)

    def comes_back(self, ticket: Ticket) -> None:
        """The helpdesk opens a resolved ticket again where its customer writes."""
        self.scene.on(ticket, "reopened", "automation", via="email")

    def again(self, ticket: Ticket) -> None:
        """Somebody of support turns to the ticket once more."""
        agent, at = self.takes(ticket, ticket.chance.around(50))
        self.scene.plan(ticket, AGENT, at, self.look, ticket, agent)

    def absent(self, ticket: Ticket) -> None:
        """A mail server answers for somebody who is away."""
        if ticket.status != "ended":
            self.message(ticket, "absent", automatic=True)

    # Arrivals

    def begin(self) -> None:
        """Plan the first case that comes by itself."""
        self.scene.later(self._next_arrival(), self._arrive)

    def notices_outage(self) -> None:
        """Let customers who use the core service write, most of them soon."""
        users = [(customer, customer.weight) for customer in self.customers if CORE in customer.services]
        sort = next((sort for sort in self.sorts if sort.name == "outage"), None)
        if sort is None or not users:
            return
        self._overlooks = 1  # where many write at once, one is overlooked
        for _ in range(int(self.chance.between(3, 6))):
            at = self.scene.now + minutes(2 + min(self.chance.around(11, 0.8), 32))
            self.scene.later(at, self._comes, sort, self.chance.weighted(users))

    def _arrive(self) -> None:
        sort = self.chance.weighted([(sort, sort.share) for sort in self.sorts])
        whose = [
            (customer, customer.weight)
            for customer in self.customers
            if sort.plans is None or customer.plan in sort.plans
        ]
        if whose:
            self._comes(sort, self.chance.weighted(whose))
        self.scene.later(self._next_arrival(), self._arrive)

    def _next_arrival(self) -> int:
        """The next instant at which a case comes: more of them by day, few at night and on weekends."""
        at, most, place = self.scene.now, max(self.arrivals.values()), zone(self.zone)
        while True:
            at += MINUTE + minutes(60 * self.chance.gap(most))
            local = place.local(at)
            rate = next(rate for span, rate in self.arrivals.items() if local.hour in span)
            if self.chance.of(rate / most * (1 if local.weekday() < 5 else _WEEKEND)):
                return at
