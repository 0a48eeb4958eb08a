"""Who takes part: customers with their contracts and contacts, and the people of support. All of them are invented."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from casewarden.demo.chance import Chance
from casewarden.demo.moments import HOUR, ROUND_THE_CLOCK
from casewarden.model.event import Json
from casewarden.model.instants import iso
from casewarden.worktime import Calendar, zone

_ZONE: Final = "Europe/Zurich"
_LOOKS_ASIDE: Final = 2  # of those who could take something up, so many are asked for the earliest


@dataclass(frozen=True, slots=True)
class Contact:
    """A person of a customer; `authorised` is whether this person may ask for support."""

    mail: str
    language: str
    authorised: bool = True


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer: its plan, when its people are at work, and its habits.

    `weight` is its share of the cases, `patience` the median of working hours until it answers, `silence` how often it
    never does. `terms` are facts of its contract, if it has one (`contracted`), `allowed` what the contract allows of
    quotas. `services` are those that it uses.
    """

    id: str
    name: str
    plan: str
    contacts: tuple[Contact, ...]
    at_work: Calendar
    weight: float = 1.0
    patience: float = 2.0
    silence: float = 0.1
    services: tuple[str, ...] = ("core",)
    channels: tuple[str, ...] = ("email",)
    contracted: bool = True
    terms: Mapping[str, Json] = field(default_factory=dict)
    allowed: Mapping[str, Json] = field(default_factory=dict)

    def contract(self, start: int) -> dict[str, Json]:
        """The facts of its contract, whose term is the year in which the demonstration begins."""
        if not self.contracted:
            return {}
        place = zone(_ZONE)
        year = place.local(start).year
        first, last = (place.wall_us(date(each, 1, 1).toordinal(), 0) for each in (year, year + 1))
        facts: dict[str, Json] = {"contract.term_start": iso(first), "contract.term_end": iso(last), **self.terms}
        if self.terms.get("contract.tam") is True:
            facts["contract.tam_since"] = iso(place.wall_us(date(year, 1, 1).toordinal(), 10 * HOUR))
        return facts


@dataclass(frozen=True, slots=True)
class Agent:
    """A person of support: `roles` are the names under which rules know it, `shift` when it is at work."""

    name: str
    shift: Calendar
    roles: tuple[str, ...] = ("support",)

    @property
    def who(self) -> tuple[str, ...]:
        """As events name the one who acts."""
        return (self.name, *self.roles)


@dataclass(frozen=True, slots=True)
class Team:
    """The people of support of one desk: agents take up cases, `others` have a role of their own."""

    agents: tuple[Agent, ...]
    others: Mapping[str, Agent]

    def takes(self, at: int, work: int, chance: Chance) -> tuple[Agent, int]:
        """Who has got round to something after so much working time from `at` on, and when."""
        asked = [chance.pick(self.agents) for _ in range(_LOOKS_ASIDE)]
        found = [(agent.shift.add_us(at, work), agent) for agent in asked]
        when, agent = min(found, key=lambda row: row[0])
        return agent, when

    def other(self, role: str, at: int, work: int) -> tuple[Agent, int]:
        """The person with a role, and when it has got round to something."""
        agent = self.others[role]
        return agent, agent.shift.add_us(at, work)


def on_call(name: str, *roles: str) -> Agent:
    """Somebody who can be reached at all hours."""
    return Agent(name, ROUND_THE_CLOCK, ("on_call", *roles))


def people(domain: str, language: str, names: Sequence[str]) -> tuple[Contact, ...]:
    """Contacts by the names before the @; one that begins with `~` may not ask for support."""
    return tuple(
        Contact(f"{name.removeprefix('~')}@{domain}.example", language, not name.startswith("~")) for name in names
    )
