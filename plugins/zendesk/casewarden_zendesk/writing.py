"""Actions: one safe update of a ticket each, with a mark in the audit's metadata by which it is found again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from casewarden.model.event import Json
from casewarden.plugin import AlreadyApplied, Answer, Applied, Attempt, Conflict, Rejected, Retry
from casewarden.plugin.http import HttpError, RefusedError, as_answer
from casewarden.plugin.mapping import NotWrittenError
from casewarden.plugin.marks import mark_of
from casewarden_zendesk.audits import MARK
from casewarden_zendesk.bulk import Change, Gatherer
from casewarden_zendesk.known import Known
from casewarden_zendesk.reading import version_of
from casewarden_zendesk.records import Ticket
from casewarden_zendesk.server import Server
from casewarden_zendesk.settings import STATUSES, ZendeskSettings

_PUBLIC: Final[Mapping[str, bool]] = {"reply": True, "ask": True, "note": False, "notify": False}
_CLOSED: Final = "closed"
_SYSTEM: Final = frozenset({"status", "priority", "type", "subject", "due_at", "external_id"})
_NUMBERS: Final = frozenset(
    {"assignee_id", "group_id", "requester_id", "organization_id", "brand_id", "ticket_form_id", "custom_status_id",
     "problem_id"}
)  # fmt: skip
_CONFLICT: Final = 409
_OF_THE_LOGIN: Final = frozenset({402, 403})
"""A suspended account, and what the login may not do. An admin may do everything to every ticket, so what heals it is a
change of the login's role or scopes, and not of the action."""


class _NoError(Exception):
    """Something is not to be had; the text is the reason to reject."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a write is to bring about: fields with their values, tags, a comment."""

    fields: Mapping[str, Json] = field(default_factory=dict)
    tags: tuple[str, ...] | None = None
    comment: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Writer:
    """Carries out actions in one Zendesk."""

    server: Server
    said: ZendeskSettings
    known: Known
    chain: Callable[[str], list[Ticket]]
    gatherer: Gatherer

    def apply(self, attempt: Attempt) -> Answer:
        """See `Connector`."""
        if attempt.ticket is None or not attempt.ticket.isdecimal():
            return Rejected(f"{attempt.subject} has no ticket in Zendesk")
        request: dict[str, Json] = {}
        try:
            return self._applied(attempt, attempt.ticket, request)
        except HttpError as problem:
            if isinstance(problem, RefusedError) and problem.status == _CONFLICT:
                return Conflict(f"ticket {attempt.ticket} changed while it was written to")
            if isinstance(problem, RefusedError) and problem.status in _OF_THE_LOGIN:
                return Retry(str(problem), reached=True, request=request)
            return as_answer(problem, request)
        except (NotWrittenError, _NoError) as problem:
            return Rejected(str(problem), request)

    def _applied(self, attempt: Attempt, number: str, request: dict[str, Json]) -> Answer:
        chain = self.chain(number)
        if attempt.kind == "project" and (not chain or chain[-1].status == _CLOSED):
            return Applied()  # nobody works there any more, so there is nothing to show
        if not chain:
            raise _NoError(f"Zendesk has no ticket {number}; it may have been deleted")
        mark = mark_of(attempt.key)
        if attempt.again and (attempt.kind in _PUBLIC or attempt.kind == "reopen"):
            found = self._written(mark, chain)
            if found is not None:
                return AlreadyApplied(found)
        live = chain[-1]
        if attempt.precondition is not None and attempt.precondition != version_of(live):
            return Conflict(f"ticket {live.id} has changed since it was looked at")
        if live.status == _CLOSED:
            return self._follow_up(attempt, live, mark, request)
        wanted = self._wanted(attempt, live)
        if wanted.comment is None and not self._missing(wanted, live):
            return AlreadyApplied() if attempt.again else Applied()
        if attempt.kind == "project":
            return self._show(live, wanted, mark, request)
        return self._write(live, wanted, mark, request)

    # -- how a case stands, whatever stands there

    def _show(self, live: Ticket, wanted: _Wanted, mark: str, request: dict[str, Json]) -> Answer:
        body = self._body(wanted) | {"metadata": {MARK: mark}}
        request |= {"method": "PUT", "path": f"/api/v2/tickets/{live.id}", "body": body}
        wrong = self.gatherer.write(Change(live.id, body))
        if wrong is not None:
            return Rejected(f"Zendesk did not write to ticket {live.id}: {wrong}", request)
        return self._read_back(live.id, wanted, mark, None, request)

    # -- one PUT

    def _write(self, live: Ticket, wanted: _Wanted, mark: str, request: dict[str, Json]) -> Answer:
        body = self._body(wanted) | {
            "safe_update": True,
            "updated_stamp": live.version,
            "metadata": {MARK: mark},
        }
        request |= {"method": "PUT", "path": f"/api/v2/tickets/{live.id}", "body": body}
        number = self.server.update(live.id, body)
        return self._read_back(live.id, wanted, mark, number, request)

    def _read_back(
        self, ticket: str, wanted: _Wanted, mark: str, number: int | None, request: dict[str, Json]
    ) -> Answer:
        """A success is believed once the ticket shows it."""
        details: dict[str, Json] = {} if number is None else {"audit": number}
        if wanted.comment is not None:
            audit = None if number is None else self.server.audit(ticket, number)
            if audit is None or audit.mark != mark or not any(one.kind == "Comment" for one in audit.children):
                return Retry(f"the comment is not to be seen on ticket {ticket}", reached=True, request=request)
            return Applied(details, request)
        now = self.server.ticket(ticket)
        missing = () if now is None else self._missing(wanted, now)
        if now is None or missing:
            what = ", ".join(missing) or "the ticket"
            return Rejected(f"Zendesk answered with success and did not set {what}", request)
        return Applied(details, request)

    def _body(self, wanted: _Wanted) -> dict[str, Json]:
        body: dict[str, Json] = {}
        custom: list[Json] = []
        for name, value in wanted.fields.items():
            if name.isdecimal():
                custom.append({"id": int(name), "value": value})
            elif name in _NUMBERS:
                body[name] = None if value is None else int(str(value))
            else:
                body[name] = value
        if custom:
            body["custom_fields"] = custom
        if wanted.tags is not None:
            body["tags"] = list[Json](wanted.tags)
        if wanted.comment is not None:
            body["comment"] = dict(wanted.comment)
        return body

    def _missing(self, wanted: _Wanted, ticket: Ticket) -> tuple[str, ...]:
        """The wanted fields that do not stand."""
        missing = [name for name, value in wanted.fields.items() if not _same(ticket.fields.get(name), value)]
        if wanted.tags is not None and set(wanted.tags) != set(ticket.tags):
            missing.append("tags")
        return tuple(missing)

    # -- what is wanted

    def _wanted(self, attempt: Attempt, live: Ticket) -> _Wanted:
        content = attempt.content
        match attempt.kind:
            case "reply" | "ask" | "note" | "notify":
                comment: dict[str, Json] = {"body": _text(attempt), "public": _PUBLIC[attempt.kind]}
                return _Wanted(comment=comment)
            case "set":
                return _Wanted(self._set(str(content.get("path")), content.get("value")))
            case "assign":
                return _Wanted(self._assignee(content.get("value")))
            case "tag":
                return _Wanted(tags=_tags(content, live.tags))
            case "close":
                return _Wanted({"status": self.said.close_with, **self._reason(content.get("reason"))})
            case "reopen":
                return _Wanted({"status": "open"})
            case "project":
                values = self.known.names().mapping.project.values(content)
                for name in values:
                    if not self._is_field(name):
                        raise _NoError(f"the field `{name}` of `mapping.project` is none of Zendesk's tickets")
                return _Wanted(values)
            case kind:
                raise _NoError(f"the Zendesk connector knows no action `{kind}`")

    def _set(self, path: str, value: Json) -> dict[str, Json]:
        fields = self.known.names().mapping.fields
        if path == "case.status" and path not in fields.rules:
            return self._status(str(value))
        if path == "case.subject" and path not in fields.rules:
            return {"subject": str(value)}
        found = fields.write(path, value)
        if not self._is_field(found.field):
            raise _NoError(f"`{found.field}` is not a field of Zendesk's tickets that can be written")
        return {found.field: found.value}

    def _status(self, word: str) -> dict[str, Json]:
        custom = next((status for status, meaning in self.said.statuses.items() if meaning == word), None)
        status = next((status for status, meaning in STATUSES.items() if meaning == word), None)
        if status is not None:
            return {"status": status}
        if custom is None:
            raise _NoError(f"no status of Zendesk means `{word}`; add one to `statuses`")
        return {"custom_status_id": custom}

    @staticmethod
    def _is_field(name: str) -> bool:
        return name.isdecimal() or name in _SYSTEM or name in _NUMBERS

    def _assignee(self, person: Json) -> dict[str, Json]:
        if person is None:
            return {"assignee_id": None}
        names = self.known.names()
        found = names.mapping.people.assignee(str(person))
        name = str(person) if found is None else found.name
        if found is not None and found.kind == "group":
            group = next((key for key, title in names.groups.items() if name in (key, title)), None)
            if group is None:
                raise _NoError(f"Zendesk has no group `{name}`")
            return {"group_id": group, "assignee_id": None}
        if name.isdecimal():
            return {"assignee_id": name}
        user = self.server.user_by_email(name) if "@" in name else None
        if user is None or not user.is_staff:
            raise _NoError(f"`{person}` is no agent of Zendesk; say under `mapping.people.assign` who it is")
        return {"assignee_id": user.id}

    def _reason(self, reason: Json) -> dict[str, Json]:
        if self.said.close_reason is None or reason is None:
            return {}
        found = self.known.names().live.named(self.said.close_reason)
        if len(found) != 1:
            raise _NoError(f"Zendesk has no single field `{self.said.close_reason}` for the reason of a closing")
        return {found[0].key: str(reason)}

    # -- closed tickets, and what was written

    def _follow_up(self, attempt: Attempt, closed: Ticket, mark: str, request: dict[str, Json]) -> Answer:
        """A closed ticket takes nothing any more. To reopen its case is to follow it up."""
        if attempt.kind == "close":
            return AlreadyApplied()
        if attempt.kind != "reopen":
            raise _NoError(f"ticket {closed.id} is closed, which is final in Zendesk; reopen the case first")
        body: dict[str, Json] = {
            "via_followup_source_id": int(closed.id),
            "comment": {"body": f"This follows up ticket {closed.id}.", "public": False},
            "subject": closed.fields.get("subject"),
            "metadata": {MARK: mark},
        }
        for name in ("requester_id", "organization_id", "brand_id", "ticket_form_id"):
            value = closed.fields.get(name)
            if isinstance(value, str):
                body[name] = int(value)
        request |= {"method": "POST", "path": "/api/v2/tickets", "body": body}
        made = self.server.create(body, mark)
        found = self.server.ticket(made.id)
        if found is None:
            return Retry(f"the follow-up of ticket {closed.id} is not to be seen", reached=True, request=request)
        return Applied({"ticket": made.id}, request)

    def _written(self, mark: str, chain: list[Ticket]) -> dict[str, Json] | None:
        """The audit with this mark, by our own account."""
        own = self.known.own().id
        for ticket in reversed(chain):
            for audit in self.server.audits(ticket.id):
                if audit.mark == mark and audit.author == own:
                    return {"audit": audit.id}
        return None


def _text(attempt: Attempt) -> str:
    text, who = str(attempt.content.get("text") or ""), attempt.content.get("who")
    return f"For {who}:\n\n{text}" if attempt.kind == "notify" and who else text


def _tags(content: Mapping[str, Json], there: tuple[str, ...]) -> tuple[str, ...]:
    """The tags as they are to be: Zendesk writes them in lower case, and blanks as `_`."""
    add, remove = (_list(content.get(name)) for name in ("add", "remove"))
    return tuple(dict.fromkeys([*(tag for tag in there if tag not in remove), *add]))


def _list(value: Json) -> list[str]:
    return [_tag(str(one)) for one in value] if isinstance(value, list) else []


def _tag(text: str) -> str:
    return "_".join(text.split()).casefold()


def _same(there: Json, wanted: Json) -> bool:
    if there in (None, "", []) or wanted in (None, "", []):
        return (there or None) == (wanted or None) or (there is False and wanted is None)
    if isinstance(there, bool) or isinstance(wanted, bool):
        return there is wanted
    if isinstance(there, list) and isinstance(wanted, list):
        return sorted(map(str, there)) == sorted(map(str, wanted))
    return str(there) == str(wanted)
