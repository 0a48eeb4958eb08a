"""Event definitions."""

from typing import Final

from casewarden.ruleset import catalogue, keys
from casewarden.ruleset.forms import (
    CITED_KEYS,
    Context,
    as_map,
    check_keys,
    cited,
    each,
    one_of,
    reference,
    references,
)
from casewarden.ruleset.names import Sort
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.paths import OTHER_CHANNEL, PathType
from casewarden.ruleset.read_conditions import read_condition
from casewarden.ruleset.read_durations import read_duration
from casewarden.ruleset.read_tests import read_test
from casewarden.ruleset.syntax import EventDecl, FieldType
from casewarden.ruleset.terms import AllOf, AnyOf, Becomes, ClockTurns, Entry, EventTerm, Path, Test, Turn

_EXAMPLE: Final = "{kind: message, by: customer}"
_KINDS: Final = tuple(catalogue.ENTRY_KINDS)
_TURNS: Final = tuple(turn.value for turn in Turn)
_HEADS: Final = ("kind", "becomes", "clock", "all", "any")


def read_event(context: Context, key: Scalar, node: Node) -> EventDecl | None:
    """One element of `events`."""
    what = f"the event `{key.text}`"
    entries = as_map(context, node, what, _EXAMPLE)
    if entries is None:
        return None
    remarks = cited(context, entries, key)
    term = _read_term(context, what, entries)
    return None if term is None else EventDecl(key.text, remarks, term)


def _read_term(context: Context, what: str, node: Map) -> EventTerm | None:
    heads = [key for key, _ in node if key.text in _HEADS]
    if not heads:
        first = next(iter(node))[0]
        fix = context.suggest(first.text, _HEADS, "begin it with `kind`, `becomes`, `clock`, `all` or `any`")
        context.error("CW202", first, f"{what} does not say what happens", fix)
        return None
    if len(heads) > 1:
        context.error("CW207", heads[1], f"{what} says `{heads[0].text}` and `{heads[1].text}`", "define two events")
        return None
    value = node.get(heads[0].text)
    assert value is not None
    match heads[0].text:
        case "kind":
            return _read_entry(context, what, node, value)
        case "becomes":
            check_keys(context, node, what, keys.EVENT_BECOMES.names)
            condition = read_condition(context, value, "`becomes`")
            return None if condition is None else Becomes(condition)
        case "clock":
            return _read_turn(context, what, node, value)
        case "all":
            return _read_all(context, what, node, value)
        case _:
            check_keys(context, node, what, keys.EVENT_ANY.names)
            names = _names(context, value, "`any`")
            return None if names is None else AnyOf(names)


def _names(context: Context, node: Node, what: str) -> tuple[str, ...] | None:
    names = references(context, node, what, Sort.EVENT)
    return names if names and isinstance(node, Seq) and len(names) == len(node.items) else None


def _read_all(context: Context, what: str, node: Map, value: Node) -> AllOf | None:
    check_keys(context, node, what, keys.EVENT_ALL.names)
    names = _names(context, value, "`all`")
    within_node = node.get("within")
    within = None if within_node is None else read_duration(context, within_node, "`within`")
    order_node = node.get("order")
    order = "any" if order_node is None else one_of(context, order_node, "`order`", ("any", "listed"))
    if names is None or order is None or (within_node is not None and within is None):
        return None
    return AllOf(names, within, order == "listed")


def _read_turn(context: Context, what: str, node: Map, value: Node) -> ClockTurns | None:
    fine = check_keys(context, node, what, keys.EVENT_TURNS.names, keys.EVENT_TURNS.required)
    clock = reference(context, value, Sort.CLOCK)
    turns = node.get("turns")
    turn = None if turns is None else one_of(context, turns, "`turns`", _TURNS)
    return ClockTurns(clock, Turn(turn)) if fine and clock and turn else None


def _read_entry(context: Context, what: str, node: Map, value: Node) -> Entry | None:
    if isinstance(value, Seq):
        kinds = each(context, value, "`kind`", lambda item: one_of(context, item, "`kind`", _KINDS))
        if len(kinds) < len(value.items):
            return None
    else:
        kind = one_of(context, value, "`kind`", _KINDS)
        kinds = () if kind is None else (kind,)
    if not kinds:
        return None
    tests: list[tuple[str, Test]] = []
    complete = True
    for key, test_node in node:
        if key.text in ("kind", *CITED_KEYS):
            continue
        test = _read_attribute(context, what, key, test_node, kinds)
        complete = complete and test is not None
        if test is not None:
            tests.append((key.text, test))
    return Entry(kinds, tuple(tests)) if complete else None


def _read_attribute(context: Context, what: str, key: Scalar, node: Node, kinds: tuple[str, ...]) -> Test | None:
    without = [kind for kind in kinds if key.text not in catalogue.ENTRY_KINDS[kind]]
    if without:
        known = [
            name for name in catalogue.ENTRY_KINDS[kinds[0]] if all(name in catalogue.ENTRY_KINDS[k] for k in kinds)
        ]
        message = f"{what}: an entry of kind `{without[0]}` has no `{key.text}`"
        context.error("CW201", key, message, context.suggest(key.text, known))
        return None
    read = read_test(context, node, attribute_type(context, key.text, kinds[0]), may_last=False)
    return None if read is None else read[0]


def attribute_type(context: Context, name: str, kind: str) -> PathType:
    """What an attribute of a history entry is, and the values that it can have."""
    names = context.names
    kind_of = catalogue.ENTRY_KINDS[kind][name]
    match name:
        case "by" | "to":
            return PathType(Path(name), kind_of, (*catalogue.ACTORS, *names.declared[Sort.PERSON]), Sort.PERSON)
        case "via":
            return PathType(Path(name), kind_of, (*names.declared[Sort.CHANNEL], OTHER_CHANNEL), Sort.CHANNEL)
        case "reason":
            return PathType(Path(name), kind_of, tuple(names.declared[Sort.REASON]), Sort.REASON)
        case "template":
            return PathType(Path(name), kind_of, tuple(names.declared[Sort.MESSAGE]), Sort.MESSAGE)
        case "change":
            return PathType(Path(name), kind_of, catalogue.PLAN_CHANGES)
        case "plan":
            return PathType(Path(name), kind_of, tuple(names.declared[Sort.PLAN]), Sort.PLAN)
        case _:
            return PathType(Path(name), kind_of)


def attributes(term: EventTerm) -> dict[str, FieldType]:
    """The attributes that every occurrence of an event has; none where it is no entry of the history."""
    if not isinstance(term, Entry):
        return {}
    first, *others = (catalogue.ENTRY_KINDS[kind] for kind in term.kinds)
    return {name: kind for name, kind in first.items() if all(name in other for other in others)}
