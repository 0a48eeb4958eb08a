"""The text of a policy, line by line: where a clause stands, its hash, and whether it is still what was reviewed.

A place is lines of the text, counted from 1: `L16`, `L8-9`, `L21, L36`; a letter after a number (`L34a`) says which
item of that line is meant, for readers. The text of a clause is its lines, joined with a blank; every stretch of
white space in it is one blank, and there is none at the ends. So lines may be wrapped and indented anew within the
place. Its hash is the SHA-256 of that text in UTF-8 (NFC), as hexadecimal digits, of which the beginning is written.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

DIGITS: Final = 16
"""How many digits of a hash are written."""

GRAMMAR: Final = "write lines of the text: `L16`, `L8-9` or `L21, L36`"
_NUMBER: Final = "[1-9][0-9]{0,5}[a-z]?"
_LINES: Final = f"L{_NUMBER}(?:-{_NUMBER})?"
PLACE_PATTERN: Final = f"{_LINES}(?:, *{_LINES})*"
"""A place as a regular expression, for schemas."""

_MOST_PARTS: Final = 50
_FAR: Final = 2_000
"""How many lines away two parts of a moved place are looked for apart from each other."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines `first` to `last` of a text, both counted from 1 and both included."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"L{self.first}" if self.first == self.last else f"L{self.first}-{self.last}"

    def moved(self, by: int) -> "Lines":
        """As many lines, further down."""
        return Lines(self.first + by, self.last + by)


def read_place(text: str) -> tuple[Lines, ...] | None:
    """The lines that a place names, in its order; None where it is not written so."""
    found: list[Lines] = []
    parts = text.split(",")
    for part in parts if len(parts) <= _MOST_PARTS else ():
        if not re.fullmatch(_LINES, part.strip()):
            return None
        numbers = [int(number) for number in re.findall("[0-9]+", part)]
        if numbers[-1] < numbers[0]:
            return None
        found.append(Lines(numbers[0], numbers[-1]))
    return tuple(found) or None


def place_text(place: Sequence[Lines]) -> str:
    """A place as it is written."""
    return ", ".join(map(str, place))


@dataclass(frozen=True, slots=True)
class PolicyText:
    """A text; `name` is how it is shown."""

    name: str
    lines: tuple[str, ...]

    @staticmethod
    def of(name: str, text: str) -> "PolicyText":
        """Split a text at its line ends (LF, CR LF or CR only, as editors count lines)."""
        return PolicyText(name, tuple(re.split(r"\r\n|\n|\r", unicodedata.normalize("NFC", text))))

    def at(self, place: Sequence[Lines]) -> str | None:
        """The text at a place; None where the text is shorter."""
        if any(part.last > len(self.lines) for part in place):
            return None
        return " ".join(" ".join(line for part in place for line in self.lines[part.first - 1 : part.last]).split())

    def digest(self, place: Sequence[Lines]) -> str | None:
        """The hash of the text at a place, all its digits; None where the text is shorter or nothing is said there."""
        text = self.at(place)
        return hashlib.sha256(text.encode()).hexdigest() if text else None

    def where(self, place: Sequence[Lines], digest: str) -> tuple[Lines, ...] | None:
        """Where the text with this hash stands now, looked for from its old place on; None where it is not found.

        The whole place may have moved, one of its parts may have moved apart from the rest, and one stretch of lines
        may be wrapped anew.
        """
        for candidate in self._candidates(tuple(place)):
            found = self.digest(candidate)
            if found is not None and found.startswith(digest):
                return candidate
        return None

    def _candidates(self, place: tuple[Lines, ...]) -> Iterator[tuple[Lines, ...]]:
        yield place
        offsets = sorted(range(1 - place[0].first, len(self.lines)), key=lambda by: (abs(by), by))
        for by in offsets:
            yield tuple(part.moved(by) for part in place if part.first + by >= 1)
        if len(place) == 1:
            length = place[0].last - place[0].first + 1
            for by in offsets:
                first = place[0].first + by
                for other in range(1, length + 4):
                    if other != length:
                        yield (Lines(first, first + other - 1),)
        elif len(self.lines) <= _FAR:
            for split in range(1, len(place)):
                for by in offsets:
                    yield (*place[:split], *(part.moved(by) for part in place[split:] if part.first + by >= 1))
