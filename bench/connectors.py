"""How fast connectors bring changes in from their fakes, and how much memory a long export takes.

A fake answers from memory and in the same process, so the figures are of the connector alone; in life the vendor's rate
is the limit. `python bench/connectors.py [tickets] [zendesk|jira]`
"""

import json
import resource
import sys
import time
from collections.abc import Iterator
from statistics import median
from typing import Any, Final

import httpx

from casewarden.model.event import Json
from casewarden.plugin.http import Bounds
from casewarden_jira.api import Jira
from casewarden_jira.connector import JiraConnector
from casewarden_jira.settings import read_settings
from casewarden_zendesk.connector import connect
from casewarden_zendesk.plugin import SPEC

PAGE: Final = 1_000
SECOND: Final = 1_000_000
NOW: Final = 1_772_445_600_000_000
SETTINGS: Final[dict[str, Json]] = {
    "url": "https://example.zendesk.com",
    "client_id": "bench",
    "client_secret": "bench-secret",
    "webhook_secret": "bench-webhook",
    "calls_per_minute": 100_000,
    "exports_per_minute": 100_000,
    "mapping": {"fields": {"case.urgency": "priority"}},
}


def resident_mb() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


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


def jira(issues: int) -> None:
    """Issues in through the search: changes a second of processor time, and what memory they take."""
    told = read_settings(
        {
            "url": "https://example.atlassian.net",
            "email": "a@example.com",
            "token": "bench-token",
            "projects": ["SUP"],
            "page_size": 100,
            "calls_per_second": 100_000,
            "mapping": {"fields": {"case.urgency": "priority"}},
        }
    )
    site = Jira.of(told, lambda: NOW, Bounds(), httpx.MockTransport(Search(issues)))
    connector = JiraConnector("desk", told, site, lambda: NOW)
    cursor, events, begun = None, 0, time.process_time()
    shares: list[float] = []
    while True:
        page = connector.changes(cursor)
        events += len(page.events)
        cursor = page.cursor
        shares.append(resident_mb())
        if not page.more:
            break
    spent = time.process_time() - begun
    print(f"jira: {2 * issues:,} changes of {issues:,} issues as {events:,} events, {2 * issues / spent:,.0f} a second")
    first, half, last = shares[0], median(shares), shares[-1]
    print(f"jira: {first:.0f} MB after the first page, {half:.0f} MB half way, {last:.0f} MB at the end")
    print(f"jira: a cursor of {len(json.dumps(cursor))} characters")
    connector.close()


def zendesk(tickets: int) -> None:
    """Audits in through the exports: how many a second of processor time, and what memory they take."""
    desk = httpx.MockTransport(Export(tickets))
    connector = connect("desk", SETTINGS, SPEC, lambda: NOW, 0, desk)
    cursor, events, audits, begun, shares = None, 0, 2 * tickets, time.process_time(), []
    base = 0.0
    while True:
        page = connector.changes(cursor)
        events += len(page.events)
        cursor = page.cursor
        base = base or resident_mb()
        shares.append(resident_mb())
        if not page.more:
            break
    spent = time.process_time() - begun
    print(f"zendesk: {audits:,} changes of {tickets:,} tickets as {events:,} events, {audits / spent:,.0f} a second")
    print(
        f"zendesk: {base:.0f} MB after the first page, {median(shares):.0f} MB half way, {shares[-1]:.0f} MB at the end"
    )
    print(f"zendesk: a cursor of {len(json.dumps(cursor))} characters")
    connector.close()


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    for name in sys.argv[2:] or ["zendesk", "jira"]:  # in a process of its own each: memory is the most there ever was
        {"zendesk": zendesk, "jira": jira}[name](count)
