"""What Jira's fields, statuses and smart values are called here. Source: exports of Jira automation, and its docs."""

import re
from typing import Final

from casewarden.importing.draft import Draft, Needs
from casewarden.importing.export import Item, shorten
from casewarden.importing.fate import Left
from casewarden.importing.names import identity, slug
from casewarden.importing.texts import Equal
from casewarden.importing.written import Data

# Statuses that Jira's own templates come with; all others must be in the mapping.
_STATUSES: Final = {
    "to do": "open",
    "open": "open",
    "reopened": "open",
    "backlog": "open",
    "in progress": "open",
    "waiting for support": "open",
    "waiting for customer": "waiting_on_customer",
    "pending": "on_hold",
    "resolved": "resolved",
    "done": "resolved",
    "closed": "closed",
}
_FIELDS: Final = {
    "priority": ("case.priority", "text", "the priority of the issue, by name"),
    "issuetype": ("case.issue_type", "text", "the type of the issue, by name or id"),
    "project": ("case.project", "text", "the project of the issue, by key or id"),
    "reporter": ("case.reporter", "text", "who reported the issue"),
    "resolution": ("case.resolution", "text", "the resolution of the issue"),
    "components": ("case.components", "set", "the components of the issue"),
    "fixversions": ("case.fix_versions", "set", "the versions in which it is fixed"),
    "duedate": ("case.due_date", "instant", "the due date of the issue"),
}
_GIVEN: Final = {
    "summary": ("case.subject", "text"),
    "labels": ("case.tags", "set"),
    "assignee": ("case.assigned_to", "person"),
}
_SMART: Final = {
    "issue.key": "case.number",
    "issue.summary": "case.subject",
    "issue.status.name": "case.status",
    "issue.status": "case.status",
    "issue.assignee.displayname": "case.assigned_to",
    "issue.created": "case.opened_at",
    "issue.labels": "case.tags",
}
_SMART_FIELDS: Final = {
    "issue.priority.name": "priority",
    "issue.priority": "priority",
    "issue.issuetype.name": "issuetype",
    "issue.project.key": "project",
    "issue.reporter.displayname": "reporter",
}


class JiraWords:
    """Finds paths and names; what it hands out is declared in the draft."""

    def __init__(self, draft: Draft, needs: Needs) -> None:
        self._draft = draft
        self._needs = needs

    def status(self, name: str) -> str | None:
        """Our status for one of Jira's, by name or id."""
        return self._draft.options.statuses.get(name) or _STATUSES.get(name.casefold().strip())

    def person(self, id_: str) -> str:
        """The name of a person or mailbox."""
        name = self._draft.options.people.get(id_) or slug(f"user_{identity(id_)}", "user")
        self._needs.people[name] = None
        return name

    def role(self, name: str) -> str:
        """A role, declared as a person."""
        self._needs.people[name] = None
        return name

    def event(self, wanted: str, data: Data) -> str:
        """The name of an event."""
        return self._draft.event(self._needs, wanted, data)

    def path(self, field: str) -> tuple[str, str] | None:
        """The path of a field and its type; None where the mapping gives it a type that does not fit."""
        key = field.casefold().replace(" ", "")
        chosen = self._draft.options.fields.get(field)
        if chosen is not None:
            type_ = chosen.type or "text"
            fits = self._draft.field(self._needs, chosen.path, type_, f"Jira: {field}", chosen.of)
            return (chosen.path, type_) if fits else None
        if key in _GIVEN:
            return _GIVEN[key]
        path, type_, note = _FIELDS.get(key, (f"case.{slug(key, 'field')}", "text", f"Jira: {shorten(field, 80)}"))
        return (path, type_) if self._draft.field(self._needs, path, type_, note) else None

    def smart(self, inside: str) -> Equal:
        """What shows the same as a smart value."""
        key = inside.strip().casefold()
        if key in _SMART:
            return _SMART[key], None
        if key in _SMART_FIELDS:
            found = self.path(_SMART_FIELDS[key])
            if found is not None:
                return found[0], None
        if match := re.fullmatch(r"issue\.(customfield_[0-9]{1,15})(?:\.value)?", key):
            found = self.path(match[1])
            if found is not None:
                return found[0], None
        if key.startswith(("#", "/", "^")):
            return Left("messages have no conditions or loops", "two rules, each with a message of its own")
        return Left("there is no such value here", "a field of your own that the connector fills")

    def equality(self, field: str, values: list[str], *, negated: bool) -> Data | Left:
        """That a field has one of these values, or has another or none."""
        if field.casefold() == "status":
            return self._status_test(values, negated=negated)
        found = self.path(field)
        if found is None:
            return Left("the mapping gives it a type that has no such values")
        path, type_ = found
        if type_ == "set":
            has: Data = {path: {"has_none" if negated else "has_any": list(values)}}
            return {"any": [{path: {"known": "no"}}, has]} if negated else has
        if type_ not in ("text", "choice", "person"):
            return Left(f"it is compared as text, and is of type {type_} here")
        plain: list[Data] = [self.person(one) for one in values] if type_ == "person" else list(values)
        if type_ == "choice":
            self._draft.field(self._needs, path, type_, "", values)
        one: Data = plain[0] if len(plain) == 1 else plain
        return {"any": [{path: {"known": "no"}}, {path: {"not": one}}]} if negated else {path: one}

    def _status_test(self, values: list[str], *, negated: bool) -> Data | Left:
        known = [self.status(value) for value in values]
        if None in known:
            missing = next(value for value, here in zip(values, known, strict=True) if here is None)
            return Left(f"the status {shorten(missing, 40)!r} is not known", "say it under `statuses` with --mapping")
        here: list[Data] = list(dict.fromkeys(status for status in known if status is not None))
        one: Data = here[0] if len(here) == 1 else here
        return {"case.status": {"not": one}} if negated else {"case.status": one}


def reference(item: Item) -> str:
    """The value of `{"type": "NAME", "value": "Done"}`, or the text itself."""
    return item.get("value").text() if isinstance(item.value, dict) else item.text()
