"""One bad directory for each code, and the exact text that its author sees.

`CASEWARDEN_UPDATE_SNAPSHOTS=1 pytest tests/customers` writes the texts anew; the difference is for the reviewer.
"""

import os
import random
import re
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from casewarden.report.diagnostics import render_text
from casewarden.ruleset.codes import CATALOGUE
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.scenario.check_any import Kind, check_any
from casewarden.scenario.customers import keys
from casewarden.scenario.customers.schema import customers_schema
from support.editor_view import YAMLError, editor_view, editor_view_of

HERE = Path(__file__).parent
BAD = HERE / "bad"
CODES = sorted(code for code in CATALOGUE if "CW960" <= code < "CW970")
NAMES = [*CODES, "CW414", "words"]
UPDATE = os.environ.get("CASEWARDEN_UPDATE_SNAPSHOTS") == "1"
VALIDATOR = Draft7Validator(customers_schema())
SOUND = HERE / "stories" / "customers.yaml"


def place_of(name: str) -> Path:
    return Path(name) if (BAD / name).is_dir() else Path(f"{name}.yaml")


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_directory_shows_what_its_author_needs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    kind, readable, diagnostics = check_any(place_of(name))
    shown = render_text(diagnostics)
    snapshot = BAD / f"{name}.txt"
    if UPDATE:
        snapshot.write_text(shown, encoding="utf-8")
    assert (kind, readable) == (Kind.CUSTOMERS, True)
    assert name == "words" or name in {item.code for item in diagnostics.items}
    assert shown == snapshot.read_text(encoding="utf-8")


def test_every_bad_directory_has_its_snapshot_and_no_other() -> None:
    assert {path.stem for path in BAD.glob("*.txt")} == set(NAMES)


ACROSS = {
    "CW961": "it takes the ruleset",
    "CW962": "it compares days",
    "CW963": "it compares days",
    "CW964": "it compares days",
    "CW965": "it compares contacts",
    "CW414": "it takes the ruleset",
}
"""Mistakes that a schema cannot see, since it sees this file only and compares nothing."""


@pytest.mark.parametrize("name", [name for name in NAMES if (BAD / f"{name}.yaml").exists()])
def test_the_schema_refuses_what_a_schema_can(name: str) -> None:
    problems = list(VALIDATOR.iter_errors(editor_view_of(BAD / f"{name}.yaml")))
    assert bool(problems) == (name not in ACROSS), problems


def test_the_schema_takes_what_the_checker_takes() -> None:
    diagnostics = check_any(SOUND)[2]
    assert diagnostics.items == ()
    assert list(VALIDATOR.iter_errors(editor_view_of(SOUND))) == []


def test_the_schema_explains_every_key() -> None:
    Draft7Validator.check_schema(VALIDATOR.schema)
    for known in (keys.FILE, keys.CUSTOMER, keys.SUBSCRIPTION, keys.CONTRACT, keys.CONTACT, keys.LICENCE):
        assert all(entry.about.endswith(".") for entry in known.entries)


MISTAKES = (
    (r"from: 2026", "form: 2026"),
    (r"until: 2026-12-31|until: 2026-03-31", "until: 2026-13-01"),
    (r"plan: monthly, ", ""),
    (r"authorised: no", "authorised: false"),
    (r"calendar: weekend", "kalender: weekend"),
    (r"commitment: contractual", "commitment: firm"),
    (r"quotas: \{seats: licences\}", "quotas: {seats: -1}"),
    (r"language: de", "language: German"),
    (r"30 business minutes", "30 business minute"),
    (r"customer\.region", "case.region"),
    (r"zone: Europe/Zurich", "zone: CET"),
    (r"casewarden_customers: 1", "casewarden_customers: 2"),
    (r"licences:\n", "licences: many\n    facts:\n"),
    (r"id: L-1", "ident: L-1"),
)


@pytest.mark.parametrize(("right", "wrong"), MISTAKES, ids=[wrong for _, wrong in MISTAKES])
def test_checker_and_schema_refuse_alike(right: str, wrong: str, tmp_path: Path) -> None:
    text, count = re.subn(right, wrong, SOUND.read_text(encoding="utf-8"), count=1)
    assert count == 1
    (tmp_path / "support.yaml").write_bytes((HERE / "stories" / "support.yaml").read_bytes())
    (tmp_path / "customers.yaml").write_text(text, encoding="utf-8")
    assert check_any(tmp_path / "customers.yaml")[2].has_errors
    assert list(VALIDATOR.iter_errors(editor_view(text)))


@pytest.mark.parametrize("seed", range(120))
def test_what_is_broken_is_told_and_never_raises(seed: int, tmp_path: Path) -> None:
    """Lines taken out, doubled, exchanged and cut; where the checker finds nothing, neither does the schema."""
    chance = random.Random(seed)
    lines = SOUND.read_text(encoding="utf-8").splitlines()
    for _ in range(chance.randint(1, 3)):
        place, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        line = lines[place]
        match chance.randrange(4):
            case 0:
                lines[place] = line[: chance.randrange(len(line) + 1)]
            case 1:
                lines[place], lines[other] = lines[other], line
            case 2:
                lines.insert(other, line)
            case _:
                at = chance.randrange(len(line) + 1)
                lines[place] = line[:at] + chance.choice("{}[]:,-#'\" \t\0é%&*!|>") + line[at:]
    text = "\n".join(lines) + "\n"
    (tmp_path / "support.yaml").write_bytes((HERE / "stories" / "support.yaml").read_bytes())
    (tmp_path / "customers.yaml").write_text(text, encoding="utf-8")
    found = check_any(tmp_path / "customers.yaml")[2]
    render_text(found)
    if not found.has_errors:
        try:
            view = editor_view(text)
        except YAMLError:
            return
        assert list(VALIDATOR.iter_errors(view)) == []


@pytest.mark.parametrize("seed", range(60))
def test_broken_tables_are_told_and_never_raise(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    (tmp_path / "ruleset.yaml").write_bytes((BAD / "ruleset.yaml").read_bytes())
    folder = tmp_path / "folder"
    folder.mkdir()
    for path in sorted((BAD / chance.choice(["CW968", "CW969"])).iterdir()):
        data = bytearray(path.read_bytes())
        for _ in range(chance.randint(0, 3)):
            data.insert(chance.randrange(len(data)), chance.choice(b'",;\n\r\t\xff\x00|. '))
        (folder / path.name).write_bytes(bytes(data))
    render_text(check_any(folder)[2])


def test_a_folder_without_its_own_table_is_told(tmp_path: Path) -> None:
    (tmp_path / "directory.yaml").write_text("casewarden_customers: 1\nruleset: r.yaml\nzone: UTC\n")
    kind, readable, found = check_any(tmp_path)
    assert (kind, readable) == (Kind.CUSTOMERS, False)
    assert [item.code for item in found.items] == ["CW100"]


def test_a_ruleset_elsewhere_that_is_none_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("root:x:0:0:secret\n", encoding="utf-8")
    home = tmp_path / "home"
    home.mkdir()
    head = "casewarden_customers: 1\nruleset: ../other\nzone: UTC\ncustomers: {acme: {name: Acme}}\n"
    (home / "customers.yaml").write_text(head, encoding="utf-8")
    found = Diagnostics()
    found.extend(check_any(home / "customers.yaml")[2])
    assert [item.code for item in found.items] == ["CW961"]
    assert "secret" not in render_text(found)
