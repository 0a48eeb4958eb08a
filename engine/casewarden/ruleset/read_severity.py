"""The severity table."""

from typing import Final

from casewarden.ruleset import keys
from casewarden.ruleset.forms import Context, as_list, as_map, as_text, check_keys, cited, one_of, reference
from casewarden.ruleset.names import Sort
from casewarden.ruleset.nodes import Node, Scalar
from casewarden.ruleset.paths import TYPE_WORDS, path_type
from casewarden.ruleset.read_tests import read_test
from casewarden.ruleset.syntax import FieldType, Severity, SeverityRow
from casewarden.ruleset.terms import Is, Value

MAX_ROWS: Final = 1_000


def read_severity(context: Context, key: Scalar, node: Node) -> Severity | None:
    """Levels and the table that gives them."""
    entries = as_map(context, node, "`severity`")
    if entries is None:
        return None
    check_keys(context, entries, "`severity`", keys.SEVERITY.names, keys.SEVERITY.required)
    remarks = cited(context, entries, key, "`severity`")
    nodes = {word: entries.get(word) for word in keys.SEVERITY.names}
    levels_node = (
        None if nodes["levels"] is None else as_map(context, nodes["levels"], "`levels`", "{1: Urgent, 2: Low}")
    )
    levels: dict[str, str] = {}
    for level, label in levels_node or ():
        text = as_text(context, label, "a label")
        if text is not None:
            levels[level.text] = text
    until = None if nodes["until_classified"] is None else reference(
        context, nodes["until_classified"], Sort.LEVEL, ("reported",)
    )  # fmt: skip
    hit = None if nodes["hit"] is None else one_of(context, nodes["hit"], "`hit`", ("unique", "first"))
    table = None if nodes["table"] is None else _read_table(context, nodes["table"])
    otherwise_node = nodes["otherwise"]
    otherwise = None if otherwise_node is None else reference(context, otherwise_node, Sort.LEVEL, ("person",))
    if (
        not levels
        or until is None
        or hit is None
        or table is None
        or (otherwise_node is not None and otherwise is None)
    ):
        return None
    return Severity(remarks, levels, until, "unique" if hit == "unique" else "first", table, otherwise)


def _read_table(context: Context, node: Node) -> tuple[SeverityRow, ...] | None:
    items = as_list(context, node, "`table`")
    if items is None:
        return None
    if len(items.items) > MAX_ROWS:
        context.error("CW210", node, f"the table has {len(items.items)} rows", f"use at most {MAX_ROWS}")
        return None
    rows = [_read_row(context, item) for item in items.items]
    good = tuple(row for row in rows if row is not None)
    return good if len(good) == len(rows) else None


def _read_row(context: Context, node: Node) -> SeverityRow | None:
    entries = as_map(context, node, "a row", "{when: {case.core: down}, gives: 1}")
    if entries is None:
        return None
    check_keys(context, entries, "a row", keys.ROW.names, keys.ROW.required)
    cited(context, entries, Scalar("a row of the table", entries.place, quoted=False))
    gives_node, when_node = entries.get("gives"), entries.get("when")
    gives = None if gives_node is None else reference(context, gives_node, Sort.LEVEL)
    when = None if when_node is None else as_map(context, when_node, "`when`", "{case.core: down}")
    if when is None:
        return None
    tests: list[tuple[str, tuple[Value, ...]]] = []
    for key, value in when:
        test = _read_cell(context, key, value)
        if test is not None:
            tests.append((key.text, test))
    return SeverityRow(tuple(tests), gives, entries.place) if gives is not None and len(tests) == len(when) else None


def _read_cell(context: Context, key: Scalar, node: Node) -> tuple[Value, ...] | None:
    """The values of one cell; `{not: V}` becomes the values that are left."""
    if "." not in key.text:
        context.error(
            "CW504", key, f"a row cannot test `{key.text}`", "write equality tests on paths, all of which hold"
        )
        return None
    kind = path_type(context, key.text, key)
    if kind is None:
        return None
    if kind.type not in (FieldType.CHOICE, FieldType.YES_NO) or kind.is_state:
        context.error(
            "CW504",
            key,
            f"a row cannot test `{kind.path}`, which is {TYPE_WORDS[kind.type]}",
            "test a choice or yes_no field",
        )
        return None
    if kind.path.text in ("case.severity", "case.status"):
        context.error("CW504", key, f"a row cannot test `{kind.path}`", "test what the severity depends on")
        return None
    read = read_test(context, node, kind, may_last=False)
    if read is None:
        return None
    test = read[0]
    if not isinstance(test, Is):
        context.error("CW504", node, "a row tests for equality only", "write the value or a list of values")
        return None
    if not test.negated:
        return test.values
    domain: tuple[Value, ...] = (False, True) if kind.type is FieldType.YES_NO else tuple(kind.values or ())
    return tuple(value for value in domain if value not in test.values)
