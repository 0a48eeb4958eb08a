"""What a Jira remembers: issues with their history and comments, users, statuses, versions."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

ZONE = "Asia/Kolkata"
"""The zone of the account that asks: half an hour off, and never UTC."""

STATUSES = {
    "10001": ("Open", "new"),
    "10002": ("In Progress", "indeterminate"),
    "10003": ("Waiting for customer", "indeterminate"),
    "10004": ("Resolved", "done"),
    "10005": ("Closed", "done"),
    "10006": ("Review", "indeterminate"),
}
WORKFLOW = {
    "Open": [("11", "Start", "In Progress")],
    "In Progress": [("21", "Ask", "Waiting for customer"), ("22", "Review", "Review"), ("23", "Back", "Open")],
    "Waiting for customer": [("31", "Answered", "In Progress")],
    "Review": [("41", "Resolve", "Resolved"), ("42", "Back", "In Progress")],
    "Resolved": [("51", "Close", "Closed"), ("52", "Reopen", "In Progress")],
    "Closed": [("61", "Reopen", "In Progress")],
}
SCREENS = {"41": "resolution", "51": "resolution"}
"""Transitions whose screen has a resolution."""
RESOLUTIONS = ("Done", "Fixed", "Won't Do")
FIELDS: list[dict[str, Any]] = [
    {"id": "summary", "name": "Summary", "schema": {"type": "string", "system": "summary"}},
    {"id": "description", "name": "Description", "schema": {"type": "string", "system": "description"}},
    {"id": "status", "name": "Status", "schema": {"type": "status", "system": "status"}},
    {"id": "resolution", "name": "Resolution", "schema": {"type": "resolution", "system": "resolution"}},
    {"id": "priority", "name": "Priority", "schema": {"type": "priority", "system": "priority"}},
    {"id": "labels", "name": "Labels", "schema": {"type": "array", "items": "string", "system": "labels"}},
    {"id": "assignee", "name": "Assignee", "schema": {"type": "user", "system": "assignee"}},
    {"id": "reporter", "name": "Reporter", "schema": {"type": "user", "system": "reporter"}},
    {"id": "creator", "name": "Creator", "schema": {"type": "user", "system": "creator"}},
    {"id": "created", "name": "Created", "schema": {"type": "datetime", "system": "created"}},
    {"id": "updated", "name": "Updated", "schema": {"type": "datetime", "system": "updated"}},
    {"id": "issuetype", "name": "Issue Type", "schema": {"type": "issuetype", "system": "issuetype"}},
    {"id": "project", "name": "Project", "schema": {"type": "project", "system": "project"}},
    {"id": "issuelinks", "name": "Linked Issues", "schema": {"type": "array", "items": "issuelinks"}},
    {"id": "fixVersions", "name": "Fix versions", "schema": {"type": "array", "items": "version"}},
    {"id": "comment", "name": "Comment", "schema": {"type": "comments-page", "system": "comment"}},
    {"id": "customfield_10101", "name": "Core service", "schema": {"type": "option", "custom": "x:select"}},
    {"id": "customfield_10102", "name": "Next due", "schema": {"type": "datetime", "custom": "x:datetime"}},
    {"id": "customfield_10103", "name": "Clock", "schema": {"type": "string", "custom": "x:textfield"}},
    {"id": "customfield_10104", "name": "Findings", "schema": {"type": "string", "custom": "x:textarea"}},
    {"id": "customfield_10105", "name": "Seats", "schema": {"type": "number", "custom": "x:float"}},
    {"id": "customfield_10106", "name": "Products", "schema": {"type": "array", "items": "option"}},
]
KINDS = {row["id"]: row["schema"]["type"] for row in FIELDS}


@dataclass
class Issue:
    """One issue. `fields` has values in plain form: names of options, ids of users; instants are microseconds."""

    id: str
    key: str
    type: str
    created: int
    creator: str
    updated: int = 0
    fields: dict[str, Any] = field(default_factory=dict)
    histories: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)
    links: list[tuple[str, str]] = field(default_factory=list)
    remote: dict[str, Any] = field(default_factory=dict)
    slas: list[dict[str, Any]] = field(default_factory=list)
    late: bool = False
    by_us: bool = False

    @property
    def project(self) -> str:
        return self.key.rpartition("-")[0]


@dataclass
class World:
    """All that a site knows."""

    issues: dict[str, Issue] = field(default_factory=dict)
    versions: dict[str, dict[str, Any]] = field(default_factory=dict)
    users: list[str] = field(default_factory=lambda: ["lee", "dev", "customer"])
    hooks: dict[int, dict[str, Any]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    last_id: int = 10_000
    workflow: dict[str, list[tuple[str, str, str]]] = field(default_factory=lambda: dict(WORKFLOW))

    def next_id(self) -> str:
        self.last_id += 1
        return str(self.last_id)

    def named(self, name: str) -> Issue | None:
        """An issue by id or key."""
        return self.issues.get(name) or next((one for one in self.issues.values() if one.key == name), None)

    def next_key(self, project: str) -> str:
        self.numbers[project] = self.numbers.get(project, 0) + 1
        return f"{project}-{self.numbers[project]}"


def stamp(at: int) -> str:
    """An instant as Jira writes it: with milliseconds, in the asker's zone, no colon in the offset."""
    local = datetime.fromtimestamp(at / 1_000_000, UTC).astimezone(ZoneInfo(ZONE))
    return local.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at // 1000 % 1000:03d}" + local.strftime("%z")
