"""Reading all that clause coverage is made of, from a ruleset's folder or file: ruleset, clause list, tests, text."""

from dataclasses import dataclass, field
from pathlib import Path

from casewarden.ruleset.beside import is_outside, normal
from casewarden.ruleset.clause_list import Clause, read_clause_list
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.document import Document, read_file
from casewarden.ruleset.files import is_folder, is_ordinary_file, read_bytes
from casewarden.ruleset.load import load_document
from casewarden.ruleset.nodes import Scalar
from casewarden.ruleset.policy_text import PolicyText
from casewarden.scenario.cover import Sources
from casewarden.scenario.read_scenario import SUFFIX, load_scenarios
from casewarden.scenario.scenario import ScenarioFile
from casewarden.scenario.suite import files_of
from casewarden.scenario.variation import Base


class SourceError(Exception):
    """Something that is needed is not there, or cannot be read; the message says which and what to do."""


@dataclass(slots=True)
class Reading:
    """What was read so far, with all that was found wrong on the way."""

    diagnostics: Diagnostics = field(default_factory=Diagnostics)
    notes: list[str] = field(default_factory=list)


def ruleset_file(path: Path) -> Path:
    """The ruleset at a path: the file itself, or the one of a folder that says `ruleset:`; SourceError."""
    if not is_folder(path):
        return path
    found = [file for file in sorted(path.glob("*.yaml")) if not file.name.endswith(SUFFIX) and _says_ruleset(file)]
    named = [file for file in found if file.stem == path.resolve().name]
    if len(found) == 1 or named:
        return (named or found)[0]
    if not found:
        raise SourceError(f"there is no ruleset in {path}: no *.yaml file there says `ruleset:`")
    raise SourceError(f"there are several rulesets in {path} ({', '.join(file.name for file in found)}); name one")


def _says_ruleset(file: Path) -> bool:
    base, _ = Base.open(file)
    return base is not None and base.document.main.get("ruleset") is not None


def clause_file(document: Document, path: Path) -> Path:
    """The clause file that a ruleset names; SourceError where it names none."""
    node = document.main.get("clauses")
    if not isinstance(node, Scalar) or not node.text:
        raise SourceError(f"{path} names no list of clauses; write `clauses: clauses.yaml`")
    target = normal(path.parent / node.text)
    if is_outside(target, path.parent):
        raise SourceError(f"{node.text} lies outside the folder of the ruleset")
    return target


def clauses_of(document: Document, path: Path, reading: Reading) -> tuple[Clause, ...]:
    """The clauses of a ruleset; SourceError where they cannot be read."""
    file = clause_file(document, path)
    data = read_bytes(file, reading.diagnostics)
    clauses = None if data is None else read_clause_list(data, str(file), reading.diagnostics)
    if clauses is None:
        raise SourceError(f"the list of clauses {file} cannot be read")
    return clauses


def policy_text(document: Document, path: Path, named: Path | None, reading: Reading) -> PolicyText | None:
    """The policy's text: the file that is named, else the one of the ruleset's `policy:` where it is there.

    SourceError where a file that is named cannot be read.
    """
    node = document.main.get("policy")
    if named is None:
        if not isinstance(node, Scalar) or not node.text:
            return None
        target = normal(path.parent / node.text)
        if is_outside(target, path.parent) or not is_ordinary_file(target):
            reading.notes.append(f"The policy's text {node.text} is not there, so it was not compared; see --policy.")
            return None
        named = target
    try:
        text = read_file(named).decode("utf-8-sig")
    except OSError as error:
        raise SourceError(f"the policy's text {named} cannot be opened: {error.strerror or error}") from None
    except ValueError:
        raise SourceError(f"the policy's text {named} is not UTF-8") from None
    return PolicyText.of(named.name, text)


def read_sources(path: Path, named_text: Path | None, reading: Reading) -> Sources | None:
    """Everything that belongs to the ruleset at a path; None where the ruleset or its tests have errors.

    Those errors are told in `reading`. SourceError where something cannot be read at all.
    """
    file = ruleset_file(path)
    base, found = Base.open(file)
    reading.diagnostics.extend(found)
    if base is None:
        raise SourceError(f"the ruleset {file} cannot be read")
    ruleset, found = load_document(base.document, file, read_file, Diagnostics())
    reading.diagnostics.extend(found)
    clauses = clauses_of(base.document, file, reading)
    text = policy_text(base.document, file, named_text, reading)
    files = own_tests(file, reading) if ruleset is not None else ()
    if ruleset is None or files is None:
        return None
    return Sources(base, ruleset, clauses, files, text)


def own_tests(ruleset: Path, reading: Reading) -> tuple[ScenarioFile, ...] | None:
    """The files of tests in the ruleset's folder that test this ruleset; None where one of them has errors."""
    found: list[ScenarioFile] = []
    broken = False
    for path in files_of([ruleset.parent]):
        file, problems = load_scenarios(path)
        if file is None:
            broken = broken or _names(path, ruleset)
            if _names(path, ruleset):
                reading.diagnostics.extend(problems)
        elif file.ruleset_path.resolve() == ruleset.resolve():
            found.append(file)
    return None if broken else tuple(found)


def _names(tests: Path, ruleset: Path) -> bool:
    """Whether a file of tests, however wrong it is, is one of this ruleset's: it names it, or it names none."""
    base, _ = Base.open(tests)
    node = None if base is None else base.document.main.get("ruleset")
    return not isinstance(node, Scalar) or (tests.parent / node.text).resolve() == ruleset.resolve()
