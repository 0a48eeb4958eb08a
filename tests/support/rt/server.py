"""A Request Tracker in the test's own process: what of REST 2 the connector uses, answered as version 5.0.3 answers.

The same tests run against this and the real one; what they show is what may be relied upon here.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx

from casewarden.testing.helpdesk import Choice, Clock, Fault, Happens, Webhook
from casewarden.testing.server import FakeServer
from casewarden.testing.wire import Reply, Request, json_reply
from casewarden.worktime import from_us
from support.rt.search import WrongQueryError, by_json, by_sql, numbers_in
from support.rt.state import DATES, NOBODY, ROLES, SYSTEM, UNSET, Field, Part, State, Ticket, Transaction, User
from support.servers.request_tracker import PEOPLE

CUSTOM = ("Core", "Severity", "Plan", "Close reason", "Tags", "Answer due")
CORES = ("down", "degraded", "available")


def _state() -> State:
    state = State()
    state.users = {SYSTEM: User(SYSTEM, "RT_System"), NOBODY: User(NOBODY, "Nobody", privileged=False)}
    for number, name in enumerate(PEOPLE):
        id_, is_customer = str(27 + 2 * number), "customer" in name
        zone = "UTC" if name == "casewarden" else ""
        state.users[id_] = User(id_, name, not is_customer, not is_customer and name != "reader", zone)
    state.queues = {"1": "General", "3": "Support", "4": "Sales"}
    for number, name in enumerate(CUSTOM, 2):
        kind = {"Core": "Select", "Answer due": "DateTime"}.get(name, "Freeform")
        state.fields[str(number)] = Field(str(number), name, kind, name == "Tags", CORES if name == "Core" else ())
    return state


class FakeRequestTracker(FakeServer[State]):
    """See `casewarden.testing.helpdesk.FakeHelpdesk`, and `support.servers.request_tracker` for the real one.

    `page` is the most that it gives at once: the real one gives a hundred.
    """

    happens: frozenset[Happens] = frozenset({"ticket", "comment", "change"})
    page = 7
    choice = Choice("case.core", {"down": "down", "degraded": "degraded", "available": "available"})

    def __init__(self, clock: Clock | None = None) -> None:
        state = _state()
        self.tokens = {user.name: f"1-{user.id}-{user.id:0>32}" for user in state.users.values() if user.name in PEOPLE}
        super().__init__(state, tuple(self.tokens.values()), clock)
        self.hides_comments_from: set[str] = set()

    @property
    def faults(self) -> frozenset[Fault]:
        """All that the base has, and transactions that are committed late."""
        return super().faults | {Fault.LATE}

    def as_user(self, name: str) -> httpx.Client:
        """A client that acts as one of PEOPLE, to be closed after use."""
        headers = {"Authorization": f"token {self.tokens[name]}"}
        return httpx.Client(base_url=f"{self.url}/REST/2.0", headers=headers, timeout=60)

    def new_queue(self) -> str:
        """A queue of a test's own; its name."""
        number = str(max(map(int, self.state.queues)) + 1)
        name = self.state.queues[number] = f"Queue {number}"
        return name

    # -- what happens

    def open_ticket(self, text: str) -> str:
        """See `FakeHelpdesk`."""
        said = {"Queue": "Support", "Subject": "A question", "Requestor": "kim@customer.example", "Content": text}
        ticket: str = self._happening(lambda: self.state.create(said, self._named("kim@customer.example"), self.now()))
        return ticket

    def comment(self, ticket: str, text: str) -> None:
        """See `FakeHelpdesk`."""
        said = {"Content": text, "Interface": "Email"}
        whose = self._named("kim@customer.example")
        self._happening(lambda: self.state.write(self.state.tickets[ticket], "Correspond", said, whose, self.now()))

    def change(self, ticket: str, value: str | None) -> None:
        """See `FakeHelpdesk`."""
        self.state.fields["2"].values = ()  # another administrator had other values on the list
        said = {"CustomFields": {"Core": value}}
        self._happening(lambda: self.state.update(self.state.tickets[ticket], said, self._named("alice"), self.now()))

    def clear(self) -> None:
        """See `FakeHelpdesk`."""
        super().clear()
        for one in self.state.transactions:
            one.hidden = False

    def subject(self, ticket: str) -> str:
        """See `FakeHelpdesk`."""
        return f"case:{ticket}"

    def standing(self, text: str) -> int:
        """See `FakeHelpdesk`."""
        ours = self._named("casewarden").id
        mine = {one.id for one in self.state.transactions if one.creator == ours}
        return sum(text in part.content for part in self.state.parts if part.transaction in mine)

    def webhooks(self, *, at: int | None = None, secret: str | None = None) -> Sequence[Webhook]:
        """See `FakeHelpdesk`: there are none."""
        return ()

    def _happening(self, does: Callable[[], Any]) -> Any:
        before = len(self.state.transactions)
        done = does()
        if self.hides_next():
            for one in self.state.transactions[before:]:
                one.hidden = True
        return done

    def _named(self, name: str) -> User:
        found = self.state.user(name)
        assert found is not None
        return found

    # -- requests

    def answer(self, request: Request) -> Reply:
        """See `FakeServer`."""
        reply = self._reply_to(request)
        date = format_datetime(from_us(self.now()), usegmt=True)
        return Reply(reply.status, reply.body, {**reply.headers, "date": date})

    def _reply_to(self, request: Request) -> Reply:
        word, _, token = request.headers.get("authorization", "").partition(" ")
        name = next((name for name, known in self.tokens.items() if known == token), None)
        if word.casefold() != "token" or name is None:
            return _message("Unauthorized", 401)
        user = self._named(name)
        if request.parts[:2] != ("REST", "2.0"):
            return Reply(404, b"Not Found", {"content-type": "text/plain"})
        parts = [unquote(part) for part in request.parts[2:]]
        match request.method, parts:
            case "GET", ["rt"]:
                return json_reply({"Version": "5.0.3"})
            case "GET", ["user", name]:
                return self._user(name, user)
            case "GET", ["queues", "all"]:
                return self._collection(request, self.state.queues, lambda id_, _: {"type": "queue", "id": id_})
            case "GET", ["queue", name]:
                return self._queue(name)
            case "GET", ["customfield", id_]:
                return self._field(id_)
            case "GET", ["tickets"]:
                return self._tickets(request, user)
            case "GET", ["transactions"]:
                return self._transactions(request, user)
            case "GET", ["attachments"]:
                return self._attachments(request)
            case "POST", ["ticket"]:
                return self._create(request, user)
            case (("GET" | "PUT"), ["ticket", id_]):
                return self._ticket(request, id_, user)
            case "POST", ["ticket", id_, ("correspond" | "comment") as how]:
                return self._write(request, id_, how, user)
            case _:
                return _message("Not Found", 404)

    def _user(self, name: str, asks: User) -> Reply:
        found = self.state.user(name)
        if found is None:
            return _message("Not Found", 404)
        if not asks.privileged and found.id != asks.id:
            return _message("Forbidden", 403)
        said: dict[str, Any] = {"Name": found.name, "EmailAddress": found.address, "Privileged": int(found.privileged)}
        said["_hyperlinks"] = [{"ref": "self", "type": "user", "id": int(found.id), "_url": "..."}]
        if found.id == asks.id:
            said |= {"id": int(found.id), "Timezone": found.zone}
        return json_reply(said)

    def _queue(self, name: str) -> Reply:
        id_ = next((id_ for id_, known in self.state.queues.items() if name in (id_, known)), None)
        if id_ is None:
            return _message("Not Found", 404)
        fields: list[Any] = [
            {"id": one.id, "name": one.name, "type": "customfield"} for one in self.state.fields.values()
        ]
        return json_reply(
            {"id": int(id_), "Name": self.state.queues[id_], "Lifecycle": "default", "TicketCustomFields": fields}
        )

    def _field(self, id_: str) -> Reply:
        found = self.state.fields.get(id_)
        if found is None:
            return _message("Not Found", 404)
        said: dict[str, Any] = {"id": int(id_), "Name": found.name, "Type": found.kind}
        said["MaxValues"] = "0" if found.several else "1"
        return json_reply(said | ({"Values": sorted(found.values)} if found.kind == "Select" else {}))

    def _create(self, request: Request, user: User) -> Reply:
        said = request.json()
        if not said.get("Queue"):
            return _message("Could not create ticket. Queue not set", 400)
        id_ = self.state.create(said, user, self.now())
        return json_reply({"id": id_, "type": "ticket"}, 201, location=f"/REST/2.0/ticket/{id_}")

    def _ticket(self, request: Request, id_: str, user: User) -> Reply:
        ticket = self.state.live(id_)
        if ticket is None:
            return _message("Not Found" if request.method == "GET" else "Resource does not exist", 404)
        if not self._sees(ticket, user):
            return _message("Forbidden", 403)
        version = f'"{self.state.version(ticket)}"'
        if request.method == "GET":
            said = self.as_json(ticket) | {"id": int(ticket.id), "_hyperlinks": self._links(ticket, user)}
            said["EffectiveId"] = {"type": "ticket", "id": ticket.effective}
            if "fields[Queue]" not in _params(request):
                said["Queue"].pop("Name")
            return json_reply(said, etag=version)
        if request.headers.get("if-match", version) != version:
            return _message("Precondition Failed", 412)
        return json_reply(list(self.state.update(ticket, request.json(), user, self.now())))

    def _write(self, request: Request, id_: str, how: str, user: User) -> Reply:
        ticket = self.state.live(id_)
        if ticket is None:
            return _message("Not Found", 404)
        if how == "comment" and not user.may_work:
            return _message("Permission Denied", 400)
        if "if-match" in request.headers:
            return _message("Precondition Failed", 412)  # what is written to has no version
        said = request.json()
        if said.get("Content") and not said.get("ContentType"):
            return _message("ContentType is a required field for application/json", 400)
        one = self.state.write(ticket, "Correspond" if how == "correspond" else "Comment", said, user, self.now())
        told = ["Correspondence added" if how == "correspond" else "Comments added"]
        if "Status" in said:
            now, wanted = ticket.values["Status"], said["Status"]
            same = f"You can't change status from '{now}' to '{wanted}'."
            told += [same] if now == wanted else self.state.update(ticket, {"Status": wanted}, user, self.now())
        return json_reply(list(told), 201, location=f"/REST/2.0/transaction/{one.id}")

    # -- collections

    def _tickets(self, request: Request, user: User) -> Reply:
        query = _params(request)["query"]
        merged_as_well = "EffectiveId" in query
        found = [
            one
            for one in self.state.tickets.values()
            if one.values["Status"] != "deleted"
            and self._sees(one, user)
            and (merged_as_well or one.effective == one.id)
        ]

        def values(one: Ticket) -> dict[str, str | int]:
            return {"id": int(one.id), "EffectiveId": int(one.effective), "Queue": int(one.queue)}

        return self._found(request, found, values, self.as_json)

    def _transactions(self, request: Request, user: User) -> Reply:
        """What the asker may not see is taken out of a page, and leaves it shorter."""
        query = _params(request).get("query", "")
        tickets, least = numbers_in(query, "ObjectId = "), max(numbers_in(query, "AND id > "), default=0)
        found = [
            one
            for one in self.state.transactions
            if one.id > least and (not tickets or int(one.ticket) in tickets) and not (one.hidden and self.is_hiding)
        ]

        def values(one: Transaction) -> dict[str, str | int]:
            return {"ObjectType": "RT::Ticket", "id": one.id, "Type": one.type, "ObjectId": int(one.ticket),
                    "Field": one.field, "TicketQueue": int(self.state.tickets[one.ticket].queue)}  # fmt: skip

        def shown(one: Transaction) -> dict[str, Any] | None:
            live = self.state.live(one.ticket)
            assert live is not None
            is_hidden = not user.privileged or user.name in self.hides_comments_from
            if not self._sees(live, user) or (one.type == "Comment" and is_hidden):
                return None
            return self.transaction_as_json(one)

        return self._found(request, found, values, shown)

    def _attachments(self, request: Request) -> Reply:
        fields = _params(request).get("fields", "").split(",")

        def shown(one: Part) -> dict[str, Any]:
            every = {
                "TransactionId": str(one.transaction), "ContentType": one.type, "Filename": one.file,
                "Headers": one.headers, "Subject": one.subject, "Content": one.content,
                "ContentLength": str(len(one.content.encode(errors="replace"))),
            }  # fmt: skip
            return {"id": str(one.id), "type": "attachment", **{name: every[name] for name in fields if name in every}}

        if "Parent" in fields:
            return Reply(500, b"", {"content-type": "application/json"})
        query = _params(request).get("query", "")
        asked = numbers_in(query, '"value": ')
        found = [one for one in self.state.parts if one.id in asked or one.transaction in asked]
        return self._found(request, found, lambda one: {"id": one.id, "TransactionId": one.transaction}, shown)

    def _found(
        self,
        request: Request,
        items: Iterable[Any],
        values: Callable[[Any], dict[str, str | int]],
        shown: Callable[[Any], dict[str, Any] | None],
    ) -> Reply:
        params = _params(request)
        query = params.get("query", "")
        try:
            condition = by_json(query) if query.lstrip().startswith("[") else by_sql(query)
        except WrongQueryError as problem:
            return _message(str(problem), 400)
        rows = [one for one in items if condition(values(one))]
        if params.get("order") == "DESC":
            rows.reverse()
        return self._collection(request, rows, lambda one, _: shown(one))

    def _collection(
        self, request: Request, rows: Iterable[Any], shown: Callable[[Any, str], dict[str, Any] | None]
    ) -> Reply:
        params = _params(request)
        size = min(int(params.get("per_page", 20)), self.page)
        page = int(params.get("page", 1))
        some = list(rows)[(page - 1) * size : page * size]
        items: list[Any] = [one for row in some if (one := shown(row, "")) is not None]
        return json_reply(
            {"count": len(items), "page": page, "per_page": size, "pages": None, "total": None, "items": items}
        )

    # -- parts of answers

    def _sees(self, ticket: Ticket, user: User) -> bool:
        return user.privileged or user.id in ticket.roles["Requestor"]

    def as_json(self, ticket: Ticket) -> dict[str, Any]:
        """A ticket as REST 2 states it."""
        state = self.state
        said: dict[str, Any] = {"id": ticket.id, "type": "ticket", "EffectiveId": ticket.effective}
        said |= {name: ticket.values[name] for name in ("Subject", "Status", "Priority", "Type")}
        said |= {name: _shown_date(ticket.values[name]) for name in DATES}
        said |= {role: [_user(state.users[one]) for one in ticket.roles[role]] for role in ROLES}
        said["Owner"] = _user(state.users[ticket.values["Owner"]])
        said["Queue"] = {"type": "queue", "id": ticket.queue, "Name": state.queues[ticket.queue]}
        said["CustomFields"] = [
            {
                "id": one.id,
                "name": one.name,
                "type": "customfield",
                "values": [_shown_date(v) if one.kind == "DateTime" else v for v in ticket.custom.get(one.id, [])],
            }
            for one in state.fields.values()
        ]
        return said

    def transaction_as_json(self, one: Transaction) -> dict[str, Any]:
        """A transaction as REST 2 states it."""
        creator = self.state.users[one.creator].name
        return {
            "id": str(one.id), "type": "transaction", "ObjectId": one.ticket, "Type": one.type, "Field": one.field,
            "OldValue": one.old, "NewValue": one.new, "Data": one.data, "TimeTaken": str(one.minutes),
            "Created": _shown_date(one.created), "Creator": {"type": "user", "id": creator, "_url": "..."},
        }  # fmt: skip

    def _links(self, ticket: Ticket, user: User) -> list[Mapping[str, Any]]:
        links: list[Mapping[str, Any]] = [{"ref": "self"}, {"ref": "history"}, {"ref": "correspond"}]
        if user.may_work:
            others = [one for one in ("open", "resolved", "rejected", "deleted") if one != ticket.values["Status"]]
            links += [{"ref": "comment"}, *({"ref": "lifecycle", "to": one} for one in others)]
        return links


def _user(one: User) -> dict[str, Any]:
    return {"type": "user", "id": one.name, "_url": "..."}


def _shown_date(stored: str) -> str:
    return (stored or UNSET).replace(" ", "T") + "Z"


def _message(text: str, status: int) -> Reply:
    return Reply(status, json.dumps({"message": text}).encode(), {"content-type": "application/json; charset=utf-8"})


def _params(request: Request) -> dict[str, str]:
    return {
        name: values[0] for name, values in parse_qs(urlsplit(request.target).query, keep_blank_values=True).items()
    }
