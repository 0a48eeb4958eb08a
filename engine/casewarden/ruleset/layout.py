"""The canonical layout of a YAML text: its values as they were written, the space between them by rule.

Works on the parser's events: each value keeps its own characters, and what stands between two values (spaces, line
ends, comments, and the signs that the structure implies) is written anew. `casewarden.ruleset.format` has the rules.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from casewarden.ruleset.reader import events

_STEP: Final = 2
_ANCHOR: Final = re.compile(r"&[^\s,\[\]{}]+")
_HEADER: Final = re.compile(r"([|>])([+-]?)([0-9]?)([+-]?)[ \t]*(#[^\n]*)?")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A text or an alias from `start` to `end` in the source; `style` as in YAML (`"`, `'`, `|`, `>` or nothing)."""

    start: int
    end: int
    anchor: str | None
    style: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A list or mapping; of a mapping keys and values alternate. `flow` is one in brackets, or a lone pair in one."""

    start: int
    end: int
    anchor: str | None
    flow: bool
    is_map: bool
    parts: "list[Leaf | Branch]" = field(default_factory=list)


Part = Leaf | Branch


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment between two values: its text, its column, whether it stands behind something, a blank line before."""

    text: str
    column: int
    trailing: bool
    blank_before: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """What stands between two values."""

    comments: tuple[Comment, ...]
    breaks: bool  # the line ends in it
    blank_after: bool  # a blank line after the last comment


def parse(text: str) -> Part | None:
    """The one document of a text that reads without problems; None where it is empty."""
    stack: list[Branch] = []
    root: Part | None = None
    for event in events(text):
        part, end = _part(event), event.end_mark.index
        if part is not None:
            if stack:
                stack[-1].parts.append(part)
            else:
                root = part
            if isinstance(part, Branch):
                stack.append(part)
        elif type(event) is yaml.MappingEndEvent or type(event) is yaml.SequenceEndEvent:
            done = stack.pop()
            closed = Branch(done.start, end, done.anchor, done.flow, done.is_map, done.parts)
            if stack:
                stack[-1].parts[-1] = closed
            else:
                root = closed
    return root


def _part(event: Any) -> Part | None:
    kind = type(event)
    start, end = event.start_mark.index, event.end_mark.index
    if kind is yaml.ScalarEvent:
        return Leaf(start, end, event.anchor, event.style or "")
    if kind is yaml.AliasEvent:
        return Leaf(start, end, None, "")
    if kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
        return Branch(start, -1, event.anchor, bool(event.flow_style), kind is yaml.MappingStartEvent)
    return None


def read_gap(text: str, start: int, end: int) -> Gap:
    """The comments and line ends between two indexes of a text, of which no value lies between them."""
    comments: list[Comment] = []
    breaks, blank = False, False
    position = start
    line_is_empty = start > 0 and text[start - 1] == "\n"  # nothing of the present line was seen before or in the gap
    fresh = start == 0 or line_is_empty
    while position < end:
        sign = text[position]
        if sign == "#":
            stop = text.find("\n", position, end)
            stop = end if stop < 0 else stop
            column = position - (text.rfind("\n", 0, position) + 1)
            comments.append(Comment(text[position:stop].rstrip(), column, not (breaks or fresh), blank))
            blank, line_is_empty = False, False
            position = stop
            continue
        if sign == "\n":
            blank = blank or line_is_empty
            breaks, line_is_empty = True, True
        elif sign not in " \t":
            line_is_empty = False
        position += 1
    return Gap(tuple(comments), breaks, blank)


class Layout:
    """Writes one document; `text` afterwards is the result and `comments` what it holds of comments, in order."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._lines: list[tuple[str, str, int]] = []  # text, comment behind it, column of the comment in the source
        self._line = ""
        self._behind = ("", 0)
        self._begun = False  # something stands in the present line
        self._at = 0  # index in the source up to which all is written
        self._closed: list[tuple[int, int]] = []  # columns, in source and result, of blocks that ended just now
        self.comments: list[str] = []
        root = parse(source)
        if root is not None:
            self._at = self._after_start(root)
            self._value(root, parent=-1, indent=0, top=True)
        gap = read_gap(source, self._at, len(source))
        self._write_comments(gap, (0, 0))
        self._break("")
        self.text = "".join(f"{line}\n" for line in _aligned(self._lines))

    def _after_start(self, root: Part) -> int:
        """Writes comments above `---` and leaves that out; the index after it."""
        start = next(
            (match.end() for match in re.finditer(r"^---(?=\s|$)", self._source[: root.start], re.MULTILINE)), 0
        )
        if start:
            self._write_comments(read_gap(self._source, 0, start - 3), (0, 0))
        return start

    # Lines

    def _put(self, text: str) -> None:
        self._line += text
        self._begun = True
        self._closed.clear()

    def _break(self, indent: str) -> None:
        """End the present line, if there is anything in it, and begin the next."""
        if self._begun:
            self._lines.append((self._line.rstrip(" ") if self._behind[0] else self._line, *self._behind))
        self._line, self._behind, self._begun = indent, ("", 0), False

    def _blank(self) -> None:
        if self._lines and self._lines[-1][0]:
            self._lines.append(("", "", 0))

    def _write_comments(self, gap: Gap, after: tuple[int, int]) -> None:
        """Write the comments of a gap: behind the present line, or on lines of their own.

        `after` is the column of what comes next, in the source and in the result. A comment that stands further in
        belongs to the block that ends above it.
        """
        levels = [after, *self._closed]
        for comment in gap.comments:
            self.comments.append(comment.text)
            if comment.trailing and self._begun and not self._behind[0]:
                self._behind = (comment.text, comment.column)
                continue
            _, indent = max((level for level in levels if level[0] <= comment.column), default=after)
            self._break("")
            if comment.blank_before:
                self._blank()
            self._lines.append((" " * indent + comment.text, "", 0))

    def _next_line(self, gap: Gap, after: tuple[int, int]) -> None:
        """Write a gap and begin a line for what comes next."""
        self._write_comments(gap, after)
        self._break("")
        if gap.blank_after:
            self._blank()
        self._line = " " * after[1]

    # Values

    def _value(self, part: Part, *, parent: int, indent: int, top: bool = False) -> None:
        """Write a value behind its key or dash (or as the root).

        `parent` is the column of the collection that it belongs to in the source, -1 for the root; `indent` is where
        its own lines begin in the result.
        """
        content = self._content_start(part)
        if part.anchor is not None:
            self._lead(part.start, indent, top=top)
            self._put(f"&{part.anchor}")
            self._at, top = part.start + len(part.anchor) + 1, False
        match part:
            case Branch(flow=False, is_map=True):
                self._block_map(part, indent)
            case Branch(flow=False):
                self._block_list(part, indent)
            case Branch():
                self._lead(content, indent, top=top)
                self._flow(part, content)
            case Leaf():
                self._lead(content, indent, top=top)
                self._leaf(part, content, parent, indent)

    def _lead(self, start: int, indent: int, *, top: bool) -> None:
        """The space in front of a value: a blank, or a new line where the author began one."""
        gap = read_gap(self._source, self._at, start)
        if gap.breaks or gap.comments or top:
            self._next_line(gap, (indent, indent))
        elif self._line and not self._line.endswith(("- ", " ")):
            self._put(" ")
        self._at = start

    def _content_start(self, part: Part) -> int:
        """Where a value begins behind its anchor."""
        if part.anchor is None:
            return part.start
        position = part.start + len(part.anchor) + 1
        while (sign := self._source[position : position + 1]) in (" ", "\t", "\n", "#") and sign:
            position = self._source.index("\n", position) if sign == "#" else position + 1
        return position

    def _block_map(self, part: Branch, indent: int) -> None:
        column = self._column(part.parts[0].start)
        for key, value in _pairs(part.parts):
            gap = read_gap(self._source, self._at, key.start)
            if self._line.endswith("- ") and not gap.comments and self._begun:
                pass  # the first key stands behind its dash
            else:
                self._next_line(gap, (column, indent))
            self._at = key.start
            assert isinstance(key, Leaf)
            self._key(key, indent)
            self._put(":")
            self._value(value, parent=column, indent=indent + _STEP)
        self._closed.append((column, indent))

    def _block_list(self, part: Branch, indent: int) -> None:
        column = -1
        for item in part.parts:
            dash = self._dash(item.start)
            gap = read_gap(self._source, self._at, dash)
            if column < 0:
                column = self._column(dash)
            if self._line.endswith("- ") and not gap.comments and self._begun:
                pass  # a list within a list begins behind the dash
            else:
                self._next_line(gap, (column, indent))
            self._at = dash + 1
            self._put("- ")
            self._value(item, parent=column, indent=indent + _STEP)
        self._closed.append((column, indent))

    def _dash(self, end: int) -> int:
        """The index of the next dash, which is in no comment."""
        position = self._at
        while self._source[position] != "-" or position > end:
            position = self._source.index("\n", position) if self._source[position] == "#" else position + 1
        return position

    def _column(self, index: int) -> int:
        return index - (self._source.rfind("\n", 0, index) + 1)

    def _key(self, key: Leaf, indent: int) -> None:
        if key.anchor is not None:
            self._put(f"&{key.anchor} ")
        start = self._content_start(key)
        self._plain(Leaf(start, key.end, None, key.style), indent)

    def _leaf(self, leaf: Leaf, start: int, parent: int, indent: int) -> None:
        if leaf.style and leaf.style in "|>":
            self._block_text(leaf, start, parent, indent)
        else:
            self._plain(Leaf(start, leaf.end, None, leaf.style), indent)

    def _plain(self, leaf: Leaf, indent: int) -> None:
        """A plain or quoted text; its further lines begin at `indent`."""
        first, *others = _requoted(self._source[leaf.start : leaf.end], leaf.style).split("\n")
        self._put(_trimmed(first, leaf.style) if others else first)
        for number, line in enumerate(others, start=1):
            shown = line.lstrip(" \t")
            shown = _trimmed(shown, leaf.style) if number < len(others) else shown
            self._lines.append((self._line, "", 0))
            self._line = " " * indent + shown if shown else ""
        self._at = leaf.end

    def _block_text(self, leaf: Leaf, start: int, parent: int, indent: int) -> None:
        """A `|` or `>` block: its lines are moved sideways together."""
        header, *lines = self._source[start : leaf.end].split("\n")
        match = _HEADER.match(header)
        assert match is not None
        sign, before, digit, behind, comment = match.groups()
        self._put(sign + ("2" if digit else "") + before + behind)
        if comment:
            self.comments.append(comment.rstrip())
            self._behind = (comment.rstrip(), self._column(start + match.start(5)))
        depth = max(parent, 0) + int(digit) if digit else _depth(lines)
        keeps = "+" in before + behind
        end = leaf.end
        if keeps:
            lines = lines[:-1] if lines and not lines[-1].strip(" ") else lines
        else:
            while lines and not lines[-1][depth:] and not lines[-1].strip(" "):
                lines.pop()
            end = start + len(header) + sum(len(line) + 1 for line in lines)
        self._break("")
        self._lines += [(" " * indent + line[depth:] if line[depth:] else "", "", 0) for line in lines]
        self._at = end

    # Values in brackets

    def _flow(self, part: Branch, start: int) -> None:
        opening = self._source[start : start + 1]
        if part.is_map and opening != "{":  # a lone pair in a list
            self._flow_pair(part.parts[0], part.parts[1], len(self._line))
            return
        self._put(opening)
        self._at = start + 1
        column = len(self._line)
        step = 2 if part.is_map else 1
        for index in range(0, len(part.parts), step):
            item = part.parts[index]
            if index:
                self._put(",")
            self._flow_lead(item.start, column, index > 0)
            if part.is_map:
                self._flow_pair(item, part.parts[index + 1], column)
            else:
                self._flow_value(item, column)
        gap = read_gap(self._source, self._at, part.end - 1)
        if gap.comments:
            self._next_line(gap, (column, column))
        self._put("}" if part.is_map else "]")
        self._at = part.end

    def _flow_lead(self, start: int, column: int, follows: bool) -> None:
        gap = read_gap(self._source, self._at, start)
        if gap.comments or (gap.breaks and follows):
            self._next_line(Gap(gap.comments, gap.breaks, blank_after=False), (column, column))
        elif follows:
            self._put(" ")
        self._at = start

    def _flow_pair(self, key: Part, value: Part, column: int) -> None:
        assert isinstance(key, Leaf)
        self._at = key.start
        self._key(key, column)
        self._put(":")
        gap = read_gap(self._source, self._at, value.start)
        if gap.comments:
            self._next_line(Gap(gap.comments, gap.breaks, blank_after=False), (column + _STEP, column + _STEP))
        else:
            self._put(" ")
        self._at = value.start
        self._flow_value(value, column + _STEP)

    def _flow_value(self, part: Part, column: int) -> None:
        start = self._content_start(part)
        if part.anchor is not None:
            self._put(f"&{part.anchor}")
            self._at = part.start + len(part.anchor) + 1
            self._flow_lead(start, column, follows=True)
        if isinstance(part, Branch):
            self._flow(part, start)
        else:
            self._plain(Leaf(start, part.end, None, part.style), column)


def _pairs(parts: list[Part]) -> Iterator[tuple[Part, Part]]:
    return zip(parts[::2], parts[1::2], strict=True)


def _requoted(text: str, style: str) -> str:
    """Double quotes for single ones, where nothing in the text means something else in them."""
    if style != "'" or "\\" in text or '"' in text or "\n" in text:
        return text
    return '"' + text[1:-1].replace("''", "'") + '"'


def _trimmed(line: str, style: str) -> str:
    """A line of a text that goes on below, without blanks at its end; an escaped blank stays."""
    shown = line.rstrip(" \t")
    return line if style == '"' and shown.endswith("\\") and shown != line else shown


def _depth(lines: list[str]) -> int:
    """The indentation of a block text, which is that of its first line with anything in it."""
    for line in lines:
        if line.strip(" "):
            return len(line) - len(line.lstrip(" "))
    return max((len(line) for line in lines), default=0)


def _aligned(lines: list[tuple[str, str, int]]) -> list[str]:
    """The lines with their comments, two blanks behind the text; comments that stood in one column stay in one."""
    shown: list[str] = []
    index = 0
    while index < len(lines):
        text, comment, column = lines[index]
        if not comment:
            shown.append(text)
            index += 1
            continue
        end = index
        while end < len(lines) and lines[end][1] and lines[end][2] == column:
            end += 1
        width = max(len(line[0]) for line in lines[index:end])
        shown += [f"{text:<{width}}  {comment}" for text, comment, _ in lines[index:end]]
        index = end
    return shown
