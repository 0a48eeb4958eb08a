"""YAML as nodes that keep their places: every scalar is text, whatever it looks like.

Reading is `casewarden.ruleset.reader`; `read_yaml` is offered here as well, beside the types it gives.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from casewarden.ruleset.diagnostics import Diagnostics, Place

__all__ = ["Map", "Node", "Scalar", "Seq", "read_yaml"]


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A text as it was meant: `no`, `17:00` and `1.10` stay what was written; `quoted` also for `|` and `>` blocks.

    An empty unquoted scalar was reported as an empty value (CW108); nothing more needs to be said about it.
    """

    text: str
    place: Place
    quoted: bool


@dataclass(frozen=True, slots=True, eq=False)
class Seq:
    """A list."""

    items: "tuple[Node, ...]"
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """A mapping in the order of the file; no key stands in it twice."""

    entries: "tuple[tuple[Scalar, Node], ...]"
    place: Place
    _index: "dict[str, tuple[Scalar, Node]]" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {entry[0].text: entry for entry in self.entries})

    def get(self, key: str) -> "Node | None":
        """The value of a key."""
        entry = self._index.get(key)
        return None if entry is None else entry[1]

    def key_node(self, key: str) -> Scalar | None:
        """The key as it stands in the file, for its place."""
        entry = self._index.get(key)
        return None if entry is None else entry[0]

    def __iter__(self) -> "Iterator[tuple[Scalar, Node]]":
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


Node = Scalar | Seq | Map


def read_yaml(data: bytes | str, file: str, diagnostics: Diagnostics) -> Node | None:
    """Read one document; None where it cannot be read at all. Every problem goes to `diagnostics`; nothing is raised.

    `file` is the name that places carry. After a duplicate key, an empty value and the like the rest is still there,
    so that later stages can report theirs in the same run.
    """
    from casewarden.ruleset.reader import read  # noqa: PLC0415  # nodes stay free of the parser

    return read(data, file, diagnostics)
