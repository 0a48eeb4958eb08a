"""Audits as events. What has to be asked for was asked for before.

Keys are made of Zendesk's own ids: `audit/ID` with a part, and `comment/ID`. One audit holds what its author did and
what rules of Zendesk made of it at once: these are told apart, and the second is automation.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from casewarden.model.event import Event, Json
from casewarden.plugin.mapping import Actor, Change, Comment, Unmapped
from casewarden_zendesk.audits import Audit, Child
from casewarden_zendesk.customers import plan_at
from casewarden_zendesk.known import Known, Names
from casewarden_zendesk.records import Ticket
from casewarden_zendesk.settings import STATUSES, ZendeskSettings

_FINISHED: Final = frozenset({"resolved", "closed"})


@dataclass(slots=True)
class Translator:
    """Makes events of one instance; `unmapped` collects values that no table knows."""

    instance: str
    said: ZendeskSettings
    known: Known
    names: Names
    now: int
    unmapped: list[Unmapped] = field(default_factory=list)

    def events(self, audit: Audit) -> Iterator[Event]:
        """The events that an audit is, each with a key of its own."""
        actor = self._actor(audit)
        if audit.is_opening:
            yield from self._opening(audit, actor)
        for is_rule, part, by in ((False, "", actor), (True, "rule.", Actor("automation"))):
            some = [child for child in audit.children if child.is_rule is is_rule]
            for child in some:
                if child.kind in ("Comment", "VoiceComment"):
                    yield from self._written(audit, child, by)
            if some:
                yield from self._changed(audit, some, by, part)
        if audit.merged_into is not None:
            yield self._merged(audit, audit.merged_into, actor)

    def deleted(self, ticket: Ticket) -> Event | None:
        """The end of a ticket that is deleted. One of a follow-up ends no case: what it follows up is there."""
        if ticket.status != "deleted" or self.known.case_of(ticket.id) != ticket.id:
            return None
        data: dict[str, Json] = {"reason": "deleted", "why": f"ticket {ticket.id} was deleted"}
        at = ticket.updated
        key = f"ticket/{ticket.id}/deleted"
        seen = max(self.now, at)
        return Event(f"case:{ticket.id}", "ended", at, seen, "automation", self.instance, key, 0, (), data)

    # -- what an audit holds

    def _opening(self, audit: Audit, actor: Actor) -> Iterator[Event]:
        values = {child.field: child.value for child in audit.children if child.kind == "Create"}
        facts = self._facts_of_opening(values, audit.at)
        via = {"via": audit.channel} if audit.channel else {}
        if self.known.case_of(audit.ticket) == audit.ticket:
            facts = {"case.number": audit.ticket, **facts}
            yield self._event(audit, "opened", actor, {**via, "facts": facts})
            return
        # A closed ticket cannot be reopened: its follow-up is the same case, opened again
        yield self._event(audit, "reopened", actor, via, "reopened")
        facts.pop("case.subject", None)
        yield self._event(audit, "observed", actor, {"facts": facts}, "opening")

    def _facts_of_opening(self, values: Mapping[str, Json], at: int) -> dict[str, Json]:
        facts: dict[str, Json] = {
            "case.subject": values.get("subject"),
            "case.status": self._word(values) or "new",
            "case.tags": values.get("tags") or [],
            "case.assigned_to": self._assigned(values),
        }
        requester = values.get("requester_id")
        known = dict(values)
        if isinstance(requester, str):
            user = self.known.user(requester)
            known |= {"requester.locale": user.locale, "requester.email": user.email or None}
            if user.locale:
                facts["case.language"] = user.locale.split("-")[0].casefold()
        customer = values.get("organization_id")
        if isinstance(customer, str):
            facts["customer.id"] = customer
            organization = self.known.organization(customer)
            if organization is not None:
                facts["customer.name"] = organization.name
                known |= {f"organization.{key}": value for key, value in organization.fields.items()}
                plan = plan_at(organization.fields, self.said.contracts, at)
                facts |= {} if plan is None else {"case.plan": plan}
        observed = self.names.mapping.fields.facts(known)
        self.unmapped += observed.unmapped
        return facts | observed.all_facts

    def _written(self, audit: Audit, child: Child, by: Actor) -> Iterator[Event]:
        actor = by
        if not child.is_rule and child.author and child.author != audit.author and by.by != "ourselves":
            actor = self.names.mapping.people.actor(self.known.person(child.author))
        data: dict[str, Json] = {"public": child.public, "text": child.text}
        if audit.channel:
            data["via"] = audit.channel
        if audit.is_automatic:
            data["automatic"] = True
        kind = "message"
        if child.kind == "VoiceComment":
            kind = "call"
            data["answered"] = child.answered
            data["via"] = "phone"
        yield self._event(audit, kind, actor, data, key=f"comment/{child.id}")
        if actor.by != "ourselves":
            comment = Comment(child.text, child.public, actor.by)
            yield from self._meant(audit, actor, Change(comment=comment), f"comment/{child.id}")

    def _changed(self, audit: Audit, some: list[Child], actor: Actor, part: str) -> Iterator[Event]:
        changes = [child for child in some if child.kind == "Change"]
        before = {child.field: child.before for child in reversed(changes)}
        after = {child.field: child.value for child in changes}
        yield from self._status(audit, actor, before, after, part)
        observed = self.names.mapping.fields.changes(before, after)
        self.unmapped += observed.unmapped
        facts, determined = {**self._given(after), **observed.facts}, dict(observed.determined)
        if actor.by != "agent":
            facts, determined = facts | determined, {}
        if facts:
            yield self._event(audit, "observed", actor, {"facts": facts}, f"{part}facts")
        if determined:
            yield self._event(audit, "observed", actor, {"facts": determined, "determined": True}, f"{part}determined")
        if actor.by != "ourselves":
            yield from self._meant(audit, actor, self._change(some, before, after), f"audit/{audit.id}/{part}meant")

    def _given(self, after: Mapping[str, Json]) -> dict[str, Json]:
        """The facts that need no mapping."""
        facts: dict[str, Json] = {}
        if "subject" in after:
            facts["case.subject"] = after["subject"]
        if "tags" in after:
            facts["case.tags"] = after["tags"]
        if "assignee_id" in after or "group_id" in after:
            facts["case.assigned_to"] = self._assigned(after)
        if "organization_id" in after:
            facts["customer.id"] = after["organization_id"]
        return facts

    def _status(
        self, audit: Audit, actor: Actor, before: Mapping[str, Json], after: Mapping[str, Json], part: str
    ) -> Iterator[Event]:
        word, was = self._word(after), self._word(before)
        if word is None or word == was:
            return
        if actor.by == "ourselves" and word in _FINISHED:
            word = "closed"  # that is how a rule closes a case, whatever the status means for others
        if word in _FINISHED:
            yield self._event(audit, word, actor, {}, f"{part}{word}")
            return
        if was in _FINISHED:
            yield self._event(audit, "reopened", actor, {}, f"{part}reopened")
        if was not in _FINISHED or word != "open":
            yield self._event(audit, "observed", actor, {"facts": {"case.status": word}}, f"{part}status")

    def _word(self, values: Mapping[str, Json]) -> str | None:
        """What a status means: a custom one as is said of it, else its category; one nobody knows is kept."""
        custom = values.get("custom_status_id")
        if isinstance(custom, str) and custom in self.said.statuses:
            return self.said.statuses[custom]
        status = values.get("status")
        if not isinstance(status, str):
            return None
        if status not in STATUSES:
            self.unmapped.append(Unmapped("case.status", "status", status))
        return STATUSES.get(status, status)

    def _assigned(self, values: Mapping[str, Json]) -> Json:
        people = self.names.mapping.people
        assignee, group = values.get("assignee_id"), values.get("group_id")
        if isinstance(assignee, str):
            return people.name_of(self.known.person(assignee))
        if isinstance(group, str):
            return people.name_of_group(group, self.names.groups.get(group, group))
        return None

    def _change(self, some: list[Child], before: Mapping[str, Json], after: Mapping[str, Json]) -> Change:
        values = {child.field: child.value for child in some if child.kind == "Create"} | dict(after)
        was, are = (
            frozenset(map(str, value)) if isinstance(value, list) else frozenset[str]()
            for value in (before.get("tags"), values.get("tags"))
        )
        form = values.get("ticket_form_id")
        return Change(
            before,
            values,
            frozenset(tag.casefold() for tag in are - was),
            frozenset(tag.casefold() for tag in was - are) if "tags" in after else frozenset(),
            frozenset[str]().union(*(child.names for child in some if child.kind == "AgentMacroReference")),
            frozenset({form, self.names.forms.get(form, form)}) if isinstance(form, str) else frozenset(),
        )

    def _meant(self, audit: Audit, actor: Actor, change: Change, key: str) -> Iterator[Event]:
        for meant in self.names.mapping.meant(change):
            yield meant.event(
                key,
                subject=self._subject(audit.ticket),
                at=audit.at,
                seen_at=max(self.now, audit.at),
                by=actor.by,
                who=actor.who,
                source=self.instance,
            )

    def _merged(self, audit: Audit, into: str, actor: Actor) -> Event:
        data: dict[str, Json] = {"reason": "merged", "why": f"ticket {audit.ticket} was merged into another"}
        if into:
            data |= {"into": self._subject(into), "why": f"ticket {audit.ticket} was merged into ticket {into}"}
        return self._event(audit, "ended", actor, data, "ended")

    # -- people and events

    def _actor(self, audit: Audit) -> Actor:
        actor = self.names.mapping.people.actor(self.known.person(audit.author))
        if actor.by == "ourselves" and audit.mark is None:
            return Actor("automation", actor.who)  # another program writes by our account
        return actor

    def _subject(self, ticket: str) -> str:
        return f"case:{self.known.case_of(ticket)}"

    def _event(
        self, audit: Audit, kind: str, actor: Actor, data: Mapping[str, Json], part: str = "", key: str = ""
    ) -> Event:
        name = key or f"audit/{audit.id}" + (f"/{part}" if part else "")
        subject, seen = self._subject(audit.ticket), max(self.now, audit.at)
        return Event(subject, kind, audit.at, seen, actor.by, self.instance, name, audit.id, actor.who, data)
