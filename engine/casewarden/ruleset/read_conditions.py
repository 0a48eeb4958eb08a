"""Conditions: trees of tests over facts, links, events and instants."""

from typing import Final

from casewarden.ruleset import keys
from casewarden.ruleset.forms import Context, as_list, as_map, as_text, check_keys, exclusive, reference, whole
from casewarden.ruleset.names import Sort
from casewarden.ruleset.nodes import Map, Node, Scalar
from casewarden.ruleset.paths import PathType, path_type, unknown_path
from casewarden.ruleset.read_durations import read_duration
from casewarden.ruleset.read_tests import read_count, read_test
from casewarden.ruleset.syntax import FieldType
from casewarden.ruleset.terms import (
    All,
    Any,
    Bounds,
    Condition,
    Duration,
    FactTest,
    Happened,
    InstantOf,
    Is,
    LinksTest,
    Moment,
    Not,
    Path,
    Since,
    Test,
    Until,
)

WORDS: Final = keys.CONDITION.names
_MOMENTS: Final = tuple(moment.value for moment in Moment)
_MOMENT_SORT: Final = {
    Moment.FIRST: Sort.EVENT,
    Moment.LAST: Sort.EVENT,
    Moment.DUE: Sort.CLOCK,
    Moment.STARTED: Sort.CLOCK,
    Moment.STOPPED: Sort.CLOCK,
}
_EXAMPLE: Final = "{case.status: open}"


def read_condition(context: Context, node: Node, what: str = "a condition") -> Condition | None:
    """A condition; None where any part of it is wrong, after all its parts were read."""
    entries = as_map(context, node, what, _EXAMPLE)
    if entries is None:
        return None
    parts = [_read_entry(context, key, value) for key, value in entries]
    good = [part for part in parts if part is not None]
    if len(good) < len(parts):
        return None
    return good[0] if len(good) == 1 else All(tuple(good), entries.place)


def _read_entry(context: Context, key: Scalar, value: Node) -> Condition | None:
    match key.text:
        case "all" | "any":
            parts = _read_parts(context, value, key.text)
            if parts is None:
                return None
            return All(parts, key.place) if key.text == "all" else Any(parts, key.place)
        case "not":
            return _read_not(context, key, value)
        case "happened":
            return _read_happened(context, key, value)
        case "since" | "until":
            return _read_span(context, key, value)
        case _:
            return _read_path(context, key, value)


def _read_parts(context: Context, node: Node, word: str) -> tuple[Condition, ...] | None:
    if isinstance(node, Map):
        context.error("CW203", node, f"`{word}` takes a list of conditions", "put a dash before each of them")
        return None
    items = as_list(context, node, f"`{word}`")
    if items is None:
        return None
    parts = [read_condition(context, item, f"a condition of `{word}`") for item in items.items]
    good = tuple(part for part in parts if part is not None)
    return good if len(good) == len(parts) else None


def _read_not(context: Context, key: Scalar, value: Node) -> Condition | None:
    if isinstance(value, Map) and len(value) > 1:
        context.error(
            "CW203",
            key,
            f"`not` takes exactly one entry, not {len(value)}",
            "write `not: {all: [...]}` or `not: {any: [...]}`",
        )
    part = read_condition(context, value, "`not`")
    return None if part is None else Not(part, key.place)


def _read_path(context: Context, key: Scalar, value: Node) -> Condition | None:
    if key.text.startswith("links."):
        return _read_links(context, key, value)
    if "." not in key.text and key.text != "now":
        unknown_path(context, key.text, key, WORDS)
        return None
    kind = path_type(context, key.text, key)
    if kind is None:
        return None
    found = read_test(context, value, kind)
    return None if found is None else FactTest(kind.path, found[0], found[1], key.place)


def _read_links(context: Context, key: Scalar, value: Node) -> LinksTest | None:
    kind, _, field = key.text.removeprefix("links.").partition(".")
    if not context.names.has(Sort.LINK_KIND, kind):
        fix = context.suggest(kind, context.names.all_of(Sort.LINK_KIND), f"declare `links.{kind}` under `fields`")
        context.error("CW303", key, f"there is no kind of link `{kind}`", fix)
        return None
    context.names.use(Sort.LINK_KIND, kind)
    if field:
        context.error(
            "CW304",
            key,
            "several tickets may be linked",
            f"write `links.{kind}: {{every: {{{field}: ...}}}}` or `some`",
        )
        return None
    entries = as_map(context, value, f"`links.{kind}`", f"links.{kind}: {{count: {{at_least: 1}}}}")
    if entries is None:
        return None
    fine = check_keys(context, entries, f"`links.{kind}`", keys.LINKS.names) and all(
        k.text in keys.LINKS.names for k, _ in entries
    )
    tests: dict[str, tuple[tuple[str, Test], ...]] = {}
    for word in ("some", "every", "none"):
        node = entries.get(word)
        if node is not None:
            read = _read_link_tests(context, node, kind, word)
            fine = fine and bool(read)
            tests[word] = read or ()
    count_node = entries.get("count")
    count: Is | Bounds | None = None
    if count_node is not None:
        count = read_count(context, count_node, PathType(Path(f"links.{kind}"), FieldType.INTEGER))
        fine = fine and count is not None
    return LinksTest(kind, **tests, count=count, place=key.place) if fine else None


def _read_link_tests(context: Context, node: Node, kind: str, word: str) -> tuple[tuple[str, Test], ...] | None:
    entries = as_map(context, node, f"`{word}`", f"{{{word}: {{status: resolved}}}}")
    if entries is None:
        return None
    result: list[tuple[str, Test]] = []
    for key, value in entries:
        path = f"links.{kind}.{key.text}"
        if path not in context.names.field_paths:
            prefix = f"links.{kind}."
            fields = [known.removeprefix(prefix) for known in context.names.field_paths if known.startswith(prefix)]
            fix = context.suggest(key.text, fields, f"declare it under `fields`, in `links.{kind}`")
            context.error("CW304", key, f"linked tickets of kind `{kind}` have no field `{key.text}`", fix)
            continue
        type_of = path_type(context, path, key, linked=True)
        test = None if type_of is None else read_test(context, value, type_of, may_last=False)
        if test is not None:
            result.append((key.text, test[0]))
    return tuple(result) if len(result) == len(entries) else None


def read_instant_of(context: Context, node: Map, what: str) -> InstantOf | None:
    """The instant that a mapping names: exactly one of first, last, due, started, stopped, at."""
    word = exclusive(context, node, what, _MOMENTS)
    if word is None:
        return None
    value = node.get(word)
    assert value is not None
    moment = Moment(word)
    if moment is not Moment.AT:
        name = reference(context, value, _MOMENT_SORT[moment])
        return None if name is None else InstantOf(moment, name)
    text = as_text(context, value, "`at`")
    kind = None if text is None else path_type(context, text, value)
    if kind is None:
        return None
    if kind.type is not FieldType.INSTANT:
        context.error("CW412", value, f"`{kind.path}` is no instant", "name a path that holds an instant")
        return None
    return InstantOf(moment, str(kind.path))


def _read_span(context: Context, key: Scalar, value: Node) -> Since | Until | None:
    what = f"`{key.text}`"
    bounds = ("at_least", "less_than") if key.text == "since" else ("at_most", "more_than")
    entries = as_map(context, value, what, f"{key.text}: {{due: CLOCK, {bounds[0]}: 1 hour}}")
    if entries is None:
        return None
    other = {"since": "until", "until": "since"}[key.text]
    for entry, _ in entries:
        if entry.text not in (*_MOMENTS, *bounds):
            wrong_side = entry.text in ("at_least", "less_than", "at_most", "more_than")
            meant = f"`{key.text}` takes {' or '.join(f'`{b}`' for b in bounds)}; `{other}` looks the other way"
            fix = meant if wrong_side else context.suggest(entry.text, (*_MOMENTS, *bounds))
            context.error("CW201", entry, f"{what} has no key `{entry.text}`", fix)
    instant = read_instant_of(context, entries, what)
    if any(entry.text not in (*_MOMENTS, *bounds) for entry, _ in entries):
        return None
    bound = exclusive(context, entries, what, bounds)
    if bound is None:
        return None
    node = entries.get(bound)
    assert node is not None
    span = read_duration(context, node, f"`{bound}`")
    if span is None or instant is None:
        return None
    if key.text == "since":
        return Since(instant, span, bound == "at_least", key.place)
    return Until(instant, span, bound == "at_most", key.place)


def _read_happened(context: Context, key: Scalar, value: Node) -> Happened | None:
    entries = as_map(context, value, "`happened`", "happened: {event: customer_message}")
    if entries is None:
        return None
    fine = check_keys(context, entries, "`happened`", keys.HAPPENED.names, keys.HAPPENED.required)
    fine = fine and all(entry.text in keys.HAPPENED.names for entry, _ in entries)
    event_node = entries.get("event")
    event = None if event_node is None else reference(context, event_node, Sort.EVENT)
    times_node = entries.get("times")
    times = 1 if times_node is None else whole(context, times_node, "`times`", 1, 1000)
    since_node = entries.get("since")
    since = None
    if since_node is not None:
        since_map = as_map(context, since_node, "`since`", "since: {last: customer_message}")
        if since_map is not None:
            check_keys(context, since_map, "`since`", _MOMENTS)
            since = read_instant_of(context, since_map, "`since`")
    in_last, apart = (_optional_duration(context, entries, word) for word in ("in_last", "apart"))
    different_node = entries.get("different")
    different = None if different_node is None else _read_different(context, different_node)
    for node, found in ((since_node, since), (entries.get("in_last"), in_last), (entries.get("apart"), apart)):
        fine = fine and (node is None or found is not None)
    fine = fine and (different_node is None or different is not None)
    if not fine or event is None or times is None:
        return None
    return Happened(event, times, since, in_last, apart, different, key.place)


def _optional_duration(context: Context, entries: Map, word: str) -> Duration | None:
    node = entries.get(word)
    return None if node is None else read_duration(context, node, f"`{word}`")


def _read_different(context: Context, node: Node) -> tuple[str, int] | None:
    entries = as_map(context, node, "`different`", "different: {via: 2}")
    if entries is None:
        return None
    check_keys(context, entries, "`different`", keys.DIFFERENT.names)
    if len(entries) > 1:
        context.error(
            "CW203", node, "`different` names one attribute", "say each in a condition of its own under `all`"
        )
        return None
    key, value = next(iter(entries))
    number = whole(context, value, f"`{key.text}`", 2, 100)
    return None if number is None or key.text not in keys.DIFFERENT.names else (key.text, number)
