"""Calendars, business days and zones, with the places of the file put back on what `worktime` finds wrong."""

from dataclasses import replace
from datetime import date
from typing import Final

from casewarden.ruleset import keys
from casewarden.ruleset.forms import Context, as_map, as_text, check_keys, cited, is_empty, word_at
from casewarden.ruleset.lock import Lock, Stages
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.plain import plain
from casewarden.ruleset.syntax import CalendarDecl
from casewarden.worktime import CalendarError, CalendarSpec, DayMode, DayOrigin, DayRule, FirstDay, UnknownZone
from casewarden.worktime.read import parse_calendar
from casewarden.worktime.zones import zone

_MODES: Final = {mode.value: mode for mode in DayMode}
_ORIGINS: Final = {origin.value: origin for origin in DayOrigin}
_FIRST_DAYS: Final = {day.value: day for day in FirstDay}


def read_calendar(context: Context, key: Scalar, node: Node, lock: Lock | None = None) -> CalendarDecl | None:
    """A calendar with its holidays resolved, by the library or from the lock."""
    entries = as_map(context, node, f"the calendar `{key.text}`", "{zone: Europe/Zurich, open: 24x7, holidays: none}")
    if entries is None:
        return None
    remarks = cited(context, entries, key)
    stages = None if lock is None else lock.stages(key.text)
    value = plain(entries)
    spec, problems = parse_calendar(value if stages is None else _without_holidays(value))
    for problem in problems:
        _tell(context, key, entries, problem)
    if spec is None:
        return None
    if not _ever_opens(spec):
        hours = entries.get("open")
        message = f"the calendar `{key.text}` is never open, so nothing that counts on it is ever due"
        context.error(
            "CW409", key if hours is None else hours, message, "write hours, `{mon-fri: 08:00-17:00}`, or `24x7`"
        )
        return None
    return CalendarDecl(key.text, remarks, spec if stages is None else _with_holidays(spec, entries, stages))


def _ever_opens(spec: CalendarSpec) -> bool:
    """Whether there are open hours on any weekday or any single date, now or later."""
    stages = (spec, *(stage for _, stage in spec.later))
    return any(hours for stage in stages for hours in (*stage.weekly, *(hours for _, hours in stage.exceptions)))


def _without_holidays(value: object) -> object:
    """The calendar as it would be without holidays; entries of `later` that change them say so too."""
    if not isinstance(value, dict):
        return value
    bare = {**value, "holidays": "none"} if "holidays" in value else dict(value)
    later = value.get("later")
    if isinstance(later, list):
        bare["later"] = [_without_holidays(entry) for entry in later]
    return bare


def _with_holidays(spec: CalendarSpec, entries: Map, stages: Stages) -> CalendarSpec:
    """The calendar with its locked holidays; an entry of `later` that says nothing of them keeps those before it."""
    holidays = stages.get(0, ())
    own = replace(spec, holidays=holidays)
    written = entries.get("later")
    items = written.items if isinstance(written, Seq) else ()
    later: list[tuple[date, CalendarSpec]] = []
    for number, ((start, stage), item) in enumerate(zip(spec.later, items, strict=True), start=1):
        if isinstance(item, Map) and item.get("holidays") is not None:
            holidays = stages.get(number, ())
        later.append((start, replace(stage, holidays=holidays)))
    return replace(own, later=tuple(later))


def _tell(context: Context, key: Scalar, entries: Map, problem: CalendarError) -> None:
    path = problem.path
    at = _node_at(entries, path, problem.message) or (key if not path else entries)
    if isinstance(at, Scalar) and is_empty(at):
        return
    message = _as_clause(problem.message) + (f" in the calendar `{key.text}`" if not path else "")
    context.error(_code(path, problem.message), at, message, _as_clause(problem.fix) or None)


def _node_at(node: Node, path: tuple[str | int, ...], message: str) -> Node | None:
    """The value at a path; where a key itself is wrong, it ends the path, is named in the message, and is shown."""
    at: Node | None = node
    for number, step in enumerate(path):
        last = number == len(path) - 1
        if isinstance(at, Map) and isinstance(step, str):
            value, key = at.get(step), at.key_node(step)
            at = key if last and key is not None and step in message and _is_about_key(path) else value
        elif isinstance(at, Seq) and isinstance(step, int) and step < len(at.items):
            at = at.items[step]
        else:
            break
    return at


def _is_about_key(path: tuple[str | int, ...]) -> bool:
    """Whether the last step of a path is itself written by the author: a date, a weekday, an unknown key."""
    steps = [step for step in path if isinstance(step, str)]
    known = (
        "zone",
        "open",
        "holidays",
        "exceptions",
        "later",
        "from",
        "country",
        "subdivision",
        "years",
        "add",
        "remove",
    )
    return steps[-1] not in known if isinstance(path[-1], str) else False


def _code(path: tuple[str | int, ...], message: str) -> str:
    steps = [step for step in path if isinstance(step, str)]
    if "is not known here" in message:
        return "CW201"
    if "does not say" in message or "do not say" in message:
        return "CW202"
    if message.startswith(("There must be a mapping", "This is no list", "There must be text")):
        return "CW203"
    if steps and steps[-1] == "zone":
        return "CW406"
    if "no date" in message or (steps and steps[-1] == "from"):
        return "CW407"
    return "CW416" if "holidays" in steps else "CW409"


def _as_clause(sentence: str) -> str:
    """A sentence as diagnostics write it: small at the beginning, without its full stop, words in backquotes."""
    text = sentence.removesuffix(".").replace("'", "`")
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


def read_zone(context: Context, node: Node, what: str) -> str | None:
    """An IANA zone or a fixed offset."""
    text = as_text(context, node, what)
    if text is None:
        return None
    try:
        zone(text)
    except UnknownZone as error:
        context.error("CW406", node, _as_clause(error.message), _as_clause(error.fix) or None)
        return None
    return text


def read_days(context: Context, node: Node, what: str) -> DayRule | None:
    """How business days are counted: `{mode, origin, first_day?}`."""
    entries = as_map(context, node, what, "{mode: end_of_day, origin: next_opening}")
    if entries is None or not check_keys(context, entries, what, keys.DAYS.names, keys.DAYS.required):
        return None
    mode = word_at(context, entries, "mode", tuple(_MODES))
    origin = word_at(context, entries, "origin", tuple(_ORIGINS))
    first = word_at(context, entries, "first_day", tuple(_FIRST_DAYS))
    if mode is None or origin is None or (first is None and entries.get("first_day") is not None):
        return None
    return DayRule(_MODES[mode], _ORIGINS[origin], _FIRST_DAYS[first] if first else FirstDay.DAY_AFTER)
