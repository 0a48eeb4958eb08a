"""Who acts in a helpdesk: customers, agents with their roles, and programs; and whom a ruleset's people are there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from casewarden.plugin.mapping.parts import Part, each
from casewarden.ruleset.catalogue import RESERVED_PEOPLE

By = Literal["customer", "agent", "automation", "ourselves"]
KEYS: Final = ("agents", "bots", "integrations", "roles", "assign")
_GROUP: Final = "group"
_DOMAIN: Final = "domain"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as the helpdesk knows them, put into one form by the connector.

    `groups` are ids and names of the groups that they are in. `is_agent`: the helpdesk says that they work there;
    `is_program`: it says that this is no person; `is_us`: it is the login of this connector.
    """

    id: str = ""
    email: str = ""
    groups: frozenset[str] = frozenset()
    is_agent: bool = False
    is_program: bool = False
    is_us: bool = False


@dataclass(frozen=True, slots=True)
class Actor:
    """Who an event is by, and the names of the ruleset's `people` that they go by."""

    by: By
    who: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Members:
    """Who belongs to something: by id or e-mail address, by group, or by the domain of the address."""

    names: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()

    def have(self, person: Person) -> bool:
        """Whether this person is one of them."""
        email = person.email.casefold()
        return (
            (bool(person.id) and person.id in self.names)
            or (bool(email) and email in self.names)
            or not self.groups.isdisjoint(person.groups)
            or (bool(email) and email.rpartition("@")[2] in self.domains)
        )


@dataclass(frozen=True, slots=True)
class Assignee:
    """Whom to assign a ticket to: a person by id or e-mail address, or a group by id or name."""

    kind: Literal["person", "group"]
    name: str


@dataclass(frozen=True, slots=True)
class People:
    """All that the mapping says about people. Who is none of these is what the helpdesk says of them."""

    agents: Members = field(default_factory=Members)
    bots: Members = field(default_factory=Members)
    integrations: Members = field(default_factory=Members)
    roles: Mapping[str, Members] = field(default_factory=lambda: MappingProxyType({}))
    assign: Mapping[str, Assignee] = field(default_factory=lambda: MappingProxyType({}))

    def actor(self, person: Person | None) -> Actor:
        """Who an event is by. Nobody (None) is automation: what has no author, a rule of the helpdesk did."""
        if person is None:
            return Actor("automation")
        if person.is_us:
            return Actor("ourselves")
        who = self.roles_of(person)
        if person.is_program or self.bots.have(person) or self.integrations.have(person):
            return Actor("automation", who)
        if person.is_agent or who or self.agents.have(person):
            return Actor("agent", who)
        return Actor("customer")

    def roles_of(self, person: Person) -> tuple[str, ...]:
        """The names of the ruleset's people that this one goes by, in the order of the mapping."""
        return tuple(role for role, members in self.roles.items() if members.have(person))

    def name_of(self, person: Person) -> str:
        """What `case.assigned_to` is when a ticket is this person's: their first role, else their id."""
        return next(iter(self.roles_of(person)), person.id or person.email)

    def name_of_group(self, *names: str) -> str:
        """What `case.assigned_to` is when a ticket is a group's that goes by these names: a role, else the first."""
        return next((role for role, members in self.roles.items() if not members.groups.isdisjoint(names)), names[0])

    def assignee(self, name: str) -> Assignee | None:
        """Whom one of the ruleset's people is in the helpdesk; None where the mapping does not say."""
        return self.assign.get(name)

    def groups(self) -> frozenset[str]:
        """Every group that is spoken of, to be looked for in the helpdesk."""
        said = (self.agents, self.bots, self.integrations, *self.roles.values())
        named = {one.name for one in self.assign.values() if one.kind == "group"}
        return frozenset().union(*(members.groups for members in said), named)


def read_people(part: Part, told: list[str]) -> People:
    """The people of a mapping; problems are added to what is told."""
    keys = part.keys(KEYS)
    roles = each(keys.get("roles"), _role, told)
    lists = each(
        Part(part.place, {key: keys[key].value for key in ("agents", "bots", "integrations") if key in keys}),
        lambda _, entry: _members(entry),
        told,
    )
    assign = each(keys.get("assign"), lambda _, entry: _assignee(entry), told)
    only = {role: one for role, members in roles.items() if (one := _only(members)) is not None}
    none = Members()
    return People(
        lists.get("agents", none),
        lists.get("bots", none),
        lists.get("integrations", none),
        MappingProxyType(roles),
        MappingProxyType({**only, **assign}),
    )


def _role(name: str, part: Part) -> Members:
    if name in RESERVED_PEOPLE:
        part.fail(f"`{name}` is a word of the language", "name the role as the ruleset's `people` does")
    return _members(part)


def _members(part: Part) -> Members:
    items = part.value if isinstance(part.value, list) else [part.value]
    if not items:
        part.fail("is empty", "name at least one, or leave it out")
    names: set[str] = set()
    groups: set[str] = set()
    domains: set[str] = set()
    for number, item in enumerate(items, 1):
        one = part.at(number, item) if isinstance(part.value, list) else part
        if isinstance(item, dict):
            said = one.keys((_GROUP, _DOMAIN))
            if len(said) != 1:
                one.fail("is one of `group` and `domain`")
            groups |= {*said[_GROUP].texts()} if _GROUP in said else set()
            domains |= (
                {name.casefold().removeprefix("@") for name in said[_DOMAIN].texts()} if _DOMAIN in said else set()
            )
        else:
            text = one.text().strip()
            names.add(text.casefold() if "@" in text else text)
    return Members(frozenset(names), frozenset(groups), frozenset(domains))


def _assignee(part: Part) -> Assignee:
    if isinstance(part.value, dict):
        return Assignee("group", part.keys((_GROUP,), (_GROUP,))[_GROUP].text())
    return Assignee("person", part.text().strip())


def _only(members: Members) -> Assignee | None:
    """The one whom a role can only mean."""
    if members.domains or len(members.names) + len(members.groups) != 1:
        return None
    return Assignee("person", *members.names) if members.names else Assignee("group", *members.groups)
