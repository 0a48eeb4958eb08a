"""Schemas of what must hold at a step."""

from collections.abc import Mapping

from casewarden.ruleset.forms import LARGEST
from casewarden.ruleset.keys import ACTIONS, Keys
from casewarden.ruleset.names import Sort
from casewarden.ruleset.paths import Special
from casewarden.ruleset.schema import Vocabulary, actions, paths, values
from casewarden.ruleset.schema.parts import Schema, either, element, named, one_or_list, ref, text, whole
from casewarden.ruleset.schema.parts import words as one_of
from casewarden.scenario.scenario_schema import facts, keys, words

_MOST_TIMES = 1_000


def definitions(vocabulary: Vocabulary) -> dict[str, Schema]:
    """Expectations and their parts."""
    rule = vocabulary.name(Sort.RULE)
    return {
        "expect": _expect(vocabulary),
        "expect.clock": _clock(vocabulary),
        "expect.action": _action(vocabulary),
        "expect.withheld": element(keys.WITHHELD, {"rule": rule, "why": one_of(words.WITHHELD), "says": text()}),
        "expect.credit": element(
            keys.LEDGER,
            {
                "credit": vocabulary.name(Sort.CREDIT),
                "days": whole(0, LARGEST),
                "state": one_of(words.LEDGER_STATES),
                "arithmetic": text(),
            },
        ),
        "expect.alert": _told(keys.ALERT, words.ALERTS),
        "expect.correction": _told(keys.CORRECTION, words.CORRECTIONS),
    }


def _several(part: str) -> Schema:
    """A list in which the same may stand twice: each item finds one of its own."""
    return {"type": "array", "items": ref(f"expect.{part}"), "minItems": 1}


def _told(shown: Keys, kinds: Mapping[str, str]) -> Schema:
    return element(shown, {"kind": one_of(kinds), "says": text()})


def _expect(vocabulary: Vocabulary) -> Schema:
    by_path, by_pattern = facts.expected(vocabulary)
    expected = element(
        keys.EXPECT,
        {
            "severity_by": one_of(words.SEVERITY_BY),
            "clocks": named(ref("expect.clock")),
            "actions": _several("action"),
            "nothing_else": one_of(words.ONLY_YES),
            "withheld": _several("withheld"),
            "ledger": either(one_of(words.NONE), _several("credit")),
            "alerts": _several("alert"),
            "corrections": _several("correction"),
            "queue": either(one_of(words.NONE), {"type": "array", "items": _standing(vocabulary), "minItems": 1}),
            "revision": one_of(words.REVISION),
            "next_wakeup": facts.time_or_none(),
        },
    )
    expected["properties"] |= by_path
    return {**expected, "patternProperties": by_pattern}


def _standing(vocabulary: Vocabulary) -> Schema:
    """What one item of the queue's order comes to: a condition's truth, a severity, an instant, or none."""
    return either(one_of(("yes", "no")), vocabulary.name(Sort.LEVEL), facts.time_or_none())


def _clock(vocabulary: Vocabulary) -> Schema:
    state = one_of(words.CLOCK_STATES)
    run = element(
        keys.CLOCK,
        {
            "state": state,
            "due": facts.time_or_none(),
            "started": facts.time(),
            "stopped": facts.time_or_none(),
            "remaining": values.length(),
            "used": _share(),
            "target": text(),
            "owner": vocabulary.name(Sort.PERSON),
            "reason": text(),
            "run": whole(1, LARGEST),
        },
    )
    return either(state, run)


def _share() -> Schema:
    percent = paths.value(Special.PERCENT)
    one_side = [{"not": {"required": list(pair)}} for pair in (("at_least", "more_than"), ("at_most", "less_than"))]
    return either(percent, element(keys.SHARE, dict.fromkeys(keys.SHARE.names, percent), allOf=one_side))


def _action(vocabulary: Vocabulary) -> Schema:
    known = actions.definitions(vocabulary)["action"]["properties"]
    yes_no = one_of(("yes", "no"))
    each = [{"required": [name]} for name in ACTIONS.names]
    return element(
        keys.ACTION,
        {
            "rule": vocabulary.name(Sort.RULE),
            **{name: known[name] for name in ACTIONS.names},
            "language": text(),
            "says": one_or_list(text()),
            "at": facts.time(),
            "deliver_at": facts.time(),
            "provisional": yes_no,
            "late": yes_no,
            "times": whole(1, _MOST_TIMES),
        },
        oneOf=[*each, {"not": {"anyOf": each}}],
    )
