"""All that the fake Zendesk knows, and who and what it begins with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from casewarden.model.event import Json

CLIENT: Final = "casewarden_client"
SECRET: Final = "zd-client-secret-0a1b2c"  # it opens nothing but this fake
API_TOKEN: Final = "zd-api-token-77ab12"
EMAIL: Final = "robot@example.com"
WEBHOOK_SECRET: Final = "zd-trigger-hook-4f5e6d"
EVENT_SECRET: Final = "zd-event-hook-9c8b7a"
ROBOT, AGENT, CUSTOMER, ACME = 1, 2, 3, 900
SECOND: Final = 1_000_000
CLOSED: Final = "closed"
PLAIN: Final = (
    "subject", "status", "priority", "type", "assignee_id", "group_id", "requester_id", "organization_id",
    "custom_status_id", "brand_id", "ticket_form_id",
)  # fmt: skip
"""The fields that every ticket has."""


def _user(number: int, name: str, email: str, role: str, organization: int | None = None) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "email": email,
        "role": role,
        "locale": "en-US",
        "organization_id": organization,
    }


def _system_field(number: int, kind: str, title: str, options: Sequence[str] = ()) -> dict[str, Any]:
    listed = [{"name": one.title(), "value": one} for one in options]
    return {"id": number, "type": kind, "title": title, "removable": False, "active": True} | (
        {"system_field_options": listed} if options else {}
    )


def _users() -> dict[int, dict[str, Any]]:
    return {
        ROBOT: _user(ROBOT, "Robot", EMAIL, "admin"),
        AGENT: _user(AGENT, "Lee", "lee@example.com", "agent"),
        CUSTOMER: _user(CUSTOMER, "Luc", "luc@acme.example", "end-user", ACME),
    }


def _fields() -> list[dict[str, Any]]:
    return [
        _system_field(11, "subject", "Subject"),
        _system_field(12, "status", "Status", ("new", "open", "pending", "hold", "solved")),
        _system_field(13, "priority", "Priority", ("low", "normal", "high", "urgent")),
        _system_field(14, "tickettype", "Type", ("question", "incident", "problem", "task")),
        _system_field(15, "group", "Group"),
        _system_field(16, "assignee", "Assignee"),
    ]


@dataclass
class World:
    """All that can change. `tickets` are in the order in which they changed last, `audits` in that of time."""

    tickets: dict[int, dict[str, Any]] = field(default_factory=dict)
    audits: list[dict[str, Any]] = field(default_factory=list)
    audits_of: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    users: dict[int, dict[str, Any]] = field(default_factory=_users)
    organizations: dict[int, dict[str, Any]] = field(default_factory=dict)
    fields: list[dict[str, Any]] = field(default_factory=_fields)
    organization_fields: list[dict[str, Any]] = field(default_factory=list)
    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    created: dict[str, int] = field(default_factory=dict)
    numbers: int = 100
    marks: int = 0

    def number(self) -> int:
        """The next id of all: tickets, audits and events never share one."""
        self.numbers += 1
        return self.numbers

    def there(self, number: str) -> dict[str, Any] | None:
        """A ticket that is not deleted."""
        ticket = self.tickets.get(int(number)) if number.isdecimal() else None
        return None if ticket is None or ticket["status"] == "deleted" else ticket

    def moved(self, number: int) -> None:
        """A ticket changed: the export of tickets shows it (again), after all others."""
        self.marks += 1
        ticket = self.tickets.pop(number)
        ticket["cursor"] = self.marks
        self.tickets[number] = ticket

    def add(self, audit: dict[str, Any]) -> int:
        """An audit, the newest of all; its id."""
        assert not self.audits or audit["seconds"] >= self.audits[-1]["seconds"], "time goes forward"
        self.audits.append(audit)
        self.audits_of.setdefault(audit["ticket_id"], []).append(audit)
        self.moved(audit["ticket_id"])
        number = audit["id"]
        assert isinstance(number, int)
        return number


def said(value: Json) -> Json:
    """A value as audits state it: ids stand in them as texts."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
