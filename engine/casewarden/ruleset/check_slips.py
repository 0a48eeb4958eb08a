"""Typing slips in names and texts that nothing refers to: two neighbouring letters exchanged.

A mistyped reference is an unknown name, and told as that. The name of a rule is referred to by nothing, so a slip in it
would stay. It is told where the word stands nowhere else and becomes, with two neighbouring letters exchanged, a word
that does: in this ruleset, its texts included, or in the language. A word that is meant is one that also stands in a
`note`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from casewarden.ruleset import keys, words
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.document import SECTIONS, Document
from casewarden.ruleset.names import SECTION_OF, Sort
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq

_WORD: Final = re.compile(r"[A-Za-z]+")
_SHORTEST: Final = 4
_SHORTEST_OF_IDS: Final = 3  # letters of clause ids are capitals, and no words of a tongue
_PAIRS: Final = (
    "acme acts alter amid angel angle auction barn begin being board bran calm came carte casual causal caution clam "
    "cost crate dairy diary does dose emit field filed files flies form from gird grid iron item later lest lets "
    "lost lots maid quiet quite sacred salt scared sign silver sing slat sliver sued there three tier tire tired "
    "trail trial tried unite united untie untied used user "
)
_BOTH_ARE_WORDS: Final = frozenset(_PAIRS.split())
"""English words of which two become each other, or that others are likely to become."""


def check_slips(document: Document, diagnostics: Diagnostics) -> None:
    """Report words that look like slips; where anything else is wrong, that is told first and this is left."""
    if diagnostics.has_errors:
        return
    counts = Counter(word.casefold() for top in document.tops for text in _texts(top) for word in _WORD.findall(text))
    for scalar, shortest in _places(document):
        for word in dict.fromkeys(_WORD.findall(scalar.text)):
            meant = _meant(word, counts) if len(word) >= shortest else None
            if meant is not None:
                diagnostics.error(
                    "CW309",
                    scalar,
                    f"`{word}` is `{meant}` with two letters exchanged",
                    f"write `{scalar.text.replace(word, meant)}`; if `{word}` is meant, say so in a `note`",
                )


def _meant(word: str, counts: Counter[str]) -> str | None:
    """The word of which this one is a slip; None where it is none."""
    folded = word.casefold()
    if counts[folded] > 1 or folded in LANGUAGE or folded in _BOTH_ARE_WORDS:
        return None
    for at in range(len(word) - 1):
        other = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        if other != word and (other.casefold() in LANGUAGE or counts[other.casefold()]):
            return other
    return None


def _places(document: Document) -> Iterator[tuple[Scalar, int]]:
    """The names and texts in which a slip would stay, each with the length of the shortest word that is looked at."""
    for section in dict.fromkeys((*SECTION_OF.values(), "fields")):
        for key, node in document.elements(section):
            yield key, _SHORTEST
            if section == "fields":
                yield from _fields(node)
            elif section == SECTION_OF[Sort.INTERPRETATION] and isinstance(node, Map):
                yield from _interpretation(node)
        for node in document.parts(section):
            yield from ((item, _SHORTEST) for item in _scalars(node) if isinstance(node, Seq))
    name = document.main.get("ruleset")
    if isinstance(name, Scalar):
        yield name, _SHORTEST
    for top in document.tops:
        yield from _anywhere(top)


def _fields(node: Node) -> Iterator[tuple[Scalar, int]]:
    for key, field in node if isinstance(node, Map) else ():
        yield key, _SHORTEST
        values = field.get("of") if isinstance(field, Map) else None
        yield from ((item, _SHORTEST) for item in _scalars(values))


def _interpretation(node: Map) -> Iterator[tuple[Scalar, int]]:
    yield from ((item, _SHORTEST) for item in _scalars(node.get("by")))
    others = node.get("others")
    yield from ((key, _SHORTEST) for key, _ in (others if isinstance(others, Map) else ()))


def _anywhere(top: Node) -> Iterator[tuple[Scalar, int]]:
    """Cited clauses and tags, wherever they stand."""
    stack: list[Node] = [top]
    while stack:
        node = stack.pop()
        if isinstance(node, Seq):
            stack.extend(node.items)
        elif isinstance(node, Map):
            for key, value in node:
                if key.text in ("clause", "supersedes"):
                    yield from ((item, _SHORTEST_OF_IDS) for item in _scalars(value))
                elif key.text == "tag" and isinstance(value, Map):
                    yield from ((item, _SHORTEST) for _, tags in value for item in _scalars(tags))
                else:
                    stack.append(value)


def _scalars(node: Node | None) -> Iterator[Scalar]:
    match node:
        case Scalar():
            yield node
        case Seq(items):
            yield from (item for item in items if isinstance(item, Scalar))
        case _:
            pass


def _texts(node: Node) -> Iterator[str]:
    stack: list[Node] = [node]
    while stack:
        match stack.pop():
            case Scalar(text):
                yield text
            case Seq(items):
                stack.extend(items)
            case Map() as entries:
                for key, value in entries:
                    yield key.text
                    stack.append(value)


def _language() -> frozenset[str]:
    """All words of the language: keys, closed words, given events and paths."""
    known = [*SECTIONS]
    known += [name for shown in vars(keys).values() if isinstance(shown, keys.Keys) for name in shown.names]
    known += [word for listed in vars(words).values() if isinstance(listed, dict) for word in listed]
    return frozenset(word for name in known for word in _WORD.findall(name))


LANGUAGE: Final = _language()
