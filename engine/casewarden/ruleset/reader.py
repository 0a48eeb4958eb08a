"""Composing YAML events into nodes with places; one pass, no recursion, bounded in size and depth.

PyYAML's C parser gives the events, which makes reading more than three times as fast as with a parser in Python.
Nothing is resolved or constructed, so no tag and no scalar can do anything. Where the C extension is missing, PyYAML's
own parser stands in: same nodes, but it refuses a tab here and there that the C parser lets pass.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import yaml
import yaml.parser
import yaml.reader
import yaml.scanner

from casewarden.ruleset.characters import decode, line_starts
from casewarden.ruleset.diagnostics import Diagnostics, Place
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq

MAX_DEPTH: Final = 60
MAX_NODES: Final = 300_000
MAX_PROBLEMS: Final = 500
"""Problems of reading after which the rest of a file is left: it is no ruleset, or one mistake repeated."""


_COMMENT: Final = re.compile(r"#[^\r\n]*")


class _PythonParser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
    """PyYAML's parser without its composer and constructor."""

    def __init__(self, text: str) -> None:
        yaml.reader.Reader.__init__(self, text)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)


def read(data: bytes | str, file: str, diagnostics: Diagnostics, *, in_python: bool = False) -> Node | None:
    """The document as nodes, or None; see `casewarden.ruleset.nodes.read_yaml`. `in_python` does without C."""
    text = decode(data, file, diagnostics)
    if text is None:
        return None
    composer = _Composer(text, file, diagnostics)
    try:
        for event in events(text, in_python=in_python):
            composer.take(event)
    except yaml.MarkedYAMLError as error:
        composer.fault(error)
        return None
    except yaml.reader.ReaderError as error:  # decode() lets no such character pass; a newer PyYAML may know more
        composer.unreadable(error)
        return None
    except _Stop:
        return composer.result() if composer.complete else None
    return composer.result()


def events(text: str, *, in_python: bool = False) -> Iterator[Any]:
    """The parser's events of a text, with their marks; `yaml.YAMLError` where it breaks the rules of YAML."""
    if in_python or not yaml.__with_libyaml__:
        parser: Any = _PythonParser(text)
    else:
        from yaml import cyaml  # noqa: PLC0415  # missing where PyYAML was built without libyaml

        parser = cyaml.CSafeLoader(text)
    while (event := parser.get_event()) is not None:
        yield event


_Related = tuple[tuple[Node, str], ...]


class _Stop(Exception):  # noqa: N818  # not an error: the reason was reported
    """Reading goes no further."""


class _Open:
    """A list or mapping whose end was not seen yet."""

    __slots__ = (
        "anchor", "braces", "drop", "end", "entries", "flow", "has_key", "height", "is_map", "items", "key", "key_end",
        "seen", "size", "start",
    )  # fmt: skip

    def __init__(self, start: Any, flow: bool, anchor: str | None, is_map: bool) -> None:
        self.start = start  # mark
        self.flow = flow
        self.anchor = anchor
        self.is_map = is_map
        self.items: list[Node] = []
        self.entries: list[tuple[Scalar, Node]] = []
        self.seen: dict[str, Scalar] = {}
        self.key: Scalar | None = None  # the key whose value comes next, where it is one
        self.key_end = 0  # index after it
        self.has_key = False  # a value comes next
        self.drop = False  # which is not taken
        self.braces = False  # `{{` as in a template
        self.size = 1  # values in it, aliases written out, itself included
        self.height = 0  # levels below it
        self.end = (start.line + 1, start.column + 1)  # of the last thing in it


class _Anchored(NamedTuple):
    node: Node
    size: int
    height: int


class _Composer:
    """Takes events one by one and builds the tree."""

    def __init__(self, text: str, file: str, diagnostics: Diagnostics) -> None:
        self._text = text
        self._file = file
        self._diagnostics = diagnostics
        self._starts = line_starts(text)
        self._open: list[_Open] = []
        self._anchors: dict[str, _Anchored | None] = {}  # None while the value is still open
        self._root: Node | None = None
        self._nodes = 0
        self._problems = 0
        self._done = 0  # index after the last text, bracket or alias
        self._last: tuple[Place, int] | None = None
        self._braces_line: int | None = None
        self.complete = False
        self._takes = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingEndEvent: self._finish,
            yaml.SequenceEndEvent: self._finish,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
            yaml.DocumentEndEvent: self._document_end,
        }

    def take(self, event: Any) -> None:
        """Take the next event; _Stop when nothing more can be read."""
        taker = self._takes.get(type(event))
        if taker is not None:
            taker(event)
            self._done = event.end_mark.index

    def result(self) -> Node | None:
        """The whole document, or None where the file is empty."""
        root = self._root
        if root is None or (isinstance(root, Scalar) and not root.text and not root.quoted):
            if not self._problems:
                place = Place(self._file, 1, 1, 1, 1)
                self._error("CW123", place, "the file is empty", "begin with `casewarden: 1`")
            return None
        return root

    def fault(self, error: yaml.MarkedYAMLError) -> None:
        """Report what the parser stumbled over, unless it is the consequence of something reported already."""
        from casewarden.ruleset.yaml_errors import LastScalar, SyntaxFault, explain  # noqa: PLC0415  # seldom needed

        mark = error.problem_mark or error.context_mark
        if mark is None:
            self._error("CW102", Place(self._file, 1, 1, 1, 1), f"not YAML: {error.problem}")
            return
        for frame in self._open:
            if frame.braces:
                self._report_braces(frame, (frame.start.line + 1, frame.start.column + 3))
                if self._text.count("\n", frame.start.index, mark.index) == 0:
                    return
        if mark.line == self._braces_line:
            return
        last = None if self._last is None else LastScalar(*self._last)
        bracket = next((frame.start for frame in reversed(self._open) if frame.flow), None)
        words = error.problem or ""
        fault = SyntaxFault(self._text, self._starts, self._file, mark, error.context_mark, words, last, bracket)
        explain(fault, error.context or "", self._diagnostics)

    def unreadable(self, error: yaml.reader.ReaderError) -> None:
        """Report a character that the parser refuses."""
        line = sum(start <= error.position for start in self._starts)
        column = error.position - self._starts[line - 1] + 1
        place = Place(self._file, line, column, line, column + 1)
        self._error("CW106", place, f"a character that may not stand in a file: {error.reason}", "take it out")

    # Events

    def _document(self, event: Any) -> None:
        if self.complete:
            self._error(
                "CW112",
                self._span(event.start_mark, event.end_mark),
                "a second document begins here; a file holds one",
                "move it to a file of its own",
            )
            raise _Stop
        if event.version or event.tags:
            self._error(
                "CW118", self._line_of(event.start_mark), "directives such as `%YAML` are refused", "take the line out"
            )

    def _document_end(self, _event: Any) -> None:
        self.complete = True

    def _scalar(self, event: Any) -> None:
        start, end, style, text = event.start_mark, event.end_mark, event.style, event.value
        if style and style in "|>":
            place = Place(self._file, start.line + 1, start.column + 1, *self._block_end(start, end))
        else:
            place = Place(self._file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        if event.tag is not None:
            self._tag(event.tag, place)
        node = Scalar(text, place, quoted=bool(style))
        if style in ("'", '"'):
            self._last = (place, end.index)
        if event.anchor is not None:
            self._name(event.anchor, place)
            self._anchors[event.anchor] = _Anchored(node, 1, 0)
        self._count(1, place)
        if not text and not style:
            self._empty(node, start)
        else:
            self._add(node, 1, 0, start.index, end.index)

    def _start(self, event: Any) -> None:
        start = event.start_mark
        place = self._span(start, event.end_mark)
        if len(self._open) >= MAX_DEPTH:
            self._too_deep(place)
        if event.tag is not None:
            self._tag(event.tag, place)
        if event.anchor is not None:
            self._name(event.anchor, place)
            self._anchors[event.anchor] = None
        self._count(1, place)
        is_map = type(event) is yaml.MappingStartEvent
        parent = self._open[-1] if self._open else None
        if parent is not None and parent.is_map and not parent.has_key:
            inner_brace = self._text[start.index - 1 : start.index + 1] == "{{" and not parent.entries
            if parent.flow and inner_brace and is_map:
                parent.braces = True
        self._open.append(_Open(start, bool(event.flow_style), event.anchor, is_map))

    def _finish(self, event: Any) -> None:
        frame = self._open.pop()
        mark = event.end_mark
        if frame.flow:
            line, column = mark.line + 1, mark.column + 1
        else:
            line, column = frame.end
        if frame.anchor is None and not frame.flow and frame.is_map and frame.entries:
            first = frame.entries[0][0].place
            place = Place(self._file, first.line, first.column, line, column)
        else:
            place = Place(self._file, frame.start.line + 1, frame.start.column + 1, line, column)
        if frame.braces:
            self._report_braces(frame, (line, column))
            self._braces_line = mark.line
        node: Node = Map(tuple(frame.entries), place) if frame.is_map else Seq(tuple(frame.items), place)
        if frame.anchor is not None:
            self._anchors[frame.anchor] = _Anchored(node, frame.size, frame.height)
        self._add(node, frame.size, frame.height, frame.start.index, mark.index)

    def _alias(self, event: Any) -> None:
        place = self._span(event.start_mark, event.end_mark)
        name = event.anchor
        if name not in self._anchors:
            self._error(
                "CW114",
                place,
                f"no anchor `&{name}` stands above",
                f'to write a text that begins with `*`, quote it: "*{name}"',
            )
            self._add(Scalar("", place, quoted=False), 1, 0, event.start_mark.index, event.end_mark.index)
            return
        anchored = self._anchors[name]
        if anchored is None:
            self._error("CW115", place, f"`*{name}` stands inside the value that `&{name}` names", "write it out")
            raise _Stop
        parent = self._open[-1] if self._open else None
        if parent is not None and parent.is_map and not parent.has_key:
            self._error("CW110", place, f"the alias `*{name}` cannot be a key", "write the key out")
            parent.has_key, parent.drop = True, True
            return
        self._count(anchored.size, place)
        if len(self._open) + anchored.height > MAX_DEPTH:
            self._too_deep(place)
        self._add(anchored.node, anchored.size, anchored.height, event.start_mark.index, event.end_mark.index)
        if parent is not None:
            parent.end = (place.end_line, place.end_column)

    # Building

    def _add(self, node: Node, size: int, height: int, start: int, end: int) -> None:
        """Put a finished node where it belongs: as root, item, key or value."""
        if not self._open:
            self._root = node
            return
        frame = self._open[-1]
        frame.size += size
        frame.height = max(frame.height, height + 1)
        frame.end = (node.place.end_line, node.place.end_column)
        if not frame.is_map:
            frame.items.append(node)
        elif not frame.has_key:
            self._key(frame, node, start, end)
        else:
            if frame.key is not None and not frame.drop:
                frame.entries.append((frame.key, node))
            frame.has_key, frame.drop, frame.key = False, False, None

    def _key(self, frame: _Open, node: Node, start: int, end: int) -> None:
        frame.has_key = True
        frame.key_end = end
        if not isinstance(node, Scalar):
            frame.drop = True
            if not frame.braces:
                kind = "list" if isinstance(node, Seq) else "mapping"
                self._error("CW110", node, f"a {kind} cannot be a key", "use a word, or quote the text")
            return
        frame.key = node
        if self._text.find("?", self._done, start) >= 0 and "?" in _COMMENT.sub("", self._text[self._done : start]):
            self._error("CW110", node, "the form `? key` is refused", f"write `{_clip(node.text)}: ...`")
        if node.text == "<<" and not node.quoted:
            frame.drop = True
            self._error(
                "CW113",
                node,
                "`<<` does not merge mappings here",
                "write the entries out, or use an anchor for the whole value",
            )
        elif (first := frame.seen.get(node.text)) is not None:
            frame.drop = True
            self._error(
                "CW107",
                node,
                f"`{_clip(node.text)}` is given twice in one mapping",
                "keep one of the two",
                related=((first, "first given here"),),
            )
        else:
            frame.seen[node.text] = node

    def _empty(self, node: Scalar, start: Any) -> None:
        """Report a value of which nothing was written, then take it as an empty text."""
        frame = self._open[-1] if self._open else None
        if frame is None:
            self._root = node
            return
        if frame.is_map and not frame.has_key:
            place = Place(self._file, start.line + 1, start.column + 1, start.line + 1, start.column + 2)
            self._error("CW120", place, "a colon without a key", "write the key in front of it")
            frame.has_key, frame.drop = True, True
            return
        if frame.is_map and frame.key is None:  # its key was reported
            place = node.place
        elif frame.is_map:
            place = self._empty_value(frame, start)
        else:
            place = self._dash(start)
            self._error("CW108", place, "an entry of this list is empty", "write the value, or take the dash out")
        self._add(Scalar("", place, quoted=False), 1, 0, start.index, start.index)

    def _empty_value(self, frame: _Open, start: Any) -> Place:
        """Report a key without value; the place is that of the key and its colon."""
        assert frame.key is not None
        key, text = frame.key, frame.key.text
        at = key.place
        if frame.drop:
            return at
        colon = self._text.find(":", frame.key_end, start.index)
        if colon >= 0 or not frame.flow:
            width = 0 if colon < 0 else colon + 1 - frame.key_end
            place = Place(self._file, at.line, at.column, at.end_line, at.end_column + width)
            self._error(
                "CW108", place, f"`{_clip(text)}` has no value", 'write one, or leave the key out; an empty text is ""'
            )
            return place
        if len(self._open) > 1 and self._open[-2].braces:  # the template is reported as a whole
            return at
        name, colon_found, rest = text.partition(":")
        if colon_found and name and rest and not key.quoted and " " not in name:
            self._error("CW120", at, f"`{_clip(text)}` needs a space after its colon", f"write `{name}: {rest}`")
            return at
        if not frame.entries or frame.entries[-1][1].place == frame.entries[-1][0].place:  # nothing before the comma
            self._error("CW108", at, f"`{_clip(text)}` has no value", f"write `{_clip(text)}: VALUE`")
            return at
        before_key, before = frame.entries[-1]
        fix = "quote the text that holds the comma"
        if isinstance(before, Scalar) and not before.quoted:
            fix = f'quote the whole text: `{before_key.text}: "{_clip(before.text)}, {_clip(text)}"`'
        self._error(
            "CW109",
            at,
            f"`{_clip(text)}` has no value; inside {{ }} the comma before it ended the one before",
            fix,
            related=((before, "the value that ends at the comma"),),
        )
        return at

    # Bounds and refusals

    def _error(self, code: str, at: Place | Node, message: str, fix: str | None = None, related: _Related = ()) -> None:
        self._problems += 1
        self._diagnostics.error(code, at, message, fix, related)
        if self._problems == MAX_PROBLEMS:
            text = f"{MAX_PROBLEMS} problems; the rest of the file was not read"
            self._diagnostics.error("CW125", at, text, "repair these first")
            raise _Stop

    def _count(self, size: int, place: Place) -> None:
        self._nodes += size
        if self._nodes > MAX_NODES:
            self._error(
                "CW116",
                place,
                f"with this the file has more than {MAX_NODES:,} values, aliases written out",
                "use fewer aliases, or split the file by `include`",
            )
            raise _Stop

    def _too_deep(self, place: Place) -> None:
        self._error("CW117", place, f"nested in more than {MAX_DEPTH} levels", "use fewer brackets or levels")
        raise _Stop

    def _name(self, anchor: str, place: Place) -> None:
        if anchor in self._anchors:
            self._error("CW114", place, f"the anchor `&{anchor}` is given twice", "choose another name for one of them")

    def _tag(self, tag: str, place: Place) -> None:
        shown = tag.replace("tag:yaml.org,2002:", "!!")
        self._error("CW111", place, f"the tag `{_clip(shown)}` is refused", "take it out, or quote the text")

    def _report_braces(self, frame: _Open, end: tuple[int, int]) -> None:
        frame.braces = False
        self._error(
            "CW122",
            Place(self._file, frame.start.line + 1, frame.start.column + 1, *end),
            "a text that begins with `{{` must be quoted",
            'write it in quotes: "{{ ... }}"',
        )

    # Places

    def _span(self, start: Any, end: Any) -> Place:
        return Place(self._file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)

    def _line_of(self, mark: Any) -> Place:
        begin = self._starts[mark.line]
        after = self._starts[mark.line + 1] if mark.line + 1 < len(self._starts) else len(self._text)
        width = len(self._text[begin:after].rstrip())
        return Place(self._file, mark.line + 1, 1, mark.line + 1, width + 1)

    def _dash(self, start: Any) -> Place:
        """The dash whose value is missing."""
        column = start.column if self._text[start.index - 1 : start.index] == "-" else start.column + 1
        return Place(self._file, start.line + 1, column, start.line + 1, column + 1)

    def _block_end(self, start: Any, end: Any) -> tuple[int, int]:
        """Where a `|` or `>` block ends, without the blank lines after it: (line, column) from 1."""
        line = end.line if end.column else end.line - 1
        while line > start.line:
            after = self._starts[line + 1] if line + 1 < len(self._starts) else len(self._text)
            width = len(self._text[self._starts[line] : after].rstrip())
            if width:
                return line + 1, width + 1
            line -= 1
        return start.line + 1, self._line_of(start).end_column


def _clip(text: str) -> str:
    """A text short enough for a message, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:57]}..."
