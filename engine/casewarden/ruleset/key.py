"""What the catalogue says of a key and of an element."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Key:
    """One key of an element; `about` is a sentence for authors."""

    name: str
    about: str
    required: bool


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one element, in the order in which they are offered; `about` says what the element is.

    An element that `cites` enforces something and must name its clauses.
    """

    about: str
    entries: tuple[Key, ...]
    cites: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All keys."""
        return tuple(entry.name for entry in self.entries)

    @property
    def required(self) -> tuple[str, ...]:
        """The keys that may not be left out."""
        return tuple(entry.name for entry in self.entries if entry.required)


def must(name: str, about: str) -> Key:
    """A key that may not be left out."""
    return Key(name, about, required=True)


def may(name: str, about: str) -> Key:
    """A key that may be left out."""
    return Key(name, about, required=False)


CITED: Final = (
    may("clause", "The clauses of the policy that this element enforces."),
    may("interpretation", "The readings, declared under `interpretations`, on which this element rests."),
    may("note", "A remark for readers; it has no effect."),
)
