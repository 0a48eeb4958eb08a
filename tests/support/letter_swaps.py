"""Typing slips: two neighbouring letters of a word exchanged, in all places that are not prose."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.load import check_file
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq, read_yaml

_WORD = re.compile(r"[A-Za-z]{2,}")
_PROSE_KEYS = frozenset({"note", "reason", "reading"})
KEY = "(name)"
"""The last step of the path of a key itself."""


@dataclass(frozen=True, slots=True)
class Swap:
    """One slip: where the scalar stands (a path of keys), the word, what it becomes, and the offset in the text."""

    path: tuple[str, ...]
    word: str
    slip: str
    offset: int

    def applied(self, text: str) -> str:
        """The text with the slip."""
        return text[: self.offset] + text[self.offset + 1] + text[self.offset] + text[self.offset + 2 :]

    def __str__(self) -> str:
        return f"{'/'.join(self.path)}: {self.word} -> {self.slip}"


def swaps(text: str) -> list[Swap]:
    """Every slip that can be made in a ruleset outside prose and comments, in the order of the text."""
    top = read_yaml(text, "text", Diagnostics())
    assert top is not None
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = [swap for path, node in _scalars(top, ()) for swap in _of(path, node, text, starts)]
    return sorted(set(found), key=lambda swap: swap.offset)


def accepted(path: Path, text: str, chosen: list[Swap]) -> list[Swap]:
    """Those of the slips with which `casewarden check` finds no error."""

    def passes(swap: Swap) -> bool:
        changed = swap.applied(text).encode()
        _, found = check_file(path, read=lambda asked: changed if asked == path else asked.read_bytes())
        return not found.has_errors

    return [swap for swap in chosen if passes(swap)]


def _of(path: tuple[str, ...], node: Scalar, text: str, starts: list[int]) -> Iterator[Swap]:
    place = node.place
    begin = starts[place.line - 1] + place.column - 1
    end = starts[place.end_line - 1] + place.end_column - 1
    for match in _WORD.finditer(text, begin, end):
        word = match[0]
        for at in range(len(word) - 1):
            if word[at] != word[at + 1]:
                slip = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
                yield Swap(path, word, slip, match.start() + at)


def _scalars(node: Node, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Scalar]]:
    match node:
        case Scalar():
            yield path, node
        case Seq():
            for item in node.items:
                yield from _scalars(item, path)
        case Map():
            for key, value in node:
                yield (*path, key.text, KEY), key
                if not _is_prose((*path, key.text)):
                    yield from _scalars(value, (*path, key.text))


def _is_prose(path: tuple[str, ...]) -> bool:
    """Whether people read what stands there, and no machine: remarks, readings, labels, the texts of messages."""
    last = path[-1]
    in_message = len(path) == 3 and path[0] == "messages" and last not in ("clause", "interpretation")
    return last in _PROSE_KEYS or in_message or (path[:2] == ("severity", "levels") and len(path) == 3)
