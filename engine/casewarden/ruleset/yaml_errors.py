"""What a YAML parser stumbles over, in the words of someone who wrote a ruleset.

The parser says what it expected next, which is seldom what the author got wrong. The frequent mistakes are told apart
by its message, which exists in the words of libyaml and in those of PyYAML's own parser, and by the text at the place.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from casewarden.ruleset.diagnostics import Diagnostics, Place
from casewarden.ruleset.reader import MAX_DEPTH


@dataclass(frozen=True, slots=True)
class LastScalar:
    """The quoted text or block that was read last, and the index at which it ended."""

    place: Place
    end: int


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """Where the parser gave up: its mark, the mark at which the construct it was in began, its words."""

    text: str
    starts: list[int]
    file: str
    mark: Any
    context: Any | None
    problem: str
    last: LastScalar | None
    bracket: Any | None = None  # the mark of the innermost bracket that is open

    def line(self, number: int) -> str:
        """A line by its number from 0, without its end."""
        if not 0 <= number < len(self.starts):
            return ""
        after = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        return self.text[self.starts[number] : after].rstrip("\r\n")

    def at(self, mark: Any, width: int | None = None) -> Place:
        """A place that begins at a mark: `width` characters, or the word that stands there."""
        line, column = mark.line, mark.column
        if mark.index >= len(self.text.rstrip()) and not self.line(line)[column:].strip():  # the end: its last line
            line = next((number for number in range(line, -1, -1) if self.line(number).strip()), 0)
            column = len(self.line(line).rstrip())
            width = 1
        if width is None:
            word = re.match(r"[\w.-]+", self.line(line)[column:])
            width = len(word.group()) if word else 1
        return Place(self.file, line + 1, column + 1, line + 1, column + 1 + width)

    @property
    def rest(self) -> str:
        """The text from the mark to the end of its line."""
        return self.line(self.mark.line)[self.mark.column :]

    @property
    def before(self) -> str:
        """The text from the start of the line to the mark."""
        return self.line(self.mark.line)[: self.mark.column]


@dataclass(frozen=True, slots=True)
class _Finding:
    code: str
    place: Place
    message: str
    fix: str | None = None
    related: tuple[tuple[Place, str], ...] = ()


def explain(fault: SyntaxFault, context: str, diagnostics: Diagnostics) -> None:
    """Report a syntax error; `context` is what the parser was doing (`while scanning a simple key`)."""
    finding = next(
        (found for words, tell in _MISTAKES if re.search(words, fault.problem) and (found := tell(fault, context))),
        None,
    ) or _Finding("CW102", fault.at(fault.mark), f"YAML cannot be read on from here: {fault.problem}")
    diagnostics.error(finding.code, finding.place, finding.message, finding.fix, finding.related)


def _too_deep(fault: SyntaxFault, _context: str) -> _Finding | None:
    """The parser itself has had enough before the reader came so far: it looks ahead."""
    message = f"nested in more than {MAX_DEPTH} levels"
    return _Finding("CW117", fault.at(fault.mark), message, "use fewer brackets or levels")


def _tab(fault: SyntaxFault, _context: str) -> _Finding | None:
    if not fault.rest.startswith("\t"):
        return None
    width = len(fault.rest) - len(fault.rest.lstrip("\t"))
    return _Finding(
        "CW103", fault.at(fault.mark, width), "a tab where YAML wants spaces", "indent with two spaces a level"
    )


def _reserved_start(fault: SyntaxFault, _context: str) -> _Finding | None:
    sign = fault.rest[:1]
    if sign not in "@`%":
        return None
    return _Finding("CW102", fault.at(fault.mark, 1), f"a text cannot begin with {sign}", "put the text in quotes")


def _second_colon(fault: SyntaxFault, _context: str) -> _Finding | None:
    before = fault.before
    if re.search(r":[ \t]", before):
        key, _, value = before.partition(":")
        rest = f"{value.strip()}{fault.rest}"
        return _Finding(
            "CW120",
            fault.at(fault.mark, 1),
            "a second colon on the line, outside quotes",
            f'if it belongs to the text, quote it: `{key.strip().removeprefix("- ")}: "{_clip(rest)}"`',
        )
    number = next((n for n in range(fault.mark.line - 1, -1, -1) if _content(fault.line(n))), None)
    if number is None:
        return None
    above = fault.line(number)
    there = _line_place(fault, number)
    glued = re.match(r"\s*(?:- )?([\w.-]+):([^\s:]\S*)\s*$", above)
    if glued:
        fix = f"write `{glued.group(1)}: {glued.group(2)}`"
        return _Finding("CW120", there, "a colon needs a space after it", fix)
    if re.match(r"-\w", above.lstrip()):
        return _Finding("CW120", there, "a dash needs a space after it", f"write `- {above.strip()[1:]}`")
    here = _line_place(fault, fault.mark.line)
    if _indent(fault.line(fault.mark.line)) > _indent(above) and re.search(r":\s", above):
        return _Finding(
            "CW124",
            here,
            "this line is indented under a line that already has a value",
            f"begin it in column {_indent(above) + 1}, or give the line above no value",
            ((there, "has a value of its own"),),
        )
    return _Finding(
        "CW120", there, "this line has no colon", "write `key: value`", ((here, "read as its continuation"),)
    )


def _no_colon(fault: SyntaxFault, _context: str) -> _Finding | None:
    if fault.context is None:
        return None
    number = fault.context.line
    text = fault.line(number).strip()
    quote = fault.line(number)[fault.context.column : fault.context.column + 1]
    if quote in ("'", '"') and fault.mark.line > number + 1:
        return _Finding(
            "CW119", fault.at(fault.context, 1), f"this {quote} is not closed on its line", "close the quote"
        )
    glued = re.match(r"([\w.-]+):(\S+)$", text)
    if glued:
        place = _line_place(fault, number)
        return _Finding("CW120", place, "a colon needs a space after it", f"write `{glued.group(1)}: {glued.group(2)}`")
    dash = re.match(r"-(\w.*)$", text)
    if dash:
        return _Finding(
            "CW120", _line_place(fault, number), "a dash needs a space after it", f"write `- {dash.group(1)}`"
        )
    return _Finding("CW120", _line_place(fault, number), "this line has no colon", "write `key: value`")


def _open_quote(fault: SyntaxFault, context: str) -> _Finding | None:
    if "quoted" not in context or fault.context is None:
        return None
    sign = fault.text[fault.context.index : fault.context.index + 1]
    return _Finding(
        "CW119", fault.at(fault.context, 1), f"the text that begins with this {sign} never ends", "close the quote"
    )


def _after_quote(fault: SyntaxFault, _context: str) -> _Finding | None:
    last = fault.last
    if last is None or fault.text[last.end : fault.mark.index].strip(" \t") or last.end > fault.mark.index:
        return None
    if last.place.line != last.place.end_line:
        first = Place(last.place.file, last.place.line, last.place.column, last.place.line, last.place.column + 1)
        end = fault.at(fault.mark)
        message = "is the closing quote of this text missing?"
        return _Finding("CW119", first, message, "close it on its line", ((end, "the text ended only here"),))
    if not fault.rest.strip() or fault.rest[:1] in ",]}:":
        return None
    return _Finding(
        "CW119",
        fault.at(fault.mark),
        "something stands after the closing quote",
        "put the quotes around the whole text; inside double quotes write \\\" for a quote, inside single quotes ''",
        ((last.place, "this text is complete"),),
    )


def _template(fault: SyntaxFault, _context: str) -> _Finding | None:
    if not fault.rest.startswith("{{"):
        return None
    return _Finding(
        "CW122", fault.at(fault.mark, 2), "a text with `{{` must be quoted here", 'put it in quotes: "... {{ ... }}"'
    )


def _stray_bracket(fault: SyntaxFault, context: str) -> _Finding | None:
    sign = fault.rest[:1]
    if sign not in ("}", "]") or "flow" in context:
        return None
    return _Finding("CW121", fault.at(fault.mark, 1), f"`{sign}` closes nothing", "take it out, or open it before")


def _open_bracket(fault: SyntaxFault, _context: str) -> _Finding | None:
    mark = fault.bracket if fault.mark.index >= len(fault.text.rstrip()) else fault.context
    opened = "" if mark is None else fault.text[mark.index : mark.index + 1]
    if mark is None or opened not in ("{", "["):
        return None
    close = "}" if opened == "{" else "]"
    start = fault.at(mark, 1)
    sign = fault.rest[:1]
    if fault.mark.line == mark.line and fault.rest.strip():
        if sign in ("}", "]"):
            here = fault.at(fault.mark, 1)
            return _Finding(
                "CW121", here, f"`{sign}` where `{close}` should close", f"write `{close}`", ((start, "opened here"),)
            )
        if sign == ":":
            return _Finding(
                "CW120", fault.at(fault.mark, 1), "a second colon in one entry", "quote the text that holds it"
            )
        here = fault.at(fault.mark)
        return _Finding("CW121", here, f"a comma or `{close}` is missing before this", None, ((start, "opened here"),))
    return _Finding(
        "CW121", start, f"`{opened}` is not closed", f"write `{close}`", ((fault.at(fault.mark), "still open here"),)
    )


def _dash_after_key(fault: SyntaxFault, _context: str) -> _Finding:
    return _Finding(
        "CW102",
        fault.at(fault.mark, 1),
        "a list with dashes begins on a line of its own",
        "write it below, or as `[a, b]`",
    )


def _escape(fault: SyntaxFault, _context: str) -> _Finding:
    start = fault.mark.index - (fault.text[fault.mark.index : fault.mark.index + 1] != "\\")
    shown = fault.text[start : start + 2]
    column = fault.mark.column + (start - fault.mark.index)
    place = Place(fault.file, fault.mark.line + 1, column + 1, fault.mark.line + 1, column + 3)
    return _Finding(
        "CW102", place, f"`{shown}` means nothing in double quotes", f"use single quotes, or write `\\{shown}`"
    )


def _anchor_name(fault: SyntaxFault, context: str) -> _Finding | None:
    if fault.context is None or ("alias" not in context and "anchor" not in context):
        return None
    sign = fault.text[fault.context.index : fault.context.index + 1]
    return _Finding("CW102", fault.at(fault.context, 1), f"a text cannot begin with {sign}", "put the text in quotes")


def _directive(fault: SyntaxFault, context: str) -> _Finding | None:
    if "directive" not in context and "incompatible" not in fault.problem:
        return None
    return _Finding("CW118", fault.at(fault.mark), "directives such as `%YAML` are refused", "take the line out")


def _block_header(fault: SyntaxFault, context: str) -> _Finding | None:
    if "block scalar" not in context:
        return None
    return _Finding(
        "CW102", fault.at(fault.mark), "nothing may stand behind `|` or `>`", "begin the text on the next line"
    )


def _misaligned(fault: SyntaxFault, _context: str) -> _Finding:
    here = _line_place(fault, fault.mark.line)
    if fault.rest.startswith(":"):
        return _Finding("CW120", fault.at(fault.mark, 1), "a colon without a key", "write the key in front of it")
    if fault.before.strip():  # not the start of a line: the parser's own words are no worse than a guess
        return _Finding(
            "CW102", fault.at(fault.mark), "this does not continue what stands before it", "look for a lost quote"
        )
    related: tuple[tuple[Place, str], ...] = ()
    fix = "begin it in the column of the entry it belongs to"
    if fault.context is not None and fault.context.column != fault.mark.column:
        related = ((fault.at(fault.context), f"the entries it would join begin in column {fault.context.column + 1}"),)
    return _Finding("CW124", here, "this line fits no entry above it", fix, related)


_EXPECTED: Final = r"did not find expected|expected (<|'<|',')|expected the node"
_MISTAKES: Final[tuple[tuple[str, Callable[[SyntaxFault, str], _Finding | None]], ...]] = (
    (r"maximum nesting", _too_deep),
    (r"cannot start any token|tab character", _tab),
    (r"cannot start any token", _reserved_start),
    (r"incompatible|directive|expected", _directive),
    (r"sequence entries are not allowed", _dash_after_key),
    (r"mapping values are not allowed", _after_quote),
    (r"mapping values are not allowed", _second_colon),
    (r"could not find expected ':'", _no_colon),
    (r"unexpected end of stream|unexpected document separator", _open_quote),
    (r"unknown escape", _escape),
    (r"alphabetic or numeric|alphabetic", _anchor_name),
    (r"comment or line break|indentation indicators", _block_header),
    (_EXPECTED, _template),
    (_EXPECTED, _after_quote),
    (_EXPECTED, _stray_bracket),
    (_EXPECTED, _open_bracket),
    (_EXPECTED, _misaligned),
)


def _content(line: str) -> bool:
    stripped = line.strip()
    return bool(stripped) and not stripped.startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _line_place(fault: SyntaxFault, number: int) -> Place:
    line = fault.line(number)
    if not line.strip():  # the end of the file, in most cases
        return fault.at(fault.mark, 1)
    return Place(fault.file, number + 1, _indent(line) + 1, number + 1, max(len(line.rstrip()), _indent(line) + 1) + 1)


def _clip(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
