"""Problems as data: where, how grave, what is wrong and what would be right; rendering comes last (`report`)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from casewarden.ruleset.codes import CATALOGUE, CodeEntry

__all__ = ["CATALOGUE", "CodeEntry", "Diagnostic", "Diagnostics", "HasPlace", "Level", "Place", "did_you_mean"]

_READING: Final = "CW1"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A stretch of a file: lines and columns count characters from 1; `end_column` is the first one after it."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class HasPlace(Protocol):
    """Whatever knows where it was written: nodes and the syntax built from them."""

    @property
    def place(self) -> Place:
        """Where it was written."""
        ...


class Level(StrEnum):
    """How grave: an error refuses the file, a warning does not, a note only tells."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem. `message` speaks in the author's words, `fix` says what would be right, `related` other places."""

    code: str
    level: Level
    place: Place
    message: str
    fix: str | None = None
    related: tuple[tuple[Place, str], ...] = ()


class Diagnostics:
    """Collects problems, and the texts in which they were found, so that excerpts can be shown.

    An unknown code is our own mistake: KeyError.
    """

    def __init__(self) -> None:
        self._found: dict[Diagnostic, None] = {}
        self._sources: dict[str, str] = {}

    def error(
        self,
        code: str,
        at: Place | HasPlace,
        message: str,
        fix: str | None = None,
        related: Iterable[tuple[Place | HasPlace, str]] = (),
    ) -> None:
        """Add an error; `at` is a place or anything that has one."""
        self._add(Level.ERROR, code, at, message, fix=fix, related=related)

    def warning(
        self,
        code: str,
        at: Place | HasPlace,
        message: str,
        fix: str | None = None,
        related: Iterable[tuple[Place | HasPlace, str]] = (),
    ) -> None:
        """Add a warning; `at` is a place or anything that has one."""
        self._add(Level.WARNING, code, at, message, fix=fix, related=related)

    def note(
        self,
        code: str,
        at: Place | HasPlace,
        message: str,
        fix: str | None = None,
        related: Iterable[tuple[Place | HasPlace, str]] = (),
    ) -> None:
        """Add a note; `at` is a place or anything that has one."""
        self._add(Level.NOTE, code, at, message, fix=fix, related=related)

    def add_source(self, file: str, text: str) -> None:
        """Remember the text of a file for excerpts; readers call it."""
        self._sources[file] = text

    def extend(self, other: "Diagnostics") -> None:
        """Take over all problems and texts of another collector."""
        self._found.update(other._found)  # noqa: SLF001  # our own kind
        self._sources.update(other._sources)  # noqa: SLF001

    @property
    def sources(self) -> dict[str, str]:
        """The texts read so far, by the name under which places know them."""
        return dict(self._sources)

    @property
    def items(self) -> tuple[Diagnostic, ...]:
        """All problems by file, place and code, each once.

        Where reading found a problem (an empty value, say), what later stages find at the very same place is only its
        consequence and left out.
        """
        unread = {found.place for found in self._found if found.code.startswith(_READING)}
        kept = [found for found in self._found if found.code.startswith(_READING) or found.place not in unread]
        return tuple(sorted(kept, key=lambda found: (found.place, found.code, found.message)))

    @property
    def has_errors(self) -> bool:
        """Whether one of them refuses the file."""
        return any(found.level is Level.ERROR for found in self._found)

    def _add(
        self,
        level: Level,
        code: str,
        at: Place | HasPlace,
        message: str,
        *,
        fix: str | None,
        related: Iterable[tuple[Place | HasPlace, str]],
    ) -> None:
        entry = CATALOGUE[code]
        others = tuple((_place(where), text) for where, text in related)
        self._found[Diagnostic(entry.code, level, _place(at), message, fix, others)] = None


def _place(at: Place | HasPlace) -> Place:
    return at if isinstance(at, Place) else at.place


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate nearest to a mistyped word, or None where none is near.

    Nearness is the number of letters put in, left out, exchanged or swapped with their neighbour (optimal string
    alignment); case, `-` and blanks for `_` cost nothing. At most a third of the word may differ, of words of two
    or three letters one. Of equally near ones the alphabetically first is taken.
    """
    wanted = _plain(word)
    limit = max(1, len(wanted) // 3)
    best: tuple[int, str] | None = None
    for candidate in sorted(set(candidates)):
        if candidate == word:
            continue
        distance = _distance(wanted, _plain(candidate), limit if best is None else best[0] - 1)
        if distance is not None:
            best = (distance, candidate)
            if distance == 0:
                break
    return None if best is None or len(wanted) < 2 else best[1]


def _plain(word: str) -> str:
    return word.strip().casefold().replace("-", "_").replace(" ", "_")


def _distance(left: str, right: str, limit: int) -> int | None:
    """Edits from left to right with neighbour swaps, or None when more than `limit` are needed."""
    if abs(len(left) - len(right)) > limit:
        return None
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for row, letter in enumerate(left, start=1):
        current = [row]
        for column, other in enumerate(right, start=1):
            cost = min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == right[column - 2] and left[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > limit and min(previous) > limit:
            return None
        before, previous = previous, current
    return previous[-1] if previous[-1] <= limit else None
