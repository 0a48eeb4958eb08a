"""The third desk speaks the words of the Workato ruleset: effects, diagnoses, defects that go out with a release."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from casewarden.demo import teams
from casewarden.demo.cast import Agent, Team
from casewarden.demo.life import AGENT
from casewarden.demo.moments import DAY, HOUR, MINUTE, minutes
from casewarden.demo.reactions import ReactingDesk, Reaction
from casewarden.demo.texts import answer
from casewarden.demo.ticket import Sort, Ticket
from casewarden.model.event import Json
from casewarden.model.instants import iso
from casewarden.worktime import zone

_PROBLEM: Final[Mapping[str, Json]] = {"case.type": "problem", "case.description": "It has stopped."}
_EFFECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "critical": ("all_work_stopped", "no_access", "data_integrity"),
    "high": ("many_users", "major_function", "badly_slowed"),
    "medium": ("some_users", "somewhat_slowed", "slight_loss"),
    "inquiry": ("inquiry",),
}
_REPORTED: Final = {"critical": "1", "high": "2", "medium": "3", "inquiry": "4"}


class WorkatoDesk(ReactingDesk):
    """Development is called in, fixes go out by night, and customers who do not answer are tried on two ways."""

    name = "workato"
    letter = "W"
    zone = "America/Los_Angeles"
    team: ClassVar[Team] = teams.WORKATO
    sorts: ClassVar[tuple[Sort, ...]] = (
        Sort("critical", 0.10, 120, _PROBLEM, asks=0.15, grave=True, words="recipe"),
        Sort("high", 0.22, 110, _PROBLEM, words="recipe"),
        Sort("medium", 0.26, 80, _PROBLEM, words="recipe"),
        Sort("inquiry", 0.34, 25, {"case.type": "question"}, asks=0.4, words="how_to"),
        Sort("spam", 0.06, words="spam"),
    )
    arrivals: ClassVar[Mapping[range, float]] = MappingProxyType(
        {range(6): 0.06, range(6, 8): 0.8, range(8, 12): 1.4, range(12, 17): 1.1, range(17, 24): 0.3}
    )
    reactions: ClassVar[Mapping[str, Reaction]] = MappingProxyType(
        {
            "please_tell_us": Reaction(0.8, 30),
            "closing_soon": Reaction(0.4, 70),
            "hourly_status": Reaction(0.1, 12, "thanks"),
            "service_updated": Reaction(0.5, 50, "thanks"),
        }
    )

    def begin(self) -> None:
        """Plan the weekly session, which has no case."""
        super().begin()
        facts: dict[str, Json] = {
            "service.q_and_a.state": "planned",
            "service.q_and_a.first_at": iso(self.scene.now + 3 * HOUR),
        }
        self.scene.tell("service:q_and_a", "observed", "automation", facts=facts)
        self.scene.later(self.scene.now + 4 * HOUR, self.session_held)

    def session_held(self) -> None:
        """The session took place; the next one is in a week."""
        facts: dict[str, Json] = {"service.q_and_a.held_at": iso(self.scene.now)}
        self.scene.tell("service:q_and_a", "observed", "automation", facts=facts)
        self.scene.later(self.scene.now + 7 * DAY, self.session_held)

    # A case comes in

    def opening_facts(self, ticket: Ticket) -> dict[str, Json]:
        """What the form asks; now and then something is left out."""
        facts: dict[str, Json] = {"case.reported_severity": _REPORTED.get(ticket.sort.name, "4")}
        if ticket.chance.of(0.75):
            facts["case.recipe"] = "orders to warehouse"
            facts["case.description"] = "See the message."
        return facts

    def judgement(self, ticket: Ticket) -> dict[str, Json]:
        """Support judges the effect and begins the diagnosis; for some there is a way around."""
        effects = _EFFECTS.get(ticket.sort.name)
        if effects is None:
            return {}
        facts: dict[str, Json] = {"case.effect": ticket.chance.pick(effects), "case.diagnosis": "begun"}
        if ticket.sort.name != "inquiry" and ticket.chance.of(0.45):
            facts["case.workaround"] = "viable"
        return facts

    def work_on(self, ticket: Ticket, agent: Agent) -> None:
        """Without a workaround there is nothing to say before the fix is in the service."""
        if ticket.sort.name == "inquiry" or ticket.facts.get("case.workaround") == "viable":
            super().work_on(ticket, agent)

    def unanswered(self, ticket: Ticket, agent: Agent) -> None:
        """Try again, by telephone and by mail, some days apart."""
        self._try_again_later(ticket, agent, "phone")

    def _try_again_later(self, ticket: Ticket, agent: Agent, via: str) -> None:
        at = agent.shift.add_us(self.scene.now, 16 * HOUR + 30 * MINUTE)  # two of its shifts
        self.scene.plan(ticket, AGENT, at, self.try_again, ticket, agent, via)

    def try_again(self, ticket: Ticket, agent: Agent, via: str) -> None:
        """One more attempt to reach the customer."""
        if ticket.status != "waiting_on_customer":
            return
        if via == "phone":
            self.scene.on(ticket, "call", "agent", who=agent.who, via="phone", public=True, answered=False)
            self._try_again_later(ticket, agent, "email")
        else:
            self.write(ticket, agent, "again")

    # A case ends

    def resolve(self, ticket: Ticket, agent: Agent) -> None:
        """Name the form of the resolution, mostly."""
        if ticket.is_over:
            return
        if "dissatisfied" in ticket.marks:
            ticket.marks.discard("dissatisfied")
            self.observe(ticket, agent, **{"case.satisfied": None})  # what is solved now has not been judged yet
        if ticket.chance.of(0.8):
            self.observe(ticket, agent, **{"case.resolution": self._form(ticket)})
        super().resolve(ticket, agent)

    def _form(self, ticket: Ticket) -> str:
        if ticket.sort.name == "inquiry":
            return "information"
        return "workaround" if ticket.facts.get("case.workaround") == "viable" else "fix"

    def after_resolving(self, ticket: Ticket, agent: Agent) -> None:  # noqa: ARG002  # as of all desks
        """Customers say whether they are satisfied, or nothing."""
        if ticket.chance.of(0.6):
            words = "not_yet" if ticket.chance.of(0.25) and ticket.once("back") else "thanks"
            at = ticket.customer.at_work.add_us(self.scene.now, minutes(ticket.chance.around(60)))
            self.scene.plan(ticket, "customer", at, self.judges, ticket, words)

    def judges(self, ticket: Ticket, words: str) -> None:
        """The customer answers the question whether all is well."""
        if ticket.status == "resolved":
            if words == "not_yet":
                ticket.marks.add("dissatisfied")
            self.message(ticket, words)

    def comes_back(self, ticket: Ticket) -> None:
        """A person looks whether the customer is satisfied, so nothing is opened by itself."""

    # Defects

    def linked_lives(self, ticket: Ticket, kind: str, number: str) -> None:
        """Development takes the defect up, fixes it, and it goes out with a release."""
        if kind == "defect":
            _, at = self.team.other("development", self.scene.now, minutes(ticket.chance.around(90)))
            self.scene.later(at, self.in_progress, ticket, number)

    def in_progress(self, ticket: Ticket, number: str) -> None:
        """Development is at work."""
        self.turn_linked(ticket, "defect", number, "in_progress", "development")
        _, at = self.team.other("development", self.scene.now, minutes(60 * ticket.chance.around(2.5)))
        self.scene.later(at, self.fixed, ticket, number)

    def fixed(self, ticket: Ticket, number: str) -> None:
        """The fix waits for the nightly release; grave ones go out within hours, mostly."""
        now = self.scene.now
        grave = ticket.sort.name in ("critical", "high")
        at = now + minutes(ticket.chance.between(60, 300)) if grave else self._next_night()
        name = f"release of {zone(self.zone).local(at):%d %B}"
        self.scene.on(ticket, "release", "automation", name=name, planned=iso(at))
        self.turn_linked(ticket, "defect", number, "fixed", "development")
        self.scene.later(at, self.released, ticket, number, name)

    def _next_night(self) -> int:
        place = zone(self.zone)
        ordinal, time = place.date_and_time(self.scene.now)
        return place.wall_us(ordinal + (time >= 21 * HOUR), 22 * HOUR)

    def released(self, ticket: Ticket, number: str, name: str) -> None:
        """The fix is in the service; support tells the customer."""
        if ticket.status == "ended":
            return
        self.scene.on(ticket, "release", "automation", name=name, released=True)
        self.turn_linked(ticket, "defect", number, "released", "development")
        if not ticket.is_over:
            agent, at = self.takes(ticket, ticket.chance.around(60))
            self.scene.plan(ticket, AGENT, at, self.resolve, ticket, agent)

    # What rules tell

    def told(self, ticket: Ticket, message: str) -> None:
        """People act on what they are told."""
        chance, now = ticket.chance, self.scene.now
        agent, soon = self.takes(ticket, chance.around(20))
        match message:
            case "write_a_receipt" if ticket.once("receipt"):
                self.scene.later(soon, self.write_receipt, ticket, agent)
            case "category_open" | "response_due" if ticket.status in ("new", "open"):
                self.scene.plan(ticket, AGENT, soon, self.look, ticket, agent)
            case "engagement_due" if not ticket.is_over and chance.of(0.75):
                developer, at = self.team.other("development", now, minutes(chance.around(90)))
                self.scene.later(at, self.engages, ticket, developer)
            case "name_the_resolution":
                self.scene.later(soon, self.names_resolution, ticket, agent)
            case "is_the_customer_satisfied":
                self.scene.later(soon, self.writes_down_judgement, ticket, agent)
            case _:
                pass

    def write_receipt(self, ticket: Ticket, agent: Agent) -> None:
        """A receipt by mail for what came by chat or forum."""
        if not ticket.is_over:
            text = answer("receipt", ticket.language)
            self.scene.on(ticket, "message", "agent", who=agent.who, via="email", public=True, text=text)

    def engages(self, ticket: Ticket, developer: Agent) -> None:
        """Development says that it is at work."""
        if not ticket.is_over:
            self.observe(ticket, developer, **{"case.engaged": True})

    def names_resolution(self, ticket: Ticket, agent: Agent) -> None:
        """Support names the form of the resolution that it forgot."""
        if ticket.status != "ended":
            self.observe(ticket, agent, **{"case.resolution": self._form(ticket)})

    def writes_down_judgement(self, ticket: Ticket, agent: Agent) -> None:
        """Support reads the answer and writes down whether the customer is satisfied."""
        if ticket.status == "resolved":
            self.observe(ticket, agent, **{"case.satisfied": "dissatisfied" not in ticket.marks})
