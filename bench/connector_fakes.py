"""Helpdesks that answer out of memory, and make each page when it is asked for: a Zendesk, a Jira and a status page.

What they answer is what the vendors' servers answer, as far as it is read. Callables for `httpx.MockTransport`; their
`answer` says the same to a server.
"""

import time
from collections.abc import Iterator
from typing import Any, Final

import httpx

PAGE: Final = 1_000
SECOND: Final = 1_000_000
NOW: Final = 1_772_445_600_000_000


class Export:
    """A Zendesk with so many tickets, each opened and changed once; it makes each page when it is asked for."""

    def __init__(self, tickets: int) -> None:
        self.tickets = tickets
        self.start = NOW // SECOND - 86_400 - tickets

    def __call__(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=self.answer(request.url.path, request.url.params))

    def answer(self, path: str, params: httpx.QueryParams) -> dict[str, Any]:
        match path.removeprefix("/api/v2/"):
            case "/oauth/tokens":
                return {"access_token": "bench-token", "token_type": "bearer", "expires_in": 86_400}
            case "users/me":
                return {"user": {"id": 1, "role": "admin"}}
            case "incremental/tickets/cursor":
                first = int(params.get("cursor", "1"))
                last = min(first + PAGE, self.tickets + 1)
                rows = [self.ticket(number) for number in range(first, last)]
                return {"tickets": rows, "after_cursor": str(last), "end_of_stream": last > self.tickets}
            case "incremental/ticket_events":
                first = max(1, int(params["start_time"]) - self.start)
                last = min(first + PAGE // 2, self.tickets + 1)
                rows = [row for number in range(first, last) for row in self.audits(number)]
                end = self.start + last - 1 if rows else None
                return {"ticket_events": rows, "end_time": end, "end_of_stream": last > self.tickets}
            case "tickets/show_many":
                return {"tickets": [self.ticket(int(one)) for one in params["ids"].split(",")]}
            case "users/show_many":
                return {"users": [{"id": int(one), "role": "end-user"} for one in params["ids"].split(",")]}
            case name:
                key = name.rpartition("/")[2]
                return {key: [], "end_of_stream": True, "end_time": None}

    def stamp(self, number: int) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.start + number))

    def ticket(self, number: int) -> dict[str, Any]:
        at = self.stamp(number)
        return {
            "id": number, "status": "open", "created_at": at, "updated_at": at, "tags": [], "custom_fields": [],
            "requester_id": 1_000 + number % 5_000, "priority": None, "via": {"channel": "email"},
        }  # fmt: skip

    def audits(self, number: int) -> Iterator[dict[str, Any]]:
        author = 1_000 + number % 5_000
        create = [
            {"id": 1, "event_type": "Create", "requester_id": str(author)},
            {"id": 2, "event_type": "Create", "status": "new"},
        ]
        comment = {"id": 10 * number, "event_type": "Comment", "author_id": author, "body": "x" * 500, "public": True}
        change = {"id": 10 * number + 1, "event_type": "Change", "priority": "high", "previous_value": None}
        for part, children in enumerate(([*create, comment], [change])):
            yield {
                "id": 20 * number + part, "ticket_id": number, "timestamp": self.start + number, "updater_id": author,
                "event_type": "Audit", "via": "Mail", "metadata": {}, "child_events": children,
            }  # fmt: skip


class Search:
    """A Jira with so many issues, each commented and changed once; it makes each page when it is asked for."""

    def __init__(self, issues: int) -> None:
        self.issues = issues
        self.start = NOW // SECOND - 86_400 - issues

    def __call__(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=self.answer(request.url.path, request.url.params))

    def answer(self, path: str, params: httpx.QueryParams) -> Any:
        match path.removeprefix("/rest/api/3/"):
            case "myself":
                return {"accountId": "us", "timeZone": "Europe/Zurich"}
            case "field":
                return [{"id": "priority", "name": "Priority", "schema": {"type": "priority"}}]
            case "search/jql":
                first = int(params.get("nextPageToken", "1"))
                last = min(first + int(params["maxResults"]), self.issues + 1)
                rows = [self.issue(number) for number in range(first, last)]
                return {"issues": rows, "isLast": last > self.issues, "nextPageToken": str(last)}
            case _:
                return []

    def issue(self, number: int) -> dict[str, Any]:
        at = time.strftime("%Y-%m-%dT%H:%M:%S.000+0000", time.gmtime(self.start + number))
        user = {"accountId": f"c{number % 5_000}", "accountType": "customer"}
        body = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [_text("x" * 500)]}]}
        comment = {"id": str(2 * number), "author": user, "body": body, "created": at}
        item = {"field": "priority", "fieldId": "priority", "fromString": "Low", "toString": "High"}
        history = {"id": str(2 * number), "author": user, "created": at, "items": [item]}
        fields: dict[str, Any] = {
            "summary": "help", "status": {"name": "Open", "id": "1"}, "priority": {"name": "High"}, "labels": [],
            "reporter": user, "creator": user, "created": at, "updated": at, "assignee": None, "resolution": None,
            "comment": {"comments": [comment], "total": 1},
        }  # fmt: skip
        changelog = {"histories": [history], "total": 1}
        return {"id": str(number), "key": f"SUP-{number}", "fields": fields, "changelog": changelog}


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


class StatusPage:
    """A page of so many components; at every look all have changed, and one incident is not resolved."""

    def __init__(self, components: int) -> None:
        self.components = components
        self.looks = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/api/v2/summary.json"
        self.looks += 1
        word = "operational" if self.looks % 2 else "major_outage"
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW // SECOND + 60 * self.looks - 30))
        components = [
            {
                "id": f"c{number}", "name": f"Component {number}", "status": word, "created_at": at, "updated_at": at,
                "position": number, "description": None, "showcase": False, "group_id": None, "group": False,
                "page_id": "bench", "only_show_if_degraded": False,
            }
            for number in range(self.components)
        ]  # fmt: skip
        incident = {"id": "i1", "name": "Something is slow", "status": "investigating", "components": [{"id": "c0"}]}
        page = {"id": "bench", "name": "Bench", "url": "https://status.example.com", "updated_at": at}
        return httpx.Response(200, json={"page": page, "components": components, "incidents": [incident]})
