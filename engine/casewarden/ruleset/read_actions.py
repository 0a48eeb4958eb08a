"""Actions of rules."""

from typing import Final

from casewarden.ruleset import catalogue, keys
from casewarden.ruleset.forms import (
    Context,
    as_list,
    as_map,
    as_text,
    check_keys,
    each,
    exclusive,
    is_empty,
    one_of,
    reference,
    texts,
)
from casewarden.ruleset.names import Sort
from casewarden.ruleset.nodes import Map, Node, Scalar
from casewarden.ruleset.paths import TYPE_WORDS, PathType, path_type
from casewarden.ruleset.read_tests import read_value
from casewarden.ruleset.syntax import (
    Action,
    Ask,
    Assign,
    Classify,
    CloseCase,
    FieldType,
    FromPath,
    Link,
    Note,
    Notify,
    Publish,
    Reopen,
    Reply,
    SetFact,
    Tag,
)
from casewarden.ruleset.terms import Path, Value

ACTIONS: Final = keys.ACTIONS.names
MAX_ACTIONS: Final = 50
OWN_ACTION: Final = {
    "case.assigned_to": "write `assign: PERSON`",
    "case.tags": "write `tag: {add: [...], remove: [...]}`",
    "case.close_reason": "write `close: REASON`",
}
OBSERVED: Final = frozenset({"case.number", "case.reported_severity", "case.reported_by", "case.channel"})


def read_actions(context: Context, node: Node, what: str) -> tuple[Action, ...] | None:
    """The actions of a list, in order; a `set` of several paths is several actions. None where one is wrong."""
    if isinstance(node, Scalar) and not is_empty(node):
        context.error("CW203", node, f"{what} is a list", f"write `[{_meant(node)}]`")
        return None
    items = as_list(context, node, what)
    if items is None:
        return None
    if len(items.items) > MAX_ACTIONS:
        context.error("CW210", node, f"{what} has {len(items.items)} actions", f"use at most {MAX_ACTIONS}")
        return None
    actions: list[Action] = []
    complete = True
    for item in items.items:
        read = _read_action(context, item)
        complete = complete and read is not None
        actions.extend(read or ())
    return tuple(actions) if complete else None


def _meant(node: Node) -> str:
    """What an action that is written as words would be as a mapping: `reply: hello` for `reply hello`."""
    word, _, rest = node.text.partition(" ") if isinstance(node, Scalar) else ("", "", "")
    rest = rest.strip()
    return f"{word}: {rest}" if word in ACTIONS and rest.replace("_", "").isalnum() else "reply: MESSAGE"


def _read_action(context: Context, node: Node) -> tuple[Action, ...] | None:
    entries = as_map(context, node, "an action", _meant(node))
    if entries is None:
        return None
    key, value = next(iter(entries))
    if len(entries) > 1:
        second = list(entries)[1][0]
        context.error("CW203", second, "each action is an item of its own", f"put a dash before `{second.text}`")
        return None
    if key.text not in ACTIONS:
        known = f"the actions are {', '.join(ACTIONS)}"
        context.error("CW201", key, f"there is no action `{key.text}`", context.suggest(key.text, ACTIONS, known))
        return None
    if key.text == "set":
        return _read_set(context, value)
    action = _read_one(context, key, value)
    return None if action is None else (action,)


def _read_one(context: Context, key: Scalar, value: Node) -> Action | None:
    match key.text:
        case "classify":
            return None if one_of(context, value, "`classify`", ("severity",)) is None else Classify()
        case "assign":
            person = reference(context, value, Sort.PERSON)
            return None if person is None else Assign(person)
        case "tag":
            return _read_tag(context, value)
        case "close":
            return _read_close(context, value)
        case "reopen":
            match one_of(context, value, "`reopen`", ("follow_up_if_needed", "same_ticket_only")):
                case "follow_up_if_needed":
                    return Reopen("follow_up_if_needed")
                case "same_ticket_only":
                    return Reopen("same_ticket_only")
                case _:
                    return None
        case "reply" | "note":
            message = reference(context, value, Sort.MESSAGE)
            if message is None:
                return None
            return Reply(message) if key.text == "reply" else Note(message)
        case "ask":
            return _read_ask(context, value)
        case "notify" | "publish":
            return _read_told(context, key.text, value)
        case _:
            return _read_link(context, value)


def _read_set(context: Context, node: Node) -> tuple[Action, ...] | None:
    entries = as_map(context, node, "`set`", "set: {case.status: resolved}")
    if entries is None:
        return None
    actions: list[Action] = []
    for key, value in entries:
        kind = _settable(context, key)
        if kind is None:
            continue
        wanted = _read_wanted(context, value, kind)
        if wanted is None:
            continue
        if key.text == "case.status" and wanted == "closed":
            context.error("CW604", value, "`set` cannot close a case", "write `close: REASON`")
            continue
        actions.append(SetFact(kind.path, wanted))
    return tuple(actions) if len(actions) == len(entries) else None


def _settable(context: Context, key: Scalar) -> PathType | None:
    path = key.text
    if path in catalogue.DERIVED_PATHS or path.startswith("release.") or path in OBSERVED:
        reason = "is computed from other facts" if path in catalogue.DERIVED_PATHS else "comes from outside"
        context.error(
            "CW603", key, f"`{path}` {reason}; no rule may set it", "declare a field of your own and set that"
        )
        return None
    if path in OWN_ACTION:
        context.error("CW603", key, f"`{path}` has an action of its own", OWN_ACTION[path])
        return None
    root = path.partition(".")[0]
    if root in ("clock", "quota", "channel", "guard", "now"):
        context.error("CW603", key, f"`{path}` follows from facts and events; no rule may set it")
        return None
    owner, _, last = path.rpartition(".")
    if last == "proposed" and owner in context.names.field_paths:
        context.error(
            "CW603", key, f"`{path}` cannot be set itself", f"write `{owner}`: a rule's value is a proposal there"
        )
        return None
    if root == "links" and path in context.names.field_paths:
        context.names.use(Sort.LINK_KIND, path.split(".")[1])
    return path_type(context, path, key, linked=True)


def _read_wanted(context: Context, node: Node, kind: PathType) -> Value | FromPath | None:
    """A value, or `{from: PATH}` of the same type."""
    if not isinstance(node, Map):
        return read_value(context, node, kind)
    source = _read_from(context, node)
    if source is None:
        return None
    if source.type is not kind.type or source.is_state:
        context.error(
            "CW414",
            node,
            f"`{kind.path}` is {TYPE_WORDS[kind.type]} and `{source.path}` is {TYPE_WORDS[source.type]}",
            "copy between two of one type",
        )
        return None
    if kind.values is not None and (source.values is None or not set(source.values) <= set(kind.values)):
        extra = sorted(set(source.values or ()) - set(kind.values))
        shown = ", ".join(f"`{value}`" for value in extra) or "any value"
        context.error("CW414", node, f"`{source.path}` can be {shown}, which `{kind.path}` cannot be")
        return None
    return FromPath(source.path)


def _read_from(context: Context, node: Map) -> PathType | None:
    if not check_keys(context, node, "a value", keys.FROM.names, keys.FROM.required):
        return None
    inner = node.get("from")
    assert inner is not None
    text = as_text(context, inner, "`from`")
    return None if text is None else path_type(context, text, inner)


def _read_close(context: Context, node: Node) -> CloseCase | None:
    if isinstance(node, Map):
        reasons = tuple(context.names.declared[Sort.REASON])
        wanted = _read_wanted(context, node, PathType(Path("case.close_reason"), FieldType.CHOICE, reasons))
        if isinstance(wanted, FromPath):
            for reason in reasons:
                context.names.use(Sort.REASON, reason)
            return CloseCase(wanted)
        return None
    named = reference(context, node, Sort.REASON)
    return None if named is None else CloseCase(named)


def _read_tag(context: Context, node: Node) -> Tag | None:
    entries = as_map(context, node, "`tag`", "tag: {add: [waiting]}")
    if entries is None:
        return None
    check_keys(context, entries, "`tag`", keys.TAG.names)
    add, remove = (
        () if (part := entries.get(word)) is None else texts(context, part, f"`{word}`") for word in ("add", "remove")
    )
    for both in sorted(set(add) & set(remove)):
        context.error("CW207", entries, f"the tag `{both}` is added and removed", "do one of the two")
    return Tag(add, remove) if add or remove else None


def _read_message(context: Context, entries: Map) -> str | None:
    node = entries.get("message")
    return None if node is None else reference(context, node, Sort.MESSAGE)


def _read_ask(context: Context, node: Node) -> Ask | None:
    entries = as_map(context, node, "`ask`", "ask: {fields: missing, message: MESSAGE}")
    if entries is None:
        return None
    check_keys(context, entries, "`ask`", keys.ASK.names, keys.ASK.required)
    message = _read_message(context, entries)
    fields = entries.get("fields")
    if fields is None:
        return None
    if isinstance(fields, Scalar):
        if one_of(context, fields, "`fields`", ("missing",)) is None:
            return None
        if not context.required_paths:
            context.error(
                "CW610", fields, "no request type requires anything", "declare what is required under `intake`"
            )
        return None if message is None else Ask("missing", message)
    paths = each(context, fields, "`fields`", lambda item: read_field_path(context, item))
    return None if message is None or not paths else Ask(paths, message)


def read_field_path(context: Context, node: Node) -> Path | None:
    """A path at which a value stands that somebody can give: a given one or a declared field."""
    text = as_text(context, node, "a path")
    kind = None if text is None else path_type(context, text, node)
    if kind is None:
        return None
    if kind.path.root not in ("case", "customer", "contract", "service"):
        context.error(
            "CW304", node, f"nobody can give `{text}`", "name a field of the case, customer, contract or service"
        )
        return None
    return kind.path


def _read_told(context: Context, word: str, node: Node) -> Notify | Publish | None:
    other = "who" if word == "notify" else "service"
    shown = keys.NOTIFY if word == "notify" else keys.PUBLISH
    entries = as_map(context, node, f"`{word}`", f"{word}: {{{other}: NAME, message: MESSAGE}}")
    if entries is None:
        return None
    check_keys(context, entries, f"`{word}`", shown.names, shown.required)
    message = _read_message(context, entries)
    name_node = entries.get(other)
    if name_node is None:
        return None
    if word == "notify":
        who = reference(context, name_node, Sort.PERSON, ("owner",))
        return Notify(who, message) if who and message else None
    service = reference(context, name_node, Sort.SERVICE)
    return Publish(message, service) if service and message else None


def _read_link(context: Context, node: Node) -> Link | None:
    entries = as_map(context, node, "`link`", "link: {kind: KIND, create: {FIELD: VALUE}}")
    if entries is None:
        return None
    check_keys(context, entries, "`link`", keys.LINK.names, keys.LINK.required)
    kind_node = entries.get("kind")
    kind = None if kind_node is None else reference(context, kind_node, Sort.LINK_KIND)
    word = exclusive(context, entries, "`link`", ("create", "to"))
    value = None if word is None else entries.get(word)
    if kind is None or value is None:
        return None
    if word == "create":
        created = _read_created(context, kind, value)
        return None if created is None else Link(kind, create=created)
    text = as_text(context, value, "`to`")
    target = None if text is None else path_type(context, text, value)
    if target is not None and target.type is not FieldType.TEXT:
        context.error(
            "CW414", value, f"`{target.path}` is {TYPE_WORDS[target.type]}", "name a text field with the ticket's id"
        )
        return None
    return None if target is None else Link(kind, to=target.path)


def _read_created(context: Context, kind: str, node: Node) -> tuple[tuple[str, Value | FromPath], ...] | None:
    entries = as_map(context, node, "`create`", "create: {FIELD: VALUE}")
    if entries is None:
        return None
    result: list[tuple[str, Value | FromPath]] = []
    for key, value in entries:
        prefix = f"links.{kind}."
        path = prefix + key.text
        if path not in context.names.field_paths:
            fields = [known.removeprefix(prefix) for known in context.names.field_paths if known.startswith(prefix)]
            fix = context.suggest(key.text, fields, f"declare it under `fields`, in `links.{kind}`")
            context.error("CW304", key, f"linked tickets of kind `{kind}` have no field `{key.text}`", fix)
            continue
        field_type = path_type(context, path, key, linked=True)
        wanted = None if field_type is None else _read_wanted(context, value, field_type)
        if wanted is not None:
            result.append((key.text, wanted))
    return tuple(result) if len(result) == len(entries) else None
