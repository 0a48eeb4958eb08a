"""A Request Tracker with so many tickets that answers out of memory, and makes each page when it is asked for.

Each ticket was opened by a customer and had a custom field changed by an agent; what it answers is what version 5.0.3
answers, as far as it is read.
"""

import json
import re
import time
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import unquote

import httpx

PAGE: Final = 100
CUSTOMERS: Final = 5_000
AGENTS: Final = 20
_AFTER: Final = re.compile(r"\bid > (\d+)")
_TICKET: Final = re.compile(r"\b(?:ObjectId|id) = (\d+)")
_HEADERS: Final = (
    "X-RT-Interface: Email\nFrom: kim@customer.example\nSubject: It does not work\nContent-Type: text/plain"
)


class Tracker:
    """Tickets from 1; the transactions of ticket N are 2N - 1 and 2N, and its text is part N."""

    def __init__(self, tickets: int, start: int) -> None:
        self.tickets = tickets
        self.start = start

    def __call__(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=self.answer(request.url.path.split("/")[3:], request.url.params))

    def answer(self, path: list[str], params: httpx.QueryParams) -> dict[str, Any]:
        match path:
            case ["transactions"]:
                return _page(self.transactions(params["query"]))
            case ["tickets"]:
                return _page(self.ticket(number) for number in _named(params["query"]))
            case ["attachments"]:
                asked = json.loads(params["query"])
                is_part = asked[0]["field"] == "id"
                numbers = [one["value"] if is_part else (one["value"] + 1) // 2 for one in asked]
                return _page(self.part(number, params["fields"]) for number in numbers)
            case ["user", name]:
                return self.user(unquote(name))
            case ["queue", _]:
                return {"id": 3, "Name": "Support"}
            case ["customfield", number]:
                return {"id": number, "Name": "Urgency", "Type": "Freeform", "MaxValues": "1"}
            case _:
                raise AssertionError(path)

    def transactions(self, query: str) -> Iterable[dict[str, Any]]:
        after = _AFTER.search(query)
        assert after is not None
        last = int(after[1])
        if "ObjectId = " in query:
            numbers = [one for ticket in _named(query) for one in (2 * ticket - 1, 2 * ticket) if one > last]
        else:
            numbers = list(range(last + 1, min(last + PAGE, 2 * self.tickets) + 1))
        return (self.transaction(number) for number in numbers[:PAGE])

    def transaction(self, number: int) -> dict[str, Any]:
        ticket, is_first = (number + 1) // 2, number % 2 == 1
        change = ("Create", "", "", "") if is_first else ("CustomField", "2", "low", "high")
        who = f"person{ticket % CUSTOMERS}@customer.example" if is_first else f"agent{ticket % AGENTS}"
        return {
            "type": "transaction", "id": str(number), "_url": f"https://rt.example.com/REST/2.0/transaction/{number}",
            "ObjectId": ticket, "Type": change[0], "Field": change[1], "OldValue": change[2], "NewValue": change[3],
            "Creator": {"type": "user", "id": who, "_url": "..."}, "Created": self.stamp(ticket), "TimeTaken": "0",
        }  # fmt: skip

    def ticket(self, number: int) -> dict[str, Any]:
        owner, never = {"type": "user", "id": "Nobody", "_url": "..."}, "1970-01-01T00:00:00Z"
        requestor = {"type": "user", "id": f"person{number % CUSTOMERS}@customer.example", "_url": "..."}
        return {
            "type": "ticket", "id": str(number), "Subject": "It does not work", "Status": "new", "Priority": "0",
            "Type": "ticket", "Queue": {"type": "queue", "id": "3", "Name": "Support"}, "Owner": owner,
            "EffectiveId": {"type": "ticket", "id": str(number)}, "Requestor": [requestor], "Cc": [], "AdminCc": [],
            "CustomFields": [{"type": "customfield", "id": "2", "name": "Urgency", "values": ["high"]}],
            "Due": never, "Starts": never, "Started": never, "Resolved": never, "Told": never,
        }  # fmt: skip

    def part(self, number: int, fields: str) -> dict[str, Any]:
        if fields == "Content":
            return {"type": "attachment", "id": str(number), "Content": "x" * 500}
        return {
            "type": "attachment", "id": str(number), "TransactionId": str(2 * number - 1), "Filename": "",
            "ContentType": "text/plain", "Headers": _HEADERS, "ContentLength": "500", "Subject": "It does not work",
        }  # fmt: skip

    def user(self, name: str) -> dict[str, Any]:
        is_staff = name.startswith("agent")
        address = f"{name}@desk.example" if is_staff else name
        link = {"ref": "self", "type": "user", "id": 1_000, "_url": "..."}
        return {"Name": name, "EmailAddress": address, "Privileged": int(is_staff), "_hyperlinks": [link]}

    def stamp(self, ticket: int) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.start + ticket))


def _named(query: str) -> list[int]:
    return [int(number) for number in _TICKET.findall(query)]


def _page(items: Iterable[dict[str, Any]]) -> dict[str, Any]:
    found = list(items)
    return {"count": len(found), "per_page": PAGE, "page": 1, "items": found}
