"""Linked tickets that we make: once for each action, found again by a label and a property that are made with them."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from casewarden.model.event import Json
from casewarden.plugin import AlreadyApplied, Answer, Applied, Attempt, Rejected, Retry
from casewarden.plugin.http import RefusedError, as_text, path_of
from casewarden.plugin.mapping import NotWrittenError
from casewarden.plugin.marks import mark_of, property_of
from casewarden_jira.adf import document, plain
from casewarden_jira.api import Jira
from casewarden_jira.jql import of_projects, quoted
from casewarden_jira.settings import SECOND, Kind, Told, project_of
from casewarden_jira.site import Site
from casewarden_jira.story import names
from casewarden_jira.wiki import escaped

_GONE: Final = 404
_LONGEST_NAME: Final = 200
_LONG: Final = 255
"""Characters that a summary takes."""


@dataclass(slots=True)
class Links:
    """Makes and finds linked tickets of one site."""

    jira: Jira
    told: Told
    now: Callable[[], int]
    _sought: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def apply(self, site: Site, attempt: Attempt) -> Answer:
        """Link a ticket to a case, or make one. HttpError, NotWrittenError."""
        name = str(attempt.content.get("kind"))
        kind = next((one for one in self.told.kinds if one.name == name), None)
        if kind is None:
            return Rejected(f"`linked` of this connector has no kind `{name}`")
        known = attempt.content.get("id")
        if isinstance(known, str):
            if project_of(known) not in kind.projects:
                return Rejected(f"`{known[:60]}` is no key of an issue in {', '.join(kind.projects)}")
            return self._linked(attempt, kind, known, made=False)
        made = False
        key = self._found(attempt, kind) if attempt.again else None
        if key is None:
            if attempt.again and not self._may_make(attempt.key):
                wait = self.told.shown_within / SECOND
                return Retry("Jira's search may not show yet what an earlier attempt made", wait, reached=True)
            made, key = True, self._make(site, attempt, kind)
        if not self._is_there(key):
            return Retry(f"Jira said that it made {key}, and it is not there", reached=True)
        return self._linked(attempt, kind, key, made=made)

    def of_case(self, ticket: str, kind: Kind) -> Iterator[str]:
        """The keys of the tickets of a kind that a case's issue is linked to."""
        fields: Any = self.jira.issue(ticket, ("issuelinks",), history=False).get("fields") or {}
        for link in names(fields, "issuelinks"):
            other = link.get("outwardIssue") or link.get("inwardIssue")
            key = other.get("key") if isinstance(other, Mapping) else None
            if isinstance(key, str) and project_of(key) in kind.projects:
                yield key

    # -- parts

    def _linked(self, attempt: Attempt, kind: Kind, key: str, *, made: bool) -> Answer:
        details: dict[str, Json] = {"id": key}
        if attempt.ticket is not None and key not in self.of_case(attempt.ticket, kind):
            body: dict[str, Json] = {
                "type": {"name": kind.link_type},
                "inwardIssue": _named(attempt.ticket),
                "outwardIssue": _named(key),
            }
            self.jira.write("POST", attempt.ticket, f"{self.jira.api}/issueLink", body)
            made = True
            if key not in self.of_case(attempt.ticket, kind):
                return Retry(f"Jira accepted the link to {key}, and it is not there", reached=True)
        elif attempt.ticket is None and self.told.case_url is not None:
            self._remote(attempt, key)
            made = True
        return Applied(details) if made else AlreadyApplied(details)

    def _remote(self, attempt: Attempt, key: str) -> None:
        """A link from the ticket to a case of another helpdesk; its global id makes it one however often it is made."""
        name = attempt.subject.partition(":")[2]
        address = str(self.told.case_url).replace("{id}", quote(name, safe=""))
        known = attempt.subject if len(attempt.subject) <= _LONGEST_NAME else mark_of(attempt.subject)
        body: dict[str, Json] = {
            "globalId": f"casewarden={known}",
            "object": {"url": address, "title": f"Case {name}"[:_LONG]},
        }
        self.jira.write("POST", key, path_of(f"{self.jira.api}/issue/{{}}/remotelink", key), body)

    def _make(self, site: Site, attempt: Attempt, kind: Kind) -> str:
        mark, project = mark_of(attempt.key), kind.projects[0]
        stated: Any = attempt.content.get("create") or {}
        title = " ".join(plain(str(stated.get("title") or "")).split()) or f"From {attempt.subject}"
        fields: dict[str, Json] = {
            "project": {"key": project},
            "issuetype": {"name": kind.type},
            "summary": title[:_LONG],
            "labels": [mark],
        }
        for name, value in stated.items():
            match name:
                case "title" | "status":
                    pass  # a new ticket begins where its workflow begins
                case "description":
                    fields["description"] = document(str(value)) if self.jira.is_cloud else escaped(str(value))
                case _:
                    wanted = site.mapping.fields.write(f"links.{kind.name}.{name}", value)
                    fields[wanted.field] = site.known.written(wanted.field, wanted.value, is_cloud=self.jira.is_cloud)
        if "status" in stated and stated["status"] != "filed":
            raise NotWrittenError(f"a new ticket is `filed`; it cannot begin as `{stated['status']}`")
        body: dict[str, Json] = {
            "fields": fields,
            "properties": [{"key": property_of(mark), "value": attempt.subject}],
        }
        answer = self.jira.write("POST", attempt.ticket or mark, f"{self.jira.api}/issue", body).object()
        return as_text(answer.get("key"), "key of the new issue")

    def _found(self, attempt: Attempt, kind: Kind) -> str | None:
        """What an earlier attempt made: by its label, which is indexed; held against its property."""
        mark = mark_of(attempt.key)
        jql = f"labels = {quoted(mark)} AND {of_projects(kind.projects[:1])}"
        for row in self.jira.search(jql, ("labels",), 10, history=False).issues:
            key = as_text(row.get("key"), "key")
            try:
                self.jira.http.get(path_of(f"{self.jira.api}/issue/{{}}/properties/{{}}", key, property_of(mark)))
            except RefusedError as problem:
                if problem.status != _GONE:
                    raise
                continue
            return key
        return None

    def _may_make(self, key: str) -> bool:
        """Whether the search has had the time to show what was made; counted from the first look."""
        now = self.now()
        with self._lock:
            first = self._sought.setdefault(key, now)
            if now - first < self.told.shown_within:
                return False
            del self._sought[key]
        return True

    def _is_there(self, key: str) -> bool:
        try:
            self.jira.issue(key, ("status",), history=False)
        except RefusedError as problem:
            if problem.status == _GONE:
                return False
            raise
        return True


def _named(issue: str) -> Json:
    return {"id": issue} if issue.isdigit() else {"key": issue}
