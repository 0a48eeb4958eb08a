"""One layout for all rulesets; comments, the order of keys and the author's line breaks in brackets stay.

What is made the same everywhere:
- two blanks a level, lists further in than their key, no blank at the end of a line, LF, one line end at the end;
- one blank after a colon and a comma, none inside brackets; lines within brackets begin behind the opening one;
- double quotes for single ones where nothing in the text means something else in them;
- at most one blank line in a row, none at the start; no `---` or `...`; no byte order mark;
- two blanks in front of a comment behind a value; comments that stood in one column stay in one.

Everything else is the author's: block or brackets, `|` or quotes, one line or several.
"""

from typing import Final

from casewarden.ruleset.characters import decode
from casewarden.ruleset.diagnostics import Diagnostics, Place
from casewarden.ruleset.layout import Layout
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.reader import read

_OURS: Final = "formatting this file would change what it says; it was left as it is"


def format_text(data: bytes | str, file: str, diagnostics: Diagnostics) -> str | None:
    """The text in its canonical layout, or None where it does not read; the problems are in `diagnostics`.

    The result is read again: same values, same comments, and formatting it once more changes nothing. Where that did
    not hold, the mistake is ours, reported as CW126, and there is no result.
    """
    before = Diagnostics()
    tree = read(data, file, before)
    diagnostics.extend(before)
    if tree is None or before.has_errors:
        return None
    source = decode(data, file, Diagnostics())
    assert source is not None
    laid = Layout(source.replace("\r\n", "\n").replace("\r", "\n"))
    after = Diagnostics()
    again = read(laid.text, file, after)
    if again is None or after.has_errors or not same_meaning(tree, again):
        diagnostics.error("CW126", tree, _OURS, "please report it, with the file")
        return None
    twice = Layout(laid.text)
    if twice.text != laid.text or twice.comments != laid.comments:
        diagnostics.error("CW126", tree, _OURS, "please report it, with the file")
        return None
    return laid.text


def same_meaning(left: Node, right: Node, compared: set[tuple[int, int]] | None = None) -> bool:
    """Whether two trees say the same: texts, quoting, order; places apart. Shared nodes are compared once."""
    done = set() if compared is None else compared
    pair = (id(left), id(right))
    if pair in done:
        return True
    done.add(pair)
    match left, right:
        case Scalar(), Scalar():
            return left.text == right.text and left.quoted == right.quoted
        case Seq(), Seq():
            return len(left.items) == len(right.items) and all(
                same_meaning(one, other, done) for one, other in zip(left.items, right.items, strict=True)
            )
        case Map(), Map():
            return len(left) == len(right) and all(
                same_meaning(key, other_key, done) and same_meaning(value, other, done)
                for (key, value), (other_key, other) in zip(left.entries, right.entries, strict=True)
            )
        case _:
            return False


def first_difference(before: str, after: str, file: str) -> Place | None:
    """The first line of a text that formatting would change, or None."""
    lines, wanted = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        if number > len(wanted) or line != wanted[number - 1]:
            return Place(file, number, 1, number, len(line.rstrip("\r\n")) + 1)
    return None if len(lines) == len(wanted) else Place(file, max(len(lines), 1), 1, max(len(lines), 1), 1)
