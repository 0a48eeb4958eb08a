"""Rules: when, what, how often, and what stands above them."""

from typing import Final, Literal

from casewarden.ruleset import keys
from casewarden.ruleset.diagnostics import did_you_mean
from casewarden.ruleset.forms import (
    Context,
    as_map,
    as_text,
    check_keys,
    cited,
    one_of,
    only_yes,
    reference,
    whole,
)
from casewarden.ruleset.names import Sort
from casewarden.ruleset.nodes import Map, Node, Scalar
from casewarden.ruleset.paths import path_type
from casewarden.ruleset.read_actions import read_actions
from casewarden.ruleset.read_conditions import read_condition
from casewarden.ruleset.read_durations import read_duration
from casewarden.ruleset.syntax import CatchUp, FieldType, Limit, Repeat, Rule
from casewarden.ruleset.terms import BUSINESS, Path

_CATCH_UP: Final = {mode.value: mode for mode in CatchUp}
MAX_PRIORITY: Final = 1_000


def read_rule(context: Context, key: Scalar, node: Node) -> Rule | None:
    """One rule."""
    what = f"the rule `{key.text}`"
    entries = as_map(context, node, what, "{when: {case.core: down}, then: [note: MESSAGE]}")
    if entries is None:
        return None
    check_keys(context, entries, what, keys.RULE.names, keys.RULE.required, at=key)
    remarks = cited(context, entries, key, what)
    _check_occasion(context, entries, what, key)
    nodes = {word: entries.get(word) for word in keys.RULE.names}
    when = None if nodes["when"] is None else read_condition(context, nodes["when"], "`when`")
    each = None if nodes["each"] is None else reference(context, nodes["each"], Sort.EVENT)
    then = None if nodes["then"] is None else read_actions(context, nodes["then"], "`then`")
    about = "case" if nodes["about"] is None else _read_about(context, nodes["about"])
    priority = (
        0 if nodes["priority"] is None else whole(context, nodes["priority"], "`priority`", -MAX_PRIORITY, MAX_PRIORITY)
    )
    repeat = None if nodes["repeat"] is None else _read_repeat(context, nodes["repeat"])
    limit = None if nodes["limit"] is None else _read_limit(context, nodes["limit"])
    over = nodes["over"] is not None and one_of(context, nodes["over"], "`over`", ("person",)) is not None
    even = only_yes(context, nodes["even_if_over"], "`even_if_over`")
    deliver = None if nodes["deliver"] is None else _read_deliver(context, nodes["deliver"])
    unsupported = nodes["if_unsupported"]
    instead = () if unsupported is None else read_actions(context, unsupported, "`if_unsupported`")
    complete = then is not None and about is not None and priority is not None and instead is not None
    for word, read in (("when", when), ("each", each), ("repeat", repeat), ("limit", limit), ("deliver", deliver)):
        complete = complete and (nodes[word] is None or read is not None)
    if not complete or then is None or about is None or priority is None or instead is None:
        return None
    return Rule(key.text, remarks, then, when, each, about, priority, repeat, limit, over, even, deliver, instead)


def _check_occasion(context: Context, entries: Map, what: str, key: Scalar) -> None:
    each, repeat = entries.key_node("each"), entries.key_node("repeat")
    meant = any(did_you_mean(word.text, ("when", "each")) for word, _ in entries if word.text not in keys.RULE.names)
    if entries.get("when") is None and each is None and not meant:  # the wrong key is told with the right one
        context.error("CW605", key, f"{what} never fires", "say `when: CONDITION` or `each: EVENT`")
    if each is not None and repeat is not None:
        context.error("CW207", repeat, f"{what} says `each` and `repeat`", "repeat what is true, or act on each event")


def _read_about(context: Context, node: Node) -> str | None:
    text = as_text(context, node, "`about`")
    if text is None or text in ("case", "customer"):
        return text
    root, _, name = text.partition(".")
    if root == "service" and name:
        if context.names.has(Sort.SERVICE, name):
            return text
        reference(context, Scalar(name, node.place, quoted=False), Sort.SERVICE)
        return None
    services = [f"service.{known}" for known in context.names.declared[Sort.SERVICE]]
    return one_of(context, node, "`about`", ("case", "customer", *services))


def _read_repeat(context: Context, node: Node) -> Repeat | None:
    entries = as_map(context, node, "`repeat`", "{every: 1 hour, first: after_interval}")
    if entries is None:
        return None
    check_keys(context, entries, "`repeat`", keys.REPEAT.names, keys.REPEAT.required)
    parts = {word: entries.get(word) for word in keys.REPEAT.names}
    every = None if parts["every"] is None else read_duration(context, parts["every"], "`every`")
    first = (
        None if parts["first"] is None else one_of(context, parts["first"], "`first`", ("at_once", "after_interval"))
    )
    reset = None if parts["reset_by"] is None else reference(context, parts["reset_by"], Sort.EVENT)
    start = None if parts["from"] is None else _read_start(context, parts["from"])
    catch = (
        "latest" if parts["catch_up"] is None else one_of(context, parts["catch_up"], "`catch_up`", tuple(_CATCH_UP))
    )
    if every is None or first is None or catch is None:
        return None
    if (parts["reset_by"] is not None and reset is None) or (parts["from"] is not None and start is None):
        return None
    when: Literal["at_once", "after_interval"] = "at_once" if first == "at_once" else "after_interval"
    return Repeat(every, when, reset, start, _CATCH_UP[catch])


def _read_start(context: Context, node: Node) -> Path | None:
    text = as_text(context, node, "`from`")
    kind = None if text is None else path_type(context, text, node)
    if kind is not None and kind.type is not FieldType.INSTANT:
        context.error("CW412", node, f"`{kind.path}` is no instant", "name a path that holds an instant")
        return None
    return None if kind is None else kind.path


def _read_limit(context: Context, node: Node) -> Limit | None:
    entries = as_map(context, node, "`limit`", "{times: 3}")
    if entries is None:
        return None
    check_keys(context, entries, "`limit`", keys.LIMIT.names, keys.LIMIT.required)
    times_node, per_node = entries.get("times"), entries.get("per")
    times = None if times_node is None else whole(context, times_node, "`times`", 1, 1_000_000)
    per = None if per_node is None else read_duration(context, per_node, "`per`")
    return None if times is None or (per_node is not None and per is None) else Limit(times, per)


def _read_deliver(context: Context, node: Node) -> str | None:
    entries = as_map(context, node, "`deliver`", "{in_hours: business}")
    if entries is None or not check_keys(context, entries, "`deliver`", keys.DELIVER.names, keys.DELIVER.required):
        return None
    calendar = entries.get("in_hours")
    assert calendar is not None
    return reference(context, calendar, Sort.CALENDAR, (BUSINESS,))
