"""Audits, the entries of a ticket's history, in one form whatever their source.

Two sources tell of one audit: `/tickets/{id}/audits`, and `/incremental/ticket_events`, whose rows are audits too, with
other names. The ids of audits and of the events in them are the same in both, so keys made of them agree.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from casewarden.model.event import Json
from casewarden.plugin.http import as_array, as_id, as_number, as_object
from casewarden_zendesk.records import (
    clean,
    follows,
    id_of,
    instant,
    kept,
    normal,
    source_of,
    text_or_empty,
)

MARK: Final = "casewarden"
"""The key in an audit's metadata under which our writes keep their mark (`metadata.custom` of the audit)."""
SYSTEM: Final = "-1"
"""The author of what Zendesk does by itself."""
AUTOMATIC_FLAG: Final = 4
"""The flag of a comment that was automatically generated (developer.zendesk.com, Ticket comments, Comment flags)."""

_MERGED_INTO: Final = re.compile(r"#(\d{1,18})\b", re.ASCII)
_MERGE_TAG: Final = "closed_by_merge"
_RULES: Final = frozenset({"rule", "trigger", "automation", "sla_target_change", "rule revision", "automatic_solution"})
_NOT_FIELDS: Final = frozenset(
    {
        "id", "via", "via_reference_id", "event_type", "type", "previous_value", "added_tags", "removed_tags",
        "created_at", "ticket_id", "audit_id", "metadata", "comment_present", "comment_public", "updater_id",
    }
)  # fmt: skip
Kind = Literal["Create", "Change", "Comment", "VoiceComment", "AgentMacroReference"]
_KINDS: Final[Mapping[str, Kind]] = {
    "Create": "Create",
    "Change": "Change",
    "Comment": "Comment",
    "VoiceComment": "VoiceComment",
    "AgentMacroReference": "AgentMacroReference",
}


@dataclass(frozen=True, slots=True)
class Child:
    """One event of an audit: a field with its values, a comment, or a macro. `is_rule`: a rule of Zendesk did it."""

    id: str
    kind: Kind
    is_rule: bool = False
    field: str = ""
    value: Json = None
    before: Json = None
    author: str = ""
    text: str = ""
    public: bool = False
    names: frozenset[str] = frozenset()
    answered: bool | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """One entry of a ticket's history. `follows`: the closed ticket that this one follows up, where it says so."""

    id: int
    ticket: str
    at: int
    author: str
    channel: str = ""
    mark: str | None = None
    is_automatic: bool = False
    children: tuple[Child, ...] = ()
    merged_into: str | None = None
    follows: str | None = None

    @property
    def is_opening(self) -> bool:
        """Whether the ticket was made by it."""
        return any(child.kind == "Create" for child in self.children)

    def organizations(self) -> Iterator[str]:
        """The ids of the organizations that have to be known to tell it."""
        for child in self.children:
            if child.kind == "Create" and child.field == "organization_id" and isinstance(child.value, str):
                yield child.value

    def people(self) -> Iterator[str]:
        """The ids of all users who have to be known to tell it."""
        yield self.author
        for child in self.children:
            if child.author:
                yield child.author
            if child.field in ("assignee_id", "requester_id"):
                for value in (child.value, child.before):
                    if isinstance(value, str):
                        yield value


def read_audit(value: Json) -> Audit:
    """An audit as `/tickets/{id}/audits` gives it."""
    raw = as_object(value, "an audit")
    number = as_number(raw.get("id"), "an audit's `id`")
    where = f"audit {number}"
    via = raw.get("via")
    events = as_array(raw.get("events"), f"`events` of {where}")
    children = tuple(child for one in events if (child := _audit_child(as_object(one, f"an event of {where}"))))
    return _audit(raw, number, instant(raw.get("created_at"), f"`created_at` of {where}"), "author_id", via, children)


def read_ticket_event(value: Json) -> Audit | None:
    """A row of `/incremental/ticket_events`; None for one that is no audit (a deleted ticket's are `Deleted`)."""
    raw = as_object(value, "a ticket event")
    if raw.get("event_type", "Audit") != "Audit":
        return None
    number = as_number(raw.get("id"), "a ticket event's `id`")
    where = f"ticket event {number}"
    at = instant(raw.get("timestamp", raw.get("created_at")), f"`timestamp` of {where}")
    events = as_array(raw.get("child_events"), f"`child_events` of {where}")
    children = tuple(child for one in events for child in _export_children(as_object(one, f"a child event of {where}")))
    return _audit(raw, number, at, "updater_id", raw.get("via"), children, raw.get("via_reference_id"))


def _audit(
    raw: Mapping[str, Json],
    number: int,
    at: int,
    author: str,
    via: Json,
    children: tuple[Child, ...],
    reference: Json = None,
) -> Audit:
    ticket = as_id(raw.get("ticket_id"), f"`ticket_id` of audit {number}")
    metadata = raw.get("metadata")
    custom, flags = None, None
    if isinstance(metadata, dict):
        custom, flags = metadata.get("custom"), metadata.get("flags")
    mark = custom.get(MARK) if isinstance(custom, dict) else None
    return Audit(
        number,
        ticket,
        at,
        id_of(raw.get(author)) or SYSTEM,
        _channel(via),
        mark if isinstance(mark, str) else None,
        isinstance(flags, list) and AUTOMATIC_FLAG in flags,
        children,
        _merged_into(ticket, children, via, reference),
        follows(via) or (id_of(reference) if _channel(via) == "closed_ticket" else None),
    )


def _audit_child(raw: Mapping[str, Json]) -> Child | None:
    kind = _KINDS.get(text_or_empty(raw.get("type")))
    if kind is None:
        return None
    number, is_rule = id_of(raw.get("id")) or "", _is_rule(raw.get("via"))
    match kind:
        case "Create" | "Change":
            name = text_or_empty(raw.get("field_name"))
            value, before = normal(name, raw.get("value")), normal(name, raw.get("previous_value"))
            return Child(number, kind, is_rule, name, value, before)
        case "Comment" | "VoiceComment":
            return _comment(raw, kind, number, is_rule)
        case "AgentMacroReference":
            return _macro(raw, number, is_rule)


def _export_children(raw: Mapping[str, Json]) -> Iterator[Child]:
    """The events that a child event states: one for each of the fields that it names."""
    kind = _KINDS.get(text_or_empty(raw.get("event_type")) or text_or_empty(raw.get("type")))
    if kind is None:
        return
    number, is_rule = id_of(raw.get("id")) or "", _is_rule(raw.get("via"))
    match kind:
        case "Create" | "Change":
            before = raw.get("previous_value")
            for name, value in raw.items():
                if name == "custom_ticket_fields" and isinstance(value, dict):
                    for key, one in value.items():
                        yield Child(number, kind, is_rule, key, kept(one), kept(before))
                elif name not in _NOT_FIELDS:
                    yield Child(number, kind, is_rule, name, normal(name, value), normal(name, before))
        case "Comment" | "VoiceComment":
            yield _comment(raw, kind, number, is_rule)
        case "AgentMacroReference":
            yield _macro(raw, number, is_rule)


def _comment(raw: Mapping[str, Json], kind: Kind, number: str, is_rule: bool) -> Child:  # as read
    data = raw.get("data")
    answered = None
    if kind == "VoiceComment" and isinstance(data, dict):
        answered = data.get("answered_by_id") is not None
    text = text_or_empty(raw.get("body")) or text_or_empty(raw.get("plain_body"))
    return Child(
        number,
        kind,
        is_rule,
        author=id_of(raw.get("author_id")) or "",
        text=clean(text),
        public=raw.get("public", raw.get("comment_public")) is True,
        answered=answered,
    )


def _macro(raw: Mapping[str, Json], number: str, is_rule: bool) -> Child:  # as read
    names = {id_of(raw.get("macro_id")) or "", text_or_empty(raw.get("macro_title"))}
    return Child(number, "AgentMacroReference", is_rule, names=frozenset(names - {""}))


def _channel(via: Json) -> str:
    """How it came about: of an audit an object, in the export a text like `Web form`."""
    word = via.get("channel") if isinstance(via, dict) else via
    text = word.casefold().replace(" ", "_") if isinstance(word, str) else ""
    return {"web_form": "web", "web_service": "api", "mail": "email", "phone_call_(inbound)": "voice"}.get(text, text)


def _is_rule(via: Json) -> bool:
    return _channel(via).replace("_", " ") in _RULES or _channel(via) in _RULES


def _merged_into(ticket: str, children: tuple[Child, ...], via: Json, reference: Json) -> str | None:
    """Where a ticket went that was closed by a merge: its tag says that it was, its source or its comment where to."""
    is_merged = any(
        child.field == "tags" and _MERGE_TAG in _list(child.value) and _MERGE_TAG not in _list(child.before)
        for child in children
    )
    if not is_merged:
        return None
    _, _, end = source_of(via)
    said = [id_of(end.get("ticket_id")), id_of(reference)]
    said += [found[1] for child in children if child.kind == "Comment" for found in _MERGED_INTO.finditer(child.text)]
    return next((one for one in said if one and one != ticket), "")


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
