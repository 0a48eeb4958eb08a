"""Paths and their types: what `case.core`, `clock.fix.used` or `quota.incidents` is, and which values it can have."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from casewarden.ruleset import catalogue
from casewarden.ruleset.forms import Context
from casewarden.ruleset.names import SECTION_OF, Sort
from casewarden.ruleset.nodes import Node
from casewarden.ruleset.syntax import FieldType
from casewarden.ruleset.terms import Path


class Special(StrEnum):
    """Types that no field has: a share of a target, and the present."""

    PERCENT = "percent"
    NOW = "now"


ValueType = FieldType | Special

TYPE_WORDS: Final[dict[ValueType, str]] = {
    FieldType.TEXT: "text",
    FieldType.CHOICE: "a choice",
    FieldType.SET: "a set",
    FieldType.YES_NO: "yes or no",
    FieldType.INTEGER: "an integer",
    FieldType.NUMBER: "a number",
    FieldType.DURATION: "a duration",
    FieldType.INSTANT: "an instant",
    FieldType.VERSION: "a version",
    Special.PERCENT: "a percentage",
    Special.NOW: "the present",
}

_NAMED_VALUES: Final = {
    "case.type": Sort.REQUEST_TYPE,
    "case.severity": Sort.LEVEL,
    "case.reported_severity": Sort.LEVEL,
    "case.plan": Sort.PLAN,
    "case.channel": Sort.CHANNEL,
    "case.close_reason": Sort.REASON,
    "case.assigned_to": Sort.PERSON,
    "case.excluded_as": Sort.SCOPE,
}
_STATES: Final = {
    "clock": (Sort.CLOCK, catalogue.CLOCK_STATES),
    "quota": (Sort.QUOTA, catalogue.QUOTA_STATES),
    "channel": (Sort.CHANNEL, catalogue.CHANNEL_STATES),
    "guard": (Sort.GUARD, catalogue.GUARD_STATES),
}
ROOTS: Final = (
    "case",
    "customer",
    "contract",
    "service",
    "release",
    "links",
    "clock",
    "quota",
    "channel",
    "guard",
    "now",
)
OTHER_CHANNEL: Final = "other"


@dataclass(frozen=True, slots=True)
class PathType:
    """A path with its type; `values` closes a choice or set (None: open), `sort` says which names its values are."""

    path: Path
    type: ValueType
    values: tuple[str, ...] | None = None
    sort: Sort | None = None
    is_state: bool = False


def path_type(
    context: Context, text: str, at: Node, *, in_message: bool = False, linked: bool = False
) -> PathType | None:
    """What stands at a path; unknown paths are reported. `linked` allows `links.KIND.FIELD`."""
    if text.startswith("links.") and not linked:
        context.error("CW304", at, f"`{text}` can stand for several tickets", "name a path of the case itself")
        return None
    if text in catalogue.GIVEN_PATHS:
        return _given(context, text)
    if text in context.names.field_paths:
        return None if text not in context.fields else _declared(context, text, text)
    root, _, rest = text.partition(".")
    if root == "now" and not rest:
        return PathType(Path(text), Special.NOW)
    if root in _STATES and rest:
        return _state(context, text, at, in_message=in_message)
    owner, _, last = text.rpartition(".")
    if last == "proposed" and owner in context.names.field_paths:
        found = context.fields.get(owner)
        if found is None:
            return None
        if found.confirmed_by:
            return _declared(context, owner, text)
        context.error("CW304", at, f"`{owner}` has no proposed value", f"write `{owner}`: nobody has to confirm it")
        return None
    unknown_path(context, text, at)
    return None


def unknown_path(context: Context, text: str, at: Node, extra: Iterable[str] = ()) -> None:
    """Report a path that there is not."""
    root = text.partition(".")[0]
    declare = None
    if root in ("case", "customer", "contract", "service", "links") and text.count(".") >= 1:
        declare = f"declare it under `fields`, in `{text.rpartition('.')[0]}`"
    context.error(
        "CW304", at, f"there is no path `{text}`", context.suggest(text, [*all_paths(context), *extra], declare)
    )


def all_paths(context: Context) -> list[str]:
    """Every path that a condition may test, for suggestions."""
    names = context.names
    paths = [*catalogue.GIVEN_PATHS, *(path for path in names.field_paths if not path.startswith("links.")), "now"]
    for root, (sort, _) in _STATES.items():
        paths.extend(f"{root}.{name}" for name in names.declared[sort])
    paths.extend(f"clock.{name}.used" for name in names.declared[Sort.CLOCK])
    paths.extend(f"quota.{name}.left" for name in names.declared[Sort.QUOTA])
    paths.extend(f"links.{kind}" for kind in names.declared[Sort.LINK_KIND])
    return paths


def _given(context: Context, text: str) -> PathType:
    kind, values = catalogue.GIVEN_PATHS[text]
    sort = _NAMED_VALUES.get(text)
    if sort is not None:
        extra = (OTHER_CHANNEL,) if sort is Sort.CHANNEL else ()
        return PathType(Path(text), kind, (*context.names.declared[sort], *extra), sort)
    if text == "case.missing":
        return PathType(Path(text), kind, context.required_paths)
    return PathType(Path(text), kind, values or None)


def _declared(context: Context, field: str, text: str) -> PathType:
    found = context.fields[field]
    return PathType(Path(text), found.type, found.of or None)


def _state(context: Context, text: str, at: Node, *, in_message: bool) -> PathType | None:
    root, name, *more = text.split(".")
    sort, states = _STATES[root]
    if not context.names.has(sort, name):
        where = f"declare it under `{SECTION_OF[sort]}`"
        context.error(
            "CW303", at, f"there is no {sort} `{name}`", context.suggest(name, context.names.all_of(sort), where)
        )
        return None
    context.names.use(sort, name)
    tail = ".".join(more)
    if not tail:
        return PathType(Path(text), FieldType.CHOICE, states, is_state=True)
    if root == "clock" and tail == "used":
        return PathType(Path(text), Special.PERCENT)
    if root == "clock" and tail == "due_at":
        if in_message:
            return PathType(Path(text), FieldType.INSTANT)
        context.error("CW304", at, f"`{text}` stands in messages only", f"write `due: {name}` under `since` or `until`")
        return None
    if root == "quota" and tail == "left":
        return PathType(Path(text), FieldType.INTEGER)
    known = {"clock": ("used", "due_at"), "quota": ("left",)}.get(root, ())
    fix = context.suggest(tail, known, None if known else f"write `{root}.{name}`")
    context.error("CW304", at, f"a {sort} has no `{tail}`", fix)
    return None
