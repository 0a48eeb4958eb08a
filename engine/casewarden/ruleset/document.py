"""A ruleset file with all files that it includes, merged by section; places still say which file each node is from."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from casewarden.ruleset.beside import normal, read_beside, refuse_outside
from casewarden.ruleset.characters import MAX_BYTES
from casewarden.ruleset.diagnostics import Diagnostics, Place, did_you_mean
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq, read_yaml

Read = Callable[[Path], bytes]

MAX_FILES: Final = 50
SINGLE: Final = ("casewarden", "ruleset", "policy", "clauses", "include", "applies_to", "revision", "defaults")
ONCE: Final = ("severity", "queue")
LISTS: Final = ("people", "close_reasons")
NAMED: Final = (
    "calendars", "fields", "plans", "channels", "intake", "scope", "events", "clocks", "credits", "quotas", "guards",
    "rules", "messages", "interpretations",
)  # fmt: skip
SECTIONS: Final = (*SINGLE, *LISTS, *NAMED, *ONCE)
REQUIRED: Final = ("ruleset", "revision", "defaults", "calendars")
VERSION: Final = "1"


@dataclass(slots=True)
class Document:
    """The top mapping of each file, the main one first.

    `files` are the names of all files as they are shown; `includes` has, by the path from the main file's folder, the
    content of each included file and where it is included.
    """

    tops: list[Map] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    includes: dict[str, tuple[bytes, Scalar]] = field(default_factory=dict)

    @property
    def main(self) -> Map:
        """The mapping of the file that was asked for."""
        return self.tops[0]

    def parts(self, section: str) -> list[Node]:
        """What each file says in a section, the main file first."""
        return [node for top in self.tops if (node := top.get(section)) is not None]

    def elements(self, section: str, *, repeated: bool = False) -> Iterator[tuple[Scalar, Node]]:
        """The named elements of a section over all files; of a name given twice the first, unless `repeated`."""
        seen: set[str] = set()
        for node in self.parts(section):
            for key, value in node if isinstance(node, Map) else ():
                if repeated or key.text not in seen:
                    seen.add(key.text)
                    yield key, value


def open_document(
    data: bytes | str, path: Path, shown: str, read: Read | None, diagnostics: Diagnostics
) -> Document | None:
    """The document of a file whose content is at hand, with its includes; None where the main file has no sections."""
    opener = _Opener(read, path.parent, diagnostics)
    opener.add(data, path, shown, (), None)
    if not opener.document.tops:
        return None
    check_sections(opener.document, diagnostics)
    return opener.document


def read_file(path: Path) -> bytes:
    """The content of a file, of a huge one no more than is needed to refuse it; OSError where it cannot be opened."""
    if path.exists() and not path.is_file():
        raise IsADirectoryError if path.is_dir() else OSError("it is no ordinary file")
    with path.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def main_place(document: "Document") -> Place:
    """The first character of the main file: what is missing, or about the file as a whole, is told there."""
    place = document.main.place
    return Place(place.file, place.line, place.column, place.line, place.column + 1)


def read_main(path: Path, read: Read, diagnostics: Diagnostics) -> bytes | None:
    """The content of the file that was asked for, or None with the reason in `diagnostics`."""
    try:
        return read(path)
    except (OSError, ValueError) as error:
        diagnostics.error("CW100", Place(str(path), 1, 1, 1, 1), f"`{path}` cannot be opened: {_reason(error)}")
        return None


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, IsADirectoryError):
        return "it is a folder"
    return getattr(error, "strerror", None) or str(error)  # ValueError: a NUL in the name


class _Opener:
    """Reads files one by one, each once, depth first in the order of `include`."""

    def __init__(self, read: Read | None, folder: Path, diagnostics: Diagnostics) -> None:
        self.read = read
        self.folder = folder
        self.diagnostics = diagnostics
        self.document = Document()
        self.seen: set[Path] = set()
        self.full = False

    def add(self, data: bytes | str, path: Path, shown: str, trail: tuple[Path, ...], cause: Scalar | None) -> None:
        self.seen.add(path)
        self.document.files.append(shown)
        node = read_yaml(data, shown, self.diagnostics)
        if node is None:
            return
        if not isinstance(node, Map):
            self.diagnostics.error("CW200", node, "a ruleset is a mapping", "begin the file with `casewarden: 1`")
            return
        if cause is not None:
            self._check_included(node)
        self.document.tops.append(node)
        includes = node.get("include")
        if isinstance(includes, Seq):
            for item in includes.items:
                if self.full:
                    break
                if isinstance(item, Scalar) and item.text:
                    self._include(item, path, shown, (*trail, path))

    def _include(self, item: Scalar, path: Path, shown: str, trail: tuple[Path, ...]) -> None:
        target = normal(path.parent / item.text)
        if target in trail:
            self.diagnostics.error(
                "CW209", item, f"`{item.text}` includes this file in turn", "move what both need into a third file"
            )
            return
        if target in self.seen or refuse_outside(item, target, self.folder, self.diagnostics):
            return
        if len(self.seen) >= MAX_FILES:
            self.diagnostics.error("CW210", item, f"more than {MAX_FILES} files are included", "join some of them")
            self.full = True
            return
        if self.read is None:
            self.diagnostics.error(
                "CW100", item, f"`{item.text}` cannot be opened: this text does not come from a file"
            )
            return
        self.seen.add(target)
        try:
            data = self.read(target)
        except (OSError, ValueError) as error:
            self.diagnostics.error("CW100", item, f"`{item.text}` cannot be opened: {_reason(error)}")
            return
        name = Path(os.path.relpath(target, self.folder)).as_posix()
        self.document.includes[name] = (data, item)
        self.add(data, target, read_beside(shown, item.text), trail, item)

    def _check_included(self, top: Map) -> None:
        for key, _ in top:
            if key.text in SINGLE and key.text not in ("casewarden", "include"):
                self.diagnostics.error(
                    "CW208", key, f"an included file has no `{key.text}`", "say it in the file that includes this one"
                )


def check_sections(document: Document, diagnostics: Diagnostics) -> None:
    """Unknown, missing and repeated sections, and the version of the language."""
    for top in document.tops:
        for key, value in top:
            if key.text not in SECTIONS:
                near = did_you_mean(key.text, SECTIONS)
                known = "the sections are " + ", ".join(SECTIONS)
                fix = f"did you mean `{near}`?" if near else known
                diagnostics.error("CW201", key, f"there is no section `{key.text}`", fix)
            elif key.text in NAMED and not isinstance(value, Map):
                _wrong_form(value, f"`{key.text}` is a mapping of names", diagnostics)
            elif key.text in (*LISTS, "include") and not isinstance(value, Seq):
                as_list = f"write `{key.text}: [{value.text}]`" if isinstance(value, Scalar) else None
                _wrong_form(value, f"`{key.text}` is a list", diagnostics, as_list)
        _check_version(top, diagnostics)
    for section in REQUIRED:
        if document.main.get(section) is None and not (section in NAMED and document.parts(section)):
            diagnostics.error("CW202", main_place(document), f"the ruleset has no `{section}`")
    for section in ONCE:
        said = document.parts(section)
        for other in said[1:]:
            first = [(said[0], "said here first")]
            diagnostics.error("CW302", other, f"`{section}` is said twice", "keep one of them", first)


def _check_version(top: Map, diagnostics: Diagnostics) -> None:
    version = top.get("casewarden")
    if version is None:
        diagnostics.error(
            "CW200", _start(top.place), "the file does not say that it is a ruleset", "begin it with `casewarden: 1`"
        )
    elif not isinstance(version, Scalar) or version.text != VERSION:
        diagnostics.error("CW200", version, "this version of the language is not known", "write `casewarden: 1`")


def _start(place: Place) -> Place:
    """The first character of a place: what is missing has no place of its own."""
    return Place(place.file, place.line, place.column, place.line, place.column + 1)


def _wrong_form(node: Node, message: str, diagnostics: Diagnostics, fix: str | None = None) -> None:
    if not (isinstance(node, Scalar) and not node.text and not node.quoted):
        diagnostics.error("CW203", node, message, fix)
