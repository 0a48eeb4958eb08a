"""Checking a file of any kind that people write, told apart by content.

Rulesets, scenario tests, mappings, and customer directories, which may also be folders.
"""

import re
from collections.abc import Collection
from enum import Enum
from pathlib import Path
from typing import Final

from casewarden.ruleset.diagnostics import Diagnostics, Place
from casewarden.ruleset.document import SECTIONS, read_file, read_main
from casewarden.ruleset.files import is_folder, is_ordinary_file
from casewarden.ruleset.load import check_file
from casewarden.ruleset.nodes import Map, Node, read_yaml
from casewarden.scenario.customers.read_directory import HEAD as CUSTOMERS_HEAD
from casewarden.scenario.customers.read_directory import check_directory, check_node
from casewarden.scenario.customers.tables import HEAD_FILE
from casewarden.scenario.mapping_reader import mapping_of
from casewarden.scenario.read_scenario import HEAD, scenarios_of

_MAPPING_HEAD: Final = "casewarden_mapping"
_HEADS: Final = ("casewarden", HEAD, _MAPPING_HEAD, CUSTOMERS_HEAD)
_KEY: Final = re.compile(r"^\ufeff?([\"']?)(\w+)\1[ \t]*:(?=\s)", re.MULTILINE)
_CLAUSE: Final = frozenset({"place", "summary", "status", "hash"})
_CONFIGURATION: Final = frozenset({"store", "rulesets", "go_live", "personal_data"})


class Kind(Enum):
    """What a file is."""

    RULESET = "ruleset"
    TESTS = "file of tests"
    MAPPING = "mapping"
    CUSTOMERS = "customer directory"


def files_to_check(path: Path) -> tuple[Path, ...]:
    """What a path stands for: of a ruleset's folder all files that are checked by themselves, otherwise itself.

    What a ruleset includes, and its list of clauses, are checked with it. A folder with nothing to check, or a customer
    directory of tables, stands for itself.
    """
    if not is_folder(path) or is_ordinary_file(path / HEAD_FILE):
        return (path,)
    tables = {file.parent for file in path.glob(f"*/{HEAD_FILE}")}
    files = {file for file in path.glob("*.yaml") if _stands_alone(file)}
    return tuple(sorted(files | tables)) or (path,)


def _stands_alone(file: Path) -> bool:
    """Whether the file is checked by itself; one that cannot be read is, so that it is told."""
    data = read_main(file, read_file, Diagnostics())
    if data is None:
        return True
    keys = {match[2] for match in _KEY.finditer(data.decode("utf-8", "replace"))}
    kind = _kind(keys)
    return "ruleset" in keys if kind is Kind.RULESET else kind is not None


def check_any(path: Path) -> tuple[Kind | None, bool, Diagnostics]:
    """What the file is (None: neither of these), whether it can be read at all, and all that can be said of it."""
    diagnostics = Diagnostics()
    if is_ordinary_file(path / HEAD_FILE):
        return Kind.CUSTOMERS, check_directory(path, diagnostics), diagnostics
    data = read_main(path, read_file, diagnostics)
    if data is None:
        return None, False, diagnostics
    # Top keys stand at the beginning of a line, so most files are told apart without reading them as YAML.
    text = data.decode("utf-8", "replace")
    keys = {match[2] for match in _KEY.finditer(text)}
    if "ruleset" not in keys and len(_CONFIGURATION & keys) > 1:
        fix = f"run `casewarden config check {path}`"
        diagnostics.error("CW200", Place(str(path), 1, 1, 1, 1), "the file is a configuration, and no ruleset", fix)
        return None, True, diagnostics
    kind = _kind(keys)
    if kind is Kind.RULESET:
        return (kind, *check_file(path))
    node = read_yaml(data, str(path), diagnostics)
    if node is None:
        return kind, False, diagnostics
    if kind is None and isinstance(node, Map):
        kind = _kind({key.text for key, _ in node})  # written in braces, as JSON is
    match kind:
        case Kind.RULESET:
            return (kind, *check_file(path))
        case Kind.TESTS:
            scenarios_of(path, node, diagnostics)
        case Kind.MAPPING:
            mapping_of(node, diagnostics)
        case Kind.CUSTOMERS:
            check_node(path, node, diagnostics)
        case None:
            _refuse(node, path, diagnostics)
    return kind, True, diagnostics


def _kind(keys: Collection[str]) -> Kind | None:
    """By the key that a file begins with; where it was forgotten, by the keys that only one kind has."""
    if HEAD in keys:
        return Kind.TESTS
    if _MAPPING_HEAD in keys:
        return Kind.MAPPING
    if CUSTOMERS_HEAD in keys:
        return Kind.CUSTOMERS
    if "casewarden" in keys:
        return Kind.RULESET
    if "tests" in keys:
        return Kind.TESTS
    if "written" in keys and "dates" in keys:
        return Kind.MAPPING
    if "customers" in keys:
        return Kind.CUSTOMERS
    return Kind.RULESET if any(section in keys for section in SECTIONS) else None


def _refuse(node: Node, path: Path, diagnostics: Diagnostics) -> None:
    """One error that says what was looked for; nothing else about such a file would help."""
    place = node.place
    if _lists_clauses(node):
        fix = f"check the ruleset that says `clauses: {path.name}`; the list is checked with it"
    else:
        words = ("a ruleset", "tests", "a mapping", "customers")
        fix = "begin " + ", ".join(f"{word} with `{head}: 1`" for word, head in zip(words, _HEADS, strict=True))
    diagnostics.error(
        "CW200",
        Place(place.file, place.line, place.column, place.line, place.column + 1),
        "the file is no ruleset, no file of tests, no mapping and no customer directory: none of "
        + ", ".join(f"`{head}`" for head in _HEADS)
        + " is among its keys",
        fix,
    )


def _lists_clauses(node: Node) -> bool:
    """Whether it looks like the list of clauses that belongs to a ruleset."""
    if not isinstance(node, Map) or not len(node):
        return False
    return all(isinstance(value, Map) and {key.text for key, _ in value} >= _CLAUSE for _, value in node)
