"""What happens at a step: the kinds and attributes of the history, in the words with which rulesets select them."""

from collections.abc import Callable
from typing import Final

from casewarden.model.event import Json
from casewarden.model.instants import iso
from casewarden.ruleset import catalogue
from casewarden.ruleset.forms import (
    Context,
    as_list,
    as_map,
    as_text,
    check_keys,
    each,
    one_of,
    only_yes,
    reference,
    whole,
    yes_no,
)
from casewarden.ruleset.names import Sort
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.paths import path_type
from casewarden.ruleset.read_actions import ACTIONS
from casewarden.ruleset.read_events import attribute_type
from casewarden.ruleset.read_tests import read_value
from casewarden.scenario.read_given import as_json, read_fact
from casewarden.scenario.scenario import Entry
from casewarden.scenario.times import read_time
from casewarden.worktime.zones import Zone

HISTORY: Final = tuple(catalogue.ENTRY_KINDS)
KINDS: Final = (*HISTORY, "observed", "linked", "unlinked", "release", "granted", "claimed", "watermark", "reject")
_EXAMPLE: Final = {
    "observed": "observed: {case.core: available}",
    "plan": "plan: {change: renewed}",
    "work": "work: {by: agent, spent: 30 minutes}",
    "claimed": "claimed: {quota: QUOTA, at: Wed 2026-07-01 09:00}",
    "watermark": "watermark: {through: Fri 2026-07-17 17:00}",
    "reject": "reject: {rule: RULE, reason: the ticket is locked}",
}
UNCLEAR: Final = "unclear"
MOST_CLAIMS: Final = 1000
OBSERVED_WORDS: Final = ("by", "determined", "reason")
LINKED_KEYS: Final = ("kind", "id", "fields")
UNLINKED_KEYS: Final = ("kind", "id")
RELEASE_KEYS: Final = ("name", "planned", "frozen", "released")
GRANTED_KEYS: Final = ("quota", "is", "left")
CLAIMED_KEYS: Final = ("quota", "at", "times")
WATERMARK_KEYS: Final = ("through",)
REJECT_KEYS: Final = ("rule", "action", "reason")


def read_entries(context: Context, key: Scalar, node: Node, zone: Zone) -> tuple[Entry, ...]:
    """The entries of one kind: one, or a list of them."""
    if isinstance(node, Seq):
        as_list(context, node, f"`{key.text}`")  # an empty one is told
    found: list[Entry] = []
    for item in node.items if isinstance(node, Seq) else (node,):
        entry = _read_entry(context, key, item, zone)
        if entry is not None:
            found.append(entry)
    return tuple(found)


def _read_entry(context: Context, key: Scalar, node: Node, zone: Zone) -> Entry | None:
    kind = key.text
    entries = as_map(context, node, f"`{kind}`", _EXAMPLE.get(kind, f"{kind}: {{by: customer}}"))
    if entries is None:
        return None
    if kind in HISTORY:
        return _history(context, key, entries)
    return _OTHERS[kind](context, key, entries, zone)


def _actors(context: Context, node: Node) -> tuple[str, tuple[str, ...]] | None:
    """Who acts: an actor of the language, one of the people (a person on our side), or both in a list."""
    people = context.names.declared[Sort.PERSON]
    known = (*catalogue.ACTORS, *people)

    def name(item: Node) -> str | None:
        text = as_text(context, item, "`by`")
        if text is None or text in known:
            return text
        fix = context.suggest(text, known, "declare them under `people`")
        context.error("CW303", item, f"there is no person `{text}`", fix)
        return None

    if isinstance(node, Seq):
        names = each(context, node, "`by`", name)
        if len(names) < len(node.items):
            return None
    else:
        single = name(node)
        if single is None:
            return None
        names = (single,)
    actors = [one for one in names if one in catalogue.ACTORS]
    if len(actors) > 1:
        context.error("CW207", node, f"`by` says `{actors[0]}` and `{actors[1]}`", "say one of them")
        return None
    return (actors[0] if actors else "agent"), tuple(one for one in names if one in people)


def _history(context: Context, key: Scalar, node: Map) -> Entry | None:
    """An entry that rulesets select by kind and attributes."""
    kind = key.text
    known = catalogue.ENTRY_KINDS[kind]
    required = {"plan": ("change",), "work": ("by", "spent")}.get(kind, ("by",))
    complete = check_keys(context, node, f"`{kind}`", known, required)
    actors: tuple[str, tuple[str, ...]] | None = ("automation", ())
    data: dict[str, Json] = {}
    for name, value in node:
        if name.text == "by":
            actors = _actors(context, value)
        elif name.text in known:
            complete = _attribute(context, kind, name, value, data) and complete
    if kind in ("message", "call"):
        data.setdefault("public", True)
    if kind == "opened":
        data["facts"] = {}
    if actors is None or not complete:
        return None
    return Entry(kind, actors[0], key.place, actors[1], data)


def _attribute(context: Context, kind: str, name: Scalar, value: Node, data: dict[str, Json]) -> bool:
    if name.text == "automatic" and isinstance(value, Scalar) and value.text == UNCLEAR:
        data["automatic"] = None
        return True
    type_ = attribute_type(context, name.text, kind)
    typed = read_value(context, value, type_)
    if typed is not None:
        data[name.text] = as_json(type_, typed)
    return typed is not None


def _observed(context: Context, key: Scalar, node: Map, zone: Zone) -> Entry | None:
    """`{PATH: VALUE ..., by?: NAME, determined?: yes, reason?: TEXT}`; paths have a dot, words have none."""
    facts: dict[str, Json] = {}
    actors: tuple[str, tuple[str, ...]] | None = ("automation", ())
    data: dict[str, Json] = {"facts": facts}
    for name, value in node:
        if name.text == "by":
            actors = _actors(context, value)
        elif name.text == "determined":
            if only_yes(context, value, "`determined`"):
                data["determined"] = True
        elif name.text == "reason":
            data["reason"] = as_text(context, value, "`reason`")
        elif "." not in name.text:
            fix = context.suggest(name.text, OBSERVED_WORDS, f"write the whole path, such as `case.{name.text}`")
            context.error("CW201", name, f"`observed` has no key `{name.text}`", fix)
        else:
            read_fact(context, name, value, zone, facts)
    if all(name.text in OBSERVED_WORDS for name, _ in node):
        context.error("CW202", node, "`observed` says no path", "write `PATH: VALUE` for what is observed")
    return None if actors is None else Entry("observed", actors[0], key.place, actors[1], data)


def _linked(context: Context, key: Scalar, node: Map, zone: Zone) -> Entry | None:
    """`{kind: KIND, id: TEXT, fields?: {FIELD: VALUE}}`."""
    may = LINKED_KEYS if key.text == "linked" else UNLINKED_KEYS
    if not check_keys(context, node, f"`{key.text}`", may, ("kind", "id")):
        return None
    kind_node, id_node, fields = (node.get(word) for word in LINKED_KEYS)
    assert kind_node is not None
    assert id_node is not None
    kind = reference(context, kind_node, Sort.LINK_KIND)
    ticket = as_text(context, id_node, "`id`")
    data: dict[str, Json] = {"kind": kind, "id": ticket}
    if fields is not None and kind is not None:
        data["facts"] = _link_fields(context, kind, fields, zone)
    return None if kind is None or ticket is None else Entry(key.text, "automation", key.place, (), data)


def _link_fields(context: Context, kind: str, node: Node, zone: Zone) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, value in as_map(context, node, "`fields`", "{status: open}") or ():
        type_ = path_type(context, f"links.{kind}.{name.text}", name, linked=True)
        if type_ is None:
            continue
        if isinstance(value, Scalar) and value.text == "unknown":
            found[name.text] = None
            continue
        is_time = type_.type.value == "instant"
        what = f"`{name.text}`"
        typed = read_time(context, value, what, zone) if is_time else read_value(context, value, type_)
        if typed is not None:
            found[name.text] = as_json(type_, typed)
    return found


def _release(context: Context, key: Scalar, node: Map, zone: Zone) -> Entry | None:
    """`{name: TEXT, planned?: TIME, frozen?: yes | no, released?: yes}`."""
    if not check_keys(context, node, "`release`", RELEASE_KEYS, ("name",)):
        return None
    data: dict[str, Json] = {}
    for word, value in node:
        match word.text:
            case "name":
                data["name"] = as_text(context, value, "`name`")
            case "planned":
                planned = read_time(context, value, "`planned`", zone)
                data["planned"] = None if planned is None else iso(planned)
            case "frozen":
                data["frozen"] = yes_no(context, value, "`frozen`")
            case _:
                data["released"] = only_yes(context, value, "`released`")
    return Entry("release", "automation", key.place, (), data)


def _granted(context: Context, key: Scalar, node: Map, zone: Zone) -> Entry | None:  # noqa: ARG001  # one shape
    """`{quota: NAME, is: within | over, left?: N}`: what the account's ledger answered."""
    if not check_keys(context, node, "`granted`", GRANTED_KEYS, ("quota", "is")):
        return None
    quota_node, word_node, left_node = (node.get(word) for word in GRANTED_KEYS)
    assert quota_node is not None
    assert word_node is not None
    quota = reference(context, quota_node, Sort.QUOTA)
    word = one_of(context, word_node, "`is`", catalogue.QUOTA_STATES)
    data: dict[str, Json] = {"quota": quota, "word": word}
    if left_node is not None:
        data["left"] = whole(context, left_node, "`left`", 0)
    return None if quota is None or word is None else Entry("granted", "automation", key.place, (), data)


def _claimed(context: Context, key: Scalar, node: Map, zone: Zone) -> Entry | None:
    """`{quota: NAME, at: TIME, times?: N}`: what other cases of the customer claim."""
    if not check_keys(context, node, "`claimed`", CLAIMED_KEYS, ("quota", "at")):
        return None
    quota_node, at_node, times_node = (node.get(word) for word in CLAIMED_KEYS)
    assert quota_node is not None
    assert at_node is not None
    quota = reference(context, quota_node, Sort.QUOTA)
    at = read_time(context, at_node, "`at`", zone)
    times = 1 if times_node is None else whole(context, times_node, "`times`", 1, MOST_CLAIMS)
    if quota is None or at is None or times is None:
        return None
    return Entry("claimed", "automation", key.place, (), {"quota": quota, "at": at, "times": times})


def _watermark(context: Context, key: Scalar, node: Map, zone: Zone) -> Entry | None:
    """`{through: TIME}`: up to when the history is complete; without any it always is."""
    if not check_keys(context, node, "`watermark`", WATERMARK_KEYS, WATERMARK_KEYS):
        return None
    value = node.get("through")
    assert value is not None
    through = read_time(context, value, "`through`", zone)
    return None if through is None else Entry("watermark", "automation", key.place, (), {"through": iso(through)})


def _reject(context: Context, key: Scalar, node: Map, zone: Zone) -> Entry | None:  # noqa: ARG001  # one shape
    """`{rule?: RULE, action?: WORD, reason: TEXT}`: what the helpdesk refuses from now on."""
    if not check_keys(context, node, "`reject`", REJECT_KEYS, ("reason",)):
        return None
    rule_node, action_node, reason_node = (node.get(word) for word in REJECT_KEYS)
    assert reason_node is not None
    rule = None if rule_node is None else reference(context, rule_node, Sort.RULE)
    action = None if action_node is None else one_of(context, action_node, "`action`", ACTIONS)
    reason = as_text(context, reason_node, "`reason`")
    if reason is None or (rule_node is not None and rule is None) or (action_node is not None and action is None):
        return None
    return Entry("reject", "automation", key.place, (), {"rule": rule, "action": action, "reason": reason})


_OTHERS: Final[dict[str, Callable[[Context, Scalar, Map, Zone], Entry | None]]] = {
    "observed": _observed,
    "linked": _linked,
    "unlinked": _linked,
    "release": _release,
    "granted": _granted,
    "claimed": _claimed,
    "watermark": _watermark,
    "reject": _reject,
}
