"""The cases that are there already as the demonstration begins: some wait, some are about to be closed or come back.

Without them a newcomer would wait for days until a case is closed that waits for days. They are known from the
beginning, with what had happened; the helpdesk of then warned of closing by a macro of its own.
"""

from dataclasses import dataclass
from typing import Final, Literal

from casewarden.demo.life import AGENT, CUSTOMER
from casewarden.demo.moments import minutes, working_day
from casewarden.demo.reactions import ReactingDesk
from casewarden.demo.texts import answer, opening
from casewarden.demo.ticket import Ticket
from casewarden.model.event import Json

Did = Literal["opened", "judged", "answered", "asked", "called", "mailed", "warned", "linked", "resolved", "closed"]


@dataclass(frozen=True, slots=True)
class Step:
    """What was done so many working days ago, at a local time; `word` is a status of a link, or a reason."""

    back: int
    time: str
    did: Did
    word: str = ""


@dataclass(frozen=True, slots=True)
class Earlier:
    """One case from before the beginning, and what comes of it.

    `then`: it is worked on, its customer writes (soon after the beginning), or stays silent for good.
    """

    customer: str
    sort: str
    steps: tuple[Step, ...]
    then: Literal["worked on", "writes", "silent"] = "silent"
    channel: str = "email"


def _waits(days: int, time: str) -> tuple[Step, ...]:
    return Step(days + 1, "14:10", "opened"), Step(days, time, "answered"), Step(days, time, "asked")


_STARTER: Final = (
    Earlier("pellworth", "question", _waits(3, "10:20")),
    Earlier("ostermoor", "bug", _waits(3, "15:45")),
    Earlier("fuchsgrund", "question", (*_waits(5, "11:05"), Step(2, "17:00", "warned"))),
    Earlier("bramblewick", "limping", (*_waits(5, "09:40"), Step(2, "17:00", "warned"))),
    Earlier("nettlecombe", "bug", _waits(1, "13:30"), then="writes"),
    Earlier(
        "larkspur",
        "question",
        (Step(3, "10:00", "opened"), Step(3, "10:40", "answered"), Step(2, "12:00", "closed", "solved")),
        then="writes",
    ),
    Earlier("tannhain", "trouble", (Step(1, "15:20", "opened"), Step(1, "16:05", "answered")), then="worked on"),
    Earlier("glimmerbach", "bug", (Step(0, "08:50", "opened"), Step(0, "09:30", "answered")), then="worked on"),
)
_ZITADEL: Final = (
    Earlier(
        "murtenfels",
        "bug",
        (
            Step(2, "09:10", "opened"),
            Step(2, "09:50", "judged"),
            Step(2, "09:55", "answered"),
            Step(2, "11:30", "linked", "open"),
        ),
        then="worked on",
    ),
    Earlier(
        "quarzhof",
        "trouble",
        (
            Step(1, "10:30", "opened"),
            Step(1, "10:40", "judged"),
            Step(1, "10:45", "answered"),
            Step(1, "15:00", "linked", "open"),
        ),
        then="worked on",
    ),
    Earlier(
        "tarnmere",
        "question",
        (
            Step(7, "13:00", "opened"),
            Step(7, "13:40", "judged"),
            Step(7, "13:50", "answered"),
            Step(5, "11:00", "resolved"),
        ),
    ),
    Earlier("wolkenrain", "question", _waits(3, "14:00")),
    Earlier(
        "edelgrat",
        "advice",
        (Step(0, "09:15", "opened"), Step(0, "09:40", "judged"), Step(0, "09:45", "answered")),
        then="worked on",
    ),
)
_WORKATO: Final = (
    Earlier(
        "ospreybend",
        "inquiry",
        (
            Step(8, "10:00", "opened"),
            Step(8, "10:30", "judged"),
            Step(8, "10:40", "answered"),
            Step(8, "10:41", "asked"),
            Step(6, "11:00", "called"),
            Step(4, "09:30", "mailed"),
            Step(2, "10:15", "warned"),
        ),
    ),
    Earlier(
        "juniperflat",
        "inquiry",
        (
            Step(6, "09:00", "opened"),
            Step(6, "09:40", "judged"),
            Step(6, "09:45", "answered"),
            Step(4, "13:30", "resolved", "information"),
        ),
    ),
    Earlier(
        "maplequay",
        "high",
        (Step(2, "09:00", "opened"), Step(2, "09:20", "answered"), Step(2, "09:40", "judged")),
        then="worked on",
    ),
)
EARLIER: Final = {"starter": _STARTER, "zitadel": _ZITADEL, "workato": _WORKATO}


def unfold(desk: ReactingDesk) -> None:
    """Tell of the cases of a desk that were there before the beginning, and plan what comes of them."""
    customers = {customer.id: customer for customer in desk.customers}
    sorts = {sort.name: sort for sort in desk.sorts}
    for earlier in EARLIER[desk.name]:
        ticket = desk.make(sorts[earlier.sort], customers[earlier.customer])
        ticket.channel = earlier.channel
        for step in earlier.steps:
            _tell(desk, ticket, step)
        _go_on(desk, ticket, earlier)


def _tell(desk: ReactingDesk, ticket: Ticket, step: Step) -> None:
    at = working_day(desk.zone, desk.scene.start, step.back, step.time)
    agent = desk.team.agents[step.back % len(desk.team.agents)]
    scene, who, via = desk.scene, agent.who, ticket.channel
    match step.did:
        case "opened":
            words = opening(ticket.sort.words, ticket.language, ticket.chance)
            desk.tell_opening(ticket, words.subject, words.text, at)
        case "judged":
            ticket.marks.add("triage")
            scene.on(ticket, "observed", "agent", at=at, who=who, facts=desk.judgement(ticket))
        case "answered":
            text = answer("first", ticket.language)
            taken: dict[str, Json] = {"case.status": "open", "case.assigned_to": agent.name}
            scene.on(ticket, "observed", "agent", at=at, who=who, facts=taken)
            scene.on(ticket, "message", "agent", at=at, who=who, via=via, public=True, text=text)
            ticket.answers += 1
        case "asked":
            scene.on(ticket, "observed", "agent", at=at, who=who, facts={"case.status": "waiting_on_customer"})
        case "called":
            scene.on(ticket, "call", "agent", at=at, who=who, via="phone", public=True, answered=False)
        case "mailed":
            text = answer("again", ticket.language)
            scene.on(ticket, "message", "agent", at=at, who=who, via="email", public=True, text=text)
        case "warned":
            text = answer("again", ticket.language)
            scene.on(ticket, "message", "automation", at=at, via=via, public=True, template="closing_soon", text=text)
        case "linked":
            number = desk.make_linked(ticket, "defect", step.word)
            facts: dict[str, Json] = {"status": step.word}
            scene.on(ticket, "linked", "agent", at=at, who=who, kind="defect", id=number, facts=facts)
        case "resolved":
            if step.word:
                scene.on(ticket, "observed", "agent", at=at, who=who, facts={"case.resolution": step.word})
            scene.on(ticket, "resolved", "agent", at=at, who=who, via=via)
        case "closed":
            scene.on(ticket, "closed", "agent", at=at, who=who, reason=step.word)


def _go_on(desk: ReactingDesk, ticket: Ticket, earlier: Earlier) -> None:
    scene, chance = desk.scene, ticket.chance
    match earlier.then:
        case "silent":
            ticket.silent = True
        case "writes":
            words = "not_yet" if ticket.status == "closed" else "gives"
            at = scene.start + minutes(chance.between(8, 25))
            scene.plan(ticket, CUSTOMER, at, desk.customer_writes, ticket, words)
        case "worked on":
            for kind, number in list(ticket.links):
                desk.linked_lives(ticket, kind, number)
            agent, at = desk.takes(ticket, chance.between(30, 90))
            if not ticket.links:
                scene.plan(ticket, AGENT, at, desk.work_on, ticket, agent)
