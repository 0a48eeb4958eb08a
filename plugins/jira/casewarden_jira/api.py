"""Jira's REST API as far as it is used: paths of both editions, and answers in one shape. Knows nothing of cases."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import httpx

from casewarden.model.event import Json
from casewarden.plugin.http import (
    Basic,
    Bounds,
    Http,
    Login,
    Pace,
    RefusedError,
    Reply,
    Token,
    TooDeepError,
    TooLargeError,
    as_array,
    as_id,
    as_number,
    as_object,
    path_of,
)
from casewarden.plugin.oauth import ClientCredentials
from casewarden_jira.pacing import IssuePace
from casewarden_jira.settings import Told

_GATEWAY: Final = "https://api.atlassian.com"
MOST_PAGES: Final = 200
"""Pages of one issue's history or comments that are read: 20,000 of each."""
_PAGE: Final = 100
_GONE: Final = 404


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search. `token` or `start` says where the next begins; both None at the end.

    `is_cut`: it is not the end, and where the next page begins was not said.
    """

    issues: tuple[dict[str, Json], ...]
    token: str | None = None
    start: int | None = None
    is_cut: bool = False


@dataclass(slots=True)
class Jira:
    """One site. All calls raise HttpError."""

    http: Http
    is_cloud: bool
    pace: IssuePace
    logins: tuple[ClientCredentials, ...] = field(default=())

    @classmethod
    def of(
        cls, told: Told, now: Callable[[], int], bounds: Bounds, transport: httpx.BaseTransport | None = None
    ) -> "Jira":
        """A site as the settings name it; benches give a `transport`."""
        pace, base, login, logins = Pace(told.calls_per_second), told.url, None, ()
        if told.client is not None:
            client = told.client
            tokens = Http(client.token_url, bounds=bounds, now=now, transport=transport)
            credentials = ClientCredentials(tokens, "/oauth/token", client.id, client.secret, now=now)
            login, logins = credentials, (credentials,)  # type: ignore[assignment]
            base = f"{_GATEWAY if told.url.startswith('https://') else told.url}/ex/jira/{client.cloud}"
        elif told.email is not None and told.token is not None:
            login = Basic(told.email, told.token)  # type: ignore[assignment]
        elif told.token is not None:
            login = Token(told.token)  # type: ignore[assignment]
        shown: Login | None = login
        http = Http(base, login=shown, pace=pace, bounds=bounds, now=now, transport=transport)
        return cls(http, told.edition == "cloud", IssuePace(now), logins)

    def close(self) -> None:
        """Let go of connections."""
        self.http.close()
        for login in self.logins:
            login.close()

    @property
    def api(self) -> str:
        """The root of the platform's API: v3 speaks ADF, v2 texts."""
        return "/rest/api/3" if self.is_cloud else "/rest/api/2"

    # -- reading

    def myself(self) -> dict[str, Json]:
        """Our own account, with its `timeZone`."""
        return self.http.get(f"{self.api}/myself").object()

    def fields(self) -> list[dict[str, Json]]:
        """All fields with their schemas."""
        return _objects(self.http.get(f"{self.api}/field").array(), "fields")

    def statuses(self) -> list[dict[str, Json]]:
        """All statuses with their categories."""
        return _objects(self.http.get(f"{self.api}/status").array(), "statuses")

    def search(
        self,
        jql: str,
        fields: Sequence[str],
        size: int,
        *,
        token: str | None = None,
        start: int = 0,
        reconcile: Sequence[int] = (),
        history: bool = True,
    ) -> Found:
        """One page of a search, each issue with its history as far as that is embedded.

        Cloud stops where there is no token; Data Center counts. `reconcile`: ids (at most 50) of issues that were just
        written and whose newest state is wanted.
        """
        expand = ["changelog"] if history else []
        if self.is_cloud:
            params: dict[str, str | int | Sequence[str | int]] = {"jql": jql, "maxResults": size}
            params |= {"fields": list(fields), **({"expand": "changelog"} if history else {})}
            if token is not None:
                params["nextPageToken"] = token
            if reconcile:
                params["reconcileIssues"] = list(reconcile)[:50]
            answer = self.http.get("/rest/api/3/search/jql", params).object()
            issues = tuple(_objects(answer.get("issues"), "issues"))
            after, is_last = answer.get("nextPageToken"), answer.get("isLast")
            if is_last is not True and isinstance(after, str) and after:
                return Found(issues, after)
            return Found(issues, is_cut=is_last is False)
        body: dict[str, Json] = {"jql": jql, "startAt": start, "maxResults": size}
        body |= {"fields": list[Json](fields), "expand": list[Json](expand)}
        answer = self.http.send("POST", "/rest/api/2/search", body).object()
        issues = tuple(_objects(answer.get("issues"), "issues"))
        after_start = start + len(issues)
        has_more = bool(issues) and after_start < as_number(answer.get("total"), "total")
        return Found(issues, start=after_start if has_more else None)

    def issue(self, issue: str, fields: Sequence[str] = ("*all",), *, history: bool = True) -> dict[str, Json]:
        """One issue as it is now: this is no index, and not behind."""
        params: dict[str, str | int | Sequence[str | int]] = {"fields": ",".join(fields)}
        if history:
            params["expand"] = "changelog"
        return self.http.get(path_of(f"{self.api}/issue/{{}}", issue), params).object()

    def histories(self, issue: Mapping[str, Json], unread: list[str]) -> list[dict[str, Json]]:
        """All of an issue's history: what is embedded where that is all, as Data Center's is, else page by page.

        `unread` as for comments.
        """
        embedded = as_object(issue.get("changelog") or {}, "changelog")
        rows = _objects(embedded.get("histories") or [], "histories")
        total = embedded.get("total")
        if "changelog" in issue and (not isinstance(total, int) or total <= len(rows)):
            return rows
        if not self.is_cloud:
            return rows
        path = path_of(f"{self.api}/issue/{{}}/changelog", as_id(issue.get("id"), "id"))
        return list(self._paged(path, "values", unread=unread))

    def comments(self, issue: Mapping[str, Json], unread: list[str]) -> list[dict[str, Json]]:
        """All comments of an issue: embedded where they are all there, else page by page.

        One that cannot be read, as too large or too deep, is added to `unread` in words, and the others are here.
        """
        fields = as_object(issue.get("fields") or {}, "fields")
        embedded = fields.get("comment")
        if isinstance(embedded, dict):
            rows = _objects(embedded.get("comments") or [], "comments")
            total = embedded.get("total")
            if isinstance(total, int) and total <= len(rows):
                return rows
        path = path_of(f"{self.api}/issue/{{}}/comment", as_id(issue.get("id"), "id"))
        return list(self._paged(path, "comments", unread=unread))

    def marked_comments(self, issue: str) -> list[dict[str, Json]]:
        """All comments of an issue, with their properties."""
        path = path_of(f"{self.api}/issue/{{}}/comment", issue)
        return list(self._paged(path, "comments", {"expand": "properties"}, unread=[]))

    def desk_comments(self, issue: str, unread: list[str]) -> list[dict[str, Json]] | None:
        """All comments of a request, each with `public`, as Service Management gives them; None where it is none."""
        path = path_of("/rest/servicedeskapi/request/{}/comment", issue)
        return self._of_request(path, {"public": "true", "internal": "true"}, unread)

    def slas(self, issue: str) -> list[dict[str, Json]]:
        """Service Management's own clocks of a request; an issue of a service project that is none has no clocks."""
        return self._of_request(path_of("/rest/servicedeskapi/request/{}/sla", issue), {}, []) or []

    def transitions(self, issue: str) -> list[dict[str, Json]]:
        """What is offered to us for an issue in its present status, with the fields of each."""
        path = path_of(f"{self.api}/issue/{{}}/transitions", issue)
        answer = self.http.get(path, {"expand": "transitions.fields"}).object()
        return _objects(answer.get("transitions"), "transitions")

    def versions(self, project: str) -> list[dict[str, Json]]:
        """All versions of a project."""
        if self.is_cloud:
            return list(self._paged(path_of("/rest/api/3/project/{}/version", project), "values"))
        return _objects(self.http.get(path_of("/rest/api/2/project/{}/versions", project)).array(), "versions")

    def permissions(self, project: str, names: Sequence[str]) -> dict[str, Json]:
        """Which of these permissions we have in a project."""
        params: dict[str, str | int | Sequence[str | int]] = {"projectKey": project}
        if self.is_cloud:
            params["permissions"] = ",".join(names)
        return as_object(
            self.http.get(f"{self.api}/mypermissions", params).object().get("permissions") or {}, "permissions"
        )

    # -- writing

    def write(self, method: str, issue: str, path: str, body: Json) -> Reply:
        """Change something of an issue, at most as fast as Jira allows for one issue."""
        self.pace.take(issue)
        return self.http.send(method, path, body)

    def edit(self, issue: str, body: Json) -> None:
        """Change fields of an issue."""
        self.write("PUT", issue, path_of(f"{self.api}/issue/{{}}", issue), body)

    # -- parts

    def _paged(
        self,
        path: str,
        rows: str,
        params: Mapping[str, str] | None = None,
        *,
        unread: list[str] | None = None,
        words: tuple[str, str] = ("startAt", "maxResults"),
    ) -> Iterator[dict[str, Json]]:
        """Page by page; with `unread`, what cannot be read is looked for one by one, and left out."""
        start, size, until = 0, _PAGE, 0
        for _ in range(MOST_PAGES + _PAGE):
            try:
                answer = self.http.get(path, {**(params or {}), words[0]: start, words[1]: size}).object()
            except (TooLargeError, TooDeepError) as problem:
                if unread is None:
                    raise
                if size > 1:
                    size, until = 1, start + size
                    continue
                unread.append(f"number {start + 1} of the {rows} is left out: {problem}")
                start += 1
            else:
                found = _objects(answer.get(rows), rows)
                yield from found
                start += len(found)
                if not found or _is_last(answer, start):
                    return
            if start >= until:
                size = _PAGE
        if unread is not None:
            unread.append(f"after number {start} no more of the {rows} are read")

    def _of_request(self, path: str, params: Mapping[str, str], unread: list[str]) -> list[dict[str, Json]] | None:
        try:
            return list(self._paged(path, "values", params, unread=unread, words=("start", "limit")))
        except RefusedError as problem:
            if problem.status != _GONE:
                raise
            return None


def _is_last(answer: Mapping[str, Json], start: int) -> bool:
    """Whether there are no more rows from `start` on: as the platform says it, or as Service Management does."""
    total = answer.get("total")
    is_counted = isinstance(total, int) and start >= total
    return is_counted or answer.get("isLast") is True or answer.get("isLastPage") is True


def _objects(value: Json, where: str) -> list[dict[str, Json]]:
    return [as_object(row, where) for row in as_array(value, where)]
