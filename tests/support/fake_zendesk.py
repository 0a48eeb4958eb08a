"""A Zendesk of our own, in process: tickets, audits, users, organizations, the exports and their habits.

Its clock is the test's; `ahead` is by how many seconds it is ahead of ours. What an export
shows ends `delay` seconds before now: a minute at Zendesk.
"""

import base64
import hmac
import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import formatdate
from typing import Any, Final, Literal

from casewarden.model.event import Json
from casewarden.model.instants import iso
from casewarden.testing.helpdesk import Choice, Clock, Fault, Happens, Webhook
from casewarden.testing.server import FakeServer
from casewarden.testing.wire import Reply, Request, json_reply
from support.published_specs import Published

CLIENT: Final = "casewarden_client"
SECRET: Final = "zd-client-secret-0a1b2c"  # it opens nothing but this fake
API_TOKEN: Final = "zd-api-token-77ab12"
EMAIL: Final = "robot@example.com"
WEBHOOK_SECRET: Final = "zd-trigger-hook-4f5e6d"
EVENT_SECRET: Final = "zd-event-hook-9c8b7a"
ROBOT, AGENT, CUSTOMER, ACME = 1, 2, 3, 900
SECOND: Final = 1_000_000
_CLOSED: Final = "closed"
_PLAIN: Final = (
    "subject", "status", "priority", "type", "assignee_id", "group_id", "requester_id", "organization_id",
    "custom_status_id", "brand_id", "ticket_form_id",
)  # fmt: skip


@dataclass
class Desk:
    """All that can change."""

    tickets: dict[int, dict[str, Any]] = field(default_factory=dict)
    audits: list[dict[str, Any]] = field(default_factory=list)
    users: dict[int, dict[str, Any]] = field(default_factory=dict)
    organizations: dict[int, dict[str, Any]] = field(default_factory=dict)
    fields: list[dict[str, Any]] = field(default_factory=list)
    organization_fields: list[dict[str, Any]] = field(default_factory=list)
    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    created: dict[str, int] = field(default_factory=dict)
    numbers: int = 100
    marks: int = 0


class FakeZendesk(FakeServer[Desk]):
    """See `casewarden.testing.helpdesk.FakeHelpdesk`."""

    happens: frozenset[Happens] = frozenset({"ticket", "comment", "change"})
    choice = Choice("case.priority", {name: name for name in ("low", "normal", "high", "urgent")})

    def __init__(self, page: int = 4, clock: Clock | None = None, published: Published | None = None) -> None:
        desk = Desk()
        desk.users = {
            ROBOT: _user(ROBOT, "Robot", EMAIL, "admin"),
            AGENT: _user(AGENT, "Lee", "lee@example.com", "agent"),
            CUSTOMER: _user(CUSTOMER, "Luc", "luc@acme.example", "end-user", ACME),
        }
        desk.fields = [
            _system_field(11, "subject", "Subject"),
            _system_field(12, "status", "Status", ("new", "open", "pending", "hold", "solved")),
            _system_field(13, "priority", "Priority", ("low", "normal", "high", "urgent")),
            _system_field(14, "tickettype", "Type", ("question", "incident", "problem", "task")),
            _system_field(15, "group", "Group"),
            _system_field(16, "assignee", "Assignee"),
        ]
        super().__init__(desk, (SECRET, API_TOKEN, WEBHOOK_SECRET, EVENT_SECRET), clock)
        self.page = page
        self.published = published
        self.ahead = 0
        self.delay = 60
        self.fails_in_bulk: set[int] = set()
        self.requests: list[Request] = []
        self.role = "admin"
        self.headers: dict[str, str] = {}
        self.before_update: list[Any] = []
        self.clock.advance(-86_400)
        self.organization(ACME, "Acme", {})
        self.clock.advance(86_400)

    @property
    def faults(self) -> frozenset[Fault]:
        """All that the base has, and changes that are shown late."""
        return super().faults | {Fault.LATE}

    # -- what happens

    def open_ticket(self, text: str, **fields: Any) -> str:
        """See `FakeHelpdesk`."""
        return str(self.opened(CUSTOMER, text, **fields))

    def comment(self, ticket: str, text: str) -> None:
        """See `FakeHelpdesk`."""
        self.update(int(ticket), CUSTOMER, {"comment": {"body": text, "public": True}}, channel="email")

    def change(self, ticket: str, value: str | None) -> None:
        """See `FakeHelpdesk`."""
        self.update(int(ticket), AGENT, {"priority": value})

    def opened(self, by: int, text: str, via: dict[str, Any] | None = None, mark: Json = None, **fields: Any) -> int:
        """Let somebody open a ticket."""
        number = self._number()
        ticket: dict[str, Any] = dict.fromkeys(_PLAIN) | {
            "id": number,
            "url": f"https://example.zendesk.com/api/v2/tickets/{number}.json",
            "subject": text[:80],
            "status": "new",
            "requester_id": by,
            "organization_id": self.state.users[by].get("organization_id"),
            "tags": [],
            "custom_fields": [{"id": one["id"], "value": None} for one in self.state.fields if one["removable"]],
            "created_at": self._stamp(),
            "updated_at": self._stamp(),
            "generated_timestamp": self._seconds(),
            "via": via or {"channel": "email", "source": {"from": {}, "to": {}, "rel": None}},
            "followup_ids": [],
            "cursor": 0,
        }
        custom = fields.pop("custom_fields", {})
        ticket |= fields
        for one in ticket["custom_fields"]:
            one["value"] = custom.get(one["id"])
        self.state.tickets[number] = ticket
        events = [self._event("Create", field_name=name, value=_said(ticket[name])) for name in _PLAIN if ticket[name]]
        events += [self._event("Create", field_name=str(key), value=value) for key, value in custom.items()]
        if ticket["tags"]:
            events.append(self._event("Create", field_name="tags", value=list(ticket["tags"])))
        events.append(self._comment(by, text, is_public=True))
        self._audit(number, by, events, ticket["via"], mark)
        return number

    def update(  # as an update is
        self,
        number: int,
        by: int,
        change: dict[str, Any],
        channel: str = "web",
        mark: Json = None,
        rel: dict[str, Any] | None = None,
        rule: dict[str, Any] | None = None,
        flags: Sequence[int] = (),
    ) -> int | None:
        """Let somebody change a ticket in one audit; `rule` is what a trigger makes of it at once."""
        ticket = self.state.tickets[number]
        via = {"channel": channel, "source": rel or {"from": {}, "to": {}, "rel": None}}
        events = self._changes(ticket, change, None)
        if rule:
            trigger = {"channel": "rule", "source": {"from": {"id": 77, "title": "A trigger"}, "rel": "trigger"}}
            events += self._changes(ticket, rule, trigger)
        comment = change.get("comment")
        if comment:
            author = comment.get("author_id", by)
            events.append(self._comment(author, comment["body"], is_public=comment.get("public", True) is not False))
        macro = change.get("macro")
        if macro:
            events.append(self._event("AgentMacroReference", macro_id=str(macro[0]), macro_title=macro[1]))
        if not events:
            return None
        ticket |= {"updated_at": self._stamp(), "generated_timestamp": self._seconds()}
        return self._audit(number, by, events, via, mark, flags)

    def delete(self, ticket: str) -> None:
        """Let an agent delete a ticket."""
        self.state.tickets[int(ticket)] |= {
            "status": "deleted",
            "updated_at": self._stamp(),
            "generated_timestamp": self._seconds(),
        }
        self._moved(int(ticket))

    def follow_up(self, ticket: str, by: int = CUSTOMER) -> str:
        """Let somebody answer to a closed ticket."""
        source = {"from": {"ticket_id": int(ticket), "subject": "x"}, "to": {}, "rel": "follow_up"}
        number = self.opened(by, f"Follow-up of {ticket}", {"channel": "email", "source": source})
        self.state.tickets[int(ticket)]["followup_ids"].append(number)
        return str(number)

    def merge(self, ticket: str, into: str) -> None:
        """Let an agent merge a ticket into another."""
        one, other = int(ticket), int(into)
        tags = [*self.state.tickets[one]["tags"], "closed_by_merge"]
        text = f"This request was closed and merged into request #{into}."
        self.update(one, AGENT, {"status": "closed", "tags": tags, "comment": {"body": text, "public": False}})
        rel = {"from": {"ticket_id": one, "ticket_ids": [one]}, "to": {}, "rel": "merge"}
        text = f"Request #{ticket} was closed and merged into this request."
        self.update(other, AGENT, {"comment": {"body": text, "public": False}}, rel=rel)

    def organization(self, number: int, name: str, fields: dict[str, Any]) -> None:
        """Let an organization be, or be changed."""
        known = self.state.organizations.get(number, {"created_at": self._stamp()})
        self.state.organizations[number] = {
            **known,
            "id": number,
            "name": name,
            "organization_fields": {**known.get("organization_fields", {}), **fields},
            "updated_at": self._stamp(),
            "tags": [],
        }

    def custom_field(self, number: int, title: str, kind: str = "text", options: Sequence[str] = ()) -> None:
        """Let there be a field."""
        listed = [{"id": index, "name": one, "value": one} for index, one in enumerate(options)]
        self.state.fields.append(
            {"id": number, "type": kind, "title": title, "removable": True, "active": True}
            | ({"custom_field_options": listed} if options else {})
        )

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
        stamp = iso(self.now() if at is None else at)
        found = []
        for audit in self.state.audits:
            number = audit["ticket_id"]
            body = {"casewarden": 1, "ticket": str(number), "at": audit["created_at"]}
            found.append(signed(body, f"trigger-{audit['id']}", stamp, secret or WEBHOOK_SECRET))
            event = {
                "type": "zen:event-type:ticket.comment_added",
                "id": f"event-{audit['id']}",
                "time": audit["created_at"],
                "account_id": 1,
                "zendesk_event_version": "2022-11-06",
                "subject": f"zen:ticket:{number}",
                "detail": {"id": str(number), "status": "OPEN"},
                "event": {"comment": {"id": "1", "body": "x", "is_public": True}},
            }
            found.append(signed(event, f"subscription-{audit['id']}", stamp, secret or EVENT_SECRET))
        return found

    # -- requests

    def kind_of(self, request: Request) -> Literal["read", "write", "other"]:
        """A login is neither."""
        return "other" if request.path == "/oauth/tokens" else super().kind_of(request)

    def answer(self, request: Request) -> Reply:
        """See `FakeServer`."""
        self.requests.append(request)
        if self.published is not None and request.path.startswith("/api/"):
            self.published.require(request)
        reply = self._answer(request)
        headers = {"date": _http_date(self.clock.now() + self.ahead * SECOND), **self.headers}
        return Reply(reply.status, reply.body, {**reply.headers, **headers})

    def _answer(self, request: Request) -> Reply:
        if request.path == "/oauth/tokens":
            return self._token(request)
        if not self._is_known(request.headers.get("authorization", "")):
            return json_reply({"error": "Couldn't authenticate you"}, 401)
        path = request.path.removesuffix(".json")
        parts = tuple(part for part in path.split("/") if part)[2:]
        match request.method, parts:
            case "GET", ("users", "me"):
                return json_reply({"user": {**self.state.users[ROBOT], "role": self.role}})
            case "GET", ("incremental", *what):
                return self._export(request, what)
            case "GET", (("tickets" | "users" | "organizations") as name, "show_many"):
                return self._many(request, name)
            case "GET", ("users", "search"):
                query = (request.query("query") or "").removeprefix("email:").strip('"')
                found = [one for one in self.state.users.values() if one["email"] == query]
                return _json({"users": found, "count": len(found), "next_page": None, "previous_page": None})
            case "PUT", ("tickets", "update_many"):
                return self._update_many(request)
            case "GET", ("job_statuses", job) if job in self.state.jobs:
                return json_reply({"job_status": self.state.jobs[job]})
            case "GET", ("tickets", number) if self._ticket(number) is not None:
                return json_reply({"ticket": _shown(self._ticket(number))})
            case "PUT", ("tickets", number) if self._ticket(number) is not None:
                return self._put(request, int(number))
            case "POST", ("tickets",):
                return self._post(request)
            case "GET", ("tickets", number, "audits", *rest) if self._ticket(number) is not None:
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

    # -- exports

    def _export(self, request: Request, what: list[str]) -> Reply:
        if self.role != "admin":
            return json_reply({"error": "Forbidden", "description": "You do not have access to this page."}, 403)
        match what:
            case ["tickets", "cursor"]:
                return self._tickets(request)
            case ["ticket_events"]:
                rows = [
                    (one["seconds"], _exported(one))
                    for one in self.state.audits
                    if not (one["late"] and self.is_hiding)
                ]
                return self._timed(request, "ticket_events", rows)
            case ["organizations"]:
                listed = [(_epoch(one["updated_at"]), one) for one in self.state.organizations.values()]
                return self._timed(request, "organizations", listed)
            case _:
                return json_reply({"error": "InvalidEndpoint"}, 404)

    def _tickets(self, request: Request) -> Reply:
        cursor, start = request.query("cursor"), request.query("start_time")
        if (cursor is None) == (start is None):
            return json_reply({"error": "InvalidValue", "description": "one of cursor and start_time"}, 400)
        place = _read_cursor(cursor) if cursor is not None else 0
        until = self._seconds() - self.delay
        rows = sorted(self.state.tickets.values(), key=lambda one: int(one["cursor"]))
        rows = [one for one in rows if one["cursor"] > place and one["generated_timestamp"] <= until]
        if start is not None:
            rows = [one for one in rows if one["generated_timestamp"] >= int(start)]
        some = rows[: self.page]
        if some:
            place = some[-1]["cursor"]
        people = {one["requester_id"] for one in some} | {one["assignee_id"] for one in some}
        after = base64.b64encode(f"{place}||".encode()).decode()
        return json_reply(
            {
                "tickets": [_shown(one) for one in some],
                "users": [self.state.users[one] for one in sorted(people - {None})],
                "organizations": [*self.state.organizations.values()],
                "after_cursor": after,
                "after_url": f"https://example.zendesk.com/api/v2/incremental/tickets/cursor.json?cursor={after}",
                "before_cursor": None,
                "before_url": None,
                "end_of_stream": len(rows) <= self.page,
            }
        )

    def _timed(self, request: Request, name: str, rows: list[tuple[int, dict[str, Any]]]) -> Reply:
        start, until = int(request.query("start_time") or 0), self._seconds() - self.delay
        if start > until:
            return json_reply(
                {
                    "error": "InvalidValue",
                    "description": "Too recent start_time. Use a start_time older than 60 seconds",
                },
                422,
            )
        found = sorted((one for one in rows if start <= one[0] <= until), key=lambda one: one[0])
        some = found[: self.page]
        # A page that ends within a second goes on to the end of it
        some += [one for one in found[self.page :] if one[0] == some[-1][0]]
        end = some[-1][0] if some else None
        return _json(
            {
                name: [one for _, one in some],
                "count": len(some),
                "end_time": end,
                "end_of_stream": len(some) == len(found),
                "next_page": None if end is None else f"https://example.zendesk.com/x?start_time={end}",
            }
        )

    # -- tickets

    def _ticket(self, number: str) -> dict[str, Any] | None:
        ticket = self.state.tickets.get(int(number)) if number.isdecimal() else None
        return None if ticket is None or ticket["status"] == "deleted" else ticket

    def _many(self, request: Request, name: str) -> Reply:
        ids = (request.query("ids") or "").split(",")
        if len(ids) > 100:
            return json_reply({"error": "TooManyIds"}, 400)
        if name == "tickets":
            found = [_shown(one) for number in ids if (one := self._ticket(number)) is not None]
        else:
            known = self.state.users if name == "users" else self.state.organizations
            found = [known[int(number)] for number in ids if int(number) in known]
        return _json({name: found, "count": len(found), "next_page": None, "previous_page": None})

    def _put(self, request: Request, number: int) -> Reply:
        if self.before_update:
            self.before_update.pop()()
        ticket, wanted = self.state.tickets[number], request.json()["ticket"]
        if ticket["status"] == _CLOSED:
            return json_reply(
                {
                    "error": "RecordInvalid",
                    "details": {"status": [{"description": "Status: closed prevents ticket update"}]},
                },
                422,
            )
        if wanted.get("safe_update") and wanted.get("updated_stamp") != ticket["updated_at"]:
            return Reply(409, b"Update conflict: the ticket was updated", {"content-type": "text/plain"})
        audit = self.update(number, ROBOT, wanted, channel="api", mark=wanted.get("metadata"))
        found = next((one for one in self.state.audits if one["id"] == audit), None)
        return json_reply({"ticket": _shown(ticket), "audit": None if found is None else _audit(found)})

    def _post(self, request: Request) -> Reply:
        wanted, key = request.json()["ticket"], request.headers.get("idempotency-key", "")
        if key in self.state.created:
            return json_reply({"ticket": _shown(self.state.tickets[self.state.created[key]])}, 201)
        source = {"from": {"ticket_id": wanted["via_followup_source_id"]}, "to": {}, "rel": "follow_up"}
        number = self.opened(ROBOT, wanted["comment"]["body"], {"channel": "api", "source": source}, wanted["metadata"])
        self.state.tickets[wanted["via_followup_source_id"]]["followup_ids"].append(number)
        self.state.created[key] = number
        return json_reply({"ticket": _shown(self.state.tickets[number])}, 201)

    def _update_many(self, request: Request) -> Reply:
        wanted = request.json()["tickets"]
        if len(wanted) > 100:
            return json_reply({"error": "TooManyTickets"}, 400)
        results: list[dict[str, Any]] = []
        for index, one in enumerate(wanted):
            number = one["id"]
            ticket = self._ticket(str(number))
            if ticket is None or ticket["status"] == _CLOSED or number in self.fails_in_bulk:
                results.append(
                    {"index": index, "id": number, "error": "TicketUpdateFailed", "details": "cannot be updated"}
                )
                continue
            self.update(number, ROBOT, one, channel="api", mark=one.get("metadata"))
            results.append({"index": index, "id": number, "action": "update", "success": True, "status": "Updated"})
        job = f"job{len(self.state.jobs)}"
        count = len(wanted)
        self.state.jobs[job] = {"id": job, "status": "completed", "total": count, "progress": count, "results": results}
        return _json({"job_status": {"id": job, "status": "queued", "total": count, "progress": 0, "results": None}})

    def _audits(self, request: Request, number: int, rest: list[str]) -> Reply:
        rows = [_audit(one) for one in self.state.audits if one["ticket_id"] == number]
        if not rest:
            return self._paged(request, "audits", rows)
        found = next((one for one in rows if str(one["id"]) == rest[0]), None)
        return json_reply({"audit": found}) if found else json_reply({"error": "RecordNotFound"}, 404)

    def _paged(self, request: Request, name: str, rows: list[dict[str, Any]]) -> Reply:
        after = int(request.query("page[after]") or 0)
        some = rows[after : after + 100]
        has_more = after + 100 < len(rows)
        following = f"{self.url}{request.path}?page%5Bafter%5D={after + 100}&page%5Bsize%5D=100" if has_more else None
        return _json({name: some, "meta": {"has_more": has_more}, "links": {"next": following, "prev": None}})

    # -- writing it down

    def _changes(
        self, ticket: dict[str, Any], change: dict[str, Any], via: dict[str, Any] | None
    ) -> list[dict[str, Any]]:
        events = []
        for name in _PLAIN:
            if name in change and ticket[name] != change[name]:
                said = {"field_name": name, "value": _said(change[name]), "previous_value": _said(ticket[name])}
                events.append(self._event("Change", via, **said))
                ticket[name] = change[name]
        if "tags" in change and sorted(change["tags"]) != sorted(ticket["tags"]):
            said = {"field_name": "tags", "value": list(change["tags"]), "previous_value": list(ticket["tags"])}
            events.append(self._event("Change", via, **said))
            ticket["tags"] = list(change["tags"])
        for one in change.get("custom_fields", ()):
            known = next(known for known in ticket["custom_fields"] if known["id"] == one["id"])
            if known["value"] != one["value"]:
                said = {"field_name": str(one["id"]), "value": one["value"], "previous_value": known["value"]}
                events.append(self._event("Change", via, **said))
                known["value"] = one["value"]
        return events

    def _event(self, kind: str, via: dict[str, Any] | None = None, **said: Any) -> dict[str, Any]:
        return {"id": self._number(), "type": kind, **said, **({"via": via} if via else {})}

    def _comment(self, by: int, text: str, *, is_public: bool) -> dict[str, Any]:
        return self._event("Comment", author_id=by, body=text, plain_body=text, public=is_public, attachments=[])

    def _audit(  # as an audit is
        self,
        number: int,
        by: int,
        events: list[dict[str, Any]],
        via: dict[str, Any],
        mark: Json,
        flags: Sequence[int] = (),
    ) -> int:
        audit = {
            "id": self._number(),
            "ticket_id": number,
            "created_at": self._stamp(),
            "seconds": self._seconds(),
            "author_id": by,
            "via": via,
            "metadata": {"system": {}, "custom": mark or {}, **({"flags": list(flags)} if flags else {})},
            "events": deepcopy(events),
            "late": self.hides_next(),
        }
        self.state.audits.append(audit)
        self._moved(number)
        return number_of(audit)

    def _moved(self, number: int) -> None:
        self.state.marks += 1
        self.state.tickets[number]["cursor"] = self.state.marks

    def _number(self) -> int:
        self.state.numbers += 1
        return self.state.numbers

    def _seconds(self) -> int:
        return self.clock.now() // SECOND + self.ahead

    def _stamp(self) -> str:
        return iso(self._seconds() * SECOND)


def signed(body: dict[str, Any], invocation: str, stamp: str, secret: str) -> Webhook:
    """A delivery, signed as Zendesk does it."""
    raw = json.dumps(body).encode()
    signature = base64.b64encode(hmac.digest(secret.encode(), stamp.encode() + raw, "sha256")).decode()
    return Webhook(
        {
            "x-zendesk-webhook-signature": signature,
            "x-zendesk-webhook-signature-timestamp": stamp,
            "x-zendesk-webhook-invocation-id": invocation,
        },
        raw,
    )


def _user(number: int, name: str, email: str, role: str, organization: int | None = None) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "email": email,
        "role": role,
        "locale": "en-US",
        "organization_id": organization,
    }


def _system_field(number: int, kind: str, title: str, options: Sequence[str] = ()) -> dict[str, Any]:
    listed = [{"name": one.title(), "value": one} for one in options]
    return {"id": number, "type": kind, "title": title, "removable": False, "active": True} | (
        {"system_field_options": listed} if options else {}
    )


def _shown(ticket: dict[str, Any] | None) -> dict[str, Any]:
    assert ticket is not None
    return {name: value for name, value in ticket.items() if name != "cursor"}


def _audit(audit: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in audit.items() if name not in ("late", "seconds")}


def _exported(audit: dict[str, Any]) -> dict[str, Any]:
    """An audit as the export of ticket events tells it: other names, and a text for the channel."""
    children = []
    for event in audit["events"]:
        child: dict[str, Any] = {"id": event["id"], "event_type": event["type"], "via_reference_id": None}
        child["via"] = "Rule" if "via" in event else "Web form"
        match event["type"]:
            case "Create" | "Change":
                name, value = event["field_name"], event["value"]
                child |= {"custom_ticket_fields": {name: value}} if name.isdecimal() else {name: value}
                if event["type"] == "Change":
                    child["previous_value"] = event["previous_value"]
                if name == "tags":
                    child |= {"added_tags": [], "removed_tags": []}
            case _:
                child |= {key: value for key, value in event.items() if key not in ("id", "via")}
                child |= {"comment_present": True, "comment_public": event.get("public"), "audit_id": audit["id"]}
        children.append(child)
    names = {"web": "Web form", "email": "Mail", "api": "Web service"}
    rel = audit["via"]["source"].get("rel")
    start = audit["via"]["source"]["from"].get("ticket_id")
    return {
        "id": audit["id"],
        "ticket_id": audit["ticket_id"],
        "timestamp": audit["seconds"],
        "created_at": audit["created_at"],
        "updater_id": audit["author_id"],
        "via": "Closed ticket" if rel == "follow_up" else names[audit["via"]["channel"]],
        "via_reference_id": start if rel == "follow_up" else None,
        "system": {"client": "x"},
        "metadata": audit["metadata"],
        "event_type": "Audit",
        "child_events": children,
    }


def _said(value: Any) -> Any:
    """Ids stand in audits as texts."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def number_of(audit: dict[str, Any]) -> int:
    """The id of an audit."""
    number = audit["id"]
    assert isinstance(number, int)
    return number


def _json(value: dict[str, Any]) -> Reply:
    return json_reply(value)


def _read_cursor(cursor: str) -> int:
    return int(base64.b64decode(cursor).decode().partition("|")[0])


def _epoch(stamp: str) -> int:
    return round(datetime.fromisoformat(stamp).timestamp())


def _http_date(at: int) -> str:
    return formatdate(at // SECOND, usegmt=True)
