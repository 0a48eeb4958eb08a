"""Mistakes in conditions: comparisons the other way round, tests and negations forgotten, values left out of a list."""

from collections.abc import Iterator
from typing import Final

from casewarden.ruleset.document import Document
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.variation import Edit, Steps, mapping, sequence
from casewarden.scenario.mutation.mutant import Mutant, brief, dropped, element_of, elements, renamed

_FLIPS: Final = {
    "at_least": "more_than",
    "more_than": "at_least",
    "at_most": "less_than",
    "less_than": "at_most",
}
_FLIPS_OF_INSTANTS: Final = {
    "since": {"at_least": "less_than", "less_than": "at_least"},
    "until": {"at_most": "more_than", "more_than": "at_most"},
}
_CONDITIONS: Final = {
    "rules": ("when",),
    "guards": ("while",),
    "scope": ("when",),
    "clocks": ("applies_if", "pauses_while"),
    "quotas": ("counts_if",),
    "events": ("becomes",),
}
# What may be left out of a clock, a rule, a guard, an event or a test without leaving a gap in the grammar.
_EXTRAS: Final = {
    "clocks": ("applies_if", "pauses_while", "counts_from"),
    "rules": ("limit", "repeat", "deliver", "over", "even_if_over"),
    "guards": ("except_reasons",),
    "quotas": ("counts_if", "carry_over"),
    "events": ("within", "order"),
}
_EXTRAS_OF_TESTS: Final = ("for", "since", "in_last", "apart", "different", "times")


def of_conditions(document: Document) -> Iterator[Mutant]:
    """All mistakes in conditions and in what else restrains."""
    for section, keys in _CONDITIONS.items():
        for steps, _, node in elements(document, section):
            yield from _extras(steps, node)
            for key in keys:
                condition = node.get(key)
                if isinstance(condition, Map):
                    yield from _condition((*steps, key), condition)
            if section == "events":
                yield from _event(steps, node)
            if section == "rules" and node.get("each") is not None and node.get("when") is not None:
                yield dropped((*steps, "when"), node.place, "the condition")
    for steps, name, _ in elements(document, "guards"):
        yield dropped(steps, name.place, f"the guard `{name.text}`")
    governs = document.main.get("applies_to")
    if isinstance(governs, Map):
        yield from _condition(("applies_to",), governs)
    for steps, row in rows(document):
        when = row.get("when")
        if isinstance(when, Map):
            yield from _condition((*steps, "when"), when)


def rows(document: Document) -> Iterator[tuple[Steps, Map]]:
    """The rows of the severity table, each with its place."""
    for top in document.tops:
        severity = top.get("severity")
        table = severity.get("table") if isinstance(severity, Map) else None
        for number, row in enumerate(table.items if isinstance(table, Seq) else ()):
            if isinstance(row, Map):
                yield ("severity", "table", str(number)), row


def _extras(steps: Steps, node: Map) -> Iterator[Mutant]:
    for key, value in node:
        if key.text in _EXTRAS.get(steps[0], ()):
            yield dropped((*steps, key.text), key.place, f"`{key.text}: {brief(value)}`")
            if key.text == "repeat" and isinstance(value, Map) and (reset := value.key_node("reset_by")) is not None:
                yield dropped((*steps, "repeat", "reset_by"), reset.place, "`reset_by`")


def _event(steps: Steps, node: Map) -> Iterator[Mutant]:
    """What an entry must be: each attribute left out, each of several kinds or actors."""
    kind = node.get("kind")
    if kind is None:
        return
    for key, value in node:
        if key.text not in ("kind", "clause", "interpretation", "note"):
            yield dropped((*steps, key.text), key.place, f"`{key.text}: {brief(value)}`")
        yield from _members((*steps, key.text), value)


def _condition(steps: Steps, node: Map) -> Iterator[Mutant]:
    for key, value in node:
        here = (*steps, key.text)
        if len(node) > 1:
            yield dropped(here, key.place, f"`{key.text}: {brief(value)}`")
        match key.text, value:
            case "all" | "any", Seq(items):
                for number, item in enumerate(items):
                    if len(items) > 1:
                        yield dropped((*here, str(number)), item.place, f"`{brief(item)}`")
                    if isinstance(item, Map):
                        yield from _condition((*here, str(number)), item)
            case "not", Map():
                yield _without_not(steps, key, value)
                yield from _condition(here, value)
            case _:
                yield from _test(here, key, value)


def _without_not(steps: Steps, key: Scalar, value: Map) -> Mutant:
    """`not: {...}` as if the `not` had been forgotten; written as a list of one, since its keys may be taken."""
    edits = (Edit((*steps, "not"), None), Edit((*steps, "any"), sequence([value], value.place)))
    where = "/".join((*steps, "not"))
    return Mutant(f"{where}: forgotten", element_of(steps), key.place, f"`not: {brief(value)}` loses its `not`", edits)


def _test(steps: Steps, key: Scalar, value: Node) -> Iterator[Mutant]:
    if isinstance(value, Seq):
        yield from _members(steps, value)
    if isinstance(value, Scalar) and "." in key.text:
        edit = Edit(steps, mapping({"not": value}, value.place))
        change = f"`{key.text}: {value.text}` becomes `{key.text}: {{not: {value.text}}}`"
        yield Mutant(f"{'/'.join(steps)}: negated", element_of(steps), value.place, change, (edit,))
    if not isinstance(value, Map):
        return
    flips = _FLIPS_OF_INSTANTS.get(key.text, _FLIPS)
    for inner, part in value:
        here = (*steps, inner.text)
        if inner.text in flips:
            yield renamed(here, inner, part, flips[inner.text])
        elif inner.text == "not":
            where = "/".join(here)
            change = f"`{key.text}: {{not: {brief(part)}}}` loses its `not`"
            yield Mutant(f"{where}: forgotten", element_of(steps), inner.place, change, (Edit(steps, part),))
            yield from _members(here, part)
        elif inner.text in _EXTRAS_OF_TESTS and len(value) > 1:
            yield dropped(here, inner.place, f"`{inner.text}: {brief(part)}`")
        if isinstance(part, Seq):
            yield from _members(here, part)
        elif isinstance(part, Map) and key.text.startswith("links."):
            yield from _test(here, inner, part)


def _members(steps: Steps, value: Node) -> Iterator[Mutant]:
    """Each value of a list left out."""
    if isinstance(value, Seq) and len(value.items) > 1:
        for number, item in enumerate(value.items):
            if isinstance(item, Scalar):
                yield dropped((*steps, str(number)), item.place, f"`{item.text}` of `{steps[-1]}: {brief(value)}`")
