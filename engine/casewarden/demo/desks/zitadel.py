"""The second desk speaks the words of the ZITADEL ruleset: escalations, defects, credits, a TAM's time."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from casewarden.demo import teams
from casewarden.demo.cast import Agent, Customer, Team
from casewarden.demo.customers import NEWCOMER
from casewarden.demo.life import AGENT
from casewarden.demo.moments import MINUTE, minutes
from casewarden.demo.reactions import ReactingDesk, Reaction
from casewarden.demo.texts import answer
from casewarden.demo.ticket import Sort, Ticket
from casewarden.model.event import Json

_PROBLEM: Final[Mapping[str, Json]] = {"case.type": "problem", "case.topic": "product", "case.provided_by": "us"}
_FINE: Final[Mapping[str, Json]] = {"case.core": "available"}
_WITH_TAM: Final = frozenset({"custom"})
_ESCALATES: Final = frozenset({"extended_sla", "custom"})
_REPORTED: Final = {"outage": "1", "trouble": "2", "bug": "3"}


def _of_type(kind: str, topic: str, impact: str) -> Mapping[str, Json]:
    return {**_FINE, "case.type": kind, "case.topic": topic, "case.impact": impact}


class ZitadelDesk(ReactingDesk):
    """Severities are determined by people, defects are linked, managers are called, and late answers cost days."""

    name = "zitadel"
    letter = "Z"
    zone = "Europe/Zurich"
    line = "support_line"
    team: ClassVar[Team] = teams.ZITADEL
    sorts: ClassVar[tuple[Sort, ...]] = (
        Sort("outage", 0, 40, {**_PROBLEM, "case.core": "down", "case.impact": "partial"}, grave=True, words="outage"),
        Sort("trouble", 0.12, 120, {**_PROBLEM, "case.core": "degraded", "case.impact": "partial"}, words="trouble"),
        Sort("bug", 0.22, 90, {**_PROBLEM, **_FINE, "case.impact": "major_defect"}, words="bug"),
        Sort("slow", 0.08, 60, {**_PROBLEM, **_FINE, "case.impact": "performance"}, words="slow"),
        Sort("question", 0.20, 25, _of_type("question", "product", "question"), asks=0.45, words="question"),
        Sort("billing", 0.07, 25, _of_type("question", "billing", "question"), words="billing"),
        Sort("documentation", 0.06, 30, _of_type("documentation", "product", "minor_defect"), words="documentation"),
        Sort("feature", 0.06, 15, _of_type("change", "feature", "feature"), asks=0.1, words="feature"),
        Sort("advice", 0.09, 60, _of_type("tam", "product", "question"), asks=0, words="advice", plans=_WITH_TAM),
        Sort("consulting", 0.04, 15, _of_type("question", "consulting", "question"), words="consulting"),
        Sort("security", 0.03, 60, _of_type("question", "security", "question"), words="security"),
        Sort("spam", 0.04, words="spam"),
    )
    arrivals: ClassVar[Mapping[range, float]] = MappingProxyType(
        {range(7): 0.08, range(7, 9): 0.8, range(9, 12): 1.5, range(12, 17): 1.3, range(17, 24): 0.2}
    )
    reactions: ClassVar[Mapping[str, Reaction]] = MappingProxyType(
        {
            "please_complete": Reaction(0.75, 35),
            "please_add": Reaction(0.35, 60),
            "please_answer": Reaction(0.5, 70),
            "core_recovered": Reaction(0.4, 12, "thanks"),
            "lowered_to_standard": Reaction(0.2, 25, "thanks"),
            "fix_released": Reaction(0.5, 60, "thanks"),
            "escalate_both_ways": Reaction(0.65, 6, "urgent"),
        }
    )

    def begin(self) -> None:
        """Let a new customer subscribe soon; its private channel is then opened."""
        super().begin()
        self.scene.later(self.scene.now + minutes(self.chance.between(12, 20)), self.welcomes, NEWCOMER)

    def welcomes(self, customer: Customer) -> None:
        """A customer subscribes."""
        self.customers = (*self.customers, customer)
        facts = customer.contract(self.scene.now)
        self.scene.tell(
            f"account:{customer.id}", "plan", "automation", change="started", plan=customer.plan, facts=facts
        )

    # A case comes in

    def opening_facts(self, ticket: Ticket) -> dict[str, Json]:
        """What the form asks; now and then something is left out."""
        chance, sort = ticket.chance, ticket.sort.name
        facts: dict[str, Json] = {
            "case.reporter_authorised": ticket.contact.authorised,
            "case.reported_severity": _REPORTED.get(sort, "4"),
            "case.description": "See the message.",
        }
        if ticket.sort.facts.get("case.type") == "problem" and (sort == "outage" or chance.of(0.65)):
            facts["case.impact_statement"] = "Our own customers notice."
        if sort == "documentation":
            facts["case.page"] = "docs/keys/rotation"
        if sort == "feature":
            facts["case.installed"] = "4.2.1"
        if sort == "advice" and chance.of(0.8):
            facts["case.tam_topic"] = chance.pick(("advice", "walk_through", "feedback"))
        return facts

    def missing_value(self, path: str) -> Json:
        """What a customer says where something was missing."""
        return "advice" if path == "case.tam_topic" else super().missing_value(path)

    def await_look(self, ticket: Ticket) -> None:
        """Some customers escalate, by telephone and mail in an outage, else by asking for a manager."""
        super().await_look(ticket)
        chance, now = ticket.chance, self.scene.now
        if ticket.sort.name == "outage" and ticket.customer.plan in _ESCALATES and chance.of(0.45):
            self.scene.later(now + minutes(chance.between(10, 25)), self.calls_escalations, ticket)
        elif ticket.sort.name in ("bug", "trouble", "question") and chance.of(0.14):
            at = ticket.customer.at_work.add_us(now, minutes(chance.around(120)))
            self.scene.later(at, self.wants_manager, ticket)

    def calls_escalations(self, ticket: Ticket) -> None:
        """The call is half of an urgent escalation; the mail may follow."""
        if ticket.is_over:
            return
        who = (ticket.contact.mail,)
        self.scene.on(ticket, "call", "customer", who=who, via="phone", to="escalations", public=True, answered=True)
        if ticket.chance.of(0.5):
            at = self.scene.now + minutes(ticket.chance.between(3, 12))
            self.scene.later(at, self.writes_to_escalations, ticket)

    def writes_to_escalations(self, ticket: Ticket) -> None:
        """The mail is the other half."""
        if not ticket.is_over and ticket.once("escalated"):
            text, who = answer("urgent", ticket.language), (ticket.contact.mail,)
            self.scene.on(ticket, "message", "customer", who=who, via="email", to="escalations", public=True, text=text)

    def wants_manager(self, ticket: Ticket) -> None:
        """The customer ticks that it wants management to look at the case."""
        if not ticket.is_over:
            who = (ticket.contact.mail,)
            self.scene.on(ticket, "observed", "customer", who=who, facts={"case.management_wanted": True})

    def answers(self, ticket: Ticket, words: str, fields: Json) -> None:
        """Who is told that both ways are needed takes the other."""
        if words == "urgent":
            self.writes_to_escalations(ticket)
        else:
            super().answers(ticket, words, fields)

    # Support

    def triage(self, ticket: Ticket, agent: Agent) -> None:
        """Behind some cases a defect is found."""
        super().triage(ticket, agent)
        if ticket.once("searched") and ticket.sort.name in ("bug", "trouble") and ticket.chance.of(0.65):
            number = self.make_linked(ticket, "defect", "open")
            facts: dict[str, Json] = {"status": "open"}
            self.scene.on(ticket, "linked", "agent", who=agent.who, kind="defect", id=number, facts=facts)
            self.linked_lives(ticket, "defect", number)

    def judgement(self, ticket: Ticket) -> dict[str, Json]:  # noqa: ARG002  # it is the same for all
        """Support determines the severity by what the customer says."""
        return {"case.triage": "done"}

    def reply(self, ticket: Ticket, agent: Agent) -> None:
        """What was spoken about is written down, mostly; a few answer by phone and write that down later."""
        if ticket.channel == "phone" and ticket.answers == 0 and ticket.chance.of(0.3):
            at = max(self.scene.now - 40 * MINUTE, ticket.opened_at + MINUTE)
            self.scene.on(ticket, "call", "agent", at=at, who=agent.who, via="phone", public=True, answered=True)
        if ticket.channel in ("phone", "chat") and ticket.once("noted") and ticket.chance.of(0.8):
            self.note(ticket, agent)
        super().reply(ticket, agent)

    def note(self, ticket: Ticket, agent: Agent) -> None:
        """An internal note."""
        text = answer("note", "en")
        self.scene.on(ticket, "message", "agent", who=agent.who, public=False, text=text)

    def gives_advice(self, ticket: Ticket) -> None:
        """The technical account manager answers, and works by the hour."""
        tam, at = self.team.other("tam", self.scene.now, minutes(ticket.chance.around(40)))
        self.scene.plan(ticket, AGENT, at, self.advises, ticket, tam)

    def advises(self, ticket: Ticket, tam: Agent) -> None:
        """Time spent counts on the customer's quota."""
        if ticket.is_over:
            return
        self.write(ticket, tam, "first")
        spent = minutes(15 * int(ticket.chance.between(2, 7)))
        self.scene.on(ticket, "work", "agent", who=tam.who, spent=spent)
        self.scene.plan(ticket, AGENT, tam.shift.add_us(self.scene.now, spent), self.resolve, ticket, tam)

    def work_on(self, ticket: Ticket, agent: Agent) -> None:
        """The technical account manager advises; behind an open defect all wait for its release."""
        if ticket.sort.name == "advice":
            self.gives_advice(ticket)
        elif "open" not in [status for (kind, _), status in ticket.links.items() if kind == "defect"]:
            super().work_on(ticket, agent)

    def linked_lives(self, ticket: Ticket, kind: str, number: str) -> None:
        """Defects are released, wishes hardly ever, pages corrected, parts closed."""
        hours = {"defect": 9.0, "page": 3.0, "part": 5.0, "feature": 60.0}.get(kind, 8.0)
        status = {"defect": "released", "page": "corrected", "part": "closed", "feature": "shipped"}.get(kind)
        if status is None:
            return
        _, at = self.team.other("engineering", self.scene.now, minutes(60 * ticket.chance.around(hours)))
        self.scene.later(at, self.turns, ticket, kind, number, status)

    def turns(self, ticket: Ticket, kind: str, number: str, status: str) -> None:
        """What was linked is done; a case behind a defect can be resolved."""
        self.turn_linked(ticket, kind, number, status, "engineering")
        if kind == "defect" and not ticket.is_over:
            agent, at = self.takes(ticket, ticket.chance.around(90))
            self.scene.plan(ticket, AGENT, at, self.resolve, ticket, agent)

    # What rules tell

    def assigned(self, ticket: Ticket, who: str) -> None:
        """Whoever has the role answers."""
        if who in self.team.others and not ticket.is_over:
            agent, at = self.team.other(who, self.scene.now, minutes(ticket.chance.around(80)))
            self.scene.plan(ticket, AGENT, at, self.look, ticket, agent)

    def told(self, ticket: Ticket, message: str) -> None:
        """People act on what they are told, most of them in time."""
        chance, now = ticket.chance, self.scene.now
        if ticket.is_over:
            return
        match message:
            case "response_due" if ticket.answers == 0 and "overlooked" not in ticket.marks and chance.of(0.55):
                agent, at = self.team.other("on_call", now, minutes(chance.between(3, 13)))
                self.scene.plan(ticket, AGENT, at, self.look, ticket, agent)
            case "severity_open":
                agent, at = self.team.other("support_lead", now, minutes(chance.around(15)))
                self.scene.later(at, self.triage, ticket, agent)
            case "show_effort" | "write_it_down":
                agent, at = self.team.other("on_call", now, minutes(chance.between(2, 14)))
                self.scene.later(at, self.note, ticket, agent)
            case "management_requested" | "urgent_request_received" | "escalation_late":
                late = message != "escalation_late" and chance.of(0.3)
                manager, at = self.team.other(
                    "manager", now, minutes(chance.between(150, 260) if late else chance.around(45))
                )
                self.scene.later(at, self.manager_writes, ticket, manager)
            case "alternative_wanted" if chance.of(0.6):
                engineer, at = self.team.other("engineering", now, minutes(chance.around(60)))
                self.scene.later(at, self.finds_alternative, ticket, engineer)
            case _:
                pass

    def manager_writes(self, ticket: Ticket, manager: Agent) -> None:
        """A manager answers the customer."""
        if not ticket.is_over:
            self.write(ticket, manager, "manager")

    def finds_alternative(self, ticket: Ticket, engineer: Agent) -> None:
        """Engineering knows a way around a defect."""
        if not ticket.is_over:
            self.observe(ticket, engineer, **{"case.workaround": "viable"})
