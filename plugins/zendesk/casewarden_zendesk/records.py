"""What Zendesk answers, read into values: tickets, users, organizations. Audits are in `casewarden_zendesk.audits`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from casewarden.model.event import Json
from casewarden.model.instants import parse_instant
from casewarden.plugin.http import UnreadableError, as_id, as_object, as_text

SECOND: Final = 1_000_000
_UNKEEPABLE: Final = re.compile("[\0\ud800-\udfff]")
_IDS: Final = frozenset(
    {"assignee_id", "group_id", "requester_id", "submitter_id", "organization_id", "brand_id", "ticket_form_id",
     "custom_status_id", "problem_id"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as it is. `fields` are by the names that payloads use, custom ones by id; `version` is `updated_at`."""

    id: str
    status: str
    version: str
    created: int
    updated: int
    tags: tuple[str, ...]
    fields: Mapping[str, Json]
    follows: str | None = None
    followups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class User:
    """A user. `is_staff`: agents and admins."""

    id: str
    email: str = ""
    role: str = "end-user"
    locale: str | None = None
    organization: str | None = None

    @property
    def is_staff(self) -> bool:
        """Whether they work in the helpdesk."""
        return self.role in ("agent", "admin")


@dataclass(frozen=True, slots=True)
class Organization:
    """A customer. `fields` are those of organizations by key, with `name` and `tags` beside."""

    id: str
    name: str
    updated: int
    fields: Mapping[str, Json] = field(default_factory=dict)
    is_deleted: bool = False


def clean(text: str) -> str:
    """A text without what no store keeps: U+0000 and halves of surrogate pairs become U+FFFD."""
    return _UNKEEPABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def instant(value: Json, where: str) -> int:
    """An instant in microseconds, from ISO 8601 or seconds since the epoch. UnreadableError."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value * SECOND
    try:
        return parse_instant(as_text(value, where))
    except (ValueError, OverflowError):
        raise UnreadableError(f"{where} is no instant") from None


def read_user(value: Json) -> User:
    """A user of an answer."""
    raw = as_object(value, "a user")
    return User(
        as_id(raw.get("id"), "a user's `id`"),
        text_or_empty(raw.get("email")),
        text_or_empty(raw.get("role")) or "end-user",
        text_or_empty(raw.get("locale")) or None,
        id_of(raw.get("organization_id")),
    )


def read_organization(value: Json) -> Organization:
    """An organization of an answer."""
    raw = as_object(value, "an organization")
    number, fields = as_id(raw.get("id"), "an organization's `id`"), raw.get("organization_fields")
    return Organization(
        number,
        clean(text_or_empty(raw.get("name"))),
        instant(raw.get("updated_at"), f"`updated_at` of organization {number}"),
        {**(_cleaned(fields) if isinstance(fields, dict) else {}), "name": clean(text_or_empty(raw.get("name")))},
        isinstance(raw.get("deleted_at"), str),
    )


def read_ticket(value: Json) -> Ticket:
    """A ticket of an answer; what a real one has as null is missing in `fields` as None."""
    raw = as_object(value, "a ticket")
    number = as_id(raw.get("id"), "a ticket's `id`")
    where = f"ticket {number}"
    version = as_text(raw.get("updated_at"), f"`updated_at` of {where}")
    tags = raw.get("tags")
    fields: dict[str, Json] = {
        name: normal(name, raw.get(name))
        for name in ("subject", "status", "priority", "type", "due_at", "external_id", "recipient", *_IDS)
    }
    custom = raw.get("custom_fields")
    for one in custom if isinstance(custom, list) else ():
        if isinstance(one, dict):
            fields[as_id(one.get("id"), f"the id of a custom field of {where}")] = kept(one.get("value"))
    followups = raw.get("followup_ids")
    return Ticket(
        number,
        text_or_empty(raw.get("status")),
        version,
        instant(raw.get("created_at"), f"`created_at` of {where}"),
        instant(version, f"`updated_at` of {where}"),
        tuple(clean(str(tag)) for tag in tags) if isinstance(tags, list) else (),
        fields,
        follows(raw.get("via")),
        tuple(str(one) for one in followups) if isinstance(followups, list) else (),
    )


def normal(name: str, value: Json) -> Json:
    """Ids as texts: audits state them as texts, tickets as numbers."""
    if name == "tags":
        return _tags(value)
    return id_of(value) if name in _IDS else kept(value)


def _tags(value: Json) -> Json:
    if isinstance(value, str):
        return list[Json](value.split())
    return [clean(str(tag)) for tag in value] if isinstance(value, list) else []


def kept(value: Json) -> Json:
    """A value with its texts cleaned."""
    if isinstance(value, str):
        return clean(value)
    return [kept(one) for one in value] if isinstance(value, list) else value


def _cleaned(values: Mapping[str, Json]) -> dict[str, Json]:
    return {clean(name): kept(value) for name, value in values.items()}


def source_of(via: Json) -> tuple[str, Mapping[str, Json], Mapping[str, Json]]:
    """`rel`, `from` and `to` of a via's source."""
    source = via.get("source") if isinstance(via, dict) else None
    if not isinstance(source, dict):
        return "", {}, {}
    start, end = source.get("from"), source.get("to")
    return (
        text_or_empty(source.get("rel")),
        start if isinstance(start, dict) else {},
        end if isinstance(end, dict) else {},
    )


def follows(via: Json) -> str | None:
    """The closed ticket that one follows up, by how it came about."""
    rel, start, _ = source_of(via)
    return id_of(start.get("ticket_id")) if rel == "follow_up" else None


def id_of(value: Json) -> str | None:
    """An id as a text, None where there is none."""
    if isinstance(value, bool) or value is None or value == "":
        return None
    return str(value) if isinstance(value, int | str) else None


def text_or_empty(value: Json) -> str:
    """A text, empty where there is none."""
    return value if isinstance(value, str) else ""
