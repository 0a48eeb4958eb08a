"""One bad configuration for each code, and the exact text that its author sees.

`CASEWARDEN_UPDATE_SNAPSHOTS=1 pytest tests/config` writes the texts anew; the difference is for the reviewer.
"""

import os
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from casewarden.config.check import check_configuration
from casewarden.config.read_settings import read_settings
from casewarden.config.schema import config_schema
from casewarden.report.diagnostics import render_json, render_text
from casewarden.report.sarif import render_sarif
from casewarden.ruleset.codes import CATALOGUE
from support.configurations import BAD, ENVIRON, PLUGINS, copy_bad
from support.editor_view import YAMLError, editor_view_of

FILES = [*sorted(path.name for path in BAD.glob("CW*.yaml")), "words.yaml"]
UPDATE = os.environ.get("CASEWARDEN_UPDATE_SNAPSHOTS") == "1"
SECRET = "n0t-for-eyes"
VALIDATOR = Draft7Validator(config_schema())


@pytest.mark.parametrize("name", FILES)
def test_a_bad_configuration_shows_what_its_author_needs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_bad(tmp_path)
    monkeypatch.chdir(tmp_path)
    checked = check_configuration(Path(name), environ=ENVIRON, plugins=PLUGINS)
    shown = render_text(checked.diagnostics)
    snapshot = (BAD / name).with_suffix(".txt")
    if UPDATE:
        snapshot.write_text(shown, encoding="utf-8")
    assert name == "words.yaml" or name.partition("_")[0] in {item.code for item in checked.diagnostics.items}
    assert (checked.settings is None) == checked.diagnostics.has_errors
    for text in (shown, render_json(checked.diagnostics), render_sarif(checked.diagnostics)):
        assert SECRET not in text
    assert shown == snapshot.read_text(encoding="utf-8")


def test_every_code_has_a_bad_file() -> None:
    having = {name.partition("_")[0] for name in FILES}
    assert {code for code in CATALOGUE if "CW920" <= code < "CW940"} - having == set()
    assert {path.stem for path in BAD.glob("*.txt")} == {Path(name).stem for name in FILES}


def test_the_sound_one_has_no_problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_bad(tmp_path)
    monkeypatch.chdir(tmp_path)
    checked = check_configuration(Path("good.yaml"), environ=ENVIRON, plugins=PLUGINS)
    assert checked.diagnostics.items == ()
    assert [ruleset.name for ruleset in checked.rulesets] == ["support"]
    assert checked.settings == read_settings(Path("good.yaml"))[0]
    assert list(VALIDATOR.iter_errors(editor_view_of(BAD / "good.yaml"))) == []


OUTSIDE = {
    "CW109": "to an editor this is a key with an empty value",
    "CW302": "it compares two names",
    "CW303": "it takes the rulesets",
    "CW922": "it takes variables and files",
    "CW923": "it takes files",
    "CW928": "it takes the rulesets",
    "CW929": "it takes the plugins",
    "CW930": "it takes the plugins",
    "CW961": "it takes the directory",
}
"""Problems that a schema cannot see, since it sees this file only and compares nothing."""
NOT_THIS = {"CW924_no_folder.yaml", "CW921_token_in_clear.yaml"}
"""Files of other codes where it takes the disk or the plugin."""


@pytest.mark.parametrize("name", FILES)
def test_the_schema_refuses_what_a_schema_can(name: str) -> None:
    try:
        problems = list(VALIDATOR.iter_errors(editor_view_of(BAD / name)))
    except YAMLError:
        return
    assert bool(problems) == (name.partition("_")[0] not in OUTSIDE and name not in NOT_THIS), problems
