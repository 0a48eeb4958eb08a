"""Acme as a fake: what of it the connector uses, in the test's own process."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from casewarden.model.event import Json
from casewarden.model.instants import iso
from casewarden.testing.helpdesk import Choice, Fault, Happens, Webhook
from casewarden.testing.scaffold.acme.mapping import PRIORITIES
from casewarden.testing.scaffold.acme.webhooks import signature
from casewarden.testing.server import FakeServer
from casewarden.testing.wire import Reply, Request, json_reply

TOKEN: Final = "acme-token-5f0c2e"  # noqa: S105  # it opens nothing but this fake
WEBHOOK_SECRET: Final = "acme-hook-91d7ab"  # noqa: S105


@dataclass
class Desk:
    """All that Acme knows: its changes in order, and the tickets that they make up."""

    changes: list[dict[str, Any]] = field(default_factory=list)
    tickets: dict[str, dict[str, Any]] = field(default_factory=dict)


class FakeAcme(FakeServer[Desk]):
    """See `casewarden.testing.helpdesk.FakeHelpdesk`."""

    happens: frozenset[Happens] = frozenset({"ticket", "comment", "change"})
    page = 4
    choice = Choice("case.priority", PRIORITIES)

    def __init__(self) -> None:
        super().__init__(Desk(), (TOKEN, WEBHOOK_SECRET))

    @property
    def faults(self) -> frozenset[Fault]:
        """All that the base has, and changes that are shown late."""
        return super().faults | {Fault.LATE}

    # -- what happens

    def open_ticket(self, text: str) -> str:
        """See `FakeHelpdesk`."""
        ticket = str(len(self.state.tickets) + 1)
        self.state.tickets[ticket] = {"version": 0, "priority": "p2", "title": text}
        self._happens(ticket, "opened", "customer", value="p2")
        return ticket

    def comment(self, ticket: str, text: str) -> None:
        """See `FakeHelpdesk`."""
        self._happens(ticket, "comment", "customer", text=text, public=True)

    def change(self, ticket: str, value: str | None) -> None:
        """See `FakeHelpdesk`."""
        self._happens(ticket, "priority", "agent", value=value)

    def _happens(self, ticket: str, kind: str, by: str, **said: Any) -> None:
        number = len(self.state.changes) + 1
        change = {"id": number, "ticket": ticket, "kind": kind, "at": iso(self.now()), "by": by, "mark": None} | said
        self.state.changes.append(change | {"is_late": self.hides_next()})
        self.state.tickets[ticket]["version"] += 1

    # -- what is asked

    def subject(self, ticket: str) -> str:
        """See `FakeHelpdesk`."""
        return f"case:{ticket}"

    def standing(self, text: str) -> int:
        """See `FakeHelpdesk`."""
        return sum(text in change.get("text", "") for change in self.state.changes if change["mark"])

    def webhooks(self, *, at: int | None = None, secret: str | None = None) -> Sequence[Webhook]:
        """See `FakeHelpdesk`."""
        seconds = str((self.now() if at is None else at) // 1_000_000)
        bodies = [json.dumps({"change": _shown(change)}).encode() for change in self.state.changes]
        return [
            Webhook(
                {"x-acme-time": seconds, "x-acme-signature": signature(secret or WEBHOOK_SECRET, seconds, body)}, body
            )
            for body in bodies
        ]

    # -- requests

    def answer(self, request: Request) -> Reply:
        """See `FakeServer`."""
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return json_reply({"error": "no such token"}, 401)
        match request.method, request.parts:
            case "GET", ("me",):
                return json_reply({"name": "casewarden", "may": ["read", "write"], "time": iso(self.now())})
            case "GET", ("changes",):
                return self._changes(int(request.query("after") or 0))
            case "GET", ("tickets", ticket) if ticket in self.state.tickets:
                rows: Json = [_shown(change) for change in self.state.changes if change["ticket"] == ticket]
                return json_reply({"version": self.state.tickets[ticket]["version"], "changes": rows})
            case (("POST" | "PATCH"), ("tickets", ticket, *_)) if ticket in self.state.tickets:
                return self._write(ticket, request)
            case _:
                return json_reply({"error": "no such thing"}, 404)

    def _changes(self, after: int) -> Reply:
        shown = [one for one in self.state.changes if one["id"] > after and not (one["is_late"] and self.is_hiding)]
        rows: Json = [_shown(change) for change in shown[: self.page]]
        return json_reply({"changes": rows, "more": len(shown) > self.page, "time": iso(self.now())})

    def _write(self, ticket: str, request: Request) -> Reply:
        wanted = request.headers.get("if-match", str(self.state.tickets[ticket]["version"]))
        if wanted != str(self.state.tickets[ticket]["version"]):
            return json_reply({"error": "it has changed"}, 412)
        said = request.json()
        match said:
            case {"text": str(text), "public": bool(public)}:
                self._happens(ticket, "comment", "api", text=text, public=public, mark=said["mark"])
            case {"closed": reason}:
                self._happens(ticket, "closed", "api", value=reason, mark=said["mark"])
            case {"priority": value}:
                self._happens(ticket, "priority", "api", value=value, mark=said["mark"])
            case _:
                return json_reply({"error": "nothing to do"}, 422)
        return json_reply({"version": self.state.tickets[ticket]["version"]})


def _shown(change: dict[str, Any]) -> Json:
    return {name: value for name, value in change.items() if name != "is_late"}
