"""What is known beside audits: users, organizations, names of fields, and which case a ticket is of.

All of it is asked for once and kept for a while; how much is kept is bounded, so memory does not grow with an export.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from casewarden.model.event import Json
from casewarden.plugin.http import RefusedError, as_id
from casewarden.plugin.mapping import DeskMapping, Live, LiveField, Person
from casewarden_zendesk.audits import SYSTEM
from casewarden_zendesk.records import SECOND, Organization, Ticket, User
from casewarden_zendesk.server import Server

FRESH: Final = 900 * SECOND
"""Users, organizations and names are asked for again after a quarter of an hour."""
MOST: Final = 20_000
_LONGEST_CHAIN: Final = 50

_SYSTEM_KEYS: Final[Mapping[str, str]] = {
    "tickettype": "type",
    "group": "group_id",
    "assignee": "assignee_id",
    "custom_status": "custom_status_id",
    "basic_priority": "priority",
}
"""Types of the fields that every Zendesk has, where payloads name them otherwise."""
_PLAIN: Final = (
    "tags", "organization_id", "requester_id", "brand_id", "ticket_form_id", "due_at", "external_id", "recipient",
    "problem_id", "custom_status_id", "requester.locale", "requester.email",
)  # fmt: skip
_PRIORITIES: Final = frozenset({"low", "normal", "high", "urgent"})

V = TypeVar("V")


class Cache(Generic[V]):
    """The values that were used last, none of them older than `FRESH`."""

    def __init__(self, now: Callable[[], int], most: int = MOST) -> None:
        self._kept: OrderedDict[str, tuple[int, V]] = OrderedDict()
        self._now, self._most = now, most
        self._lock = threading.Lock()

    def get(self, key: str) -> V | None:
        """The value of a key; None where there is none, or an old one."""
        with self._lock:
            found = self._kept.get(key)
            if found is None or self._now() - found[0] > FRESH:
                return None
            self._kept.move_to_end(key)
            return found[1]

    def put(self, key: str, value: V) -> None:
        """Keep a value."""
        with self._lock:
            self._kept[key] = (self._now(), value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Names:
    """The helpdesk's own names: the mapping bound to its fields, titles of forms, groups and their members."""

    mapping: DeskMapping
    live: Live
    forms: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Known:
    """What one instance knows; safe to be used by several threads."""

    def __init__(self, server: Server, mapping: DeskMapping, now: Callable[[], int]) -> None:
        self.server = server
        self._mapping = mapping
        self._users: Cache[User] = Cache(now)
        self._organizations: Cache[Organization] = Cache(now)
        self._parents: Cache[str] = Cache(now, 2 * MOST)
        self._single: Cache[Names | User] = Cache(now)
        self._lock = threading.Lock()

    # -- us and names

    def own(self) -> User:
        """The user that our login is."""
        found = self._single.get("me")
        if not isinstance(found, User):
            found = self.server.me()
            self._single.put("me", found)
        return found

    def names(self) -> Names:
        """Names of fields, forms and groups, and the mapping with fields by their keys."""
        with self._lock:
            found = self._single.get("names")
            if not isinstance(found, Names):
                found = self._looked_up()
                self._single.put("names", found)
            return found

    def _looked_up(self) -> Names:
        forms = {_id(one): _title(one) for one in self._allowed("ticket_forms", "ticket_forms") or ()}
        groups = {_id(one): _title(one) for one in self.server.listed("groups", "groups")}
        macros = self._allowed("macros/active", "macros") if self._speaks_of_macros() else None
        live = Live(
            tuple(self._fields()),
            None if macros is None else _words(macros),
            frozenset([*forms, *forms.values()]),
            frozenset([*groups, *groups.values()]),
        )
        members: dict[str, frozenset[str]] = {}
        if self._mapping.people.groups():
            for one in self.server.listed("group_memberships", "group_memberships"):
                user, group = as_id(one.get("user_id"), "`user_id`"), as_id(one.get("group_id"), "`group_id`")
                members[user] = members.get(user, frozenset()) | {group, groups.get(group, group)}
        return Names(self._mapping.bound(live), live, forms, groups, members)

    def _speaks_of_macros(self) -> bool:
        return any(trigger.kind == "macro" for rule in self._mapping.events.values() for trigger in rule.triggers)

    def _fields(self) -> Iterable[LiveField]:
        known = set[str]()
        for one in self.server.listed("ticket_fields", "ticket_fields"):
            number, kind = _id(one), str(one.get("type"))
            is_own = one.get("removable") is not False
            key = number if is_own else _SYSTEM_KEYS.get(kind, kind)
            if key in known:
                continue
            known.add(key)
            options = _options(one)
            if key == "priority":
                options = _PRIORITIES
            yield LiveField(key, (number, _title(one)), options)
        for one in self._allowed("organization_fields", "organization_fields") or ():
            yield LiveField(f"organization.{one.get('key')}", (f"organization.{_title(one)}",), _options(one))
        for name in (*_PLAIN, "organization.name", "status", "subject", "priority", "type", "group_id", "assignee_id"):
            if name not in known:
                yield LiveField(name)

    def _allowed(self, path: str, name: str) -> list[Mapping[str, Json]] | None:
        """All of a list that some plans of Zendesk do not have; None where it is refused."""
        try:
            return list(self.server.listed(path, name))
        except RefusedError as problem:
            if problem.status in (403, 404):
                return None
            raise

    # -- people and customers

    def take(self, users: Iterable[User], organizations: Iterable[Organization]) -> None:
        """Keep what came beside tickets."""
        for user in users:
            self._users.put(user.id, user)
        for organization in organizations:
            self._organizations.put(organization.id, organization)

    def need_users(self, ids: Iterable[str]) -> None:
        """Ask for those users that are not known; one that is not there any more is known by its id alone."""
        missing = {one for one in ids if one and one != SYSTEM and self._users.get(one) is None}
        if missing:
            found = {user.id: user for user in self.server.users(sorted(missing))}
            for one in missing:
                self._users.put(one, found.get(one) or User(one))

    def user(self, number: str) -> User:
        """A user, as far as known."""
        found = self._users.get(number)
        if found is None:
            self.need_users([number])
            found = self._users.get(number)
        return found or User(number)

    def need_organizations(self, ids: Iterable[str]) -> None:
        """Ask for those organizations that are not known; of one that is not there any more only that is kept."""
        missing = {one for one in ids if one and self._organizations.get(one) is None}
        if missing:
            found = {one.id: one for one in self.server.organizations_of(sorted(missing))}
            for one in missing:
                self._organizations.put(one, found.get(one) or Organization(one, "", 0, is_deleted=True))

    def organization(self, number: str) -> Organization | None:
        """An organization, None where it is not there any more."""
        self.need_organizations([number])
        found = self._organizations.get(number)
        return None if found is None or found.is_deleted else found

    def person(self, number: str) -> Person:
        """Somebody in the form of the mapping."""
        if number in ("", SYSTEM):
            return Person(SYSTEM, is_program=True)
        user = self.user(number)
        groups = self.names().members.get(number, frozenset())
        return Person(number, user.email, groups, is_agent=user.is_staff, is_us=number == self.own().id)

    # -- cases

    def saw(self, ticket: Ticket) -> None:
        """Keep which ticket this one follows up: none, or a closed one."""
        self._parents.put(ticket.id, ticket.follows or "")

    def need_cases(self, ids: Iterable[str]) -> None:
        """Ask for those tickets of which it is not known whether they follow up another."""
        for _ in range(_LONGEST_CHAIN):
            missing = {one for one in ids if self._parents.get(one) is None}
            if missing:
                for ticket in self.server.tickets_of(sorted(missing)):
                    self.saw(ticket)
                for one in missing:  # a deleted one says nothing of itself
                    if self._parents.get(one) is None:
                        self._parents.put(one, "")
            ids = {parent for one in ids if (parent := self._parents.get(one))}
            if not ids:
                return

    def case_of(self, ticket: str) -> str:
        """The case that a ticket is of: the first of the tickets that it follows up. It was asked for before."""
        for _ in range(_LONGEST_CHAIN):
            parent = self._parents.get(ticket)
            if not parent:
                break
            ticket = parent
        return ticket


def _id(raw: Mapping[str, Json]) -> str:
    return as_id(raw.get("id"), "an `id`")


def _title(raw: Mapping[str, Json]) -> str:
    for name in ("title", "name", "agent_label"):
        value = raw.get(name)
        if isinstance(value, str) and value:
            return value
    return ""


def _words(some: Iterable[Mapping[str, Json]]) -> frozenset[str]:
    return frozenset(word for one in some for word in (_id(one), _title(one)) if word)


def _options(raw: Mapping[str, Json]) -> frozenset[str] | None:
    """The values that a field can have, None for one of free values."""
    for name in ("custom_field_options", "system_field_options"):
        options = raw.get(name)
        if isinstance(options, list) and options:
            return frozenset(str(one.get("value")) for one in options if isinstance(one, dict))
    return None
