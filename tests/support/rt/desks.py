"""A Request Tracker for a test, the fake one or the real one: the same tests run against both."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from casewarden.model.event import Event, Json
from casewarden.plugin import Answer, Attempt, Connector, Page
from casewarden_rt.plugin import RequestTracker as Factory
from support.rt.server import FakeRequestTracker
from support.servers.request_tracker import RequestTracker

KIM = "kim@customer.example"
FIELDS: dict[str, Any] = {
    "case.core": {"field": "CF.{Core}", "type": "choice"},
    "case.tags": {"field": "CF.{Tags}", "type": "set"},
    "case.plan": "CF.{Plan}",
    "case.answer_by": {"field": "CF.{Answer due}", "type": "instant"},
    "case.due": {"field": "Due", "type": "instant"},
    "case.priority": {"field": "Priority", "type": "integer"},
    "case.queue": "Queue",
    "case.requestor": "Requestor",
}


@dataclass
class Desk:
    """One Request Tracker with two queues of the test's own, and connectors to it; `people` are clients by name.

    Others do what they like in the same Request Tracker at the same time: a connector watches these queues alone,
    unless a test says otherwise, and then looks at its own tickets alone.
    """

    server: FakeRequestTracker | RequestTracker
    now: Callable[[], int]
    queue: str
    other: str
    open: ExitStack
    _clients: dict[str, httpx.Client] = field(default_factory=dict)

    def __getitem__(self, name: str) -> httpx.Client:
        if name not in self._clients:
            self._clients[name] = self.open.enter_context(self.server.as_user(name))
        return self._clients[name]

    # -- what people do

    def opens(self, by: str = KIM, **said: Any) -> str:
        """A ticket that somebody opens, a customer's if nothing else is said; its id."""
        asked = {"Queue": self.queue, "Subject": "A question", "Requestor": [KIM], "Content": "Is it down?"} | said
        made = self[by].post("/ticket", json=asked)
        assert made.status_code == httpx.codes.CREATED, made.text
        ticket: str = made.json()["id"]
        return ticket

    def puts(self, ticket: str, by: str = "alice", **said: Any) -> list[str]:
        """A change of a ticket; what Request Tracker says of it."""
        made = self[by].put(f"/ticket/{ticket}", json=said)
        assert made.status_code == httpx.codes.OK, made.text
        told: list[str] = made.json()
        return told

    def writes(self, ticket: str, text: str, by: str = KIM, how: str = "correspond", **said: Any) -> int:
        """A text in a ticket; the number of its transaction."""
        made = self[by].post(f"/ticket/{ticket}/{how}", json={"Content": text, "ContentType": "text/plain"} | said)
        assert made.status_code == httpx.codes.CREATED, made.text
        return int(made.headers["location"].rpartition("/")[2])

    # -- what stands there

    def ticket(self, ticket: str) -> dict[str, Any]:
        """A ticket as Request Tracker states it, with its custom fields by name."""
        found: dict[str, Any] = self["alice"].get(f"/ticket/{ticket}").json()
        return found | {one["name"]: one["values"] for one in found["CustomFields"]}

    def version(self, ticket: str) -> str:
        """What stands in the header `ETag` of a ticket."""
        return self["alice"].get(f"/ticket/{ticket}").headers["etag"]

    def transactions(self, query: str, by: str = "alice", **params: Any) -> list[dict[str, Any]]:
        """Transactions by number."""
        asked: dict[str, Any] = {"query": f"ObjectType = 'RT::Ticket' AND {query}", "orderby": "id", "per_page": 100,
                 "fields": "Type,ObjectId,Field,OldValue,NewValue,Creator,Created"} | params  # fmt: skip
        answer = self[by].get("/transactions", params=asked)
        assert answer.status_code == httpx.codes.OK, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def history(self, *tickets: str) -> list[tuple[str, str, str, str]]:
        """What happened in tickets: type, field, old and new value; without mail that went out."""
        which = " OR ".join(f"ObjectId = {ticket}" for ticket in tickets)
        last, every = 0, []
        while some := self.transactions(f"({which}) AND id > {last}"):
            last = int(some[-1]["id"])
            every += some
        return [(o["Type"], o["Field"], o["OldValue"], o["NewValue"]) for o in every if o["Type"] != "EmailRecord"]

    # -- the connector

    def connect(self, account: str = "casewarden", **settings: Any) -> Connector:
        """A connector that uses somebody's account; a setting that is None is left out."""
        said: dict[str, Any] = {"url": self.server.url, "token": self.server.tokens[account]}
        said |= {"queues": [self.queue, self.other], "calls_per_second": 1000, "mapping": {"fields": FIELDS}} | settings
        said = {name: value for name, value in said.items() if value is not None}
        made = Factory(now=self.now).connect("desk", said)
        self.open.callback(made.close)
        return made

    def polled(self, *tickets: str, connector: Connector | None = None) -> list[Event]:
        """All events of these tickets, as polling from before their opening gives them."""
        made = connector or self.connect()
        cursor = self.before(min(tickets, key=int))
        events: list[Event] = []
        while True:
            page = made.changes(cursor)
            events += page.events
            cursor = page.cursor
            if not page.more:
                return [event for event in events if event.subject in {f"case:{ticket}" for ticket in tickets}]

    def before(self, ticket: str) -> Json:
        """The cursor of somebody who has read all up to the opening of a ticket."""
        return {"after": int(self.transactions(f"ObjectId = {ticket}")[0]["id"]) - 1, "young": [], "at": None}


def attempt(ticket: str, kind: str, content: Mapping[str, Json], **more: Any) -> Attempt:
    """An attempt at an action on a ticket's case."""
    key = more.pop("key", f"case:{ticket}/rule/1/0/{kind}")
    return Attempt(key, f"case:{ticket}", ticket, kind, content, **more)


def applied(connector: Connector, ticket: str, kind: str, /, **content: Json) -> Answer:
    """The answer to an attempt that nothing speaks against."""
    return connector.apply(attempt(ticket, kind, content))


def told(page: Page) -> list[tuple[str, str, dict[str, Json]]]:
    """Events in short: kind, by, data."""
    return [(event.kind, event.by, dict(event.data)) for event in page.events]


@contextmanager
def fake_desk() -> Iterator[Desk]:
    """The fake one, its clock standing where the present is."""
    from casewarden.testing.helpdesk import Clock

    clock = Clock(time.time_ns() // 1_000_000_000 * 1_000_000)
    with ExitStack() as stack, FakeRequestTracker(clock) as server:
        yield Desk(server, server.now, server.new_queue(), server.new_queue(), stack)


@contextmanager
def real_desk(server: RequestTracker) -> Iterator[Desk]:
    """The real one."""
    with ExitStack() as stack:
        yield Desk(server, lambda: time.time_ns() // 1000, server.new_queue(), server.new_queue(), stack)
