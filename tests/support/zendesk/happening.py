"""What people do in the fake Zendesk, and how it is written down: one audit for each doing."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from casewarden.model.event import Json
from casewarden.model.instants import iso
from casewarden.testing.server import FakeServer
from support.zendesk.state import AGENT, CUSTOMER, PLAIN, SECOND, World, said

_BY_MAIL: dict[str, Any] = {"channel": "email", "source": {"from": {}, "to": {}, "rel": None}}
_BY_TRIGGER: dict[str, Any] = {
    "channel": "rule", "source": {"from": {"id": 77, "title": "A trigger"}, "to": {}, "rel": "trigger"},
}  # fmt: skip


class Happening(FakeServer[World]):
    """Its clock is the test's; `ahead` is by how many seconds it is ahead of ours."""

    ahead = 0

    # -- tickets

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
        number = self.state.number()
        ticket: dict[str, Any] = dict.fromkeys(PLAIN) | {
            "id": number,
            "url": f"https://example.zendesk.com/api/v2/tickets/{number}.json",
            "subject": text[:80],
            "status": "new",
            "requester_id": by,
            "organization_id": self.state.users[by].get("organization_id"),
            "tags": [],
            "custom_fields": [{"id": one["id"], "value": None} for one in self.state.fields if one["removable"]],
            "created_at": self.stamp(),
            "updated_at": self.stamp(),
            "generated_timestamp": self.seconds(),
            "via": via or _BY_MAIL,
            "followup_ids": [],
            "cursor": 0,
        }
        custom = fields.pop("custom_fields", {})
        ticket |= fields
        for one in ticket["custom_fields"]:
            one["value"] = custom.get(one["id"])
        self.state.tickets[number] = ticket
        events = [self._event("Create", field_name=name, value=said(ticket[name])) for name in PLAIN if ticket[name]]
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
            events += self._changes(ticket, rule, _BY_TRIGGER)
        comment = change.get("comment")
        if comment:
            author = comment.get("author_id", by)
            events.append(self._comment(author, comment["body"], is_public=comment.get("public", True) is not False))
        macro = change.get("macro")
        if macro:
            events.append(self._event("AgentMacroReference", macro_id=str(macro[0]), macro_title=macro[1]))
        if not events:
            return None
        ticket |= {"updated_at": self.stamp(), "generated_timestamp": self.seconds()}
        return self._audit(number, by, events, via, mark, flags)

    def delete(self, ticket: str) -> None:
        """Let an agent delete a ticket."""
        self.state.tickets[int(ticket)] |= {
            "status": "deleted",
            "updated_at": self.stamp(),
            "generated_timestamp": self.seconds(),
        }
        self.state.moved(int(ticket))

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

    # -- around them

    def organization(self, number: int, name: str, fields: dict[str, Any]) -> None:
        """Let an organization be, or be changed."""
        known = self.state.organizations.get(number, {"created_at": self.stamp()})
        self.state.organizations[number] = {
            **known,
            "id": number,
            "name": name,
            "organization_fields": {**known.get("organization_fields", {}), **fields},
            "updated_at": self.stamp(),
            "tags": [],
        }

    def custom_field(self, number: int, title: str, kind: str = "text", options: Sequence[str] = ()) -> None:
        """Let there be a field."""
        listed = [{"id": index, "name": one, "value": one} for index, one in enumerate(options)]
        self.state.fields.append(
            {"id": number, "type": kind, "title": title, "removable": True, "active": True}
            | ({"custom_field_options": listed} if options else {})
        )

    # -- writing it down

    def _changes(
        self, ticket: dict[str, Any], change: dict[str, Any], via: dict[str, Any] | None
    ) -> list[dict[str, Any]]:
        events = []
        for name in PLAIN:
            if name in change and ticket[name] != change[name]:
                events.append(self._change(name, said(change[name]), said(ticket[name]), via))
                ticket[name] = change[name]
        if "tags" in change and sorted(change["tags"]) != sorted(ticket["tags"]):
            events.append(self._change("tags", list(change["tags"]), list(ticket["tags"]), via))
            ticket["tags"] = list(change["tags"])
        for one in change.get("custom_fields", ()):
            known = next(known for known in ticket["custom_fields"] if known["id"] == one["id"])
            if known["value"] != one["value"]:
                events.append(self._change(str(one["id"]), one["value"], known["value"], via))
                known["value"] = one["value"]
        return events

    def _change(self, name: str, value: Json, before: Json, via: dict[str, Any] | None) -> dict[str, Any]:
        return self._event("Change", via, field_name=name, value=value, previous_value=before)

    def _event(self, kind: str, via: dict[str, Any] | None = None, **said: Any) -> dict[str, Any]:
        return {"id": self.state.number(), "type": kind, **said, **({"via": via} if via else {})}

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
        return self.state.add(
            {
                "id": self.state.number(),
                "ticket_id": number,
                "created_at": self.stamp(),
                "seconds": self.seconds(),
                "author_id": by,
                "via": via,
                "metadata": {"system": {}, "custom": mark or {}, **({"flags": list(flags)} if flags else {})},
                "events": deepcopy(events),
                "late": self.hides_next(),
            }
        )

    def seconds(self) -> int:
        """The second that its clock shows."""
        return self.clock.now() // SECOND + self.ahead

    def stamp(self) -> str:
        """The same as answers state it."""
        return iso(self.seconds() * SECOND)
