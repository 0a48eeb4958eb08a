"""What Request Tracker's REST 2 says, as values. Its numbers come as texts in one place and as numbers in another."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from casewarden.model.event import Json
from casewarden.model.instants import parse_instant
from casewarden.plugin.http import UnreadableError, as_array, as_id, as_object, as_text

_NEVER: Final = "1970-01-01T00:00:00Z"
"""How a date that is not set reads."""
_SQL_DATE: Final = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)")
ROLES: Final = ("Requestor", "Cc", "AdminCc")
"""The roles that hold several people; `Owner` holds one."""
DATES: Final = ("Due", "Starts", "Started", "Resolved", "Told")


@dataclass(frozen=True, slots=True)
class Transaction:
    """One entry of a ticket's history.

    `ticket` is the one in which it was made, also after that was merged into another. `old` and `new` are as stored: a
    user or queue by number, a date in UTC without its zone. `at` is an instant of whole seconds; `minutes` were spent.
    """

    id: int
    ticket: str
    type: str
    field: str
    old: str
    new: str
    creator: str
    at: int
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what was written in a transaction: the text, another form of it, or an attached file."""

    id: int
    transaction: int
    type: str
    file: str
    headers: str
    size: int
    subject: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody by number and name. `is_staff`: privileged, as Request Tracker calls it."""

    id: str
    name: str
    address: str
    is_staff: bool
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field: its `kind` (`Select`, `Freeform`, `DateTime` and so on), and its `values` where it has a list."""

    id: str
    name: str
    kind: str | None = None
    is_single: bool = False
    values: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as it is: `fields` by Request Tracker's names, roles as lists of names, custom fields by number.

    `merged_into` is another ticket's id where it was merged into that one.
    """

    id: str
    fields: Mapping[str, Json]
    custom: Mapping[str, tuple[str, ...]]
    names: Mapping[str, str]
    merged_into: str | None = None


def transaction_of(item: Json) -> Transaction:
    """A transaction out of a collection. UnreadableError where it is none."""
    said = as_object(item, "a transaction")
    creator = as_object(said.get("Creator"), "the creator of a transaction")
    id_ = as_id(said.get("id"), "the id of a transaction")
    return Transaction(
        _number(id_, "the id of a transaction"),
        as_id(said.get("ObjectId"), "the ticket of a transaction"),
        as_text(said.get("Type"), "the type of a transaction"),
        _text(said.get("Field")),
        _text(said.get("OldValue")),
        _text(said.get("NewValue")),
        as_id(creator.get("id"), "the creator of a transaction"),
        instant_of(said.get("Created"), "when a transaction was made"),
        int(minutes) if (minutes := _text(said.get("TimeTaken"))).isdecimal() else 0,
    )


def part_of(item: Json) -> Part:
    """A part out of a collection of attachments. UnreadableError where it is none."""
    said = as_object(item, "an attachment")
    return Part(
        _number(as_id(said.get("id"), "the id of an attachment"), "the id of an attachment"),
        _number(as_id(said.get("TransactionId"), "the transaction of an attachment"), "the transaction"),
        _text(said.get("ContentType")).partition(";")[0].strip().lower(),
        _text(said.get("Filename")),
        _text(said.get("Headers")),
        _number(_text(said.get("ContentLength")) or "0", "the length of an attachment"),
        _text(said.get("Subject")),
    )


def user_of(said: Mapping[str, Json], asked: str) -> User:
    """A user; UnreadableError where it is none."""
    zone = said.get("Timezone")
    links = as_array(said.get("_hyperlinks"), "the links of a user")
    own = next((link for link in links if isinstance(link, dict) and link.get("ref") == "self"), {})
    return User(
        as_id(said.get("id", own.get("id", asked)), "the id of a user"),
        as_text(said.get("Name"), "the name of a user"),
        _text(said.get("EmailAddress")),
        str(said.get("Privileged")) == "1",
        zone if isinstance(zone, str) and zone else None,
    )


def custom_field_of(said: Mapping[str, Json]) -> CustomField:
    """A custom field; UnreadableError where it is none."""
    values = said.get("Values")
    return CustomField(
        as_id(said.get("id"), "the id of a custom field"),
        as_text(said.get("Name"), "the name of a custom field"),
        as_text(said.get("Type"), "the type of a custom field"),
        _text(said.get("MaxValues")) == "1",
        tuple(_value_name(value) for value in values) if isinstance(values, list) else None,
    )


def ticket_of(item: Json) -> Ticket:
    """A ticket, alone or out of a collection. UnreadableError where it is none."""
    said = as_object(item, "a ticket")
    id_ = as_id(said.get("id"), "the id of a ticket")
    fields: dict[str, Json] = {}
    for name in ("Subject", "Status", "Priority", "Type"):
        fields[name] = _text(said.get(name)) or None
    for name in DATES:
        date = said.get(name)
        fields[name] = None if date in (None, "", _NEVER) else _text(date)
    for name in ROLES:
        people = said.get(name)
        members = people if isinstance(people, list) else []
        fields[name] = [_reference(one) for one in members]
    fields["Owner"] = _owner(_reference(said.get("Owner")))
    queue = said.get("Queue")
    fields["Queue"] = _text(queue.get("Name") or queue.get("id")) if isinstance(queue, dict) else None
    custom: dict[str, tuple[str, ...]] = {}
    names: dict[str, str] = {}
    customs = said.get("CustomFields")
    for one in customs if isinstance(customs, list) else []:
        field = as_object(one, "a custom field of a ticket")
        key = as_id(field.get("id"), "the id of a custom field")
        names[key] = as_text(field.get("name"), "the name of a custom field")
        custom[key] = tuple(_shown(value) for value in as_array(field.get("values"), "values of a custom field"))
    effective = said.get("EffectiveId")
    into = _reference(effective) if isinstance(effective, dict) else _text(effective)
    return Ticket(id_, fields, custom, names, into if into and into != id_ else None)


def custom_name(name: str) -> str:
    """How a custom field is called here, as in Request Tracker's own searches: `CF.{Core}`."""
    return f"CF.{{{name}}}"


def is_custom(name: str) -> bool:
    """Whether this is how a custom field is called here."""
    return name.startswith("CF.{") and name.endswith("}")


def instant_of(value: Json, what: str) -> int:
    """An instant in microseconds. UnreadableError where it is none."""
    try:
        return parse_instant(as_text(value, what))
    except ValueError:
        raise UnreadableError(f"{what} is no instant: {str(value)[:40]}") from None


def date_text(stored: str) -> str | None:
    """A date as it stands in a transaction (UTC, without its zone), in the form of a ticket's; None for no date."""
    found = _SQL_DATE.fullmatch(stored)
    if found is None:
        return None
    text = f"{found[1]}T{found[2]}Z"
    return None if text == _NEVER else text


def stored_date(at: int) -> str:
    """An instant as dates of tickets are written: UTC, to the second, without its zone.

    Any other form is taken, answered with success, and makes the date 1970.
    """
    return (datetime.fromtimestamp(at // 1_000_000, tz=UTC)).strftime("%Y-%m-%d %H:%M:%S")


def local_date(at: int, zone: ZoneInfo) -> str:
    """An instant as custom fields of date and time are written: by the clock of whoever writes, without its zone.

    A zone in the text is passed over, and some forms lose the time of day; all are answered with success.
    """
    return datetime.fromtimestamp(at // 1_000_000, tz=zone).strftime("%Y-%m-%d %H:%M:%S")


def _owner(name: str) -> str | None:
    return None if name in ("", "Nobody") else name


def _reference(value: Json) -> str:
    return _text(value.get("id")) if isinstance(value, dict) else ""


def _shown(value: Json) -> str:
    """A value of a custom field; of a file only its name."""
    if isinstance(value, dict):
        return _text(value.get("filename"))
    return _text(value)


def _value_name(value: Json) -> str:
    return _text(value.get("name")) if isinstance(value, dict) else _text(value)


def _text(value: Json) -> str:
    match value:
        case str():
            return value
        case bool() | None | list() | dict():
            return ""
        case _:
            return str(value)


def _number(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise UnreadableError(f"{what} is no number: {text[:40]}")
    return int(text)
