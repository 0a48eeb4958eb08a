"""Searches of both editions, which are behind and have pages."""

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from casewarden.model.event import Json
from casewarden.testing.wire import Reply, Request, json_reply
from support.jira.search import JqlError, matches, ordered
from support.jira.state import Issue

if TYPE_CHECKING:
    from support.jira.server import FakeJira


class Searches:
    """Searches of one fake."""

    def __init__(self, jira: "FakeJira") -> None:
        self._jira = jira

    def _shown(self, request: Request, jql: str) -> list[Issue]:
        wanted = {value for name, value in _pairs(request) if name == "reconcileIssues"}
        issues = [
            one
            for one in self._jira.state.issues.values()
            if not (one.late and self._jira.is_hiding and one.id not in wanted) and matches(jql, one)
        ]
        return ordered(jql, issues)

    def by_tokens(self, request: Request) -> Reply:
        """Tokens stand for the last issue that was given, so that nothing moves over the edge of a page."""
        issues, size = self._shown(request, request.query("jql") or ""), int(request.query("maxResults") or 50)
        token = request.query("nextPageToken")
        if token is not None:
            if self._jira.tokens == "expired":
                self._jira.tokens = None
                raise JqlError("The provided next page token is invalid.")
            at, id_ = (int(part) for part in token.removeprefix("next-").split("-"))
            issues = [one for one in issues if (one.updated // 1000, int(one.id)) > (at, id_)]
        fields = [value for name, value in _pairs(request) if name == "fields"]
        history = "changelog" in (request.query("expand") or "")
        page = issues[:size]
        answer: dict[str, Json] = {
            "issues": [
                self._jira.bodies.issue(
                    self._jira.state, one, fields or ["id"], history=history, most=self._jira.embedded
                )
                for one in page
            ],
            "isLast": len(issues) <= size,
        }
        if len(issues) > size:
            answer["nextPageToken"] = f"next-{page[-1].updated // 1000}-{page[-1].id}"
            if self._jira.tokens == "repeated" and token is not None:
                answer["nextPageToken"] = token
            if self._jira.tokens == "missing":
                del answer["nextPageToken"]
        return json_reply(answer)

    def by_counts(self, request: Request) -> Reply:
        """Data Center counts what is found; what changes meanwhile moves the rest."""
        said = request.json()
        issues, size, start = self._shown(request, said["jql"]), said["maxResults"], said["startAt"]
        fields, history = said["fields"], "changelog" in said["expand"]
        rows: list[Json] = [
            self._jira.bodies.issue(self._jira.state, one, fields, history=history)
            for one in issues[start : start + size]
        ]
        return json_reply({"startAt": start, "maxResults": size, "total": len(issues), "issues": rows})

    def _issue(self, one: Issue, fields: list[str], *, history: bool, most: int | None = None) -> Json:
        return self._jira.bodies.issue(self._jira.state, one, fields, history=history, most=most)


def _pairs(request: Request) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(request.target).query, keep_blank_values=True)
