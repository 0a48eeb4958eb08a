"""What the user says along with an export: which field is which, who is who, the calendar."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from casewarden.importing.export import Item
from casewarden.importing.fate import ImportProblem
from casewarden.importing.written import Data
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.files import read_yaml_file
from casewarden.ruleset.names import MAX_NAME, NAME
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.worktime import UnknownZone
from casewarden.worktime.zones import zone

STATUSES: Final = ("new", "open", "waiting_on_customer", "on_hold", "resolved", "closed")
TYPES: Final = ("text", "choice", "yes_no", "integer", "number", "instant", "set")
_PATH: Final = re.compile(r"(case|customer|contract)\.[a-z][a-z0-9_]*")
_FORM: Final = "fields: {360012: case.core}, people: {29612: anna}, statuses: {Done: resolved}"
_DAY: Final = 24 * 60
_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """The path that stands for a field of the other system; a type only where the mapping says it."""

    path: str
    type: str | None = None
    of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Calendar:
    """The default calendar; `assumed` where nobody said what it is."""

    zone: str = "UTC"
    open: Data = field(default_factory=lambda: dict[str, Data]({"mon-fri": "09:00-17:00"}))
    assumed: bool = True


@dataclass(frozen=True, slots=True)
class Options:
    """All of it."""

    fields: Mapping[str, FieldChoice] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    calendar: Calendar = field(default_factory=Calendar)
    language: str = "en"


def read_calendar_text(text: str) -> Calendar:
    """The calendar of `Europe/Berlin mon-fri 09:00-17:00, sat 10:00-14:00`, or of `Europe/Berlin 24x7`."""
    name, _, rest = text.strip().partition(" ")
    _check_zone(name)
    if rest.strip() in ("24x7", "24x5"):
        return Calendar(name, rest.strip(), assumed=False)
    found: dict[str, Data] = {}
    for part in rest.split(","):
        days, *hours = part.split()[:8] if part.strip() else [""]
        if not days or not hours or days in found:
            raise ImportProblem(
                f"`{part.strip()}` names no days with hours", 'write "Europe/Berlin mon-fri 09:00-17:00"'
            )
        found[days] = hours[0] if len(hours) == 1 else list(hours)
    return Calendar(name, found, assumed=False)


def read_schedule(export: Item) -> Calendar:
    """The first schedule of what Zendesk answers at `/api/v2/business_hours/schedules`; minutes count from Sunday."""
    every = export.get("schedules").items()
    one = every[0] if every else export.get("schedule")
    name = one.table().get("time_zone").text()
    _check_zone(name)
    days: dict[str, list[Data]] = {}
    for interval in one.get("intervals").items():
        start, end = interval.get("start_time").number(), interval.get("end_time").number()
        if start is None or end is None or not 0 <= start < end <= 7 * _DAY:
            raise ImportProblem(f"`{interval.path}` is no interval of a week", "export the schedule anew")
        while start < end:
            day = start // _DAY
            stop = min(end, (day + 1) * _DAY)
            days.setdefault(_WEEKDAYS[day], []).append(f"{_clock(start - day * _DAY)}-{_clock(stop - day * _DAY)}")
            start = stop
    if not days:
        raise ImportProblem(f"`{one.path}` opens at no time", "give a schedule with intervals")
    return Calendar(name, {day: days[day] for day in _WEEKDAYS if day in days}, assumed=False)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _check_zone(name: str) -> None:
    try:
        zone(name)
    except UnknownZone as problem:
        fix = problem.fix or 'say it as text: --calendar "Europe/Berlin mon-fri 09:00-17:00"'
        raise ImportProblem(problem.message, fix) from None


def read_mapping(path: Path) -> tuple[dict[str, FieldChoice], dict[str, str], dict[str, str]]:
    """Fields, people and statuses of a mapping file; ImportProblem with the place of what is wrong."""
    diagnostics = Diagnostics()
    node = read_yaml_file(path, diagnostics)
    if node is None or diagnostics.has_errors:
        first = diagnostics.items[0]
        raise ImportProblem(f"{first.place.file}:{first.place.line}: {first.message}", first.fix or f"write {_FORM}")
    sections = _map(node, "the mapping")
    for key, _ in sections:
        if key.text not in ("fields", "people", "statuses"):
            raise _problem(key, f"`{key.text}` is no part of a mapping", f"write {_FORM}")
    fields = {key.text: _field(value) for key, value in _section(sections, "fields")}
    people = {key.text: _name(value) for key, value in _section(sections, "people")}
    statuses = {key.text: _one_of(value, STATUSES) for key, value in _section(sections, "statuses")}
    return fields, people, statuses


def _section(sections: Map, name: str) -> Map:
    node = sections.get(name)
    return Map((), sections.place) if node is None else _map(node, f"`{name}`")


def _field(node: Node) -> FieldChoice:
    if isinstance(node, Scalar):
        return FieldChoice(_path(node))
    entries = _map(node, "a field")
    path, type_, of = entries.get("path"), entries.get("type"), entries.get("of")
    if path is None:
        raise _problem(node, "the field has no `path`", "write {path: case.core, type: text}")
    values = tuple(_text(item) for item in of.items) if isinstance(of, Seq) else ()
    return FieldChoice(_path(path), None if type_ is None else _one_of(type_, TYPES), values)


def _path(node: Node) -> str:
    text = _text(node)
    if not _PATH.fullmatch(text) or len(text.partition(".")[2]) > MAX_NAME:
        raise _problem(node, f"`{text}` is no path of a field", "write `case.core`, `customer.tier`, `contract.kind`")
    return text


def _name(node: Node) -> str:
    text = _text(node)
    if not NAME.fullmatch(text) or len(text) > MAX_NAME:
        raise _problem(node, f"`{text}` cannot name a person", "use lower case letters, digits and `_`")
    return text


def _one_of(node: Node, words: tuple[str, ...]) -> str:
    text = _text(node)
    if text not in words:
        raise _problem(node, f"`{text}` is none of {', '.join(words)}", "write one of them")
    return text


def _text(node: Node) -> str:
    if not isinstance(node, Scalar):
        raise _problem(node, "this must be a text", f"write {_FORM}")
    return node.text


def _map(node: Node, what: str) -> Map:
    if not isinstance(node, Map):
        raise _problem(node, f"{what} must be a mapping", f"write {_FORM}")
    return node


def _problem(node: Node, message: str, fix: str) -> ImportProblem:
    return ImportProblem(f"{node.place.file}:{node.place.line}: {message}", fix)
