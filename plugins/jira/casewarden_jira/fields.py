"""Jira's fields: what a value says in its history and in an issue, as one plain form, and how it is written. Pure.

The plain form is what a mapping reads: the name or value of an option, a list of those, a number, a text. History is
texts only (`fromString`, `toString`), with ids beside (`from`, `to`); users and dates are known by the latter.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from casewarden.model.event import Json
from casewarden.plugin.mapping import Live, LiveField
from casewarden_jira.adf import document, plain, text_of

_BY_NAME: Final[Mapping[str, str]] = MappingProxyType(
    {
        "fix version": "fixVersions",
        "version": "versions",
        "component": "components",
        "link": "issuelinks",
        "issuekey": "Key",
    }
)
"""What history calls fields that are called otherwise elsewhere."""
ONE_BY_ONE: Final = frozenset({"fixVersions", "versions", "components", "issuelinks"})
"""Fields of which each entry of a history adds or removes one value."""
_BY_ID: Final = frozenset({"user", "date", "datetime"})
_NAMED: Final = frozenset({"priority", "version", "component", "resolution", "issuetype", "group", "securitylevel"})
_ADF: Final = frozenset({"description", "environment"})
_CASCADE: Final = re.compile(
    r"Parent values: (.{1,255}?)\(\d{1,18}\)(?:Level 1 values: (.{1,255})\(\d{1,18}\))?$", re.DOTALL
)
"""How the history has an option and the one below it."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `type` and `items` as its schema says; `is_long`: a text of several lines (ADF on Cloud)."""

    id: str
    name: str
    type: str = "string"
    items: str = ""
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a history: a field before and after, in plain form; `removed` and `added` for `ONE_BY_ONE`."""

    field: str
    before: Json
    after: Json
    ids: tuple[str | None, str | None] = (None, None)


@dataclass(frozen=True, slots=True)
class Fields:
    """All fields of a site, by id."""

    by_id: Mapping[str, Field] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> "Fields":
        """The fields of a site's answer; what is none is left out."""
        return cls(MappingProxyType({one.id: one for row in rows if (one := _field(row)) is not None}))

    def live(self) -> Live:
        """The fields as a mapping looks them up."""
        return Live(tuple(LiveField(one.id, (one.name,)) for one in self.by_id.values()))

    def get(self, name: str) -> Field:
        """A field by its id; one that is not known is a text."""
        return self.by_id.get(name) or Field(name, name)

    def id_of(self, item: Mapping[str, Any]) -> str:
        """The id of the field that an entry of a history is about: Cloud says it, Data Center has its name only."""
        known = item.get("fieldId")
        if isinstance(known, str) and known:
            return _BY_NAME.get(known.casefold(), known)
        name = str(item.get("field") or "")
        if name.casefold() in _BY_NAME:
            return _BY_NAME[name.casefold()]
        if name in self.by_id:
            return name
        found = [one.id for one in self.by_id.values() if one.name.casefold() == name.casefold()]
        return found[0] if len(found) == 1 else name

    def changes(self, items: Json) -> Iterator[Change]:
        """What the entries of one history say."""
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict):
                name = self.id_of(item)
                one = self.get(name)
                ids = (_text(item.get("from")), _text(item.get("to")))
                yield Change(
                    name, _past(one, ids[0], item.get("fromString")), _past(one, ids[1], item.get("toString")), ids
                )

    def values(self, fields: Mapping[str, Json]) -> dict[str, Json]:
        """The plain form of an issue's fields."""
        return {name: plain_of(value) for name, value in fields.items()}

    def written(self, name: str, value: Json, *, is_cloud: bool) -> Json:
        """What Jira takes for a field so that its plain form is this value."""
        one = self.get(name)
        if value is None:
            return None
        if one.type == "array":
            items = value if isinstance(value, list) else [value]
            return [_one(one.items, item, is_cloud) for item in items]
        if one.is_long and is_cloud:
            return document(str(value))
        return _one(one.type, value, is_cloud)


def same(one: Json, other: Json) -> bool:
    """Whether two plain values are the same to Jira.

    It keeps numbers as 5.0, sets in its own order, of instants the milliseconds, of texts not every blank.
    """
    if isinstance(one, list) or isinstance(other, list):
        return sorted(map(str, one if isinstance(one, list) else [])) == sorted(
            map(str, other if isinstance(other, list) else [])
        )
    if isinstance(one, str) and isinstance(other, str):
        return plain(one).split() == plain(other).split() or _instant(one) == _instant(other) is not None
    return one == other or (one in (None, "") and other in (None, ""))


def plain_of(value: Any) -> Json:
    """The plain form of a value as an issue has it: real ones hold nulls, and shapes that no specification lists."""
    match value:
        case {"type": "doc"}:
            return text_of(value)
        case {"value": str(first), "child": {"value": str(second)}}:
            return f"{plain(first)} - {plain(second)}"
        case {"accountId": str(known)}:
            return known
        case dict():
            if "emailAddress" in value or "timeZone" in value:  # a user of Data Center
                return _text(value.get("name")) or _text(value.get("key"))
            return next(
                (plain(found) for key in ("value", "name", "key", "id") if (found := _text(value.get(key)))), None
            )
        case list():
            return [plain_of(item) for item in value]
        case float() if value.is_integer():
            return int(value)
        case str():
            return plain(value)
        case bool() | int() | float():
            return value
        case _:
            return None


def _field(row: Mapping[str, Any]) -> Field | None:
    name, schema = row.get("id"), row.get("schema")
    if not isinstance(name, str):
        return None
    said: Mapping[str, Any] = schema if isinstance(schema, Mapping) else {}
    is_long = name in _ADF or str(said.get("custom", "")).endswith(":textarea")
    return Field(
        name, str(row.get("name") or name), str(said.get("type", "string")), str(said.get("items", "")), is_long
    )


def _past(one: Field, known: str | None, said: Any) -> Json:
    text = _text(said)
    if one.id in ONE_BY_ONE:
        return text or known
    if one.type in _BY_ID:
        return known or None
    if one.type == "array":
        if not text:
            return []
        separator = None if one.items == "string" else ","
        return [part.strip() for part in text.split(separator) if part.strip()]
    if one.type == "option-with-child" and text:
        found = _CASCADE.match(text)
        return text if found is None else found[1] if found[2] is None else f"{found[1]} - {found[2]}"
    if one.type == "number" and text:
        try:
            number = float(text)
        except ValueError:
            return text
        return int(number) if number.is_integer() else number
    return text or None


def _one(kind: str, value: Json, is_cloud: bool) -> Json:
    match kind:
        case "option":
            return {"value": value}
        case "option-with-child":
            first, _, second = str(value).partition(" - ")
            return {"value": first, "child": {"value": second}} if second else {"value": first}
        case "user":
            return {"accountId" if is_cloud else "name": value}
        case "datetime":
            return _stamped(value)
        case known if known in _NAMED:
            return {"name": value}
        case _:
            return value


def _stamped(value: Json) -> Json:
    """Jira takes instants with milliseconds and an offset without a colon."""
    from datetime import UTC, datetime  # noqa: PLC0415  # rare

    at = _instant(value)
    if at is None:
        return value
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{at % 1000:03d}+0000"


def _instant(value: Json) -> int | None:
    """Milliseconds of an instant; None for what is none."""
    from datetime import datetime  # noqa: PLC0415  # rare

    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return round(found.timestamp() * 1_000_000) // 1000 if found.tzinfo is not None else None


def _text(value: Any) -> str | None:
    return plain(value) if isinstance(value, str) else None
