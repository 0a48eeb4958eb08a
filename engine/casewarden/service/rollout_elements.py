"""Two revisions side by side: which elements are new, gone, or say something else, and what messages say."""

from collections.abc import Iterable, Mapping
from typing import Final

from casewarden.decide import compile_ruleset
from casewarden.report.live.rollout_plan import Element, How, Wording
from casewarden.ruleset.digest import meaning
from casewarden.ruleset.needs import Ref, direct, element_of
from casewarden.ruleset.parts import parts_of
from casewarden.ruleset.syntax import Message, Ruleset
from casewarden.ruleset.written import Written

_LEFT_OUT: Final = frozenset({"ruleset", "policy", "revision"})


def elements(base: Written, head: Written) -> tuple[Element, ...]:
    """Which elements of two revisions of a ruleset differ, by section and name."""
    before, after = parts_of(base.document), parts_of(head.document)
    rules, other_rules = (compile_ruleset(one.ruleset).rule_digests for one in (base, head))
    found = []
    for ref in sorted({*before, *after}):
        if ref[0] in _LEFT_OUT:
            continue
        how = _how(ref, base.ruleset, head.ruleset)
        if how == "otherwise" and ref[0] == "rules" and rules.get(ref[1]) == other_rules.get(ref[1]):
            how = "acts otherwise"
        if how is not None:
            found.append(Element(*ref, how))
    return tuple(found)


def wordings(found: Iterable[Element], base: Ruleset, head: Ruleset) -> tuple[Wording, ...]:
    """What the messages among these elements say in each language, where that differs."""
    return tuple(_wordings((one.name for one in found if one.section == "messages"), base, head))


def _how(ref: Ref, base: Ruleset, head: Ruleset) -> How | None:
    before, after = element_of(base, ref), element_of(head, ref)
    if before is None or after is None:
        return None if before is after else "new" if before is None else "gone"
    return None if meaning(before) == meaning(after) else "otherwise"


def _wordings(names: Iterable[str], base: Ruleset, head: Ruleset) -> Iterable[Wording]:
    for name in names:
        before, after = _texts(base.messages.get(name)), _texts(head.messages.get(name))
        rules = tuple(rule for rule in sorted(head.rules) if ("messages", name) in _named(head, rule))
        for language in sorted({*before, *after}):
            if before.get(language) != after.get(language):
                yield Wording(name, language, before.get(language), after.get(language), rules)


def _texts(message: Message | None) -> Mapping[str, str]:
    if message is None:
        return {}
    return {
        language: one.body if one.subject is None else f"{one.subject}\n\n{one.body}"
        for language, one in message.texts.items()
    }


def _named(ruleset: Ruleset, rule: str) -> set[Ref]:
    return {ref for ref, _ in direct(ruleset, ("rules", rule))}
