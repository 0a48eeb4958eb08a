"""Values and tests on a path, typed by what stands there."""

import re
from decimal import Decimal
from typing import Final

from casewarden.ruleset.forms import LARGEST, Context, as_map, as_text, each, reference, texts, whole, yes_no
from casewarden.ruleset.names import SECTION_OF, Sort
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.paths import TYPE_WORDS, PathType, Special, path_type
from casewarden.ruleset.patterns import check_pattern
from casewarden.ruleset.read_durations import read_duration
from casewarden.ruleset.read_instants import read_instant
from casewarden.ruleset.syntax import FieldType
from casewarden.ruleset.terms import (
    BUSINESS,
    ELAPSED,
    Bounds,
    Contains,
    Duration,
    Has,
    InHours,
    Is,
    Known,
    Matches,
    SameAs,
    SetMode,
    Test,
    Unit,
    Value,
)

_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?")
_PERCENT: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)%")
_MICROSECONDS: Final = {Unit.MINUTES: 60_000_000, Unit.HOURS: 3_600_000_000}
_BOUNDS: Final = ("at_least", "at_most", "more_than", "less_than")
_HAS: Final = tuple(mode.value for mode in SetMode)
FORMS: Final = ("is", "not", *_BOUNDS, "contains", "matches", *_HAS, "in_hours", "same_as", "known")
_EQUAL_TYPES: Final = frozenset(
    {FieldType.TEXT, FieldType.CHOICE, FieldType.YES_NO, FieldType.INTEGER, FieldType.NUMBER, FieldType.VERSION}
)
_BOUND_TYPES: Final = frozenset({FieldType.INTEGER, FieldType.NUMBER, FieldType.DURATION, Special.PERCENT})
_FITTING: Final = {
    FieldType.TEXT: "`PATH: VALUE`, `contains` or `matches`",
    FieldType.CHOICE: "`PATH: VALUE` or `PATH: [VALUE, VALUE]`",
    FieldType.SET: "`has_any`, `has_all` or `has_none`",
    FieldType.YES_NO: "`PATH: yes` or `PATH: no`",
    FieldType.INTEGER: "`PATH: N`, `at_least`, `at_most`, `more_than` or `less_than`",
    FieldType.NUMBER: "`PATH: N`, `at_least`, `at_most`, `more_than` or `less_than`",
    FieldType.DURATION: "`at_least`, `at_most`, `more_than` or `less_than`",
    FieldType.INSTANT: "`in_hours`, or `since: {at: PATH, at_least: DURATION}`",
    FieldType.VERSION: "`PATH: VALUE`",
    Special.PERCENT: "`at_least: 75%` or another bound",
    Special.NOW: "`in_hours`",
}


def read_value(context: Context, node: Node, kind: PathType) -> Value | None:
    """One value of the type that stands at the path."""
    what = f"`{kind.path}`"
    match kind.type:
        case FieldType.TEXT | FieldType.VERSION:
            return as_text(context, node, what)
        case FieldType.CHOICE:
            return _choice(context, node, kind)
        case FieldType.YES_NO:
            return yes_no(context, node, what)
        case FieldType.INTEGER:
            return whole(context, node, what)
        case FieldType.NUMBER:
            return _number(context, node, what)
        case FieldType.DURATION:
            return _length(context, node, what)
        case FieldType.INSTANT:
            return read_instant(context, node, what)
        case FieldType.SET:
            return tuple(sorted(_set_values(context, node, kind))) or None
        case Special.PERCENT:
            return _percent(context, node, what)
        case Special.NOW:
            context.error("CW412", node, "`now` has no value", f"write {_FITTING[Special.NOW]}")
            return None


def _choice(context: Context, node: Node, kind: PathType) -> str | None:
    text = as_text(context, node, f"`{kind.path}`")
    if text is None or kind.values is None or text in kind.values:
        if text is not None and kind.sort is not None:
            context.names.use(kind.sort, text)
        return text
    if kind.sort is not None:
        fix = context.suggest(text, kind.values, f"declare it under `{SECTION_OF[kind.sort]}`")
        context.error("CW303", node, f"there is no {kind.sort} `{text}`", fix)
    else:
        fix = context.suggest(text, kind.values, f"write one of {', '.join(f'`{one}`' for one in kind.values)}")
        context.error("CW305", node, f"`{kind.path}` cannot be `{text}`", fix)
    return None


def _set_values(context: Context, node: Node, kind: PathType) -> tuple[str, ...]:
    """The listed values of a set; nothing where one of them cannot be in it."""
    if kind.values is None:
        return texts(context, node, f"the values of `{kind.path}`")
    values = each(context, node, f"the values of `{kind.path}`", lambda item: _choice(context, item, kind))
    return values if isinstance(node, Seq) and len(values) == len(node.items) else ()


def _number(context: Context, node: Node, what: str) -> Decimal | None:
    text = as_text(context, node, what)
    if text is None:
        return None
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    context.error("CW410", node, f"{what} is a number, not `{text}`", "write digits, with a point for fractions: `2.5`")
    return None


def _percent(context: Context, node: Node, what: str) -> Decimal | None:
    text = as_text(context, node, what)
    if text is None:
        return None
    if match := _PERCENT.fullmatch(text):
        return Decimal(match[1]) / 100
    fix = f"write `{text}%`" if text.isdigit() else "write for example `75%`"
    context.error("CW411", node, f"{what} is a percentage, not `{text}`", fix)
    return None


def _length(context: Context, node: Node, what: str) -> int | None:
    """A fixed length in microseconds: minutes or hours."""
    duration = read_duration(context, node, what)
    if duration is None:
        return None
    if duration.calendar != ELAPSED or duration.unit not in _MICROSECONDS:
        fix = f"write `{duration.count * 24} hours`" if duration == Duration(duration.count, Unit.DAYS) else None
        context.error("CW400", node, f"{what} is a length in minutes or hours, not `{duration}`", fix)
        return None
    return duration.count * _MICROSECONDS[duration.unit]


def read_test(
    context: Context, node: Node, kind: PathType, *, may_last: bool = True
) -> tuple[Test, Duration | None] | None:
    """A test and the span for which it must have held; `may_last` allows that span."""
    if isinstance(node, Scalar | Seq):
        values = _values(context, node, kind)
        return None if values is None else (Is(values), None)
    entries = as_map(context, node, f"the test of `{kind.path}`")
    if entries is None:
        return None
    forms = [key for key, _ in entries if key.text != "for"]
    unknown = [key for key in forms if key.text not in FORMS]
    for key in unknown:
        context.error(
            "CW201", key, f"there is no test `{key.text}`", context.suggest(key.text, (*FORMS, "for"), _fix(kind))
        )
    held_node = entries.get("for")
    held = None
    if held_node is not None:
        if may_last:
            held = read_duration(context, held_node, "`for`")
        else:
            at = entries.key_node("for") or held_node
            context.error("CW412", at, "`for` fits tests on one path only", "test the path in a condition of its own")
    test = None if unknown else _read_forms(context, entries, forms, kind)
    if test is None or (held_node is not None and held is None):
        return None
    return test, held


def _read_forms(context: Context, node: Map, forms: list[Scalar], kind: PathType) -> Test | None:
    if not forms:
        context.error("CW202", node, "`for` says how long a test must have held, and there is no test", _fix(kind))
        return None
    first = forms[0].text
    if first in _BOUNDS and all(key.text in _BOUNDS for key in forms):
        return _bounds(context, node, forms, kind)
    if len(forms) > 1:
        context.error(
            "CW207",
            forms[1],
            f"`{first}` and `{forms[1].text}` are two tests",
            "say them in two conditions under `all`",
        )
        return None
    value = node.get(first)
    assert value is not None
    return _read_form(context, forms[0], value, kind)


def _read_form(context: Context, key: Scalar, value: Node, kind: PathType) -> Test | None:
    match key.text:
        case "is" | "not":
            values = _values(context, value, kind)
            return None if values is None else Is(values, negated=key.text == "not")
        case "contains" | "matches":
            if not _fits(context, key, kind, kind.type is FieldType.TEXT):
                return None
            text = as_text(context, value, f"`{key.text}`")
            if text is None:
                return None
            if key.text == "contains":
                return Contains(text)
            return Matches(text) if check_pattern(context, value, text) else None
        case "has_any" | "has_all" | "has_none":
            if not _fits(context, key, kind, kind.type is FieldType.SET):
                return None
            found = _set_values(context, value, kind)
            return Has(SetMode(key.text), found) if found else None
        case "in_hours":
            if not _fits(context, key, kind, kind.type in (FieldType.INSTANT, Special.NOW)):
                return None
            calendar = reference(context, value, Sort.CALENDAR, (BUSINESS,))
            return None if calendar is None else InHours(calendar)
        case "same_as":
            return _same_as(context, key, value, kind)
        case _:
            if not _fits(context, key, kind, not kind.is_state and kind.type is not Special.NOW):
                return None
            wanted = yes_no(context, value, "`known`")
            return None if wanted is None else Known(wanted)


def _values(context: Context, node: Node, kind: PathType) -> tuple[Value, ...] | None:
    """The values of an equality test: one, or a list of them."""
    if not _fits(context, node, kind, kind.type in _EQUAL_TYPES):
        return None
    if isinstance(node, Seq):
        found: tuple[Value, ...] = each(
            context, node, f"the values of `{kind.path}`", lambda item: read_value(context, item, kind)
        )
        return found if found and len(found) == len(node.items) else None
    value = read_value(context, node, kind)
    return None if value is None else (value,)


def _same_as(context: Context, key: Scalar, node: Node, kind: PathType) -> SameAs | None:
    text = as_text(context, node, "`same_as`")
    if text is None:
        return None
    other = path_type(context, text, node)
    if other is None:
        return None
    if not _fits(context, key, kind, not kind.is_state and kind.type not in (Special.NOW, Special.PERCENT)):
        return None
    if other.type is not kind.type or other.is_state:
        mine, theirs = TYPE_WORDS[kind.type], TYPE_WORDS[other.type]
        context.error("CW414", node, f"`{kind.path}` is {mine} and `{text}` is {theirs}", "compare two of one type")
        return None
    return SameAs(other.path)


def _bounds(context: Context, node: Map, forms: list[Scalar], kind: PathType) -> Bounds | None:
    if not _fits(context, forms[0], kind, kind.type in _BOUND_TYPES):
        return None
    found: dict[str, int | Decimal] = {}
    for key in forms:
        value_node = node.get(key.text)
        assert value_node is not None
        value = read_value(context, value_node, kind)
        if isinstance(value, int | Decimal):
            found[key.text] = value
    for pair in (("at_least", "more_than"), ("at_most", "less_than")):
        second = node.key_node(pair[1])
        if second is not None and node.get(pair[0]) is not None:
            context.error("CW207", second, f"`{pair[0]}` and `{pair[1]}` are both the same side", "say one of them")
            return None
    if len(found) < len(forms):
        return None
    bounds = Bounds(**found)
    if _is_empty(bounds, whole_numbers=kind.type is FieldType.INTEGER):
        context.error("CW415", node, f"no value of `{kind.path}` lies within these bounds", "exchange the two bounds")
        return None
    return bounds


def _is_empty(bounds: Bounds, *, whole_numbers: bool) -> bool:
    low, high = bounds.at_least, bounds.at_most
    open_low, open_high = bounds.more_than, bounds.less_than
    if whole_numbers:
        low = low if open_low is None else open_low + 1
        high = high if open_high is None else open_high - 1
        return low is not None and high is not None and low > high
    if (low is None and open_low is None) or (high is None and open_high is None):
        return False
    left = low if low is not None else open_low
    right = high if high is not None else open_high
    assert left is not None
    assert right is not None
    return left > right or (left == right and (open_low is not None or open_high is not None))


def read_count(context: Context, node: Node, kind: PathType) -> Is | Bounds | None:
    """`count: N` or bounds: how many linked tickets."""
    if isinstance(node, Map):
        test = read_test(context, node, kind, may_last=False)
        found = None if test is None else test[0]
        if found is None or isinstance(found, Bounds | Is):
            return found
        context.error("CW412", node, "a count is a number or has bounds", "write `count: 0` or `count: {at_least: 1}`")
        return None
    number = whole(context, node, "`count`", 0, LARGEST)
    return None if number is None else Is((number,))


def _fits(context: Context, at: Node, kind: PathType, fits: bool) -> bool:
    if fits:
        return True
    form = f"`{at.text}`" if isinstance(at, Scalar) and at.text in FORMS else "this test"
    context.error("CW412", at, f"{form} does not fit `{kind.path}`, which is {TYPE_WORDS[kind.type]}", _fix(kind))
    return False


def _fix(kind: PathType) -> str:
    return f"write {_FITTING[kind.type]}"
