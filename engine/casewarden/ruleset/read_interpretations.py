"""Interpretations: the readings chosen, and those not chosen as changes to the file."""

from casewarden.ruleset import keys
from casewarden.ruleset.forms import Context, as_map, as_text, check_keys, texts
from casewarden.ruleset.nodes import Map, Node, Scalar
from casewarden.ruleset.plain import plain
from casewarden.ruleset.read_instants import read_date
from casewarden.ruleset.syntax import Interpretation


def read_interpretation(context: Context, key: Scalar, node: Node) -> Interpretation | None:
    """One interpretation; whether the places of its other readings exist is checked with the whole document."""
    what = f"the interpretation `{key.text}`"
    entries = as_map(context, node, what, "{reading: ..., by: ..., decided: 2026-01-31, reason: ...}")
    if entries is None:
        return None
    fine = check_keys(context, entries, what, keys.INTERPRETATION.names, keys.INTERPRETATION.required)
    reading, by, reason = (
        None if (part := entries.get(word)) is None else as_text(context, part, f"`{word}`")
        for word in ("reading", "by", "reason")
    )
    decided_node, supersedes_node, others_node = (entries.get(word) for word in ("decided", "supersedes", "others"))
    decided = None if decided_node is None else read_date(context, decided_node, "`decided`")
    supersedes = () if supersedes_node is None else texts(context, supersedes_node, "`supersedes`")
    others = {} if others_node is None else _read_others(context, others_node)
    if not fine or reading is None or by is None or reason is None or decided is None or others is None:
        return None
    return Interpretation(key.text, key.place, reading, by, decided, reason, supersedes, others)


def _read_others(context: Context, node: Node) -> dict[str, dict[str, object]] | None:
    entries = as_map(context, node, "`others`", "{name: {clocks/first/target: 4 elapsed hours}}")
    if entries is None:
        return None
    result: dict[str, dict[str, object]] = {}
    for key, value in entries:
        changes = as_map(context, value, f"the reading `{key.text}`", "{clocks/first/target: 4 elapsed hours}")
        if isinstance(changes, Map):
            result[key.text] = {place.text: plain(change) for place, change in changes}
    return result if len(result) == len(entries) else None
