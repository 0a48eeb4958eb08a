"""A Zendesk of our own that listens on loopback: what the connector asks for, answered as Zendesk answers.

What an export shows ends `delay` seconds before now: a minute at Zendesk. Where the published specification is beside
this checkout, requests and answers are held to it.
"""

import base64
from collections import deque
from collections.abc import Callable, Sequence
from email.utils import formatdate
from typing import Any, Literal

from casewarden.model.instants import iso
from casewarden.testing.helpdesk import Choice, Clock, Fault, Happens, Webhook
from casewarden.testing.wire import Reply, Request, json_reply
from support.published_specs import Published
from support.zendesk import bodies
from support.zendesk.exports import Exports
from support.zendesk.happening import Happening
from support.zendesk.hooks import deliveries
from support.zendesk.state import (
    ACME,
    API_TOKEN,
    CLIENT,
    CLOSED,
    EMAIL,
    EVENT_SECRET,
    ROBOT,
    SECOND,
    SECRET,
    WEBHOOK_SECRET,
    World,
)

_MOST_REMEMBERED = 10_000


class FakeZendesk(Happening):
    """See `casewarden.testing.helpdesk.FakeHelpdesk`."""

    happens: frozenset[Happens] = frozenset({"ticket", "comment", "change"})
    choice = Choice("case.priority", {name: name for name in ("low", "normal", "high", "urgent")})

    def __init__(self, page: int = 4, clock: Clock | None = None, published: Published | None = None) -> None:
        super().__init__(World(), (SECRET, API_TOKEN, WEBHOOK_SECRET, EVENT_SECRET), clock)
        self.page = page
        self.published = published
        self.delay = 60
        self.fails_in_bulk: set[int] = set()
        self.requests: deque[Request] = deque(maxlen=_MOST_REMEMBERED)
        self.role = "admin"
        self.headers: dict[str, str] = {}
        self.before_update: list[Callable[[], None]] = []
        self.trigger: dict[str, Any] = {}
        """What a trigger makes at once of each ticket that is written to."""
        self.clock.advance(-86_400)
        self.organization(ACME, "Acme", {})
        self.clock.advance(86_400)

    @property
    def faults(self) -> frozenset[Fault]:
        """All that the base has, and changes that are shown late."""
        return super().faults | {Fault.LATE}

    # -- what is asked

    def subject(self, ticket: str) -> str:
        """See `FakeHelpdesk`."""
        return f"case:{ticket}"

    def standing(self, text: str) -> int:
        """See `FakeHelpdesk`."""
        return sum(
            text in event.get("body", "")
            for audit in self.state.audits
            if audit["author_id"] == ROBOT
            for event in audit["events"]
            if event["type"] == "Comment"
        )

    def webhooks(self, *, at: int | None = None, secret: str | None = None) -> Sequence[Webhook]:
        """Of every audit one of each kind."""
        return [*deliveries(self.state.audits, iso(self.now() if at is None else at), secret)]

    # -- requests

    def kind_of(self, request: Request) -> Literal["read", "write", "other"]:
        """A login is neither."""
        return "other" if request.path == "/oauth/tokens" else super().kind_of(request)

    def answer(self, request: Request) -> Reply:
        """See `FakeServer`."""
        self.requests.append(request)
        is_published = self.published is not None and request.path.startswith("/api/")
        if self.published is not None and is_published:
            self.published.require(request)
        reply = self._answer(request)
        if self.published is not None and is_published:
            self.published.require_answer(request, reply)
        date = formatdate((self.clock.now() + self.ahead * SECOND) // SECOND, usegmt=True)
        return Reply(reply.status, reply.body, {**reply.headers, "date": date, **self.headers})

    def _answer(self, request: Request) -> Reply:
        if request.path == "/oauth/tokens":
            return self._token(request)
        if not self._is_known(request.headers.get("authorization", "")):
            return json_reply({"error": "Couldn't authenticate you"}, 401)
        parts = tuple(part for part in request.path.removesuffix(".json").split("/") if part)[2:]
        match request.method, parts:
            case "GET", ("users", "me"):
                return json_reply({"user": {**self.state.users[ROBOT], "role": self.role}})
            case "GET", ("incremental", *what):
                if self.role != "admin":
                    said = "You do not have access to this page."
                    return json_reply({"error": "Forbidden", "description": said}, 403)
                return Exports(self.state, self.page, self.seconds() - self.delay, self.is_hiding).answer(request, what)
            case "GET", (("tickets" | "users" | "organizations") as name, "show_many"):
                return self._many(request, name)
            case "GET", ("users", "search"):
                query = (request.query("query") or "").removeprefix("email:").strip('"')
                found: list[Any] = [one for one in self.state.users.values() if one["email"] == query]
                return json_reply({"users": found, "count": len(found), "next_page": None, "previous_page": None})
            case "PUT", ("tickets", "update_many"):
                return self._update_many(request)
            case "GET", ("job_statuses", job) if job in self.state.jobs:
                return json_reply({"job_status": self.state.jobs[job]})
            case "GET", ("tickets", number) if (ticket := self.state.there(number)) is not None:
                return json_reply({"ticket": bodies.ticket(ticket)})
            case "PUT", ("tickets", number) if self.state.there(number) is not None:
                return self._put(request, int(number))
            case "POST", ("tickets",):
                return self._post(request)
            case "GET", ("tickets", number, "audits", *rest) if self.state.there(number) is not None:
                return self._audits(request, int(number), rest)
            case "GET", ("ticket_fields",):
                return self._paged(request, "ticket_fields", self.state.fields)
            case "GET", ("organization_fields",):
                return self._paged(request, "organization_fields", self.state.organization_fields)
            case "GET", (*names,) if names[0] not in ("tickets", "job_statuses"):
                listed = {"slas/policies": "sla_policies"}.get("/".join(names), names[0])
                return self._paged(request, listed, self.state.lists.get(listed, []))
            case _:
                return json_reply({"error": "RecordNotFound", "description": "Not found"}, 404)

    # -- logins

    def _token(self, request: Request) -> Reply:
        asked = request.json()
        if (asked.get("client_id"), asked.get("client_secret")) != (CLIENT, SECRET):
            return json_reply({"error": "invalid_client", "error_description": "Client authentication failed"}, 401)
        token = f"access-{len(self.state.tokens)}"
        self.state.tokens[token] = self.now() + 3_600 * SECOND
        return json_reply({"access_token": token, "token_type": "bearer", "scope": "read write", "expires_in": 3_600})

    def _is_known(self, header: str) -> bool:
        basic = "Basic " + base64.b64encode(f"{EMAIL}/token:{API_TOKEN}".encode()).decode()
        return header == basic or self.state.tokens.get(header.removeprefix("Bearer "), 0) > self.now()

    # -- tickets

    def _many(self, request: Request, name: str) -> Reply:
        ids = (request.query("ids") or "").split(",")
        if len(ids) > 100:
            return json_reply({"error": "TooManyIds"}, 400)
        found: list[Any]
        if name == "tickets":
            found = [bodies.ticket(one) for number in ids if (one := self.state.there(number)) is not None]
        else:
            known = self.state.users if name == "users" else self.state.organizations
            found = [known[int(number)] for number in ids if int(number) in known]
        return json_reply({name: found, "count": len(found), "next_page": None, "previous_page": None})

    def _put(self, request: Request, number: int) -> Reply:
        if self.before_update:
            self.before_update.pop()()
        ticket, wanted = self.state.tickets[number], request.json()["ticket"]
        if ticket["status"] == CLOSED:
            why: Any = {"status": [{"description": "Status: closed prevents ticket update"}]}
            return json_reply({"error": "RecordInvalid", "details": why}, 422)
        if wanted.get("safe_update") and wanted.get("updated_stamp") != ticket["updated_at"]:
            return Reply(409, b"Update conflict: the ticket was updated", {"content-type": "text/plain"})
        audit = self.update(number, ROBOT, wanted, channel="api", mark=wanted.get("metadata"), rule=self.trigger)
        written = None if audit is None else bodies.audit(self.state.audits_of[number][-1])
        return json_reply({"ticket": bodies.ticket(ticket), "audit": written})

    def _post(self, request: Request) -> Reply:
        wanted, key = request.json()["ticket"], request.headers.get("idempotency-key", "")
        if key in self.state.created:
            return json_reply({"ticket": bodies.ticket(self.state.tickets[self.state.created[key]])}, 201)
        closed = wanted["via_followup_source_id"]
        source = {"from": {"ticket_id": closed}, "to": {}, "rel": "follow_up"}
        number = self.opened(ROBOT, wanted["comment"]["body"], {"channel": "api", "source": source}, wanted["metadata"])
        self.state.tickets[closed]["followup_ids"].append(number)
        self.state.created[key] = number
        return json_reply({"ticket": bodies.ticket(self.state.tickets[number])}, 201)

    def _update_many(self, request: Request) -> Reply:
        wanted = request.json()["tickets"]
        if len(wanted) > 100:
            return json_reply({"error": "TooManyTickets"}, 400)
        results: list[Any] = []
        for one in wanted:
            number = one["id"]
            ticket = self.state.there(str(number))
            if ticket is None or ticket["status"] == CLOSED or number in self.fails_in_bulk:
                said = {"success": False, "error": "TicketUpdateFailed", "details": "cannot be updated"}
                results.append({"id": number, "action": "update", **said})
                continue
            self.update(number, ROBOT, one, channel="api", mark=one.get("metadata"))
            results.append({"id": number, "action": "update", "success": True, "status": "Updated"})
        job, count = f"job{len(self.state.jobs)}", len(wanted)
        self.state.jobs[job] = {"id": job, "status": "completed", "total": count, "progress": count, "results": results}
        queued: Any = {"id": job, "status": "queued", "total": count, "progress": 0, "results": None}
        return json_reply({"job_status": queued})

    def _audits(self, request: Request, number: int, rest: list[str]) -> Reply:
        known = self.state.audits_of.get(number, [])
        if not rest:
            return self._paged(request, "audits", known, bodies.audit)
        found = next((one for one in known if str(one["id"]) == rest[0]), None)
        return json_reply({"audit": bodies.audit(found)}) if found else json_reply({"error": "RecordNotFound"}, 404)

    def _paged(
        self,
        request: Request,
        name: str,
        rows: Sequence[dict[str, Any]],
        shown: Callable[[dict[str, Any]], dict[str, Any]] = dict,
    ) -> Reply:
        after = int(request.query("page[after]") or 0)
        some: list[Any] = [shown(one) for one in rows[after : after + 100]]
        has_more = after + 100 < len(rows)
        following = f"{self.url}{request.path}?page%5Bafter%5D={after + 100}&page%5Bsize%5D=100" if has_more else None
        return json_reply({name: some, "meta": {"has_more": has_more}, "links": {"next": following, "prev": None}})
