"""Schemas of what happens at a step."""

from itertools import combinations

from casewarden.ruleset import catalogue
from casewarden.ruleset import words as ruleset_words
from casewarden.ruleset.forms import LARGEST
from casewarden.ruleset.names import Sort
from casewarden.ruleset.schema import Vocabulary, paths, values
from casewarden.ruleset.schema.parts import Schema, either, element, listing, named, ref, text, whole
from casewarden.ruleset.schema.parts import words as one_of
from casewarden.scenario.read_entries import HISTORY, KINDS, MOST_CLAIMS
from casewarden.scenario.scenario_schema import facts, keys, words

_YES_NO = ("yes", "no")


def definitions(vocabulary: Vocabulary) -> dict[str, Schema]:
    """One entry of each kind."""
    others = {
        "observed": _observed(vocabulary),
        "linked": element(keys.LINKED, _linked(vocabulary)),
        "unlinked": element(keys.UNLINKED, {key: _linked(vocabulary)[key] for key in ("kind", "id")}),
        "release": element(
            keys.RELEASE,
            {"name": text(), "planned": facts.time(), "frozen": one_of(_YES_NO), "released": one_of(words.ONLY_YES)},
        ),
        "granted": element(
            keys.GRANTED,
            {
                "quota": vocabulary.name(Sort.QUOTA),
                "is": one_of(ruleset_words.QUOTA_STATES),
                "left": whole(0, LARGEST),
            },
        ),
        "claimed": element(
            keys.CLAIMED,
            {"quota": vocabulary.name(Sort.QUOTA), "at": facts.time(), "times": whole(1, MOST_CLAIMS)},
        ),
        "watermark": element(keys.WATERMARK, {"through": facts.time()}),
        "reject": element(
            keys.REJECT,
            {"rule": vocabulary.name(Sort.RULE), "action": one_of(words.ACTIONS), "reason": text()},
        ),
    }
    found = {kind: _history(vocabulary, kind) for kind in HISTORY} | others
    return {"by": _by(vocabulary)} | {f"entry.{kind}": found[kind] for kind in KINDS}


def entries(kind: str) -> Schema:
    """One entry of the kind, or a list of them; two alike are two."""
    one = ref(f"entry.{kind}")
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def _by(vocabulary: Vocabulary) -> Schema:
    """Who acts: at most one of the actors of the language."""
    name = vocabulary.name(Sort.PERSON, ruleset_words.ACTORS)
    pairs = [
        {"not": {"allOf": [{"contains": {"const": one}} for one in pair]}} for pair in combinations(catalogue.ACTORS, 2)
    ]
    return either(name, {**listing(name), "allOf": pairs})


def _history(vocabulary: Vocabulary, kind: str) -> Schema:
    yes_no = one_of(_YES_NO)
    attributes = {
        "by": ref("by"),
        "to": vocabulary.name(Sort.PERSON, ruleset_words.ACTORS),
        "via": vocabulary.name(Sort.CHANNEL, paths.OTHER),
        "public": yes_no,
        "automatic": one_of(words.AUTOMATIC),
        "bounced": yes_no,
        "answered": yes_no,
        "text": text(),
        "language": text(),
        "template": vocabulary.name(Sort.MESSAGE),
        "reason": vocabulary.name(Sort.REASON),
        "change": one_of(ruleset_words.PLAN_CHANGE),
        "spent": values.length(),
        "plan": vocabulary.name(Sort.PLAN),
    }
    shown = keys.history_entry(kind)
    return element(shown, {name: attributes[name] for name in shown.names})


def _observed(vocabulary: Vocabulary) -> Schema:
    by_path, by_pattern = facts.stated(vocabulary)
    stated = element(keys.OBSERVED, {"by": ref("by"), "determined": one_of(words.ONLY_YES), "reason": text()})
    stated["properties"] |= by_path
    some_path = {"not": {"propertyNames": {"enum": list(keys.OBSERVED.names)}}}
    return {**stated, "patternProperties": by_pattern, **some_path}


def _linked(vocabulary: Vocabulary) -> dict[str, Schema]:
    value = either(one_of(words.UNKNOWN), text(), listing(text()))
    return {"kind": vocabulary.name(Sort.LINK_KIND), "id": text(), "fields": named(value)}
