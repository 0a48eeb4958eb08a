"""A ruleset with all that belongs to it, under another name: its included files, its clause list, policy and tests."""

import errno
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from casewarden.ruleset.beside import is_outside, normal
from casewarden.ruleset.diagnostics import Diagnostics, Level, Place
from casewarden.ruleset.document import read_file
from casewarden.ruleset.files import read_yaml_file
from casewarden.ruleset.load import load
from casewarden.ruleset.nodes import Map, Scalar, read_yaml
from casewarden.scenario.cover_sources import SourceError, ruleset_file
from casewarden.scenario.read_scenario import SUFFIX
from casewarden.scenario.variation import Base

_BESIDE: Final = ("clauses", "policy")


@dataclass(frozen=True, slots=True)
class Fresh:
    """Files to be written, by their path within the new folder; `main` is that of the ruleset, `tests` of its tests."""

    name: str
    main: str
    files: dict[str, str]
    tests: tuple[str, ...]


def copied(source: Path, name: str | None) -> Fresh:
    """The ruleset of a folder or file, called `name` (None: as it is called already).

    SourceError where there is none, where it has errors, or where one of its files cannot be read.
    """
    main = ruleset_file(source)
    base, _ = Base.open(main)
    ruleset, _ = load(main)
    if base is None or ruleset is None:
        raise SourceError(f"{main} is not sound itself: see what `casewarden check {main}` tells")
    name = name or ruleset.name
    folder = normal(main.parent)
    naming = dict(_naming(folder, main))
    beside = (base.document.main.get(key) for key in _BESIDE)
    named = [normal(folder / node.text) for node in beside if isinstance(node, Scalar)]
    included = [normal(Path(file)) for file in base.document.files]
    renamed, files = f"{name}.yaml", {}
    for path in dict.fromkeys([normal(main), *included, *named, *naming]):
        if is_outside(path, folder) or (path in named and not path.is_file()):
            continue  # a policy need not be there
        text = _text(path)
        if path == normal(main):
            text = _with_value(text, str(path), "ruleset", name)
        elif path in naming:
            text = _with_value(text, str(path), "ruleset", naming[path].removesuffix(main.name) + renamed)
        files[_moved(path.relative_to(folder), main, name)] = _from_here(text, folder.name, main.name, renamed)
    _check(folder, renamed, files)
    return Fresh(name, renamed, files, tuple(file for file in files if file.endswith(SUFFIX)))


def _check(folder: Path, main: str, files: Mapping[str, str]) -> None:
    """SourceError where the ruleset would not be sound under its new name."""

    def read(path: Path) -> bytes:
        text = files.get(normal(path).relative_to(folder).as_posix())
        if text is None:
            raise FileNotFoundError(errno.ENOENT, "there is no such file", str(path))
        return text.encode()

    _, problems = load(folder / main, read=read)
    for item in problems.items:
        if item.level is Level.ERROR:
            raise SourceError(f"under this name: {item.message}; choose another name")


def _naming(folder: Path, main: Path) -> Iterator[tuple[Path, str]]:
    """Yield what lies beside a ruleset or below and is for it, tests and customers, with how each names it."""
    for path in sorted(folder.rglob("*.yaml")):
        top = read_yaml_file(path, Diagnostics()) if normal(path) != normal(main) else None
        node = top.get("ruleset") if isinstance(top, Map) else None
        if isinstance(node, Scalar) and (path.parent / node.text).resolve() == main.resolve():
            yield normal(path), node.text


def _text(path: Path) -> str:
    try:
        return read_file(path).decode("utf-8")
    except OSError as error:
        raise SourceError(f"{path} cannot be opened: {error.strerror or error}") from None
    except ValueError:
        raise SourceError(f"{path} is not UTF-8, or too large") from None


def _moved(path: Path, main: Path, name: str) -> str:
    """Where a file goes: those that bear the ruleset's name bear the new one."""
    renamed = path.name in (main.name, main.stem + SUFFIX)
    return (path.with_name(name + path.name.removeprefix(main.stem)) if renamed else path).as_posix()


def _with_value(text: str, file: str, key: str, value: str) -> str:
    top = read_yaml(text, file, Diagnostics())
    node = top.get(key) if isinstance(top, Map) else None
    return text if node is None else _replaced(text, node.place, value)


def _replaced(text: str, place: Place, value: str) -> str:
    lines = text.split("\n")
    line = lines[place.line - 1]
    lines[place.line - 1] = line[: place.column - 1] + value + line[place.end_column - 1 :]
    return "\n".join(lines)


def _from_here(text: str, folder: str, main: str, renamed: str) -> str:
    """Commands in comments, as they are typed within the new folder."""
    lines = []
    for line in text.split("\n"):
        said, mark, comment = line.partition("#")
        comment = comment.replace(f"rules/{folder}/{main}", renamed).replace(f"rules/{folder}", ".")
        lines.append(said + mark + comment)
    return "\n".join(lines)
