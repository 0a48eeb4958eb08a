"""Tables by severity and by plan: every severity and every plan has its cell."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from casewarden.ruleset.forms import Context, as_map, exclusive, unknown_name
from casewarden.ruleset.names import Sort
from casewarden.ruleset.nodes import Map, Node
from casewarden.ruleset.read_durations import is_target, read_target
from casewarden.ruleset.syntax import TargetTable
from casewarden.ruleset.terms import Target

T = TypeVar("T")

_TARGETS = ("target", "targets_by_severity", "targets_by_plan")


def by_level(context: Context, node: Map, what: str, read: Callable[[Node], T | None]) -> dict[str, T] | None:
    """A value for each severity; None where one is missing or wrong."""
    return _by_name(context, node, what, Sort.LEVEL, "CW505", read)


def by_plan(context: Context, node: Map, what: str, read: Callable[[Node], T | None]) -> dict[str, T] | None:
    """A value for each plan; None where one is missing or wrong."""
    return _by_name(context, node, what, Sort.PLAN, "CW506", read)


def _by_name(
    context: Context, node: Map, what: str, sort: Sort, missing_code: str, read: Callable[[Node], T | None]
) -> dict[str, T] | None:
    known = context.names.declared[sort]
    result: dict[str, T] = {}
    for key, value in node:
        found = read(value)
        if key.text not in known:
            unknown_name(context, key, sort, key.text)
            continue
        context.names.use(sort, key.text)
        if found is not None:
            result[key.text] = found
    missing = [name for name in known if node.get(name) is None]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        kind = sort if len(missing) == 1 else {Sort.LEVEL: "severities", Sort.PLAN: "plans"}[sort]
        fix = "add " + ", ".join(f"`{name}: ...`" for name in missing)
        context.error(missing_code, node, f"{what} says nothing for the {kind} {names}", fix)
    return result if known and len(result) == len(known) == len(node) else None


def read_targets(context: Context, node: Map, what: str) -> TargetTable | None:
    """`target`, `targets_by_severity` or `targets_by_plan` of a clock."""
    word = exclusive(context, node, what, _TARGETS)
    if word is None:
        return None
    value = node.get(word)
    assert value is not None
    if word == "target":
        target = read_target(context, value, "`target`")
        return None if target is None else TargetTable({None: {None: target}})
    table = as_map(context, value, f"`{word}`")
    if table is None:
        return None
    if word == "targets_by_severity":
        row: dict[str, Target] | None = by_level(
            context, table, f"`{word}` of {what}", lambda item: read_target(context, item, "a target")
        )
        return None if row is None else TargetTable({None: _widened(row)})
    rows: dict[str, Mapping[str | None, Target]] | None = by_plan(
        context, table, f"`{word}` of {what}", lambda item: _row(context, item, what)
    )
    return None if rows is None else TargetTable(_widened(rows))


def _row(context: Context, node: Node, what: str) -> Mapping[str | None, Target] | None:
    """The targets of one plan: one for all severities, or one for each."""
    if is_target(node):
        target = read_target(context, node, "a target")
        return None if target is None else {None: target}
    row = as_map(context, node, "the targets of a plan")
    if row is None:
        return None
    found: dict[str, Target] | None = by_level(
        context, row, f"a plan's row in {what}", lambda item: read_target(context, item, "a target")
    )
    return None if found is None else _widened(found)


def _widened(row: Mapping[str, T]) -> dict[str | None, T]:
    """The same mapping under the wider type of keys."""
    return dict(row.items())
