"""A stateful Jira that listens on loopback: Cloud or Data Center, with Service Management where it is told so.

Every request is held against the published specification where that is beside the checkout.
"""

import hmac
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final, Literal

from casewarden.model.event import Json
from casewarden.testing.helpdesk import Choice, Fault, Happens, Webhook
from casewarden.testing.server import FakeServer
from casewarden.testing.wire import Reply, Request, json_reply
from support.jira.bodies import Bodies
from support.jira.happening import Happening
from support.jira.hooks import deliveries, registered
from support.jira.logins import EMAIL, ME, TOKEN, TOKENS, Logins
from support.jira.search import JqlError
from support.jira.searching import Searches
from support.jira.state import FIELDS, RESOLUTIONS, SCREENS, STATUSES, ZONE, Issue, World
from support.jira.writes import BadWriteError, Writes, rendered
from support.published_specs import Published

WEBHOOK_SECRET: Final = "jira-hook-91d7ab33"


class FakeJira(FakeServer[World]):
    """See `casewarden.testing.helpdesk.FakeHelpdesk`."""

    happens: frozenset[Happens] = frozenset({"ticket", "comment", "change"})
    choice = Choice("case.priority", {"Low": "low", "Medium": "normal", "Highest": "urgent"})

    def __init__(
        self, *, edition: str = "cloud", desk: bool = False, page: int = 1, specs: Published | None = None
    ) -> None:
        super().__init__(World(), (TOKEN, WEBHOOK_SECRET))
        self.edition, self.desk, self.specs = edition, desk, specs
        self.page = 4 * page
        self.happening = Happening(self, ME)
        self.bodies = Bodies(edition, desk=desk)
        self.requests: list[Request] = []
        self.embedded = 40
        """So many entries of a history are in an issue that a search of Cloud gives."""
        self.logins = Logins(self.is_cloud)
        self.is_judged = False
        """Whether its own answers are held to what is published, too: that takes as long as all else."""
        self.refuse: Callable[[Request], Reply | None] | None = None
        """What is answered instead of doing anything."""
        self.change_answer: Callable[[Request, Reply], Reply] | None = None
        self.tokens: str | None = None
        """How the next tokens are wrong: `missing`, `repeated` or `expired`."""

    @property
    def is_cloud(self) -> bool:
        return self.edition == "cloud"

    @property
    def faults(self) -> frozenset[Fault]:
        return super().faults | {Fault.LATE}

    # -- what happens

    def open_ticket(self, text: str) -> str:
        return self.happening.issue("SUP", text, by="customer").id

    def comment(self, ticket: str, text: str) -> None:
        self.happening.comment(ticket, text, by="customer")

    def change(self, ticket: str, value: str | None) -> None:
        self.happening.change(ticket, {"priority": value}, by="lee")

    # -- what is asked

    def subject(self, ticket: str) -> str:
        return f"case:{ticket}"

    def standing(self, text: str) -> int:
        issues = self.state.issues.values()
        written = sum(text in one["body"] for issue in issues for one in issue.comments if one["author"] == ME)
        return written + sum(text in issue.fields["summary"] for issue in issues if issue.by_us)

    def webhooks(self, *, at: int | None = None, secret: str | None = None) -> Sequence[Webhook]:
        bodies = deliveries(self.state, self.bodies, (self.now() if at is None else at) // 1000)
        return [self.signed(body, number, secret) for number, body in enumerate(bodies)]

    def some_webhooks(self, chance: Random, most: int) -> list[Webhook]:
        """A few of them, by chance, in no order."""
        bodies = deliveries(self.state, self.bodies, self.now() // 1000)
        return [self.signed(bodies[one], one) for one in chance.sample(range(len(bodies)), min(most, len(bodies)))]

    def signed(self, body: bytes, number: int = 0, secret: str | None = None) -> Webhook:
        """A delivery as Jira sends it."""
        digest = hmac.new((secret or WEBHOOK_SECRET).encode(), body, "sha256").hexdigest()
        return Webhook(
            {"x-hub-signature": f"sha256={digest}", "x-atlassian-webhook-identifier": f"hook-{number}"}, body
        )

    # -- requests

    def answer(self, request: Request) -> Reply:
        """See `FakeServer`."""
        if request.path == TOKENS:
            return self.logins.given(request, self.now())
        let_in = self.logins.let_in(request, self.now())
        if let_in is None:
            return json_reply({"errorMessages": ["Client must be authenticated to access this resource."]}, 401)
        request = let_in
        if self.specs is not None:
            self.specs.require(request)
        self.requests.append(request)
        refused = None if self.refuse is None else self.refuse(request)
        if refused is not None:
            return refused
        reply = self._answered_to(request)
        if self.change_answer is not None:
            return self.change_answer(request, reply)
        if self.specs is not None and self.is_judged and reply.status < 400:
            self.specs.require_answer(request, reply)
        return reply

    def _answered_to(self, request: Request) -> Reply:
        parts = request.parts
        try:
            if parts[:2] == ("rest", "servicedeskapi") and self.desk:
                return self._desk(request, parts[2:])
            if parts[:3] == ("rest", "api", "3" if self.is_cloud else "2"):
                return self._platform(request, parts[3:])
        except BadWriteError as problem:
            return json_reply({"errorMessages": [], "errors": {"field": str(problem)}}, problem.status)
        except JqlError as problem:
            return json_reply({"errorMessages": [str(problem)], "errors": {}}, 400)
        return json_reply({"errorMessages": ["no such resource"]}, 404)

    def kind_of(self, request: Request) -> Literal["read", "write", "other"]:
        """A search is posted, and reads; a login does neither."""
        if request.path == TOKENS:
            return "other"
        return "read" if request.path.endswith("/search") else super().kind_of(request)

    def _platform(self, request: Request, parts: tuple[str, ...]) -> Reply:
        match request.method, parts:
            case "GET", ("myself",):
                return json_reply({**self.bodies.user(ME), "timeZone": ZONE, "emailAddress": EMAIL})
            case "GET", ("field",):
                return json_reply(FIELDS)  # type: ignore[arg-type]
            case "GET", ("status",):
                return json_reply(
                    [
                        {"id": id_, "name": name, "statusCategory": {"key": category}}
                        for id_, (name, category) in STATUSES.items()
                    ]
                )
            case "GET", ("mypermissions",):
                names = (request.query("permissions") or "BROWSE_PROJECTS,EDIT_ISSUES,ADD_COMMENTS").split(",")
                names += ["TRANSITION_ISSUES", "ASSIGN_ISSUES", "LINK_ISSUES", "CREATE_ISSUES"]
                return json_reply({"permissions": {name: {"havePermission": True} for name in names}})
            case "GET", ("user", "search"):
                asked = (request.query("query") or request.query("username") or "").partition("@")[0]
                return json_reply([self.bodies.user(one) for one in self.state.users if one.startswith(asked)])
            case "GET", ("search", "jql") if self.is_cloud:
                return Searches(self).by_tokens(request)
            case "POST", ("search",) if not self.is_cloud:
                return Searches(self).by_counts(request)
            case "GET", ("project", project, ("version" | "versions")):
                return self._versions(project)
            case _, ("webhook", *_):
                return registered(self.state, request, parts, self.now())
            case "POST", ("issueLink",):
                return self._writer().link(request.json())
            case "POST", ("issue",):
                return self._writer().create(request.json())
            case _, ("comment", comment, "properties", *rest):
                return self._comment_properties(request, comment, rest)
            case _, ("issue", name, *rest):
                issue = self.state.named(name)
                if issue is None:
                    return json_reply({"errorMessages": ["Issue does not exist or you do not have permission"]}, 404)
                return self._issue(request, issue, tuple(rest))
            case _:
                return json_reply({"errorMessages": ["no such resource"]}, 404)

    def _issue(self, request: Request, issue: Issue, rest: tuple[str, ...]) -> Reply:
        match request.method, rest:
            case "GET", ():
                fields = (request.query("fields") or "*all").split(",")
                history = "changelog" in (request.query("expand") or "")
                return json_reply(self.bodies.issue(self.state, issue, fields, history=history))
            case "PUT", ():
                return self._writer().edit(issue, request.json())
            case "GET", ("changelog",) if self.is_cloud:
                return self._paged(request, "values", [self.bodies.history(one) for one in issue.histories])
            case "GET", ("comment",):
                has_properties = "properties" in (request.query("expand") or "")
                rows = [self.bodies.comment(issue, one, properties=has_properties) for one in issue.comments]
                return self._paged(request, "comments", rows)
            case "GET", ("comment", comment):
                found = next((one for one in issue.comments if one["id"] == comment), None)
                if found is None:
                    return json_reply({"errorMessages": ["Can not find a comment for the id"]}, 404)
                return json_reply(self.bodies.comment(issue, found))
            case "POST", ("comment",):
                return self._writer().comment(issue, request.json())
            case "GET", ("transitions",):
                return json_reply({"transitions": self._offered(issue)})
            case "POST", ("transitions",):
                return self._writer().move(issue, request.json())
            case "GET", ("properties", name):
                if name not in issue.properties:
                    return json_reply({"errorMessages": ["The property does not exist"]}, 404)
                return json_reply({"key": name, "value": issue.properties[name]})
            case "POST", ("remotelink",):
                said = request.json()
                issue.remote[said["globalId"]] = said["object"]
                return json_reply({"id": 10000, "self": f"{self.url}/remotelink/10000"}, 201 if self.is_cloud else 200)
            case _:
                return json_reply({"errorMessages": ["no such resource"]}, 404)

    def _offered(self, issue: Issue) -> list[Json]:
        offered: list[Json] = []
        for id_, name, to in self.state.workflow[issue.fields["status"]]:
            fields: dict[str, Json] = {}
            if id_ in SCREENS:
                fields[SCREENS[id_]] = {
                    "required": True,
                    "hasDefaultValue": True,
                    "name": "Resolution",
                    "key": SCREENS[id_],
                    "operations": ["set"],
                    "allowedValues": [{"name": name} for name in RESOLUTIONS],
                    "schema": {"type": "resolution", "system": "resolution"},
                }
            offered.append({"id": id_, "name": name, "to": {"name": to}, "isAvailable": True, "fields": fields})
        return offered

    def _writer(self) -> Writes:
        return Writes(self.state, self.happening, self.bodies, ME, is_cloud=self.is_cloud)

    def _paged(self, request: Request, name: str, rows: list[Json]) -> Reply:
        start, size = int(request.query("startAt") or 0), int(request.query("maxResults") or 50)
        part = rows[start : start + size]
        said: dict[str, Json] = {"startAt": start, "maxResults": size, "total": len(rows), name: part}
        return json_reply(said)

    # -- the rest

    def _versions(self, project: str) -> Reply:
        rows: list[Json] = [one for one in self.state.versions.values() if one["project"] == project]
        if self.is_cloud:
            return json_reply({"values": rows, "total": len(rows), "isLast": True, "startAt": 0, "maxResults": 100})
        return json_reply(rows)

    def _comment_properties(self, request: Request, comment: str, rest: Sequence[str]) -> Reply:
        for issue in self.state.issues.values():
            for one in issue.comments:
                if one["id"] == comment:
                    return self._property(request, one["properties"], rest)
        return json_reply({"errorMessages": ["no such comment"]}, 404)

    def _property(self, request: Request, properties: dict[str, Any], rest: Sequence[str]) -> Reply:
        match request.method, tuple(rest):
            case "PUT", (name,):
                properties[name] = request.json()
                return Reply(201)
            case "GET", ():
                return json_reply({"keys": [{"key": name, "self": "x"} for name in properties]})
            case "GET", (name,) if name in properties:
                return json_reply({"key": name, "value": properties[name]})
            case _:
                return json_reply({"errorMessages": ["no such property"]}, 404)

    def _desk(self, request: Request, parts: tuple[str, ...]) -> Reply:
        match request.method, parts:
            case method, ("request", name, "comment", *rest) if (issue := self.state.named(name)) is not None:
                if method == "POST":
                    said = request.json()
                    text = rendered(said["body"]) if self.is_cloud else said["body"]
                    made = self.happening.comment(issue.id, text, by=ME, public=said["public"])
                    return json_reply(self.bodies.desk_comment(made), 201)
                assert not rest
                rows: list[Json] = [self.bodies.desk_comment(one) for one in issue.comments]
                start, limit = int(request.query("start") or 0), int(request.query("limit") or 50)
                part = rows[start : start + limit]
                is_last = start + len(part) >= len(rows)
                return json_reply(
                    {"values": part, "isLastPage": is_last, "size": len(part), "start": start, "limit": limit}
                )
            case "GET", ("request", name, "sla") if (issue := self.state.named(name)) is not None:
                return json_reply({"values": list(issue.slas), "isLastPage": True, "size": 1, "start": 0, "limit": 100})
            case _:
                return json_reply({"errorMessage": "no such resource"}, 404)
