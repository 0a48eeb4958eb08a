"""Values of a helpdesk's field as facts of a case, and back. Nothing is coerced silently: what does not fit is told."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from casewarden.model.event import Json
from casewarden.model.instants import iso, parse_instant
from casewarden.plugin.mapping.parts import text_of
from casewarden.ruleset.syntax import FieldType
from casewarden.scenario.dates import DateFormat
from casewarden.worktime.zones import Zone

MILLISECOND: Final = 1_000
UNITS: Final[Mapping[str, int]] = {
    "milliseconds": MILLISECOND,
    "seconds": 1_000_000,
    "minutes": 60_000_000,
    "hours": 3_600_000_000,
    "days": 86_400_000_000,
}
"""Microseconds in one of what a helpdesk counts."""
INSTANTS: Final = ("iso", "date", "epoch_seconds", "epoch_milliseconds")
UNMAPPED: Final = "unmapped:"
"""Before a value that its table lacks where it would look like one that the table gives."""

_MOST: Final = 2**53
_YES: Final = frozenset({"true", "yes", "1"})
_NO: Final = frozenset({"false", "no", "0"})
_EPOCH: Final[Mapping[str, int]] = {"epoch_seconds": 1_000_000, "epoch_milliseconds": MILLISECOND}


class NotWrittenError(ValueError):
    """A value that the helpdesk's field cannot hold, or a path that is not written; the text is a reason to reject."""


@dataclass(frozen=True, slots=True)
class Read:
    """A fact's value (None: emptied), and what of it no table or type knows: kept in it as text, and reported."""

    value: Json
    unmapped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """How a field's values are written by the helpdesk.

    `values` is its table, raw to fact; `back` the same the other way round. `keeps_others`: what the table lacks is
    taken as it is. `separator` splits a text into a set. `unit` is microseconds in one of a number; `instants` one of
    `INSTANTS`; `zone` is that of dates without a time. `empty` is what an empty field means.
    """

    type: FieldType = FieldType.TEXT
    values: Mapping[str, Json] | None = None
    back: Mapping[str, str] | None = None
    keeps_others: bool = False
    separator: str | None = None
    unit: int | None = None
    instants: str = "iso"
    zone: Zone | None = None
    empty: Json = None

    def read(self, raw: Json) -> Read:
        """The fact that a field's value states."""
        if raw is None or raw == "" or (raw == [] and self.type is not FieldType.SET):
            return Read(self.empty)
        if self.type is FieldType.SET:
            return self._set(raw)
        value = self._one(raw)
        if value is not None:
            return Read(value)
        text = _shown(raw)
        return Read(self._apart(text), (text,))

    def write(self, value: Json) -> Json:
        """What the field has to hold so that it states this value. NotWrittenError."""
        if value is None:
            return None
        if self.type is FieldType.SET:
            if not isinstance(value, list):
                raise NotWrittenError(f"`{text_of(value)}` is no set")
            items = [text_of(self._raw(item)) for item in value]
            return self.separator.join(items) if self.separator is not None else list[Json](items)
        return self._raw(value)

    def _set(self, raw: Json) -> Read:
        if isinstance(raw, str):
            raw = [part.strip() for part in raw.split(self.separator)] if self.separator is not None else [raw]
        if not isinstance(raw, list):
            return Read(_shown(raw), (_shown(raw),))
        values: list[str] = []
        unmapped: list[str] = []
        for item in raw:
            text = text_of(item)
            if not text:
                continue
            found = self._looked_up(text)
            if found is None:
                unmapped.append(text)
            values.append(text_of(found) if found is not None else self._apart(text))
        return Read(list[Json](sorted(set(values))), tuple(unmapped))

    def _looked_up(self, text: str) -> Json:
        if self.values is None:
            return text
        found = self.values.get(text)
        return text if found is None and self.keeps_others else found

    def _apart(self, text: str) -> str:
        """A value that the table lacks, so that it is not taken for one that the table gives."""
        given = () if self.values is None else map(text_of, self.values.values())
        return f"{UNMAPPED}{text}" if text in given else text

    def _one(self, raw: Json) -> Json:
        """The typed value, None where there is none."""
        if self.values is not None:
            return self._looked_up(text_of(raw)) if not isinstance(raw, list) else None
        match self.type:
            case FieldType.YES_NO:
                word = text_of(raw).strip().casefold()
                return True if word in _YES else False if word in _NO else None
            case FieldType.INTEGER:
                number = _number(raw)
                return int(number) if number is not None and number == int(number) else None
            case FieldType.NUMBER:
                return _number(raw)
            case FieldType.DURATION:
                number = _number(raw)
                length = None if number is None or self.unit is None else number * self.unit
                return int(length) if length is not None and 0 <= length <= _MOST and length == int(length) else None
            case FieldType.INSTANT:
                return self._instant(raw)
            case _:
                return text_of(raw) or None if isinstance(raw, str | int | float | dict) else None

    def _instant(self, raw: Json) -> Json:
        scale = _EPOCH.get(self.instants)
        if scale is not None:
            number = _number(raw)
            return None if number is None else _iso(round(number * scale))
        if not isinstance(raw, str):
            return None
        try:
            return iso(parse_instant(raw.strip()))
        except (ValueError, OverflowError):
            pass  # it has no offset, or is a date
        at = None if self.zone is None else DateFormat("YYYY-MM-DD", self.zone.name).read(raw.strip())
        return None if at is None else iso(at)

    def _raw(self, value: Json) -> Json:
        if self.back is not None:
            text = text_of(value)
            if text in self.back:
                return self._as_stated(self.back[text])
            if not self.keeps_others:
                raise NotWrittenError(f"no value of the field means `{text}`; add one to its table")
        match self.type:
            case FieldType.YES_NO if not isinstance(value, bool):
                raise NotWrittenError(f"`{text_of(value)}` is neither yes nor no")
            case FieldType.INTEGER | FieldType.NUMBER if isinstance(value, bool) or not isinstance(value, int | float):
                raise NotWrittenError(f"`{text_of(value)}` is no number")
            case FieldType.DURATION:
                return self._counted(value)
            case FieldType.INSTANT:
                return self._instant_back(value)
            case _:
                return value

    def _as_stated(self, raw: str) -> Json:
        """The raw value of a table, whose keys are texts: a check box takes true and false."""
        return raw == "true" if self.type is FieldType.YES_NO and raw in ("true", "false") else raw

    def _counted(self, value: Json) -> Json:
        if isinstance(value, bool) or not isinstance(value, int) or self.unit is None:
            raise NotWrittenError(f"`{text_of(value)}` is no length of time")
        whole, rest = divmod(value, self.unit)
        return whole if rest == 0 else value / self.unit

    def _instant_back(self, value: Json) -> Json:
        if not isinstance(value, str):
            raise NotWrittenError(f"`{text_of(value)}` is no instant")
        try:
            at = parse_instant(value)
        except (ValueError, OverflowError):
            raise NotWrittenError(f"`{value[:40]}` is no instant") from None
        return said_instant(at, self.instants, self.zone)


def said_instant(at: int, how: str, where: Zone | None) -> Json:
    """An instant as a helpdesk's field takes it: one of `INSTANTS`; a date is that of the zone."""
    if how in _EPOCH:
        return at // _EPOCH[how]
    if how == "date":
        assert where is not None  # a date without a zone is refused when it is parsed
        return where.local(at).date().isoformat()
    return iso(at)


def _number(raw: Json) -> int | float | None:
    if isinstance(raw, bool):
        return None
    if isinstance(raw, str):
        text = raw.strip()
        if len(text) > 40 or not text.lstrip("+-").replace(".", "", 1).isdecimal() or not text.isascii():
            return None
        raw = float(text) if "." in text else int(text)
    if not isinstance(raw, int | float) or not math.isfinite(raw) or abs(raw) > _MOST:
        return None
    return raw


def _iso(at: int) -> Json:
    try:
        return iso(at)
    except OverflowError:
        return None


def _shown(raw: Json) -> str:
    return text_of(raw)[:1_000] or "(something else)"
