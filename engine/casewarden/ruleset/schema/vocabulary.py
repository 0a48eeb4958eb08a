"""The names that a schema knows: those of one file with its includes, or none, for the general schema."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from casewarden.ruleset import read_sections, words
from casewarden.ruleset.beside import is_outside, normal
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.document import Document, Read, open_document
from casewarden.ruleset.forms import Context
from casewarden.ruleset.names import RESERVED, Sort, collect
from casewarden.ruleset.nodes import Map, Node, Scalar, read_yaml
from casewarden.ruleset.schema.parts import LEVEL_PATTERN, NAME_PATTERN, Schema, either, matching, nothing, ref
from casewarden.ruleset.schema.parts import words as one_of
from casewarden.ruleset.syntax import Field, FieldType

_PATTERNS: Final = {Sort.LEVEL: LEVEL_PATTERN, Sort.INTERPRETATION: r"\S+"}
_GIVEN: Final = {Sort.EVENT: words.EVENTS}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Names by sort, fields by path, ids of clauses, and which languages must be there; None is not known."""

    names: Mapping[Sort, tuple[str, ...]] | None = None
    fields: Mapping[str, Field | None] = field(default_factory=dict)
    clauses: tuple[str, ...] | None = None
    language: str | None = None
    required_paths: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether this is the general schema, which knows no names."""
        return self.names is None

    def known(self, sort: Sort) -> tuple[str, ...] | None:
        """The declared names of a sort, or None where any name will do."""
        return None if self.names is None else self.names[sort]

    def name(self, sort: Sort, extra: Mapping[str, str] | None = None) -> Schema:
        """One of the declared names, one of the given ones, or one of the extra words with their meanings."""
        return self._name(sort, extra) if extra else ref(f"name.{sort.name.lower()}")

    def definitions(self) -> dict[str, Schema]:
        """The definitions to which `name` refers."""
        return {f"name.{sort.name.lower()}": self._name(sort, None) for sort in Sort}

    def _name(self, sort: Sort, extra: Mapping[str, str] | None) -> Schema:
        also = {**_GIVEN.get(sort, {}), **(extra or {})}
        known = self.known(sort)
        if known is not None:
            listed = {**dict.fromkeys(known, ""), **also}
            return one_of(listed) if listed else nothing(f"No {sort} is declared.")
        if sort is Sort.LEVEL:
            any_name: Schema = {"type": ["string", "integer"], "pattern": f"^(?:{LEVEL_PATTERN})$"}
        else:
            any_name = matching(_PATTERNS.get(sort, NAME_PATTERN))
        return either(one_of(also), any_name) if also else any_name

    def pattern(self, sort: Sort) -> str:
        """A pattern for a name within a text: one of the declared ones, or any that may be declared."""
        known = self.known(sort)
        if known is None:
            return NAME_PATTERN
        return "|".join(sorted(known, key=lambda name: (-len(name), name))) if known else "(?!)"

    def of_type(self, *types: FieldType) -> list[str]:
        """The declared fields of these types, those of linked tickets left out."""
        return [
            path
            for path, found in self.fields.items()
            if not path.startswith("links.") and (found is None or found.type in types)
        ]


def reserved(sort: Sort) -> frozenset[str]:
    """Words that cannot be names of this sort."""
    return RESERVED.get(sort, frozenset())


def vocabulary_of(document: Document, read: Read | None, path: Path) -> Vocabulary:
    """All that a document declares, however much of it is wrong."""
    ignored = Diagnostics()
    context = Context(ignored, collect(document, ignored))
    for record, fields in document.elements("fields", repeated=True):
        read_sections.read_fields(context, record, fields)
    intakes: list[Node] = [node for _, node in document.elements("intake")]
    return Vocabulary(
        {sort: tuple(declared) for sort, declared in context.names.declared.items()},
        {path: context.fields.get(path) for path in context.names.field_paths},
        _clauses(document, read, path),
        _text_at(document.main, "defaults", "language"),
        read_sections.required_paths(intakes),
    )


def open_vocabulary(data: bytes, path: Path, read: Read, diagnostics: Diagnostics) -> Vocabulary | None:
    """The names of a file with this content; None, with the reason in `diagnostics`, where it cannot be read at all."""
    found = Diagnostics()
    document = open_document(data, normal(path), str(path), read, found)
    if document is None:
        diagnostics.extend(found)
        return None
    return vocabulary_of(document, read, normal(path))


def _text_at(top: Map, *keys: str) -> str | None:
    node: Node | None = top
    for key in keys:
        node = node.get(key) if isinstance(node, Map) else None
    return node.text if isinstance(node, Scalar) and node.text else None


def _clauses(document: Document, read: Read | None, path: Path) -> tuple[str, ...] | None:
    """The ids of the clause file, where there is one that can be read."""
    name = _text_at(document.main, "clauses")
    target = path.parent if name is None else normal(path.parent / name)
    if name is None or read is None or is_outside(target, path.parent):
        return None
    try:
        data = read(target)
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return None
    node = read_yaml(data, name, Diagnostics())
    return tuple(key.text for key, _ in node) if isinstance(node, Map) else None
