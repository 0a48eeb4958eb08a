"""Reading a mapping file into a `TableMapping`, with the same diagnostics as rulesets."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from casewarden.model.event import Json
from casewarden.ruleset.catalogue import ENTRY_KINDS
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.files import read_yaml_file
from casewarden.ruleset.forms import Context, as_list, as_map, as_text, check_keys, one_of, texts, yes_no
from casewarden.ruleset.names import Names
from casewarden.ruleset.nodes import Map, Node, Scalar
from casewarden.ruleset.syntax import FieldType
from casewarden.scenario.dates import DateFormat, FormatError
from casewarden.scenario.mapping import EntryFrom, FieldFrom, Format, Recorded, TableMapping
from casewarden.scenario.shapes import PATH_PATTERN

VERSION: Final = "1"
FORMATS: Final = ("csv", "json", "json_lines")
TYPES: Final = ("text", "choice", "set", "yes_no", "integer", "number", "duration", "instant", "version")
ACTORS: Final = ("customer", "agent", "automation")
ENTRIES: Final = tuple(kind for kind in ENTRY_KINDS if kind not in {"opened", "plan", "work"})

REQUIRED: Final = ("casewarden_mapping", "format", "source", "case", "written", "dates")
KEYS: Final = (
    *REQUIRED, "delimiter", "missing", "by", "opened", "fields", "entries", "final", "left_out", "recorded",
)  # fmt: skip
FIELD_KEYS: Final = ("column", "type", "values", "separator")
ENTRY_KEYS: Final = ("kind", "column", "to", "from", "by")
RECORDED_KEYS: Final = ("column", "clocks", "met", "missed")
OPENED_KEYS: Final = ("at", "by", "facts")

_PATH: Final = re.compile(PATH_PATTERN)


def load_mapping(path: Path, diagnostics: Diagnostics, shown: str | None = None) -> TableMapping | None:
    """The mapping in a file; None where errors refuse it, and all problems are in `diagnostics`."""
    node = read_yaml_file(path, diagnostics, shown)
    return None if node is None else mapping_of(node, diagnostics)


def mapping_of(node: Node, diagnostics: Diagnostics) -> TableMapping | None:
    """The mapping that a document states; None where errors refuse it."""
    context = Context(diagnostics, Names())
    top = as_map(context, node, "a mapping file")
    if top is None or not check_keys(context, top, "a mapping file", KEYS, REQUIRED):
        return None
    return _Reader(context, top).read()


@dataclass(slots=True)
class _Reader:
    context: Context
    top: Map

    def read(self) -> TableMapping | None:
        self._word("casewarden_mapping", "the version", (VERSION,))
        opened = self._part("opened", "`opened`", OPENED_KEYS)
        dates = self._dates()
        fields = tuple(field for key, value in self._map("fields") if (field := self._field(key, value)) is not None)
        mapping = TableMapping(
            format=cast("Format", self._word("format", "the format", FORMATS) or "csv"),
            delimiter=self._delimiter(),
            source=self._text("source", "the source") or "",
            case=self._text("case", "the column of the case") or "",
            written=self._text("written", "the column of the row's instant") or "",
            dates=dates or DateFormat("YYYY-MM-DD", "UTC"),
            missing=frozenset(self._texts("missing")) | {""},
            by=self._word("by", "`by`", ACTORS) or "agent",
            opened_at=self._of(opened, "at", "the column of the opening"),
            opened_by=self._actor(opened, "customer"),
            opened_facts=self._facts(opened),
            fields=fields,
            entries=self._entries(),
            final=self._texts("final"),
            left_out=self._texts("left_out"),
            recorded=tuple(
                record for key, value in self._map("recorded") if (record := self._recorded(key, value)) is not None
            ),
        )
        self._check_final(mapping)
        return None if self.context.diagnostics.has_errors else mapping

    # Parts

    def _dates(self) -> DateFormat | None:
        part = self._part("dates", "`dates`", ("format", "zone"), ("format", "zone"))
        form = self._of(part, "format", "the date format")
        where = self._of(part, "zone", "the zone")
        if part is None or form is None or where is None:
            return None
        try:
            return DateFormat(form, where)
        except FormatError as error:
            self.context.error("CW824", part, str(error), "write like {format: DD-MM-YYYY HH:mm, zone: Europe/Zurich}")
            return None

    def _delimiter(self) -> str:
        node = self.top.get("delimiter")
        text = "," if node is None else as_text(self.context, node, "the delimiter")
        if node is not None and text is not None and (len(text) != 1 or text in '"\n\r'):
            self.context.error(
                "CW204", node, f"the delimiter is one character, not `{text}`", 'write "," or ";" or "\\t"'
            )
        return text or ","

    def _field(self, key: Scalar, node: Node) -> FieldFrom | None:
        if not _PATH.fullmatch(key.text):
            self.context.error("CW204", key, f"`{key.text}` is not a path", "write it like case.core")
            return None
        if isinstance(node, Scalar):
            column = as_text(self.context, node, "a column")
            return None if column is None else FieldFrom(key.text, column)
        part = as_map(self.context, node, f"`{key.text}`")
        if part is None or not check_keys(self.context, part, f"`{key.text}`", FIELD_KEYS, ("column",)):
            return None
        column = self._of(part, "column", "a column")
        type_node = part.get("type")
        word = None if type_node is None else one_of(self.context, type_node, "the type", TYPES)
        type_ = FieldType.TEXT if word is None else FieldType(word)
        values = part.get("values")
        table = None if values is None else self._values(values, type_)
        return (
            None
            if column is None
            else FieldFrom(key.text, column, type_, table, self._of(part, "separator", "it") or ",")
        )

    def _values(self, node: Node, type_: FieldType) -> dict[str, Json]:
        part = as_map(self.context, node, "`values`")
        table: dict[str, Json] = {}
        for key, value in part or ():
            if type_ is FieldType.YES_NO:
                table[key.text] = yes_no(self.context, value, f"`{key.text}`")
            else:
                table[key.text] = as_text(self.context, value, f"`{key.text}`")
        return table

    def _entries(self) -> tuple[EntryFrom, ...]:
        node = self.top.get("entries")
        if node is None:
            return ()
        items = as_list(self.context, node, "`entries`")
        return tuple(entry for item in (items.items if items else ()) if (entry := self._entry(item)) is not None)

    def _entry(self, node: Node) -> EntryFrom | None:
        part = as_map(self.context, node, "an entry", "{kind: resolved, column: state, to: [Resolved]}")
        if part is None or not check_keys(self.context, part, "an entry", ENTRY_KEYS, ("kind", "column", "to")):
            return None
        kind = self._choice(part, "kind", "the kind", ENTRIES)
        column = self._of(part, "column", "a column")
        by = self._choice(part, "by", "`by`", ACTORS)
        if kind is None or column is None:
            return None
        return EntryFrom(kind, column, self._set(part, "to"), self._set(part, "from"), by)

    def _recorded(self, key: Scalar, node: Node) -> Recorded | None:
        part = as_map(self.context, node, f"`{key.text}`")
        if part is None or not check_keys(self.context, part, f"`{key.text}`", RECORDED_KEYS, RECORDED_KEYS):
            return None
        column = self._of(part, "column", "a column")
        clocks = part.get("clocks")
        if column is None or clocks is None:
            return None
        names = texts(self.context, clocks, "`clocks`")
        return Recorded(key.text, column, names, self._set(part, "met"), self._set(part, "missed"))

    def _facts(self, opened: Map | None) -> dict[str, Json]:
        node = None if opened is None else opened.get("facts")
        part = None if node is None else as_map(self.context, node, "`facts`")
        facts: dict[str, Json] = {}
        for key, value in part or ():
            if not _PATH.fullmatch(key.text):
                self.context.error("CW204", key, f"`{key.text}` is not a path", "write it like case.status")
                continue
            text = as_text(self.context, value, f"`{key.text}`")
            quoted = isinstance(value, Scalar) and value.quoted
            facts[key.text] = text == "yes" if text in {"yes", "no"} and not quoted else text
        return facts

    def _check_final(self, mapping: TableMapping) -> None:
        """A column with final values must not become an event."""
        final = frozenset(mapping.final)
        node = self.top.get("final")
        for column in sorted(final.intersection(mapping.read_columns())):
            self.context.error(
                "CW823",
                node or self.top,
                f"`{column}` holds final values, and the mapping makes events of it",
                "take it out of `fields`, `entries` and `opened`, or out of `final` if it says what was known then",
            )

    # Forms

    def _map(self, key: str) -> Map | tuple[()]:
        node = self.top.get(key)
        return () if node is None else as_map(self.context, node, f"`{key}`") or ()

    def _part(self, key: str, what: str, keys: Collection[str], required: Collection[str] = ()) -> Map | None:
        node = self.top.get(key)
        part = None if node is None else as_map(self.context, node, what)
        return part if part is not None and check_keys(self.context, part, what, keys, required) else None

    def _text(self, key: str, what: str) -> str | None:
        return self._of(self.top, key, what)

    def _texts(self, key: str) -> tuple[str, ...]:
        node = self.top.get(key)
        return () if node is None else texts(self.context, node, f"`{key}`")

    def _set(self, part: Map, key: str) -> frozenset[str]:
        node = part.get(key)
        return frozenset() if node is None else frozenset(texts(self.context, node, f"`{key}`"))

    def _word(self, key: str, what: str, words: Collection[str]) -> str | None:
        return self._choice(self.top, key, what, words)

    def _choice(self, part: Map, key: str, what: str, words: Collection[str]) -> str | None:
        node = part.get(key)
        return None if node is None else one_of(self.context, node, what, words)

    def _actor(self, part: Map | None, otherwise: str) -> str:
        return (None if part is None else self._choice(part, "by", "`by`", ACTORS)) or otherwise

    def _of(self, part: Map | None, key: str, what: str) -> str | None:
        node = None if part is None else part.get(key)
        return None if node is None else as_text(self.context, node, what)
