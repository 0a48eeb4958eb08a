"""What a test states of the world: values at paths, typed by the ruleset's declarations, in the form of events."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from casewarden.model.event import Json
from casewarden.model.instants import iso
from casewarden.ruleset import catalogue
from casewarden.ruleset.forms import Context, as_map, as_text, one_of, reference, references, unknown_name, whole
from casewarden.ruleset.names import Sort
from casewarden.ruleset.nodes import Map, Node, Scalar
from casewarden.ruleset.paths import PathType, path_type
from casewarden.ruleset.read_durations import is_target, read_duration, read_target
from casewarden.ruleset.read_tests import read_value
from casewarden.ruleset.syntax import Commitment, FieldType
from casewarden.ruleset.terms import ELAPSED, Value
from casewarden.scenario.times import read_time
from casewarden.worktime.zones import Zone

UNKNOWN: Final = "unknown"
UNLIMITED: Final = "unlimited"
CONTRACT_TERMS: Final = (
    "contract.calendar",
    "contract.commitment",
    "contract.channels",
    "contract.targets",
    "contract.quotas",
)
_OTHERWISE: Final = {
    "links": "write the entry `linked`",
    "release": "write the entry `release`",
    "quota": "write the entry `granted`",
    "clock": "clocks follow from events",
    "guard": "guards follow from facts",
    "channel": "channels follow from the plan, or from `contract.channels`",
    "now": "the time is that of the step",
}


def read_facts(context: Context, node: Node, what: str, zone: Zone) -> dict[str, Json]:
    """`{PATH: VALUE}` as the facts of an event; `unknown` empties a path."""
    entries = as_map(context, node, what, "{case.plan: PLAN}")
    found: dict[str, Json] = {}
    for key, value in entries or ():
        read_fact(context, key, value, zone, found)
    return found


def read_fact(context: Context, key: Scalar, value: Node, zone: Zone, found: dict[str, Json]) -> None:
    """Add one fact, or say what is wrong with it."""
    path = key.text
    if path in CONTRACT_TERMS:
        term = _contract_term(context, path, value)
        if term is not None:
            found[path] = term
        return
    root, _, rest = path.partition(".")
    if path in catalogue.DERIVED_PATHS:
        context.error("CW910", key, f"`{path}` follows from other facts", "state those")
        return
    if path.endswith(".proposed") or (root in _OTHERWISE and (rest or root == "now")):
        fix = _OTHERWISE.get(root, f"let somebody observe `{path.removesuffix('.proposed')}`")
        context.error("CW910", key, f"`{path}` cannot be stated", fix)
        return
    kind = path_type(context, path, key)
    if kind is None:
        return
    if isinstance(value, Scalar) and value.text == UNKNOWN:
        found[path] = None
        return
    typed = read_time(context, value, f"`{path}`", zone) if _is_instant(kind) else read_value(context, value, kind)
    if typed is not None:
        found[path] = as_json(kind, typed)


def _is_instant(kind: PathType) -> bool:
    return kind.type is FieldType.INSTANT


def as_json(kind: PathType, value: Value) -> Json:
    """A typed value as events carry it."""
    match value:
        case tuple():
            return list(value)
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case int() if kind.type is FieldType.INSTANT:
            return iso(value)
        case _:
            return value


def _contract_term(context: Context, path: str, node: Node) -> Json:
    """A term that a contract has of its own; the engine reads it beside the plan's."""
    match path.partition(".")[2]:
        case "calendar" if isinstance(node, Map):
            return _by_severity(context, node, lambda name: reference(context, name, Sort.CALENDAR))
        case "calendar":
            return reference(context, node, Sort.CALENDAR)
        case "quotas":
            return _quotas(context, path, node)
        case "commitment":
            return one_of(context, node, f"`{path}`", tuple(level.value for level in Commitment))
        case "channels":
            return list(references(context, node, f"`{path}`", Sort.CHANNEL))
        case _:
            return _targets(context, path, node)


def _targets(context: Context, path: str, node: Node) -> Json:
    entries = as_map(context, node, f"`{path}`", "{CLOCK: 4 business hours}")
    found: dict[str, Json] = {}
    for key, value in entries or ():
        if not context.names.has(Sort.CLOCK, key.text):
            unknown_name(context, key, Sort.CLOCK, key.text)
        elif isinstance(value, Map) and not is_target(value):
            found[key.text] = _by_severity(context, value, lambda cell: _target_text(context, cell))
        else:
            text = _target_text(context, value)
            if text is not None:
                found[key.text] = text
    return found


def _quotas(context: Context, path: str, node: Node) -> Json:
    """What the contract allows of a quota: a number, a duration, or `unlimited`."""
    entries = as_map(context, node, f"`{path}`", "{QUOTA: 20}")
    found: dict[str, Json] = {}
    for key, value in entries or ():
        if not context.names.has(Sort.QUOTA, key.text):
            unknown_name(context, key, Sort.QUOTA, key.text)
        elif isinstance(value, Scalar) and value.text == UNLIMITED:
            found[key.text] = UNLIMITED
        elif isinstance(value, Scalar) and value.text.isdecimal():
            found[key.text] = whole(context, value, "the allowance", 0)
        else:
            found[key.text] = _length(context, value)
    return found


def _length(context: Context, node: Node) -> str | None:
    length = read_duration(context, node, "the allowance")
    if length is None or length.calendar == ELAPSED:
        return None if length is None else str(length)
    context.error("CW204", node, "an allowance is a number or a length of plain time", "write `4 hours`")
    return None


def _by_severity(context: Context, node: Map, read: Callable[[Node], str | None]) -> Json:
    """A term for each severity; severities that the ruleset has not are reported."""
    found: dict[str, Json] = {}
    for level, value in node:
        if not context.names.has(Sort.LEVEL, level.text):
            unknown_name(context, level, Sort.LEVEL, level.text)
            continue
        text = read(value)
        if text is not None:
            found[level.text] = text
    return found


def _target_text(context: Context, node: Node) -> str | None:
    text = as_text(context, node, "the target")
    if text is None or read_target(context, node, "the target") is None:
        return None
    return text
