"""What an action wants a ticket to be like: fields in a ticket's form, what is sent for them, and whether they stand.

Pure: `Ticket` is how it is now.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from casewarden.model.event import Json
from casewarden.model.instants import parse_instant
from casewarden.plugin.mapping import NotWrittenError
from casewarden_rt.records import (
    DATES,
    CustomField,
    Ticket,
    custom_name,
    date_text,
    is_custom,
    local_date,
    stored_date,
)
from casewarden_rt.settings import RtSettings

STATES: Final = frozenset({"set", "assign", "tag", "close", "reopen", "project"})
"""The actions that want a state, and can be done again without harm."""


@dataclass(frozen=True, slots=True)
class Forms:
    """How fields of one ticket are written. NotWrittenError for what a field cannot hold.

    `custom` gives a custom field by its number, as far as we may see it; `zone` the zone of our account, None where it
    has none.
    """

    said: RtSettings
    ticket: Ticket
    custom: Callable[[str], CustomField | None]
    zone: Callable[[], ZoneInfo | None]

    def wanted(self, kind: str, content: Mapping[str, Json], owner: Callable[[str], str]) -> dict[str, Json]:
        """The fields that an action wants, by our names and in a ticket's form; `owner` is a user's own name."""
        match kind:
            case "set":
                return self._set(str(content.get("path")), content.get("value"))
            case "assign":
                return {"Owner": self._owner(content.get("value"), owner)}
            case "tag":
                return self._tags(content)
            case "close":
                return self._close(content.get("reason"))
            case "reopen":
                return {"Status": self.said.reopen_with}
            case "project":
                values = self.said.mapping.project.values(content)
                return {name: self._in_form(name, value) for name, value in values.items()}
            case _:
                raise NotWrittenError(f"the Request Tracker connector knows no action `{kind}`")

    def missing(self, wanted: Mapping[str, Json]) -> dict[str, Json]:
        """Those of the wanted values that do not stand."""
        return {name: value for name, value in wanted.items() if not self._stands(name, value)}

    def body(self, changes: Mapping[str, Json]) -> dict[str, Json]:
        """What is sent so that a ticket has these values."""
        body: dict[str, Json] = {}
        custom: dict[str, Json] = {}
        for name, value in changes.items():
            if is_custom(name):
                custom[name[4:-1]] = self._custom_body(name, value if isinstance(value, list) else [])
            elif name in DATES:
                body[name] = "" if value is None else stored_date(parse_instant(str(value)))
            elif name == "Owner":
                body[name] = value or "Nobody"
            else:
                body[name] = "" if value is None else value
        return body | ({"CustomFields": custom} if custom else {})

    # -- what is wanted

    def _set(self, path: str, value: Json) -> dict[str, Json]:
        fields = self.said.mapping.fields
        if path == "case.status" and path not in fields.rules:
            status = self.said.status_for(str(value))
            if status is None:
                raise NotWrittenError(f"no status of Request Tracker means `{value}`; add one to `statuses`")
            return {"Status": status}
        if path == "case.subject" and path not in fields.rules:
            return {"Subject": str(value)}
        found = fields.write(path, value)
        return {found.field: self._in_form(found.field, found.value)}

    def _owner(self, person: Json, owner: Callable[[str], str]) -> Json:
        if person is None:
            return None
        found = self.said.mapping.people.assignee(str(person))
        if found is not None and found.kind == "group":
            raise NotWrittenError(f"`{person}` is a group, and a ticket of Request Tracker is owned by a person")
        return owner(str(person) if found is None else found.name)

    def _tags(self, content: Mapping[str, Json]) -> dict[str, Json]:
        if self.said.tags is None:
            raise NotWrittenError("tickets have no tags here; name their custom field in the setting `tags`")
        name = custom_name(self.said.tags)
        key = self._key(name)
        if key is None:
            raise NotWrittenError(
                f"ticket {self.ticket.id} has no custom field `{self.said.tags}`; apply it to the ticket's queue"
            )
        add, remove = (content.get(which) for which in ("add", "remove"))
        gone = {str(tag) for tag in remove} if isinstance(remove, list) else set()
        new = [str(tag) for tag in add] if isinstance(add, list) else []
        kept = [tag for tag in self.ticket.custom[key] if tag not in gone]
        return {name: list[Json](dict.fromkeys([*kept, *new]))}

    def _close(self, reason: Json) -> dict[str, Json]:
        wanted: dict[str, Json] = {"Status": self.said.close_with}
        if self.said.close_reason is not None and reason is not None:
            wanted[custom_name(self.said.close_reason)] = [str(reason)]
        return wanted

    def _in_form(self, name: str, value: Json) -> Json:
        """A value of the mapping in the form in which tickets have it."""
        if name in DATES:
            return None if value is None else _to_second(name, value)
        if is_custom(name):
            many = value if isinstance(value, list) else [] if value is None else [value]
            return [_to_second(name, one) if self._is_instant(name) else _as_text(one) for one in many]
        if name == "Priority" and not (isinstance(value, int) or str(value).lstrip("-").isdecimal()):
            raise NotWrittenError(f"`{value}` is no priority: Request Tracker takes a number, and makes of others a 0")
        return None if value is None else _as_text(value)

    # -- custom fields

    def _custom_body(self, name: str, values: list[Json]) -> Json:
        """A custom field's values as they are sent: dates as the clock of our account shows them."""
        if values and self._is_instant(name):
            zone = self.zone()
            if zone is None:
                raise NotWrittenError(
                    "the account has no time zone of its own, and Request Tracker reads the dates of custom fields in"
                    " it; set its time zone to UTC"
                )
            values = [local_date(parse_instant(str(value)), zone) for value in values]
        if self._is_several(name):
            return values
        return values[0] if values else None

    def _is_instant(self, name: str) -> bool:
        found = self._field(name)
        return name in self.said.instants if found is None else found.kind == "DateTime"

    def _is_several(self, name: str) -> bool:
        found = self._field(name)
        return name in self.said.several if found is None else not found.is_single

    def _field(self, name: str) -> CustomField | None:
        key = self._key(name)
        return None if key is None else self.custom(key)

    def _key(self, name: str) -> str | None:
        return next((key for key, known in self.ticket.names.items() if custom_name(known) == name), None)

    def _stands(self, name: str, value: Json) -> bool:
        if is_custom(name):
            key = self._key(name)
            return key is not None and sorted(self.ticket.custom[key]) == sorted(map(str, _many(value)))
        there = self.ticket.fields.get(name)
        if name == "Priority":
            return str(there or 0) == str(value or 0)
        return (there or None) == (value or None)


def _many(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _to_second(name: str, value: Json) -> str:
    """An instant in a ticket's form, which has no parts of a second."""
    try:
        return date_text(stored_date(parse_instant(str(value)))) or ""
    except (ValueError, OverflowError):
        raise NotWrittenError(f"`{value}` is no instant, and the field `{name}` takes nothing else") from None


def _as_text(value: Json) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)
