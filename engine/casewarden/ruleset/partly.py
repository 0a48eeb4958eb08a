"""A revision with some rules as a later one has them: how a rollout takes a change over rule by rule."""

from collections.abc import Collection, Iterator, Mapping

from casewarden.ruleset.digest import digest, meaning
from casewarden.ruleset.needs import TERMS, Ref, closure, direct, element_of
from casewarden.ruleset.parts import document_of, parts_of, read_parts
from casewarden.ruleset.written import Written


def partly(base: Written, head: Written, rules: Collection[str]) -> Written:
    """The base with the named rules as the head has them: changed, added, or gone where the head has them no more.

    What those rules need of messages, events, fields, guards and the like comes with them. Terms stay the base's: they
    come with the whole revision only. ValueError with the reason where a rule cannot be taken over by itself. Once
    nothing else differs, the result has the digest of the head.
    """
    if base.ruleset.name != head.ruleset.name:
        raise ValueError(f"`{base.ruleset.name}` and `{head.ruleset.name}` are no revisions of one ruleset")
    parts, theirs = parts_of(base.document), parts_of(head.document)
    taken: dict[Ref, str] = {}
    for name in sorted(set(rules)):
        rule: Ref = ("rules", name)
        if rule not in parts and rule not in theirs:
            raise ValueError(f"neither revision has a rule `{name}`")
        taken[rule] = name
        for ref in _differing(base, head, rule):
            taken.setdefault(ref, name)
    _refuse_shared(base, parts, taken)
    for ref in taken:
        part = theirs.get(ref)
        if part is None:
            parts.pop(ref, None)
        else:
            parts[ref] = part
    files = tuple(dict.fromkeys((*base.document.files, *head.document.files)))
    ruleset, errors = read_parts(parts, base.path, base.lock, files)
    if errors:
        names = ", ".join(f"`{name}`" for name in sorted(set(rules)))
        raise ValueError(f"with {names} of the newer revision the ruleset would be refused: {errors[0].message}")
    document = document_of(parts, files)
    return Written(document, base.path, base.lock, digest(ruleset, base.lock.text if base.lock else ""))


def _differing(base: Written, head: Written, rule: Ref) -> Iterator[Ref]:
    """What a rule of the head needs that the base lacks or says otherwise."""
    before, now = base.ruleset, head.ruleset
    needed = closure(now, [rule], lambda ref: element_of(before, ref) is not None)
    for ref, means in needed.items():
        section, name = ref
        there = element_of(before, ref)
        if section in TERMS:
            if there is None:
                raise ValueError(
                    f"the rule `{rule[1]}` needs `{name}` of `{section}`, which only the newer revision has;"
                    " terms come with the whole revision"
                )
        elif there is None or (means and meaning(there) != meaning(element_of(now, ref))) or _reopens(base, head, ref):
            yield ref
    for section in {section for (section, _), means in needed.items() if means} & {"scope", "intake"}:
        gone = getattr(before, section).keys() - getattr(now, section).keys()
        yield from ((section, name) for name in sorted(gone))


def _reopens(base: Written, head: Written, ref: Ref) -> bool:
    """Whether it is a reading that one of the two leaves open, so that what rests on it is not enforced."""
    if ref[0] != "interpretations":
        return False
    return base.ruleset.interpretations[ref[1]].is_open != head.ruleset.interpretations[ref[1]].is_open


def _refuse_shared(base: Written, parts: Mapping[Ref, object], taken: Mapping[Ref, str]) -> None:
    """Refuse to change what something else rests on that stays as it is."""
    for other in parts:
        if other in taken:
            continue
        for ref, means in direct(base.ruleset, other):
            if ref in taken and (means or ref[0] == "interpretations"):
                raise ValueError(
                    f"the rule `{taken[ref]}` needs `{ref[1]}` of `{ref[0]}` as the newer revision has it,"
                    f" and `{other[1] or other[0]}` of `{other[0]}` rests on it as it is"
                )
