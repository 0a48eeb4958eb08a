"""The schemas of rulesets: fresh, accepting what the checker accepts, refusing what a schema can refuse."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from casewarden.cli.schema import SCHEMAS, render, schema_of
from casewarden.ruleset.codes import CATALOGUE
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.load import load_text
from casewarden.ruleset.schema import Vocabulary, open_vocabulary, ruleset_schema
from support.editor_view import YAMLError, editor_view, editor_view_of
from support.rulefiles import BAD, GOOD, ROOT, clean_sketches, main_files, shipped
from support.schema_table import CANNOT, NOT_ALWAYS

GENERAL = Draft7Validator(ruleset_schema())


def own_schema(path: Path) -> Draft7Validator:
    vocabulary = open_vocabulary(path.read_bytes(), path, Path.read_bytes, Diagnostics())
    assert vocabulary is not None
    return Draft7Validator(ruleset_schema(vocabulary))


def problems(validator: Draft7Validator, value: Any) -> list[str]:
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in validator.iter_errors(value)
    ]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_schema_files_are_fresh(name: str) -> None:
    written = (ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")
    assert written == render(schema_of(name)), "run `make schemas`"


def test_every_schema_file_is_made_by_a_function() -> None:
    assert {path.name for path in (ROOT / "schemas").iterdir()} == {f"{name}.schema.json" for name in SCHEMAS}


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_schemas_are_schemas(name: str) -> None:
    from jsonschema.validators import validator_for

    schema = schema_of(name)
    validator_for(schema).check_schema(schema)


@pytest.mark.parametrize("path", shipped(), ids=lambda path: str(path.relative_to(ROOT)))
def test_shipped_files_fit_the_general_schema(path: Path) -> None:
    assert problems(GENERAL, editor_view_of(path)) == []


@pytest.mark.parametrize("path", main_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_shipped_rulesets_fit_the_schema_with_their_own_names(path: Path) -> None:
    validator = own_schema(path)
    Draft7Validator.check_schema(validator.schema)
    assert problems(validator, editor_view_of(path)) == []


def test_the_sketches_of_the_design_fit(shared_dir: Path, tmp_path: Path) -> None:
    assert shared_dir.is_dir()
    for path in clean_sketches(tmp_path):
        assert problems(GENERAL, editor_view_of(path)) == [], path
        assert problems(own_schema(path), editor_view_of(path)) == [], path


def refused(path: Path) -> bool:
    """Whether an editor marks something in the file: it is no YAML, or the schema with its own names refuses it."""
    try:
        value = editor_view_of(path)
    except (YAMLError, UnicodeDecodeError):
        return True
    vocabulary = open_vocabulary(path.read_bytes(), path, Path.read_bytes, Diagnostics())
    return bool(problems(GENERAL if vocabulary is None else Draft7Validator(ruleset_schema(vocabulary)), value))


def _code(path: Path) -> str:
    return path.stem[:5]


BAD_FILES = sorted(BAD.glob("*.yaml"))
SAYABLE = [path for path in BAD_FILES if _code(path) not in CANNOT and path.stem not in NOT_ALWAYS]
UNSAYABLE = [path for path in BAD_FILES if path not in SAYABLE and not _code(path).startswith("CW1")]


@pytest.mark.parametrize("path", SAYABLE, ids=lambda path: path.stem)
def test_bad_files_are_refused_where_a_schema_can_say_it(path: Path) -> None:
    assert refused(path), f"say in support/schema_table.py why a schema cannot refuse {path.stem}"


@pytest.mark.parametrize("path", UNSAYABLE, ids=lambda path: path.stem)
def test_what_a_schema_cannot_say_is_not_claimed_without_need(path: Path) -> None:
    """A file that the schema does refuse is taken out of the table (files of reading are no whole rulesets)."""
    assert not refused(path), f"the schema refuses {path.stem}: take it out of support/schema_table.py"


def test_every_code_of_a_bad_file_is_a_code() -> None:
    assert set(CANNOT) <= set(CATALOGUE)
    assert {_code(path) for path in BAD_FILES} <= set(CATALOGUE)


def _everything() -> dict[str, Any]:
    value: dict[str, Any] = editor_view_of(GOOD / "everything.yaml")
    return value


def test_every_key_and_element_tells_what_it_is() -> None:
    def untold(schema: Any, where: str) -> list[str]:
        found = []
        if isinstance(schema, dict):
            for key, entry in schema.get("properties", {}).items():
                if not ({"if", "contains"} & set(schema) or where.endswith(("/if", "/then")) or "description" in entry):
                    found.append(f"{where}/{key}")
            for key, entry in schema.items():
                if key not in ("if", "then"):
                    found += untold(entry, f"{where}/{key}")
        elif isinstance(schema, list):
            for number, entry in enumerate(schema):
                found += untold(entry, f"{where}/{number}")
        return found

    assert untold(ruleset_schema(), "") == []


@pytest.mark.parametrize("word", [True, False, None])
def test_yes_and_no_are_words_and_true_is_refused(word: object) -> None:
    value = _everything()
    rule = next(rule for rule in value["rules"].values() if "even_if_over" in rule)
    assert problems(GENERAL, value) == []
    rule["even_if_over"] = word
    assert problems(GENERAL, value)


def test_severity_ids_are_texts_and_numbers() -> None:
    own = Vocabulary({**_no_names(), _sort("LEVEL"): ("1", "2", "high")})
    for schema in (ruleset_schema(), ruleset_schema(own)):
        level = Draft7Validator(schema["definitions"]["name.level"])
        assert all(level.is_valid(value) for value in (1, "1", 2, "high"))
        assert not level.is_valid(True)
    levels = ruleset_schema(own)["definitions"]["name.level"]
    assert levels["enum"] == [1, "1", 2, "2", "high"]


def _sort(name: str) -> Any:
    from casewarden.ruleset.names import Sort

    return Sort[name]


def _no_names() -> dict[Any, tuple[str, ...]]:
    from casewarden.ruleset.names import Sort

    return dict.fromkeys(Sort, ())


def test_unknown_names_are_refused_by_the_files_own_schema_only() -> None:
    path = GOOD / "everything.yaml"
    own = own_schema(path)
    value = _everything()
    clock = next(iter(value["clocks"]))
    broken = copy.deepcopy(value)
    broken["clocks"][clock]["starts"] = "case_opend"
    assert problems(GENERAL, broken) == []
    assert problems(own, broken)


def test_a_file_with_mistakes_still_gives_its_names() -> None:
    text = b"casewarden: 1\nruleset: x\nevents:\n  ping: {kind: mesage}\nclocks:\n  c: {starts: ping}\n"
    found = open_vocabulary(text, Path("x.yaml"), Path.read_bytes, Diagnostics())
    assert found is not None
    assert found.known(_sort("EVENT")) == ("ping",)
    assert found.known(_sort("CLOCK")) == ("c",)
    assert json.dumps(ruleset_schema(found))
    assert load_text(text.decode())[0] is None


def test_what_an_editor_sees() -> None:
    assert editor_view("a: no\nb: 08:00-17:00\nc: 2026-01-31\n1: 1\nd: true\ne: 1.10\n") == {
        "a": "no",
        "b": "08:00-17:00",
        "c": "2026-01-31",
        "1": 1,
        "d": True,
        "e": 1.1,
    }
