"""Names that are declared and to which nothing refers."""

from collections.abc import Iterator
from typing import Final

from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.document import Document
from casewarden.ruleset.names import Names, Sort
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.readings import other_readings

_WARNED: Final = (Sort.EVENT, Sort.MESSAGE, Sort.PERSON, Sort.INTERPRETATION)
# What needs no other element: who may refer to it instead.
_NOTED: Final = {
    Sort.REASON: "no rule closes with it; people may",
    Sort.CALENDAR: "no plan or duration names it; contracts may",
}


def check_unused(document: Document, names: Names, diagnostics: Diagnostics) -> None:
    """Warn of names that nothing needs, in no reading; those that people or contracts may choose are only noted.

    Where other things are wrong, a name counts as used if its word stands anywhere else: the element that refers to it
    may be the one that could not be read.
    """
    words = _words(document) if diagnostics.has_errors else {}
    in_readings = {text for reading in other_readings(document) for text in _texts(reading.changes)}
    for sort in (*_WARNED, *_NOTED):
        for name, place in names.declared[sort].items():
            if (sort, name) in names.used or name in in_readings or words.get(name, 0) > 1:
                continue
            tell = diagnostics.note if sort in _NOTED else diagnostics.warning
            fix = _NOTED.get(sort, "refer to it, or take it away")
            tell("CW306", place, f"nothing refers to the {sort} `{name}`", fix)


def _words(document: Document) -> dict[str, int]:
    """How often each word stands in the files, in keys and values, in texts as well."""
    counts: dict[str, int] = {}
    for top in document.tops:
        for text in _texts(top):
            for word in {text, *text.replace(".", " ").split()}:
                counts[word] = counts.get(word, 0) + 1
    return counts


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
