"""A document as a table of its elements, and a document made of such a table, so that revisions can be mixed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from casewarden.ruleset.diagnostics import Diagnostic, Diagnostics, Level, Place
from casewarden.ruleset.document import LISTS, NAMED, ONCE, SECTIONS, SINGLE, VERSION, Document
from casewarden.ruleset.load import build
from casewarden.ruleset.lock import Lock
from casewarden.ruleset.names import is_field
from casewarden.ruleset.needs import Ref
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.syntax import Ruleset

_OF_FILES: Final = ("casewarden", "include")
_OF_AUTHORS: Final = frozenset({"CW309", "CW703", "CW706"})
"""What concerns the text of one revision and not what it says: slips of letters, readings not chosen, open clauses."""


@dataclass(frozen=True, slots=True)
class Part:
    """One element as it is written: its key (of people and close reasons the name itself) and its node."""

    key: Scalar
    node: Node


def parts_of(document: Document) -> dict[Ref, Part]:
    """All elements of a document over its files, in their order; fields one by one, without what records cite."""
    found: dict[Ref, Part] = {}
    for section in SECTIONS:
        if section in _OF_FILES:
            continue
        if section in SINGLE or section in ONCE:
            for top in document.tops:
                key, node = top.key_node(section), top.get(section)
                if key is not None and node is not None:
                    found.setdefault((section, ""), Part(key, node))
        elif section in LISTS:
            found.update(((section, item.text), Part(item, item)) for item in _items(document.parts(section)))
        elif section == "fields":
            found.update(_fields(document))
        else:
            found.update(((section, key.text), Part(key, node)) for key, node in document.elements(section))
    return found


def _items(nodes: Iterable[Node]) -> Iterator[Scalar]:
    for node in nodes:
        yield from (item for item in (node.items if isinstance(node, Seq) else ()) if isinstance(item, Scalar))


def _fields(document: Document) -> Iterator[tuple[Ref, Part]]:
    for record, fields in document.elements("fields", repeated=True):
        for key, node in fields if isinstance(fields, Map) else ():
            if is_field(key, node):
                yield ("fields", f"{record.text}.{key.text}"), Part(key, node)


def document_of(parts: Mapping[Ref, Part], files: Iterable[str]) -> Document:
    """The document of one file that has these elements and no others."""
    place = parts["ruleset", ""].key.place
    sections: dict[str, list[tuple[str, Part]]] = {}
    for (section, name), part in parts.items():
        sections.setdefault(section, []).append((name, part))
    entries = [_entry("casewarden", Scalar(VERSION, place, quoted=False))]
    for section in SECTIONS:
        said = sections.get(section)
        if said is None:
            continue
        if section in LISTS:
            entries.append(_entry(section, Seq(tuple(part.node for _, part in said), place)))
        elif section == "fields":
            entries.append(_entry(section, _records(said, place)))
        elif section in NAMED:
            entries.append(_entry(section, Map(tuple((part.key, part.node) for _, part in said), place)))
        else:
            entries.append((said[0][1].key, said[0][1].node))
    return Document([Map(tuple(entries), place)], list(files))


def _records(fields: Iterable[tuple[str, Part]], place: Place) -> Map:
    records: dict[str, list[tuple[Scalar, Node]]] = {}
    for path, part in fields:
        records.setdefault(path.rpartition(".")[0], []).append((part.key, part.node))
    return Map(tuple(_entry(record, Map(tuple(entries), place)) for record, entries in records.items()), place)


def _entry(key: str, node: Node) -> tuple[Scalar, Node]:
    return Scalar(key, node.place, quoted=False), node


def errors_in(
    parts: Mapping[Ref, Part], path: Path, lock: Lock | None
) -> tuple[tuple[Diagnostic, tuple[Ref, ...]], ...]:
    """The errors of a mixed ruleset, each with the elements that have to do with it, the one that it is told of first.

    Elements may stand at one place of their files (by an alias, or in two revisions), so each gets a file of its own.
    """
    names = {_mark(ref): ref for ref in parts}
    _, errors = read_parts({ref: in_file(part, _mark(ref)) for ref, part in parts.items()}, path, lock)
    return tuple(
        (error, tuple(names[place.file] for place in _places(error) if place.file in names)) for error in errors
    )


def _mark(ref: Ref) -> str:
    return "/".join(ref)


def _places(error: Diagnostic) -> Iterator[Place]:
    yield error.place
    yield from (place for place, _ in error.related)


def read_parts(
    parts: Mapping[Ref, Part], path: Path, lock: Lock | None, files: Iterable[str] = ()
) -> tuple[Ruleset, list[Diagnostic]]:
    """The ruleset of these elements, sound only without errors, and its errors; its digest is still to be made.

    It is checked as if it had been written so, save for what concerns authors alone. Its calendars are those of `lock`.
    """
    diagnostics = Diagnostics()
    ruleset = build(document_of(parts, files), path, None, lock, diagnostics)
    return ruleset, [it for it in diagnostics.items if it.level is Level.ERROR and it.code not in _OF_AUTHORS]


def in_file(part: Part, file: str) -> Part:
    """The same element as if it stood in another file."""
    key = _moved(part.key, file)
    assert isinstance(key, Scalar)
    return Part(key, key if part.node is part.key else _moved(part.node, file))


def _moved(node: Node, file: str) -> Node:
    at = node.place
    place = Place(file, at.line, at.column, at.end_line, at.end_column)
    match node:
        case Scalar(text, quoted=quoted):
            return Scalar(text, place, quoted=quoted)
        case Seq(items):
            return Seq(tuple(_moved(item, file) for item in items), place)
        case Map():
            entries = ((_moved(key, file), _moved(value, file)) for key, value in node)
            return Map(tuple((key, value) for key, value in entries if isinstance(key, Scalar)), place)
