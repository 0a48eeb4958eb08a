"""`casewarden init`: what it writes passes the check, whatever was answered; nothing that is there is written over."""

import shutil
import stat
from base64 import b64decode
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft7Validator

from casewarden.cli import app
from casewarden.config.read_settings import read_settings
from casewarden.config.schema import config_schema
from casewarden.config.settings import SecretRef
from support.editor_view import editor_view_of
from support.rulefiles import ROOT

VALIDATOR = Draft7Validator(config_schema())


def call(*words: str | Path, typed: str = "") -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], input=typed)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_sound(folder: Path) -> None:
    """The check passes, strictly, and an editor marks nothing."""
    result = call("config", "check", "--strict", folder / "casewarden.yaml")
    assert result.exit_code == 0, result.output
    assert list(VALIDATOR.iter_errors(editor_view_of(folder / "casewarden.yaml"))) == []


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--sender", "shop"),
        ("--connector", "front_desk", "--shadow", "no"),
        ("--paths", "customer.email, customer.phone"),
        ("--store", "postgresql://cw@db.example/cw"),
        ("--store", "sqlite:///case warden.db", "--go-live", "2026-12-01T08:00:00+01:00"),
        ("--rulesets", "starter, vendor"),
    ],
    ids=" ".join,
)
def test_without_questions_it_passes_the_check(tmp_path: Path, options: tuple[str, ...]) -> None:
    result = call("init", tmp_path / "new", "--yes", *options)
    assert result.exit_code == 0, result.output
    assert_sound(tmp_path / "new")


def test_the_key_is_fresh_and_nobody_elses_to_read(tmp_path: Path) -> None:
    keys = []
    for name in ("one", "two"):
        call("init", tmp_path / name, "--yes", "--sender", "shop")
        for secret in ("casewarden.key", "shop.secret"):
            assert stat.S_IMODE((tmp_path / name / secret).stat().st_mode) == 0o600
            keys.append((tmp_path / name / secret).read_text(encoding="utf-8"))
    assert len(set(keys)) == 4
    assert all(len(b64decode(key)) == 32 for key in (keys[0], keys[2]))
    assert all(len(secret) >= 32 for secret in keys)


def test_answers_are_asked_for_until_they_are_right(tmp_path: Path) -> None:
    typed = ["nowhere.yaml", "", "mysql://db/x", "CW_STORE", "tomorrow", "2026-12-01T08:00+01:00"]
    typed += ["My Desk", "desk_1", "Shop", "shop", "maybe", "no", "email", "customer.email"]
    result = call("init", tmp_path, typed="".join(f"{line}\n" for line in typed))
    assert result.exit_code == 0, result.output
    found, _ = read_settings(tmp_path / "casewarden.yaml")
    assert found is not None
    assert found.store == SecretRef("env", "CW_STORE")
    assert [one.name for one in found.connectors] == ["desk_1"]
    assert [(key.source, key.secret) for key in found.http.ingest] == [("shop", SecretRef("file", "shop.secret"))]
    assert found.shadow is False
    assert found.personal_data.paths == {"customer.email"}
    for said in ("there is no", "neither SQLite nor", "no instant", "`My Desk` cannot name", "`Shop` cannot name"):
        assert said in result.output


def test_input_that_ends_before_all_is_answered_writes_nothing(tmp_path: Path) -> None:
    result = call("init", tmp_path / "new", typed="\n\n")
    assert result.exit_code == 2
    assert "see --yes" in result.output
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--store", "mysql://db/x", "neither SQLite nor PostgreSQL"),
        ("--store", "postgresql://joe:hunter2@db/x", "shows its password"),
        ("--go-live", "2026-12-01", "no instant"),
        ("--connector", "Desk", "cannot name a connector"),
        ("--sender", "desk", "give one of them another name"),
        ("--paths", "email", "is not a path"),
        ("--shadow", "some", "neither yes nor no"),
        ("--rulesets", "none.yaml", "there is no"),
        ("--rulesets", "none", "`rulesets`"),
    ],
)
def test_a_refused_answer_writes_nothing(tmp_path: Path, option: str, value: str, said: str) -> None:
    result = call("init", tmp_path / "new", "--yes", option, value)
    assert result.exit_code == 2, result.output
    assert said in result.output
    assert "hunter2" not in result.output
    assert not (tmp_path / "new").exists()


def test_rulesets_that_are_there_are_taken(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "rules" / "starter", tmp_path / "rules" / "starter")
    before = files(tmp_path)
    result = call("init", tmp_path, "--yes")
    assert result.exit_code == 0, result.output
    assert {name: text for name, text in files(tmp_path).items() if name in before} == before
    assert set(files(tmp_path)) - set(before) == {"casewarden.yaml", "casewarden.key"}
    assert_sound(tmp_path)


def test_a_ruleset_with_errors_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("casewarden: 1\nruleset: mine\n", encoding="utf-8")
    result = call("init", tmp_path, "--yes")
    assert result.exit_code == 2
    assert "has errors" in result.output
    assert set(files(tmp_path)) == {"mine.yaml"}


def test_a_configuration_that_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "casewarden.yaml"
    for is_link in (False, True):
        path.unlink(missing_ok=True)
        if is_link:
            path.symlink_to("nowhere")
        else:
            path.write_text("mine", encoding="utf-8")
        result = call("init", tmp_path, "--yes")
        assert result.exit_code == 2
        assert "is there already" in result.output
        assert [item.name for item in tmp_path.iterdir()] == ["casewarden.yaml"]


def test_a_key_that_is_there_is_used_and_stays(tmp_path: Path) -> None:
    call("init", tmp_path, "--yes")
    (tmp_path / "casewarden.yaml").unlink()
    before = files(tmp_path)
    result = call("init", tmp_path, "--yes")
    assert result.exit_code == 0, result.output
    assert "casewarden.key is there already and is used" in result.output
    assert {name: text for name, text in files(tmp_path).items() if name in before} == before
    assert_sound(tmp_path)


def test_a_key_that_is_none_stays_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "casewarden.key").write_text("hunter2", encoding="utf-8")
    result = call("init", tmp_path, "--yes")
    assert result.exit_code == 2
    assert "holds no key" in result.output
    assert "hunter2" not in result.output
    assert files(tmp_path) == {"casewarden.key": b"hunter2"}


def test_what_was_written_is_taken_away_where_the_rest_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("in the way", encoding="utf-8")
    result = call("init", tmp_path, "--yes")
    assert result.exit_code == 2
    assert files(tmp_path) == {"rules": b"in the way"}


def test_the_first_line_names_a_schema_that_is_there(tmp_path: Path) -> None:
    call("init", tmp_path, "--yes")
    first = (tmp_path / "casewarden.yaml").read_text(encoding="utf-8").splitlines()[0]
    path = Path(first.removeprefix("# yaml-language-server: $schema=file://"))
    assert path.name == "config.schema.json"
    assert path.is_file()
